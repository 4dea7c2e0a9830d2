/**
 * Names of countries, languages and areas, and how a time is written, from tables baked out of CLDR
 * (`scripts/bake-names.mjs`): workerd's own Intl prints English for Sinhala, Nepali, Burmese and many more.
 */

import { type Assets, TextError } from './assets.ts';
import { canonicalTag } from './tags.ts';
import { type ClockTime, parseDay, parseTime } from './time.ts';

export interface Names {
  /** the language that the names are in: `en` when the wanted one has no table */
  language: string;
  countries: Record<string, string>;
  languages: Record<string, string>;
  /** ISO 3166-2 code -> name in this language */
  areas: Record<string, string>;
  /** the same in English, for areas that this language has no name for: Latin letters stand on the signs */
  englishAreas: Record<string, string>;
  /** abbreviated, January first */
  months: string[];
  /** abbreviated, Sunday first */
  weekdays: string[];
  /** with `{weekday}` `{day}` `{month}`, and `{time}` in `dayTime` */
  pattern: { day: string; dayTime: string };
  /**
   * parts of the day, by the hour that each begins at, where hours are counted from sunrise too: in Ethiopia and
   * Eritrea 2:00 is what others call 08:00, and `ጠዋት 08:00` (in the morning) can only be ours. That clock has no 13:00
   */
  dayParts?: { from: number; word: string }[];
}

/** Reads `locales/<tag>/names.json`; English when there is none, as `language` then says. */
export async function loadNames(assets: Assets, tag: string): Promise<Names> {
  const english = (await assets.read('locales/en/names.json')) as Omit<Names, 'englishAreas'> | null;
  if (!english) throw new TextError('bad_file', 'locales/en/names.json is missing');
  const own = tag === 'en' ? english : ((await assets.read(`locales/${tag}/names.json`)) as typeof english | null);
  return { ...(own ?? english), englishAreas: english.areas };
}

/** @param code ISO 3166-1 alpha-2. @returns null when there is no such country */
export function countryName(names: Names, code: string): string | null {
  return own(names.countries, code);
}

/** @returns the name of the language, of its base language when it has no name itself (`es-MX`), or null */
export function languageName(names: Names, tag: string): string | null {
  const canonical = canonicalTag(tag);
  if (!canonical) return null;
  return own(names.languages, canonical) ?? own(names.languages, canonical.split('-')[0]!);
}

/** @param code ISO 3166-2, for example `JP-04`. @returns null when the area is not in the tables */
export function areaName(names: Names, code: string): string | null {
  return own(names.areas, code) ?? own(names.englishAreas, code);
}

/**
 * A time on the clock of the offset that it carries, in Western digits (playbook LL-5).
 * @param time RFC 3339 with offset; one given as `Z` says UTC
 * @param length `full`: weekday, day, month, HH:MM. `short`: HH:MM
 * @throws TextError bad_time
 */
export function formatTime(names: Names, time: string, length: 'full' | 'short'): string {
  const clock = parseTime(time);
  if (!clock) throw new TextError('bad_time', `not an RFC 3339 time with an offset: ${time}`);
  const hhmm = `${two(clock.hour)}:${two(clock.minute)}`;
  if (length === 'short') return hhmm;
  const zone = clock.utc ? ' UTC' : '';
  return fill(names, names.pattern.dayTime, clock, partOfDay(names, clock.hour) + hhmm + zone);
}

function partOfDay(names: Names, hour: number): string {
  const part = hour >= 1 && hour <= 12 ? names.dayParts?.findLast(({ from }) => from <= hour) : undefined;
  return part ? `${part.word} ` : '';
}

/** @param day RFC 3339 full-date. @throws TextError bad_time */
export function formatDay(names: Names, day: string): string {
  const date = parseDay(day);
  if (!date) throw new TextError('bad_time', `not a day: ${day}`);
  return fill(names, names.pattern.day, date, '');
}

function fill(names: Names, pattern: string, date: Pick<ClockTime, 'month' | 'day' | 'weekday'>, time: string): string {
  const parts: Record<string, string> = {
    weekday: names.weekdays[date.weekday]!,
    day: String(date.day),
    month: names.months[date.month - 1]!,
    time,
  };
  return pattern.replace(/\{(weekday|day|month|time)\}/g, (_, name) => parts[name]!);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function own(table: Record<string, string>, key: string): string | null {
  return Object.hasOwn(table, key) ? table[key]! : null;
}

/**
 * A time or day without the stops of its abbreviations: on air "நவ." would end a sentence.
 * @param shown what `formatTime` or `formatDay` made
 */
export function withoutStops(shown: string): string {
  return shown.replace(/(?<=[\p{L}\p{M}])[.॰]/gu, '');
}
