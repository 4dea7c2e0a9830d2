import { unicodeFromZawgyi } from './zawgyi.ts';

/**
 * One spelling for what people write in many: the lexicon and the reply both pass through here, so a
 * fold can never make one of them unreachable. Marks are folded only after Latin letters (taking them
 * from Sinhala or Thai would leave other words); elsewhere only letters that sound alike are joined.
 */

/** A character that ends a clause becomes one of these; everything else that is not a letter becomes a space. */
const clauseEnds: Record<string, string> = {
  '.': '.',
  '!': '.',
  '\n': '.',
  '…': '.',
  '。': '.',
  '।': '.',
  '॥': '.',
  '።': '.',
  '။': '.',
  '។': '.',
  '៕': '.',
  '۔': '.',
  '｡': '.',
  '?': '?',
  '؟': '?',
  '፧': '?',
  '⸮': '?',
  ',': ',',
  ';': ',',
  ':': ',',
  '،': ',',
  '؛': ',',
  '、': ',',
  '፣': ',',
  '፤': ',',
  '፥': ',',
  '၊': ',',
  '៖': ',',
  '—': ',',
  '–': ',',
  '(': ',',
  ')': ',',
  '[': ',',
  ']': ',',
  '|': ',',
};

const pairs = (text: string): [string, string][] =>
  text.split(' ').map((pair) => [[...pair][0]!, [...pair].slice(1).join('')]);

/** Letters that people use for one another, script by script. A pair with one letter drops it. */
const sameLetters = new Map<string, string>([
  // Latin letters that do not decompose
  ...pairs('đd ðd øo łl ßss ıi æae œoe ɓb ɗd ƙk ƴy ŋng əe ħh ŧt ʼ ʻ ʾ ʿ'),
  // Arabic script, with what Persian, Urdu and Pashto keyboards give for the same letter
  ...pairs('أا إا آا ٱا ىي یي ئي ؤو ةه ۀه ہه ھه ەه ۃه ۂه کك ڪك ګگ ںن ېي ۍي ےي ـ ٰ ً ٌ ٍ َ ُ ِ ّ ْ ٓ ٔ ٕ ٗ'),
  // Cyrillic
  ...pairs('ёе ґг ѐе'),
  // Devanagari: length of i and u, nasal signs, nukta
  ...pairs('ीि ूु ँ ं ़ ईइ ऊउ'),
  // Bengali: the same, and the letters that sound alike
  ...pairs('ীি ূু ঁ ণন ষশ ঈই ঊউ ়'),
  // Sinhala and Tamil: letters that sound alike, length of vowels
  ...pairs('ණන ළල ෂශ ීි ූු ේෙ ෝො'),
  ...pairs('ணன நன ளல ழல றர ேெ ோொ ீி ூு ஏஎ ஓஒ ஈஇ ஊஉ'),
  // Khmer: two letters under one shape
  ...pairs('ដត'),
  // Kana length marks
  ...pairs('ー 〜 ～ ~'),
]);

/** Ethiopic keeps one series of seven or eight for each sound; old spellings use others. */
for (const [from, to] of [
  [0x1210, 0x1200],
  [0x1280, 0x1200],
  [0x12b8, 0x1200],
  [0x1220, 0x1230],
  [0x12d0, 0x12a0],
  [0x1340, 0x1338],
] as const) {
  for (let step = 0; step < 7; step++)
    sameLetters.set(String.fromCodePoint(from + step), String.fromCodePoint(to + step));
}

/** Signs that say something by themselves, as words of the English lexicon. All others are dropped. */
const signWords: Record<string, string> = {
  '🆘': 'signhelp',
  '🚑': 'signhelp',
  '🚨': 'signhelp',
  '🩸': 'signhelp',
  '⛑': 'signhelp',
  '🤕': 'signhelp',
  '🤒': 'signhelp',
  '🔥': 'signtrouble',
  '🌊': 'signtrouble',
  '💥': 'signtrouble',
  '☠': 'signhelp',
  '💀': 'signtrouble',
  '⚰': 'signhelp',
  '❌': 'signno',
  '🚫': 'signno',
  '⛔': 'signno',
  '👎': 'signno',
  '🛑': 'signstop',
};

const invisible = /\u034f|\u20e3|[\ufe00-\ufe0f]|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const spacelessScript =
  /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]$/u;

/** What a character of a normalised text is; `joined` is a letter of a script whose words may begin anywhere. */
export const gap = 1,
  letter = 2,
  joined = 3,
  numeral = 4;
const kinds = new Uint8Array(65536);
export function kindAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  const known = kinds[unit];
  if (known) return known;
  const character = text[index] ?? ' ';
  let kind = gap;
  if (/^\p{Nd}$/u.test(character)) kind = numeral;
  else if (spacelessScript.test(character)) kind = joined;
  else if (/^[\p{L}\p{M}]$/u.test(character) || (unit >= 0xd800 && unit < 0xe000)) kind = letter;
  kinds[unit] = kind;
  return kind;
}

/** Digits of every script: Unicode keeps each ten together, so the distance to the first of the run tells. */
const digits = new Map<string, string>();
function digitOf(character: string): string | undefined {
  let value = digits.get(character);
  if (value === undefined) {
    value = '';
    const point = character.codePointAt(0)!;
    if (/^\p{Nd}$/u.test(character)) {
      let first = point;
      while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
      value = String((point - first) % 10);
    } else {
      // negative circled, sans-serif circled and double circled digits have no compatibility form; Ethiopic has no zero
      for (const one of [0x2776, 0x2780, 0x278a, 0x24f5, 0x1369])
        if (point >= one && point < one + 9) value = String(point - one + 1);
    }
    digits.set(character, value);
  }
  return value || undefined;
}

/** Latin letters without their marks, one by one, so that marks of other scripts stay. */
const plainLetters = new Map<string, string>();
function plain(character: string): string {
  let letterOf = plainLetters.get(character);
  if (letterOf === undefined) {
    letterOf = sameLetters.get(character) ?? character;
    const point = character.codePointAt(0)!;
    if ((point >= 0xc0 && point < 0x250) || (point >= 0x1e00 && point < 0x1f00)) {
      const base = character.normalize('NFD')[0]!;
      letterOf = sameLetters.get(base) ?? base;
    } else if (point >= 0x300 && point < 0x370) letterOf = '';
    plainLetters.set(character, letterOf);
  }
  return letterOf;
}

/** At most this many characters are read; an SMS ends at 1,600. */
const longest = 4000;

/** Lower case, one digit script, one spelling; clauses end in one of `. , ?` without spaces around. */
export function normalise(text: string): string {
  let source = text.slice(0, longest).replace(invisible, '').normalize('NFKC').toLowerCase().normalize('NFC');
  if (/[\u1000-\u109f]/.test(source)) source = unicodeFromZawgyi(source);
  source = source.replace(/(?<=[\p{L}\p{M}])['’‘`´](?=[\p{L}\p{M}])/gu, (_, at: number) => {
    const before = /(?:^|[^\p{L}])(?:[dljnsctm]|qu)$/u.test(source.slice(Math.max(0, at - 3), at));
    return before ? ' ' : '';
  });
  let out = '';
  let previous = '';
  let run = 0;
  for (const character of source) {
    const value = digitOf(character);
    let next: string;
    if (value) next = value;
    else {
      const end = clauseEnds[character];
      if (end) next = end;
      else if (signWords[character]) next = ` ${signWords[character]} `;
      else {
        next = plain(character);
        if (next === character && character !== '+' && character.length === 1 && kindAt(character, 0) === gap)
          next = ' ';
        else if (character.length === 2 && !/^\p{L}$/u.test(character)) next = ' ';
      }
    }
    if (next === '') continue;
    // a letter held down: "saaafe", "بخييير"
    if (next === previous && next !== ' ' && !value) {
      run++;
      if (run >= 2) {
        if (run === 2 && kindAt(next, 0) !== gap) out = out.slice(0, -1);
        continue;
      }
    } else run = 0;
    previous = next;
    out += next;
  }
  return tidy(out);
}

function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/(?<![\p{L}])s ?\. ?o ?\. ?s(?![\p{L}])|(?<![\p{L}])s o s(?![\p{L}])/gu, 'sos')
    .replace(/ ?([.,?]) ?/g, '$1')
    .replace(/[.,?]{2,}/g, (ends) => (ends.includes('?') ? '?' : ends.includes('.') ? '.' : ','))
    .replace(
      /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]) (?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])/gu,
      '',
    )
    .replace(/(?<=[\p{L}\p{M}]) - (?=[\p{L}\p{M}])/gu, ',')
    .trim();
}
