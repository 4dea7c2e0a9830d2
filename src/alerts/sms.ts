import type { Gateway } from '../gateway.ts';
import { type ChosenSms, chooseSms, type SmsRule, smsRule } from '../text/countries.ts';
import { replyTail, withTail } from '../text/render.ts';
import { countSegments } from '../text/segments.ts';
import { type EventClock, type ZoneForm, zoneLine } from '../text/zones.ts';
import type { Texts } from './alert.ts';

/** What makes an SMS of an alert differ between its readers. */
export interface SmsReader {
  language: string;
  /** of the number */
  country: string | null;
  /** neutral words, whatever the country says */
  discreet: boolean;
}

export interface SmsManner {
  /** the alert asks for an answer: the reply line is added */
  asks: boolean;
  /** the reader's language and English */
  bilingual: boolean;
  /** a simulated phone can answer whatever it got */
  simulated: boolean;
  /** the times that the texts speak of: named to numbers of countries with another clock */
  clock?: EventClock;
}

/**
 * The SMS of an alert as it arrives: by the rule of the number's country, in one language or two, the reply
 * line last. Where two languages are too long together, English comes as its flash, and then both do. Preview, plan and dispatch all ask here, so that what is counted is what is sent.
 *
 * @param texts the reader's language and English at least, as approved
 */
export async function smsFor(g: Gateway, texts: Texts, reader: SmsReader, manner: SmsManner): Promise<ChosenSms> {
  const number = ourNumber(g);
  const found = ruleFor(g, reader.country, manner.simulated);
  const rule = reader.discreet ? { ...found, neutral: true } : found;
  const tails = manner.asks ? await replyTails(g, [reader.language, 'en'], rule, number) : {};
  const compose = (all: Texts) => inLanguages(all, reader.language, rule, tails, manner.bilingual);
  const plain = compose(texts);
  if (!manner.clock) return plain;
  const { segments } = countSegments(plain.text);
  let told = plain;
  for (const form of ['named', 'short', 'bare'] as const) {
    told = compose(await nameClock(g, texts, reader, manner.clock, form));
    if (countSegments(told.text).segments <= segments) break;
  }
  return told;
}

function inLanguages(
  texts: Texts,
  language: string,
  rule: SmsRule,
  tails: Record<string, string>,
  bilingual: boolean,
): ChosenSms {
  const one = chooseSms(texts, language, rule, tails);
  if (!bilingual || one.language === 'en' || !texts.en)
    return { ...one, problems: [...one.problems, ...tooLong(one.text)] };
  const own = chooseSms(texts, language, rule);
  const english = chooseSms({ en: texts.en }, 'en', rule);
  const both = (first: ChosenSms, second: ChosenSms): ChosenSms => {
    const text = withTail(`${first.text}\n${second.text}`, one.tail, first.language);
    const problems = [...new Set([...first.problems, ...second.problems, ...tooLong(text)])];
    return { ...first, tail: one.tail, text, folded: [...first.folded, ...second.folded], problems };
  };
  const whole = both(own, english);
  // the flash has no neutral words
  if (rule.neutral || fitsTwice(whole.text)) return whole;
  const brief = chooseSms({ en: { sms: texts.en.flash } }, 'en', rule);
  const shorter = both(own, brief);
  if (fitsTwice(shorter.text)) return shorter;
  const flash = chooseSms({ [own.language]: { sms: texts[own.language]!.flash } }, own.language, rule);
  const shortest = both({ ...flash, variant: 'flash' }, brief);
  return flash.problems.length === 0 && fitsTwice(shortest.text) ? shortest : shorter;
}

/** Two languages may take twice what one may (FP-7): four segments of GSM-7 or six of UCS-2. */
function fitsTwice(text: string): boolean {
  const { encoding, segments } = countSegments(text);
  return segments <= (encoding === 'GSM-7' ? 4 : 6);
}

/** Twilio takes no longer body (error 21617). */
const LONGEST_BODY = 1600;
const tooLong = (text: string): ChosenSms['problems'] => (text.length > LONGEST_BODY ? ['length'] : []);

const ourNumber = (g: Gateway): string | undefined => {
  const from = g.config.twilio?.from;
  return from !== undefined && /^\+\d+$/.test(from) ? from : undefined;
};

/** The rule of a number's country, with the sender that we have. A simulated phone can answer whatever it got. */
export function ruleFor(g: Gateway, country: string | null, simulated: boolean): SmsRule {
  return smsRule(country, { number: simulated || ourNumber(g) !== undefined });
}

/** The texts that an SMS may be, each with the line that says whose clock its hours are on: a wrong hour is worse than a segment. */
async function nameClock(
  g: Gateway,
  texts: Texts,
  { language, country }: SmsReader,
  clock: EventClock,
  form: ZoneForm,
): Promise<Texts> {
  const english = await g.catalog.names('en');
  const out: Texts = {};
  for (const tag of new Set([language, 'en'])) {
    const own = texts[tag];
    if (!own) continue;
    const names = await g.catalog.names(tag);
    const say = (text: string, words = names) => {
      const line = zoneLine(words, clock, country, text, form);
      return line ? `${text}\n${line}` : text;
    };
    out[tag] = {
      ...own,
      sms: say(own.sms),
      flash: say(own.flash),
      ...(own.neutral !== undefined && { neutral: say(own.neutral) }),
      ...(own.ascii !== undefined && { ascii: say(own.ascii, english) }),
    };
  }
  return out;
}

/** The reply line by a country's rule; languages without interface words take the English line. */
async function replyTails(
  g: Gateway,
  languages: readonly string[],
  rule: SmsRule,
  phone: string | undefined,
): Promise<Record<string, string>> {
  const known = await g.catalog.languages();
  const path =
    rule.replyPath === 'one_way_number' && (rule.noNumber || phone === undefined) ? 'one_way_bare' : rule.replyPath;
  const tails: Record<string, string> = {};
  for (const language of languages)
    tails[language] = await replyTail(path, g.catalog, known.includes(language) ? language : 'en', phone);
  return tails;
}
