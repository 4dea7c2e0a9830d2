import { and, eq, isNotNull, ne, sql } from 'drizzle-orm';
import { addresses, deliveries } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';

/**
 * Reasons that say nothing of the next time: a handset that is off or out of reach (30003), and a carrier
 * that gives no reason (30008, or no code at all). In a disaster this is most of the numbers in the area.
 */
const PASSING = new Set(['30003', '30008', 'undelivered', 'failed']);

/** Whether a failure is about the address itself, so that it is not tried again until it is heard from. */
export const isLasting = (reason: string): boolean => !PASSING.has(reason);

/** A failed attempt says something about the address; a person's own STOP is never overruled by it. */
export async function markAddress(
  g: Gateway,
  id: number,
  state: 'active' | 'stopped' | 'unreachable',
  reason: string,
): Promise<void> {
  const now = g.clock.now();
  const change = and(
    eq(addresses.id, id),
    ne(addresses.state, state),
    state === 'unreachable' ? ne(addresses.state, 'stopped') : undefined,
  );
  if (state === 'active') {
    await g.store.db.update(addresses).set({ state, stateAt: now, stateReason: reason }).where(change);
    return;
  }
  await g.store.atomic((db) => [
    db.update(addresses).set({ state, stateAt: now, stateReason: reason }).where(change),
    // what waits for this address does not go out; answers to it still do
    db
      .update(deliveries)
      .set({ state: 'suppressed', errorCode: sql`${`address_${state}`}` })
      .where(and(eq(deliveries.address, id), eq(deliveries.state, 'pending'), isNotNull(deliveries.alert))),
  ]);
}

/** Whoever is heard from, or has got a message, can be reached; a STOP stays. */
export async function markReached(g: Gateway, id: number, reason: string): Promise<void> {
  await g.store.db
    .update(addresses)
    .set({ state: 'active', stateAt: g.clock.now(), stateReason: reason })
    .where(and(eq(addresses.id, id), eq(addresses.state, 'unreachable')));
}
