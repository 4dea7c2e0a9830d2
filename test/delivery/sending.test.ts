import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { planChunk } from '../../src/delivery/plan.ts';
import { perform } from '../../src/work.ts';
import { allWell, GREETING, numberOf, reader, stage, words } from './stage.ts';

describe('a broadcast', () => {
  it('reaches everybody once, in a language they read, over the channel they have', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people(
      reader(1, 'si'),
      reader(2, 'ta'),
      reader(3, 'th'),
      reader(4, 'ja'),
      {
        externalId: 'ar',
        languages: ['ar'],
        nationalities: ['SY'],
        addresses: [{ channel: 'telegram', value: '700' }],
      },
      { externalId: 'en', languages: ['en'], addresses: [{ channel: 'push', value: JSON.stringify(subscription) }] },
    );
    const id = await s.tell(words('01', ['si', 'ta', 'ar', 'th', 'ja', 'en']));
    expect(await s.view(id)).toMatchObject({ state: 'sent', people: 6, deliveries: { sent: 6 } });
    expect([1, 2, 3, 4].map((n) => s.got(numberOf(n)))).toEqual([
      [expect.stringContaining(`${GREETING.si} 01`)],
      [expect.stringContaining(`${GREETING.ta} 01`)],
      [expect.stringContaining(`${GREETING.th} 01`)],
      [expect.stringContaining(`${GREETING.ja} 01`)],
    ]);
    expect(s.telegram.sent.map((sent) => sent.text)).toEqual([expect.stringContaining(GREETING.ar!)]);
    expect(s.push.received.map((got) => JSON.parse(got.payload).body)).toEqual([expect.stringContaining(GREETING.en!)]);
    allWell(s);
  });

  it('is planned twice, or in chunks that a crash repeats, into the same rows', async () => {
    const s = await stage();
    await s.people(...[1, 2, 3, 4, 5].map((n) => reader(n, n % 2 ? 'si' : 'th')));
    const id = await s.alert(words('02'));
    const [alert] = await rows<{ id: number }>(s.g.store, sql`select id from alerts where uid = ${id}`);
    await planChunk(s.g, alert!.id);
    const before = await s.ledger(id);
    await s.g.store.db.run(sql`update alerts set plan_cursor = 0, planned_at = null where id = ${alert!.id}`);
    await planChunk(s.g, alert!.id);
    expect(await s.ledger(id)).toEqual(before);
    await s.work();
    expect(s.twilio.sent).toHaveLength(5);
    expect((await s.board()).registered).toBe(5);
    allWell(s);
  });

  it('tells a phone that a family shares once in each language, and counts everybody on it', async () => {
    const s = await stage();
    const phone = { addresses: [{ channel: 'sms', value: numberOf(1) }] };
    await s.people(
      reader(1, 'si', { ...phone, name: 'මාලා' }),
      reader(2, 'si', { ...phone, name: 'සුනිල්' }),
      reader(3, 'th', { ...phone, name: 'มาลี' }),
    );
    const id = await s.tell(words('03'));
    expect(s.got(numberOf(1)).map((body) => body.split(' 03')[0])).toEqual(
      expect.arrayContaining([GREETING.si, GREETING.th]),
    );
    expect(s.got(numberOf(1))).toHaveLength(2);
    expect(await s.view(id)).toMatchObject({ people: 3 });
    expect(await s.board()).toMatchObject({ registered: 3, noAnswer: 3 });
    allWell(s);
  });

  it('puts those inside the hazard first, needs before others there, then the rest in the same order', async () => {
    const s = await stage({ SMS_RATE: '1' });
    const inside = { latitude: 38.27, longitude: 140.87 };
    const somewhere = { area: undefined, country: 'JP' };
    await s.people(
      reader(1, 'si', somewhere),
      reader(2, 'si', { ...somewhere, tags: ['priority'] }),
      reader(3, 'si', inside),
      reader(4, 'si', inside),
      reader(5, 'si', inside),
      reader(6, 'th', inside),
      reader(7, 'ar', { ...inside, tags: ['priority'] }),
    );
    const within = [{ circle: { latitude: 38.27, longitude: 140.87, km: 10 } }];
    await s.tell({ ...words('04'), audience: { within, unknownLocation: 'include' } });
    const order = s.twilio.sent.map((sms) => Number(sms.to.slice(-1)));
    expect(order[0]).toBe(7);
    expect(order.slice(1, 5).sort()).toEqual([3, 4, 5, 6]);
    expect(order.slice(5)).toEqual([2, 1]);
    allWell(s);
  });

  it('lets languages take turns, however the list was sorted', async () => {
    const s = await stage();
    const sorted = ['si', 'ar', 'th'].flatMap((language, block) =>
      Array.from({ length: 15 }, (_, n) => reader(block * 15 + n, language)),
    );
    await s.people(...sorted);
    await s.tell(words('turns'));
    const first = s.twilio.sent.slice(0, 15).map((sms) => sms.body.slice(0, 8));
    for (const language of ['si', 'ar', 'th'])
      expect(first.filter((body) => body === GREETING[language]!.slice(0, 8)).length).toBeGreaterThan(2);
    allWell(s);
  });

  it('gives each language the same speed from the first chunk of the plan to the last', async () => {
    const s = await stage();
    const sizes = { si: 60, ta: 8, th: 24, ja: 4, ar: 4 };
    const blocks = Object.entries(sizes).flatMap(([language, n]) => Array<string>(n).fill(language));
    await s.people(...blocks.map((language, n) => reader(n, language)));
    const id = await s.alert(words('shares', Object.keys(sizes)));
    const [alert] = await rows<{ id: number }>(s.g.store, sql`select id from alerts where uid = ${id}`);
    while (await planChunk(s.g, alert!.id, 7));
    await s.work();
    expect(s.twilio.sent).toHaveLength(100);
    for (const [language, n] of Object.entries(sizes)) {
      const positions = s.twilio.sent.flatMap(({ body }, i) => (body.startsWith(GREETING[language]!) ? [i] : []));
      // each quarter of the run tells a quarter of them, give or take one of a small language
      for (const quarter of [1, 2, 3, 4]) {
        const told = positions.filter((position) => position < 25 * quarter).length;
        expect(Math.abs(told - (n * quarter) / 4), `${language} ${quarter}`).toBeLessThanOrEqual(1 + n / 20);
      }
    }
    allWell(s);
  });

  it('tells a phone that is shared as early as the first of those who share it', async () => {
    const s = await stage({ SMS_RATE: '1' });
    const inside = { area: undefined, latitude: 38.27, longitude: 140.87 };
    const unknown = { area: undefined, country: 'JP' };
    await s.people(
      reader(1, 'si', { ...unknown, name: 'මාලා' }),
      reader(2, 'si', unknown),
      reader(3, 'si', inside),
      reader(4, 'si', {
        ...inside,
        name: 'සුනිල්',
        addresses: [{ channel: 'sms', value: numberOf(1) }],
        tags: ['priority'],
      }),
    );
    const within = [{ circle: { latitude: 38.27, longitude: 140.87, km: 10 } }];
    const id = await s.alert({ ...words('family'), audience: { within, unknownLocation: 'include' } });
    const [alert] = await rows<{ id: number }>(s.g.store, sql`select id from alerts where uid = ${id}`);
    while (await planChunk(s.g, alert!.id, 2));
    await s.work();
    expect(s.twilio.sent.map((sms) => sms.to)).toEqual([numberOf(1), numberOf(3), numberOf(2)]);
    allWell(s);
  });

  it('sends an answer before a running alert, an Extreme alert before a Severe one, and a correction before all', async () => {
    const s = await stage({ SMS_RATE: '2' });
    await s.people(reader(1, 'si'));
    const wrong = await s.tell(words('wrong'));
    s.twilio.sent.length = 0;
    await s.people(reader(2, 'ar'));
    const severity = (severity: string, mark: string) => s.alert({ ...words(mark), severity });
    await severity('Moderate', 'routine');
    await severity('Severe', 'severe');
    await severity('Extreme', 'extreme');
    const plans = await rows<{ id: number }>(
      s.g.store,
      sql`select id from alerts where state = 'approved' order by id`,
    );
    for (const plan of plans) await planChunk(s.g, plan.id);
    await s.text(numberOf(2), '1');
    const correction = await s.call('POST', `/api/v1/alerts/${wrong}/update`, {
      key: s.keys.author,
      body: { ...words('right'), expires: '2026-03-11T20:00:00+09:00' },
    });
    await s.call('POST', `/api/v1/alerts/${correction.json.id}/approve`, {
      key: s.keys.approver,
      body: { undoSeconds: 0 },
    });
    const [last] = await rows<{ id: number }>(s.g.store, sql`select max(id) as id from alerts`);
    await planChunk(s.g, last!.id);
    await s.work();
    const marks = s.twilio.sent.map((sms) => /right|extreme|severe|routine/.exec(sms.body)?.[0] ?? 'answer');
    expect(marks).toEqual(['right', 'answer', 'extreme', 'extreme', 'severe', 'severe', 'routine', 'routine']);
    allWell(s);
  });

  it('keeps the pace of the sender in every sliding second, and never hears 429', async () => {
    const s = await stage({ SMS_RATE: '10' });
    await s.people(...Array.from({ length: 60 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const start = s.clock.now();
    await s.tell(words('05'));
    expect(s.twilio.sent).toHaveLength(60);
    const times = s.twilio.sent.map((sms) => sms.at);
    for (const [i, at] of times.entries())
      expect((times[i + 10] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThan(1000);
    // 98.5 % of the rate, not less
    expect(times.at(-1)! - start).toBeLessThan(6_100);
    expect(s.log.join()).not.toContain('halted');
    allWell(s);
  });

  it('gives a Telegram chat a second between two messages, without holding up the others', async () => {
    const s = await stage();
    const chat = (n: number, language: string, id: string) => ({
      externalId: `t-${n}`,
      name: `T${n}`,
      languages: [language],
      addresses: [{ channel: 'telegram', value: id }],
    });
    await s.people(chat(1, 'si', '801'), chat(2, 'ar', '801'), chat(3, 'th', '801'), chat(4, 'th', '802'));
    const id = await s.alert(words('06'));
    await s.run(10_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 4 } });
    expect(s.telegram.throttled).toBe(0);
    expect((await s.ledger(id)).map((row) => row.attempts)).toEqual([1, 1, 1, 1]);
    allWell(s);
  });

  it('in training never reaches a far end', async () => {
    const s = await stage({}, 'training');
    await s.people(reader(1, 'si'), {
      externalId: 't',
      languages: ['ar'],
      addresses: [{ channel: 'telegram', value: '9' }],
    });
    const id = await s.tell(words('07'));
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 2 } });
    expect(s.wire.calls).toEqual([]);
  });

  it('is suppressed, and said so, on a channel that a live organisation has no settings for', async () => {
    const s = await stage({ TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_FROM: '' });
    await s.people(reader(1, 'si'));
    const id = await s.tell(words('08'));
    expect(await s.ledger(id)).toMatchObject([{ state: 'suppressed', errorCode: 'channel_off' }]);
    expect(await s.board()).toMatchObject({ registered: 1, unreachable: 1 });
  });

  it('goes out once, at the pace of all together, when several invocations of the edge send at the same time', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 40 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const id = await s.planned(words('0a'));
    const bounds = { dispatchMs: 15_000, most: 300, inFlight: 6 };
    const one = () => perform(s.g, { type: 'dispatch', sender: 'sms' }, bounds);
    await Promise.all([one(), one(), one(), one()]);
    await s.run(30_000, bounds);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 40 } });
    expect(s.twilio.sent).toHaveLength(40);
    const times = s.twilio.sent.map((sms) => sms.at);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(3_500);
    allWell(s);
  });

  it('finishes in an invocation of the edge after another, each waking the next', async () => {
    const s = await stage({ SMS_RATE: '100' });
    await s.people(...Array.from({ length: 130 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const id = await s.alert(words('09'), { undoSeconds: 75 });
    const bounds = { dispatchMs: 15_000, most: 40, inFlight: 6 };
    expect(await s.run(74_000, bounds)).toBeGreaterThan(0);
    expect(s.twilio.sent).toHaveLength(0);
    await s.run(30_000, bounds);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 130 } });
    expect(new Set(s.twilio.sent.map((sms) => sms.to)).size).toBe(130);
    expect(s.twilio.sent).toHaveLength(130);
    allWell(s);
  });
});
