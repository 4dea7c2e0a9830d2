import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm';
import { SendError } from '../channels/channel.ts';
import { SENDER_NAMES, type SenderName } from '../channels/index.ts';
import { alerts, deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { type Outcome, recordOutcomes } from './outcome.ts';
import { type Claimed, openWordings } from './wording.ts';

/** Two looks at least this far apart, the second at least `SURE_MS` after the attempt (DESIGN section 10). */
const BETWEEN_LOOKS_MS = 5_000;
const SURE_MS = 10_000;
/** Looks into a list that cannot be had before the outcome is called indeterminate. */
const MOST_LOOKS = 8;
/** Our clock may run ahead of the provider's. */
const CLOCK_MARGIN_MS = 120_000;
const BATCH = 50;

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
      state: sql`case sender when 'sms' then 'sending' when 'telegram' then 'indeterminate' else 'pending' end`,
      lookUpAt: sql`case sender when 'sms' then ${now} end`,
    })
    .where(
      and(
        eq(deliveries.state, sql`'sending'`),
        isNull(deliveries.lookUpAt),
        all ? undefined : lte(deliveries.leaseUntil, now),
      ),
    );
}

/** What was not sent in time is not sent: nothing goes out after its expiry. */
export async function expireOverdue(g: Gateway): Promise<void> {
  const now = g.clock.now();
  await g.store.db
    .update(deliveries)
    .set({ state: 'expired', errorCode: 'expired' })
    .where(and(eq(deliveries.state, sql`'pending'`), lte(deliveries.expiresAt, now)));
}

/** Alerts that have nothing left to do are finished. */
export async function finishAlerts(g: Gateway): Promise<void> {
  const now = g.clock.now();
  await g.store.db
    .update(alerts)
    .set({
      state: sql`case when expires_at <= ${now} and not exists (
        select 1 from ${deliveries} where alert = ${alerts.id} and state in ('sent', 'delivered', 'indeterminate'))
        then 'expired' else 'sent' end`,
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

/**
 * Looks for SMS whose outcome is unknown in the provider's own list before anything is sent again.
 * @returns when the next look is due, or null
 */
export async function reconcile(g: Gateway): Promise<number | null> {
  const now = g.clock.now();
  const due = await g.store.db
    .select({
      id: deliveries.id,
      nonce: deliveries.nonce,
      organisation: deliveries.organisation,
      alert: deliveries.alert,
      person: deliveries.person,
      address: sql<number>`address`,
      channel: sql<'sms'>`channel`,
      language: deliveries.language,
      rank: deliveries.rank,
      attempts: deliveries.attempts,
      expiresAt: deliveries.expiresAt,
      bodySealed: deliveries.bodySealed,
      value: sql<string | null>`(select a.value_sealed from addresses a where a.id = deliveries.address)`,
      country: sql<string | null>`(select a.country from addresses a where a.id = deliveries.address)`,
      discreet: sql<number>`coalesce((select p.profile = 'discreet' from people p where p.id = deliveries.person), 0)`,
      sender: deliveries.sender,
      attemptedAt: deliveries.attemptedAt,
      lookUps: deliveries.lookUps,
    })
    .from(deliveries)
    .where(and(eq(deliveries.state, sql`'sending'`), lte(deliveries.lookUpAt, now)))
    .orderBy(asc(deliveries.lookUpAt))
    .limit(BATCH);
  const wordings = openWordings(g);
  const outcomes: Outcome[] = [];
  for (const row of due) outcomes.push(await look(g, wordings, row));
  if (outcomes.length > 0) {
    await g.store.atomic((db) => [recordOutcomes(db, outcomes)]);
    await g.store.db
      .update(deliveries)
      .set({ lookUps: sql`${deliveries.lookUps} + 1` })
      .where(sql`${deliveries.id} in (select value from json_each(${JSON.stringify(outcomes.map((o) => o.id))}))`);
    for (const sender of SENDER_NAMES)
      if (due.some((row) => row.sender === sender)) await g.outbox.wake({ type: 'dispatch', sender });
  }
  const [next] = await rows<{ at: number | null }>(
    g.store,
    sql`select min(look_up_at) as at from ${deliveries} where state = 'sending' and look_up_at is not null`,
  );
  return next?.at ?? null;
}

type Unknown = Claimed & { sender: string; attemptedAt: number | null; lookUps: number };

async function look(g: Gateway, wordings: ReturnType<typeof openWordings>, row: Unknown): Promise<Outcome> {
  const now = g.clock.now();
  const base = { id: row.id, errorCode: null, providerId: null, dueAt: 0, lookUpAt: null, at: row.attemptedAt ?? now };
  const indeterminate = (errorCode: string): Outcome => ({ ...base, state: 'indeterminate', errorCode });
  const later: Outcome = { ...base, state: 'sending', errorCode: 'unknown:looking', lookUpAt: now + BETWEEN_LOOKS_MS };
  const channel = g.senders.get(row.sender as SenderName);
  if (!channel?.find || row.value === null) return indeterminate('unknown:no_list');
  try {
    const message = await wordings.compose(row, now);
    const since = (row.attemptedAt ?? now) - CLOCK_MARGIN_MS;
    const found = await channel.find({ to: message.to, text: message.text, since }, g.wire);
    const others = await rows<{ provider_id: string }>(
      g.store,
      sql`select provider_id from ${deliveries} where provider_id in
            (select value from json_each(${JSON.stringify(found.map((f) => f.providerId))})) and id <> ${row.id}`,
    );
    const free = found.filter((f) => !others.some((other) => other.provider_id === f.providerId));
    if (free.length > 1) return indeterminate('unknown:ambiguous');
    const [only] = free;
    if (only)
      return only.state === 'failed'
        ? {
            ...base,
            state: 'failed',
            errorCode: only.error ? `${only.error.code}:${only.error.reason}` : 'failed',
            providerId: only.providerId,
          }
        : { ...base, state: 'sent', providerId: only.providerId };
    const sure = row.lookUps >= 1 && now - (row.attemptedAt ?? 0) >= SURE_MS;
    return sure ? { ...base, state: 'pending', errorCode: 'unknown:not_accepted' } : later;
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    return row.lookUps >= MOST_LOOKS ? indeterminate('unknown:list_unreachable') : later;
  }
}
