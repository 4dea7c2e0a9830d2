/** What the country of a number allows in an SMS, and which of our texts therefore goes there. */

import rules from '../../locales/sms-countries.json' with { type: 'json' };
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
  /** the language of `text`: English where nothing else can arrive */
  language: string;
  variant: 'sms' | 'neutral' | 'ascii';
  /** what was folded, with its record */
  folded: Folded['folded'];
  /** what the country forbids and the text still holds: shown before approval */
  problems: ('url' | 'number' | 'charset')[];
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

/** Countries whose networks carry only some characters. */
export function charsetCountries(): string[] {
  return [...ROWS].filter(([, row]) => row.charset).map(([country]) => country);
}

type SmsTexts = Pick<Texts, 'sms' | 'neutral' | 'ascii'>;

/**
 * The SMS for a reader of `language` in a country with this rule: neutral wording where it is asked for, romanised or
 * English text where the script cannot arrive, the reply line last.
 * @param texts by language, as approved
 * @param tails reply line by language from `replyTail`; absent or '' for none
 */
export function chooseSms(
  texts: Record<string, SmsTexts>,
  language: string,
  rule: SmsRule,
  tails: Record<string, string> = {},
): ChosenSms {
  let last: ChosenSms | undefined;
  for (const { tag, variant, tailTag, ascii } of candidates(texts, language, rule)) {
    const whole = withTail(texts[tag]![variant]!, tails[tailTag] ?? '', tag);
    const { text, folded } = fold(whole, tag, { ascii });
    last = { text, language: tag, variant, folded, problems: findForbidden(text, rule) };
    if (!last.problems.includes('charset')) return last;
  }
  if (!last) throw new RangeError(`no text in ${language} and none in English`);
  return last;
}

interface Candidate {
  tag: string;
  variant: ChosenSms['variant'];
  tailTag: string;
  ascii: boolean;
}

function candidates(texts: Record<string, SmsTexts>, language: string, rule: SmsRule): Candidate[] {
  const list: Candidate[] = [];
  for (const tag of new Set([language, 'en'])) {
    const own = texts[tag];
    if (!own) continue;
    const variant = rule.neutral && own.neutral ? 'neutral' : 'sms';
    list.push({ tag, variant, tailTag: tag, ascii: false });
    if (!rule.charset) break;
    list.push({ tag, variant, tailTag: tag, ascii: true });
    // a romanised text says what the sms says: where that must be neutral, neutral English is better
    if (own.ascii && variant === 'sms') list.push({ tag, variant: 'ascii', tailTag: 'en', ascii: true });
  }
  return list;
}

const URL_IN_TEXT = /https?:\/\/|\bwww\.|\b(?:t|wa)\.me\//i;
const NUMBER_IN_TEXT = /\+?\d(?:[ -]?\d){6,}/;

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
