import type { Clause } from './clauses.ts';
import { has } from './clauses.ts';
import { findWords, type Language, type Role } from './lexicon.ts';
import { joined, kindAt } from './normalise.ts';

/** A word that is one slip away from a word that matters. It may raise help or make the gateway ask; it never says safe. */
export interface NearMiss {
  word: string;
  meant: string;
  cry: boolean;
}

/** Short words have too many neighbours: below six letters only exchanged, doubled or lost letters count, not other ones. */
export function nearMisses(clauses: Clause[], languages: Language[]): NearMiss[] {
  const misses: NearMiss[] = [];
  for (const clause of clauses) {
    for (const word of clause.unknown.slice(0, 12)) {
      if (word.length < 3 || word.length > 20 || kindAt(word, 0) === joined || !/^[a-z]+$/.test(word)) continue;
      for (const language of languages) {
        if (language !== languages[0] && word.length < 5) continue;
        const heard = language.sound ? language.sound(word).text : word;
        for (let length = heard.length - 1; length <= heard.length + 1; length++) {
          for (const known of language.weighty.get(length) ?? []) {
            if (
              known.cry
                ? heard.length < 4 || known.word.length < 4
                : !clause.hits.some((hit) => has(hit, 'safe', 'fine'))
            )
              continue;
            if (oneSlip(heard, known.word, known.cry && heard.length >= 6))
              misses.push({ word, meant: known.word, cry: known.cry });
          }
        }
      }
    }
  }
  return misses;
}

/** One letter left out or added, two neighbours exchanged, or (if allowed) one letter changed. */
export function oneSlip(a: string, b: string, change = true): boolean {
  if (a === b) return true;
  if (a.length > b.length) return oneSlip(b, a, change);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (a.length < b.length) return a.slice(at) === b.slice(at + 1);
  if (a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)) return true;
  return change && a.slice(at + 1) === b.slice(at + 1);
}

/** Words whose joining changes nothing but the spaces: "wearesafe", "notsafe". */
const parts: Role[] = [
  'safe',
  'fine',
  'help',
  'i',
  'we',
  'all',
  'notBefore',
  'notAfter',
  'need',
  'filler',
  'now',
  'courtesy',
  'unsafe',
  'other',
  'trapped',
  'hurt',
];

export function separateWords(text: string, languages: Language[]): string {
  if (text.length > 60) return text;
  return text.replace(/[\p{L}\p{M}]{4,30}/gu, (word) => {
    if (kindAt(word, 0) === joined) return word;
    if (languages.some((language) => isKnown(word, language))) return word;
    // a letter held down twice: "saafe", "hellp"
    const single = word.replace(/([a-z])\1/g, '$1');
    if (single !== word && languages.some((language) => language.words.has(single))) return single;
    if (word.length < 5) return word;
    for (const language of languages) {
      const split = divide(word, language);
      if (split) return split;
    }
    return word;
  });
}

/** Alone, as a part of a phrase, or as the beginning that a `*` leaves open. */
function isKnown(word: string, language: Language): boolean {
  if (language.vocabulary.has(language.sound ? language.sound(word).text : word)) return true;
  return findWords(word, [language]).some((hit) => hit.start === 0 && hit.end === word.length);
}

function divide(word: string, language: Language): string | null {
  const best: (string | null)[] = [''];
  for (let end = 1; end <= word.length; end++) {
    best[end] = null;
    for (let start = 0; start < end; start++) {
      const head = best[start];
      if (head === null || head === undefined || end - start < 2) continue;
      const part = word.slice(start, end);
      const roles = language.words.get(language.sound ? language.sound(part).text : part);
      if (!roles || !parts.some((role) => roles.has(role))) continue;
      const longer = head === '' ? part : `${head} ${part}`;
      const kept = best[end];
      if (!kept || kept.split(' ').length > longer.split(' ').length) best[end] = longer;
    }
  }
  const whole = best[word.length];
  return whole?.includes(' ') ? whole : null;
}
