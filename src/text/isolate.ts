import { direction } from './tags.ts';

const LRI = '\u2066';
const PDI = '\u2069';
const NO_BREAK = '\u00a0';
/** Hebrew to Arabic Extended-A, their presentation forms, Adlam */
export const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|\ud83a[\udd00-\udd5f]/;
const DIRECTED = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/**
 * A URL (left alone: an invisible sign would become part of it), or what a right-to-left line shows in the wrong
 * order: +94 11 232 3015, 011-232-3015, 2026-03-11, LK7K3M, CHECK LK7K3M: the word and its code are sent in this order.
 */
const TURNED =
  /(https?:\/\/\S+)|\+\d[\d \u00a0().-]*\d|\d+(?:[-/.]\d+)+|\d(?:[ \u00a0]?\d){6,}|\b(?:[A-Z]{2,} )?(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{4,}\b/g;

/** A line whose first letter is of another direction than its words: chats would turn it around. */
const TURNED_LINE = /^[^\p{L}]*(?!\p{Script=Arabic}|\p{Script=Hebrew})\p{L}/u;
const markStart = (line: string) =>
  TURNED_LINE.test(line) && RIGHT_TO_LEFT.test(line) && !/^\s*https?:/.test(line) ? `\u200f${line}` : line;

/**
 * Wraps codes, phones and dates of right-to-left text in bidi isolates (Unicode UAX #9), so that they read in the
 * right order where a channel keeps them: chats, push and pages; a phone alone on its line too, whose `+` would stand
 * at its end where the page is right-to-left. A word and its code do not part at the end of a line. SMS carries no
 * invisible signs (playbook MS-11).
 */
export function isolateCodes(text: string, tag: string): string {
  if (direction(tag) !== 'rtl' || DIRECTED.test(text)) return text;
  return text
    .split('\n')
    .map((line) => markStart(line))
    .map((line) =>
      RIGHT_TO_LEFT.test(line) || !/\p{L}/u.test(line)
        ? line.replace(TURNED, (found, url?: string) =>
            url ? found : `${LRI}${found.replace(/(?<=[A-Z]) /, NO_BREAK)}${PDI}`,
          )
        : line,
    )
    .join('\n');
}
