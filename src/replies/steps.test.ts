import { describe, expect, it } from 'vitest';
import { loadNames } from '../text/names.ts';
import { shippedAssets } from '../text/shipped.fixture.ts';
import { readCommand } from './commands.ts';
import { advance, askAfterHelp, begin, moreHelp, type Outcome, type Read } from './steps.ts';
import { languageInWords, likelyLanguages, showMenu } from './tongues.ts';
import { findCountry, findTown } from './towns.ts';
import { yesOrNo } from './yes-no.ts';

const MIYAGI = { country: 'JP', area: 'JP-04' };
const PUNJABS = ['IN-PB', 'PK-PB'].map((area) => ({ country: area.slice(0, 2), area }));
const keys = ({ say }: Outcome) => say.map(({ key }) => key);
const walk = (start: Outcome, ...reads: Read[]) =>
  reads.reduce((before, read) => advance(before.next!, read, 'LK'), start);

describe('a registration, step by step', () => {
  const start = begin('register', 'hello', { language: 'si' });
  it('is five answers', () => {
    const end = walk(
      start,
      { code: '7' },
      { language: 'ta' },
      { found: { sure: MIYAGI, maybe: [] } },
      { code: '7' },
      { code: '8' },
    );
    expect(keys(end)).toEqual(['reg_done', 'practice']);
    expect(end.effect).toEqual({
      does: 'register',
      discreet: false,
      told: { language: 'ta', town: MIYAGI, nationality: 'LK' },
    });
  });

  it('asks which of several places, and takes its number', () => {
    const asked = walk(start, { code: '7' }, { code: '0' }, { found: { maybe: PUNJABS } });
    expect(asked.say).toMatchObject([{ key: 'ask_which_place', codes: ['51', '52'] }]);
    expect(walk(asked, { code: '52' }).next?.told.town).toEqual(PUNJABS[1]);
    // a number that was not offered is none
    expect(walk(asked, { code: '53' }).heard).toBe(false);
    expect(keys(walk(asked, { code: '8' }))).toEqual(['reg_2_place']);
  });

  it('puts a question again twice, and is silent then', () => {
    const asked = walk(start, { code: '7' });
    const times = [1, 2, 3, 4].map((n) => walk(asked, ...Array<Read>(n).fill({})));
    expect(times.map((one) => one.say.length)).toEqual([1, 1, 0, 0]);
    expect(times.every((one) => !one.heard && one.next?.step === 'language')).toBe(true);
  });

  it('that somebody does not want ends', () => {
    expect(walk(start, { code: '8' })).toMatchObject({ next: null, say: [{ key: 'not_registered' }] });
  });
});

describe('a cry for help, step by step', () => {
  const open = { case: 1, kind: true, where: true, count: true, language: 'ar' };
  it('asks each thing once, and then the former dialogue goes on', () => {
    const before = begin('register', 'place').next;
    const kind = askAfterHelp(before, open);
    expect(keys(kind)).toEqual(['ask_help_kind']);
    const where = moreHelp(kind.next!, { kind: true, people: false });
    expect(keys(where)).toEqual(['ask_where']);
    expect(moreHelp(where.next!, { kind: true, people: false }).say).toEqual([]);
    const count = walk(where, { found: { sure: MIYAGI, maybe: [] } });
    expect(count).toMatchObject({ effect: { does: 'note', case: 1, town: MIYAGI }, say: [{ key: 'ask_count' }] });
    const end = walk(count, { people: 5 });
    expect(end).toMatchObject({ effect: { people: 5 }, next: before, say: [{ key: 'menu_unclear_2' }] });
  });

  it('asks nothing when nothing is open', () => {
    expect(askAfterHelp(null, { ...open, kind: false, where: false, count: false })).toMatchObject({
      next: null,
      say: [],
    });
  });
});

describe('words', () => {
  const names = (...tags: string[]) => Promise.all(tags.map((tag) => loadNames(shippedAssets, tag)));

  it.each([
    ['si', 'මම ඉන්නේ ටෝකියෝ', 'JP-13'],
    ['ar', 'لبنان بيروت', 'LB-BA'],
    ['th', 'ญี่ปุ่น โตเกียว', 'JP-13'],
    ['ja', '宮城', 'JP-04'],
    ['ta', 'மியாகி', 'JP-04'],
    ['en', 'I am now in Tokyo', 'JP-13'],
  ])('name a place in %s: %s', async (tag, text, area) => {
    expect(findTown(text, await names(tag, 'en'), null).sure?.area).toBe(area);
  });

  it('that are close to a place are asked back, and others are no place', async () => {
    const english = await names('en');
    expect(findTown('Tokio', english, null)).toEqual({ maybe: [{ country: 'JP', area: 'JP-13' }] });
    expect(findTown('Lebanon Tyre', english, 'JP').sure).toEqual({ country: 'LB', area: null });
    for (const text of ['', '???', 'x', 'asdfgh', '12 34'])
      expect(findTown(text, english, 'JP')).toEqual({ maybe: [] });
  });

  it('name a nationality as a country or with an ending', async () => {
    expect(findCountry('Sri Lankan', await names('en'))).toBe('LK');
    expect(findCountry('سوريا', await names('ar', 'en'))).toBe('SY');
    expect(findCountry('human', await names('en'))).toBeNull();
  });

  it('name a language in its own script, in English, and in another language', async () => {
    const spoken = ['si', 'ta', 'ar', 'en'];
    for (const text of ['தமிழ்', 'tamil', 'Tamil.', 'දෙමළ', 'التاميلية'])
      expect(languageInWords(text, await names('si', 'ar'), spoken)).toBe('ta');
    // a tag is no name: "so" and "no" are words
    for (const text of ['so', 'si', 'ta', 'no', '', 'I speak Tamil'])
      expect(languageInWords(text, await names('si'), spoken)).toBeNull();
  });

  it('say yes or no in any language, and nothing when they say both', () => {
    expect(['ඔව්', 'نعم', 'ใช่', 'はい', 'Yes!'].map(yesOrNo)).toEqual(Array(5).fill('7'));
    expect(['නැහැ', 'لا', 'いいえ', 'no'].map(yesOrNo)).toEqual(Array(4).fill('8'));
    expect(['ne', 'na', 'maybe', ''].map(yesOrNo).filter((one) => one === '7')).toEqual([]);
  });

  it('are a command only when nothing else is said', () => {
    expect(readCommand('ＤＡＴＡ')).toEqual({ is: 'data' });
    expect(readCommand(' delete a7k3. ')).toEqual({ is: 'delete', code: 'A7K3' });
    expect(readCommand('GO ٤')).toEqual({ is: 'go', people: 4 });
    expect(readCommand('move Beirut')).toEqual({ is: 'move', place: 'Beirut' });
    expect(readCommand('CHECK lk7k3m')).toEqual({ is: 'check', ref: 'LK7K3M' });
    for (const text of [
      'data please',
      'go away',
      'stay safe',
      'check my house',
      'CHECK',
      'STOP',
      '2',
      'delete everything',
    ])
      expect(readCommand(text)).toBeUndefined();
  });

  it('number the likely languages the same for ever, at most five', () => {
    const of = { organisationCountry: 'LK', defaultLanguage: 'si', numberCountry: 'LB' };
    const spoken = ['ar', 'en', 'fr', 'ja', 'si', 'ta'];
    expect(showMenu(likelyLanguages(of, spoken))).toBe('71 සිංහල 72 தமிழ் 73 English 74 العربية 75 Français');
    expect(likelyLanguages({ ...of, numberCountry: null }, spoken)).toEqual(['si', 'ta', 'en']);
  });
});
