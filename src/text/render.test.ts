import { describe, expect, it } from 'vitest';
import { foldToAscii } from './ascii.ts';
import { type Assets, loadCatalog } from './catalog.ts';
import { ownLines, renderText, renderTexts, replyTail, withTail } from './render.ts';
import { countSegments, fold, mostSegments } from './segments.ts';
import { shippedAssets } from './shipped.fixture.ts';

const catalog = loadCatalog(shippedAssets);
const facts = { place: 'JP-04', time: '2026-01-11T18:30:00+09:00' };
const from = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M' };

/** The shipped catalog with some files replaced. */
const withFiles = (files: Record<string, unknown>) => {
  const assets: Assets = { read: async (path) => (path in files ? files[path] : shippedAssets.read(path)) };
  return loadCatalog(assets);
};
const english = await catalog.text('earthquake', 'en');

describe('rendering an alert', () => {
  it('gives every language of the template, each with its own names and no brace left', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, from);
    const template = (await catalog.templates()).find((one) => one.id === 'earthquake')!;
    expect(Object.keys(texts)).toEqual(template.languages);
    for (const [tag, { event, full, sms, flash, radio }] of Object.entries(texts)) {
      for (const text of [event, full, sms, flash, radio]) expect(text, tag).not.toMatch(/[{}]|undefined/);
      for (const text of [full, sms, flash]) expect(text, tag).toContain('LK7K3M');
      expect(flash, tag).toMatch(/Embassy(?! of)/);
      expect(full, tag).toContain('18:30');
    }
    expect(texts.en!.sms).toMatch(/^Embassy of Sri Lanka: Strong earthquake near Miyagi, Sun 11 Jan 18:30\./);
  });

  it('says the part of the day where hours are counted from sunrise, but not at the price of a segment', async () => {
    const morning = { place: 'LB', time: '2026-01-11T08:30:00+02:00' };
    const { am } = await renderTexts(catalog, 'earthquake', morning, from);
    for (const text of [am!.full, am!.sms, am!.radio]) expect(text).toContain('ጠዋት 08:30');
    const says: boolean[] = [];
    for (let length = 1; length <= 40; length++) {
      const long = await renderTexts(catalog, 'earthquake', { ...morning, place: 'በ'.repeat(length) }, from);
      expect(long.am!.full).toContain('ጠዋት 08:30');
      says.push(long.am!.sms.includes('ጠዋት 08:30'));
    }
    expect(new Set(says).size).toBe(2);
    const evening = await renderTexts(catalog, 'earthquake', { ...morning, time: '2026-01-11T18:30:00+02:00' }, from);
    expect(evening.am!.full).toContain('ጃን 11 18:30');
  });

  it('begins every text of an exercise with the word for it, the heading too', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, { ...from, exercise: true });
    for (const [tag, text] of Object.entries(texts)) {
      const prefix = await catalog.word(tag, 'exercise_prefix');
      // what goes by SMS is folded: Turkish İ becomes I there; in Latin letters a word of another script is the English one
      const plain = foldToAscii(prefix)?.text ?? 'TEST';
      const starts = [prefix, fold(prefix, tag).text, plain].map((start) => `${start} `);
      for (const said of Object.values(text))
        expect(
          starts.some((start) => said.startsWith(start)),
          `${tag}: ${said}`,
        ).toBe(true);
    }
  });

  it('does not say TEST twice in the exercise template', async () => {
    const plain = await renderTexts(catalog, 'exercise', {}, from);
    expect(await renderTexts(catalog, 'exercise', {}, { ...from, exercise: true })).toEqual(plain);
  });

  it('refuses to say a text with a hole in it', async () => {
    await expect(renderTexts(catalog, 'earthquake', { place: 'JP' }, from)).rejects.toMatchObject({
      code: 'missing_variable',
    });
    await expect(renderTexts(catalog, 'nothing', {}, from)).rejects.toMatchObject({ code: 'unknown_template' });
  });

  it('says times on air without the stops that would end a sentence', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, from);
    expect(texts.ta!.radio).toContain('ஜன 11 ஞாயி 18:30');
    for (const [tag, { radio }] of Object.entries(texts)) expect(radio, tag).not.toMatch(/\p{L}\. \d\d:\d\d/u);
  });

  it('folds what goes by SMS, and only that', async () => {
    const texts = { ...english!.texts, full: 'Está “aquí”', sms: 'Está “aquí”', flash: 'Mañana…' };
    const made = await renderTexts(
      withFiles({
        'index.json': { templates: { earthquake: ['es'] }, locales: ['en'] },
        'templates/earthquake/es.json': { ...english, language: 'es', texts },
      }),
      'earthquake',
      facts,
      from,
    );
    expect(made.es).toMatchObject({ full: 'Está “aquí”', sms: 'Esta "aqui"', flash: 'Mañana...' });
  });

  it('takes Latin names into a romanised text', async () => {
    const texts = { ...english!.texts, ascii: 'Bhoomikampawa {{place}} {{time}} {{ref}}' };
    const made = await renderTexts(
      withFiles({
        'index.json': { templates: { earthquake: ['si'] }, locales: ['en'] },
        'templates/earthquake/si.json': { ...english, language: 'si', texts },
      }),
      'earthquake',
      facts,
      { ...from, exercise: true },
    );
    expect(made.si!.ascii).toBe('TEST Bhoomikampawa Miyagi Sun 11 Jan 18:30 LK7K3M');
  });

  it('gives languages in Latin letters an ASCII text, and no other', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, from);
    expect(texts.vi!.ascii).toMatch(/^Embassy of Sri Lanka: Dong dat manh/);
    expect(texts.tr!.ascii).toContain('guclu deprem');
    expect(texts.en!.ascii).toBe(texts.en!.sms);
    for (const [tag, { ascii }] of Object.entries(texts))
      if (ascii !== undefined) expect(ascii, tag).toMatch(/^[\n -~]+$/);
    for (const tag of ['ar', 'ru', 'zh-Hans', 'th', 'ja']) expect(texts[tag], tag).not.toHaveProperty('ascii');
  });

  it('is NFC whatever was typed', async () => {
    const texts = await renderTexts(catalog, 'earthquake', { ...facts, place: 'Cafe\u0301' }, from);
    for (const text of Object.values(texts)) expect(text.full).toBe(text.full.normalize('NFC'));
  });
});

describe('the longest words that may be typed', () => {
  const LETTERS: Record<string, string> = {
    ar: 'م',
    fa: 'م',
    ur: 'م',
    ps: 'م',
    'fa-AF': 'م',
    si: 'ක',
    ta: 'க',
    th: 'ก',
    ja: '川',
  };
  const words = (letter: string, units: number) => `${letter.repeat(11)} `.repeat(5).slice(0, units).trimEnd();

  it('fit into an SMS in every template and language, with the longest reply line; the full text keeps them whole', async () => {
    const facts = { phone: '+94112338812', count: '12', time: '2025-01-12T18:30:00+02:00', day: '2025-01-13' };
    const org = 'Embassy of the Democratic Socialist Republic of Sri Lanka';
    for (const { id, languages } of await catalog.templates()) {
      const meta = await catalog.meta(id);
      for (const tag of languages) {
        const typed = Object.entries(meta.parameters).map(([name, { type, maxLength }]) => [
          name,
          facts[type as 'phone'] ?? words(LETTERS[tag] ?? 'm', maxLength),
        ]);
        const text = await renderText(catalog, meta, (await catalog.text(id, tag))!, Object.fromEntries(typed), {
          org,
          ref: 'LK7K3M',
        });
        const tails = meta.asksCheckIn
          ? [await replyTail('two_way', catalog, tag), await replyTail('one_way_number', catalog, tag, facts.phone)]
          : [''];
        for (const tail of tails)
          for (const sms of [text.sms, text.neutral ?? text.sms]) {
            const { encoding, segments } = countSegments(fold(withTail(sms, tail, tag), tag).text);
            expect(segments, `${id} ${tag}: ${sms} ${tail}`).toBeLessThanOrEqual(mostSegments(id, encoding));
          }
        expect(countSegments(text.flash).segments, `${id} ${tag}: ${text.flash}`).toBe(1);
        if (text.full.includes('{')) throw new Error(text.full);
        expect(text.full).toContain(org);
      }
    }
  });

  it('are cut only where the text would be too long', async () => {
    const place = 'Beirut southern suburbs, Tyre, the port';
    const texts = await renderTexts(catalog, 'earthquake', { ...facts, place }, from);
    expect(texts.en!.sms).toContain(place);
    expect(texts.ja!.full).toContain(place);
    const short = Object.values(texts).filter(({ sms }) => !sms.includes(place));
    expect(short.length).toBeGreaterThan(0);
    for (const { sms } of short) expect(sms).toMatch(/Beirut( southern( suburbs(, Tyre)?)?)?(?!\p{L})/u);
  });
});

describe('numbers in right-to-left text', () => {
  it('stand on their own line, without invisible characters', () => {
    expect(ownLines('زلزال. {{ref}}', 'ar')).toBe('زلزال.\n{{ref}}');
    expect(ownLines('اتصلوا {{phone}}. ثم انتظروا', 'ar')).toBe('اتصلوا\n{{phone}}\nثم انتظروا');
    expect(ownLines('أرسلوا 1 إلى {{phone}}', 'ar')).toBe('أرسلوا 1 إلى\n{{phone}}');
    expect(ownLines('للتأكد أرسلوا CHECK {{ref}}', 'ar')).toBe('للتأكد أرسلوا\nCHECK {{ref}}');
    expect(ownLines('جانچنے کو CHECK {{ref}} بھیجیں۔', 'ur')).toBe('جانچنے کو CHECK {{ref}} بھیجیں۔');
    expect(ownLines('رسالتنا {{ref}} خطأ', 'ar')).toBe('رسالتنا {{ref}} خطأ');
    expect(ownLines('කැඳවන්න {{phone}}. {{ref}}', 'si')).toBe('කැඳවන්න {{phone}}. {{ref}}');
  });
});

describe('a sender before right-to-left words', () => {
  it('in Latin letters stands on its own line, so that the words keep their direction', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, from);
    for (const tag of ['ar', 'ur', 'fa', 'fa-AF', 'ps']) {
      // no name of Miyagi in Pashto: it is Latin there too
      expect(texts[tag]!.sms, tag).toMatch(/^Embassy of Sri Lanka:( Miyagi:)?\n\p{Script=Arabic}/u);
      expect(texts[tag]!.full, tag).toMatch(/^Embassy of Sri Lanka:( Miyagi:)?\n[\p{Script=Arabic}\u200f]/u);
      expect(texts[tag]!.flash, tag).toMatch(/^Embassy:( Miyagi:)?\n\p{Script=Arabic}/u);
    }
    expect(texts.si!.sms).toMatch(/^Embassy of Sri Lanka: \p{Script=Sinhala}/u);
  });

  it('in their own script stays in their line', async () => {
    const texts = await renderTexts(catalog, 'earthquake', facts, { ...from, org: 'سفارة سريلانكا' });
    expect(texts.ar!.sms).toMatch(/^سفارة سريلانكا: \p{Script=Arabic}/u);
  });
});

describe('the reply line', () => {
  it('follows the way that an answer can take', async () => {
    expect(await replyTail('two_way', catalog, 'en')).toBe('Reply 1 safe, 2 need help.');
    expect(await replyTail('one_way_number', catalog, 'en', '+94112338812')).toBe(
      'Send 1 (safe) or 2 (help) to +94112338812.',
    );
    expect(await replyTail('one_way_bare', catalog, 'en')).toBe('Answer on the number you saved: 1 safe, 2 help.');
  });

  it('speaks of the saved number when there is none to name', async () => {
    expect(await replyTail('one_way_number', catalog, 'en')).toBe(await replyTail('one_way_bare', catalog, 'en'));
  });

  it('is English, visibly, in a language without interface words', async () => {
    expect(await replyTail('two_way', catalog, 'xx')).toBe('Reply 1 safe, 2 need help.');
  });

  it('comes after the text, on its own line in right-to-left', () => {
    expect(withTail('භූමිකම්පාව', '1', 'si')).toBe('භූමිකම්පාව 1');
    expect(withTail('زلزال', '1', 'ar')).toBe('زلزال\n1');
    expect(withTail('quake', '', 'en')).toBe('quake');
  });
});
