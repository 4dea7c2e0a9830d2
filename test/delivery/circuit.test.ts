import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { WireError } from '../../src/channels/channel.ts';
import { perform } from '../../src/work.ts';
import type { Fault } from '../farends/farend.ts';
import { createPush } from '../farends/push.ts';
import { allWell, numberOf, reader, type Stage, stage, words } from './stage.ts';

const chat = (n: number) => ({
  externalId: `t-${n}`,
  languages: ['ar'],
  addresses: [{ channel: 'telegram', value: String(700 + n) }],
});
const browser = (n: number, subscription: unknown) => ({
  externalId: `b-${n}`,
  languages: ['th'],
  addresses: [{ channel: 'push', value: JSON.stringify(subscription) }],
});

/** The provider at this address is not there; answers the times at which somebody knocked, and the way back. */
function unplug(s: Stage, address: string, reached: 'no' | 'unknown' = 'no') {
  const { request } = s.wire;
  const knocks: number[] = [];
  s.wire.request = async (url, init) => {
    if (!url.startsWith(address)) return request(url, init);
    knocks.push(s.clock.now());
    throw new WireError(reached, 'ECONNREFUSED');
  };
  const plugIn = () => {
    s.wire.request = request;
  };
  return { knocks, plugIn };
}

describe('a provider that does not answer', () => {
  it('is left alone, asked by one message at a time and less often, and the others go on', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people(...Array.from({ length: 40 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    await s.people(chat(1), chat(2), browser(1, subscription));
    const { knocks, plugIn } = unplug(s, 'https://api.twilio.com');
    const start = s.clock.now();
    const id = await s.alert(words('c1'));
    await s.pass(9_000);
    // five that nobody answered, and what was under way with them
    expect(knocks.length).toBeGreaterThanOrEqual(5);
    expect(knocks.length).toBeLessThanOrEqual(10);
    expect(await s.view(id)).toMatchObject({ deliveries: { pending: 40, sent: 3 } });
    const first = knocks.length;
    await s.pass(291_000, 6_000);
    const probes = knocks.slice(first);
    const gaps = probes.map((at, i) => at - (probes[i - 1] ?? knocks[first - 1]!));
    expect(gaps.every((gap, i) => gap >= Math.min(60_000, 10_000 * 2 ** i))).toBe(true);
    expect(Math.max(...gaps)).toBeLessThan(67_000);
    expect(probes.length).toBeGreaterThanOrEqual(5);

    plugIn();
    const back = s.clock.now();
    await s.pass(130_000, 5_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 43 } });
    expect(new Set(s.twilio.sent.map((sms) => sms.to)).size).toBe(40);
    expect(s.twilio.sent).toHaveLength(40);
    // the first to ask went alone
    const [asking, next] = s.twilio.sent;
    expect(asking!.at - back).toBeLessThan(62_000);
    expect(next!.at).toBeGreaterThanOrEqual(asking!.at);
    expect(start).toBeLessThan(back);
    allWell(s);
  });

  it('is asked without a message where a lost answer is lost for good', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 60 }, (_, n) => chat(n)));
    // at the edge nobody can tell a refused connection from a lost answer
    const { knocks, plugIn } = unplug(s, 'https://api.telegram.org', 'unknown');
    const id = await s.alert(words('c8'));
    await s.pass(300_000, 10_000);
    const { indeterminate = 0 } = (await s.view(id)).deliveries;
    expect(indeterminate).toBeGreaterThanOrEqual(5);
    expect(indeterminate).toBeLessThanOrEqual(16);
    expect(knocks.length).toBeGreaterThan(indeterminate + 4);
    plugIn();
    await s.pass(120_000, 10_000);
    expect(s.telegram.sent).toHaveLength(60 - indeterminate);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { indeterminate, sent: 60 - indeterminate } });
    allWell(s);
  });

  it('is noticed across invocations of the edge that send little each', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 20 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const { knocks, plugIn } = unplug(s, 'https://api.twilio.com');
    await s.planned(words('c2'));
    const one = () => perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 15_000, most: 2, inFlight: 6 });
    for (let i = 0; i < 8; i++) await one();
    expect(knocks).toHaveLength(5);
    expect(s.log.join()).toContain('"sender halted"');
    plugIn();
    s.clock.pass(10_000);
    await one();
    expect(s.twilio.sent.length).toBeGreaterThan(0);
    await one();
    expect(s.twilio.sent.length).toBeGreaterThan(2);
  });

  it('is not taken for down when each tenth message only gets no answer', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 30 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const { request } = s.wire;
    let calls = 0;
    s.wire.request = async (...args) => {
      if (++calls % 3 === 0) throw new WireError('no', 'ECONNREFUSED');
      return request(...args);
    };
    const id = await s.alert(words('c3'));
    await s.pass(60_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 30 } });
    expect(s.log.join()).not.toContain('halted');
    allWell(s);
  });

  it('loses no SMS and sends none twice when the answers of many are lost', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 20 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    s.twilio.fail(...Array.from({ length: 9 }, () => 'accept_then_cut' as const));
    const id = await s.alert(words('c4'));
    await s.pass(120_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 20 } });
    expect(s.twilio.sent).toHaveLength(20);
    expect(s.log.join()).toContain('"sender halted"');
    allWell(s);
  });
});

describe('whatever goes wrong on the way', () => {
  it('each has one SMS in the end, and the ledger knows which', { timeout: 60_000 }, async () => {
    const answer = (status: number, headers?: Record<string, string>) => ({
      answer: { status, body: { code: 20000 + status, message: 'no', status }, ...(headers && { headers }) },
    });
    const faults = fc.constantFrom<(Fault | undefined)[]>(
      ['cut'],
      ['accept_then_cut'],
      ['garbage'],
      ['accept_then_hang'],
      [answer(503)],
      [answer(500)],
      [answer(429, { 'Retry-After': '7' })],
      [undefined],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(faults, { minLength: 1, maxLength: 24 }), async (series) => {
        const s = await stage();
        await s.people(...Array.from({ length: 8 }, (_, n) => reader(n, ['si', 'ar', 'th', 'ja'][n % 4]!)));
        const left = series.flat();
        const { request } = s.wire;
        s.wire.request = async (...args) => {
          const fault = left.shift();
          if (fault) s.twilio.fail(fault);
          return request(...args);
        };
        const id = await s.alert(words('any'));
        for (let i = 0; i < 60 && (await s.view(id)).state !== 'sent'; i++) await s.pass(10_000, 5_000);
        expect((await s.view(id)).deliveries).toEqual({ sent: 8 });
        expect(s.twilio.sent.map(({ to }) => to).sort()).toEqual(Array.from({ length: 8 }, (_, n) => numberOf(n)));
        const known = (await s.ledger(id)).map(({ providerId }) => providerId);
        expect(known.sort()).toEqual(s.twilio.sent.map(({ sid }) => sid).sort());
      }),
      { numRuns: home.name === 'node' ? 20 : 4, seed: 20260311 },
    );
  });
});

describe('one of several push services', () => {
  async function services() {
    const s = await stage();
    const fcm = createPush({ origin: 'https://fcm.googleapis.com', now: s.clock.now });
    const { request } = s.wire;
    s.wire.request = async (url, init) => {
      if (!url.startsWith(fcm.origin)) return request(url, init);
      const answer = await fcm.fetch(
        new Request(url, { method: init.method, headers: init.headers ?? {}, body: init.body ?? null }),
      );
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
    };
    for (let n = 0; n < 6; n++) {
      await s.people(browser(2 * n, await s.push.subscribe()), browser(2 * n + 1, await fcm.subscribe()));
    }
    return { s, fcm };
  }

  it.each([429, 503])('waits as it said with %i, and holds up no other', async (status) => {
    const { s, fcm } = await services();
    const busy = { answer: { status, headers: { 'Retry-After': '40' } } };
    s.push.fail(...Array.from({ length: 6 }, () => busy));
    const id = await s.alert(words('c5'));
    await s.run(39_000);
    expect(fcm.received).toHaveLength(6);
    expect(s.push.received).toHaveLength(0);
    await s.run(40_000);
    await s.pass(120_000, 5_000);
    expect(s.push.received).toHaveLength(6);
    expect(fcm.received).toHaveLength(6);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 12 } });
    allWell(s);
  });

  it('is left alone when it does not answer, and asked by one message', async () => {
    const { s, fcm } = await services();
    const { knocks, plugIn } = unplug(s, s.push.origin, 'unknown');
    const id = await s.alert(words('c6'));
    await s.pass(60_000);
    expect(fcm.received).toHaveLength(6);
    expect(knocks.length).toBeLessThanOrEqual(12);
    plugIn();
    await s.pass(180_000, 2_000);
    expect(s.push.received).toHaveLength(6);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 12 } });
    allWell(s);
  });
});

describe('a number', () => {
  it('is not what a circuit knows: only senders and hosts are in the table', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    unplug(s, 'https://api.twilio.com');
    await s.alert(words('c7'));
    await s.pass(120_000, 5_000);
    expect(s.log.join()).not.toContain(numberOf(1));
  });
});
