import { sql } from 'drizzle-orm';
import { SendError } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { addresses, alerts, deliveries } from '../db/schema.ts';
import type { Db } from '../db/store.ts';
import { isLasting } from '../people/addresses.ts';
import type { Claimed } from './wording.ts';

/** What an attempt came to, as the ledger keeps it. */
export interface Outcome {
  id: number;
  /** which attempt this is of: what a later attempt has changed since is left alone */
  attempt: number;
  state: 'pending' | 'sending' | 'sent' | 'failed' | 'expired' | 'cancelled' | 'indeterminate';
  errorCode: string | null;
  providerId: string | null;
  dueAt: number;
  lookUpAt: number | null;
  at: number;
  /** claimed, and never handed to the wire: not counted as an attempt */
  untried?: boolean;
}

/** What an error means beyond its own row. */
export interface Consequence {
  address?: { id: number; state: 'stopped' | 'unreachable'; reason: string };
  halt?: { until: number; reason: string; cause: 'pace' | 'account' | 'provider' };
}

/** How long a halted account waits before it tries one message again. */
const HALT_MS = 30_000;
const LONGEST_HALT_MS = 600_000;
/** First look into the provider's list after an unknown outcome (DESIGN section 10: the second is at 10 s or later). */
const FIRST_LOOK_MS = 5_000;
const LONGEST_BACKOFF_MS = 60_000;

/** Alerts of which nothing goes out any more. */
export const OVER = sql.raw(`('stopped', 'cancelled', 'replaced', 'expired')`);

function outcome(row: Claimed, at: number, rest: Partial<Outcome> & Pick<Outcome, 'state'>): Outcome {
  const base = { errorCode: null, providerId: null, dueAt: 0, lookUpAt: null };
  return { id: row.id, attempt: row.attempts, at, ...base, ...rest };
}

export function succeeded(row: Claimed, providerId: string | undefined, at: number): Outcome {
  return outcome(row, at, { state: 'sent', providerId: providerId ?? null });
}

/** Given back as it was: halted, stopping, too late for its slot, or too soon for its chat. */
export function untried(row: Claimed, at: number, dueAt = 0): Outcome {
  return outcome(row, at, { state: 'pending', dueAt, untried: true });
}

/** A reminder whose person has answered while it waited for its turn. */
export function unwanted(row: Claimed, at: number): Outcome {
  return outcome(row, at, { state: 'cancelled', errorCode: 'answered', untried: true });
}

/** Closed set of errors to the next state of the row. Nothing is retried past its expiry. */
export function failed(row: Claimed, sender: SenderName, error: unknown, at: number): Outcome & Consequence {
  const final = (errorCode: string) => outcome(row, at, { state: 'failed', errorCode });
  const expired = () => outcome(row, at, { state: 'expired', errorCode: 'expired' });
  const again = (errorCode: string, dueAt: number) =>
    dueAt >= row.expiresAt ? expired() : outcome(row, at, { state: 'pending', errorCode, dueAt: Math.ceil(dueAt) });
  const doubled = (first: number, most: number) => at + Math.min(most, first * 2 ** Math.min(row.attempts - 1, 10));
  const backoff = doubled(1_000, LONGEST_BACKOFF_MS);
  if (!(error instanceof SendError)) return row.attempts >= 5 ? final('internal') : again('internal', backoff);
  const code = `${error.code}:${error.reason}`;
  const about = (state: 'stopped' | 'unreachable') => ({ address: { id: row.address, state, reason: error.reason } });
  switch (error.code) {
    case 'retry_after': {
      const until = at + (error.retryAfter ?? 1) * 1000;
      return { ...again(code, until), halt: { until, reason: code, cause: 'pace' } };
    }
    case 'address_stopped':
      return { ...final(code), ...about('stopped') };
    case 'address_unreachable':
      return isLasting(error.reason) ? { ...final(code), ...about('unreachable') } : final(code);
    case 'message_invalid':
      return error.reason === 'expired' ? expired() : final(code);
    case 'account':
    case 'destination_closed':
      // a second later than the sender, so that another row tries it: this one may be what the account may not do
      return {
        ...again(code, doubled(HALT_MS, LONGEST_HALT_MS) + 1_000),
        halt: { until: at + HALT_MS, reason: code, cause: 'account' },
      };
    case 'provider_down':
      // a push service that gave no answer may have taken it
      return sender === 'push' && !['http_503', 'http_429'].includes(error.reason)
        ? outcome(row, at, { state: 'sending', errorCode: code, lookUpAt: backoff })
        : again(code, backoff);
    case 'unknown':
      return unknownOutcome(row, sender, at, code);
  }
}

/**
 * It may have been taken: SMS is looked up in the provider's list, push and simulated phones replace a
 * repeat by themselves, Telegram can only be shown to an operator. Until then it stays `sending`, so that a
 * correction reaches it.
 */
function unknownOutcome(row: Claimed, sender: SenderName, at: number, errorCode: string): Outcome {
  if (sender === 'telegram') return outcome(row, at, { state: 'indeterminate', errorCode });
  const lookUpAt = at + (sender === 'sms' ? FIRST_LOOK_MS : 1_000);
  return outcome(row, at, { state: 'sending', errorCode, lookUpAt });
}

/** True when a row's alert was stopped, cancelled, replaced or has expired. */
export const isOver = sql`exists (select 1 from ${alerts} o where o.id = ${deliveries.alert} and o.state in ${OVER})`;
const isMute = sql`${deliveries.alert} is not null
  and exists (select 1 from ${addresses} m where m.id = ${deliveries.address} and m.state <> 'active')`;

/**
 * Writes outcomes. States only move forward: a row that a receipt or a later attempt has changed since is left
 * alone. What would be tried again is not, when its alert was stopped or its address has opted out since it was
 * claimed.
 */
export function recordOutcomes(db: Db, outcomes: readonly Outcome[]) {
  const { state, attempts, alert, address } = deliveries;
  const told = outcomes.map((o) => [
    ...[o.id, o.attempt, o.state, o.errorCode, o.providerId, o.dueAt, o.lookUpAt, o.at, o.untried ? 1 : 0],
  ]);
  // read out of the JSON once for each row: `limit` keeps SQLite from doing so at each mention
  const j = sql`(select value ->> 0 as id, value ->> 1 as attempt, value ->> 2 as state, value ->> 3 as error,
      value ->> 4 as provider, value ->> 5 as due, value ->> 6 as look_up, value ->> 7 as at, value ->> 8 as untried
    from json_each(${JSON.stringify(told)}) limit -1) j`;
  const over = sql`(j.state = 'pending' and ${isOver})`;
  const mute = sql`(j.state = 'pending' and ${isMute})`;
  return (
    db
      .update(deliveries)
      .set({
        state: sql`case when ${over} then 'cancelled' when ${mute} then 'suppressed' else j.state end`,
        errorCode: sql`case when ${over} then (select o.state from ${alerts} o where o.id = ${alert})
                            when ${mute} then (select 'address_' || m.state from ${addresses} m where m.id = ${address})
                            else j.error end`,
        providerId: sql`coalesce(${deliveries.providerId}, j.provider)`,
        dueAt: sql`j.due`,
        lookUpAt: sql`j.look_up`,
        leaseUntil: null,
        attempts: sql`${attempts} - j.untried`,
        attemptedAt: sql`case when j.untried then null when j.state = 'sending' then j.at else ${deliveries.attemptedAt} end`,
        sentAt: sql`case when j.state = 'sent' then coalesce(${deliveries.sentAt}, j.at) else ${deliveries.sentAt} end`,
      })
      .from(j)
      // an answer that comes after the lease still says what happened, as long as nothing else was tried
      .where(
        sql`${deliveries.id} = j.id and ${attempts} = j.attempt and (${state} = 'sending'
          or (j.state = 'sent' and ${state} in ('pending', 'indeterminate', 'cancelled', 'suppressed', 'expired')))`,
      )
  );
}
