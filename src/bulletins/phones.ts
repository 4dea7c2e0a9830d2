import { parsePhoneNumberFromString } from 'libphonenumber-js/mobile';

const NUMBER = /\+?\p{Nd}(?:[ \u00A0().\-\u2013]*\p{Nd})+/gu;
const DATE = /^\p{Nd}{4}-\p{Nd}{2}-\p{Nd}{2}|^\p{Nd}{1,2}[./-]\p{Nd}{1,2}[./-]\p{Nd}{4}/u;
const NUMBER_LINE = /^[+\p{Nd}(][\p{Nd} ().\-\u2013]*$/u;

/** The telephone numbers of a sentence, each in groups that can be read aloud, in the digits that were written. */
export function phonesIn(sentence: string): string[] {
  return [...sentence.matchAll(NUMBER)]
    .map(([number]) => number)
    .filter((number) => (number.match(/\p{Nd}/gu)?.length ?? 0) >= 7 && !DATE.test(number))
    .map(grouped);
}

/** A line that is a number and nothing else: it runs from left to right in every language. */
export function isNumberLine(line: string): boolean {
  return NUMBER_LINE.test(line);
}

function grouped(number: string): string {
  if (/\p{Nd}[^\p{Nd}]+\p{Nd}/u.test(number)) return number.replace(/[\s\u00A0]+/gu, ' ');
  const international = number.startsWith('+') ? parsePhoneNumberFromString(number)?.formatInternational() : undefined;
  return international ?? number.replace(/(\p{Nd}{3})(?=\p{Nd}{3})/gu, '$1 ');
}
