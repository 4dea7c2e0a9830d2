import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { addresses, cases, dialogues, replies } from '../../src/db/schema.ts';
import { numberOf, PUBLIC, reader, type Stage, stage, words } from '../delivery/stage.ts';

const STRANGER = '+819012345678';
const MINUTE = 60_000;

const casesOf = async (s: Stage) => (await s.call('GET', '/api/v1/cases', { key: s.keys.caseworker })).json.items;
const peopleOf = async (s: Stage) => (await s.call('GET', '/api/v1/people', { key: s.keys.registrar })).json.items;
const said = async (s: Stage, tag: string, key: string, values = {}) =>
  (await s.g.catalog.reply(tag, key, values)).text;
const meanings = async (s: Stage) => (await s.g.store.db.select().from(replies)).map((row) => row.meaning);

/** Writes, and returns what was answered. */
async function ask(s: Stage, from: string, text: string): Promise<string[]> {
  const before = s.got(from).length;
  expect(await s.text(from, text)).toBe(200);
  await s.work();
  const answers = s.got(from).slice(before);
  await s.pass(20_000, 20_000);
  return answers;
}

const quoted = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** The answers are the texts of these keys in this language, whatever their values. */
async function expectKeys(s: Stage, tag: string, answers: string[], keys: string[]): Promise<void> {
  const { replies: texts } = (await s.g.assets.read(`locales/${tag}/replies.json`)) as {
    replies: Record<string, string>;
  };
  const shapes = keys.map((key) => [
    key,
    new RegExp(
      `^${texts[key]!.split(/\{\{\w+\}\}/)
        .map(quoted)
        .join('.*')}$`,
      'u',
    ),
  ]) as [string, RegExp][];
  expect(answers.map((answer, i) => (shapes[i]?.[1].test(answer) ? shapes[i][0] : answer))).toEqual(keys);
}

describe('somebody registers by SMS', () => {
  const stories = [
    { tag: 'si', start: 'ලියාපදිංචි කරන්න', language: '71', place: 'ජපානය ටෝකියෝ', nation: '7', area: 'JP-13', no: '8' },
    { tag: 'ar', start: 'سجلني', language: 'العربية', place: 'لبنان بيروت', nation: 'سوريا', area: 'LB-BA', no: 'لا' },
    { tag: 'th', start: 'สมัคร', language: 'ไทย', place: 'ญี่ปุ่น โตเกียว', nation: 'ไทย', area: 'JP-13', no: 'ไม่' },
    { tag: 'ja', start: '登録', language: '日本語', place: '日本 宮城', nation: '日本', area: 'JP-04', no: 'いいえ' },
    {
      tag: 'en',
      start: 'register',
      language: 'English',
      place: 'I am in Tokyo',
      nation: 'Sri Lanka',
      area: 'JP-13',
      no: '8',
    },
  ];
  for (const { tag, start, language, place, nation, area, no } of stories)
    it(`in five answers, in their own words: ${tag}`, async () => {
      const s = await stage();
      await expectKeys(s, tag, await ask(s, STRANGER, start), ['reg_0_hello']);
      await expectKeys(s, tag, await ask(s, STRANGER, '7'), ['reg_1_lang']);
      await expectKeys(s, tag, await ask(s, STRANGER, language), ['reg_2_place']);
      await expectKeys(s, tag, await ask(s, STRANGER, place), ['reg_3_nat']);
      await expectKeys(s, tag, await ask(s, STRANGER, nation), ['reg_5_private']);
      await expectKeys(s, tag, await ask(s, STRANGER, no), ['reg_done', 'practice']);
      const [person] = await peopleOf(s);
      expect(person).toMatchObject({ languages: [tag], area, basis: 'consent', profile: 'normal' });
      expect(person.nationalities).toHaveLength(1);
      expect(person.addresses).toMatchObject([{ channel: 'sms', value: STRANGER }]);
      // nobody need read any of it
      expect(await meanings(s)).toEqual(['start', ...Array(5).fill('dialogue')]);
      await expectKeys(s, tag, await ask(s, STRANGER, '1'), ['practice_done']);
      await expectKeys(s, tag, await ask(s, STRANGER, '1'), ['ack_safe']);
      expect(await s.g.store.db.$count(dialogues)).toBe(0);
    });

  it('after they were told how, skipping every question with 0', async () => {
    const s = await stage();
    await expectKeys(s, 'si', await ask(s, STRANGER, 'ආයුබෝවන්'), ['not_registered']);
    for (const text of ['JOIN', '7', '0', '0', '0']) await ask(s, STRANGER, text);
    await expectKeys(s, 'si', await ask(s, STRANGER, '0'), ['reg_done', 'practice']);
    expect(await peopleOf(s)).toMatchObject([{ languages: ['si'], country: null, nationalities: [] }]);
  });

  it('with somebody reading along, and from then on learns nothing by it', async () => {
    const s = await stage();
    for (const text of ['அரம்பம் START', 'START', '7', '72', 'ஜப்பான்', '7']) await ask(s, STRANGER, text);
    await expectKeys(s, 'ta', await ask(s, STRANGER, '7'), ['ack_safe_discreet']);
    expect(await peopleOf(s)).toMatchObject([{ languages: ['ta'], profile: 'discreet', nationalities: ['LK'] }]);
    for (const text of ['DATA', 'DELETE', 'EDIT', 'MOVE'])
      await expectKeys(s, 'ta', await ask(s, STRANGER, text), ['ack_help_discreet']);
  });

  it('and takes it up again within a day, where it stood', async () => {
    const s = await stage();
    for (const text of ['登録', '7', '日本語']) await ask(s, STRANGER, text);
    await s.pass(20 * 60 * MINUTE, 10 * 60 * MINUTE);
    await expectKeys(s, 'ja', await ask(s, STRANGER, '登録'), ['reg_2_place']);
    await expectKeys(s, 'ja', await ask(s, STRANGER, '宮城'), ['reg_3_nat']);
    await s.pass(25 * 60 * MINUTE, 5 * 60 * MINUTE);
    expect(await s.g.store.db.$count(dialogues)).toBe(0);
    await expectKeys(s, 'ja', await ask(s, STRANGER, '登録'), ['reg_0_hello']);
  });

  it('is asked back for a place that is not sure, by numbers that mean nothing else', async () => {
    const s = await stage();
    for (const text of ['JOIN', '7', '71']) await ask(s, STRANGER, text);
    const asked = await ask(s, STRANGER, 'Tokio');
    await expectKeys(s, 'si', asked, ['reg_2b_place']);
    await expectKeys(s, 'si', await ask(s, STRANGER, 'නැහැ'), ['reg_2_place']);
    await expectKeys(s, 'si', await ask(s, STRANGER, 'Tokio'), ['reg_2b_place']);
    await expectKeys(s, 'si', await ask(s, STRANGER, 'ඔව්'), ['reg_3_nat']);
  });

  it('and what nobody understands is put again twice, and is left to a person', async () => {
    const s = await stage();
    for (const text of ['JOIN', '7', '71']) await ask(s, STRANGER, text);
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push(...(await ask(s, STRANGER, 'කොළ පාට ගෙදර')));
    const question = await said(s, 'si', 'reg_2_place');
    expect(answers.filter((text) => text === question)).toHaveLength(2);
    expect((await meanings(s)).slice(3)).toEqual(Array(4).fill('unclear'));
  });
});

describe('a cry for help in the middle of a dialogue', () => {
  for (const [tag, cry] of [
    ['si', 'උදව් කරන්න'],
    ['ar', 'ساعدوني'],
    ['th', 'ช่วยด้วย'],
    ['ja', '助けて'],
    ['en', 'help'],
  ] as const)
    it(`opens a case at once, and the registration waits: ${tag}`, async () => {
      const s = await stage();
      for (const text of ['JOIN', '7', '71']) await ask(s, STRANGER, text);
      const [first, ...more] = await ask(s, STRANGER, cry);
      const [open] = await casesOf(s);
      expect(open).toMatchObject({ state: 'open', personId: null });
      expect(first).toContain(open.number);
      expect(more).toEqual([await said(s, 'si', 'ask_help_kind')]);
      // each thing once: what, where; then the registration goes on
      await expectKeys(s, 'si', await ask(s, STRANGER, '4'), ['ask_where']);
      expect((await casesOf(s))[0]).toMatchObject({ priority: 'P1', need: 'danger' });
      await expectKeys(s, 'si', await ask(s, STRANGER, 'ටෝකියෝ'), ['ack_where']);
      const read = (await s.call('GET', `/api/v1/cases/${open.id}`, { key: s.keys.caseworker })).json;
      expect(read.notes).toMatchObject([{ operator: 'self', text: 'Tokyo, Japan' }]);
      await expectKeys(s, 'si', await ask(s, STRANGER, 'JOIN'), ['reg_2_place']);
      expect(await casesOf(s)).toHaveLength(1);
    });

  it('of several asks how many they are, once', async () => {
    const s = await stage();
    await s.people(reader(1, 'ar', { country: 'LB', area: undefined }));
    const cry = await ask(s, numberOf(1), 'نحن بحاجة إلى مساعدة');
    expect(cry).toHaveLength(2);
    await expectKeys(s, 'ar', cry.slice(1), ['ask_help_kind']);
    await expectKeys(s, 'ar', await ask(s, numberOf(1), '5'), ['ask_count']);
    await expectKeys(s, 'ar', await ask(s, numberOf(1), '٧'), ['menu_unclear_2']);
    const [open] = await casesOf(s);
    const read = (await s.call('GET', `/api/v1/cases/${open.id}`, { key: s.keys.caseworker })).json;
    expect(read.notes).toMatchObject([{ text: 'people: 7' }]);
  });

  it('STOP ends it, and a later 7 says nothing', async () => {
    const s = await stage();
    for (const text of ['JOIN', '7']) await ask(s, STRANGER, text);
    await ask(s, STRANGER, 'STOP');
    expect(await s.g.store.db.$count(dialogues)).toBe(0);
    await ask(s, STRANGER, '7');
    expect((await meanings(s)).at(-1)).toBe('unclear');
  });
});

describe('somebody who is registered', () => {
  const kumaran = (s: Stage, more: object = {}) => s.people(reader(1, 'ta', { name: 'குமரன்', ...more }));

  it('sees what is held, and changes language and place', async () => {
    const s = await stage();
    await kumaran(s);
    const [held] = await ask(s, numberOf(1), 'DATA');
    for (const part of ['குமரன்', numberOf(1), 'தமிழ்', 'மியாகி']) expect(held).toContain(part);
    await expectKeys(s, 'si', await ask(s, numberOf(1), 'සිංහල'), ['start_done']);
    await expectKeys(s, 'ta', await ask(s, numberOf(1), '72'), ['start_done']);
    await expectKeys(s, 'ta', await ask(s, numberOf(1), 'LANG'), ['reg_1_lang']);
    await expectKeys(s, 'en', await ask(s, numberOf(1), 'English'), ['start_done']);
    await expectKeys(s, 'en', await ask(s, numberOf(1), 'MOVE'), ['reg_2_place']);
    await expectKeys(s, 'en', await ask(s, numberOf(1), 'Beirut'), ['start_done']);
    await expectKeys(s, 'en', await ask(s, numberOf(1), 'EDIT'), ['reg_1_lang']);
    await expectKeys(s, 'ta', await ask(s, numberOf(1), 'தமிழ்'), ['reg_2_place']);
    await expectKeys(s, 'ta', await ask(s, numberOf(1), '0'), ['data_export']);
    expect(await peopleOf(s)).toMatchObject([{ languages: ['ta', 'en', 'si'], country: 'LB', area: 'LB-BA' }]);
  });

  it('names a country that is called like a language, and keeps their language', async () => {
    const s = await stage();
    await kumaran(s);
    for (const text of ['Indonesia', 'ไทย', 'check my house', 'move me out', 'delete this?'])
      await ask(s, numberOf(1), text);
    expect(await peopleOf(s)).toMatchObject([{ languages: ['ta'], area: 'JP-04' }]);
    expect(await s.g.store.db.$count(dialogues)).toBe(0);
  });

  it('is erased after saying so twice, and then their number is forgotten too', async () => {
    const s = await stage();
    await kumaran(s);
    const [asked] = await ask(s, numberOf(1), 'DELETE');
    const code = /DELETE (\w{4})/.exec(asked!)![1]!;
    await ask(s, numberOf(1), 'DELETE AAAA');
    expect(await peopleOf(s)).toHaveLength(1);
    const [again] = await ask(s, numberOf(1), 'delete');
    expect(await ask(s, numberOf(1), `delete ${/DELETE (\w{4})/.exec(again!)![1]}`)).toEqual([
      await said(s, 'ta', 'delete_done'),
    ]);
    expect(code).toHaveLength(4);
    expect(await peopleOf(s)).toEqual([]);
    await s.pass(15 * MINUTE, 5 * MINUTE);
    expect(await s.g.store.db.$count(addresses)).toBe(0);
    expect(await s.g.store.db.$count(replies)).toBe(0);
    expect(await s.g.store.db.$count(dialogues)).toBe(0);
  });

  it('is heard after an erasure: a cry for help is somebody’s', async () => {
    const s = await stage();
    await kumaran(s);
    const [asked] = await ask(s, numberOf(1), 'DELETE');
    await ask(s, numberOf(1), /DELETE \w{4}/.exec(asked!)![0]);
    await ask(s, numberOf(1), '2');
    await s.pass(15 * MINUTE, 5 * MINUTE);
    expect(await casesOf(s)).toMatchObject([{ state: 'open', personId: null }]);
  });

  it('says GO or STAY: it stands beside how they are, and promises nothing', async () => {
    const s = await stage();
    await kumaran(s);
    await s.tell(words('70'));
    const movement = async () => {
      const path = `/api/v1/incidents/${s.incident}/check-ins`;
      return (await s.call('GET', path, { key: s.keys.caseworker })).json.items[0];
    };
    await expectKeys(s, 'ta', await ask(s, numberOf(1), 'GO'), ['go_ack']);
    expect(await movement()).toMatchObject({ movement: 'asks_to_leave', meaning: null });
    await expectKeys(s, 'ta', await ask(s, numberOf(1), 'stay'), ['stay_ack']);
    expect(await movement()).toMatchObject({ movement: 'staying', meaning: null });
    expect(await s.board()).toMatchObject({ noAnswer: 1, safe: 0 });
  });

  it('asks whether a message is ours', async () => {
    const s = await stage();
    await kumaran(s);
    const id = await s.tell(words('71'));
    const { ref } = (await s.call('GET', `/api/v1/alerts/${id}`, { key: s.keys.viewer })).json;
    await expectKeys(s, 'ta', await ask(s, numberOf(1), `CHECK ${ref.toLowerCase()}`), ['check_true']);
    await expectKeys(s, 'ta', await ask(s, numberOf(1), 'CHECK LK9999'), ['check_false']);
    await expectKeys(s, 'si', await ask(s, STRANGER, 'CHECK LK9999'), ['check_false']);
  });

  it('who shares the phone gets no data of the others by it: a person looks', async () => {
    const s = await stage();
    const shared = { addresses: [{ channel: 'sms', value: numberOf(1) }] };
    await s.people(reader(1, 'th', { name: 'สมชาย', ...shared }), reader(2, 'th', { name: 'มาลี', ...shared }));
    for (const text of ['DATA', 'DELETE', 'EDIT'])
      for (const answer of await ask(s, numberOf(1), text)) expect(answer).not.toMatch(/สมชาย|มาลี/);
    expect(await meanings(s)).toEqual(['unclear', 'unclear', 'unclear']);
    expect(await peopleOf(s)).toHaveLength(2);
  });
});

describe('on Telegram', () => {
  it('/start asks where, choices are buttons, and a press answers', async () => {
    const s = await stage();
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    const hand = async (request: Request) => {
      expect((await s.hand(request)).status).toBe(200);
      await s.work();
      await s.pass(20_000, 20_000);
      return s.telegram.sent.at(-1)!;
    };
    expect((await hand(update.start(900, undefined, { language: 'ar' }))).text).toBe(await said(s, 'ar', 'ask_where'));
    await hand(update.text(900, 'بيروت'));
    expect(await peopleOf(s)).toMatchObject([{ languages: ['ar'], country: 'LB', profile: 'anonymous' }]);
    const menu = await hand(update.text(900, 'LANG'));
    expect(JSON.stringify(menu)).toContain('தமிழ்');
    await hand(update.press(900, '72'));
    expect(await peopleOf(s)).toMatchObject([{ languages: ['ta', 'ar'] }]);
  });
});

const CRIES = [
  '2',
  '２',
  '٢',
  'උදව් කරන්න',
  'ساعدوني',
  'ช่วยด้วย',
  '助けて',
  'உதவி',
  'help',
  'we need a doctor',
  '2 JOIN',
  'MOVE help',
];
const WORDS = [
  ...['JOIN', 'START', 'STOP', 'DATA', 'EDIT', 'DELETE', 'MOVE', 'GO', 'STAY', 'LANG', 'CHECK LKBCDF', 'MOVE Beirut'],
  ...[
    '0',
    '1',
    '7',
    '8',
    '41',
    '43',
    '51',
    '71',
    '72',
    '5 C2',
    'ටෝකියෝ',
    'بيروت',
    '宮城',
    'ไทย',
    'தமிழ்',
    'ආරක්ෂිතයි',
    '無事です',
  ],
  ...['ඔව්', 'لا', 'はい', '？？', 'ขอบคุณ'],
];

type Move = { phone: number; text: string; cry: boolean } | { phone: number; confirm: true } | { hours: number };
const phone = fc.nat(2);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ phone, text: fc.constantFrom(...WORDS), cry: fc.constant(false) }) },
  { weight: 3, arbitrary: fc.record({ phone, text: fc.constantFrom(...CRIES), cry: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ phone, confirm: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ hours: fc.constantFrom(1, 25) }) },
);

describe('whatever sequence of messages arrives in whatever dialogue', () => {
  it('no cry for help is lost from the list of cases', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 16 }), fc.boolean(), async (moves, alerted) => {
        const s = await stage();
        // somebody unknown, somebody registered, somebody who must not be seen
        await s.people(reader(1, 'ta'), reader(2, 'si', { profile: 'discreet' }));
        if (alerted) await s.tell(words('60'));
        for (const step of moves) {
          if ('hours' in step) {
            await s.pass(step.hours * 60 * MINUTE, 30 * MINUTE);
            continue;
          }
          const from = numberOf(step.phone);
          const code = s.got(from).findLast((text) => /DELETE \w{4}/.test(text));
          await s.text(from, 'text' in step ? step.text : (/DELETE \w{4}/.exec(code ?? '')?.[0] ?? '7'));
          await s.pass(1_000, 1_000);
          if (!('cry' in step) || !step.cry) continue;
          const listed = (await casesOf(s)).filter((one: { state: string }) => one.state !== 'closed');
          const heardAt = (await s.g.store.db.select().from(replies)).at(-1)!;
          const mine = (await s.g.store.db.select().from(cases)).find(
            (one) => one.state !== 'closed' && one.lastHelpAt === heardAt.receivedAt,
          );
          expect(mine, `${step.text} opened no case`).toBeDefined();
          expect(listed.map((one: { id: string }) => one.id)).toContain(mine!.uid);
        }
        // nobody closes a case but an officer, or the person who is erased
        const closed = (await s.g.store.db.select().from(cases)).filter((one) => one.state === 'closed');
        expect(closed.map((one) => one.closedReason).filter((reason) => reason !== 'erased')).toEqual([]);
      }),
      { numRuns: home.name === 'node' ? 30 : 8, seed: 20260311 },
    );
  }, 120_000);
});

describe('a one-time link', () => {
  it('adds the chat that opens it to its person, once, and within a day', async () => {
    const s = await stage();
    await s.people(reader(1, 'th', { name: 'สมชาย' }));
    const [person] = await peopleOf(s);
    const link = async () =>
      (await s.call('POST', `/api/v1/people/${person.id}/start-link`, { key: s.keys.registrar })).json.token as string;
    const update = s.telegram.update(`${PUBLIC}/webhooks/telegram`, 'telegram-secret');
    const start = async (chat: number, token?: string) => {
      expect((await s.hand(update.start(chat, token))).status).toBe(200);
      await s.work();
      await s.pass(2_000);
    };
    const chats = async () =>
      (await peopleOf(s)).map((one: { addresses: { value: string }[] }) => one.addresses.map(({ value }) => value));
    const token = await link();
    // was here before, without a name
    await start(901);
    expect(await chats()).toEqual([[numberOf(1)], ['901']]);
    await start(901, token);
    expect(await chats()).toEqual([[numberOf(1), '901']]);
    await expectKeys(s, 'th', [s.telegram.sent.at(-1)!.text], ['start_done']);
    // another chat with the used token, a wrong one, and one that is too old is a stranger
    await start(902, token);
    await start(903, 'guessed_token_123456');
    const late = await link();
    await s.pass(25 * 60 * MINUTE, 60 * MINUTE);
    await start(904, late);
    expect(await chats()).toEqual([[numberOf(1), '901'], ['902'], ['903'], ['904']]);
    expect(s.log.join()).not.toContain(token);
  });
});

describe('a robot', () => {
  it('that answers everything is answered a bounded number of times', async () => {
    const s = await stage();
    for (let i = 0; i < 60; i++) {
      await s.text(STRANGER, ['JOIN', '7', '0', 'LANG', 'CHECK LK9999'][i % 5]!);
      await s.pass(5_000, 5_000);
    }
    expect(s.got(STRANGER).length).toBeLessThanOrEqual(24);
  });
});
