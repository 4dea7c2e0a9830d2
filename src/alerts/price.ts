import type { Gateway } from '../gateway.ts';
import { type ChosenSms, rulesCheckedOn, type SmsRule } from '../text/countries.ts';
import { expensiveCharacters } from '../text/expensive.ts';
import { countSegments, fold } from '../text/segments.ts';
import type { Texts } from './alert.ts';
import type { LanguageChoice } from './languages.ts';
import { ruleFor, type SmsManner, smsFor } from './sms.ts';

/** Active numbers of people with these languages. A number that two such groups share is in both: it is sent both texts. */
export interface Numbers {
  country: string | null;
  languages: string;
  n: number;
}

interface Sum {
  messages: number;
  segments: number;
  cost: number;
}

/** What all SMS of an alert cost, and what they will look like, before anybody approves it. */
export interface SmsPrice {
  segments: number;
  cost: number;
  currency: string;
  /** day of the price table and of the country table; null: nobody has checked it */
  pricesCheckedOn: string | null;
  rulesCheckedOn: string | null;
  /** by the language of the text that arrives; `encoding` and `segmentsEach` are the most expensive of its countries */
  byLanguage: Record<string, Sum & { encoding: 'GSM-7' | 'UCS-2'; segmentsEach: number }>;
  /** by the country of the number ('??' when it is not known): its price for one segment and the rule that acts */
  byCountry: Record<
    string,
    Sum & { perSegment: number; rule: Omit<SmsRule, 'verified'>; verified: boolean; changes: string[] }
  >;
  unverifiedCountries: string[];
  /** messages that are English because the country carries no such script */
  fallen: number;
  problems: { country: string; language: string; problem: string }[];
  /** what costs more than it must, in words: which characters, where, how many segments */
  warnings: { language: string; parameter: string | null; characters: string[]; at: number[]; detail: string }[];
  /** characters that were replaced by their cheaper neighbours, by language */
  folded: Record<string, [from: string, to: string][]>;
}

const NOTHING: Sum = { messages: 0, segments: 0, cost: 0 };

interface Prices {
  checkedOn: string | null;
  currency: string;
  perSegment: number;
  countries: Record<string, number>;
}

/**
 * Counts each distinct message once, by the rule of its country, as it will be rendered.
 * @param texts absent when no text is there to be counted yet: then only countries are looked at
 * @param typed what an operator typed into a template, to name the parameter that makes a text expensive
 */
export async function priceSms(
  g: Gateway,
  numbers: Numbers[],
  texts: Texts | undefined,
  manner: SmsManner,
  choose: (languages: string) => LanguageChoice,
  typed: Record<string, unknown> = {},
): Promise<SmsPrice> {
  const prices = (await g.assets.read('locales/sms-prices.json')) as Prices;
  const price: SmsPrice = {
    ...{ segments: 0, cost: 0, currency: prices.currency, pricesCheckedOn: prices.checkedOn },
    ...{ rulesCheckedOn: rulesCheckedOn(), byLanguage: {}, byCountry: {}, unverifiedCountries: [], fallen: 0 },
    ...{ problems: [], warnings: [], folded: {} },
  };
  const looked = new Set<string>();
  const sent = new Map<string, { country: string | null; language: string | null; n: number }>();
  for (const { country, languages, n } of numbers) {
    const { language } = choose(languages);
    const key = `${country} ${language}`;
    const one = sent.get(key) ?? { country, language, n: 0 };
    sent.set(key, one);
    one.n += n;
  }
  for (const { country, language, n } of [...sent.values()].sort((one, other) => other.n - one.n)) {
    const { verified, ...rule } = ruleFor(g, country, manner.simulated);
    const perSegment = prices.countries[country ?? ''] ?? prices.perSegment;
    const place = country ?? '??';
    const there = price.byCountry[place] ?? { ...NOTHING, perSegment, rule, verified, changes: [] };
    price.byCountry[place] = there;
    if (!texts || language === null) continue;
    const chosen = await smsFor(g, texts, { language, country, discreet: false }, manner);
    const { segments, encoding } = countSegments(chosen.text);
    const theirs = price.byLanguage[chosen.language] ?? { ...NOTHING, encoding, segmentsEach: 0 };
    price.byLanguage[chosen.language] = theirs;
    for (const sum of [there, theirs]) {
      sum.messages += n;
      sum.segments += segments * n;
      sum.cost += segments * n * perSegment;
    }
    price.segments += segments * n;
    price.cost += segments * n * perSegment;
    if (encoding === 'UCS-2') theirs.encoding = encoding;
    theirs.segmentsEach = Math.max(theirs.segmentsEach, segments);
    if (chosen.language !== language) price.fallen += n;
    there.changes = [...new Set([...there.changes, ...changesOf(chosen, language, rule)])].sort();
    for (const problem of chosen.problems)
      price.problems.push({ country: country ?? '??', language: chosen.language, problem });
    const words = `${chosen.language} ${chosen.variant}`;
    if (looked.has(words)) continue;
    looked.add(words);
    noteFolded(price, chosen, typed);
    noteExpensive(price, chosen, typed);
  }
  price.cost = cents(price.cost);
  for (const sum of [...Object.values(price.byLanguage), ...Object.values(price.byCountry)]) sum.cost = cents(sum.cost);
  price.unverifiedCountries = Object.entries(price.byCountry).flatMap(([country, { verified }]) =>
    verified || country === '??' ? [] : [country],
  );
  price.unverifiedCountries.sort();
  price.problems.sort((one, other) => (Object.values(one).join() < Object.values(other).join() ? -1 : 1));
  return price;
}

const cents = (amount: number) => Math.round(amount * 100) / 100;

/** What a country's rule does to a text of this language. */
function changesOf(chosen: ChosenSms, language: string, rule: Omit<SmsRule, 'verified'>): string[] {
  const changes: string[] = [];
  if (rule.replyPath !== 'two_way') changes.push(rule.replyPath);
  if (chosen.variant !== 'sms') changes.push(chosen.variant);
  if (chosen.language !== language) changes.push('english');
  return changes;
}

function noteFolded(price: SmsPrice, chosen: ChosenSms, typed: Record<string, unknown>): void {
  const pairs = [...chosen.folded];
  // a template is folded when it is drafted: what was typed into it tells
  for (const words of Object.values(typed).flatMap(stringsOf)) {
    const folded = fold(words, chosen.language);
    if (!chosen.text.includes(words.normalize('NFC')) && chosen.text.includes(folded.text))
      pairs.push(...folded.folded);
  }
  const known = new Map([...(price.folded[chosen.language] ?? []), ...pairs]);
  if (known.size > 0) price.folded[chosen.language] = [...known];
}

function noteExpensive(price: SmsPrice, chosen: ChosenSms, typed: Record<string, unknown>): void {
  const found = expensiveCharacters(chosen.text);
  if (!found || price.warnings.some(({ language }) => language === chosen.language)) return;
  const { characters, at, segments, instead } = found;
  const parameter =
    Object.entries(typed).find(([, value]) =>
      stringsOf(value).some((words) => characters.some((one) => words.normalize('NFC').includes(one))),
    )?.[0] ?? null;
  const places = characters.map((one, i) => `${one} at ${at[i]}`);
  const named = places.length > 1 ? `${places.slice(0, -1).join(', ')} and ${places.at(-1)}` : places[0];
  const detail = `${named} ${places.length > 1 ? 'make' : 'makes'} this UCS-2: ${segments} segments instead of ${instead}`;
  price.warnings.push({ language: chosen.language, parameter, characters, at, detail });
}

const stringsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).filter((one) => typeof one === 'string')
      : [];
