import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import type { Channel } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { deliveries, senders } from '../db/schema.ts';
import type { Db, Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress } from '../people/addresses.ts';
import { type Consequence, failed, type Outcome, recordOutcomes, succeeded } from './outcome.ts';
import { openPace } from './pace.ts';
import { type Claimed, openWordings } from './wording.ts';

/** A claim that is not recorded by then has an unknown outcome (DESIGN section 10). */
export const LEASE_MS = 30_000;

/** Longest part of a second's rate that is claimed at once: what is claimed may have to be looked up after a crash. */
const CLAIM_SHARE = 0.5;

export interface Dispatched {
  /** rows that were attempted */
  handled: number;
  /** true when there may be more that is due now */
  more: boolean;
}

/**
 * Sends what is due for one sender: claims a wave, renders, paces, hands to the provider, and records the
 * outcomes of the last wave in the same commit that claims the next.
 *
 * @param limits `until` in clock milliseconds and `most` rows: an invocation at the edge is bounded by both
 */
export async function dispatch(
  g: Gateway,
  sender: SenderName,
  limits: { until: number; most: number; inFlight?: number },
  stopping: () => boolean = () => false,
): Promise<Dispatched> {
  const channel = g.senders.get(sender);
  if (!channel || (await isHalted(g, sender))) return { handled: 0, more: false };
  const wordings = openWordings(g);
  const pace = openPace(g, sender, channel.perSecond);
  const inFlight = Math.min(channel.inFlight, limits.inFlight ?? channel.inFlight);
  const largest = Math.max(1, Math.min(inFlight, Math.ceil(channel.perSecond * CLAIM_SHARE)));

  let handled = 0;
  let active = 0;
  let finished: (Outcome & Consequence)[] = [];
  let wake = () => {};
  let open = true;
  let halted = false;
  for (;;) {
    const now = g.clock.now();
    open &&= !halted && !stopping() && now < limits.until && handled < limits.most;
    const wanted = open ? Math.min(largest, inFlight - active, limits.most - handled) : 0;
    const outcomes = finished;
    finished = [];
    const claimed = await step(g, sender, outcomes, wanted, now);
    await applyConsequences(g, sender, outcomes);
    halted ||= outcomes.some((outcome) => outcome.halt);
    if (open && wanted > 0 && claimed.length === 0) open = active > 0;
    handled += claimed.length;
    for (const row of claimed) {
      await pace.take(1);
      active++;
      void attempt(g, sender, channel, wordings, row).then((outcome) => {
        active--;
        finished.push(outcome);
        wake();
      });
    }
    if (active === 0 && finished.length === 0) {
      if (!open || claimed.length === 0) return { handled, more: !open && !halted && wanted === 0 };
    } else if (finished.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    // answers that arrive together are recorded together
    await g.clock.turn();
  }
}

async function attempt(
  g: Gateway,
  sender: SenderName,
  channel: Channel,
  wordings: ReturnType<typeof openWordings>,
  row: Claimed,
): Promise<Outcome & Consequence> {
  try {
    const now = g.clock.now();
    const base = { id: row.id, providerId: null, dueAt: 0, lookUpAt: null, at: now };
    if (row.value === null) return { ...base, state: 'failed', errorCode: 'no_address' };
    if (now >= row.expiresAt) return { ...base, state: 'expired', errorCode: 'expired' };
    const message = await wordings.compose(row, now);
    const accepted = await channel.send(message, g.wire);
    return succeeded(row, accepted.providerId, g.clock.now());
  } catch (error) {
    return failed(row, sender, error, g.clock.now());
  }
}

/** Records and claims in one commit: one round trip, one fsync a wave. */
async function step(
  g: Gateway,
  sender: SenderName,
  outcomes: readonly Outcome[],
  wanted: number,
  now: number,
): Promise<Claimed[]> {
  const record = (db: Db): Statement[] => (outcomes.length > 0 ? [recordOutcomes(db, outcomes)] : []);
  const take = (db: Db): Statement[] => (wanted > 0 ? [claim(db, sender, wanted, now)] : []);
  if (outcomes.length === 0 && wanted === 0) return [];
  const results = await g.store.atomic((db) => [...record(db), ...take(db)] as unknown as [ReturnType<typeof claim>]);
  if (wanted === 0) return [];
  const claimed = results.at(-1) as unknown as Claimed[];
  return claimed.sort((one, other) => one.rank - other.rank || one.id - other.id);
}

function claim(db: Db, sender: SenderName, wanted: number, now: number) {
  const due = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.state, sql`'pending'`),
        eq(deliveries.sender, sender),
        lte(deliveries.dueAt, now),
        gt(deliveries.expiresAt, now),
      ),
    )
    .orderBy(asc(deliveries.rank), asc(deliveries.id))
    .limit(wanted);
  return db
    .update(deliveries)
    .set({
      state: 'sending',
      attempts: sql`${deliveries.attempts} + 1`,
      leaseUntil: now + LEASE_MS,
      attemptedAt: now,
      lookUps: 0,
    })
    .where(inArray(deliveries.id, due))
    .returning({
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
    });
}

async function applyConsequences(
  g: Gateway,
  sender: SenderName,
  outcomes: readonly (Outcome & Consequence)[],
): Promise<void> {
  for (const { address } of outcomes) if (address) await markAddress(g, address.id, address.state, address.reason);
  const halts = outcomes.flatMap((outcome) => (outcome.halt ? [outcome.halt] : []));
  if (halts.length === 0) return;
  const until = Math.max(...halts.map((halt) => halt.until));
  const { reason } = halts.find((halt) => halt.until === until)!;
  const now = g.clock.now();
  g.log.warning('sender halted', { sender, reason, seconds: Math.ceil((until - now) / 1000) });
  await g.store.db
    .insert(senders)
    .values({ name: sender, haltedAt: now, haltedUntil: until, haltedReason: reason })
    .onConflictDoUpdate({ target: senders.name, set: { haltedAt: now, haltedUntil: until, haltedReason: reason } });
  await g.outbox.wake({ type: 'dispatch', sender }, until - now);
}

async function isHalted(g: Gateway, sender: SenderName): Promise<boolean> {
  const [row] = await g.store.db.select({ until: senders.haltedUntil }).from(senders).where(eq(senders.name, sender));
  return (row?.until ?? 0) > g.clock.now();
}
