/** What a text states that every language must state alike, read from the text itself, whatever its digits. */

import type { Names } from './names.ts';
import { foldDigits } from './phone.ts';

/** Where words stand beside a fact and say what it is for: before it, or after it. */
export interface Beside {
  before: string[];
  after: string[];
}

/** `locales/<tag>/lock.json`: the words by which the fact lock reads a language. */
export interface LockWords {
  language: string;
  /** beside the end of a time: until, before */
  until: Beside;
  /** beside a place: in, at */
  place: Beside;
  /** beside the number of an alert: message */
  number: Beside;
  /** beside an hour of twelve */
  afternoon: string[];
  morning: string[];
}

/** What the lock knows of a language. Without `words` only the order tells roles. */
export interface Reader {
  tag: string;
  names: Names;
  /** what the gateway itself says for an id of `choices.json` */
  choices: Record<string, string>;
  words: LockWords | null;
}

export type FactKind = 'url' | 'phone' | 'time' | 'number' | 'month' | 'weekday' | 'code' | 'parameter';

export interface Fact {
  kind: FactKind;
  /** the same in every language: `18:30`, `+94112338812`, `LK7K3M`, `1` for January */
  value: string;
  /** where it stands in the text of its reading; a date and its hour stand as one */
  start: number;
  end: number;
}

export interface Reading {
  /** folded: NFKC, Western digits, no invisible direction signs */
  text: string;
  facts: Fact[];
  /** the text with a bar for each fact */
  rest: string;
}

const INVISIBLE = /[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff]/g;
const PARAMETER = /\{\{(\w+)\}\}/g;
const URL_IN_TEXT = /(?:https?:\/\/|www\.)[^\s<>"'。、）」]+/gi;
const PHONE = /\+?\d[\d \u00a0().\-\u2010-\u2015]{4,}\d/g;
const CODE = /(?<![\p{Script=Latin}\d])(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{2,}(?![a-z\d])/gu;
const ISO_DAY = /(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)/g;
const NUMERIC_DAY = /(?<![\d./])([0-3]?\d)[./]([01]?\d)[./](\d{4})(?!\d)/g;
const CLOCK = /(?<![\d:.])([01]?\d|2[0-4])(?:\s?[:.hH]\s?|\s?[時时点시]\s?)([0-5]\d)(?:\s?[分분])?(?!:?\d)/gu;
const FULL_HOUR = /(?<![\d:.])([01]?\d|2[0-4])(?:\s?[時时点시](?!間|间|간)|\s?h(?![\p{L}])|(?=\s?[ap]\.?m\b))/giu;
const NUMBER = /\d+(?:[.,:\u066b\u066c]\d+)*/g;
const KANJI =
  /[〇一二三四五六七八九十]+(?=[時时])|[〇一二三四五六七八九十]{2,}(?=[点月日])|(?<=[時时点])[〇一二三四五六七八九十]+(?=分)/g;
const KANJI_DIGITS = '〇一二三四五六七八九';
const ETHIOPIC = /[\u1369-\u137b]+/g;

/**
 * Reads the facts of one text.
 * @param english for romanised text, which takes its days from English
 */
export function readFacts(raw: string, reader: Reader, english?: Names): Reading {
  const known = readings.get(reader.names) ?? new Map<string, Reading>();
  readings.set(reader.names, known);
  const key = `${reader.tag} ${english ? 'a' : ''} ${raw}`;
  let reading = known.get(key);
  if (!reading) {
    reading = readAnew(raw, reader, english);
    // a draft is read when it is changed and when it is submitted
    if (known.size >= MOST_KEPT) known.clear();
    known.set(key, reading);
  }
  return reading;
}

const MOST_KEPT = 400;
const readings = new WeakMap<Names, Map<string, Reading>>();

/** `ጠዋት 08:30` is 08:30: the word is ours, and part of the time. */
function withoutDayParts(text: string, { dayParts = [] }: Names): string {
  return dayParts.reduce((rest, { word }) => rest.replaceAll(new RegExp(`${word} (?=\\d)`, 'g'), ''), text);
}

function readAnew(raw: string, reader: Reader, english?: Names): Reading {
  const text = withoutDayParts(foldNumerals(raw.replace(INVISIBLE, '').normalize('NFKC'), reader.tag), reader.names);
  const facts: Fact[] = [];
  let rest = text;
  const take = (pattern: RegExp, read: (found: RegExpMatchArray) => Omit<Fact, 'start' | 'end'>[] | null) => {
    for (const found of rest.matchAll(pattern)) {
      const read_ = read(found);
      if (!read_) continue;
      const [start, end] = [found.index, found.index + found[0].length];
      for (const fact of read_) facts.push({ ...fact, start, end });
      rest = rest.slice(0, start) + '|'.repeat(end - start) + rest.slice(end);
    }
  };
  take(PARAMETER, ([, name]) => [{ kind: 'parameter', value: name! }]);
  take(URL_IN_TEXT, ([url]) => [{ kind: 'url', value: url.replace(/[.,;:!?)\]|]+$/, '') }]);
  take(ISO_DAY, ([, year, month, day]) => [
    { kind: 'number', value: plain(day!) },
    { kind: 'number', value: year! },
    { kind: 'month', value: plain(month!) },
  ]);
  take(NUMERIC_DAY, ([, day, month, year]) => [
    { kind: 'number', value: plain(day!) },
    { kind: 'number', value: year! },
    { kind: 'month', value: plain(month!) },
  ]);
  for (const phone of phonesIn(rest)) {
    facts.push(phone);
    rest = rest.slice(0, phone.start) + '|'.repeat(phone.end - phone.start) + rest.slice(phone.end);
  }
  for (const form of [...datesOf(reader.names), ...(english ? datesOf(english) : [])])
    take(form.pattern, (found) => {
      const { weekday, month, day } = found.groups!;
      const read: Omit<Fact, 'start' | 'end'>[] = [{ kind: 'number', value: plain(day!) }];
      read.push({ kind: 'month', value: String(form.months.get(month!.toLowerCase())) });
      if (weekday) read.push({ kind: 'weekday', value: String(form.weekdays.get(weekday.toLowerCase())) });
      return read;
    });
  take(CODE, ([code]) => [{ kind: 'code', value: code }]);
  const half = (found: RegExpMatchArray) => halfOfDay(rest, found.index!, found[0].length, reader.words);
  take(CLOCK, (found) => [{ kind: 'time', value: clock(found[1]!, found[2]!, half(found)) }]);
  take(FULL_HOUR, (found) => [{ kind: 'time', value: clock(found[1]!, '00', half(found)) }]);
  take(NUMBER, ([number]) => [{ kind: 'number', value: amount(number) }]);
  joinDates(facts, rest);
  facts.sort((a, b) => a.start - b.start);
  return { text, facts, rest };
}

function foldNumerals(text: string, tag: string): string {
  let folded = foldDigits(text);
  if (/^(ja|zh|yue)/.test(tag)) folded = folded.replace(KANJI, (kanji) => (kanji === '一' ? kanji : fromKanji(kanji)));
  if (/^(am|ti)/.test(tag)) folded = folded.replace(ETHIOPIC, fromEthiopic);
  return folded;
}

/** Up to 99: hours, minutes and days. */
function fromKanji(kanji: string): string {
  if (!kanji.includes('十')) return [...kanji].map((sign) => KANJI_DIGITS.indexOf(sign)).join('');
  const [tens, ones] = kanji.split('十') as [string, string];
  return String((tens ? KANJI_DIGITS.indexOf(tens) : 1) * 10 + (ones ? KANJI_DIGITS.indexOf(ones) : 0));
}

/** Up to 199: the ten, then the one. */
function fromEthiopic(signs: string): string {
  let sum = 0;
  for (const sign of signs) {
    const place = sign.charCodeAt(0) - 0x1369;
    sum += place < 9 ? place + 1 : place === 18 ? 100 : (place - 8) * 10;
  }
  return String(sum);
}

/** `007` -> 7, `1,000` and `1.000` -> 1000, `3,5` -> 3.5 */
function plain(number: string): string {
  const bare = number.replace(/[,\u066b\u066c:]/g, '.');
  if (/^\d{1,3}(\.\d{3})+$/.test(bare)) return bare.replaceAll('.', '');
  return bare.replace(/^0+(?=\d)/, '');
}

/** `3,50` may be an hour or a price: written as the hour would be. */
function amount(number: string): string {
  const hour = /^([01]?\d|2[0-4])[.,]([0-5]\d)$/.exec(number);
  return hour ? clock(hour[1]!, hour[2]!, null) : plain(number);
}

/** A number that is written in one piece ends where the piece ends: what follows is another. */
function phonesIn(text: string): Fact[] {
  const phones: Fact[] = [];
  for (const found of text.matchAll(PHONE)) {
    const piece = /^\+?\d{8,}/.exec(found[0])?.[0] ?? found[0];
    const digits = piece.replace(/[^\d+]/g, '');
    if (digits.length < 7 || /^\d{1,2}\.\d\d[ ,]/.test(piece)) continue;
    phones.push({ kind: 'phone', value: digits, start: found.index, end: found.index + piece.length });
  }
  return phones;
}

type Half = 'morning' | 'afternoon' | null;

function clock(hour: string, minute: string, half: Half): string {
  let value = Number(hour);
  if (half === 'afternoon' && value < 12) value += 12;
  if (half === 'morning' && value === 12) value = 0;
  return `${String(value).padStart(2, '0')}:${minute}`;
}

const HALF_EVERYWHERE = { afternoon: ['pm', 'p.m.'], morning: ['am', 'a.m.'] };

function halfOfDay(text: string, start: number, length: number, words: LockWords | null): Half {
  const before = text.slice(0, start).trimEnd().toLowerCase();
  const after = text
    .slice(start + length)
    .trimStart()
    .toLowerCase();
  for (const half of ['afternoon', 'morning'] as const)
    for (const word of [...HALF_EVERYWHERE[half], ...(words?.[half] ?? [])]) {
      const folded = word.normalize('NFKC').toLowerCase();
      if (isWordBefore(before, folded) || isWordAfter(after, folded)) return half;
    }
  return null;
}

const LETTER = /[\p{L}\p{M}\d]/u;
/** Written without spaces between words, or with endings that hang on. */
const JOINED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Khmer}\p{Script=Myanmar}]/u;

export function isWordBefore(text: string, word: string): boolean {
  if (!text.endsWith(word)) return false;
  const edge = text.at(-word.length - 1);
  return edge === undefined || JOINED.test(word) || !LETTER.test(edge);
}

export function isWordAfter(text: string, word: string): boolean {
  if (!text.startsWith(word)) return false;
  const edge = text.at(word.length);
  return edge === undefined || JOINED.test(word) || !LETTER.test(edge);
}

interface DateForm {
  pattern: RegExp;
  months: Map<string, number>;
  weekdays: Map<string, number>;
}

const forms = new WeakMap<Names, DateForm[]>();

/** How a language writes a day: as the gateway writes it, then day and month in either order. */
function datesOf(names: Names): DateForm[] {
  const known = forms.get(names);
  if (known) return known;
  const fold = (word: string) => word.normalize('NFKC').toLowerCase().replace(/\.$/, '');
  // an SMS says sab for sáb, to fit
  const table = (words: string[], first: number) =>
    new Map(words.flatMap((word, i) => [bareLatin(fold(word)), fold(word)].map((one) => [one, i + first] as const)));
  const months = table(names.months, 1);
  const weekdays = table(names.weekdays, 0);
  const either = (words: Iterable<string>) =>
    [...words]
      .sort((a, b) => b.length - a.length)
      .map(literal)
      .join('|');
  const month = `(?<month>${either(months.keys())})\\.?`;
  const weekday = `(?<weekday>${either(weekdays.keys())})\\.?`;
  const own = literal(names.pattern.day.normalize('NFKC'))
    .replace('\\{weekday\\}', weekday)
    .replace('\\{day\\}', '(?<day>\\d{1,2})')
    .replace('\\{month\\}', month)
    .replaceAll(' ', '\\s');
  const start = '(?<![\\p{L}\\p{M}\\d])';
  const none = '(?<weekday>(?!))?';
  // 'gregorian' names hang on in many languages: January, janvier, января
  const tail = '[\\p{L}\\p{M}]*\\.?';
  const made = [
    own,
    `${none}(?<![\\d:])(?<day>\\d{1,2})(?!\\d)(?:er|st|nd|rd|th)?\\s?(?:de |of )?(?<![\\p{L}\\p{M}])${month}${tail}`,
    `${none}${start}${month}${tail}\\s?(?<day>\\d{1,2})(?![\\d:])[日일]?`,
  ].map((source) => ({ pattern: new RegExp(source, 'giu'), months, weekdays }));
  forms.set(names, made);
  return made;
}

function bareLatin(word: string): string {
  if (!/\p{Script=Latin}/u.test(word)) return word;
  return word.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('ı', 'i');
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A day and the hour beside it are one fact to what stands around them. */
function joinDates(facts: Fact[], rest: string): void {
  for (const time of facts) {
    if (time.kind !== 'time') continue;
    for (const date of facts.filter((fact) => fact.kind === 'month')) {
      const [first, second] = date.start < time.start ? [date, time] : [time, date];
      const between = rest.slice(first.end, second.start);
      // a letter between them, as in 18:30から3月2日, and they are two
      if (between.length > 6 || !/^[\s,.()]*$/.test(between)) continue;
      const [start, end] = [first.start, second.end];
      for (const fact of facts)
        if (fact.start >= start && fact.end <= end && fact !== time) Object.assign(fact, { start, end });
      Object.assign(time, { start, end });
    }
  }
}
