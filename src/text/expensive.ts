import { countSegments } from './segments.ts';

export interface Expensive {
  /** each once, in the order of the text */
  characters: string[];
  /** where each stands first, counted in characters from 1 */
  at: number[];
  /** segments now */
  segments: number;
  /** segments if they were not there */
  instead: number;
}

/** More of them than this are the language's own letters, and no accident of typing. */
const MOST = 5;

/** The few characters that turn a text into UCS-2 and cost it segments; null when there are none, or it is written so. */
export function expensiveCharacters(text: string): Expensive | null {
  const now = countSegments(text);
  if (now.encoding === 'GSM-7' || now.expensive.length > MOST) return null;
  const written = [...text.normalize('NFC')];
  const isOne = new Set(now.expensive.flatMap((one) => [...one]));
  const without = countSegments(written.map((one) => (isOne.has(one) ? '?' : one)).join(''));
  if (without.encoding !== 'GSM-7' || without.segments >= now.segments) return null;
  const characters = [...new Set(written.filter((one) => isOne.has(one)))];
  const at = characters.map((one) => written.indexOf(one) + 1);
  return { characters, at, segments: now.segments, instead: without.segments };
}
