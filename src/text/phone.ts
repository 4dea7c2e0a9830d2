/** Phone numbers as people and spreadsheets write them. */

// `max` says of every number what `mobile` says (a test compares them), and also knows a landline from nonsense
import {
  type CountryCode,
  isSupportedCountry,
  ParseError,
  type PhoneNumber,
  parsePhoneNumberWithError,
  validatePhoneNumberLength,
} from 'libphonenumber-js/max';

/**
 * Why something is not a mobile number:
 *
 * | problem | what it was |
 * |---|---|
 * | `empty` | nothing, or only spaces |
 * | `not_a_number` | letters, emoji, no digits |
 * | `too_short` `too_long` | for the numbers of that country |
 * | `no_country` | no country code and no default country |
 * | `invalid` | no such range of numbers |
 * | `landline` | a fixed line: takes no SMS |
 * | `excel_damage` | a spreadsheet rounded it (`9.41E+10`): the digits are lost |
 */
export type PhoneProblem =
  | 'empty'
  | 'not_a_number'
  | 'too_short'
  | 'too_long'
  | 'no_country'
  | 'invalid'
  | 'landline'
  | 'excel_damage';

/** `country` is null where a code belongs to no single country (satellite phones). */
export type ParsedPhone = { e164: string; country: string | null } | { problem: PhoneProblem };

const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]/gu;
const EXCEL = /^(?:[+-]?\d+(?:[.,]\d+)?e\+?\d+|#+|#(?:num|value|name\?|ref|n\/a)!?)$/i;
const SEPARATORS = /[\s()./\-\p{Pd}（）．／・]/gu;
/** How people dial abroad: most countries, North America, Japan and Korea. */
const DIALLED_ABROAD = ['00', '011', '010'];

/**
 * Reads one mobile number. Digits of every script, full-width forms, `+`, `00`, `011` and `010` are understood;
 * an apostrophe that a spreadsheet put in front is dropped.
 * @param defaultCountry ISO 3166-1 code for numbers without a country code
 */
export function parsePhone(raw: string, defaultCountry?: string): ParsedPhone {
  const text = foldDigits(raw.replace(INVISIBLE, '').trim())
    .replace(/^['’‘`´]+\s*/u, '')
    .replace(/^tel:/i, '');
  if (text === '') return { problem: 'empty' };
  if (EXCEL.test(text)) return { problem: 'excel_damage' };
  const digits = text
    .replace(/^(\d{7,15})[.,]0+$/, '$1')
    .replace(/[＋﹢⁺]/gu, '+')
    .replace(SEPARATORS, '');
  if (!/^\+?\d+$/.test(digits)) return { problem: 'not_a_number' };

  const country = defaultCountry && isSupportedCountry(defaultCountry) ? defaultCountry : undefined;
  const asWritten = judge(digits, country);
  if ('e164' in asWritten || digits.startsWith('+')) return asWritten;
  for (const prefix of DIALLED_ABROAD) {
    if (!digits.startsWith(prefix)) continue;
    const abroad = judge(`+${digits.slice(prefix.length)}`);
    if ('e164' in abroad || asWritten.problem === 'no_country') return abroad;
  }
  return asWritten;
}

/** Every decimal digit of any script as ASCII: `०९८` -> `098`. */
export function foldDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => (digit <= '9' ? digit : asciiDigit(digit)));
}

/** ISO 3166-1 code of the country that a number belongs to; the main one where several share a code. */
export function numberCountry(e164: string): string | null {
  try {
    const number = parsePhoneNumberWithError(e164);
    return number.country ?? number.getPossibleCountries()[0] ?? null;
  } catch {
    return null;
  }
}

const TAKES_SMS = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

function judge(digits: string, country?: CountryCode): ParsedPhone {
  let number: PhoneNumber;
  try {
    number = parsePhoneNumberWithError(digits, country);
  } catch (error) {
    const why = error instanceof ParseError ? error.message : '';
    if (why === 'INVALID_COUNTRY' && !digits.startsWith('+')) return { problem: 'no_country' };
    return { problem: why === 'TOO_SHORT' ? 'too_short' : why === 'TOO_LONG' ? 'too_long' : 'invalid' };
  }
  const type = number.getType();
  if (type === 'FIXED_LINE') return { problem: 'landline' };
  if (type && TAKES_SMS.has(type)) return { e164: number.number, country: number.country ?? null };
  const length = number.isPossible() ? undefined : validatePhoneNumberLength(number.number);
  return { problem: length === 'TOO_SHORT' ? 'too_short' : length === 'TOO_LONG' ? 'too_long' : 'invalid' };
}

const digitsSeen = new Map<string, string>();

/** Unicode keeps the digits of a script together, ten by ten, zero first. */
function asciiDigit(digit: string): string {
  const known = digitsSeen.get(digit);
  if (known) return known;
  let start = digit.codePointAt(0)!;
  const code = start;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start--;
  const ascii = String((code - start) % 10);
  digitsSeen.set(digit, ascii);
  return ascii;
}
