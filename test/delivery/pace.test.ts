import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { rows } from '../../src/db/store.ts';
import { planChunk } from '../../src/delivery/plan.ts';
import { perform } from '../../src/work.ts';
import { allWell, numberOf, reader, stage, words } from './stage.ts';

// workerd plays a shorter time: what is measured is the fake clock's
const MINUTES = home.name === 'node' ? 3 : 0.5;
const BOUNDS = { dispatchMs: 600_000, most: 100_000 };

describe('over minutes', () => {
  it.each([
    ['sms', 10],
    ['telegram', 30],
  ] as const)(
    '%s keeps to %i a second, uses nearly all of it, and never hears 429',
    { timeout: 60_000 },
    async (sender, rate) => {
      const s = await stage();
      const many = Math.round(rate * 60 * MINUTES);
      const address = (n: number) => ({ channel: sender, value: sender === 'sms' ? numberOf(n) : String(10_000 + n) });
      await s.people(
        ...Array.from({ length: many }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!, { addresses: [address(n)] })),
      );
      await s.planned(words('pace'));
      const times: number[] = [];
      const { request } = s.wire;
      s.wire.request = async (...args) => {
        times.push(s.clock.now());
        return request(...args);
      };
      await perform(s.g, { type: 'dispatch', sender }, BOUNDS);
      expect(times).toHaveLength(many);
      const seconds = (times.at(-1)! - times[0]!) / 1000;
      expect((many - 1) / seconds).toBeGreaterThan(rate * 0.97);
      expect((many - 1) / seconds).toBeLessThanOrEqual(rate);
      expect([s.twilio.sent.length, s.telegram.sent.length]).toEqual(sender === 'sms' ? [many, 0] : [0, many]);
      expect(s.telegram.throttled).toBe(0);
      expect(s.log.join()).not.toContain('halted');
      allWell(s);
    },
  );
});

describe('an Extreme alert', () => {
  /** No other message leaves while something happens: the clock of these stories runs ahead of everything else. */
  let gate: Promise<void> = Promise.resolve();
  const hold = () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };

  it('overtakes one that is running, within a second or two', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 100 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    await s.planned({ ...words('routine'), severity: 'Moderate' });
    const { request } = s.wire;
    let calls = 0;
    let plannedAt = 0;
    s.wire.request = async (...args) => {
      if (++calls === 30) {
        const open = hold();
        await s.alert({ ...words('extreme'), severity: 'Extreme' });
        const [last] = await rows<{ id: number }>(s.g.store, sql`select max(id) as id from alerts`);
        await planChunk(s.g, last!.id);
        plannedAt = s.clock.now();
        open();
      }
      await gate;
      return request(...args);
    };
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, BOUNDS);
    const marks = s.twilio.sent.map((sms) => (sms.body.includes('extreme') ? 'extreme' : 'routine'));
    expect(marks).toHaveLength(200);
    const first = s.twilio.sent[marks.indexOf('extreme')]!;
    expect(first.at - plannedAt).toBeLessThan(2_000);
    // from then on nothing routine until all have the warning
    expect(marks.slice(marks.indexOf('extreme')).lastIndexOf('extreme')).toBe(99);
    allWell(s);
  });

  it('lets an answer to somebody pass, which goes before all alerts', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 60 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    await s.planned({ ...words('extreme'), severity: 'Extreme' });
    const { request } = s.wire;
    let calls = 0;
    let heardAt = 0;
    s.wire.request = async (...args) => {
      if (++calls === 20) {
        const open = hold();
        await s.text(numberOf(1), '2');
        await perform(s.g, { type: 'answer', reply: 0 }, BOUNDS);
        heardAt = s.clock.now();
        open();
      }
      await gate;
      return request(...args);
    };
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, BOUNDS);
    const answer = s.twilio.sent.find((sms) => !sms.body.includes('extreme'))!;
    expect(answer.to).toBe(numberOf(1));
    expect(answer.at - heardAt).toBeLessThan(2_000);
    allWell(s);
  });
});
