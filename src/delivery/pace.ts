import { sql } from 'drizzle-orm';
import { senders } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';

/**
 * The token bucket of a sender, shared by all processes and isolates: the generic cell rate algorithm with
 * one number in the database, the time at which the next message may go.
 */
export interface Pace {
  /** waits until this many messages may go, and takes them */
  take(count: number): Promise<void>;
}

/** Tokens are taken from the database for this much time ahead, so that a fast sender asks seldom. */
const AHEAD_MS = 100;

/** @param perSecond what the provider allows; Infinity does not wait at all */
export function openPace(g: Gateway, sender: string, perSecond: number): Pace {
  const interval = 1000 / perSecond;
  const block = Math.max(1, Math.floor(AHEAD_MS / interval));
  let left = 0;
  let nextAt = 0;
  return {
    async take(count) {
      if (!Number.isFinite(perSecond)) return;
      for (let i = 0; i < count; i++) {
        if (left === 0) {
          nextAt = await reserve(g, sender, block, interval);
          left = block;
        }
        left--;
        const wait = nextAt - g.clock.now();
        nextAt += interval;
        if (wait >= 1) await g.clock.sleep(wait);
      }
    },
  };
}

/** @returns the time of the first of `count` slots, in epoch milliseconds with a fraction */
async function reserve(g: Gateway, sender: string, count: number, interval: number): Promise<number> {
  const now = g.clock.now();
  const taken = count * interval;
  const [row] = await rows<{ next_at: number }>(
    g.store,
    sql`insert into ${senders} (name, next_at) values (${sender}, ${now + taken})
        on conflict (name) do update set next_at = max(next_at, ${now}) + ${taken} returning next_at`,
  );
  return row!.next_at - taken;
}
