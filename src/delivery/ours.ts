import { eq } from 'drizzle-orm';
import { type AlertRow, spokenOffset } from '../alerts/alert.ts';
import { alerts } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { formatTime } from '../text/names.ts';
import { inOffset } from '../text/time.ts';

/** What has become of a message that we sent. */
export type MessageState = 'current' | 'withdrawn' | 'replaced' | 'expired';

/** A message of ours, looked up by its number. */
export interface Message {
  alert: AlertRow;
  state: MessageState;
}

/**
 * The message of that number, if it went out. A number that never was, a draft, and an approval that can still be
 * taken back are all equally unknown.
 */
export async function findMessage(g: Gateway, ref: string): Promise<Message | undefined> {
  const [alert] = await g.store.db.select().from(alerts).where(eq(alerts.ref, ref));
  return alert && hasGoneOut(alert, g.clock.now()) ? { alert, state: stateOf(alert, g.clock.now()) } : undefined;
}

/** True once it began to go out, or can no longer be taken back. */
export function hasGoneOut(alert: AlertRow, now: number): boolean {
  if (['draft', 'submitted', 'rejected'].includes(alert.state) || alert.sendAt === null) return false;
  return alert.startedAt !== null || (alert.sendAt <= now && alert.state !== 'stopped');
}

function stateOf(alert: AlertRow, now: number): MessageState {
  if (alert.state === 'cancelled' || alert.state === 'stopped') return 'withdrawn';
  if (alert.state === 'replaced') return 'replaced';
  return alert.expiresAt <= now || alert.state === 'expired' ? 'expired' : 'current';
}

/** A time on the clock of the message, in the reader's words. */
export async function timeIn(g: Gateway, alert: AlertRow, language: string, at: number): Promise<string> {
  const offset = await spokenOffset(g, alert);
  const time = inOffset(at, offset).replace('+00:00', 'Z');
  return formatTime(await g.catalog.names(language), time, 'full');
}

/** When it began to go out. */
export function sentAt(alert: AlertRow): number {
  return alert.startedAt ?? alert.sendAt ?? alert.createdAt;
}
