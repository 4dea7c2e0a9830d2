import type { Clock } from '../gateway.ts';

/** Items in a row that fail also alone: then it is not about them. */
const ENOUGH = 3;

interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * Does together what arrives in the same turn of the event loop, at most `most` items at a time, in the order of
 * arrival. Each turn's work stands for itself: nothing that hangs or fails holds up what comes later. When work
 * fails, its items are tried one by one, so that one bad item fails alone; when that fails several times in a row,
 * the rest gets the error too.
 * @param work may be called again with items that it has done; one result for each item
 */
export function gather<T, R>(
  clock: Pick<Clock, 'turn'>,
  most: number,
  work: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  let arrived: Waiting<T, R>[] = [];

  const together = async (group: readonly Waiting<T, R>[]) => {
    const results = await work(group.map(({ item }) => item));
    for (const [i, { resolve }] of group.entries()) resolve(results[i]!);
  };

  const oneByOne = async (group: readonly Waiting<T, R>[]) => {
    let failures = 0;
    let last: unknown;
    for (const one of group) {
      if (failures < ENOUGH)
        try {
          await together([one]);
          failures = 0;
          continue;
        } catch (error) {
          last = error;
          failures++;
        }
      one.reject(last);
    }
  };

  const flush = async () => {
    await clock.turn();
    const all = arrived;
    arrived = [];
    for (let start = 0; start < all.length; start += most) {
      const group = all.slice(start, start + most);
      try {
        await together(group);
      } catch (error) {
        if (group.length === 1) group[0]!.reject(error);
        else await oneByOne(group);
      }
    }
  };

  return (item) =>
    new Promise((resolve, reject) => {
      if (arrived.push({ item, resolve, reject }) === 1) void flush();
    });
}
