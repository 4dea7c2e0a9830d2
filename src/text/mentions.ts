/** Names that the languages carry alike: countries and areas by their tables, other names letter by letter. */

import { isWordAfter, type Reader, type Reading } from './facts.ts';
import type { Names } from './names.ts';

export interface Mention {
  /** for the reader: the English or the Latin name */
  name: string;
  /** true for a country or area, which every language has a word for */
  known: boolean;
  /** true for words of `choices.json`, which may as well be words of the text */
  isChoice: boolean;
  at: Map<string, { start: number; end: number }>;
}

/** All but one of at least this many languages must carry a name, before the last one is asked for it. */
const ENOUGH = 4;
const LATIN_RUN = /\p{Script=Latin}[\p{Script=Latin}\p{M}'’.-]*(?: \p{Script=Latin}[\p{Script=Latin}\p{M}'’.-]*)*/gu;
const OTHER_LETTER = /[^\P{L}\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;

/**
 * The names that all languages of a length carry, or all but one.
 * @param said language -> its readings of one length
 */
export function findMentions(said: Map<string, { reader: Reader; reading: Reading }>): Mention[] {
  if (said.size < ENOUGH) return [];
  const mentions: Mention[] = [];
  const add = (mention: Mention) => {
    if (mention.at.size >= said.size - 1) mentions.push(mention);
  };
  for (const [code, name] of knownPlaces([said.get('en'), ...said.values()].slice(0, 3))) {
    const at = new Map<string, { start: number; end: number }>();
    for (const [tag, { reader, reading }] of said) {
      const own = tablesOf(reader.names).get(code);
      const found = own && findName(reading.rest, own);
      if (found) at.set(tag, found);
    }
    add({ name, known: true, isChoice: false, at });
  }
  for (const id of Object.keys([...said.values()][0]!.reader.choices)) {
    const at = new Map<string, { start: number; end: number }>();
    for (const [tag, { reader, reading }] of said) {
      const words = reader.choices[id];
      const found = words && findName(reading.rest, words.normalize('NFKC'));
      if (found) at.set(tag, found);
    }
    add({ name: id, known: false, isChoice: true, at });
  }
  const runs = new Map<string, number>();
  for (const { reading } of said.values()) {
    if (!OTHER_LETTER.test(reading.rest)) continue;
    for (const run of new Set(reading.rest.match(LATIN_RUN)?.map((run) => run.replace(/[.'’-]+$/, ''))))
      runs.set(run, (runs.get(run) ?? 0) + 1);
  }
  for (const [run, count] of runs) {
    if (count < 2 || run.length < 2 || mentions.some((mention) => mention.name === run)) continue;
    const at = new Map<string, { start: number; end: number }>();
    for (const [tag, { reading }] of said) {
      const start = findRun(reading.rest, run);
      if (start >= 0) at.set(tag, { start, end: start + run.length });
    }
    add({ name: run, known: false, isChoice: false, at });
  }
  return mentions;
}

function knownPlaces(languages: ({ reader: Reader; reading: Reading } | undefined)[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const language of new Set(languages))
    for (const [code, name] of language ? tablesOf(language.reader.names) : [])
      if (name.length > 2 && language!.reading.rest.includes(name)) found.set(code, name);
  return found;
}

const tables = new WeakMap<Names, Map<string, string>>();

/** code -> the name that the gateway writes in a language */
function tablesOf(names: Names): Map<string, string> {
  const known = tables.get(names);
  if (known) return known;
  const all = { ...names.englishAreas, ...names.areas, ...names.countries };
  const table = new Map(Object.entries(all).map(([code, name]) => [code, name.normalize('NFKC')]));
  tables.set(names, table);
  return table;
}

const SHORTEST_CUT = 6;
const SHORTEST_WORD = 4;

/**
 * Where a name stands: whole, without the accents that an SMS drops, without its last two letters where an ending took
 * their place, or cut as a flash text cuts it: by words, or by letters.
 */
function findName(text: string, name: string): { start: number; end: number } | null {
  const parts = [
    name,
    name
      .normalize('NFD')
      .replace(/(?<=[A-Za-z])\p{Mn}+/gu, '')
      .replaceAll('ı', 'i'),
  ];
  if (name.length >= SHORTEST_CUT) parts.push(name.slice(0, -2), parts[1]!.slice(0, -2));
  if (name.length > 8) parts.push(name.slice(0, SHORTEST_CUT), parts[1]!.slice(0, SHORTEST_CUT));
  const words = name.split(' ');
  for (let kept = words.length - 1; kept > 0; kept--) parts.push(words.slice(0, kept).join(' '));
  for (const part of parts.filter((one) => one.length >= SHORTEST_WORD || one === name)) {
    const start = text.indexOf(part);
    if (start >= 0) return { start, end: start + part.length };
  }
  return null;
}

const LATIN = /\p{Script=Latin}/u;

/** Where a Latin name stands as words of its own: "km" is not in "çıkmayın". */
function findRun(text: string, run: string): number {
  for (let start = text.indexOf(run); start >= 0; start = text.indexOf(run, start + 1))
    if (!LATIN.test(text[start - 1] ?? '') && !LATIN.test(text[start + run.length] ?? '')) return start;
  return -1;
}

/** What a cut-out name leaves behind. */
const GAP =
  /\S {2,}\S|\s[,.،。、۔।፣።၊]|[:：፦៖]\s*[:：፦៖,.，،。、۔।፣።၊]|[.!?。।።។]\s*[:：፦៖]|\(\s*\)|[,、،，]\s*[,、،，.。]|^\s*[,.:：፦៖،、]|^[\u200e\u200f\u2066-\u2069]* +\S/mu;

/** Whether something was cut out of a text and left its spaces, its comma or the word that stands after a place. */
export function hasGap(text: string, reader: Reader): boolean {
  if (GAP.test(text)) return true;
  const alone = /(?:^|[:：፦៖,，、。])\s*(?=(\S.{0,12}))/gmu;
  for (const [, next] of text.matchAll(alone))
    if (reader.words?.place.after.some((word) => isWordAfter(next!, word))) return true;
  return false;
}
