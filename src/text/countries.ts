/** What the country of a number allows in an SMS, and which of our texts therefore goes there. */

import rules from '../../locales/sms-countries.json' with { type: 'json' };
import { foldToAscii } from './ascii.ts';
import { type ReplyPath, withTail } from './render.ts';
import { type Folded, fold } from './segments.ts';
import type { Texts } from './template.ts';

export type { ReplyPath } from './render.ts';

export interface SmsRule {
  replyPath: ReplyPath;
  /** no web address in the body */
  noUrl: boolean;
  /** no phone number in the body */
  noNumber: boolean;
  /** political content is prohibited: the neutral wording goes where there is one */
  neutral: boolean;
  /** the only characters that arrive; null for all */
  charset: null | 'EUC-KR' | 'ascii';
  /** false when the country, or whether it answers, is not in the table: the preview says so */
  verified: boolean;
}

export interface ChosenSms {
  /** body and reply line, in NFC, as it is to be sent */
  text: string;
  /** the reply line alone, in the letters of `text`; '' for none */
  tail: string;
  /** the language of `text`: English where nothing else can arrive */
  language: string;
  variant: 'sms' | 'neutral' | 'ascii' | 'flash';
  /** what was folded, with its record */
  folded: Folded['folded'];
  /** what the country forbids and the text still holds, and a length that no provider takes: shown before approval */
  problems: ('url' | 'number' | 'charset' | 'length')[];
}

interface CountryRow {
  cc: string;
  twoWay: boolean | null;
  noUrl?: boolean;
  noNumber?: boolean;
  neutral?: boolean;
  charset?: string | null;
}

const ROWS = new Map((rules.countries as CountryRow[]).map((row) => [row.cc, row]));

/**
 * The rule of a number's country, never of the place where the person is (playbook FP-10).
 * @param country ISO 3166-1 code from `numberCountry`, or null
 * @param sender whether our sender is a number that can be answered
 */
export function smsRule(country: string | null, sender: { number: boolean }): SmsRule {
  const row = ROWS.get(country ?? '');
  const twoWay = sender.number && row?.twoWay !== false;
  const noNumber = row?.noNumber === true;
  return {
    replyPath: twoWay ? 'two_way' : noNumber ? 'one_way_bare' : 'one_way_number',
    noUrl: row?.noUrl === true,
    noNumber,
    neutral: row?.neutral === true,
    charset: (row?.charset as SmsRule['charset']) ?? null,
    verified: row !== undefined && row.twoWay !== null,
  };
}

/** The day on which somebody last looked the rules up. */
export function rulesCheckedOn(): string | null {
  return rules.checkedOn ?? null;
}

/** Countries whose rules are known, by their codes. */
export function knownCountries(): string[] {
  return [...ROWS.keys()];
}

/** Countries whose networks carry only some characters. */
export function charsetCountries(): string[] {
  return [...ROWS].filter(([, row]) => row.charset).map(([country]) => country);
}

type SmsTexts = Pick<Texts, 'sms'> & Partial<Pick<Texts, 'neutral' | 'ascii' | 'flash'>>;

/**
 * The SMS for a reader of `language` in a country with this rule: neutral wording where it is asked for; plain ASCII
 * where the script cannot arrive, and English for a language that has none; the flash, which carries no phone, where a
 * number may not stand and the text holds one (playbook CT-7); the reply line last.
 * @param texts by language, as approved
 * @param tails reply line by language from `replyTail`; absent or '' for none
 */
export function chooseSms(
  texts: Record<string, SmsTexts>,
  language: string,
  rule: SmsRule,
  tails: Record<string, string> = {},
): ChosenSms {
  const possible = candidates(texts, language, rule, tails);
  const one =
    possible.find(({ problems }) => problems.length === 0) ??
    possible.find(({ problems }) => !problems.includes('charset')) ??
    possible.at(-1);
  if (!one) throw new RangeError(`no text in ${language} and none in English`);
  return one;
}

/** What could be sent, best first. English stands in only for a script that the country does not carry. */
function candidates(
  texts: Record<string, SmsTexts>,
  language: string,
  rule: SmsRule,
  tails: Record<string, string>,
): ChosenSms[] {
  const list: ChosenSms[] = [];
  const add = (
    tag: string,
    variant: ChosenSms['variant'],
    { text, folded }: Pick<Folded, 'text' | 'folded'>,
    tail: string,
  ) => list.push({ text, tail, language: tag, variant, folded, problems: findForbidden(text, rule) });
  for (const tag of new Set([language, 'en'])) {
    const own = texts[tag];
    if (!own) continue;
    const tail = tails[tag] ?? '';
    const variant = rule.neutral && own.neutral ? 'neutral' : 'sms';
    add(tag, variant, fold(withTail(own[variant]!, tail, tag), tag), tail);
    if (variant === 'sms' && own.flash && (rule.noNumber || rule.noUrl))
      add(tag, 'flash', fold(withTail(own.flash, tail, tag), tag), tail);
    if (!rule.charset) break;
    const plainTail = foldToAscii(tail)?.text ?? tails.en ?? '';
    // a romanised text says what the sms says: where that must be neutral, neutral English is better
    const plain = foldToAscii(withTail((variant === 'sms' && own.ascii) || own[variant]!, plainTail, 'en'));
    if (plain) add(tag, variant === 'sms' ? 'ascii' : variant, plain, plainTail);
  }
  return list;
}

const URL_IN_TEXT =
  /https?:\/\/|\bwww\.|\b[a-z\d-]+\.(?:com|org|net|int|gov|edu|info|app|io|link)\b|\b[a-z\d-]+\.[a-z]{2}\/\S/i;
/** in any digits */
const NUMBER_IN_TEXT = /\p{Nd}(?:[ \u00a0()-]{0,2}\p{Nd}){6,}/u;

function findForbidden(text: string, rule: SmsRule): ChosenSms['problems'] {
  const problems: ChosenSms['problems'] = [];
  if (rule.noUrl && URL_IN_TEXT.test(text)) problems.push('url');
  if (rule.noNumber && NUMBER_IN_TEXT.test(text)) problems.push('number');
  if (rule.charset && !arrives(text, rule.charset)) problems.push('charset');
  return problems;
}

/** Whether every character exists in the charset that the country's networks carry. */
function arrives(text: string, charset: 'EUC-KR' | 'ascii'): boolean {
  for (const character of text) {
    if (character <= '\x7f') continue;
    if (charset === 'ascii' || !koreanCharacters().has(character)) return false;
  }
  return true;
}

let korean: Set<string> | undefined;

/** KS X 1001: the two-byte half of EUC-KR. */
function koreanCharacters(): Set<string> {
  if (korean) return korean;
  korean = new Set();
  const decoder = new TextDecoder('euc-kr');
  for (let row = 0xa1; row <= 0xfe; row++) {
    for (let cell = 0xa1; cell <= 0xfe; cell++) korean.add(decoder.decode(new Uint8Array([row, cell])));
  }
  korean.delete('\ufffd');
  return korean;
}
