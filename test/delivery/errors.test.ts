import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { planChunk } from '../../src/delivery/plan.ts';
import { perform } from '../../src/work.ts';
import { allWell, numberOf, reader, type Stage, stage, words } from './stage.ts';

const stateOf = async (s: Stage, externalId: string) => {
  const [row] = await rows<{ state: string }>(
    s.g.store,
    sql`select a.state as state from addresses a join people_addresses pa on pa.address = a.id
        join people p on p.id = pa.person where p.external_id_index = ${await (await s.g.vault.keys('lk-tokyo')).index('externalId', externalId)}`,
  );
  return row!.state;
};

describe('when a provider refuses', () => {
  it('waits exactly as long as a 429 says, and sends nothing meanwhile', async () => {
    const s = await stage();
    await s.people({ externalId: 'a', languages: ['si'], addresses: [{ channel: 'telegram', value: '71' }] });
    await s.people({ externalId: 'b', languages: ['ar'], addresses: [{ channel: 'telegram', value: '72' }] });
    const body = {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 7',
      parameters: { retry_after: 7 },
    };
    s.telegram.fail({ answer: { status: 429, body } });
    const id = await s.alert(words('10'));
    const start = s.clock.now();
    await s.run(6_900);
    // the second was on its way together with the first, or waits with it
    const early = s.telegram.sent.length;
    expect(early).toBeLessThanOrEqual(1);
    await s.run(99);
    expect(s.telegram.sent).toHaveLength(early);
    await s.run(1_000);
    expect(s.telegram.sent).toHaveLength(2);
    expect(s.clock.now() - start).toBeLessThan(8_100);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 2 } });
    allWell(s);
  });

  it('stops one number that told Twilio STOP, and no other', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    s.twilio.errorFor(numberOf(1), 21610);
    const id = await s.tell(words('11'));
    expect(await s.view(id)).toMatchObject({ deliveries: { failed: 1, sent: 1 } });
    expect([await stateOf(s, 'p-1'), await stateOf(s, 'p-2')]).toEqual(['stopped', 'active']);
    s.twilio.errorFor(numberOf(1), undefined);
    const next = await s.tell(words('12'));
    expect(await s.ledger(next)).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: 'suppressed', errorCode: 'address_stopped' })]),
    );
    expect(s.got(numberOf(1))).toEqual([]);
  });

  it('marks a number that does not exist, and only that', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'), reader(2, 'ja'));
    s.twilio.errorFor(numberOf(1), 21614);
    const id = await s.tell(words('13'));
    expect(await s.ledger(id)).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: 'failed', errorCode: 'address_unreachable:21614' })]),
    );
    expect([await stateOf(s, 'p-1'), await stateOf(s, 'p-2')]).toEqual(['unreachable', 'active']);
    expect(await s.board()).toMatchObject({ registered: 2, unreachable: 1, noAnswer: 1 });
  });

  it('never sends words again that the provider calls invalid', async () => {
    const s = await stage();
    await s.people(reader(1, 'ar'));
    s.twilio.errorFor(numberOf(1), 30007);
    const id = await s.tell(words('14'));
    await s.pass(120_000, 10_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'failed', errorCode: 'message_invalid:30007', attempts: 1 }]);
    expect(await stateOf(s, 'p-1')).toBe('active');
  });

  it('halts the sender when the account is refused, and goes on by itself when it is repaired', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 12 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    for (let n = 0; n < 12; n++) s.twilio.errorFor(numberOf(n), 20003);
    const id = await s.alert(words('15'));
    await s.run(29_000);
    const asked = s.wire.calls.length;
    expect(asked).toBeLessThanOrEqual(6);
    expect(s.log.join()).toContain('sender halted');
    expect(await s.view(id)).toMatchObject({ state: 'sending' });
    await s.run(3_000);
    // one message is the probe
    expect(s.wire.calls.length - asked).toBeLessThanOrEqual(2);
    for (let n = 0; n < 12; n++) s.twilio.errorFor(numberOf(n), undefined);
    await s.pass(300_000, 5_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 12 } });
    expect(s.twilio.sent).toHaveLength(12);
  });

  it('goes on with the others when the account may not send to one country only', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 12 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    s.twilio.errorFor(numberOf(4), 21408);
    const id = await s.alert(words('16'));
    await s.pass(20 * 60_000, 40_000);
    expect(await s.view(id)).toMatchObject({ deliveries: { sent: 11, failed: 1 } });
    expect((await s.ledger(id)).find(({ state }) => state === 'failed')).toMatchObject({
      errorCode: 'destination_closed:21408',
    });
    expect(await stateOf(s, 'p-4')).toBe('active');
    expect(s.log.join()).not.toContain('halted');
  });

  it('halts when no number is open to the account, and tells all of them once a country is enabled', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 12 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    for (let n = 0; n < 12; n++) s.twilio.errorFor(numberOf(n), 21408);
    const id = await s.alert(words('16b'));
    await s.pass(120_000, 5_000);
    expect(s.log.join()).toContain('sender halted');
    expect(await s.view(id)).toMatchObject({ state: 'sending', deliveries: { pending: 12 } });
    for (let n = 0; n < 12; n++) s.twilio.errorFor(numberOf(n), undefined);
    await s.pass(300_000, 15_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 12 } });
    expect(s.twilio.sent).toHaveLength(12);
  });

  it('backs off while the provider is down, further each time, and sends once when it is back', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const down = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    s.twilio.fail(down, down, down);
    const id = await s.alert(words('17'));
    await s.run(60_000);
    const asked = s.wire.calls.length;
    expect(asked).toBe(4);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', attempts: 4, errorCode: null }]);
    expect(s.got(numberOf(1))).toHaveLength(1);
    allWell(s);
  });

  it('gives up with the alert, not later: nothing goes out after it expired', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const down = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    s.twilio.fail(...Array.from({ length: 60 }, () => down));
    const id = await s.alert({ ...words('18'), expires: '2026-03-11T14:50:00+09:00' });
    await s.pass(300_000, 2_000);
    expect(await s.view(id)).toMatchObject({ state: 'expired', deliveries: { expired: 2 } });
    s.twilio.reset();
    await s.pass(120_000, 10_000);
    expect(s.twilio.sent).toEqual([]);
  });
});

describe('stopping', () => {
  it('sends nothing that was in its undo time, and everything after it', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const stopped = await s.alert(words('20'), { undoSeconds: 20 });
    await s.pass(19_000);
    const answer = await s.call('POST', `/api/v1/alerts/${stopped}/stop`, { key: s.keys.author });
    expect(answer.json).toMatchObject({ alreadySent: 0 });
    await s.pass(10_000);
    expect(s.twilio.sent).toEqual([]);
    await s.alert(words('21'), { undoSeconds: 20 });
    await s.run(19_000);
    expect(s.twilio.sent).toEqual([]);
    await s.run(1_500);
    expect(s.got(numberOf(1))).toEqual([expect.stringContaining('21')]);
    allWell(s);
  });

  it('halts the unsent rest, tells how many already went, and what fails meanwhile is not tried again', async () => {
    const s = await stage({ SMS_RATE: '2' });
    await s.people(...Array.from({ length: 20 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const id = await s.planned(words('22'));
    // one dispatch of the edge sends six; a seventh is under way when the alert is stopped, and is refused
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 60_000, most: 6 });
    const down = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    s.twilio.fail(down);
    const { request } = s.wire;
    s.wire.request = async (...args) => {
      s.wire.request = request;
      const stopped = await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.approver });
      expect(stopped.status, stopped.text).toBe(200);
      return request(...args);
    };
    await s.pass(60_000, 2_000);
    const { deliveries, state } = await s.view(id);
    expect(state).toBe('stopped');
    expect(deliveries).toEqual({ sent: s.twilio.sent.length, cancelled: 20 - s.twilio.sent.length });
    expect(s.twilio.sent.length).toBeLessThanOrEqual(7);
    allWell(s);
  });

  it('leaves nothing behind when it comes in the middle of planning', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'th'));
    const id = await s.alert(words('23'));
    const [alert] = await rows<{ id: number }>(s.g.store, sql`select id from alerts where uid = ${id}`);
    const { atomic } = s.g.store;
    s.g.store.atomic = async (build) => {
      s.g.store.atomic = atomic;
      await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.approver });
      return atomic(build);
    };
    await planChunk(s.g, alert!.id);
    await s.pass(10_000);
    expect(s.twilio.sent).toEqual([]);
    expect((await s.view(id)).deliveries).toEqual({});
  });
});

describe('with sixty-four messages under way', () => {
  it('stops within five seconds, and what it says already went is what arrives', async () => {
    const s = await stage({ SMS_RATE: '100' });
    await s.people(...Array.from({ length: 300 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    const id = await s.planned(words('24'));
    const { request } = s.wire;
    const held: (() => void)[] = [];
    let most = 0;
    s.wire.request = async (...args) => {
      // each answer takes its time: all that may be under way is
      await new Promise<void>((resolve) => held.push(resolve));
      return request(...args);
    };
    const sending = perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 60_000, most: 1_000 });
    for (let i = 0; i < 400 && held.length < 64; i++) await new Promise((resolve) => setTimeout(resolve, 2));
    most = held.length;
    const at = s.clock.now();
    const stopped = await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.author });
    s.wire.request = request;
    for (const resolve of held) resolve();
    await sending;
    await s.pass(20_000, 2_000);
    expect(most).toBe(64);
    const { alreadySent, halted } = stopped.json;
    expect(alreadySent + halted).toBe(300);
    expect(alreadySent).toBeGreaterThanOrEqual(64);
    expect(alreadySent).toBeLessThanOrEqual(150);
    expect(s.twilio.sent).toHaveLength(alreadySent);
    expect(Math.max(...s.twilio.sent.map((sms) => sms.at)) - at).toBeLessThan(5_000);
    expect(await s.view(id)).toMatchObject({ state: 'stopped', deliveries: { sent: alreadySent, cancelled: halted } });
    allWell(s);
  });
});

describe('an alert that ends in three seconds', () => {
  it('goes with the seconds that are left, and not after them', async () => {
    const s = await stage({ SMS_RATE: '2' });
    const subscription = await s.push.subscribe();
    const browser = [{ channel: 'push', value: JSON.stringify(subscription) }];
    await s.people(...Array.from({ length: 12 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    await s.people({ externalId: 'n', languages: ['th'], addresses: browser });
    const end = Date.parse('2026-03-11T14:46:03+09:00');
    const id = await s.planned({ ...words('25'), expires: '2026-03-11T14:46:03+09:00' });
    await perform(s.g, { type: 'dispatch', sender: 'push' }, { dispatchMs: 60_000, most: 10 });
    await s.pass(10_000, 500);
    for (const sms of s.twilio.sent) {
      expect(sms.at).toBeLessThan(end);
      // never longer than the alert holds, and never the 0 that Twilio refuses
      expect(sms.validityPeriod).toBe(Math.max(1, Math.floor((end - sms.at) / 1000)));
    }
    expect(s.twilio.sent.length).toBeGreaterThanOrEqual(4);
    expect(s.push.received.map((got) => got.ttl)).toEqual([3]);
    const gone = s.twilio.sent.length;
    expect(await s.view(id)).toMatchObject({ deliveries: { sent: gone + 1, expired: 12 - gone } });
    allWell(s);
  });

  it('asks Twilio for ten hours at most, whatever the end', async () => {
    const s = await stage();
    await s.people(reader(1, 'ja'));
    await s.tell({ ...words('26'), expires: '2026-03-14T14:46:00+09:00' });
    expect(s.twilio.sent[0]!.validityPeriod).toBe(36_000);
    allWell(s);
  });
});
