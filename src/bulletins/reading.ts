import rates from '../../locales/reading-rates.json' with { type: 'json' };
import { splitSentences } from './sentences.ts';

const SECONDS_A_SENTENCE = 0.4;
const SECONDS_AN_ITEM = 0.8;
const SECONDS_A_DIGIT = 0.4;
const SECONDS_BETWEEN_GROUPS = 0.25;
/** From here on a number is read digit by digit, in groups. */
const DIGITS_OF_A_PHONE = 7;

type Unit = keyof typeof rates.units;

const SCRIPTS: [Unit, RegExp][] = [
  ['han', /^\p{Script=Han}/u],
  ['kana_han', /^[\p{Script=Hiragana}\p{Script=Katakana}\u30FC]/u],
  ['hangul', /^\p{Script=Hangul}/u],
  [
    'akshara',
    /^[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}]/u,
  ],
  ['clusters', /^[\p{Script=Myanmar}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Tibetan}]/u],
  ['syllabary', /^\p{Script=Ethiopic}/u],
  ['letters_abjad', /^[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u],
  ['letters', /^\p{L}/u],
];

// A consonant after one of these is written under or into the one before: still the same cluster.
// Engines differ in whether their segmenter joins them, so it is decided here.
const JOINS_NEXT = /[\u094D\u09CD\u0ACD\u0B4D\u0C4D\u0CCD\u0D4D\u1039\u17D2]\u200D?$|\u0DCA\u200D$/u;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * How long a presenter needs to read a text aloud, slowly, in seconds: a planning value, to be calibrated with the presenter (RP-4).
 * A line break ends a sentence, an empty line ends an item.
 */
export function readingSeconds(text: string, language: string): number {
  const items = text.split(/\n\s*\n/).filter((item) => item.trim() !== '');
  const seconds =
    items.length * SECONDS_AN_ITEM +
    splitSentences(text).length * SECONDS_A_SENTENCE +
    digitSeconds(text) +
    letterSeconds(text, language);
  return Math.round(seconds * 10) / 10;
}

function letterSeconds(text: string, language: string): number {
  const own = rateOf(language);
  const counts = new Map<Unit, number>();
  let joined = false;
  for (const { segment } of graphemes.segment(text)) {
    const unit =
      joined || !/^\p{L}/u.test(segment) ? undefined : SCRIPTS.find(([, script]) => script.test(segment))?.[0];
    joined = JOINS_NEXT.test(segment);
    if (unit) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  let seconds = 0;
  for (const [unit, count] of counts) {
    const perMinute = own && sameWriting(own.unit, unit) ? own.perMinute : rates.units[unit];
    seconds += (count * 60) / perMinute;
  }
  return seconds;
}

/** Japanese mixes both, Chinese is all Han. */
function sameWriting(own: Unit, found: Unit): boolean {
  return own === found || (own === 'kana_han' && found === 'han');
}

/** The rate of `fa-AF`, else of `fa`, and so on; undefined leaves it to the script. */
function rateOf(language: string): { unit: Unit; perMinute: number } | undefined {
  const known = rates.languages as Record<string, { unit: string; perMinute: number } | undefined>;
  const parts = language.split('-');
  for (let length = parts.length; length > 0; length--) {
    const tag = parts.slice(0, length).join('-');
    const rate = Object.hasOwn(known, tag) ? known[tag] : undefined;
    if (rate) return { unit: rate.unit as Unit, perMinute: rate.perMinute };
  }
  return undefined;
}

function digitSeconds(text: string): number {
  let seconds = (text.match(/\p{Nd}/gu)?.length ?? 0) * SECONDS_A_DIGIT;
  for (const [number] of text.matchAll(/\p{Nd}(?:[ \u00A0().\-\u2013]*\p{Nd})*/gu)) {
    const digits = number.match(/\p{Nd}/gu)?.length ?? 0;
    if (digits < DIGITS_OF_A_PHONE) continue;
    const groups = number.match(/\p{Nd}+/gu)?.length ?? 1;
    seconds += (Math.max(groups, Math.ceil(digits / 4)) - 1) * SECONDS_BETWEEN_GROUPS;
  }
  // A message number such as LK7K3M is spelled out.
  for (const [code] of text.matchAll(/\b(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{4,12}\b/g)) {
    seconds += (code.match(/[A-Z]/g)?.length ?? 0) * SECONDS_A_DIGIT;
  }
  return seconds;
}
