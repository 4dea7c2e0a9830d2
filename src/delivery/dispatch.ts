import { asc, inArray, sql } from 'drizzle-orm';
import type { SenderName } from '../channels/index.ts';
import { deliveries } from '../db/schema.ts';
import { type Db, rows, type Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress } from '../people/addresses.ts';
import { openCircuit, type Result } from './circuit.ts';
import { holdBack } from './ladder.ts';
import { failed, isOver, type Outcome, recordOutcomes, succeeded, untried, unwanted } from './outcome.ts';
import { FAR_MS, openPace } from './pace.ts';
import { type Claimed, forSending, openWordings } from './wording.ts';

/** A claim that is not recorded by then has an unknown outcome (DESIGN section 10). */
const LEASE_MS = 30_000;
/** Part of a second's rate that is claimed at once: what is claimed may have to be looked up after a crash. */
const CLAIM_SHARE = 0.5;
/** The same for a sender that has no list to look into: a person decides on what was claimed. */
const BLIND_SHARE = 0.2;
/** Claimed at once: twice what is under way, within these. Each claim is a commit, and answers wait while it is made. */
const FEW_CLAIMED = 64;
const MOST_CLAIMED = 256;
/** Telegram takes one message a second for each chat; counted from the claim, which is before the slot. */
const SAME_CHAT_MS = 1_700;

export interface Dispatched {
  /** rows that were attempted */
  handled: number;
  /** true when there may be more that is due now */
  more: boolean;
  /** something failed for good: a cascade goes on with it */
  failed: boolean;
  /** when something of what was tried is due again; null for never, or now */
  again: number | null;
  /** when an unknown outcome is to be looked up */
  lookUp: number | null;
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
  const idle = { handled: 0, more: false, failed: false, again: null, lookUp: null };
  if (!channel) return idle;
  const circuit = await openCircuit(g, sender);
  if (circuit.haltedUntil > g.clock.now() || (circuit.probing && !(await circuit.isBack(channel))))
    return { ...idle, again: circuit.haltedUntil };
  const wordings = openWordings(g, sender);
  const pace = openPace(g, sender, channel.perSecond);
  const inFlight = Math.min(channel.inFlight, limits.inFlight ?? channel.inFlight);
  const largest = Math.max(
    1,
    Math.min(
      Math.min(Math.max(FEW_CLAIMED, 2 * inFlight), MOST_CLAIMED),
      Math.ceil(channel.perSecond * (channel.find ? CLAIM_SHARE : BLIND_SHARE)),
    ),
  );
  /** outcomes that wait for the next claim's commit while there is more to hand out */
  const mostKept = Math.ceil(largest / 2);
  /** so many are ready while the next wave is claimed: nobody at the far end waits for our commit */
  const low = Math.floor(Math.min(inFlight / 4, channel.perSecond / 40));
  /** so many wait for their slots while the next wave is claimed */
  const ahead = Number.isFinite(channel.perSecond) ? Math.ceil(channel.perSecond / 10) : 0;

  const ready: { row: Claimed; claimedAt: number }[] = [];
  const chats = new Map<number, number>();
  let finished: Result[] = [];
  let [handled, active, waiting] = [0, 0, 0];
  let open = true;
  let crowded = false;
  let anyFailed = false;
  let again: number | null = null;
  let lookUp: number | null = null;
  let wake = () => {};
  const soonest = (one: number | null, other: number) => (one === null ? other : Math.min(one, other));

  const attempt = async (row: Claimed, claimedAt: number): Promise<Result> => {
    let waits = true;
    let answered = () => {};
    let part: string | undefined;
    waiting++;
    try {
      if (row.value === null) return { ...succeeded(row, undefined, 0), state: 'failed', errorCode: 'no_address' };
      const message = await wordings.compose(row, g.clock.now());
      part = channel.part?.(message.to);
      const back = circuit.waits(part, g.clock.now());
      if (back > 0) return untried(row, g.clock.now(), back);
      answered = await pace.slot();
      waiting--;
      waits = false;
      wake();
      const now = g.clock.now();
      if (circuit.halted || stopping()) return { ...untried(row, now), part };
      // it may have been stopped meanwhile, and its lease does not cover an answer that comes late
      if (now - claimedAt > 2 * FAR_MS) {
        crowded = true;
        return { ...untried(row, now, now + FAR_MS), part };
      }
      if (now >= row.expiresAt)
        return { ...succeeded(row, undefined, now), state: 'expired', errorCode: 'expired', part };
      const accepted = await channel.send({ ...message, now }, g.wire);
      return { ...succeeded(row, accepted.providerId, g.clock.now()), part };
    } catch (error) {
      return { ...failed(row, sender, error, g.clock.now()), part };
    } finally {
      answered();
      if (waits) waiting--;
    }
  };

  const take = (result: Result) => {
    circuit.note(result);
    anyFailed ||= result.state === 'failed';
    if (result.state === 'pending' && result.dueAt > 0) again = soonest(again, result.dueAt);
    if (result.lookUpAt !== null) lookUp = soonest(lookUp, result.lookUpAt);
    finished.push(result);
  };

  const handOut = () => {
    while (ready.length > 0 && active < inFlight) {
      const { row, claimedAt } = ready.shift()!;
      active++;
      void attempt(row, claimedAt).then((result) => {
        active--;
        take(result);
        wake();
      });
    }
  };

  for (;;) {
    const now = g.clock.now();
    open &&= !circuit.halted && !crowded && !stopping() && now < limits.until && handled < limits.most;
    if (circuit.halted || crowded || stopping()) for (const { row } of ready.splice(0)) take(untried(row, now));
    // before the commit: the far end works meanwhile
    handOut();
    const free = ready.length <= low && waiting <= ahead && (ready.length > 0 || active < inFlight);
    const next = circuit.probing ? 1 : largest;
    const wanted = open && free && (!circuit.probing || active === 0) ? Math.min(next, limits.most - handled) : 0;
    if (wanted > 0 || (finished.length > 0 && (ready.length === 0 || finished.length >= mostKept))) {
      const outcomes = finished;
      finished = [];
      const claimed = await step(g, sender, outcomes, wanted, now);
      for (const { address } of outcomes) if (address) await markAddress(g, address.id, address.state, address.reason);
      await circuit.save();
      if (wanted > 0) {
        handled += claimed.length;
        if (claimed.length === 0) open = active > 0;
        const turn = await inTurn(g, sender, claimed, chats, now);
        for (const row of turn.early) take(untried(row, now, turn.dueAt(row)));
        const held = await holdBack(g, turn.ready, now);
        for (const row of turn.ready) {
          const until = held.get(row.id);
          if (until === undefined) ready.push({ row, claimedAt: now });
          else take(until === null ? unwanted(row, now) : untried(row, now, until));
        }
        const far = ready.length > 0 ? await pace.reserve(ready.length) : null;
        if (far !== null) {
          crowded = true;
          again = soonest(again, far);
          continue;
        }
      }
    }
    handOut();
    if (active === 0 && finished.length === 0 && ready.length === 0) {
      const more = !circuit.halted && !crowded && (handled >= limits.most || g.clock.now() >= limits.until);
      if (!open) return { handled, more, failed: anyFailed, again, lookUp };
    } else if (finished.length === 0 || (ready.length > 0 && finished.length < mostKept)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    // answers that arrive together are recorded together
    await g.clock.turn();
  }
}

/** Records and claims in one commit: one round trip, one fsync a wave. What happened is not lost to a passing error of the store. */
async function step(
  g: Gateway,
  sender: SenderName,
  outcomes: readonly Outcome[],
  wanted: number,
  now: number,
): Promise<Claimed[]> {
  for (let tries = 1; ; tries++) {
    try {
      const results = await g.store.atomic((db) => {
        const statements: Statement[] = outcomes.length > 0 ? [recordOutcomes(db, outcomes)] : [];
        if (wanted > 0) statements.push(claim(db, sender, wanted, now));
        return statements as unknown as [ReturnType<typeof claim>];
      });
      if (wanted === 0) return [];
      const claimed = results.at(-1) as unknown as Claimed[];
      return claimed.sort((one, other) => one.rank - other.rank || one.id - other.id);
    } catch (error) {
      if (outcomes.length === 0 || tries === 3) throw error;
      await g.clock.sleep(200 * tries);
    }
  }
}

function claim(db: Db, sender: SenderName, wanted: number, now: number) {
  const waiting = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      sql`${deliveries.state} = 'pending' and ${deliveries.sender} = ${sender}
          and ${deliveries.dueAt} <= ${now} and ${deliveries.expiresAt} > ${now}`,
    )
    .orderBy(asc(deliveries.rank), asc(deliveries.id))
    .limit(wanted);
  // a push that was perhaps taken is repeated: it replaces by its Topic
  const repeats =
    sender === 'push' || sender === 'simulator'
      ? sql` or ${deliveries.id} in (select ${deliveries.id} from ${deliveries}
               where ${deliveries.state} = 'sending' and ${deliveries.sender} = ${sender} and ${deliveries.lookUpAt} <= ${now}
                 and ${deliveries.leaseUntil} is null and ${deliveries.expiresAt} > ${now} and not ${isOver} limit ${wanted})`
      : sql``;
  return db
    .update(deliveries)
    .set({
      state: 'sending',
      attempts: sql`${deliveries.attempts} + 1`,
      leaseUntil: now + LEASE_MS,
      attemptedAt: now,
      lookUpAt: null,
      lookUps: 0,
    })
    .where(sql`(${inArray(deliveries.id, waiting)}${repeats})`)
    .returning(forSending);
}

/** Which of a wave may go now: each chat gets its messages with a second between. */
async function inTurn(g: Gateway, sender: SenderName, claimed: Claimed[], chats: Map<number, number>, now: number) {
  const dueAt = (row: Claimed) => (chats.get(row.address) ?? 0) + SAME_CHAT_MS;
  if (sender !== 'telegram' || claimed.length === 0) return { ready: claimed, early: [], dueAt };
  const latest = await rows<{ address: number; at: number }>(
    g.store,
    sql`select address, max(attempted_at) as at from ${deliveries}
        where address in (select value from json_each(${JSON.stringify(claimed.map((row) => row.address))}))
          and id not in (select value from json_each(${JSON.stringify(claimed.map((row) => row.id))}))
          and attempted_at > ${now - SAME_CHAT_MS} group by address`,
  );
  for (const { address, at } of latest) chats.set(address, Math.max(chats.get(address) ?? 0, at));
  const ready: Claimed[] = [];
  const early: Claimed[] = [];
  for (const row of claimed) {
    const isEarly = dueAt(row) > now;
    (isEarly ? early : ready).push(row);
    if (!isEarly) chats.set(row.address, now);
  }
  return { ready, early, dueAt };
}
