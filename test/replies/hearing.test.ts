import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { replies } from '../../src/db/schema.ts';
import { rows } from '../../src/db/store.ts';
import { allWell, numberOf, OUR_NUMBER, PUBLIC, reader, type Stage, stage, words } from '../delivery/stage.ts';

const WEBHOOK = `${PUBLIC}/webhooks/twilio/messages`;
const stored = (s: Stage) => s.g.store.db.select().from(replies);
const meanings = async (s: Stage) => (await stored(s)).map((row) => row.meaning);
const casesOf = async (s: Stage) => (await s.call('GET', '/api/v1/cases', { key: s.keys.caseworker })).json.items;
const said = async (s: Stage, tag: string, key: string, values = {}) =>
  (await s.g.catalog.reply(tag, key, values)).text;
const stateOf = async (s: Stage, n: number) => {
  const index = await (await s.g.vault.keys('lk-tokyo')).index('address', numberOf(n));
  const [row] = await rows<{ state: string }>(s.g.store, sql`select state from addresses where value_index = ${index}`);
  return row!.state;
};
const chat = (n: number, language: string, more: object = {}) => ({
  externalId: `t-${n}`,
  languages: [language],
  addresses: [{ channel: 'telegram', value: String(800 + n) }],
  ...more,
});

describe('an SMS from somebody', () => {
  it('is stored, understood, counted, and answered in their language', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'), reader(3, 'th'));
    await s.tell(words('80', ['si', 'ar']));
    s.twilio.sent.length = 0;
    expect(await s.text(numberOf(1), '1')).toBe(200);
    expect(await s.text(numberOf(2), 'أنا بخير')).toBe(200);
    expect(await s.text(numberOf(3), '1')).toBe(200);
    await s.work();
    expect(s.got(numberOf(1))).toEqual([await said(s, 'si', 'ack_safe')]);
    expect(s.got(numberOf(2))).toEqual([await said(s, 'ar', 'ack_safe')]);
    // told in a fallback, answered in her own
    expect(s.got(numberOf(3))).toEqual([await said(s, 'th', 'ack_safe')]);
    expect(await s.board()).toMatchObject({ registered: 3, safe: 3, noAnswer: 0 });
    allWell(s);
  });

  it('that is a cry for help opens one case, is always acknowledged, and stays a case after "safe"', async () => {
    const s = await stage();
    await s.people(reader(1, 'si', { area: undefined, country: 'LB' }));
    await s.tell(words('81'));
    s.twilio.sent.length = 0;
    await s.text(numberOf(1), '1');
    await s.text(numberOf(1), '2');
    await s.text(numberOf(1), 'උදව් ඕනේ');
    await s.text(numberOf(1), '1');
    await s.work();
    const open = await casesOf(s);
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ state: 'open', saysSafe: true });
    const [first, second, ...more] = s.got(numberOf(1));
    expect(first).toBe(await said(s, 'si', 'ack_safe'));
    // within the 15 seconds, and said all the same; the number is of where she is, not of her phone's country
    expect(second).toContain(open[0].number);
    expect(second).toContain('140');
    // what kind of help is asked once
    expect(more).toEqual([await said(s, 'si', 'ask_help_kind')]);
    expect(await s.board()).toMatchObject({ help: 1, safe: 0, openCases: 1, saysSafe: 1 });
    allWell(s);
  });

  it('is answered six times a day at most, and a fresh cry for help beyond that', async () => {
    const s = await stage();
    await s.people(reader(1, 'ar'));
    await s.tell(words('82'));
    s.twilio.sent.length = 0;
    for (let i = 0; i < 9; i++) {
      await s.text(numberOf(1), '1');
      await s.pass(20_000, 20_000);
    }
    expect(s.twilio.sent).toHaveLength(6);
    await s.text(numberOf(1), '2');
    await s.work();
    expect(s.twilio.sent).toHaveLength(8);
    expect(s.got(numberOf(1)).at(-1)).toBe(await said(s, 'ar', 'ask_help_kind'));
  });

  it('that comes twice with the same id changes and answers nothing the second time', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'));
    await s.tell(words('83'));
    s.twilio.sent.length = 0;
    const sid = `SM${'a'.repeat(32)}`;
    for (let i = 0; i < 3; i++) {
      expect(await s.text(numberOf(1), '2', sid)).toBe(200);
      await s.pass(20_000, 20_000);
    }
    expect(await stored(s)).toHaveLength(1);
    // acknowledged, and asked what kind of help
    expect(s.twilio.sent).toHaveLength(2);
    expect(await casesOf(s)).toHaveLength(1);
    const history = await rows(s.g.store, sql`select 1 from check_in_history`);
    expect(history).toHaveLength(1);
  });

  it('that Twilio did not sign, or was changed on the way, is refused and has no effect', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    await s.tell(words('84'));
    const good = await s.twilio.incoming(WEBHOOK, numberOf(1), OUR_NUMBER, '1');
    const body = await good.clone().text();
    const headers = Object.fromEntries(good.headers);
    const forged = [
      new Request(WEBHOOK, { method: 'POST', headers, body: body.replace('Body=1', 'Body=2') }),
      new Request(WEBHOOK, { method: 'POST', headers: { ...headers, 'x-twilio-signature': 'AAAA' }, body }),
      new Request(WEBHOOK, { method: 'POST', headers: { 'content-type': headers['content-type']! }, body }),
    ];
    for (const request of forged) expect([401, 403]).toContain((await s.hand(request)).status);
    expect(await stored(s)).toEqual([]);
    expect(await s.board()).toMatchObject({ noAnswer: 1, help: 0 });
  });

  it('with STOP ends messages to that number only, and START begins them again', async () => {
    const s = await stage();
    const two = {
      addresses: [
        { channel: 'sms', value: numberOf(1) },
        { channel: 'telegram', value: '850' },
      ],
    };
    await s.people(reader(1, 'si', two));
    await s.tell(words('85'));
    await s.text(numberOf(1), 'STOP');
    expect(await stateOf(s, 1)).toBe('stopped');
    const next = await s.tell(words('86'));
    await s.pass(2_000);
    expect(await s.view(next)).toMatchObject({ deliveries: { suppressed: 1, sent: 1 } });
    expect(s.got(numberOf(1)).join()).not.toContain('86');
    expect(s.telegram.sent.at(-1)?.text).toContain('86');
    // one of two ways is stopped: the person has not left
    expect(await s.board()).toMatchObject({ optedOut: 0, noAnswer: 1 });
    await s.text(numberOf(1), 'START');
    expect(await stateOf(s, 1)).toBe('active');
    // Twilio itself answers STOP; a help call from a stopped number is heard
    await s.text(numberOf(1), 'STOP');
    await s.text(numberOf(1), '2');
    expect(await casesOf(s)).toHaveLength(1);
  });

  it('from a number that nobody registered gets help without registration', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    await s.tell(words('87'));
    s.twilio.sent.length = 0;
    await s.text('+819012345678', 'hello?');
    await s.text('+819012345679', '2');
    await s.text('+819012345670', 'JOIN');
    await s.work();
    expect(s.got('+819012345678')).toEqual([await said(s, 'si', 'not_registered')]);
    const [open] = await casesOf(s);
    expect(open).toMatchObject({ personId: null, state: 'open' });
    expect(s.got('+819012345679')[0]).toContain(open.number);
    expect(await s.board()).toMatchObject({ registered: 1, noAnswer: 1 });
    allWell(s);
  });

  it('that stopped a process is understood by the next sweep, once, and holds up no other', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    await s.tell(words('88'));
    const { read } = s.g.assets;
    s.g.assets.read = () => Promise.reject(new Error('power cut'));
    await s.text(numberOf(1), '2');
    await s.text(numberOf(2), '1');
    s.g.assets.read = read;
    // what was half done is done whole, and not twice
    await s.pass(40_000, 5_000);
    expect(await meanings(s)).toEqual(['help', 'safe']);
    expect(await s.board()).toMatchObject({ help: 1, safe: 1 });
    expect(await casesOf(s)).toHaveLength(1);
  });

  it('that nothing can read is left to a person after ten minutes', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    await s.tell(words('89'));
    await s.text(numberOf(1), '1');
    await s.g.store.db.run(sql`update replies set understood_at = null, meaning = null, text_sealed = 'broken'`);
    await s.text(numberOf(2), '2');
    await s.pass(11 * 60_000, 60_000);
    expect(await meanings(s)).toEqual(['unclear', 'help']);
  });
});

describe('a phone that several share', () => {
  const family = (s: Stage) =>
    s.people(
      ...['මාලා', 'සුනිල්', 'කමල්'].map((name, n) =>
        reader(n, 'si', { name, addresses: [{ channel: 'sms', value: numberOf(1) }] }),
      ),
    );

  it('marks nobody safe by a bare 1, and all of them by a count of at least all', async () => {
    const s = await stage();
    await family(s);
    await s.tell(words('90'));
    s.twilio.sent.length = 0;
    await s.text(numberOf(1), '1');
    await s.work();
    expect(await s.board()).toMatchObject({ registered: 3, safe: 0, noAnswer: 3 });
    expect(s.got(numberOf(1))).toEqual([await said(s, 'si', 'ask_count')]);
    await s.text(numberOf(1), '1 2');
    expect(await s.board()).toMatchObject({ safe: 0 });
    await s.text(numberOf(1), '1 3');
    expect(await meanings(s)).toEqual(['safe', 'unclear', 'safe']);
  });

  it('is safe, claimed, by a count of at least all of them', async () => {
    const s = await stage();
    await family(s);
    await s.tell(words('98'));
    await s.text(numberOf(1), '1 3');
    expect(await s.board()).toMatchObject({ registered: 3, safe: 3 });
    const path = `/api/v1/incidents/${s.incident}/check-ins`;
    const { items } = (await s.call('GET', path, { key: s.keys.caseworker })).json;
    expect(items.map((item: { source: string }) => item.source)).toEqual(['family', 'family', 'family']);
  });

  it('leaves "unclear" when a person has read the last of its messages, and says what they mean', async () => {
    const s = await stage();
    await family(s);
    await s.tell(words('99'));
    await s.text(numberOf(1), '1 2');
    await s.text(numberOf(1), '8');
    expect(await s.board()).toMatchObject({ unclear: 3 });
    const { items } = (await s.call('GET', '/api/v1/replies?unread=true', { key: s.keys.caseworker })).json;
    expect(items).toHaveLength(2);
    for (const [i, item] of items.entries()) {
      const path = `/api/v1/replies/${item.id}/read`;
      expect((await s.call('POST', path, { key: s.keys.caseworker, body: { meaning: 'safe' } })).status).toBe(200);
      expect(await s.board()).toMatchObject(i === 0 ? { unclear: 3 } : { safe: 3 });
    }
  });

  it('is safe again when an officer closes its case as helped', async () => {
    const s = await stage();
    await family(s);
    await s.tell(words('00'));
    await s.text(numberOf(1), '2');
    const [open] = await casesOf(s);
    const path = `/api/v1/cases/${open.id}/close`;
    await s.call('POST', path, { key: s.keys.caseworker, body: { reason: 'helped' } });
    expect(await s.board()).toMatchObject({ help: 0, safe: 3, openCases: 0 });
  });

  it('opens one case by 2, however often', async () => {
    const s = await stage();
    await family(s);
    await s.tell(words('91'));
    await s.text(numberOf(1), '2');
    await s.text(numberOf(1), '2');
    expect(await casesOf(s)).toHaveLength(1);
    expect(await s.board()).toMatchObject({ registered: 3, help: 3, openCases: 1 });
  });
});

describe('Telegram', () => {
  it('is heard by text, by button, by start and by place', async () => {
    const s = await stage();
    await s.people(chat(1, 'si'), chat(2, 'ar'), chat(3, 'th'));
    const id = await s.tell(words('92'));
    const { ref } = (await s.call('GET', `/api/v1/alerts/${id}`, { key: s.keys.viewer })).json;
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    const hand = async (request: Request) => expect((await s.hand(request)).status).toBe(200);
    await hand(update.press(801, `1 ${ref}`));
    await hand(update.press(802, `2 ${ref}`));
    await hand(update.text(803, 'ช่วยด้วย'));
    await hand(update.location(801, { latitude: 38.2682, longitude: 140.8694 }));
    await hand(update.start(999, undefined, { language: 'ar' }));
    expect(await meanings(s)).toEqual(['safe', 'help', expect.stringMatching(/help|unclear/), 'unclear', 'start']);
    expect(s.telegram.acknowledged).toHaveLength(2);
    const board = await s.board();
    expect(board).toMatchObject({ registered: 3, safe: 1 });
    expect(board.help! + board.unclear!).toBe(2);
    const people = (await s.call('GET', '/api/v1/people', { key: s.keys.registrar })).json.items;
    expect(people.at(-1)).toMatchObject({ profile: 'anonymous', languages: ['ar'] });
    expect(people[0]).toMatchObject({ latitude: 38.27, longitude: 140.87 });
    await s.pass(20_000, 5_000);
    expect(s.telegram.throttled).toBe(0);
    allWell(s);
  });

  it('with a wrong secret is refused, and a repeated update changes nothing', async () => {
    const s = await stage();
    await s.people(chat(1, 'ar'));
    await s.tell(words('93'));
    const forged = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'guessed').text(801, '2');
    expect([401, 403]).toContain((await s.hand(forged)).status);
    expect(await stored(s)).toEqual([]);
    const request = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret').text(801, '2');
    const again = request.clone();
    expect((await s.hand(request)).status).toBe(200);
    expect((await s.hand(again)).status).toBe(200);
    expect(await stored(s)).toHaveLength(1);
    expect(await casesOf(s)).toHaveLength(1);
  });

  it('that blocks us stops that chat, and nothing else of the person', async () => {
    const s = await stage();
    const two = [
      { channel: 'telegram', value: '801' },
      { channel: 'sms', value: numberOf(1) },
    ];
    await s.people(chat(1, 'si', { addresses: two }));
    await s.tell(words('94'));
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    await s.hand(update.blocked(801));
    const id = await s.tell(words('95'));
    expect(await s.ledger(id)).toMatchObject([
      { channel: 'telegram', state: 'suppressed', errorCode: 'address_stopped' },
      { channel: 'sms', state: 'sent' },
    ]);
  });

  it('joins the alert that came by SMS, when somebody answers there', async () => {
    const s = await stage();
    const two = [
      { channel: 'sms', value: numberOf(1) },
      { channel: 'telegram', value: '801' },
    ];
    await s.people(chat(1, 'si', { addresses: two }));
    await s.tell({ ...words('96'), channels: ['sms'] });
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    await s.hand(update.text(801, '1'));
    expect(await s.board()).toMatchObject({ safe: 1, noAnswer: 0 });
  });

  it('gives somebody who must not be seen an answer that says nothing', async () => {
    const s = await stage();
    await s.people(chat(1, 'si', { profile: 'discreet' }));
    await s.tell(words('97'));
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    for (const text of ['1', 'මොකක්ද මේ', '2']) {
      await s.hand(update.text(801, text));
      await s.pass(20_000, 20_000);
    }
    const plain = [await said(s, 'si', 'ack_safe_discreet'), await said(s, 'si', 'ack_help_discreet')];
    for (const sent of s.telegram.sent.slice(1)) expect(plain).toContain(sent.text);
    expect(s.telegram.sent).toHaveLength(4);
  });
});
