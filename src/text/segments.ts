/** What an SMS costs: encoding, segments, and the visible folding that makes it cheaper. */

import { SegmentedMessage } from 'sms-segments-calculator';

export interface SegmentCount {
  encoding: 'GSM-7' | 'UCS-2';
  segments: number;
  /** septets in GSM-7 (`^{}[]~|\€` take two), UTF-16 code units in UCS-2 */
  units: number;
  /** the distinct characters that force UCS-2 */
  expensive: string[];
}

export interface Folded {
  text: string;
  /** one entry for each replacement, in order */
  folded: [from: string, to: string][];
  /** where in `text` each entry of `folded` begins */
  at: number[];
}

/** The latest texts that were counted: the draft, its price, the plan and the sender ask about the same ones. */
const counted = new Map<string, SegmentCount>();
const MOST_COUNTED = 1000;

/** Counts as the provider does (playbook MS-9), after NFC: send the text in NFC as well. */
export function countSegments(text: string): Readonly<SegmentCount> {
  let count = counted.get(text);
  if (!count) {
    count = countAnew(text.normalize('NFC'));
    if (counted.size >= MOST_COUNTED) counted.clear();
    counted.set(text, count);
  }
  return count;
}

function countAnew(composed: string): SegmentCount {
  const message = new SegmentedMessage(composed);
  const encoding = message.encodingName;
  return {
    encoding,
    segments: message.segmentsCount,
    units: encoding === 'GSM-7' ? message.numberOfCharacters : composed.length,
    expensive: encoding === 'GSM-7' ? [] : [...new Set(message.getNonGsmCharacters())],
  };
}

/** Templates that may take one segment more outside GSM-7, and why. */
const ONE_MORE: Record<string, string> = {
  evacuation_call: 'the place, the hour, what to bring and the number to call are all needed, and each is long',
};

/** How many segments an SMS of a template may take, its reply line included (FP-7). */
export function mostSegments(template: string, encoding: SegmentCount['encoding']): number {
  if (encoding === 'GSM-7') return 2;
  return template in ONE_MORE ? 4 : 3;
}

/** Typographic signs and what stands for them on a typewriter. */
export const PUNCTUATION: Record<string, string> = {
  ...{ '“': '"', '”': '"', '„': '"', '‟': '"', '«': '"', '»': '"' },
  ...{ '‘': "'", '’': "'", '‚': "'", '‛': "'", '‹': "'", '›': "'", '´': "'", '`': "'" },
  ...{ '‐': '-', '‑': '-', '‒': '-', '–': '-', '—': '-', '―': '-', '−': '-' },
  ...{ '…': '...', '\u00a0': ' ', '\u202f': ' ', '\u2007': ' ', '\u2009': ' ', '\u200a': ' ' },
};

/** Languages whose readers know their words without accents. */
const ACCENTS_MAY_GO = new Set(['es', 'pt', 'fr', 'tr']);
const UNDECOMPOSED: Record<string, string> = { ı: 'i', œ: 'oe', Œ: 'OE' };

/**
 * Replaces what forces UCS-2 by its GSM-7 neighbour, but only when the whole text then is GSM-7; otherwise the text
 * comes back as it was, in NFC. Never ñ, never digits, never a script other than Latin (playbook MS-10).
 */
export function fold(text: string, tag: string): Folded {
  const accents = ACCENTS_MAY_GO.has(tag.toLowerCase().split('-')[0]!);
  const result = replaceEach(text, (letter) => PUNCTUATION[letter] ?? (accents ? withoutAccent(letter) : letter));
  if (result.folded.length > 0 && countSegments(result.text).encoding === 'GSM-7') return result;
  return { text: text.normalize('NFC'), folded: [], at: [] };
}

/** The text in NFC with each letter replaced, and the record of what was. */
export function replaceEach(text: string, replace: (letter: string) => string): Folded {
  const result: Folded = { text: '', folded: [], at: [] };
  for (const from of text.normalize('NFC')) {
    const to = replace(from);
    if (to !== from) {
      result.folded.push([from, to]);
      result.at.push(result.text.length);
    }
    result.text += to;
  }
  return result;
}

/** Undoes `fold` by its record. */
export function unfold({ text, folded, at }: Folded): string {
  let original = '';
  let done = 0;
  for (const [i, [from, to]] of folded.entries()) {
    original += text.slice(done, at[i]) + from;
    done = at[i]! + to.length;
  }
  return original + text.slice(done);
}

function withoutAccent(letter: string): string {
  if (letter < '\u0080' || letter === 'ñ' || letter === 'Ñ' || !/\p{Script=Latin}/u.test(letter)) return letter;
  if (isGsm(letter)) return letter;
  return UNDECOMPOSED[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '');
}

const gsm = new Map<string, boolean>();
function isGsm(letter: string): boolean {
  const known = gsm.get(letter) ?? new SegmentedMessage(letter).encodingName === 'GSM-7';
  gsm.set(letter, known);
  return known;
}

/** Unicode ends a grapheme inside a Sinhala, Khmer or Burmese conjunct: zero-width joiner, coeng, stacking virama. */
const JOINS_ON = new Set(['\u200d', '\u17d2', '\u1039']);
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The longest beginning of `text` that takes no more than `segments`, never cutting inside a grapheme. */
export function fit(text: string, segments: number): string {
  const composed = text.normalize('NFC');
  return longestStart(composed, (start) => countSegments(start).segments <= segments);
}

/** The longest beginning of `text` of at most `units` UTF-16 code units, never cutting inside a grapheme. */
export function cutToUnits(text: string, units: number): string {
  if (text.length <= units) return text;
  return longestStart(text, (start) => start.length <= units).trimEnd();
}

/**
 * A name in at most `units` UTF-16 code units: as many whole words as fit; where they would leave less than half of
 * the room, the next word is cut at a grapheme and ends with a stop in scripts that have capitals (`San Francis.`).
 */
export function shorten(name: string, units: number): string {
  const whole = name.normalize('NFC').trim();
  if (whole.length <= units) return whole;
  const words = (whole.slice(0, units + 1).match(/^.*(?=\s)/su)?.[0] ?? '').replace(/[\s\p{P}]+$/u, '');
  if (words.length * 2 >= units) return words;
  if (/^\p{Lu}/u.test(whole)) {
    const cut = cutToUnits(whole, units - 1);
    if (/\p{L}$/u.test(cut)) return `${cut}.`;
  }
  return words || cutToUnits(whole, units);
}

/** `fits` must be true of every beginning of a text that fits. */
function longestStart(text: string, fits: (start: string) => boolean): string {
  if (fits(text)) return text;
  const borders = Array.from(graphemes.segment(text), (one) => one.index + one.segment.length);
  const ends = [0, ...borders.filter((end) => !JOINS_ON.has(text[end - 1]!))];
  let [low, high] = [0, ends.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(text.slice(0, ends[middle]))) low = middle;
    else high = middle;
  }
  return text.slice(0, ends[low]);
}
