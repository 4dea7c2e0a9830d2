import { describe, expect, it } from 'vitest';
import { loadCatalog } from './catalog.ts';
import { placeholders } from './compile.ts';
import { chooseSms, type ReplyPath, smsRule } from './countries.ts';
import { formatTime } from './names.ts';
import { type AlertContext, ownLines, renderTexts, replyTail } from './render.ts';
import { countSegments, fold } from './segments.ts';
import { shippedAssets, shippedFiles } from './shipped.fixture.ts';
import { canonicalTag } from './tags.ts';
import type { Length, Meta, ParameterType, RenderedText, TemplateText } from './template.ts';
import { inOffset } from './time.ts';

const catalog = loadCatalog(shippedAssets);
const PATHS: ReplyPath[] = ['two_way', 'one_way_number', 'one_way_bare'];
const REVIEW_STATES = ['draft', 'machine', 'reviewed'];
const LIMIT = { 'GSM-7': 2, 'UCS-2': 3 };

/** The worst case that texts are written for: playbook 5.1. */
const WORST: Record<ParameterType, string> = {
  place: 'Beirut southern suburbs, Tyre',
  phone: '+94112338812',
  count: '12',
  items: 'papers_water_medicine',
  disease: 'cholera',
  fee: 'paid',
  scale: 'orange',
  text: 'Gate 2, National Stadium',
  time: '2025-01-12T18:30:00+02:00',
  day: '2025-01-13',
};
const FROM = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M' };

const templates = [...shippedFiles].flatMap(([path, content]) =>
  /^templates\/.*\/(?!meta)[^/]+$/.test(path) ? [{ path, content: content as TemplateText }] : [],
);
const locales = [...shippedFiles].flatMap(([path, content]) =>
  /^locales\/.*\/(?:interface|replies|choices)\.json$/.test(path) ? [{ path, content: content as LocaleFile }] : [],
);
type Flat = Record<string, string>;
type LocaleFile = Record<string, unknown> & { language: string; translator: string; review: TemplateText['review'] };

const metaOf = (path: string) => shippedFiles.get(`${path.split('/').slice(0, 2).join('/')}/meta.json`) as Meta;
const englishOf = (path: string) =>
  shippedFiles.get(path.replace(/^(templates\/[^/]+)\/.*/, '$1/en.json')) as TemplateText;
const numbersIn = (text: string) => [...(text.replace(/\{\{.*?\}\}/g, '').match(/\d+/g) ?? [])].sort();
const tagIn = (path: string) => path.match(/([^/]+)\.json$/)![1]!;

/** Every string of a locale file by its key, `fee.free` for a choice. */
function flatten(file: LocaleFile): Flat {
  const { words, replies, language: _l, translator: _t, review: _r, notes: _n, ...groups } = file;
  if (words || replies) return (words ?? replies) as Flat;
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, ids]) =>
      Object.entries(ids as Flat).map(([id, text]) => [`${group}.${id}`, text]),
    ),
  );
}

/** Collects every fault of a file, so that one run tells a translator everything. */
function faultsIn(each: (add: (fault: string) => void) => void): string[] {
  const faults: string[] = [];
  each((fault) => faults.push(fault));
  return faults;
}

async function renderWorst(path: string, values = WORST, from: AlertContext = FROM): Promise<RenderedText> {
  const [meta, tag] = [metaOf(path), tagIn(path)];
  const worst = Object.entries(meta.parameters).map(([name, { type }]) => [name, values[type]]);
  return (await renderTexts(catalog, meta.id, Object.fromEntries(worst), from))[tag]!;
}

/** The time that a language writes longest: every weekday meets every month on a two-digit day within a year. */
async function longestTime(tag: string): Promise<string> {
  const names = await catalog.names(tag);
  const units = (time: string) => formatTime(names, time, 'full').length;
  const times = Array.from({ length: 365 }, (_, day) => inOffset(Date.UTC(2025, 0, 1 + day, 18, 30), '+00:00'));
  return times.reduce((a, b) => (units(b) > units(a) ? b : a));
}

/** What of a text takes too many segments as an SMS, with each reply line it may get. */
async function tooLong(path: string, text: RenderedText): Promise<string[]> {
  const tag = tagIn(path);
  const faults: string[] = [];
  for (const replyPath of metaOf(path).asksCheckIn ? PATHS : [null]) {
    const tail = replyPath ? await replyTail(replyPath, catalog, tag, '+94112338812') : '';
    for (const variant of ['sms', 'neutral', 'ascii'] as const) {
      if (text[variant] === undefined) continue;
      const rule = { ...smsRule('JP', { number: true }), neutral: variant === 'neutral' };
      const sent = chooseSms({ [tag]: { ...text, sms: text[variant] } }, tag, rule, { [tag]: tail }).text;
      const count = countSegments(sent);
      if (count.segments > LIMIT[count.encoding]) {
        faults.push(
          `${variant} ${replyPath ?? ''}: ${count.segments} ${count.encoding} segments, ${count.units} units`,
        );
      }
    }
  }
  return faults;
}

function flashTooLong({ flash }: RenderedText): string[] {
  const { segments, units, encoding } = countSegments(flash);
  return segments > 1 ? [`flash: ${units} units ${encoding}: ${flash}`] : [];
}

describe.each(templates)('$path', ({ path, content }) => {
  const meta = metaOf(path);
  const english = englishOf(path);
  const lengths = Object.keys(content.texts ?? {}) as Length[];

  it('names its language, its translator and the state of its review', () => {
    expect(content.language).toBe(tagIn(path));
    expect(canonicalTag(content.language)).toBe(content.language);
    expect(content.translator).toMatch(/\S/);
    expect(REVIEW_STATES).toContain(content.review.state);
    if (content.review.state === 'reviewed')
      expect(content.review).toMatchObject({ by: /\S/, on: /^\d{4}-\d\d-\d\d$/ });
  });

  it('has every length, radio only where it may go on air, and neutral where English has it', () => {
    expect(lengths).toEqual(expect.arrayContaining(['full', 'sms', 'flash']));
    expect(Object.hasOwn(content.texts, 'radio')).toBe(meta.channels.includes('radio'));
    expect(Object.hasOwn(content.texts, 'neutral')).toBe(Object.hasOwn(english.texts, 'neutral'));
    expect(content.event).toMatch(/\S/);
  });

  it('carries what the meta says, length by length', () => {
    const carried = lengths.filter((length) => meta.carries[length]);
    expect(Object.fromEntries(carried.map((length) => [length, placeholders(content.texts[length]!)]))).toEqual(
      Object.fromEntries(carried.map((length) => [length, [...meta.carries[length]!].sort()])),
    );
  });

  it('says the same numbers as English, in Western digits, as NFC without invisible characters', () => {
    const faults = faultsIn((add) => {
      for (const [length, text] of Object.entries({ ...content.texts, event: content.event })) {
        const same = { ...english.texts, event: english.event }[length as Length];
        if (same && String(numbersIn(text)) !== String(numbersIn(same))) {
          add(`${length}: numbers ${numbersIn(text)}, English ${numbersIn(same)}`);
        }
        if (/[^\P{Nd}0-9]/u.test(text)) add(`${length}: native digits`);
        if (text !== text.normalize('NFC')) add(`${length}: not NFC`);
        if (/[\u00a0\u200b\u200e\u200f\u061c\u202a-\u202f\u2066-\u2069\ufeff]/u.test(text)) add(`${length}: invisible`);
        if (/\s{2}|^\s|\s$|\{\{[^}]*$/u.test(text)) add(`${length}: stray space or brace`);
      }
    });
    expect(faults).toEqual([]);
  });

  it('is no copy of English or of another language', () => {
    const others = templates.filter((other) => other.path !== path && metaOf(other.path) === meta);
    const faults = faultsIn((add) => {
      for (const other of others) {
        for (const length of lengths) {
          if (content.texts[length] === other.content.texts[length]) add(`${length} equals ${other.path}`);
        }
      }
    });
    expect(faults).toEqual([]);
  });

  it('fits: sms in 2 GSM-7 or 3 UCS-2 segments with the longest reply line, flash in one', async () => {
    const text = await renderWorst(path);
    expect([...(await tooLong(path, text)), ...flashTooLong(text)]).toEqual([]);
  });

  it('fits with the longest date of its own language as well', async () => {
    const time = await longestTime(tagIn(path));
    expect(await tooLong(path, await renderWorst(path, { ...WORST, time, day: time.slice(0, 10) }))).toEqual([]);
  });

  it('has a flash that is one segment even after the word for TEST, with a number of 8 units', async () => {
    const text = await renderWorst(path, WORST, { ...FROM, ref: 'LK7K3M2P', exercise: true });
    expect(flashTooLong(text)).toEqual([]);
  });
});

describe.each(locales)('$path', ({ path, content }) => {
  const name = path.split('/')[2]!;
  const own = flatten(content);
  const english = flatten(shippedFiles.get(`locales/en/${name}`) as LocaleFile);

  it('names its language, its translator and the state of its review', () => {
    expect(content.language).toBe(path.split('/')[1]);
    expect(content.translator).toMatch(/\S/);
    expect(REVIEW_STATES).toContain(content.review.state);
  });

  it('has the keys of English, and no empty text', () => {
    expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
    expect(Object.keys(own).filter((key) => typeof own[key] !== 'string' || own[key].trim() === '')).toEqual([]);
  });

  it('has the placeholders and the numbers of English, in Western digits, as NFC', () => {
    const faults = faultsIn((add) => {
      for (const [key, text] of Object.entries(own)) {
        const same = english[key];
        if (same === undefined) continue;
        if (String(placeholders(text)) !== String(placeholders(same)))
          add(`${key}: placeholders ${placeholders(text)}`);
        if (String(numbersIn(text)) !== String(numbersIn(same)))
          add(`${key}: numbers ${numbersIn(text)}, English ${numbersIn(same)}`);
        if (/[^\P{Nd}0-9]/u.test(text)) add(`${key}: native digits`);
        if (text !== text.normalize('NFC')) add(`${key}: not NFC`);
        if (/[\u00a0\u200b\u200e\u200f\u061c\u202a-\u202f\u2066-\u2069\ufeff]/u.test(text))
          add(`${key}: invisible character`);
      }
    });
    expect(faults).toEqual([]);
  });

  it('is no copy of English', () => {
    const faults = Object.keys(own).filter(
      (key) => content.language !== 'en' && own[key] === english[key] && /\p{L}{3}.*\s.*\p{L}{3}/u.test(own[key]!),
    );
    expect(faults).toEqual([]);
  });
});

describe('the shipped languages', () => {
  it('that have alert texts have words, replies and choices as well, and every template', async () => {
    const languages = [...new Set(templates.map(({ path }) => tagIn(path)))];
    const faults = faultsIn((add) => {
      for (const tag of languages) {
        for (const name of ['interface', 'replies', 'choices', 'names']) {
          if (!shippedFiles.has(`locales/${tag}/${name}.json`)) add(`locales/${tag}/${name}.json is missing`);
        }
      }
    });
    for (const { id, languages: has } of await catalog.templates()) {
      for (const tag of languages) if (!has.includes(tag)) faults.push(`templates/${id}/${tag}.json is missing`);
    }
    expect(faults).toEqual([]);
  });

  it('keep auto-replies within one GSM-7 segment in English and three of any kind elsewhere', () => {
    const values: Flat = {
      ...{ n: '12', case: 'H1234', localEmergency: '140', time: 'Mon 13 Jan 06:00', partner: 'Lebanese Red Cross' },
      ...{ reason: 'you told us you are safe', org: FROM.org, place: 'Lebanon, Tyre', lang: 'English', ref: FROM.ref },
      ...{ fields: 'name Kumari, phone, Tyre, Sinhala, group 3', query: 'A7K3' },
      langMenu: '71 English 72 Sinhala 73 Tamil 74 Arabic 75 French',
    };
    const faults = faultsIn((add) => {
      for (const { path, content } of locales.filter(({ path }) => path.endsWith('replies.json'))) {
        const tag = content.language;
        for (const [key, text] of Object.entries(flatten(content))) {
          const said = ownLines(text, tag).replace(/\{\{(\w+)\}\}/g, (_, name) => values[name] ?? '');
          const count = countSegments(fold(said, tag).text);
          const limit = tag === 'en' ? 1 : LIMIT[count.encoding];
          if (count.segments > limit) add(`${path} ${key}: ${count.segments} ${count.encoding}, ${count.units} units`);
        }
      }
    });
    expect(faults).toEqual([]);
  });
});
