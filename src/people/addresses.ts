import { and, eq, isNotNull, ne, sql } from 'drizzle-orm';
import { addresses, deliveries } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';

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
