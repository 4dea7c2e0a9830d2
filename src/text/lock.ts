/**
 * The fact lock (DESIGN section 7): whether every language says the same. It reads the texts and nothing else, and
 * takes a template for a text whose facts are its placeholders.
 */

import type { Catalog } from './catalog.ts';
import { type Fact, type FactKind, type Reader, type Reading, readFacts } from './facts.ts';
import { findMentions, hasGap, type Mention } from './mentions.ts';
import { misplaced, type Placed } from './roles.ts';
import { scriptFaults } from './scripts.ts';
import type { Meta } from './template.ts';

/** Where one language states something else than the others in the same length. */
export interface Difference {
  language: string;
  length: string;
  /** `th sms: says 19:30, the others 18:30` */
  detail: string;
}

/** language -> length -> text */
export type LockedTexts = Record<string, Partial<Record<string, string>>>;

interface Said {
  reader: Reader;
  raw: string;
  text: string;
  reading: Reading;
}

const STRICT: FactKind[] = ['time', 'number', 'phone', 'url', 'code', 'parameter'];
/** A language whose names of months were not recognised is not compared by them. */
const IF_READ: FactKind[] = ['month', 'weekday'];
const CAN_SWAP: FactKind[] = ['time', 'month', 'phone', 'code', 'parameter'];
const SHORTEST_COPY = 12;

/**
 * The lock for texts that people typed.
 * @param texts as they are sent; a length that is only its longer one again is compared once
 */
export async function lockTexts(catalog: Catalog, texts: LockedTexts): Promise<Difference[]> {
  const typed: LockedTexts = {};
  for (const [tag, { full, sms, radio, flash, ...more }] of Object.entries(texts)) {
    const same = full?.replace(ISOLATES, '');
    typed[tag] = { ...more, full };
    if (sms !== same) typed[tag].sms = sms;
    if (radio !== same) typed[tag].radio = radio;
    if (flash !== sms) typed[tag].flash = flash;
  }
  return findDifferences(typed, await readersOf(catalog, Object.keys(texts)));
}

const ISOLATES = /[\u2066-\u2069]/g;
const lockedTemplates = new WeakMap<Catalog, Map<string, Difference[]>>();

/** The lock for a template, in all languages that it has. Files do not change while we run: each is read once. */
export async function lockTemplate(catalog: Catalog, id: string): Promise<Difference[]> {
  const known = lockedTemplates.get(catalog) ?? new Map<string, Difference[]>();
  lockedTemplates.set(catalog, known);
  let differences = known.get(id);
  if (!differences) {
    const found = (await catalog.templates()).find((one) => one.id === id);
    // an alert may outlive its template
    if (!found) return [];
    const { languages } = found;
    const meta = await catalog.meta(id);
    const texts: LockedTexts = {};
    for (const tag of languages) texts[tag] = { ...(await catalog.text(id, tag))!.texts };
    differences = findDifferences(texts, await readersOf(catalog, languages), meta);
    known.set(id, differences);
  }
  return differences;
}

/** What is known of each language, and of English. */
export async function readersOf(catalog: Catalog, tags: string[]): Promise<Map<string, Reader>> {
  const readers = new Map<string, Reader>();
  for (const tag of new Set([...tags, 'en']))
    readers.set(tag, {
      tag,
      names: await catalog.names(tag),
      choices: Object.assign(
        {},
        ...Object.values(await catalog.choices(tag)).filter((group) => typeof group === 'object'),
      ),
      words: await catalog.lockWords(tag),
    });
  return readers;
}

/**
 * Everything that a language says otherwise than the others, length by length.
 * @param readers what is known of each language of `texts`
 * @param meta of a template: which placeholders a length must hold
 */
export function findDifferences(
  texts: LockedTexts,
  readers: ReadonlyMap<string, Reader>,
  meta?: Pick<Meta, 'carries'>,
): Difference[] {
  const differences: Difference[] = [];
  const lengths = new Map<string, Map<string, Said>>();
  for (const [tag, byLength] of Object.entries(texts))
    for (const [length, raw] of Object.entries(byLength)) {
      if (raw === undefined || length === 'event') continue;
      const reader = readers.get(tag)!;
      const reading = readFacts(raw, reader, length === 'ascii' ? readers.get('en')?.names : undefined);
      const said = { reader, raw, text: reading.text, reading };
      lengths.set(length, (lengths.get(length) ?? new Map()).set(tag, said));
    }
  const mentions = new Map([...lengths].map(([length, said]) => [length, findMentions(said)]));
  for (const [length, said] of lengths) {
    const add = (language: string, detail: string) =>
      differences.push({ language, length, detail: `${language} ${length}: ${detail}` });
    if (meta) {
      compareCarried(said, meta.carries[length as 'sms'] ?? meta.carries.sms ?? [], add);
      // not every language has a romanised form
      const missing = length === 'ascii' ? [] : Object.keys(texts).filter((tag) => !said.has(tag));
      if (missing.length < said.size) for (const tag of missing) add(tag, 'is missing');
    }
    compareFacts(said, add);
    compareMentions(said, length, mentions, add);
    for (const { language, detail } of misplaced(said, placedFacts(said, mentions.get(length)!))) add(language, detail);
    compareScripts(said, length, add);
  }
  return [...differences, ...findCopies(lengths)];
}

type Add = (language: string, detail: string) => void;

function compareCarried(said: Map<string, Said>, carried: string[], add: Add): void {
  for (const [tag, { reading }] of said) {
    const held = new Set(reading.facts.filter(({ kind }) => kind === 'parameter').map(({ value }) => value));
    const missing = carried.filter((name) => !held.has(name));
    const strange = [...held].filter((name) => !carried.includes(name));
    if (missing.length > 0) add(tag, `lacks ${braced(missing)}`);
    if (strange.length > 0) add(tag, `must not hold ${braced(strange)}`);
  }
}

const braced = (names: string[]) => names.map((name) => `{{${name}}}`).join(', ');

/** Six in the evening and 18:00 are one fact, as are 18 hours and 18 h. */
const keyOf = ({ kind, value }: Fact) =>
  kind === 'time' || kind === 'number' ? `number ${value.replace(/^0?(\d+):00$/, '$1')}` : `${kind} ${value}`;
const shown = (keys: string[]) => keys.map((key) => key.slice(key.indexOf(' ') + 1)).join(', ') || 'nothing';

function compareFacts(said: Map<string, Said>, add: Add): void {
  if (said.size < 2) return;
  for (const kinds of [STRICT, IF_READ]) {
    const stated = new Map<string, string[]>();
    for (const [tag, { reading }] of said) {
      const keys = reading.facts.filter(({ kind }) => kinds.includes(kind)).map(keyOf);
      if (kinds === STRICT || keys.length > 0) stated.set(tag, keys);
    }
    const expected = agreed([...stated.values()].map((keys) => [...new Set(keys)]));
    for (const [tag, keys] of stated) {
      const missing = [...expected].filter((key) => !keys.includes(key) && isComparable(key, keys, kinds));
      const strange = [...new Set(keys)].filter((key) => !expected.has(key) && isComparable(key, [...expected], kinds));
      if (missing.length + strange.length > 0) add(tag, `says ${shown(strange)}, the others ${shown(missing)}`);
    }
    if (kinds === STRICT) compareCounts(stated, add);
  }
}

/** Names of months and weekdays are compared where both sides were read. */
function isComparable(key: string, others: string[], kinds: FactKind[]): boolean {
  if (kinds === STRICT) return true;
  const kind = key.split(' ')[0]!;
  return others.some((other) => other.startsWith(`${kind} `));
}

/** What more than half say; when two halves differ, what the first says. */
function agreed(stated: string[][]): Set<string> {
  const counts = new Map<string, number>();
  for (const keys of stated) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const isAgreed = ([key, count]: [string, number]) =>
    count * 2 > stated.length || (count * 2 === stated.length && stated[0]!.includes(key));
  return new Set([...counts].filter(isAgreed).map(([key]) => key));
}

/** A placeholder or code that all others say as often, and one does not. */
function compareCounts(stated: Map<string, string[]>, add: Add): void {
  if (stated.size < 5) return;
  const keys = new Set([...stated.values()].flat().filter((key) => /^(parameter|code) /.test(key)));
  for (const key of keys) {
    const byCount = new Map<number, string[]>();
    for (const [tag, all] of stated) {
      const count = all.filter((one) => one === key).length;
      byCount.set(count, [...(byCount.get(count) ?? []), tag]);
    }
    const [few, many] = [...byCount].sort(([, a], [, b]) => a.length - b.length);
    if (byCount.size === 2 && few![1].length === 1 && few![0] > 0 && many![0] > 0)
      add(few![1][0]!, `says ${shown([key])} ${few![0]} times, the others ${many![0]} times`);
  }
}

function compareMentions(said: Map<string, Said>, length: string, all: Map<string, Mention[]>, add: Add): void {
  for (const { name, known, at, isChoice } of all.get(length)!) {
    for (const [tag, { raw, reader }] of said) {
      if (at.has(tag)) continue;
      // a name in the letters of the language stands in all its lengths, or is cut out of all
      const elsewhere = [...all].some(
        ([other, mentions]) => other !== length && mentions.some((one) => one.name === name && one.at.has(tag)),
      );
      if (known || (elsewhere && !isChoice) || hasGap(raw, reader)) add(tag, `lacks ${name}, which all others say`);
    }
  }
}

function placedFacts(said: Map<string, Said>, mentions: Mention[]): Placed[] {
  const placed = new Map<string, Placed>();
  for (const [tag, { reading }] of said)
    for (const fact of reading.facts) {
      if (!CAN_SWAP.includes(fact.kind)) continue;
      const at = reading.facts.filter(({ start }) => start === fact.start);
      // a day that has its hour beside it moves with the hour
      if (fact.kind === 'month' && at.some(({ kind }) => kind === 'time')) continue;
      const key =
        fact.kind === 'parameter'
          ? `{{${fact.value}}}`
          : fact.kind === 'month'
            ? `${at.find(({ kind }) => kind === 'number')?.value}/${fact.value}`
            : fact.value;
      const known = placed.get(key) ?? { key, isTime: ['time', 'month'].includes(fact.kind), at: new Map() };
      placed.set(key, known);
      if (!known.at.has(tag)) known.at.set(tag, { start: fact.start, end: fact.end });
    }
  // GO and CHECK are words to send, not facts that could change places
  for (const { name, at } of mentions.filter((one) => !mentions.some((other) => isTailOf(one, other, said))))
    if (!/^[A-Z]{2,8}$/.test(name)) placed.set(name, { key: name, isTime: false, at });
  return [...placed.values()];
}

/** Of "Beirut southern suburbs, Tyre" only the first part is compared by its place. */
function isTailOf(one: Mention, other: Mention, said: Map<string, Said>): boolean {
  if (one === other) return false;
  const follows = [...one.at].filter(([tag, { start }]) => {
    const before = other.at.get(tag);
    return before !== undefined && said.get(tag)!.text.slice(before.end, start) === ', ';
  });
  return follows.length * 2 >= one.at.size;
}

/** A word in other letters that half of the other languages carry too is a name: what stands on a sign. */
function compareScripts(said: Map<string, Said>, length: string, add: Add): void {
  if (length === 'ascii') return;
  const carried = new Map<string, number>();
  for (const { reading } of said.values())
    for (const word of new Set(reading.rest.match(WORD))) carried.set(word, (carried.get(word) ?? 0) + 1);
  for (const [tag, { reading }] of said) {
    const others = said.size - 1;
    const own = reading.rest.replace(WORD, (word) =>
      others > 0 && (carried.get(word)! - 1) * 2 >= others ? '|' : word,
    );
    if ((own.match(/\p{L}/gu)?.length ?? 0) < 4) continue;
    for (const fault of scriptFaults(own, tag)) add(tag, fault);
  }
}

/** Latin letters end where others begin: "Lankaから" is two. */
const WORD = /[\p{Script=Latin}\p{M}'’-]+|[^\P{L}\p{Script=Latin}][^\P{L}\p{Script=Latin}\p{M}]*/gu;

/** The same words under two languages: one of them is missing. Space, case, signs and digits make no difference. */
function findCopies(lengths: Map<string, Map<string, Said>>): Difference[] {
  const first = new Map<string, Place>();
  const copies: Difference[] = [];
  for (const [length, said] of lengths) {
    if (length === 'ascii') continue;
    for (const [tag, { text }] of said) {
      const letters = text.replace(/[^\p{L}\p{M}]/gu, '').toLowerCase();
      if (letters.length < SHORTEST_COPY) continue;
      const known = first.get(letters);
      if (!known) first.set(letters, { tag, length });
      else if (known.tag !== tag && !isNeighbour(known, { tag, length }, lengths))
        copies.push({ language: tag, length, detail: `${tag} ${length}: equals ${known.tag} ${known.length}` });
    }
  }
  return copies;
}

/** Persian and Dari, Japanese and plain Japanese may come close in a short text: they may not be the same to the letter. */
function isNeighbour(one: Place, other: Place, lengths: Map<string, Map<string, Said>>): boolean {
  if (one.tag.split('-')[0] !== other.tag.split('-')[0]) return false;
  const [a, b] = [one, other].map(({ tag, length }) => lengths.get(length)!.get(tag)!.text.replace(/\s+/g, ' ').trim());
  return a !== b;
}

interface Place {
  tag: string;
  length: string;
}
