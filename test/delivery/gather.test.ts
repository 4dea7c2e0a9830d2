import { describe, expect, it } from 'vitest';
import { gather } from '../../src/delivery/gather.ts';

const clock = { turn: () => new Promise<void>((resolve) => setTimeout(resolve, 0)) };
const double = (items: readonly number[]) => items.map((item) => item * 2);

describe('what arrives in the same turn', () => {
  it('is done together, in its order and in bounded groups, and each gets its own answer', async () => {
    const groups: (readonly number[])[] = [];
    const one = gather<number, number>(clock, 3, async (items) => {
      groups.push(items);
      return double(items);
    });
    expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map(one))).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(groups).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(await one(8)).toBe(16);
    expect(groups.at(-1)).toEqual([8]);
  });

  it('fails alone when it is bad', async () => {
    const one = gather<number, number>(clock, 100, async (items) => {
      if (items.some((item) => item === 2 || item === 3)) throw new Error('bad');
      return double(items);
    });
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(one));
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('all gets the error of a store that takes nothing, after a few tries, and what comes later is tried again', async () => {
    let tries = 0;
    let works = false;
    const one = gather<number, number>(clock, 100, async (items) => {
      tries++;
      if (!works) throw new Error('disk full');
      return double(items);
    });
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => one(i)));
    expect(new Set(answers.map((answer) => String((answer as PromiseRejectedResult).reason)))).toEqual(
      new Set(['Error: disk full']),
    );
    expect(tries).toBe(4);
    await expect(one(1)).rejects.toThrow('disk full');
    works = true;
    expect(await one(1)).toBe(2);
  });

  it('that never ends holds up nothing that comes later', async () => {
    let hangs = true;
    let free = () => {};
    const one = gather<number, number>(clock, 100, async (items) => {
      if (hangs) await new Promise<void>((resolve) => (free = resolve));
      return double(items);
    });
    const late = one(1);
    await clock.turn();
    await clock.turn();
    hangs = false;
    expect(await Promise.all([one(2), one(3)])).toEqual([4, 6]);
    free();
    expect(await late).toBe(2);
  });
});
