import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { WireError } from '../../src/channels/channel.ts';
import { examine } from '../../src/doctor.ts';
import { perform, sweep } from '../../src/work.ts';
import { allWell, numberOf, reader, type Stage, stage, words } from './stage.ts';

const chat = (n: number, language = 'ar') => ({
  externalId: `t-${n}`,
  languages: [language],
  addresses: [{ channel: 'telegram', value: String(700 + n) }],
});
const get = async (s: Stage, path: string, key = s.keys.viewer) => {
  const answer = await s.call('GET', `/api/v1${path}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
};
const channel = async (s: Stage, name: string) =>
  (await get(s, '/channels')).items.find((one: { channel: string }) => one.channel === name);
const readers = (n: number) => Array.from({ length: n }, (_, i) => reader(i, ['si', 'ar', 'th'][i % 3]!));

describe('a channel', () => {
  it('says within a minute that its provider does not answer, since when, and what goes on', async () => {
    const s = await stage();
    await s.people(...readers(12), chat(1));
    expect(await channel(s, 'sms')).toMatchObject({ state: 'working', sentence: 'SMS works.', perSecond: 10 });
    const { request } = s.wire;
    s.wire.request = async (url, init) => {
      if (url.startsWith('https://api.twilio.com')) throw new WireError('no', 'ECONNREFUSED');
      return request(url, init);
    };
    await s.tell(words('v1'));
    await s.pass(55_000, 5_000);
    const sms = await channel(s, 'sms');
    expect(sms).toMatchObject({
      state: 'halted',
      cause: 'provider',
      queued: 12,
      reason: 'provider_down:no_connection',
    });
    expect(sms.sentence).toMatch(
      /^SMS: Twilio does not answer since 05:46 UTC\. Tried again at 05:4\d:\d\d UTC\. Telegram and Push go on\.$/,
    );
    expect(sms.since).toBe('2026-03-11T05:46:00.000Z');
    expect(await channel(s, 'telegram')).toMatchObject({ state: 'working', queued: 0, oldestDueAt: null });
    expect((await examine(s.g, s.g.config)).map(({ what }) => what).join()).toContain('Twilio does not answer');
    s.wire.request = request;
    await s.pass(125_000, 5_000);
    expect(await channel(s, 'sms')).toMatchObject({ state: 'working', sentence: 'SMS works.', queued: 0 });
    allWell(s);
  });

  it('says what to repair when the account is refused, and works again by itself', async () => {
    const s = await stage();
    await s.people(...readers(8));
    for (let n = 0; n < 8; n++) s.twilio.errorFor(numberOf(n), 20003);
    await s.alert(words('v2'));
    await s.pass(50_000, 5_000);
    const sms = await channel(s, 'sms');
    expect(sms).toMatchObject({ state: 'halted', cause: 'account', reason: 'account:20003' });
    expect(sms.sentence).toContain('check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN');
    const found = await examine(s.g, s.g.config);
    expect(found.find(({ what }) => what.includes('TWILIO_AUTH_TOKEN'))).toMatchObject({ state: 'fail' });
    for (const table of ['sms-countries', 'sms-prices', 'bridges'])
      expect(found).toContainEqual({ state: 'ok', what: `locales/${table}.json can be used` });
    for (let n = 0; n < 8; n++) s.twilio.errorFor(numberOf(n), undefined);
    await s.pass(300_000, 10_000);
    expect(await channel(s, 'sms')).toMatchObject({ state: 'working' });
    expect(s.twilio.sent).toHaveLength(8);
  });

  it('names the countries that the account may not send to, and works for the others', async () => {
    const s = await stage();
    await s.people(...readers(12));
    s.twilio.errorFor(numberOf(4), 21408);
    await s.alert(words('v3'));
    await s.pass(20 * 60_000, 30_000);
    const sms = await channel(s, 'sms');
    expect(sms).toMatchObject({ state: 'working', refused: [{ errorCode: 'destination_closed:21408', n: 1 }] });
    expect(sms.refused[0].sentence).toContain('Geo permissions');
  });

  it('names the one push service that waits', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    const browser = { channel: 'push', value: JSON.stringify(subscription) };
    await s.people({ externalId: 'n', languages: ['si'], addresses: [browser] });
    s.push.fail({ answer: { status: 429, headers: { 'Retry-After': '120' } } });
    await s.tell(words('v4'));
    const push = await channel(s, 'push');
    expect(push).toMatchObject({ state: 'working', parts: [{ state: 'waiting' }] });
    expect(push.parts[0].sentence).toContain('updates.push.services.mozilla.com asks us to wait until 05:48:00 UTC');
    // the host of a service is all that is known: no endpoint is in the table
    const names = await s.g.store.db.all<{ name: string }>(sql`select name from senders order by name`);
    expect(names.map(({ name }) => name).filter((name) => name.startsWith('push:'))).toEqual([
      'push:updates.push.services.mozilla.com',
    ]);
    await s.pass(125_000, 5_000);
    expect(await channel(s, 'push')).toMatchObject({ state: 'working', parts: [] });
  });

  it('is off without settings, and simulated in training', async () => {
    const live = await stage({ TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_FROM: '' });
    expect(await channel(live, 'sms')).toMatchObject({ state: 'off', sender: 'off' });
    const training = await stage({}, 'training');
    expect(await channel(training, 'sms')).toMatchObject({ state: 'simulated', perSecond: null });
  });
});

describe('the progress of an alert', () => {
  it('counts by channel and language, and says when it will be done', async () => {
    const s = await stage();
    await s.people(...readers(60), chat(1), chat(2, 'th'));
    const id = await s.planned(words('p1'));
    expect((await s.view(id)).progress).toMatchObject({ total: 62, done: 0, perSecond: 0 });
    await perform(s.g, { type: 'dispatch', sender: 'telegram' }, { dispatchMs: 60_000, most: 10 });
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 60_000, most: 30 });
    const { progress } = (await s.view(id)) as unknown as {
      progress: { finishesAt: string; perSecond: number; byChannel: Record<string, { perSecond: number }> };
    };
    expect(progress).toMatchObject({ total: 62, done: 32 });
    expect(progress.byChannel).toMatchObject({
      sms: { total: 60, done: 30 },
      telegram: { total: 2, done: 2, finishesAt: null },
    });
    expect((progress as unknown as { byLanguage: object }).byLanguage).toMatchObject({
      si: { total: 20 },
      ar: { total: 21 },
      th: { total: 21 },
    });
    expect(progress.byChannel.sms!.perSecond).toBeGreaterThan(8);
    const estimate = Date.parse(progress.finishesAt) - s.clock.now();
    const from = s.clock.now();
    await s.work();
    const took = s.twilio.sent.at(-1)!.at - from;
    expect(Math.abs(estimate - took)).toBeLessThan(1_000);
    expect((await s.view(id)).progress).toMatchObject({ total: 62, done: 62, finishesAt: null });
    allWell(s);
  });

  it('promises nothing while the sender is halted', async () => {
    const s = await stage();
    await s.people(...readers(8));
    for (let n = 0; n < 8; n++) s.twilio.errorFor(numberOf(n), 20003);
    const id = await s.alert(words('p2'));
    await s.pass(10_000, 5_000);
    expect((await s.view(id)).progress).toMatchObject({ total: 8, done: 0, finishesAt: null });
  });
});

describe('what did not arrive', () => {
  it('is listed with a plain reason for each, and counted by reason', async () => {
    const s = await stage();
    await s.people(...readers(9), chat(1), { externalId: 'nobody', languages: ['si'], addresses: [] });
    s.twilio.errorFor(numberOf(1), 21610);
    s.twilio.errorFor(numberOf(2), 21614);
    s.twilio.errorFor(numberOf(3), 21614);
    s.telegram.fail('accept_then_cut');
    const id = await s.tell(words('d1'));
    const dead = await get(s, `/deliveries?incident=${s.incident}`);
    expect(dead.items).toHaveLength(5);
    expect(dead.items.every((one: { alert: string }) => one.alert === id)).toBe(true);
    expect(dead.summary).toEqual([
      {
        channel: 'sms',
        state: 'failed',
        errorCode: 'address_unreachable:21614',
        reason: 'This is not a mobile number.',
        n: 2,
      },
      ...[
        [null, 'suppressed', 'no_address', 'No address is known for this person.'],
        ['sms', 'failed', 'address_stopped:21610', 'The person has blocked us there.'],
        [
          'telegram',
          'indeterminate',
          'unknown:no_answer',
          'It may have been taken: the connection was lost before Telegram answered.',
        ],
      ].map(([channel, state, errorCode, reason]) =>
        expect.objectContaining({
          channel,
          state,
          errorCode: expect.stringContaining(errorCode!.split(':')[0]!),
          reason,
          n: 1,
        }),
      ),
    ]);
    const failed = await get(s, `/deliveries?state=failed&alert=${id}&limit=2`);
    expect(failed.items).toHaveLength(2);
    const rest = await get(s, `/deliveries?state=failed&alert=${id}&limit=2&cursor=${failed.next}`);
    expect(rest.items).toHaveLength(1);
    expect((await get(s, `/alerts/${id}/deliveries?state=failed,indeterminate`)).items).toHaveLength(4);
    expect((await s.call('GET', '/api/v1/deliveries?state=lost', { key: s.keys.viewer })).status).toBe(422);
    expect(JSON.stringify(dead)).not.toContain(numberOf(1));
  });

  it('is found by an index that knows no message that arrived', async () => {
    const s = await stage();
    const plan = await s.g.store.db.all<{ detail: string }>(
      sql`explain query plan select * from deliveries where state in ('failed', 'expired', 'suppressed', 'indeterminate')
          and alert in (select id from alerts where organisation = 'lk-tokyo')`,
    );
    expect(plan.map(({ detail }) => detail).join('; ')).toContain('deliveries_dead');
  });
});

describe('the numbers', () => {
  it('tell queue, states, provider errors, halts and the speed of the last alerts', async () => {
    const s = await stage();
    await s.people(...readers(20));
    s.twilio.errorFor(numberOf(1), 21614);
    const id = await s.tell(words('m1'));
    for (let n = 0; n < 20; n++) s.twilio.errorFor(numberOf(n), 20003);
    await s.tell(words('m2'));
    await s.pass(90_000, 10_000);
    const text = (await s.call('GET', '/metrics', { headers: { 'cf-connecting-ip': '127.0.0.1' } })).text;
    const value = (sample: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')
          .at(-1),
      );
    expect(value('musafir_deliveries{channel="sms",state="sent"}')).toBe(19);
    expect(value('musafir_provider_errors{channel="sms",code="address_unreachable:21614"}')).toBe(1);
    expect(value('musafir_sender_queue_due{sender="sms"}')).toBeGreaterThan(10);
    expect(value('musafir_sender_queue_age_seconds{sender="sms"}')).toBeGreaterThan(60);
    expect(value('musafir_queue_age_seconds')).toBeGreaterThan(60);
    expect(value('musafir_sender_halted_seconds{sender="sms",cause="account"}')).toBeGreaterThan(80);
    expect(value(`musafir_alert_first_seconds{alert="${id}"}`)).toBeLessThan(1);
    const p95 = value(`musafir_alert_p95_seconds{alert="${id}"}`);
    expect(p95).toBeGreaterThan(1.5);
    expect(p95).toBeLessThan(2.5);
    expect(text).not.toContain(numberOf(1));
  });
});

describe('the alarm', () => {
  const alarms = (s: Stage) => s.log.filter((line) => line.includes('deliveries are late'));

  it('goes off once a minute while what is due stands still, with what and since when', async () => {
    const s = await stage();
    await s.people(...readers(8));
    for (let n = 0; n < 8; n++) s.twilio.errorFor(numberOf(n), 20003);
    await s.tell(words('a1'));
    await s.pass(55_000, 5_000);
    expect(alarms(s)).toEqual([]);
    await s.pass(185_000, 5_000);
    expect(alarms(s).length).toBeGreaterThanOrEqual(2);
    expect(alarms(s).length).toBeLessThanOrEqual(4);
    expect(JSON.parse(alarms(s)[0]!)).toMatchObject({
      level: 'warning',
      sender: 'sms',
      since: '2026-03-11T05:46:00.000Z',
      why: 'halted: account:20003',
    });
  });

  it('is silent while messages wait for their turn at the pace of the provider', async () => {
    const s = await stage({ SMS_RATE: '1' });
    await s.people(...readers(150));
    const id = await s.planned(words('a2'));
    const bounds = { dispatchMs: 15_000, most: 20, inFlight: 6 };
    for (let i = 0; i < 6; i++) {
      await perform(s.g, { type: 'dispatch', sender: 'sms' }, bounds);
      await sweep(s.g);
    }
    expect((await s.view(id)).deliveries.pending).toBeGreaterThan(10);
    expect(alarms(s)).toEqual([]);
  });

  it('goes off early when the pace is too slow for the time that is left', async () => {
    const s = await stage({ SMS_RATE: '1' });
    await s.people(...readers(150));
    await s.planned({ ...words('a3'), expires: '2026-03-11T14:48:00+09:00' });
    await sweep(s.g);
    expect(JSON.parse(alarms(s)[0]!)).toMatchObject({ due: 150, why: 'some will expire before their turn' });
  });
});
