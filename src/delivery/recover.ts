import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm';
import { SendError } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { alerts, deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { isLasting, markAddress } from '../people/addresses.ts';
import { isOver, type Outcome, recordOutcomes } from './outcome.ts';
import { FAR_MS } from './pace.ts';
import { type Claimed, forSending, openWordings, type Wordings } from './wording.ts';

/** Two reads at least this far apart, the second at least `SURE_MS` after the attempt (DESIGN section 10). */
const BETWEEN_LOOKS_MS = 5_000;
const SURE_MS = 10_000;
/** Looks into a list that cannot be had before the outcome is called indeterminate. */
const MOST_LOOKS = 8;
/** Our clock may run ahead of the provider's. */
const CLOCK_MARGIN_MS = 120_000;
const BATCH = 20;
const AT_ONCE = 5;
/** Nobody else looks for a row that somebody looks for; longer than all timeouts of a batch. */
const LOOK_LEASE_MS = 90_000;
/** What the row keeps between two reads: the first one did not find it. */
const ABSENT = 'unknown:absent_once';

/**
 * Claims whose time is over had an unknown outcome: SMS will be looked up, Telegram is shown to an operator,
 * push and simulated phones are sent again, since a repeat replaces there.
 * @param all at the start of a Node process no claim of the former one is alive
 */
export async function expireLeases(g: Gateway, all = false): Promise<void> {
  const now = g.clock.now();
  await g.store.db
    .update(deliveries)
    .set({
      leaseUntil: null,
      errorCode: 'unknown:lease',
      state: sql`case sender when 'telegram' then 'indeterminate' else 'sending' end`,
      lookUpAt: sql`case sender when 'telegram' then null else ${now} end`,
      // it was claimed then, and may have waited for its slot
      attemptedAt: sql`attempted_at + ${FAR_MS}`,
      // our own end says nothing about a push service: its repeat is not held back for it
      ...(all && { attempts: sql`attempts - (sender = 'push')` }),
    })
    .where(
      and(
        eq(deliveries.state, sql`'sending'`),
        isNull(deliveries.lookUpAt),
        all ? undefined : lte(deliveries.leaseUntil, now),
      ),
    );
  // whoever looked for these is gone too, and a look that was cut off says nothing about the list
  if (all)
    await g.store.db
      .update(deliveries)
      .set({ lookUpAt: now, lookUps: 0 })
      .where(sql`${deliveries.state} = 'sending' and ${deliveries.lookUpAt} is not null`);
}

/** What was not sent in time is not sent: nothing goes out after its expiry, and nothing is repeated after it. */
export async function expireOverdue(g: Gateway): Promise<void> {
  const now = g.clock.now();
  await g.store.db
    .update(deliveries)
    .set({ state: 'expired', errorCode: 'expired' })
    .where(and(eq(deliveries.state, sql`'pending'`), lte(deliveries.expiresAt, now)));
  await g.store.db
    .update(deliveries)
    .set({ state: 'indeterminate', lookUpAt: null })
    .where(
      sql`${deliveries.state} = 'sending' and ${deliveries.sender} in ('push', 'simulator') and ${deliveries.leaseUntil} is null
          and ${deliveries.lookUpAt} is not null and (${deliveries.expiresAt} <= ${now} or ${isOver})`,
    );
}

/** Alerts that have nothing left to do are finished. */
export async function finishAlerts(g: Gateway): Promise<void> {
  const now = g.clock.now();
  await g.store.db
    .update(alerts)
    .set({
      state: sql`case
        when exists (select 1 from ${deliveries} where alert = ${alerts.id} and state in ('sent', 'delivered', 'indeterminate')) then 'sent'
        when expires_at <= ${now} or exists (select 1 from ${deliveries} where alert = ${alerts.id} and state = 'expired') then 'expired'
        else 'sent' end`,
      finishedAt: now,
    })
    .where(
      and(
        eq(alerts.state, 'sending'),
        sql`${alerts.plannedAt} is not null`,
        sql`not exists (select 1 from ${deliveries} where ${deliveries.alert} = ${alerts.id} and ${deliveries.state} in ('pending', 'sending'))`,
      ),
    );
}

/** When the next look into a provider's list is due, or null. */
export async function nextLook(g: Gateway): Promise<number | null> {
  const [next] = await rows<{ at: number | null }>(
    g.store,
    sql`select min(look_up_at) as at from ${deliveries} where state = 'sending' and sender in ('sms', 'telegram') and look_up_at is not null`,
  );
  return next?.at ?? null;
}

/**
 * Looks for SMS whose outcome is unknown in the provider's own list before anything is sent again.
 * @returns when the next look is due, or null
 */
export async function reconcile(g: Gateway): Promise<number | null> {
  const now = g.clock.now();
  const due = g.store.db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      sql`${deliveries.state} = 'sending' and ${deliveries.sender} in ('sms', 'telegram') and ${deliveries.lookUpAt} <= ${now}`,
    )
    .orderBy(asc(deliveries.lookUpAt))
    .limit(BATCH);
  const claimed: Unknown[] = await g.store.db
    .update(deliveries)
    .set({ lookUpAt: now + LOOK_LEASE_MS, lookUps: sql`${deliveries.lookUps} + 1` })
    .where(inArray(deliveries.id, due))
    .returning({
      ...forSending,
      sender: sql<SenderName>`sender`,
      attemptedAt: deliveries.attemptedAt,
      lookUps: deliveries.lookUps,
      errorCode: deliveries.errorCode,
    });
  if (claimed.length > 0) {
    const outcomes = await lookForAll(g, claimed);
    await g.store.atomic((db) => [recordOutcomes(db, outcomes)]);
    for (const outcome of outcomes) await noteDead(g, claimed.find((row) => row.id === outcome.id)!, outcome);
    const again = new Set(outcomes.filter(({ state }) => state === 'pending').map(({ id }) => id));
    for (const sender of new Set(claimed.filter((row) => again.has(row.id)).map((row) => row.sender)))
      await g.outbox.wake({ type: 'dispatch', sender });
    await finishAlerts(g);
  }
  return nextLook(g);
}

type Unknown = Claimed & { sender: SenderName; attemptedAt: number | null; lookUps: number; errorCode: string | null };
type Looked = Outcome & { unreachable?: boolean };

/** Some at once; when the list cannot be had for one, the others of the batch wait too. */
async function lookForAll(g: Gateway, claimed: Unknown[]): Promise<Outcome[]> {
  const wordings = openWordings(g, 'sms');
  /** messages of the list that another row of this batch was found to be */
  const taken = new Set<string>();
  const outcomes: Looked[] = [];
  let down = false;
  for (let start = 0; start < claimed.length; start += AT_ONCE) {
    const group = claimed.slice(start, start + AT_ONCE);
    const looked = await Promise.all(group.map((row) => look(g, wordings, row, taken, down)));
    down ||= looked.every((outcome) => outcome.unreachable);
    outcomes.push(...looked);
  }
  return outcomes.map(({ unreachable: _, ...outcome }) => outcome);
}

async function look(g: Gateway, wordings: Wordings, row: Unknown, taken: Set<string>, down: boolean): Promise<Looked> {
  const now = g.clock.now();
  const attemptedAt = row.attemptedAt ?? now;
  const base = { id: row.id, attempt: row.attempts, providerId: null, dueAt: 0, lookUpAt: null };
  const indeterminate = (errorCode: string): Looked => ({
    ...base,
    at: attemptedAt,
    state: 'indeterminate',
    errorCode,
  });
  // `at` of a row that stays `sending` is the time of its attempt
  const later = (errorCode: string | null, wait = BETWEEN_LOOKS_MS): Looked => {
    const next = g.clock.now() + Math.max(BETWEEN_LOOKS_MS, wait);
    const lookUpAt = errorCode === ABSENT ? Math.max(next, attemptedAt + SURE_MS) : next;
    return { ...base, at: attemptedAt, state: 'sending', errorCode, lookUpAt };
  };
  const unreachable = (wait?: number): Looked => ({
    ...(row.lookUps >= MOST_LOOKS ? indeterminate('unknown:list_unreachable') : later(row.errorCode, wait)),
    unreachable: true,
  });
  const channel = g.senders.get(row.sender);
  if (!channel?.find || row.value === null) return indeterminate('unknown:no_list');
  if (down) return unreachable();
  try {
    const message = await wordings.compose(row, now);
    const found = await channel.find(
      { to: message.to, text: message.text, since: attemptedAt - CLOCK_MARGIN_MS },
      g.wire,
    );
    const others = await rows<{ provider_id: string }>(
      g.store,
      sql`select provider_id from ${deliveries} where provider_id in
            (select value from json_each(${JSON.stringify(found.map((f) => f.providerId))})) and id <> ${row.id}`,
    );
    const unclaimed = found.filter((f) => !others.some((other) => other.provider_id === f.providerId));
    // as many as were lost with these words are ours, whichever is which; one more is somebody else's
    if (unclaimed.length > 1 && unclaimed.length > 1 + (await countTwins(g, wordings, row, message.text)))
      return indeterminate('unknown:ambiguous');
    const only = unclaimed.find((f) => !taken.has(f.providerId));
    if (only) {
      taken.add(only.providerId);
      const { providerId } = only;
      const known = { ...base, at: attemptedAt, providerId };
      if (only.state !== 'failed') return { ...known, state: 'sent', errorCode: null };
      return {
        ...known,
        state: 'failed',
        errorCode: only.error ? `${only.error.code}:${only.error.reason}` : 'failed',
      };
    }
    const sure = row.errorCode === ABSENT && now - attemptedAt >= SURE_MS;
    return sure ? { ...base, at: now, state: 'pending', errorCode: 'unknown:not_accepted' } : later(ABSENT);
  } catch (error) {
    if (!(error instanceof SendError))
      g.log.error('look-up failed', { kind: error instanceof Error ? error.name : 'unknown' });
    // asked too often: at the time that was named
    return unreachable(error instanceof SendError && error.retryAfter ? error.retryAfter * 1000 : undefined);
  }
}

/** Other rows to the same address whose outcome is unknown too and whose words are the same. */
async function countTwins(g: Gateway, wordings: Wordings, row: Unknown, text: string): Promise<number> {
  const rivals: Claimed[] = await g.store.db
    .select(forSending)
    .from(deliveries)
    .where(
      sql`${deliveries.address} = ${row.address} and ${deliveries.sender} = ${row.sender} and ${deliveries.state} = 'sending'
          and ${deliveries.id} <> ${row.id} and ${deliveries.lookUpAt} is not null`,
    );
  let twins = 0;
  for (const rival of rivals) if ((await wordings.compose(rival, g.clock.now())).text === text) twins++;
  return twins;
}

/** What the list says of a dead or stopped address counts as if it had been answered. */
async function noteDead(g: Gateway, row: Unknown, outcome: Outcome): Promise<void> {
  if (outcome.state !== 'failed') return;
  const [code, reason = ''] = (outcome.errorCode ?? '').split(':');
  if (code === 'address_stopped') await markAddress(g, row.address, 'stopped', reason);
  if (code === 'address_unreachable' && isLasting(reason)) await markAddress(g, row.address, 'unreachable', reason);
}
