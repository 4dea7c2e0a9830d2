import type { AlertRow } from './alert.ts';

const MINUTE = 60_000;

/**
 * How those are asked again who were asked and have not answered (playbook 6.3), in minutes after the alert went out
 * when it is Extreme. Leaders and contacts come between the second and the third step once people can name them.
 */
export const LADDER = [
  { step: 'other_address', minutes: 30 },
  { step: 'flash', minutes: 120 },
  { step: 'call_list', minutes: 720 },
] as const;

/** Ledger rows from this step on ask again; steps before it are an alert's own. */
export const ASKS_AGAIN = 10;

/** Which step of the ledger the n-th step of the ladder is, from 1. */
export const ledgerStep = (n: number) => ASKS_AGAIN + n;

/** Playbook 6.3: twice as slow when Severe, four times when Moderate. */
const SLOWER: Record<string, number> = { Extreme: 1, Severe: 2, Moderate: 4 };

/** What an alert does when nobody says otherwise: below Moderate nobody is asked twice. */
export const climbsByDefault = (asksCheckIn: boolean, severity: string) => asksCheckIn && severity in SLOWER;

/** Milliseconds after the alert went out at which its n-th step is due, from 1. */
export function stepAfter(severity: string, n: number): number {
  return LADDER[n - 1]!.minutes * MINUTE * (SLOWER[severity] ?? 4);
}

/** Playbook MS-15: what is not about danger to life is not said at night. */
export function keepsQuietHours(alert: { urgency: string; severity: string }): boolean {
  return !(['Immediate', 'Expected'].includes(alert.urgency) && ['Extreme', 'Severe'].includes(alert.severity));
}

/** What those who write, approve and watch an alert see of its ladder. */
export function viewLadder(row: AlertRow) {
  if (!row.asksCheckIn) return { ladder: 'off' as const, ladderSteps: [] };
  return {
    ladder: row.ladder ? ('on' as const) : ('off' as const),
    ladderSteps: LADDER.map(({ step }, i) => ({
      step,
      afterMinutes: stepAfter(row.severity, i + 1) / MINUTE,
      at: row.startedAt === null ? null : new Date(row.startedAt + stepAfter(row.severity, i + 1)).toISOString(),
      done: row.ladderStep > i,
    })),
  };
}
