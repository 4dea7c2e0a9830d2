import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { climbLadders } from '../../src/delivery/ladder.ts';
import { allWell, GREETING, numberOf, PUBLIC, reader, type Stage, stage, words } from '../delivery/stage.ts';
import { QUAKE } from '../gateway.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ROUTINE = { urgency: 'Expected', severity: 'Moderate', expires: '2026-03-14T20:00:00+09:00' };
const LATE = { undoSeconds: 1 };

const flash = (tag: string, mark: string) => `${GREETING[tag]} ${mark} kurz`;
/** Words of our own whose short form is told apart from the long one. */
const twoLengths = (mark: string, tags = ['si', 'ar', 'th', 'ja', 'en']) => ({
  texts: Object.fromEntries(tags.map((tag) => [tag, { full: `${GREETING[tag]} ${mark}`, flash: flash(tag, mark) }])),
});
const told = (s: Stage, n: number, mark: string) => s.got(numberOf(n)).filter((body) => body.includes(mark));
const listOf = async (s: Stage) =>
  (await s.call('GET', `/api/v1/incidents/${s.incident}/call-list`, { key: s.keys.caseworker })).json.items;
const again = async (s: Stage, id: string) => (await s.ledger(id)).filter((row) => row.step > 10);
/** All that went to phones until now arrived. */
const arrive = async (s: Stage) => {
  for (const sms of s.twilio.sent.filter(({ sid }) => !arrived.has(sid))) {
    arrived.add(sms.sid);
    expect((await s.hand(await s.twilio.deliver(sms.sid, 'delivered'))).status).toBeLessThan(300);
  }
};
const arrived = new Set<string>();
const hours = (at: number) => new Date(at + 9 * HOUR).getUTCHours();

describe('a night in Sendai', () => {
  it('asks those who are silent again, not more than allowed and not at night, until somebody calls them', async () => {
    const s = await stage();
    const both = {
      addresses: [
        { channel: 'sms', value: numberOf(2) },
        { channel: 'telegram', value: '802' },
      ],
    };
    await s.people(reader(1, 'si'), reader(2, 'ar', both), reader(3, 'th'), reader(4, 'ja'), reader(5, 'si'));
    const id = await s.alert({ ...twoLengths('40'), ...ROUTINE, plan: 'cascade' }, LATE);
    await s.pass(2_000);
    await arrive(s);
    // one answers at once
    await s.text(numberOf(5), '1');
    await s.work();
    const sentAt: number[] = [];
    let seen = s.twilio.sent.length + s.telegram.sent.length;
    const watch = async (milliseconds: number) => {
      for (let left = milliseconds; left > 0; left -= 20 * MINUTE) {
        await s.pass(Math.min(left, 20 * MINUTE), 20 * MINUTE);
        const now = s.twilio.sent.length + s.telegram.sent.length;
        if (now > seen) sentAt.push(s.clock.now());
        seen = now;
        await arrive(s);
      }
    };

    // two hours, four times slower than in the extreme: the other address is asked, where there is one
    await watch(2 * HOUR + 10 * MINUTE);
    expect(s.telegram.sent.map((message) => String(message.chatId))).toEqual(['802']);
    expect(s.telegram.sent[0]!.text).toContain(GREETING.ar);
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    expect((await s.hand(update.text(802, 'أنا بخير'))).status).toBe(200);
    await s.work();
    seen = s.twilio.sent.length + s.telegram.sent.length;
    // one wants no more
    await s.text(numberOf(3), 'STOP');
    await s.work();
    for (const n of [1, 3, 4]) expect(told(s, n, '40')).toHaveLength(1);

    // at eight hours it is a quarter to eleven in the evening: it waits, and says until when
    await watch(7 * HOUR);
    expect((await again(s, id)).filter((row) => row.state === 'pending')).toHaveLength(2);
    const held = await rows<{ due: number }>(
      s.g.store,
      sql`select due_at as due from deliveries where state = 'pending'`,
    );
    for (const { due } of held) expect(new Date(due).toISOString()).toBe('2026-03-11T22:00:00.000Z');
    for (const n of [1, 4]) expect(told(s, n, '40')).toHaveLength(1);
    await watch(9 * HOUR);
    expect(sentAt.length).toBeGreaterThan(1);
    for (const at of sentAt) expect(hours(at), new Date(at).toISOString()).toBeGreaterThanOrEqual(7);
    for (const at of sentAt) expect(hours(at)).toBeLessThan(21);
    expect(told(s, 1, '40').at(-1)).toContain(flash('si', '40'));
    expect(told(s, 4, '40').at(-1)).toContain(flash('ja', '40'));
    await s.text(numberOf(1), 'ආරක්ෂිතයි');
    await s.work();
    expect(await listOf(s)).toEqual([]);

    // after two days a person calls the only one who is left
    await watch(34 * HOUR);
    const list = await listOf(s);
    expect(list).toMatchObject([
      { externalId: 'p-4', numbers: [numberOf(4)], languages: ['ja'], area: 'JP-04', state: 'open', tries: 0 },
    ]);
    expect(await s.board()).toMatchObject({ registered: 5, safe: 3, optedOut: 1, noAnswer: 1 });
    const key = s.keys.caseworker;
    expect((await s.call('POST', `/api/v1/calls/${list[0].id}/take`, { key })).json.state).toBe('taken');
    const closed = await s.call('POST', `/api/v1/calls/${list[0].id}/close`, { key, body: { outcome: 'safe' } });
    expect(closed.json).toMatchObject({ state: 'closed', outcome: 'safe' });
    expect(await s.board()).toMatchObject({ registered: 5, safe: 4, optedOut: 1, noAnswer: 0 });
    const found = await s.call('GET', `/api/v1/incidents/${s.incident}/check-ins?meaning=safe`, { key });
    expect(found.json.items.find((one: { externalId: string }) => one.externalId === 'p-4').source).toBe('officer');

    await watch(12 * HOUR);
    expect(await listOf(s)).toEqual([]);
    for (const n of [1, 2, 3, 4, 5]) expect(told(s, n, '40').length).toBeLessThanOrEqual(2);
    expect(told(s, 3, '40')).toHaveLength(1);
    expect(told(s, 5, '40')).toHaveLength(1);
    expect(s.telegram.sent.filter((message) => message.text.includes('40'))).toHaveLength(1);
    allWell(s);
  }, 60_000);
});

describe('the ladder', () => {
  it('does not wait for the morning where there is danger to life', async () => {
    const s = await stage();
    s.clock.pass(10 * HOUR);
    await s.people(reader(1, 'si'), reader(2, 'th'));
    await s.tell({ ...twoLengths('41'), severity: 'Extreme', expires: '2026-03-12T20:00:00+09:00' });
    await s.pass(2 * HOUR + MINUTE, 10 * MINUTE);
    expect(hours(s.clock.now())).toBe(2);
    expect(told(s, 1, '41')).toHaveLength(2);
    expect(told(s, 2, '41').at(-1)).toContain(flash('th', '41'));
  });

  it.each([
    ['Severe', 4 * HOUR],
    ['Moderate', 8 * HOUR],
  ])('is as slow as it should be when %s', async (severity, after) => {
    const s = await stage();
    await s.people(reader(1, 'ar', { country: 'US', area: undefined }));
    const more = { ...twoLengths('42'), severity, expires: '2026-03-12T20:00:00+09:00' };
    await s.tell(more);
    // a Moderate one is kept for the day of the United States, where it is 20:46 to 01:46 the evening before
    await s.pass(after - 10 * MINUTE, 30 * MINUTE);
    expect(told(s, 1, '42')).toHaveLength(1);
    await s.pass(20 * MINUTE, 10 * MINUTE);
    expect(told(s, 1, '42')).toHaveLength(severity === 'Severe' ? 2 : 1);
  });

  it('does each step once, chunk by chunk, when the process dies before a commit and when two take it at once', async () => {
    const s = await stage();
    const count = 7;
    await s.people(...Array.from({ length: count }, (_, n) => reader(n, ['si', 'ar', 'th', 'ja'][n % 4]!)));
    const id = await s.tell({ ...twoLengths('43'), severity: 'Extreme' });
    await s.pass(5_000);
    await s.text(numberOf(0), '1');
    s.clock.pass(2 * HOUR);
    const { store } = s.g;
    const whole = store.atomic;
    let commits = 0;
    store.atomic = (async (build) => {
      if (++commits === 3) throw new Error('the process died here');
      return whole(build);
    }) as typeof whole;
    await expect(climbLadders(s.g, 2)).rejects.toThrow('died');
    store.atomic = whole;
    await Promise.all([climbLadders(s.g, 2), climbLadders(s.g, 2)]);
    await climbLadders(s.g, 2);
    const asked = await again(s, id);
    expect(asked.map((row) => row.externalId).sort()).toEqual(['p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6']);
    expect(new Set(asked.map((row) => row.step))).toEqual(new Set([12]));
    await s.work();
    await s.pass(5_000);
    for (let n = 1; n < count; n++) expect(told(s, n, '43')).toHaveLength(2);
    expect(told(s, 0, '43')).toHaveLength(1);
    allWell(s);
  });

  it('sends no reminder to somebody who answered while it waited for its turn', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ja'));
    const id = await s.tell({ ...twoLengths('44'), severity: 'Extreme' });
    s.clock.pass(2 * HOUR);
    await climbLadders(s.g);
    await s.text(numberOf(1), '無事です 1');
    await s.work();
    expect(told(s, 1, '44')).toHaveLength(1);
    expect(told(s, 2, '44')).toHaveLength(2);
    const mine = (await again(s, id)).find((row) => row.externalId === 'p-1');
    expect(mine).toMatchObject({ state: 'cancelled', errorCode: 'answered', attempts: 0 });
  });

  it('asks nobody more than three times in a day beside the alerts, whatever was sent', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'));
    for (let i = 0; i < 6; i++) {
      await s.tell({ ...twoLengths(`45${i}`), severity: 'Extreme', expires: '2026-03-13T20:00:00+09:00' });
      await s.pass(3 * HOUR, 15 * MINUTE);
    }
    const [sent] = await rows<{ n: number }>(s.g.store, sql`select count(*) as n from deliveries where step > 10`);
    expect(sent!.n).toBe(3);
    expect(s.got(numberOf(1))).toHaveLength(9);
    // a day later there is room again
    s.clock.pass(20 * HOUR);
    await s.tell({ ...twoLengths('459'), severity: 'Extreme', expires: '2026-03-13T20:00:00+09:00' });
    await s.pass(3 * HOUR, 30 * MINUTE);
    expect(s.got(numberOf(1))).toHaveLength(11);
  }, 30_000);

  it('ends with the alert, its cancelling and its author, and what expired still comes to the callers', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const off = await s.tell({ ...words('46'), severity: 'Extreme', ladder: 'off' });
    expect(await s.view(off)).toMatchObject({ ladder: 'off' });
    const id = await s.tell({ ...words('47'), severity: 'Extreme', ladder: 'on' });
    expect(await s.view(id)).toMatchObject({
      ladder: 'on',
      ladderSteps: [
        { step: 'other_address', afterMinutes: 30, done: false },
        { step: 'flash', afterMinutes: 120, done: false },
        { step: 'call_list', afterMinutes: 720, done: false },
      ],
    });
    s.clock.pass(2 * HOUR);
    await climbLadders(s.g);
    expect((await again(s, id)).map((row) => row.state)).toEqual(['pending', 'pending']);
    const body = { ladder: 'off' };
    const key = s.keys.author;
    expect((await s.call('POST', `/api/v1/alerts/${id}/ladder`, { key, body })).json).toMatchObject({
      state: 'sent',
      ladder: 'off',
    });
    expect((await s.call('POST', `/api/v1/alerts/${id}/ladder`, { key, body })).status).toBe(409);
    await s.pass(MINUTE);
    expect(told(s, 1, '47')).toHaveLength(1);
    await s.pass(13 * HOUR, HOUR);
    expect(await listOf(s)).toEqual([]);

    // this one is over before anybody is asked again
    await s.tell({ ...words('48'), severity: 'Extreme', expires: '2026-03-12T07:00:00+09:00' });
    await s.pass(11 * HOUR, HOUR);
    expect(told(s, 1, '48')).toHaveLength(1);
    await s.pass(2 * HOUR, HOUR);
    expect((await listOf(s)).map((one: { externalId: string }) => one.externalId).sort()).toEqual(['p-1', 'p-2']);
  }, 30_000);

  it('asks somebody who must not be seen once, and has nobody call there', async () => {
    const s = await stage();
    await s.people(
      reader(1, 'si', { profile: 'discreet' }),
      reader(2, 'th', { addresses: [] }),
      reader(3, 'ja', { tags: ['priority'] }),
    );
    await s.tell({ ...twoLengths('49'), severity: 'Extreme', expires: '2026-03-13T20:00:00+09:00' });
    await s.pass(3 * HOUR, 30 * MINUTE);
    expect(s.got(numberOf(1))).toHaveLength(1);
    expect(s.got(numberOf(3))).toHaveLength(2);
    await s.pass(10 * HOUR, HOUR);
    // the marked first, then whom nothing reached
    const list = await listOf(s);
    expect(list.map((one: { externalId: string }) => one.externalId)[0]).toBe('p-3');
    expect(list.find((one: { externalId: string }) => one.externalId === 'p-1')).toMatchObject({
      numbers: [],
      doNotCall: true,
    });
    expect(list).toHaveLength(3);
  }, 30_000);
});

describe('the call list', () => {
  it('is worked by several people who never ring the same one, and whoever answers late leaves it', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'), reader(3, 'th'));
    await s.tell({ ...words('50'), severity: 'Extreme', expires: '2026-03-13T20:00:00+09:00' });
    await s.pass(13 * HOUR, HOUR);
    const made = await s.call('POST', '/api/v1/keys', {
      key: s.keys.admin,
      body: { name: 'two', roles: ['caseworker'] },
    });
    const [one, two] = [s.keys.caseworker, made.json.apiKey];
    const list = await listOf(s);
    expect(list).toHaveLength(3);
    const [first, second, third] = list as { id: string; externalId: string; numbers: string[] }[];
    const take = (key: string, id: string) => s.call('POST', `/api/v1/calls/${id}/take`, { key });
    const close = (key: string, id: string, outcome: string) =>
      s.call('POST', `/api/v1/calls/${id}/close`, { key, body: { outcome } });
    const both = await Promise.all([take(one, first!.id), take(two, first!.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [winner, loser] = both[0]!.status === 200 ? [one, two] : [two, one];
    expect((await close(loser!, first!.id, 'safe')).status).toBe(409);
    // nobody picks up: it goes to the end, for anyone
    expect((await close(winner!, first!.id, 'no_contact')).json).toMatchObject({
      state: 'open',
      tries: 1,
      owner: null,
    });
    expect((await listOf(s)).map((row: { id: string }) => row.id)).toEqual([second!.id, third!.id, first!.id]);
    // she needs help: a case, and everybody sees it on the board
    expect((await close(one, second!.id, 'help')).json.state).toBe('closed');
    expect((await close(one, second!.id, 'help')).status).toBe(409);
    expect(await s.board()).toMatchObject({ registered: 3, help: 1, noAnswer: 2, openCases: 1 });
    await s.text(third!.numbers[0]!, '1');
    await s.work();
    expect((await listOf(s)).map((row: { id: string }) => row.id)).toEqual([first!.id]);
    expect(QUAKE).toBeLessThan(s.clock.now());
  });
});
