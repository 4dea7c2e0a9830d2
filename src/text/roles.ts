/** What each fact of a text is for: which words stand beside it, and in which order the facts come. */

import { type Beside, isWordAfter, isWordBefore, type Reader } from './facts.ts';

/** A fact that can change places with another: by key, where each language says it first. */
export interface Placed {
  key: string;
  isTime: boolean;
  at: Map<string, { start: number; end: number }>;
}

export interface Said {
  reader: Reader;
  text: string;
}

type Role = 'until' | 'place' | 'number';
const ROLES: Role[] = ['until', 'number'];

/** Fewer languages say nothing about the order that all have. */
const ENOUGH = 8;
/** Up to this part of the languages may be the ones that are wrong. */
const FEW = 0.12;

/** Why a language gives a fact another role than the others. */
export interface Misplaced {
  language: string;
  detail: string;
}

/**
 * Facts that changed places in one language. Two signs: the word for "until" (or another of `lock.json`) stands beside
 * another fact than in the other languages; or two facts come in an order that no other language has, and no such word
 * says that it is right.
 * @param said the same length by language
 */
export function misplaced(said: Map<string, Said>, facts: Placed[]): Misplaced[] {
  const found: Misplaced[] = [];
  const beside = new Map<string, boolean>();
  const isBeside = (fact: Placed, tag: string, role: Role): boolean => {
    const key = `${fact.key} ${tag} ${role}`;
    const known = beside.get(key);
    if (known !== undefined) return known;
    const { text, reader } = said.get(tag)!;
    const at = fact.at.get(tag);
    const is = at !== undefined && reader.words !== null && standsBeside(text, at, reader.words[role]);
    beside.set(key, is);
    return is;
  };
  const counts = new Map<string, number>();
  const agreeing = (fact: Placed, role: Role): number => {
    const key = `${fact.key} ${role}`;
    const count = counts.get(key) ?? [...fact.at.keys()].filter((tag) => isBeside(fact, tag, role)).length;
    counts.set(key, count);
    return count;
  };
  const roles = new Map(
    facts.map((fact) => {
      const knowing = [...fact.at.keys()].filter((tag) => said.get(tag)!.reader.words !== null).length;
      const has = (role: Role) => agreeing(fact, role) >= 3 && agreeing(fact, role) * 2 >= knowing;
      return [fact, ROLES.filter(has)];
    }),
  );
  for (const fact of facts)
    for (const role of roles.get(fact)!) {
      for (const tag of fact.at.keys()) {
        if (isBeside(fact, tag, role)) continue;
        const other = facts.find((one) => one !== fact && !roles.get(one)!.includes(role) && isBeside(one, tag, role));
        if (other) found.push({ language: tag, detail: `${other.key} stands where the others say ${fact.key}` });
      }
    }
  for (const [index, first] of facts.entries())
    for (const second of facts.slice(index + 1)) {
      const both = [...first.at.keys()].filter((tag) => second.at.has(tag));
      const isEarlier = (tag: string) => first.at.get(tag)!.start < second.at.get(tag)!.start;
      const ahead = both.filter(isEarlier);
      const few = ahead.length * 2 < both.length ? ahead : both.filter((tag) => !isEarlier(tag));
      const times = first.isTime && second.isTime;
      if (few.length === 0 || both.length < (times ? 3 : ENOUGH)) continue;
      // words for "in" are everywhere: they say that an order is right, never that it is wrong
      const place = agreeing(first, 'place') > agreeing(second, 'place') ? first : second;
      const isPlace = !place.isTime && agreeing(place, 'place') >= 3;
      const isRight = (tag: string) =>
        (isPlace && isBeside(place, tag, 'place')) ||
        [first, second].some((fact) => roles.get(fact)!.some((role) => isBeside(fact, tag, role)));
      const wrong = few.filter((tag) => !isRight(tag));
      if (wrong.length > Math.max(1, Math.floor(both.length * FEW))) continue;
      for (const tag of wrong)
        found.push({ language: tag, detail: `${first.key} and ${second.key} have changed places` });
    }
  const seen = new Set<string>();
  return found.filter(({ language }) => !seen.has(language) && seen.add(language));
}

function standsBeside(text: string, at: { start: number; end: number }, words: Beside): boolean {
  const before = bare(text.slice(Math.max(0, at.start - 40), at.start)).trimEnd();
  const after = bare(text.slice(at.end, at.end + 40)).trimStart();
  return (
    words.before.some((word) => isWordBefore(before, fold(word))) ||
    words.after.some((word) => isWordAfter(after, fold(word)))
  );
}

const folded = new Map<string, string>();

function fold(word: string): string {
  const known = folded.get(word) ?? bare(word.normalize('NFKC'));
  folded.set(word, known);
  return known;
}

/** An SMS writes ate for até, to fit. */
function bare(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/(?<=[a-z]\p{Mn}*)\p{Mn}/gu, '')
    .normalize('NFC')
    .replaceAll('ı', 'i')
    .replaceAll('đ', 'd')
    .replaceAll('’', "'");
}
