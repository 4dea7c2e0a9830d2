/** Latin letters without their marks, as people write them on phones that have no others. */

import { type Folded, PUNCTUATION, replaceEach } from './segments.ts';

/** Letters that lose nothing by taking their marks off, and signs: what Unicode does not decompose. */
const PLAIN: Record<string, string> = {
  ...{ ı: 'i', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', ł: 'l', Ł: 'L', ø: 'o', Ø: 'O', ħ: 'h', Ħ: 'H' },
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', þ: 'th', Þ: 'Th', ĳ: 'ij', Ĳ: 'IJ' },
  // Hausa
  ...{ ɓ: 'b', Ɓ: 'B', ɗ: 'd', Ɗ: 'D', ƙ: 'k', Ƙ: 'K', ƴ: 'y', Ƴ: 'Y', ʼ: "'" },
  ...{ '¿': '', '¡': '', º: 'o', ª: 'a', '°': ' deg', '×': 'x', '·': '-', '•': '-', '№': 'No', '€': 'EUR', '£': 'GBP' },
};

/**
 * A text in plain ASCII, for networks that carry nothing else: é is e, ñ is n, ğ is g, Vietnamese without its tones,
 * Hausa ɗ as d. Languages in Latin letters are read so; a text in another script comes back as null, since only a
 * person can write it in Latin letters.
 * @returns the text with the record of what was replaced, which `unfold` undoes; null when it cannot be ASCII
 */
export function foldToAscii(text: string): Folded | null {
  const result = replaceEach(text, plain);
  return /^[\n\x20-\x7e]*$/.test(result.text) ? result : null;
}

function plain(letter: string): string {
  if (letter < '\x7f') return letter;
  return PUNCTUATION[letter] ?? PLAIN[letter] ?? letter.normalize('NFD').replace(/(?<=\p{Script=Latin})\p{M}+/gu, '');
}
