import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { senderFor } from '../channels/index.ts';
import { addresses, interned, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Audience, type Match, matchAudience } from '../people/audience.ts';
import { parseReach } from '../people/reach.ts';
import { estimateTexts } from '../text/estimate.ts';
import { eventClock } from '../text/zones.ts';
import type { Caller, Organisation } from '../trust/operators.ts';
import { type AlertRow, readParameters, readTexts, type Texts } from './alert.ts';
import { Channels, languagesOf } from './draft.ts';
import { chooseFor, type LanguagePolicy } from './languages.ts';
import { type Numbers, priceSms, type SmsPrice } from './price.ts';
import { completeOwnTexts, OwnTexts } from './texts.ts';

export const PreviewInput = z.strictObject({
  audience: Audience,
  template: z.string().max(80).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  texts: OwnTexts.optional(),
  channels: Channels.optional(),
  languagePolicy: z.enum(['default', 'bilingual', 'plain', 'hold']).optional(),
});

/** Who reads what: what an approver sees, and what is kept with the approval. */
export interface Gate {
  policy: LanguagePolicy;
  people: number;
  /** people by the language of the text that they get, and why: `{si: {own: 12}, en: {english: 3}}` */
  byLanguage: Record<string, Record<string, number>>;
  /** people who do not get a language of their own, by the first one that they asked for ('' when none is known) */
  lacking: Record<string, Record<string, number>>;
  withoutText: number;
  /** of those with a fallback: how many wait for a text of their own first, by the policy `hold` */
  waiting: number;
}

export interface Preview {
  /** everyone matched, once, reachable or not */
  people: number;
  addresses: number;
  byChannel: Record<string, number>;
  /** people by the language of the text that they get */
  byLanguage: Record<string, number>;
  /** people who do not get a language of their own, by reason: bridge, default, english */
  byFallback: Record<string, number>;
  gate: Gate;
  withoutText: number;
  unknownLocation: number;
  stopped: number;
  unreachable: number;
  withoutAddress: number;
  /** active addresses whose channel has no settings: they will not be reached */
  off: Record<string, number>;
  sms: SmsPrice;
}

/** Counts before sending: who is matched, how they are reached, in which language, at what price. */
export async function preview(g: Gateway, caller: Caller, input: z.output<typeof PreviewInput>): Promise<Preview> {
  const { organisation } = caller;
  const available = await languagesOf(g, input);
  const texts: Texts | undefined = input.texts
    ? completeOwnTexts(input.texts, '')
    : input.template === undefined
      ? undefined
      : await estimateTexts(g.catalog, input.template, input.parameters ?? {}, {
          org: organisation.name,
          shortOrg: organisation.shortName ?? undefined,
          ref: 'XX00000',
        });
  return countAudience(g, organisation, {
    audience: input.audience,
    available,
    texts,
    channels: input.channels ?? ['sms', 'telegram', 'push'],
    policy: input.languagePolicy ?? 'default',
    asks: input.template ? (await g.catalog.meta(input.template)).asksCheckIn : true,
    typed: { org: organisation.name, ...input.parameters },
  });
}

/** The same for an alert, by its own texts: what the approver decides on. Not for an update or cancel. */
export async function previewAlert(g: Gateway, organisation: Organisation, alert: AlertRow): Promise<Preview> {
  const texts = await readTexts(g, alert);
  return countAudience(g, organisation, {
    audience: JSON.parse(alert.audience),
    available: Object.keys(texts),
    texts,
    channels: JSON.parse(alert.channels),
    policy: alert.languagePolicy,
    asks: alert.asksCheckIn,
    typed: { org: organisation.name, ...(await readParameters(g, alert)) },
  });
}

interface Counted {
  audience: Audience;
  available: string[];
  /** absent when there is nothing to be priced yet */
  texts: Texts | undefined;
  channels: string[];
  policy: LanguagePolicy;
  asks: boolean;
  typed: Record<string, unknown>;
}

async function countAudience(g: Gateway, organisation: Organisation, input: Counted): Promise<Preview> {
  const { available, channels, policy } = input;
  const match = await matchAudience(g, organisation.id, input.audience);

  const groups = await rows<{ languages: string; reach: string; n: number }>(
    g.store,
    sql`select l.value as languages, r.value as reach, c.n as n from
          (select p.languages as l, p.reach as r, count(*) as n from ${match.indexed} where ${match.included} group by 1, 2) c
        join ${interned} l on l.id = c.l join ${interned} r on r.id = c.r`,
  );
  const choose = chooser(available, organisation.defaultLanguage, policy);
  const byLanguage: Record<string, number> = {};
  const gate: Gate = { policy, people: 0, byLanguage: {}, lacking: {}, withoutText: 0, waiting: 0 };
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
      addTo(gate.byLanguage, choice.language, choice.reason, n);
      if (choice.reason !== 'own') add(byFallback, choice.reason, n);
      if (choice.reason !== 'own' && policy === 'hold') gate.waiting += n;
    }
    if (choice.reason !== 'own') addTo(gate.lacking, languages.split(' ')[0]!, choice.reason, n);
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
  const simulated = organisation.mode === 'training';
  const clock = eventClock(input.typed);
  const manner = { asks: input.asks, bilingual: policy === 'bilingual', simulated, clock };
  const priced = channels.includes('sms') ? numbers : [];
  const sms = await priceSms(g, priced, input.texts, manner, choose, input.typed);
  if (sms.fallen > 0) byFallback.charset = sms.fallen;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((one, other) => one + other, 0);
  return {
    people: total,
    addresses: sum(held.active!),
    byChannel: held.active!,
    byLanguage,
    byFallback,
    gate: { ...gate, people: total, withoutText },
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

function addTo(counts: Record<string, Record<string, number>>, group: string, name: string, n: number): void {
  const theirs = counts[group] ?? {};
  counts[group] = theirs;
  add(theirs, name, n);
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
