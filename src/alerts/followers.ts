import { eq, type SQL, sql } from 'drizzle-orm';
import { addresses, alerts, alertTexts, checkIns, deliveries, people, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { allInterned } from '../people/intern.ts';
import { type AlertRow, GOT_IT, type Texts } from './alert.ts';
import { chooseFor } from './languages.ts';

/**
 * Whether an update is a text that arrives: it says the same in every language of the former alert, and speaks more.
 * @param texts with the numbers of the alerts themselves
 */
export function addsLanguages(former: { texts: Texts; ref: string }, update: { texts: Texts; ref: string }): boolean {
  const told = (texts: Texts, tag: string) =>
    JSON.stringify(Object.entries(texts[tag]!).sort(([one], [other]) => (one < other ? -1 : 1)));
  const same = Object.keys(former.texts).every(
    (tag) =>
      update.texts[tag] && told(former.texts, tag).replaceAll(former.ref, update.ref) === told(update.texts, tag),
  );
  return same && Object.keys(update.texts).length > Object.keys(former.texts).length;
}

type Following = Pick<AlertRow, 'id' | 'former' | 'chain' | 'msgType' | 'adds' | 'languagePolicy'>;

const gotIt = sql`d.state in (select value from json_each(${JSON.stringify(GOT_IT)}))`;
const ofChain = (chain: number | null) =>
  sql`d.alert in (select id from ${alerts} where id = ${chain} or chain = ${chain})`;
/** What the approval of the update halts, before it and after it; and who could be told nothing. */
const unsent = sql`d.address is not null and (d.state = 'pending' or (d.state = 'cancelled' and d.error_code = 'replaced')
  or (d.state = 'suppressed' and d.error_code = 'no_text'))`;
const withoutOwn = sql`d.language_reason not in ('own', 'charset')`;

/** An update also goes to those who wait for a text by the policy `hold`; one that adds languages, to all who wait. */
const takesOver = (alert: Pick<Following, 'msgType' | 'adds' | 'languagePolicy'>) =>
  alert.msgType === 'Update' && (alert.adds || alert.languagePolicy === 'hold');

/** Whether there is anybody whom an update or cancel of this alert would go to. */
export async function hasFollowers(
  g: Gateway,
  former: AlertRow,
  follows: Pick<Following, 'msgType' | 'adds' | 'languagePolicy'>,
): Promise<boolean> {
  const waits = takesOver(follows)
    ? sql`or (d.alert = ${former.id} and ${unsent} and ${follows.adds ? sql`true` : withoutOwn})`
    : sql``;
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select exists (select 1 from ${deliveries} d
          where (${ofChain(former.chain ?? former.id)} and ${gotIt}) ${waits}) as n`,
  );
  return row!.n === 1;
}

/**
 * Whom an update or cancel goes to, as a table expression of ledger rows: `id, person, address, target, channel,
 * address_state, language, reason`. Those who got, or may have got, the chain, in the same language (DO-10); of an
 * update that only adds languages not they, but who was told in a fallback and has a text of their own now, and who
 * waits; with the policy `hold` whoever waits for a text. They are given what their list chooses today.
 *
 * @param charset whether a text cannot arrive at address `a` in the language `c.language`, as `fallsBack` says it
 * @param range ids of ledger rows that are looked at; all when absent
 */
export async function followers(
  g: Gateway,
  alert: Following,
  organisationDefault: string,
  charset: (address: string, choice: string) => Promise<SQL>,
  range: SQL = sql`true`,
): Promise<SQL> {
  const available = await g.store.db
    .select({ language: alertTexts.language })
    .from(alertTexts)
    .where(eq(alertTexts.alert, alert.id));
  const tags = available.map((row) => row.language).sort();
  const fallback = [organisationDefault, 'en'].find((tag) => tags.includes(tag)) ?? tags[0]!;
  const told = sql`case when t.language is null then ${fallback} else d.language end`;
  const why = sql`case when t.language is null then 'default' else d.language_reason end`;
  const common = sql`d.id as id, d.person as person, d.address as address, d.target as target, d.channel as channel,
    a.state as address_state`;
  const tables = sql`${deliveries} d join ${addresses} a on a.id = d.address
    left join ${alertTexts} t on t.alert = ${alert.id} and t.language = d.language`;
  const mine = sql`${range} and d.alert <> ${alert.id}`;
  if (!takesOver(alert))
    return sql`(select ${common}, ${told} as language, ${why} as reason from ${tables}
                where ${mine} and ${ofChain(alert.chain)} and ${gotIt})`;

  const lists = await allInterned(g.store, 'languages');
  const choices = lists.map(({ id, values }) => ({
    id,
    ...chooseFor(values, tags, organisationDefault, alert.languagePolicy),
  }));
  const falls = await charset('a', 'c');
  const waits = sql`(d.alert = ${alert.former} and ${unsent} and ${alert.adds ? sql`true` : withoutOwn})`;
  const better = sql`(${withoutOwn} and c.reason = 'own' and c.language <> d.language)`;
  const anew = alert.adds ? sql`true` : waits;
  return sql`(select ${common},
      case when not ${anew} then ${told} when ${falls} then 'en' else c.language end as language,
      case when not ${anew} then ${why} when ${falls} then 'charset' else c.reason end as reason
    from ${tables}
    left join ${people} p on p.id = d.person
    left join (select value ->> 'id' as list, value ->> 'language' as language, value ->> 'reason' as reason
               from json_each(${JSON.stringify(choices)})) c on c.list = p.languages
    where ${mine} and ((${ofChain(alert.chain)} and ${gotIt} and ${alert.adds ? better : sql`true`}) or ${waits}))`;
}

/** People whom an update or cancel goes to, by the language of their text and why. */
export async function countFollowers(g: Gateway, alert: AlertRow, organisationDefault: string) {
  const table = await followers(g, alert, organisationDefault, async () => sql`false`);
  return rows<{ language: string | null; reason: string; n: number }>(
    g.store,
    // a row names one of those who hold its phone; who of the others was addressed has a check-in
    sql`with told as (select person, address, language, reason from ${table}),
          each_one as (
            select person, language, reason from told where person is not null
            union select h.person, t.language, t.reason from (select distinct address, language, reason from told) t
              join ${peopleAddresses} h on h.address = t.address
              join ${checkIns} c on c.incident = (select incident from ${alerts} where id = ${alert.id}) and c.person = h.person)
        select language, reason, count(*) as n
        from (select person, min(coalesce(language, '~')), language, reason from each_one group by person) group by 1, 2`,
  );
}
