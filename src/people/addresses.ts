import { and, eq, sql } from 'drizzle-orm';
import { addresses, deliveries } from '../db/schema.ts';
import type { Db, Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { holdersOf, refreshReach } from './reach.ts';

/**
 * Reasons that say nothing of the next time: a handset that is off or out of reach (30003), and a carrier
 * that gives no reason (30008, or no code at all). In a disaster this is most of the numbers in the area.
 */
const PASSING = new Set(['30003', '30008', 'undelivered', 'failed']);

/** Whether a failure is about the address itself, so that it is not tried again until it is heard from. */
export const isLasting = (reason: string): boolean => !PASSING.has(reason);

/** Something that was learnt of an address. `reached` only ends that it counts as unreachable; `active` is the person's own START. */
export interface AddressNews {
  id: number;
  is: 'active' | 'reached' | 'stopped' | 'unreachable';
  reason: string;
  /** of `unreachable`: the delivery that failed; when it has been delivered since, this is no news any more */
  delivery?: number;
}

/** A failed attempt says something about the address; a person's own STOP is never overruled by it. */
export async function markAddress(
  g: Gateway,
  id: number,
  state: 'active' | 'stopped' | 'unreachable',
  reason: string,
): Promise<void> {
  await noteNews(g, [{ id, is: state, reason }]);
}

/** Whoever is heard from, or has got a message, can be reached; a STOP stays. */
export async function markReached(g: Gateway, id: number, reason: string): Promise<void> {
  // mostly nothing changes, and a read is no commit
  const lost = and(eq(addresses.id, id), eq(addresses.state, 'unreachable'));
  if ((await g.store.db.$count(addresses, lost)) > 0) await noteNews(g, [{ id, is: 'reached', reason }]);
}

/** Writes what was learnt of addresses, in this order; news of different addresses are one commit. */
export async function noteNews(g: Gateway, news: readonly AddressNews[]): Promise<void> {
  for (let rest = news; rest.length > 0; ) {
    const seen = new Set<number>();
    const end = rest.findIndex(({ id }) => seen.size === seen.add(id).size);
    const round = end < 0 ? rest : rest.slice(0, end);
    const kinds = Map.groupBy(round, ({ is }) => is);
    const now = g.clock.now();
    await g.store.atomic((db) => {
      const statements = [...kinds].flatMap(([is, all]) => statementsOf(db, is, all, now));
      const whose = sql`(select value from json_each(${JSON.stringify([...new Set(round.map(({ id }) => id))])}))`;
      return [...statements, ...refreshReach(db, holdersOf(whose))] as unknown as [Statement, ...Statement[]];
    });
    rest = rest.slice(round.length);
  }
}

function statementsOf(db: Db, is: AddressNews['is'], news: readonly AddressNews[], now: number): Statement[] {
  const state = is === 'reached' ? 'active' : is;
  const list = JSON.stringify(news);
  const still = sql`(j.value ->> 'delivery' is null or exists
    (select 1 from ${deliveries} f where f.id = j.value ->> 'delivery' and f.state = 'failed'))`;
  const given = {
    active: sql`${addresses.state} <> 'active'`,
    reached: sql`${addresses.state} = 'unreachable'`,
    stopped: sql`${addresses.state} <> 'stopped'`,
    unreachable: sql`${addresses.state} = 'active'`,
  }[is];
  const change = db
    .update(addresses)
    .set({ state, stateAt: now, stateReason: sql`j.value ->> 'reason'` })
    .from(sql`json_each(${list}) j`)
    .where(sql`${addresses.id} = j.value ->> 'id' and ${given} and ${still}`);
  if (state === 'active') return [change];
  // what waits for this address does not go out; answers to it still do
  const waits = db
    .update(deliveries)
    .set({ state: 'suppressed', errorCode: `address_${state}` })
    .from(sql`json_each(${list}) j`)
    .where(
      sql`${deliveries.address} = j.value ->> 'id' and ${deliveries.state} = 'pending' and ${deliveries.alert} is not null and ${still}`,
    );
  return [change, waits];
}
