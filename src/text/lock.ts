import { foldDigits } from './phone.ts';

/** What a text states that every language must state alike, whatever its digits. */
export interface Facts {
  /** numbers, times, dates and phones as plain digits, sorted */
  numbers: string[];
  urls: string[];
}

const URL_IN_TEXT = /https?:\/\/[^\s<>"']+/gi;
/** A phone may be written in groups: +81 3 1234 5678, 03-1234-5678. */
const PHONE = /\+?\d[\d \u00a0().-]{5,}\d/g;
const NUMBER = /\d+(?:[:.,]\d+)*/g;

/** The facts of a text: each once, so that a number said twice is no difference. */
export function factsOf(text: string): Facts {
  const urls = new Set<string>();
  const numbers = new Set<string>();
  let rest = foldDigits(text.normalize('NFC')).replace(URL_IN_TEXT, (url) => {
    urls.add(url.replace(/[.,;:!?)\]]+$/, ''));
    return ' ';
  });
  rest = rest.replace(PHONE, (phone) => {
    const digits = phone.replace(/[^\d+]/g, '');
    if (digits.length < 7) return phone;
    numbers.add(digits);
    return ' ';
  });
  for (const [number] of rest.matchAll(NUMBER)) numbers.add(number.replace('.', ':'));
  return { numbers: [...numbers].sort(), urls: [...urls].sort() };
}

/** Where one language states something else than another in the same length. */
export interface Difference {
  language: string;
  length: string;
  detail: string;
}

/**
 * The fact lock for texts that people typed: each length of each language against the first language that has it
 * (DESIGN section 7). It reads the texts and nothing else.
 */
export function findDifferences(texts: Record<string, Record<string, string | undefined>>): Difference[] {
  const differences: Difference[] = [];
  const lengths = new Set(Object.values(texts).flatMap((text) => Object.keys(text)));
  lengths.delete('event');
  for (const length of lengths) {
    const present = Object.entries(texts).filter(([, text]) => text[length] !== undefined);
    const [first, ...others] = present;
    if (!first) continue;
    const expected = factsOf(first[1][length]!);
    for (const [language, text] of others) {
      const found = factsOf(text[length]!);
      for (const kind of ['numbers', 'urls'] as const)
        if (found[kind].join(' ') !== expected[kind].join(' '))
          differences.push({
            language,
            length,
            detail: `${language} says ${found[kind].join(', ') || 'nothing'} where ${first[0]} says ${expected[kind].join(', ') || 'nothing'}.`,
          });
    }
  }
  return differences;
}
