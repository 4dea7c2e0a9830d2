import { type SQL, sql } from 'drizzle-orm';
import { SendError } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { deliveries } from '../db/schema.ts';
import type { Db } from '../db/store.ts';
import type { Claimed } from './wording.ts';

/** What an attempt came to, as the ledger keeps it. */
export interface Outcome {
  id: number;
  state: 'pending' | 'sending' | 'sent' | 'failed' | 'expired' | 'indeterminate';
  errorCode: string | null;
  providerId: string | null;
  dueAt: number;
  lookUpAt: number | null;
  at: number;
}

/** What an error means beyond its own row. */
export interface Consequence {
  address?: { id: number; state: 'stopped' | 'unreachable'; reason: string };
  halt?: { until: number; reason: string };
}

/** How long a halted account waits before it tries one message again. */
const HALT_MS = 30_000;
/** First look into the provider's list after an unknown outcome (DESIGN section 10: the second is at 10 s or later). */
const FIRST_LOOK_MS = 5_000;
const LONGEST_BACKOFF_MS = 60_000;

export function succeeded(row: Claimed, providerId: string | undefined, at: number): Outcome {
  return { id: row.id, state: 'sent', errorCode: null, providerId: providerId ?? null, dueAt: 0, lookUpAt: null, at };
}

/** Closed set of errors to the next state of the row. Nothing is retried past its expiry. */
export function failed(row: Claimed, sender: SenderName, error: unknown, at: number): Outcome & Consequence {
  const base = { id: row.id, providerId: null, dueAt: 0, lookUpAt: null, at };
  const final = (errorCode: string): Outcome => ({ ...base, state: 'failed', errorCode });
  const again = (errorCode: string, dueAt: number): Outcome =>
    dueAt >= row.expiresAt
      ? { ...base, state: 'expired', errorCode: 'expired' }
      : { ...base, state: 'pending', errorCode, dueAt: Math.ceil(dueAt) };
  const backoff = at + Math.min(LONGEST_BACKOFF_MS, 1000 * 2 ** Math.min(row.attempts - 1, 10));
  if (!(error instanceof SendError)) return row.attempts >= 5 ? final('internal') : again('internal', backoff);
  const code = `${error.code}:${error.reason}`;
  switch (error.code) {
    case 'retry_after': {
      const until = at + (error.retryAfter ?? 1) * 1000;
      return { ...again(code, until), halt: { until, reason: code } };
    }
    case 'address_stopped':
      return { ...final(code), address: { id: row.address, state: 'stopped', reason: error.reason } };
    case 'address_unreachable':
      return { ...final(code), address: { id: row.address, state: 'unreachable', reason: error.reason } };
    case 'message_invalid':
      return error.reason === 'expired' ? { ...base, state: 'expired', errorCode: 'expired' } : final(code);
    case 'account':
      return { ...again(code, at + HALT_MS), halt: { until: at + HALT_MS, reason: code } };
    case 'provider_down':
      return again(code, backoff);
    case 'unknown':
      return unknownOutcome(row.id, sender, at, code);
  }
}

/**
 * It may have been taken: SMS is looked up in the provider's list, push and simulated phones replace a
 * repeat by themselves, Telegram can only be shown to an operator.
 */
export function unknownOutcome(id: number, sender: SenderName, at: number, errorCode: string): Outcome {
  const base = { id, errorCode, providerId: null, dueAt: 0, lookUpAt: null, at };
  if (sender === 'sms') return { ...base, state: 'sending', lookUpAt: at + FIRST_LOOK_MS };
  if (sender === 'telegram') return { ...base, state: 'indeterminate' };
  return { ...base, state: 'pending', dueAt: at + 1000 };
}

/**
 * Writes outcomes. States only move forward: a receipt that came before us keeps its state, and only
 * what it could not know is added.
 */
export function recordOutcomes(db: Db, outcomes: readonly Outcome[]) {
  const get = (name: string): SQL => sql.raw(`j.value ->> '${name}'`);
  const mine = sql`${deliveries.state} = 'sending'`;
  return db
    .update(deliveries)
    .set({
      state: sql`case when ${mine} then ${get('state')} else ${deliveries.state} end`,
      errorCode: sql`case when ${mine} then ${get('errorCode')} else ${deliveries.errorCode} end`,
      providerId: sql`coalesce(${deliveries.providerId}, ${get('providerId')})`,
      dueAt: sql`${get('dueAt')}`,
      lookUpAt: sql`case when ${mine} then ${get('lookUpAt')} end`,
      leaseUntil: null,
      sentAt: sql`case when ${get('state')} = 'sent' then coalesce(${deliveries.sentAt}, ${get('at')}) else ${deliveries.sentAt} end`,
    })
    .from(sql`json_each(${JSON.stringify(outcomes)}) j`)
    .where(
      sql`${deliveries.id} = j.value ->> 'id' and ${deliveries.state} in ('sending', 'sent', 'delivered', 'failed', 'indeterminate')`,
    );
}
