import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { senderFor } from '../channels/index.ts';
import { addresses, interned, people, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Audience, matchAudience } from '../people/audience.ts';
import { smsRule } from '../text/countries.ts';
import { estimateTexts } from '../text/estimate.ts';
import { countSegments } from '../text/segments.ts';
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

  const lists = await rows<{ languages: string; n: number }>(
    g.store,
    sql`select i.value as languages, c.n as n from
          (select p.languages as id, count(*) as n from ${people} p where ${match.included} group by p.languages) c
        join ${interned} i on i.id = c.id`,
  );
  const byLanguage: Record<string, number> = {};
  const byFallback: Record<string, number> = {};
  let total = 0;
  let withoutText = 0;
  for (const { languages, n } of lists) {
    total += n;
    const choice = chooseFor(
      languages === '' ? [] : languages.split(' '),
      available,
      organisation.defaultLanguage,
      policy,
    );
    if (choice.language === null) withoutText += n;
    else byLanguage[choice.language] = (byLanguage[choice.language] ?? 0) + n;
    if (choice.reason !== 'own' && choice.language !== null)
      byFallback[choice.reason] = (byFallback[choice.reason] ?? 0) + n;
  }

  const [unknown] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${people} p where ${match.unknown}`,
  );
  const reach = await rows<{ channel: string; state: string; n: number }>(
    g.store,
    sql`select channel, state, count(*) as n from ${addresses} where id in (
          select pa.address from ${people} p join ${peopleAddresses} pa on pa.person = p.id where ${match.included})
        group by channel, state`,
  );
  const wanted = reach.filter(({ channel }) => channels.includes(channel as 'sms'));
  const count = (state: string) => wanted.filter((row) => row.state === state).reduce((sum, row) => sum + row.n, 0);
  const [bare] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${people} p where ${match.included} and not exists (
          select 1 from ${peopleAddresses} pa join ${addresses} a on a.id = pa.address
          where pa.person = p.id and a.channel in (select value from json_each(${JSON.stringify(channels)})))`,
  );
  const off: Record<string, number> = {};
  for (const { channel, state, n } of wanted)
    if (state === 'active' && senderFor(organisation, channel as 'sms', g.senders) === 'off') off[channel] = n;
  const sms = channels.includes('sms')
    ? await priceSms(g, caller, input, match.included, available, policy)
    : { segments: 0, cost: 0, currency: 'USD', unverifiedCountries: [], fallen: 0, problems: [] };
  if (sms.fallen > 0) byFallback.charset = sms.fallen;
  return {
    people: total,
    addresses: count('active'),
    byChannel: Object.fromEntries(
      wanted.filter(({ state }) => state === 'active').map(({ channel, n }) => [channel, n]),
    ),
    byLanguage,
    byFallback,
    withoutText,
    unknownLocation: unknown!.n,
    stopped: count('stopped'),
    unreachable: count('unreachable'),
    withoutAddress: bare!.n,
    off,
    sms,
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
  included: ReturnType<typeof sql>,
  available: string[],
  policy: LanguagePolicy,
): Promise<Preview['sms']> {
  const prices = (await g.assets.read('locales/sms-prices.json')) as Prices;
  const groups = await rows<{ country: string | null; languages: string; n: number }>(
    g.store,
    sql`select a.country as country, i.value as languages, count(distinct a.id) as n
        from ${people} p join ${peopleAddresses} pa on pa.person = p.id
        join ${addresses} a on a.id = pa.address and a.channel = 'sms' and a.state = 'active'
        join ${interned} i on i.id = p.languages
        where ${included} group by a.country, p.languages`,
  );
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
          ref: 'XX00000',
        });
  let segments = 0;
  let cost = 0;
  let fallen = 0;
  const unverified = new Set<string>();
  const problems = new Set<string>();
  const asks = input.template ? (await g.catalog.meta(input.template)).asksCheckIn : true;
  const manner = { asks, bilingual: policy === 'bilingual', simulated: caller.organisation.mode === 'training' };
  for (const { country, languages, n } of groups) {
    const { language } = chooseFor(
      languages === '' ? [] : languages.split(' '),
      available,
      caller.organisation.defaultLanguage,
      policy,
    );
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
