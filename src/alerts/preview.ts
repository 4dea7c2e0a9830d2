import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { senderFor } from '../channels/index.ts';
import { addresses, interned, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Audience, type Match, matchAudience } from '../people/audience.ts';
import { parseReach } from '../people/reach.ts';
import { smsRule } from '../text/countries.ts';
import { estimateTexts } from '../text/estimate.ts';
import { countSegments } from '../text/segments.ts';
import { eventClock } from '../text/zones.ts';
import type { Caller } from '../trust/operators.ts';
import type { Texts } from './alert.ts';
import { Channels, languagesOf } from './draft.ts';
import { chooseFor, type LanguagePolicy } from './languages.ts';
import { smsFor } from './sms.ts';
import { OwnTexts } from './texts.ts';

export const PreviewInput = z.strictObject({
  audience: Audience,
  template: z.string().max(80).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  texts: OwnTexts.optional(),
  channels: Channels.optional(),
  languagePolicy: z.enum(['default', 'bilingual', 'plain', 'hold']).optional(),
});

export interface Preview {
  /** everyone matched, once, reachable or not */
  people: number;
  addresses: number;
  byChannel: Record<string, number>;
  /** people by the language of the text that they get */
  byLanguage: Record<string, number>;
  /** people who do not get a language of their own, by reason: bridge, default, english */
  byFallback: Record<string, number>;
  withoutText: number;
  unknownLocation: number;
  stopped: number;
  unreachable: number;
  withoutAddress: number;
  /** active addresses whose channel has no settings: they will not be reached */
  off: Record<string, number>;
  sms: {
    segments: number;
    cost: number;
    currency: string;
    unverifiedCountries: string[];
    fallen: number;
    problems: { country: string; language: string; problem: string }[];
  };
}

/** Counts before sending: who is matched, how they are reached, in which language, at what price. */
export async function preview(g: Gateway, caller: Caller, input: z.output<typeof PreviewInput>): Promise<Preview> {
  const { organisation } = caller;
  const match = await matchAudience(g, organisation.id, input.audience);
  const available = await languagesOf(g, input);
  const channels = input.channels ?? ['sms', 'telegram', 'push'];
  const policy: LanguagePolicy = input.languagePolicy ?? 'default';

  const groups = await rows<{ languages: string; reach: string; n: number }>(
    g.store,
    sql`select l.value as languages, r.value as reach, c.n as n from
          (select p.languages as l, p.reach as r, count(*) as n from ${match.indexed} where ${match.included} group by 1, 2) c
        join ${interned} l on l.id = c.l join ${interned} r on r.id = c.r`,
  );
  const choose = chooser(available, organisation.defaultLanguage, policy);
  const byLanguage: Record<string, number> = {};
  const byFallback: Record<string, number> = {};
  const numbers: Numbers[] = [];
  /** addresses by state and channel */
  const held: Record<string, Record<string, number>> = { active: {}, stopped: {}, unreachable: {} };
  const hold = (state: string, channel: string, n: number) => add(held[state]!, channel, n);
  let [total, withoutText, withoutAddress, shares] = [0, 0, 0, false];
  for (const { languages, reach, n } of groups) {
    total += n;
    const choice = choose(languages);
    if (choice.language === null) withoutText += n;
    else {
      add(byLanguage, choice.language, n);
      if (choice.reason !== 'own') add(byFallback, choice.reason, n);
    }
    const addresses = parseReach(reach).filter(({ channel }) => channels.includes(channel as 'sms'));
    if (addresses.length === 0) withoutAddress += n;
    for (const { channel, state, country, shared } of addresses) {
      shares ||= shared;
      if (shared) continue;
      hold(state, channel, n);
      if (channel === 'sms' && state === 'active') numbers.push({ country, languages, n });
    }
  }
  if (shares) {
    const shared = await countShared(g, match);
    for (const { channel, state, n } of shared.addresses)
      if (channels.includes(channel as 'sms')) hold(state, channel, n);
    numbers.push(...shared.numbers);
  }
  const [unknown] = await rows<{ n: number }>(g.store, sql`select ${match.unknown} as n`);
  const off: Record<string, number> = {};
  for (const [channel, n] of Object.entries(held.active!))
    if (senderFor(organisation, channel as 'sms', g.senders) === 'off') off[channel] = n;
  const sms = channels.includes('sms')
    ? await priceSms(g, caller, input, numbers, choose, policy)
    : { segments: 0, cost: 0, currency: 'USD', unverifiedCountries: [], fallen: 0, problems: [] };
  if (sms.fallen > 0) byFallback.charset = sms.fallen;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((one, other) => one + other, 0);
  return {
    people: total,
    addresses: sum(held.active!),
    byChannel: held.active!,
    byLanguage,
    byFallback,
    withoutText,
    unknownLocation: unknown!.n,
    stopped: sum(held.stopped!),
    unreachable: sum(held.unreachable!),
    withoutAddress,
    off,
    sms,
  };
}

function add(counts: Record<string, number>, name: string, n: number): void {
  counts[name] = (counts[name] ?? 0) + n;
}

/** The choice of each list of languages, as interned, made once. */
function chooser(available: string[], organisationDefault: string, policy: LanguagePolicy) {
  const choices = new Map<string, ReturnType<typeof chooseFor>>();
  return (languages: string) => {
    let choice = choices.get(languages);
    if (!choice) {
      choice = chooseFor(languages === '' ? [] : languages.split(' '), available, organisationDefault, policy);
      choices.set(languages, choice);
    }
    return choice;
  };
}

/** Active numbers of people with these languages. A number that two such groups share is in both: it is sent both texts. */
interface Numbers {
  country: string | null;
  languages: string;
  n: number;
}

/** Addresses that several people share are counted one by one: each once, and each number once for each list of languages. */
async function countShared(g: Gateway, match: Match) {
  const theirs = sql`${match.indexed} join ${peopleAddresses} pa on pa.person = p.id join ${addresses} a on a.id = pa.address
    where ${match.included} and p.reach in (select id from ${interned} where kind = 'reach' and value like '%/shared%')
      and exists (select 1 from ${peopleAddresses} o where o.address = a.id and o.person <> p.id)`;
  return {
    addresses: await rows<{ channel: string; state: string; n: number }>(
      g.store,
      sql`select a.channel as channel, a.state as state, count(distinct a.id) as n from ${theirs} group by 1, 2`,
    ),
    numbers: await rows<Numbers>(
      g.store,
      sql`select c.country as country, l.value as languages, c.n as n from
            (select a.country as country, p.languages as languages, count(distinct a.id) as n from ${theirs}
               and a.channel = 'sms' and a.state = 'active' group by 1, 2) c
          join ${interned} l on l.id = c.languages`,
    ),
  };
}

interface Prices {
  currency: string;
  perSegment: number;
  countries: Record<string, number>;
}

/** Segments and price as they will be rendered for each country; without parameters with values of typical length. */
async function priceSms(
  g: Gateway,
  caller: Caller,
  input: z.output<typeof PreviewInput>,
  numbers: Numbers[],
  choose: ReturnType<typeof chooser>,
  policy: LanguagePolicy,
): Promise<Preview['sms']> {
  const prices = (await g.assets.read('locales/sms-prices.json')) as Prices;
  const texts: Texts | undefined = input.texts
    ? Object.fromEntries(
        Object.entries(input.texts).map(([tag, text]) => [
          tag,
          { event: '', flash: text.full, radio: text.full, ...text, sms: text.sms ?? text.full } as Texts[string],
        ]),
      )
    : input.template === undefined
      ? undefined
      : await estimateTexts(g.catalog, input.template, input.parameters ?? {}, {
          org: caller.organisation.name,
          shortOrg: caller.organisation.shortName ?? undefined,
          ref: 'XX00000',
        });
  let segments = 0;
  let cost = 0;
  let fallen = 0;
  const unverified = new Set<string>();
  const problems = new Set<string>();
  const asks = input.template ? (await g.catalog.meta(input.template)).asksCheckIn : true;
  const simulated = caller.organisation.mode === 'training';
  const manner = { asks, bilingual: policy === 'bilingual', simulated, clock: eventClock(input.parameters ?? {}) };
  const sent = new Map<string, { country: string | null; language: string | null; n: number }>();
  for (const { country, languages, n } of numbers) {
    const { language } = choose(languages);
    const key = `${country} ${language}`;
    const one = sent.get(key) ?? { country, language, n: 0 };
    sent.set(key, one);
    one.n += n;
  }
  for (const { country, language, n } of sent.values()) {
    if (country !== null && !smsRule(country, { number: true }).verified) unverified.add(country);
    if (!texts || language === null) continue;
    const chosen = await smsFor(g, texts, { language, country, discreet: false }, manner);
    if (chosen.language !== language) fallen += n;
    for (const problem of chosen.problems) problems.add(`${country} ${chosen.language} ${problem}`);
    const each = countSegments(chosen.text).segments;
    segments += each * n;
    cost += each * n * (prices.countries[country ?? ''] ?? prices.perSegment);
  }
  return {
    segments,
    cost: Math.round(cost * 100) / 100,
    currency: prices.currency,
    unverifiedCountries: [...unverified].sort(),
    fallen,
    problems: [...problems].sort().map((key) => {
      const [country, language, problem] = key.split(' ');
      return { country: country!, language: language!, problem: problem! };
    }),
  };
}
