import { and, eq, sql } from 'drizzle-orm';
import { senders } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';

/**
 * The token bucket of a sender, shared by all processes and isolates: the generic cell rate algorithm with
 * one number in the database, the time at which the next message may go.
 */
export interface Pace {
  /**
   * Reserves the next slots.
   * @returns null, or when to come back: the sender was halted, or others have reserved far ahead
   */
  reserve(count: number): Promise<number | null>;
  /**
   * Resolves at the next reserved slot; in the order of the calls.
   * @returns to be called when the provider has answered
   */
  slot(): Promise<() => void>;
}

/** A little below what is allowed, so that unevenness on the way does not make one message too many a second. */
const SHARE = 0.985;
/** A claimed message must not wait longer than this for its slot: it may be stopped meanwhile. */
export const FAR_MS = 2_000;
/** Nobody reserves that far ahead: the clock was set back. */
const IMPOSSIBLE_MS = 120_000;

/** @param perSecond what the provider allows; Infinity does not wait at all */
export function openPace(g: Gateway, sender: string, perSecond: number): Pace {
  if (!Number.isFinite(perSecond)) return { reserve: async () => null, slot: async () => () => {} };
  const interval = 1000 / (perSecond * SHARE);
  // When the last second's messages arrived, as far as can be known: one that had to open a connection first
  // arrived later than it left, and must not be crowded by the next second's.
  const window = new Array<{ left: number; answered: number }>(Math.max(1, Math.floor(perSecond)));
  let used = 0;
  let quickest = Number.POSITIVE_INFINITY;
  const slots: number[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  const next = async () => {
    const place = used++ % window.length;
    const former = window[place];
    const arrived = former ? Math.max(former.left, former.answered - quickest) : 0;
    const wait = Math.max(slots.shift() ?? 0, arrived + 1_002) - g.clock.now();
    if (wait >= 1) await g.clock.sleep(wait);
    const mine = { left: g.clock.now(), answered: 0 };
    window[place] = mine;
    return () => {
      mine.answered = g.clock.now();
      quickest = Math.min(quickest, mine.answered - mine.left);
    };
  };

  return {
    async reserve(count) {
      const missing = count - slots.length;
      if (missing <= 0) return null;
      const now = g.clock.now();
      const taken = missing * interval;
      const [row] = await rows<{ next_at: number; halted_until: number | null }>(
        g.store,
        sql`insert into ${senders} (name, next_at) values (${sender}, ${now + taken})
            on conflict (name) do update set
              next_at = case when next_at > ${now + IMPOSSIBLE_MS} then ${now} else max(next_at, ${now}) end + ${taken}
            returning next_at, halted_until`,
      );
      const first = row!.next_at - taken;
      const back = (row!.halted_until ?? 0) > now ? row!.halted_until : first - now > FAR_MS ? first : null;
      if (back === null) {
        for (let i = 0; i < missing; i++) slots.push(first + i * interval);
        return null;
      }
      // given back, unless somebody has reserved after us
      await g.store.db
        .update(senders)
        .set({ nextAt: first })
        .where(and(eq(senders.name, sender), eq(senders.nextAt, row!.next_at)));
      return back;
    },
    slot() {
      const mine = queue.then(next);
      queue = mine;
      return mine;
    },
  };
}
