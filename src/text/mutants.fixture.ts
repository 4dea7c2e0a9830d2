/** Texts with one fact changed in one language, for the tests of the fact lock. */

import type { LockedTexts } from './lock.ts';

export const KINDS = ['digit', 'hour', 'phone', 'url', 'dropped', 'swapped', 'script', 'same'] as const;
export type Kind = (typeof KINDS)[number];

export interface Mutant {
  kind: Kind;
  language: string;
  /** what was done, for the message of a test that fails */
  what: string;
  texts: LockedTexts;
}

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What stands at the end of every text, so that each kind has something to change. */
export const STATED = ' https://consulate.example/help/7 : 40 km, 16:50 : +94 11 233 8812';
const CYRILLIC = 'абвгдежзиклмнопрстуфхцчшщыэ';
const LATIN = 'etaoinshrdlucmfwyp';
const DIGITS = ['0', '٠', '०', '๐', '০', '၀', '０'];

/**
 * One mutant, or null when this text has nothing of the kind.
 * @param facts by language, what can be dropped or swapped: placeholders, or their values
 */
export function mutate(
  kind: Kind,
  original: LockedTexts,
  facts: Record<string, string[]>,
  random: () => number,
): Mutant | null {
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const tag = pick(Object.keys(original))!;
  const all = Object.entries(original[tag]!).filter(([length]) => length !== 'event' && length !== 'ascii');
  // one length, or every length of the language
  // without spaces a name that is cut out of every length leaves no gap: the lock cannot see that
  const unseen = kind === 'dropped' && /^(zh|ja|th|km|my)/.test(tag);
  const chosen = unseen || random() < 0.5 ? [pick(all)!] : all;
  const changed = structuredClone(original);
  let what = '';
  const other = pick(Object.keys(original).filter((one) => one !== tag && original[one]!.full !== undefined));
  const pair = [pick(facts[tag]!), pick(facts[tag]!)];
  const isName = /^[^\d{]+$/.test(pair[0] ?? '');
  if (unseen && isName && all.filter(([, text]) => text!.includes(pair[0]!)).length < 2) return null;
  const step = 1 + Math.floor(random() * 9);
  const native = pick(DIGITS)!;
  for (const [length, text] of chosen) {
    const next = change(text!, length);
    if (next === null || next === text) continue;
    changed[tag]![length] = next;
    what ||= `${length}: ${next}`;
  }
  return what ? { kind, language: tag, what, texts: changed } : null;

  function change(text: string, length: string): string | null {
    const shift = (digit: string) => String((Number(digit) + step) % 10);
    switch (kind) {
      case 'digit':
        return text.replace(/\b40\b/, (number) => number.replace(/^\d/, shift));
      case 'hour':
        return text.replace(
          /\b(16):(50)/,
          (_, hour, minute) => `${String((Number(hour) + step) % 24).padStart(2, '0')}:${minute}`,
        );
      case 'phone':
        return text.replace(/(\+94 11 )(\d)/, (_, before, digit) => before + shift(digit));
      case 'url':
        return random() < 0.5
          ? text.replace('help/7', `help/${step === 7 ? 8 : step}`)
          : text.replace('consulate', 'consulat');
      case 'dropped':
        return pair[0] && text.includes(pair[0]) ? text.replaceAll(pair[0], '') : null;
      case 'swapped': {
        const [one, two] = pair;
        if (!one || !two || one === two || !text.includes(one) || !text.includes(two)) return null;
        if (one.includes(two) || two.includes(one)) return null;
        return text
          .split(one)
          .map((part) => part.replaceAll(two, one))
          .join(two);
      }
      case 'script': {
        const latin = /^(?:[\p{Script=Latin}\p{M}\P{L}])*$/u.test(text.replace(/\{\{\w+\}\}/g, ''));
        const letters = latin ? CYRILLIC : LATIN;
        return text.replace(/\{\{\w+\}\}|\p{L}/gu, (letter) =>
          letter.startsWith('{{') ? letter : letters[letter.codePointAt(0)! % letters.length]!,
        );
      }
      case 'same': {
        const copy = other && (original[other]![length] ?? original[other]!.full);
        if (!copy) return null;
        const digits = copy.replace(/\d/g, (digit) => String.fromCodePoint(native.codePointAt(0)! + Number(digit)));
        const [plain, upper, dotted] = [
          copy,
          copy.toUpperCase().replace(/\{\{(\w+)\}\}/g, (name) => name.toLowerCase()),
          copy.replace('. ', '.  '),
        ];
        return pick([plain, upper, dotted, digits])!;
      }
    }
  }
}
