import { describe, expect, it } from 'vitest';
import { loadCatalog } from './catalog.ts';
import { readFacts } from './facts.ts';
import { type LockedTexts, lockTexts } from './lock.ts';
import { shippedAssets } from './shipped.fixture.ts';

const catalog = loadCatalog(shippedAssets);
const lock = async (texts: LockedTexts) => (await lockTexts(catalog, texts)).map(({ detail }) => detail);
const who = async (texts: LockedTexts) => (await lockTexts(catalog, texts)).map(({ language }) => language);

async function factsOf(tag: string, text: string): Promise<string[]> {
  const reader = { tag, names: await catalog.names(tag), choices: {}, words: await catalog.lockWords(tag) };
  return readFacts(text, reader).facts.map(({ kind, value }) => `${kind} ${value}`);
}

describe('the facts of a text', () => {
  it.each([
    ['si', '18:30 ට හමුවන්න'],
    ['ar', 'تعالوا ١٨:٣٠'],
    ['fa', 'ساعت ۱۸:۳۰'],
    ['ne', 'समय १८:३०'],
    ['th', 'พบกัน ๑๘:๓๐'],
    ['ja', '１８：３０に来てください'],
    ['ja', '午後6時30分に来てください'],
    ['ja', '十八時三十分に来てください'],
    ['ko', '오후 6시 30분'],
    ['zh-Hans', '下午6点30分'],
    ['fr', 'à 18h30'],
    ['id', 'pukul 18.30'],
    ['en', 'at 6:30 pm'],
  ])('are the same hour in %s: %s', async (tag, text) => {
    expect(await factsOf(tag, text)).toEqual(['time 18:30']);
  });

  it.each([
    ['si', 'අමතන්න +94 11 233 8812', 'phone +94112338812'],
    ['ar', 'اتصلوا +٩٤١١٢٣٣٨٨١٢', 'phone +94112338812'],
    ['en', 'Call +94-11-233-8812.', 'phone +94112338812'],
    ['bn', 'https://x.example/a দেখুন', 'url https://x.example/a'],
    ['my', '၁၀ ကီလိုမီတာ', 'number 10'],
    ['am', '፲፪ ኪሎ ሜትር', 'number 12'],
    ['es', '1.500 euros', 'number 1500'],
    ['en', '1,500 euros', 'number 1500'],
    ['ti', 'LK7K3M', 'code LK7K3M'],
  ])('are read in %s: %s', async (tag, text, fact) => {
    expect(await factsOf(tag, text)).toEqual([fact]);
  });

  it.each([
    ['si', 'මාර්තු 13'],
    ['ja', '3月13日'],
    ['vi', '13 thg 3'],
    ['pt', '13 de março'],
    ['ru', '13 марта'],
    ['en', '13 March'],
    ['en', '2026-03-13'],
  ])('are a day in March in %s: %s', async (tag, text) => {
    expect(await factsOf(tag, text)).toEqual(expect.arrayContaining(['number 13', 'month 3']));
  });

  it('hold no number that is part of a word', async () => {
    expect(await factsOf('ja', '十分に水を飲んでください。一番近い所へ。')).toEqual([]);
  });
});

describe('the fact lock for own texts', () => {
  const si = '10:30 ට හමුවන්න. +81 3 1234 5678 https://x.example/a';
  const en = 'Meet at 10:30. Call +81312345678. https://x.example/a';

  it('lets texts pass that say the same in other digits and grouping', async () => {
    expect(
      await lock({
        si: { full: si },
        en: { full: en },
        ar: { full: 'اللقاء ١٠:٣٠، اتصلوا +٨١٣١٢٣٤٥٦٧٨ https://x.example/a' },
      }),
    ).toEqual([]);
  });

  it.each([
    ['another hour', si.replace('10:30', '11:30')],
    ['another number to call', si.replace('5678', '5679')],
    ['another address', si.replace('/a', '/b')],
    ['no hour', si.replace('10:30 ට ', '')],
  ])('names the language that says %s', async (_, full) => {
    expect(await who({ en: { full: en }, si: { full } })).toEqual(['si']);
  });

  it('says what differs, by language and length, and believes the greater number', async () => {
    const texts = { th: { sms: 'พบกัน 19:30' }, si: { sms: '18:30 ට හමුවන්න' }, ta: { sms: '18:30 மணிக்கு வாருங்கள்' } };
    expect(await lock(texts)).toEqual(['th sms: says 19:30, the others 18:30']);
  });

  it('compares months and weekdays by the names that each language has for them', async () => {
    expect(
      await who({ en: { full: 'On 12 March' }, fr: { full: 'Le 12 mars' }, ja: { full: '5月12日に来てください' } }),
    ).toEqual(['ja']);
  });

  it('refuses the same text under two languages, whatever its space, case and digits', async () => {
    const copy = 'Go  to the STATION at ١٠:٣٠!';
    expect(await who({ en: { full: 'Go to the station at 10:30.' }, sw: { full: copy } })).toEqual(['sw']);
  });

  it('refuses letters that the language is not written with', async () => {
    expect(
      await who({ ja: { full: '高い所へ行ってください' }, si: { full: 'උස් තැනකට යන්න' }, ru: { full: 'ขึ้นไปที่สูงเดี๋ยวนี้' } }),
    ).toEqual(['ru']);
    expect(await who({ si: { full: 'උස් තැනකට යන්න' }, ta: { full: 'Uyaramaana idathukku pogavum' } })).toEqual(['ta']);
  });

  it('lets every language carry what stands on a sign', async () => {
    expect(await lock({ si: { full: '避難所 පුවරුව සොයන්න' }, ta: { full: '避難所 பலகையைத் தேடுங்கள்' } })).toEqual([]);
  });

  it('compares like with like: a length that only one language has is free', async () => {
    expect(await lock({ en: { full: 'Until 18:00', sms: 'Go' }, ta: { full: '18:00 வரை' } })).toEqual([]);
  });

  it('compares a length that stands for a longer one only once', async () => {
    const full = 'Leave by 18:00. Call +81312345678.';
    const [own, short] = ['18:00 ට පෙර යන්න. +81312345678', '18:00 ට පෙර යන්න.'];
    expect(
      await lock({ en: { full, sms: full, radio: full, flash: full }, si: { full: own, sms: short, flash: short } }),
    ).toEqual([]);
  });
});
