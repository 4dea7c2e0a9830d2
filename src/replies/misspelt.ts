import type { Clause } from './clauses.ts';
import type { Language, Role } from './lexicon.ts';
import { joined, kindAt } from './normalise.ts';

/** A word that is one slip away from a word that matters. It may raise help or make the gateway ask; it never says safe. */
export interface NearMiss {
  word: string;
  meant: string;
  cry: boolean;
}

const cries: Role[] = ['help', 'hurt', 'trapped', 'harm', 'risk', 'unsafe'];

export function nearMisses(clauses: Clause[], languages: Language[]): NearMiss[] {
  const misses: NearMiss[] = [];
  const unknown = clauses.flatMap((clause) => clause.unknown).slice(0, 12);
  for (const word of unknown) {
    if (word.length < 3 || word.length > 20 || kindAt(word, 0) === joined) continue;
    for (const language of languages) {
      const heard = language.sound ? language.sound(word).text : word;
      for (const [known, roles] of language.words) {
        if (Math.abs(known.length - heard.length) > 1 || known.length < 3) continue;
        const cry = cries.some((role) => roles.has(role));
        const not = roles.has('notBefore') || roles.has('notAfter');
        if (!(cry && known.length >= 4) && !not) continue;
        if (heard.length < (cry ? 4 : 3) || !oneSlip(heard, known)) continue;
        misses.push({ word, meant: known, cry });
      }
    }
  }
  return misses;
}

/** One letter changed, left out or added, or two neighbours exchanged. */
export function oneSlip(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length > b.length) return oneSlip(b, a);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (a.length < b.length) return a.slice(at) === b.slice(at + 1);
  if (a.slice(at + 1) === b.slice(at + 1)) return true;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
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
  return text.replace(/[\p{L}\p{M}]{5,30}/gu, (word) => {
    if (kindAt(word, 0) === joined) return word;
    for (const language of languages) {
      const heard = language.sound ? language.sound(word).text : word;
      if (language.words.has(heard)) return word;
    }
    for (const language of languages) {
      const split = divide(word, language);
      if (split) return split;
    }
    return word;
  });
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
