import type { ChannelName } from '../../src/channels/channel.ts';

/** Where the process ends itself, by what the preload sees. */
export interface InnerKill {
  step: 'planned half' | 'claimed' | 'answered' | 'recorded' | 'looked up';
  sender?: ChannelName;
  /** which time, counted from the start of the process */
  nth: number;
}

/**
 * One end of the process.
 *
 * | step | the moment |
 * |---|---|
 * | planned half | a chunk of the plan is committed, and there is more to plan |
 * | claimed | a claim is committed, nothing of it is on the wire |
 * | handed to the wire | the far end has the whole request, and has not answered |
 * | answered | the answer is read, its outcome is not recorded |
 * | recorded | outcomes are committed, and nothing was done since |
 * | looked up | the provider's list is read, what it says is not recorded |
 * | random | some milliseconds after the first send, with a request at the far end |
 * | stop | the same, and SIGTERM in place of SIGKILL |
 */
export type Kill =
  | InnerKill
  | { step: 'handed to the wire'; sender: ChannelName; nth: number }
  | { step: 'random' | 'stop'; afterMs: number };

export type Step = Kill['step'];

/** mulberry32: numbers from 0 up to 1, the same for the same seed. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
