import { describe, expect, it } from 'vitest';
import { expireLeases } from '../../src/delivery/recover.ts';
import type { Task } from '../../src/gateway.ts';
import { perform, sweep } from '../../src/work.ts';
import { allWell, GREETING, numberOf, reader, type Stage, stage, words } from './stage.ts';

/** Drafts a cancel or an update, and has it approved by the other person. */
async function follow(s: Stage, id: string, how: 'cancel' | 'update', body: object = {}) {
  const draft = await s.call('POST', `/api/v1/alerts/${id}/${how}`, { key: s.keys.author, body });
  expect(draft.status, draft.text).toBe(201);
  const path = `/api/v1/alerts/${draft.json.id}/approve`;
  const approved = await s.call('POST', path, { key: s.keys.approver, body: { undoSeconds: 0 } });
  expect(approved.status, approved.text).toBe(200);
  return draft.json as { id: string; ref: string };
}
const chat = (n: number, language: string) => ({
  externalId: `t-${n}`,
  languages: [language],
  addresses: [{ channel: 'telegram', value: String(800 + n) }],
});

describe('a correction', () => {
  it('reaches exactly those who got, or may have got, the wrong text, in the same language, and halts the rest', async () => {
    const s = await stage({ SMS_RATE: '5' });
    const tags = ['si', 'ar', 'th'];
    await s.people(...Array.from({ length: 12 }, (_, n) => reader(n, tags[n % 3]!)), chat(1, 'ja'));
    s.twilio.errorFor(numberOf(0), 21614);
    // lost on the way, and nobody can say whether it was taken
    s.telegram.fail('accept_then_cut');
    const id = await s.planned(words('wrong'));
    await perform(s.g, { type: 'dispatch', sender: 'telegram' }, { dispatchMs: 60_000, most: 10 });
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 60_000, most: 6 });
    const first = s.twilio.sent.map((sms) => sms.to);
    expect(first.length).toBeGreaterThan(4);
    const right = await follow(s, id, 'update', { ...words('right'), expires: '2026-03-11T21:00:00+09:00' });
    await s.pass(20_000, 2_000);

    const corrected = s.twilio.sent.filter((sms) => sms.body.includes('right'));
    expect(corrected.map((sms) => sms.to).sort()).toEqual([...first].sort());
    for (const sms of corrected) {
      const former = s.twilio.sent.find((other) => other.to === sms.to && other.body.includes('wrong'))!;
      expect(sms.body.slice(0, 6)).toBe(former.body.slice(0, 6));
    }
    expect(s.telegram.sent.map((sent) => /wrong|right/.exec(sent.text)?.[0])).toEqual(['wrong', 'right']);
    expect(s.twilio.sent.filter((sms) => sms.body.includes('wrong'))).toHaveLength(first.length);
    const { deliveries, state } = await s.view(id);
    expect(state).toBe('replaced');
    const { failed = 0 } = deliveries;
    expect(deliveries).toMatchObject({ sent: first.length, cancelled: 6, indeterminate: 1 });
    expect(failed + first.length).toBe(6);
    expect(await s.view(right.id)).toMatchObject({ state: 'sent', deliveries: { sent: first.length + 1 } });
    allWell(s);
  });

  it('strikes out the Telegram message and takes the place of the push', async () => {
    const s = await stage();
    const subscription = await s.push.subscribe();
    await s.people(chat(1, 'ar'), {
      externalId: 'n',
      languages: ['si'],
      addresses: [{ channel: 'push', value: JSON.stringify(subscription) }],
    });
    const id = await s.tell(words('60'));
    s.clock.pass(10_000);
    const cancel = await follow(s, id, 'cancel');
    await s.pass(6_000, 2_000);
    const [former, latter] = s.telegram.sent;
    expect(former!.edited?.text).toContain('60');
    expect(former!.edited?.entities).toMatchObject([{ type: 'strikethrough' }]);
    expect(latter!.text).not.toContain('60');
    const [shown, ...more] = s.push.waiting(subscription.endpoint);
    expect(more).toEqual([]);
    expect(JSON.parse(shown!.payload).ref).toBe(cancel.ref);
    expect(s.push.received).toHaveLength(2);
    expect(await s.view(id)).toMatchObject({ state: 'cancelled' });
    expect(await s.view(cancel.id)).toMatchObject({ state: 'sent', deliveries: { sent: 2 } });
    allWell(s);
  });

  it('is given in a language that there is, when the former one is missing in it', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'), reader(2, 'si'));
    const id = await s.tell(words('61', ['th', 'si']));
    s.clock.pass(5_000);
    const update = await follow(s, id, 'update', { ...words('62', ['si']), expires: '2026-03-11T21:00:00+09:00' });
    await s.pass(6_000, 2_000);
    expect(await s.view(update.id)).toMatchObject({ deliveries: { sent: 2 }, byLanguage: { si: 2 } });
    expect(s.got(numberOf(1))).toHaveLength(2);
    allWell(s);
  });

  it('counts everybody who holds a phone that was told', async () => {
    const s = await stage();
    const phone = { addresses: [{ channel: 'sms', value: numberOf(1) }] };
    await s.people(
      reader(1, 'si', { ...phone, name: 'මාලා' }),
      reader(2, 'si', { ...phone, name: 'සුනිල්' }),
      reader(3, 'th', { ...phone, name: 'มาลี' }),
      reader(4, 'ar'),
    );
    const id = await s.tell(words('64'));
    // somebody who came to the phone later was never addressed
    await s.people(reader(5, 'ja', { ...phone, name: '花子' }));
    const draft = await s.call('POST', `/api/v1/alerts/${id}/cancel`, { key: s.keys.author, body: {} });
    const path = `/api/v1/alerts/${draft.json.id}/approve`;
    const wrong = await s.call('POST', path, { key: s.keys.approver, body: { expectedPeople: 2 } });
    expect(wrong.json).toMatchObject({ code: 'people_changed' });
    const approved = await s.call('POST', path, { key: s.keys.approver, body: { undoSeconds: 0, expectedPeople: 4 } });
    expect(approved.json).toMatchObject({ people: 4 });
    await s.pass(5_000);
    expect(s.got(numberOf(1))).toHaveLength(4);
    allWell(s);
  });

  it('does not let a message go out again that was refused while it was approved', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const down = { answer: { status: 503, body: { code: 20503, message: 'down', status: 503 } } };
    const id = await s.planned(words('63'));
    const { request } = s.wire;
    let asked = 0;
    s.wire.request = async (...args) => {
      // the first is taken; while the second is under way, the correction is approved
      if (++asked === 2) {
        s.wire.request = request;
        await follow(s, id, 'cancel');
        s.twilio.fail(down);
      }
      return request(...args);
    };
    await s.pass(60_000, 5_000);
    expect(s.twilio.sent.filter((sms) => sms.body.includes('63'))).toHaveLength(1);
    expect(await s.view(id)).toMatchObject({ state: 'cancelled', deliveries: { sent: 1, cancelled: 1 } });
    allWell(s);
  });
});

describe('a cascade', () => {
  const person = (more: object = {}) => ({
    externalId: 'c-1',
    languages: ['si'],
    addresses: [
      { channel: 'sms', value: numberOf(1) },
      { channel: 'telegram', value: '901' },
    ],
    ...more,
  });

  it('asks the next address at once when the first failed', async () => {
    const s = await stage();
    await s.people(person());
    s.twilio.errorFor(numberOf(1), 21614);
    const id = await s.alert({ ...words('70'), plan: 'cascade' });
    await s.pass(4_000);
    expect(await s.ledger(id)).toMatchObject([
      { channel: 'sms', step: 0, state: 'failed' },
      { channel: 'telegram', step: 1, state: 'sent' },
    ]);
    allWell(s);
  });

  it('asks it after half an hour without a word, and not when somebody answered', async () => {
    const s = await stage();
    await s.people(
      person(),
      person({
        externalId: 'c-2',
        addresses: [
          { channel: 'sms', value: numberOf(2) },
          { channel: 'telegram', value: '902' },
        ],
      }),
    );
    const id = await s.alert({ ...words('71'), plan: 'cascade' });
    await s.pass(2_000);
    await s.text(numberOf(2), '1');
    await s.pass(29 * 60_000, 10 * 60_000);
    expect(s.telegram.sent).toEqual([]);
    await s.pass(3 * 60_000, 60_000);
    expect(s.telegram.sent.map((sent) => sent.chatId)).toEqual([901]);
    expect(await s.ledger(id)).toHaveLength(3);
    allWell(s);
  });

  it('goes on for each of those who share a dead phone', async () => {
    const s = await stage();
    const shared = (n: number) =>
      person({
        externalId: `c-${n}`,
        name: `නම ${n}`,
        addresses: [
          { channel: 'sms', value: numberOf(1) },
          { channel: 'telegram', value: String(900 + n) },
        ],
      });
    await s.people(shared(1), shared(2));
    s.twilio.errorFor(numberOf(1), 21614);
    await s.alert({ ...words('72'), plan: 'cascade' });
    await s.pass(4_000);
    expect(s.telegram.sent.map((sent) => sent.chatId).sort()).toEqual([901, 902]);
    expect(await s.board()).toMatchObject({ registered: 2, noAnswer: 2 });
    allWell(s);
  });

  it('goes on at once without Cron, after an answer and after a receipt that says no', async () => {
    const s = await stage();
    await s.people(
      person(),
      person({
        externalId: 'c-2',
        addresses: [
          { channel: 'sms', value: numberOf(2) },
          { channel: 'telegram', value: '902' },
        ],
      }),
    );
    s.twilio.errorFor(numberOf(1), 21614);
    await s.alert({ ...words('74'), plan: 'cascade' });
    await s.run(3_000);
    expect(s.telegram.sent.map((sent) => sent.chatId)).toEqual([901]);
    await s.hand(await s.twilio.deliver(s.twilio.sent[0]!.sid, 'undelivered', 30005));
    await s.run(3_000);
    expect(s.telegram.sent.map((sent) => sent.chatId)).toEqual([901, 902]);
    allWell(s);
  });

  it('stops on delivery: nobody is asked twice who has got it', async () => {
    const s = await stage();
    await s.people(person());
    const id = await s.alert({ ...words('75'), plan: 'cascade' });
    await s.pass(2_000);
    await s.hand(await s.twilio.deliver(s.twilio.sent[0]!.sid, 'delivered'));
    await s.pass(60 * 60_000, 10 * 60_000);
    expect(s.telegram.sent).toEqual([]);
    expect(await s.ledger(id)).toMatchObject([{ channel: 'sms', state: 'delivered' }]);
  });

  it('keeps its timers in the ledger: another process takes the next step', async () => {
    const s = await stage();
    await s.people(person());
    await s.alert({ ...words('76'), plan: 'cascade' });
    await s.run(2_000);
    expect(s.got(numberOf(1))).toHaveLength(1);
    s.clock.pass(31 * 60_000);
    const woken: string[] = [];
    const reborn = { ...s.g, outbox: { wake: async (task: Task) => void woken.push(JSON.stringify(task)) } };
    await expireLeases(reborn, true);
    await sweep(reborn);
    expect(woken).toContain('{"type":"dispatch","sender":"telegram"}');
    await perform(reborn, { type: 'dispatch', sender: 'telegram' }, { dispatchMs: 60_000, most: 10 });
    expect(s.telegram.sent.map((sent) => sent.chatId)).toEqual([901]);
    expect(s.got(numberOf(1))).toHaveLength(1);
  });

  it('can be stopped while steps are to come, and says how many went', async () => {
    const s = await stage();
    await s.people(person());
    const id = await s.alert({ ...words('77'), plan: 'cascade' });
    await s.pass(2_000);
    expect(await s.view(id)).toMatchObject({ state: 'sent' });
    const stopped = await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.author });
    expect(stopped.json).toMatchObject({ state: 'stopped', alreadySent: 1, halted: 0 });
    await s.pass(60 * 60_000, 10 * 60_000);
    expect(s.telegram.sent).toEqual([]);
    const again = await s.call('POST', `/api/v1/alerts/${id}/stop`, { key: s.keys.author });
    expect(again.status).toBe(409);
    const parallel = await s.tell(words('78'));
    expect((await s.call('POST', `/api/v1/alerts/${parallel}/stop`, { key: s.keys.author })).status).toBe(409);
  });

  it('tells in English where the networks carry no such script, and in the own language elsewhere', async () => {
    const s = await stage();
    const seoul = '+821012345678';
    await s.people(
      person({
        addresses: [
          { channel: 'telegram', value: '903' },
          { channel: 'sms', value: seoul },
        ],
      }),
      person({
        externalId: 'c-2',
        addresses: [
          { channel: 'sms', value: '+821012345679' },
          { channel: 'telegram', value: '904' },
        ],
      }),
    );
    s.telegram.fail({
      answer: {
        status: 403,
        body: { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' },
      },
    });
    s.twilio.errorFor('+821012345679', 21614);
    const id = await s.alert({ ...words('79'), plan: 'cascade' });
    await s.pass(6_000);
    const ledger = (await s.ledger(id)) as unknown as Record<string, unknown>[];
    expect(
      ledger.map(({ channel, step, language, languageReason }) => [channel, step, language, languageReason]).sort(),
    ).toEqual([
      ['sms', 0, 'en', 'charset'],
      ['sms', 1, 'en', 'charset'],
      ['telegram', 0, 'si', 'own'],
      ['telegram', 1, 'si', 'own'],
    ]);
    expect(s.got(seoul)).toEqual([expect.stringContaining(GREETING.en!)]);
    expect(s.telegram.sent.map((sent) => sent.text)).toEqual([expect.stringContaining(GREETING.si!)]);
    allWell(s);
  });

  it('ends with a cancel', async () => {
    const s = await stage();
    await s.people(person());
    const id = await s.alert({ ...words('73'), plan: 'cascade' });
    await s.pass(2_000);
    await follow(s, id, 'cancel');
    await s.pass(40 * 60_000, 10 * 60_000);
    expect(s.telegram.sent).toEqual([]);
    expect(s.got(numberOf(1))).toHaveLength(2);
  });
});
