/** The facts that an author types into a template: checked once, then said in every language. */

import { areaName, countryName, formatDay, formatTime, type Names } from './names.ts';
import { shorten } from './segments.ts';
import { canonicalTag, chooseLanguage } from './tags.ts';
import type { Choices, Meta, ParameterMeta } from './template.ts';
import { parseDay, parseTime } from './time.ts';

/**
 * | code | what is wrong |
 * |---|---|
 * | `unknown_parameter` | the template has no such parameter, or the gateway fills it (`org`, `ref`, `lang`) |
 * | `missing_parameter` | required and absent or empty |
 * | `wrong_type` | not a string, number or `{<tag>: string}` where one belongs |
 * | `bad_time` `bad_day` `bad_phone` `bad_count` | not in the form that the type asks for |
 * | `bad_language` | a key of `{<tag>: string}` is not a language tag |
 * | `too_long` | longer than `maxLength` of the meta |
 * | `forbidden_character` | a control or invisible direction character (playbook MS-11) |
 */
export interface ParameterProblem {
  /** RFC 6901, for example `/place` or `/place/si` */
  pointer: string;
  code: string;
  message: string;
}

/** One text for all languages, or one for each. */
export type LanguageText = string | Record<string, string>;

export interface RenderContext {
  org: LanguageText;
  /** the organisation in a flash text, for all languages; made from `org` when absent */
  shortOrg?: string | undefined;
  ref: string;
  /** `short` is for flash texts: `short` units of the meta */
  form: 'long' | 'short';
  /** UTF-16 code units of a name in a long form, where an SMS would be too long otherwise */
  room?: number | undefined;
  /** BCP 47 */
  language: string;
  /** names of imported areas by their id */
  areas?: Record<string, LanguageText>;
}

const OURS = ['org', 'ref', 'lang'];
/** UTF-16 code units of the organisation's name in a flash text (DESIGN section 10) */
export const SHORT_ORG = 12;
/** and in an SMS that is too long with the whole name */
export const ROOM_ORG = 20;
/** E.164, or what is dialled for an ambulance: locales/emergency-numbers.json holds numbers of three and four digits */
const PHONE = /^(?:\+[1-9]\d{6,14}|\d{3,6})$/;
// biome-ignore lint/complexity/useRegexLiterals: the escapes stay readable
const FORBIDDEN = new RegExp('[\\p{Cc}\\p{Cs}\\u200b\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069\\ufeff]', 'u');

/** Says everything that is wrong with what was typed, at once. */
export function checkParameters(meta: Meta, given: Record<string, unknown>): { problems: ParameterProblem[] } {
  const problems: ParameterProblem[] = [];
  const add = (path: string[], code: string, message: string) =>
    problems.push({ pointer: path.map((part) => `/${escapePointer(part)}`).join(''), code, message });

  for (const name of Object.keys(given)) {
    if (Object.hasOwn(meta.parameters, name)) continue;
    const why = OURS.includes(name) ? 'is filled by the gateway' : `is not a parameter of "${meta.id}"`;
    add([name], 'unknown_parameter', `"${name}" ${why}`);
  }
  for (const [name, parameter] of Object.entries(meta.parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null || value === '') {
      if (parameter.required) add([name], 'missing_parameter', `"${name}" is missing`);
    } else {
      for (const [path, code, message] of checkValue(parameter, value)) add([name, ...path], code, message);
    }
  }
  return { problems };
}

type Finding = [path: string[], code: string, message: string];

function checkValue(parameter: ParameterMeta, value: unknown): Finding[] {
  const text = typeof value === 'string' ? value : '';
  switch (parameter.type) {
    case 'time':
      return parseTime(text) ? [] : [[[], 'bad_time', 'needs a time with its offset, like 2026-01-12T18:30:00+09:00']];
    case 'day':
      return parseDay(text) ? [] : [[[], 'bad_day', 'needs a day like 2026-01-13']];
    case 'phone':
      return PHONE.test(text) ? [] : [[[], 'bad_phone', 'needs a number like +94112338812, or a short one like 119']];
    case 'count': {
      const count = /^\d{1,9}$/.test(text) ? Number(text) : value;
      const fine = Number.isSafeInteger(count) && (count as number) >= 0;
      return fine ? [] : [[[], 'bad_count', 'needs a whole number']];
    }
  }
  if (typeof value === 'string') return checkWords(parameter, value, []);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    return [[[], 'wrong_type', 'needs a text, or one for each language like {"si": "...", "en": "..."}']];
  }
  return Object.entries(value).flatMap(([tag, words]): Finding[] => {
    if (!canonicalTag(tag)) return [[[tag], 'bad_language', `"${tag}" is not a language tag`]];
    return typeof words === 'string' ? checkWords(parameter, words, [tag]) : [[[tag], 'wrong_type', 'needs a text']];
  });
}

function checkWords(parameter: ParameterMeta, words: string, path: string[]): Finding[] {
  if (words.trim() === '') return [[path, 'missing_parameter', 'is empty']];
  if (FORBIDDEN.test(words)) return [[path, 'forbidden_character', 'holds a control or invisible character']];
  const length = words.normalize('NFC').length;
  if (length <= parameter.maxLength) return [];
  return [[path, 'too_long', `takes at most ${parameter.maxLength} characters, this has ${length}`]];
}

/** Which languages would see a text that was typed in another one: shown to the approver. */
export function untranslatedParameters(
  meta: Meta,
  given: Record<string, unknown>,
  names: Names,
  choices: Choices,
  languages: string[],
): { name: string; languages: string[] }[] {
  return Object.entries(meta.parameters).flatMap(([name, { type }]) => {
    const value = given[name];
    if (value === undefined || ['time', 'day', 'phone', 'count'].includes(type)) return [];
    if (typeof value === 'string' && lookUp(type, value, names, choices) !== null) return [];
    const told = typeof value === 'object' && value !== null ? Object.keys(value).map(canonicalTag) : [];
    const untold = languages.filter((language) => !told.includes(language));
    return untold.length > 0 ? [{ name, languages: untold }] : [];
  });
}

/**
 * The checked parameters in the words of one language, with `org` and `ref`. Nothing is escaped.
 * @param names in the language of `context`
 */
export function renderParameters(
  meta: Meta,
  given: Record<string, unknown>,
  names: Names,
  choices: Choices,
  context: RenderContext,
): Record<string, string> {
  const short = context.form === 'short';
  const org = sayIn(context.org, context.language);
  const long = context.room === undefined ? org : shortName(org, ROOM_ORG);
  const values: Record<string, string> = { org: short ? (context.shortOrg ?? shortName(org)) : long, ref: context.ref };
  for (const [name, parameter] of Object.entries(meta.parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null || value === '') continue;
    values[name] = say(parameter, value, names, choices, context);
  }
  return values;
}

function say(parameter: ParameterMeta, value: unknown, names: Names, choices: Choices, context: RenderContext): string {
  const { type } = parameter;
  if (type === 'time') return formatTime(names, String(value), context.form === 'short' ? 'short' : 'full');
  if (type === 'day') return formatDay(names, String(value));
  if (type === 'phone' || type === 'count') return String(value);

  let words = typeof value === 'string' ? lookUp(type, value, names, choices) : null;
  if (words === null && typeof value === 'string' && type === 'place' && context.areas) {
    const area = Object.hasOwn(context.areas, value) ? context.areas[value] : undefined;
    words = area === undefined ? null : sayIn(area, context.language);
  }
  words = (words ?? sayIn(value as LanguageText, context.language)).normalize('NFC').trim();
  const room = context.form === 'short' ? parameter.short : context.room;
  return room === undefined ? words : shorten(words, room);
}

/** Small words of names, which begin with a small letter: of, de, für. */
const SMALL_WORD = /(?:\s+\p{Ll}[\p{L}'’-]*)+$/u;

/**
 * An organisation's name in a flash text: itself, its first whole words without a small one at their end (`Embassy`),
 * or its initials where the first word alone is too long (`IOM`).
 */
export function shortName(name: string, units = SHORT_ORG): string {
  const whole = name.normalize('NFC').trim();
  if (whole.length <= units) return whole;
  const [first = ''] = whole.split(/\s+/u);
  if (first.length > units) {
    const initials = whole.split(/[\s-]+/u).filter((word) => /^\p{Lu}/u.test(word));
    if (initials.length > 1 && initials.length <= units) return initials.map((word) => [...word][0]).join('');
    return shorten(whole, units);
  }
  let words = first;
  for (const word of whole.split(/\s+/u).slice(1)) {
    if (`${words} ${word}`.length > units) break;
    words += ` ${word}`;
  }
  return words.replace(SMALL_WORD, '').replace(/[\p{P}\s]+$/u, '') || words;
}

/** The words for an ISO 3166 code or an id of the choices; null for anything else. */
function lookUp(type: ParameterMeta['type'], value: string, names: Names, choices: Choices): string | null {
  if (type === 'place') return /^[A-Z]{2}-/.test(value) ? areaName(names, value) : countryName(names, value);
  const group = choices[type];
  return group && Object.hasOwn(group, value) ? group[value]! : null;
}

function sayIn(text: LanguageText, language: string): string {
  if (typeof text === 'string') return text;
  const byTag = new Map(Object.entries(text).map(([tag, words]) => [canonicalTag(tag) ?? tag, words]));
  const tags = [...byTag.keys()];
  return byTag.get(chooseLanguage([language], tags, 'en')?.language ?? tags[0]!) ?? '';
}

function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
