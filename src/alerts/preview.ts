import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { addresses, interned, people, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Audience, matchAudience } from '../people/audience.ts';
import { chooseSms, smsRule } from '../text/countries.ts';
import { estimateTexts } from '../text/estimate.ts';
import { countSegments } from '../text/segments.ts';
import type { Caller } from '../trust/operators.ts';
import type { Texts } from './alert.ts';
import { Channels, languagesOf, OwnTexts } from './draft.ts';
import { chooseFor, type LanguagePolicy } from './languages.ts';
import { replyTails } from './tails.ts';

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
  sms: { segments: number; cost: number; currency: string; unverifiedCountries: string[] };
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
    sms: channels.includes('sms')
      ? await priceSms(g, caller, input, match.included, available, policy)
      : { segments: 0, cost: 0, currency: 'USD', unverifiedCountries: [] },
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
  const unverified = new Set<string>();
  const sender = { number: /^\+?\d+$/.test(g.config.twilio?.from ?? '') };
  for (const { country, languages, n } of groups) {
    const { language } = chooseFor(
      languages === '' ? [] : languages.split(' '),
      available,
      caller.organisation.defaultLanguage,
      policy,
    );
    const rule = smsRule(country, sender);
    if (!rule.verified && country !== null) unverified.add(country);
    if (!texts || language === null) continue;
    const asks = input.template ? (await g.catalog.meta(input.template)).asksCheckIn : true;
    const tails = asks
      ? await replyTails(g, Object.keys(texts), rule, sender.number ? g.config.twilio!.from : undefined)
      : {};
    const each = countSegments(chooseSms(texts, language, rule, tails).text).segments;
    segments += each * n;
    cost += each * n * (prices.countries[country ?? ''] ?? prices.perSegment);
  }
  return {
    segments,
    cost: Math.round(cost * 100) / 100,
    currency: prices.currency,
    unverifiedCountries: [...unverified].sort(),
  };
}
