import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { dispatch } from '../../src/delivery/dispatch.ts';
import { expireLeases, reconcile } from '../../src/delivery/recover.ts';
import type { Fault } from '../farends/farend.ts';
import { allWell, GREETING, numberOf, reader, type Stage, stage, words } from './stage.ts';

const lists = (s: Stage) => s.wire.calls.filter((call) => call.method === 'GET').length;
const chat = { externalId: 't', languages: ['ar'], addresses: [{ channel: 'telegram', value: '71' }] };

/** Rows are claimed and handed to the wire, and the process dies before it hears anything. */
async function dies(s: Stage, sender: 'sms' | 'telegram' | 'push' | 'simulator', reaches: boolean) {
  const { request } = s.wire;
  let handed = 0;
  s.wire.request = async (...args) => {
    handed++;
    if (reaches) await request(...args);
    return new Promise(() => {});
  };
  void dispatch(s.g, sender, { until: s.clock.now() + 60_000, most: 100 });
  for (let i = 0; i < 200 && handed === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  s.wire.request = request;
  return handed;
}

describe('an SMS of which nobody knows whether it was taken', () => {
  for (const fault of ['accept_then_cut', 'garbage', 'accept_then_hang'] satisfies Fault[])
    it(`is found in the provider's list after ${fault}, and not sent twice`, async () => {
      const s = await stage();
      await s.people(reader(1, 'si'), reader(2, 'ar'));
      s.twilio.fail(fault);
      const id = await s.alert(words('30'));
      await s.run(4_900);
      expect(lists(s)).toBe(0);
      expect(await s.view(id)).toMatchObject({ state: 'sending', deliveries: { sending: 1, sent: 1 } });
      await s.run(600);
      expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 2 } });
      expect(s.twilio.sent).toHaveLength(2);
      expect(new Set((await s.ledger(id)).map((row) => row.providerId))).toEqual(
        new Set(s.twilio.sent.map((sms) => sms.sid)),
      );
      allWell(s);
    });

  it('is sent again once, when the list does not have it twice, 5 s apart and 10 s after the attempt', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'));
    s.twilio.fail('cut');
    const id = await s.alert(words('31'));
    await s.run(9_900);
    expect(lists(s)).toBe(1);
    expect(s.twilio.sent).toEqual([]);
    await s.run(1_000);
    expect(lists(s)).toBe(2);
    expect(s.got(numberOf(1))).toHaveLength(1);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', attempts: 2 }]);
    await s.pass(60_000, 5_000);
    expect(s.twilio.sent).toHaveLength(1);
    allWell(s);
  });

  it('is not sent again after one good look and one failed one', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const down: Fault = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    s.twilio.fail('cut', down, down);
    await s.alert(words('32'));
    await s.run(19_000);
    expect(lists(s)).toBe(3);
    expect(s.twilio.sent).toEqual([]);
    await s.run(3_000);
    expect(s.twilio.sent).toHaveLength(1);
  });

  it('is called indeterminate when the list cannot be had, and a person decides', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const down: Fault = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    s.twilio.fail('accept_then_cut', 'cut', ...Array.from({ length: 40 }, () => down));
    const id = await s.alert(words('33'));
    await s.pass(60_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { indeterminate: 2 } });
    const [one, other] = await s.ledger(id);
    const decide = (delivery: string, as: string) =>
      s.call('POST', `/api/v1/deliveries/${delivery}/resolve`, { key: s.keys.author, body: { as } });
    const before = s.twilio.sent.length;
    s.twilio.reset();
    expect((await decide(one!.id, 'sent')).status).toBe(200);
    expect((await decide(one!.id, 'resend')).status).toBe(409);
    expect((await decide(other!.id, 'resend')).status).toBe(200);
    await s.work();
    expect(before).toBe(1);
    expect(s.twilio.sent).toHaveLength(1);
    expect(await s.view(id)).toMatchObject({ deliveries: { sent: 2 } });
  });

  it('is not sent again by anybody once its alert is cancelled', async () => {
    const s = await stage();
    await s.people(chat);
    s.telegram.fail('accept_then_cut');
    const id = await s.tell(words('34'));
    const [row] = await s.ledger(id);
    expect(row).toMatchObject({ state: 'indeterminate' });
    const cancel = await s.call('POST', `/api/v1/alerts/${id}/cancel`, { key: s.keys.author, body: {} });
    await s.call('POST', `/api/v1/alerts/${cancel.json.id}/approve`, {
      key: s.keys.approver,
      body: { undoSeconds: 0 },
    });
    await s.pass(5_000);
    const answer = await s.call('POST', `/api/v1/deliveries/${row!.id}/resolve`, {
      key: s.keys.author,
      body: { as: 'resend' },
    });
    expect(answer.status).toBe(409);
    expect(s.telegram.sent).toHaveLength(2);
    allWell(s);
  });

  it('is ambiguous when two of the list could be it', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    s.twilio.fail('accept_then_cut');
    const id = await s.alert(words('35'));
    await s.run(1_000);
    // the same words, by hand from Twilio's console
    const { to, body } = s.twilio.sent[0]!;
    const form = new URLSearchParams({ To: to, Body: body, From: '+15005550006' });
    const account = 'AC00000000000000000000000000000001';
    await s.twilio.fetch(
      new Request(`https://api.twilio.com/2010-04-01/Accounts/${account}/Messages.json`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa(`${account}:twilio token`)}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form.toString(),
      }),
    );
    await s.run(10_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'indeterminate', errorCode: 'unknown:ambiguous' }]);
    expect(s.twilio.sent).toHaveLength(2);
  });

  it('is not given up for looks that the end of a process has cut off', async () => {
    const s = await stage();
    await s.people(reader(1, 'ar'));
    s.twilio.fail('accept_then_cut');
    const id = await s.alert(words('38'));
    await s.run(1_000);
    const { request } = s.wire;
    for (let life = 0; life < 9; life++) {
      let looking = () => {};
      const looks = new Promise<void>((resolve) => {
        looking = resolve;
      });
      s.wire.request = () => {
        looking();
        return new Promise(() => {});
      };
      s.clock.pass(6_000);
      void reconcile(s.g);
      await looks;
      s.wire.request = request;
      await expireLeases(s.g, true);
    }
    s.twilio.fail({ answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } });
    await s.pass(1_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sending' }]);
    await s.pass(10_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', providerId: s.twilio.sent[0]!.sid }]);
    expect(s.twilio.sent).toHaveLength(1);
    allWell(s);
  });

  it('is told apart from another to the same number that differs by one digit', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const digits = (n: number) => ({
      texts: { si: { full: `${GREETING.si}. දුරකථනය 11${n}` }, en: { full: `Call 11${n}` } },
    });
    s.twilio.fail('accept_then_cut', 'cut');
    const taken = await s.alert(digits(0));
    const lost = await s.alert(digits(9));
    await s.run(6_000);
    expect(await s.ledger(taken)).toMatchObject([{ state: 'sent', attempts: 1, providerId: s.twilio.sent[0]!.sid }]);
    expect(await s.ledger(lost)).toMatchObject([{ state: 'sending' }]);
    await s.run(10_000);
    expect(await s.ledger(lost)).toMatchObject([{ state: 'sent', attempts: 2, providerId: s.twilio.sent[1]!.sid }]);
    expect(s.got(numberOf(1)).map((body) => /11\d/.exec(body)?.[0])).toEqual(['110', '119']);
    allWell(s);
  });

  it.each([
    ['the first', ['accept_then_cut', 'cut']],
    ['the second', ['cut', 'accept_then_cut']],
    ['each', ['accept_then_cut', 'accept_then_cut']],
    ['none', ['cut', 'cut']],
  ] as [string, Fault[]][])(
    'goes twice and not three times for two with the same words, when %s was taken',
    async (_which, faults) => {
      const s = await stage();
      await s.people(reader(1, 'ar'));
      s.twilio.fail(...faults);
      const both = [await s.alert(words('same')), await s.alert(words('same'))];
      await s.run(30_000);
      const rows = [await s.ledger(both[0]!), await s.ledger(both[1]!)].flat();
      expect(rows.map(({ state }) => state)).toEqual(['sent', 'sent']);
      expect(new Set(rows.map(({ providerId }) => providerId)).size).toBe(2);
      expect(s.got(numberOf(1))).toHaveLength(2);
      allWell(s);
    },
  );

  it('is looked for when the list allows it again: 429 is waited for, as long as it says', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'th'));
    const busy: Fault = { answer: { status: 429, headers: { 'Retry-After': '40' }, body: { code: 20429 } } };
    s.twilio.fail('accept_then_cut', 'accept_then_cut', busy, busy);
    const id = await s.alert(words('37'));
    await s.run(44_000);
    expect(lists(s)).toBe(2);
    await s.run(3_000);
    expect(lists(s)).toBe(4);
    expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 2 } });
    expect(s.twilio.sent).toHaveLength(2);
    allWell(s);
  });

  it('is settled by a receipt with our token before anybody looks', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    s.twilio.fail('accept_then_cut');
    const id = await s.alert(words('36'));
    await s.run(1_000);
    await s.hand(await s.twilio.deliver(s.twilio.sent[0]!.sid, 'delivered'));
    await s.run(60_000);
    expect(lists(s)).toBe(0);
    expect(await s.ledger(id)).toMatchObject([
      { state: 'delivered', errorCode: null, providerId: s.twilio.sent[0]!.sid },
    ]);
    expect(s.twilio.sent).toHaveLength(1);
    allWell(s);
  });

  it('is looked for by one only, when several look at the same time', async () => {
    const s = await stage();
    await s.people(...[1, 2, 3, 4].map((n) => reader(n, 'si')));
    s.twilio.fail('cut', 'accept_then_cut', 'cut', 'accept_then_cut');
    const id = await s.alert(words('37'));
    await s.run(2_000);
    for (let round = 0; round < 8; round++) {
      s.clock.pass(5_000);
      await Promise.all([reconcile(s.g), reconcile(s.g), reconcile(s.g)]);
      await s.run(0);
    }
    expect(await s.view(id)).toMatchObject({ deliveries: { sent: 4 } });
    expect(s.twilio.sent).toHaveLength(4);
    allWell(s);
  });
});

describe('a process that dies while it sends', () => {
  it('loses no SMS and sends none twice, whether they had left or not', async () => {
    for (const reached of [true, false]) {
      const s = await stage();
      await s.people(...[1, 2, 3].map((n) => reader(n, ['si', 'ar', 'th'][n - 1]!)));
      const id = await s.planned(words('40'));
      expect(await dies(s, 'sms', reached)).toBeGreaterThan(0);
      await expireLeases(s.g, true);
      await s.pass(40_000);
      expect(await s.view(id)).toMatchObject({ state: 'sent', deliveries: { sent: 3 } });
      expect(s.twilio.sent.map((sms) => sms.to).sort()).toEqual([1, 2, 3].map(numberOf));
      allWell(s);
    }
  });

  it('is noticed elsewhere when its lease is over, and not before', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const id = await s.planned(words('41'));
    await dies(s, 'sms', true);
    await s.pass(28_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sending', errorCode: null }]);
    await s.pass(10_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', attempts: 1 }]);
    expect(s.twilio.sent).toHaveLength(1);
    allWell(s);
  });

  it('has claimed at most twice as many Telegram messages as are on the wire: nobody can look those up', async () => {
    const s = await stage();
    await s.people(
      ...Array.from({ length: 90 }, (_, n) => ({
        externalId: `t-${n}`,
        languages: ['ar'],
        addresses: [{ channel: 'telegram', value: String(7100 + n) }],
      })),
    );
    await s.planned(words('46'));
    const { request } = s.wire;
    const moments: { onWire: number; claimed: number }[] = [];
    let onWire = 0;
    s.wire.request = async (...args) => {
      onWire++;
      const [row] = await rows<{ n: number }>(
        s.g.store,
        sql`select count(*) as n from deliveries where state = 'sending'`,
      );
      moments.push({ onWire, claimed: row!.n });
      await s.clock.sleep(300);
      onWire--;
      return request(...args);
    };
    await dispatch(s.g, 'telegram', { until: s.clock.now() + 60_000, most: 100 });
    expect(s.telegram.sent).toHaveLength(90);
    const most = (of: 'onWire' | 'claimed') => Math.max(...moments.map((moment) => moment[of]));
    expect(most('onWire')).toBeGreaterThan(5);
    expect(most('claimed')).toBeLessThanOrEqual(2 * most('onWire'));
    allWell(s);
  });

  it('leaves Telegram messages indeterminate, and simulated phones with one message', async () => {
    const s = await stage();
    await s.people(chat);
    const id = await s.planned(words('42'));
    await dies(s, 'telegram', true);
    await expireLeases(s.g, true);
    await s.pass(60_000, 5_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'indeterminate', errorCode: 'unknown:lease' }]);
    expect(s.telegram.sent).toHaveLength(1);

    const training = await stage({}, 'training');
    await training.people(reader(1, 'si'));
    const drill = await training.tell(words('43'));
    await training.g.store.db.run(sql`update deliveries set state = 'sending', lease_until = 1, sent_at = null`);
    await training.pass(5_000);
    expect(await training.view(drill)).toMatchObject({ deliveries: { sent: 1 } });
    const shown = await rows(training.g.store, sql`select 1 from simulated where direction = 'to_person'`);
    expect(shown).toHaveLength(1);
  });
});

describe('a push that was perhaps taken', () => {
  it('is repeated with the same Topic, so that the phone shows it once', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people({
      externalId: 'n',
      languages: ['si'],
      addresses: [{ channel: 'push', value: JSON.stringify(subscription) }],
    });
    s.push.fail('accept_then_cut', 'accept_then_hang');
    const id = await s.alert(words('44'));
    await s.run(10_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', attempts: 3 }]);
    expect(new Set(s.push.received.map((got) => got.topic)).size).toBe(1);
    expect(s.push.waiting(subscription.endpoint)).toHaveLength(1);
    allWell(s);
  });

  it('does not wait longer for the claims of processes that died', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people({
      externalId: 'n',
      languages: ['th'],
      addresses: [{ channel: 'push', value: JSON.stringify(subscription) }],
    });
    const id = await s.planned(words('47'));
    for (let life = 0; life < 6; life++) {
      expect(await dies(s, 'push', true)).toBe(1);
      await expireLeases(s.g, true);
      s.clock.pass(1_000);
    }
    s.push.fail('accept_then_cut');
    await s.pass(5_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent' }]);
    expect(s.push.waiting(subscription.endpoint)).toHaveLength(1);
    allWell(s);
  });

  it('counts as perhaps told when it is stopped, and the correction reaches it', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people({
      externalId: 'n',
      languages: ['ar'],
      addresses: [{ channel: 'push', value: JSON.stringify(subscription) }],
    });
    s.push.fail('accept_then_cut', 'accept_then_cut', 'accept_then_cut');
    const id = await s.alert(words('45'));
    await s.run(500);
    const stopped = await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.author });
    expect(stopped.json).toMatchObject({ alreadySent: 1 });
    await s.pass(5_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'indeterminate', attempts: 1 }]);
    const cancel = await s.call('POST', `/api/v1/alerts/${id}/cancel`, { key: s.keys.author, body: {} });
    expect(cancel.status, cancel.text).toBe(201);
    await s.call('POST', `/api/v1/alerts/${cancel.json.id}/approve`, {
      key: s.keys.approver,
      body: { undoSeconds: 0 },
    });
    await s.pass(60_000, 5_000);
    expect(await s.view(cancel.json.id)).toMatchObject({ deliveries: { sent: 1 } });
    expect(s.push.waiting(subscription.endpoint)).toHaveLength(1);
  });
});
