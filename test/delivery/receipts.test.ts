import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/channels/channel.ts';
import { rows } from '../../src/db/store.ts';
import { settle } from '../../src/delivery/receipts.ts';
import { allWell, numberOf, OUR_NUMBER, PUBLIC, reader, type Stage, stage, words } from './stage.ts';

const tokenOf = async (s: Stage, id: string) => (await s.ledger(id))[0]!.id;
const addressState = async (s: Stage) =>
  (await rows<{ state: string }>(s.g.store, sql`select state from addresses limit 1`))[0]!.state;

describe('receipts', () => {
  it('come by signed callbacks that carry the delivery, and move it forward only', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const id = await s.tell(words('50'));
    const { sid } = s.twilio.sent[0]!;
    for (const status of ['delivered', 'sent', 'delivered'])
      expect((await s.hand(await s.twilio.deliver(sid, status))).status).toBe(200);
    expect(await s.ledger(id)).toMatchObject([{ state: 'delivered', providerId: sid, errorCode: null }]);
    expect(await s.board()).toMatchObject({ reached: 1 });
    allWell(s);
  });

  it('end in the same state whatever their order, repeated, and before our own record', async () => {
    const kinds = ['sent', 'delivered', 'failed'] as const;
    const history = fc.array(fc.constantFrom<'record' | (typeof kinds)[number]>('record', ...kinds), {
      minLength: 1,
      maxLength: 6,
    });
    const s = await stage();
    await s.people(reader(1, 'ar'));
    const id = await s.tell(words('51'));
    const token = await tokenOf(s, id);
    const [former] = await rows<{ id: number }>(s.g.store, sql`select id from deliveries`);
    const { recordOutcomes } = await import('../../src/delivery/outcome.ts');
    const play = async (events: readonly string[]) => {
      await s.g.store.db.run(sql`update deliveries set state = 'sending', attempts = 1, provider_id = null, error_code = null,
        lease_until = 9e15, sent_at = null, delivered_at = null, look_up_at = null`);
      await s.g.store.db.run(sql`update addresses set state = 'active'`);
      for (const event of events)
        if (event === 'record')
          await s.g.store.atomic((db) => [
            recordOutcomes(db, [
              {
                id: former!.id,
                attempt: 1,
                state: 'sent',
                errorCode: null,
                providerId: 'SM1',
                dueAt: 0,
                lookUpAt: null,
                at: s.clock.now(),
              },
            ]),
          ]);
        else
          await settle(s.g, [
            {
              kind: 'status',
              providerId: 'SM1',
              token,
              state: event as 'sent',
              ...(event === 'failed' && { error: { code: 'address_unreachable' as const, reason: '30005' } }),
            },
          ]);
      const [row] = await s.ledger(id);
      return {
        state: row!.state,
        errorCode: row!.errorCode,
        providerId: row!.providerId,
        address: await addressState(s),
      };
    };
    await fc.assert(
      fc.asyncProperty(
        history.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        async ([events, shuffled]) => {
          const end = await play(['record', ...events]);
          expect(await play([...shuffled, 'record'])).toEqual(end);
          expect(await play([...shuffled, 'record', ...shuffled])).toEqual(end);
          const best = events.includes('delivered') ? 'delivered' : events.includes('failed') ? 'failed' : 'sent';
          expect(end).toMatchObject({ state: best, address: best === 'failed' ? 'unreachable' : 'active' });
        },
      ),
      { numRuns: 12 },
    );
  }, 30_000);

  it('of messages that are not ours change nothing, and are answered all the same', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'));
    const id = await s.tell(words('52'));
    const before = await s.ledger(id);
    const url = 'https://musafir.test/webhooks/twilio/status';
    const form = {
      MessageSid: `SM${'0'.repeat(32)}`,
      MessageStatus: 'failed',
      ErrorCode: '30005',
      AccountSid: 'AC00000000000000000000000000000001',
    };
    for (const address of [url, `${url}?t=zz-zz`, `${url}?t=1-1`, `${url}?t=%00`]) {
      const answer = await s.hand(new Request(address, { method: 'POST', ...(await s.twilio.signed(address, form)) }));
      expect(answer.status).toBe(200);
    }
    const token = await tokenOf(s, id);
    const forged = await s.hand(
      new Request(`${url}?t=${token}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'forged' },
        body: new URLSearchParams(form).toString(),
      }),
    );
    expect(forged.status).toBe(403);
    expect(await s.ledger(id)).toEqual(before);
  });

  it('that a handset is off (30003) fail the message and leave the number alive for the next alert', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const id = await s.tell(words('53'));
    await s.hand(await s.twilio.deliver(s.twilio.sent[0]!.sid, 'undelivered', 30003));
    expect(await s.ledger(id)).toMatchObject([{ state: 'failed', errorCode: 'address_unreachable:30003' }]);
    expect(await addressState(s)).toBe('active');
    await s.tell(words('54'));
    expect(s.got(numberOf(1))).toHaveLength(2);
    const [, second] = s.twilio.sent;
    await s.hand(await s.twilio.deliver(second!.sid, 'undelivered', 30005));
    expect(await addressState(s)).toBe('unreachable');
    // and whoever writes to us is there again
    await s.text(numberOf(1), '1');
    expect(await addressState(s)).toBe('active');
    allWell(s);
  });

  it('of a first attempt do not fail the second', async () => {
    const s = await stage();
    await s.people(reader(1, 'ja'));
    const id = await s.tell(words('55'));
    const [row] = await s.ledger(id);
    const late: StatusReport = {
      kind: 'status',
      providerId: 'SM-of-the-first-attempt',
      token: row!.id,
      state: 'failed',
      error: { code: 'address_unreachable', reason: '30005' },
    };
    await settle(s.g, [late]);
    expect(await s.ledger(id)).toEqual([row]);
    await settle(s.g, [{ ...late, state: 'delivered' }]);
    expect(await s.ledger(id)).toMatchObject([{ state: 'delivered' }]);
  });

  it('keep a message from being sent again that was looked for in vain', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    s.twilio.fail('cut');
    const id = await s.planned(words('56'));
    await s.run(6_000);
    const [row] = await s.ledger(id);
    expect(row).toMatchObject({ state: 'sending' });
    await s.g.store.db.run(
      sql`update deliveries set state = 'pending', look_up_at = null, due_at = ${s.clock.now() + 500}`,
    );
    await settle(s.g, [{ kind: 'status', providerId: 'SM2', token: row!.id, state: 'sent' }]);
    await s.pass(20_000, 2_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', providerId: 'SM2', attempts: 1 }]);
    expect(s.twilio.sent).toEqual([]);
  });

  it('that the database cannot take are answered 5xx, and their neighbours of the same moment are kept', async () => {
    const s = await stage();
    await s.people(...['si', 'ar', 'th', 'ja', 'en'].map((language, i) => reader(i + 1, language)));
    const id = await s.tell(words('57'));
    const delivered = async () => {
      const requests = await Promise.all(s.twilio.sent.map(({ sid }) => s.twilio.deliver(sid, 'delivered')));
      return (await Promise.all(requests.map((request) => s.hand(request)))).map(({ status }) => status);
    };
    const states = async () => (await s.ledger(id)).map(({ state }) => state);
    // for one message, and then for all
    const [, second] = s.twilio.sent;
    await s.g.store.db.run(sql`create trigger bad_row before update on deliveries
      when new.provider_id = '${sql.raw(second!.sid)}' begin select raise(abort, 'bad row'); end`);
    expect(await delivered()).toEqual([200, 500, 200, 200, 200]);
    expect((await states()).filter((state) => state === 'delivered')).toHaveLength(4);
    await s.g.store.db.run(
      sql`create trigger bad_disk before update on deliveries begin select raise(abort, 'bad disk'); end`,
    );
    expect(await delivered()).toEqual([500, 500, 500, 500, 500]);
    await s.g.store.db.run(sql`drop trigger bad_row`);
    await s.g.store.db.run(sql`drop trigger bad_disk`);
    expect(await delivered()).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(await states())).toEqual(new Set(['delivered']));
  });

  it('of one moment do not wait for one that is forged or broken', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const id = await s.tell(words('58'));
    const [first, second] = await Promise.all(s.twilio.sent.map(({ sid }) => s.twilio.deliver(sid, 'delivered')));
    const headers = Object.fromEntries(first!.headers);
    const { url } = first!;
    const answers = await Promise.all([
      s.hand(first!.clone() as Request),
      s.hand(new Request(url, { method: 'POST', headers, body: 'MessageStatus=%E0%A4%A' })),
      s.hand(new Request(url, { method: 'POST', headers, body: 'MessageStatus=delivered' })),
      s.hand(new Request(url, { method: 'POST', headers, body: new Uint8Array([0xff, 0xfe]) })),
      s.hand(second!),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 403, 400, 200]);
    expect((await s.ledger(id)).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });
});

describe('an opt-out that Twilio tells', () => {
  const numbers = {
    addresses: [
      { channel: 'sms', value: numberOf(1) },
      { channel: 'sms', value: numberOf(2) },
      { channel: 'telegram', value: '4711' },
    ],
  };
  const standing = async (s: Stage) =>
    (await rows<{ state: string }>(s.g.store, sql`select state from addresses order by id`)).map(({ state }) => state);
  const hears = (s: Stage, mark: string) => [
    ...[1, 2].map((n) => s.got(numberOf(n)).some((text) => text.includes(mark))),
    s.telegram.sent.some(({ text }) => text.includes(mark)),
  ];

  it('with a receipt (21610) ends messages to that number only', async () => {
    const s = await stage();
    await s.people(reader(1, 'si', numbers));
    await s.tell(words('70'));
    const { sid } = s.twilio.sent.find(({ to }) => to === numberOf(1))!;
    await s.hand(await s.twilio.deliver(sid, 'undelivered', 21610));
    expect(await standing(s)).toEqual(['stopped', 'active', 'active']);
    // a message that was under way arrives all the same, and takes nothing back
    await s.hand(await s.twilio.deliver(sid, 'delivered'));
    expect(await standing(s)).toEqual(['stopped', 'active', 'active']);
    await s.tell(words('71'));
    await s.pass(2_000);
    expect(hears(s, '71')).toEqual([false, true, true]);
  });

  it('with a word that only Twilio knows (OptOutType) ends messages to that number, until it says START', async () => {
    const s = await stage();
    await s.people(reader(1, 'th', numbers));
    await s.tell(words('72'));
    const url = `${PUBLIC}/webhooks/twilio/messages`;
    const says = async (OptOutType: string, sid: string) => {
      const message = {
        MessageSid: `SM${sid.repeat(32)}`,
        From: numberOf(2),
        To: OUR_NUMBER,
        Body: 'xyzzy',
        OptOutType,
      };
      const AccountSid = 'AC00000000000000000000000000000001';
      const request = await s.twilio.signed(url, { AccountSid, ...message });
      expect((await s.hand(new Request(url, { method: 'POST', ...request }))).status).toBe(200);
      await s.pass(2_000);
    };
    await says('STOP', 'a');
    expect(await standing(s)).toEqual(['active', 'stopped', 'active']);
    await s.tell(words('73'));
    await s.pass(2_000);
    expect(hears(s, '73')).toEqual([true, false, true]);
    await says('START', 'b');
    expect(await standing(s)).toEqual(['active', 'active', 'active']);
    await s.tell(words('74'));
    await s.pass(2_000);
    expect(hears(s, '74')).toEqual([true, true, true]);
  });
});
