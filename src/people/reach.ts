import { type SQL, sql } from 'drizzle-orm';
import { interned, people } from '../db/schema.ts';
import type { Db, Statement } from '../db/store.ts';

/** One address of a person, as a count needs it: not which, but of what kind. */
export interface Reached {
  channel: string;
  state: string;
  /** of the number's plan; null for none */
  country: string | null;
  /** somebody else is reached there too: to be counted by address, not by person */
  shared: boolean;
}

const word = sql.raw(`a.channel || '/' || a.state || '/' || coalesce(a.country, '') ||
  case when exists (select 1 from people_addresses o where o.address = a.id and o.person <> pa.person) then '/shared' else '' end`);

/** How a person, an id of the outer statement, is reached: sorted words such as `sms/active/JP telegram/stopped//shared`. */
export const reachOf = (person: SQL): SQL => sql`coalesce((select group_concat(w, ' ') from (
  select ${word} as w from people_addresses pa join addresses a on a.id = pa.address where pa.person = ${person} order by w)), '')`;

/**
 * Brings `people.reach` up to date: the audience's counts read it in place of two tables. Belongs into every batch
 * that changes a link to an address or the state of one, after that change, and nothing else writes it.
 * @param whom ids of people, as what follows `in`; all who are reached at an address that changed
 */
export function refreshReach(db: Db, whom: SQL): [Statement, Statement] {
  return [
    db
      .insert(interned)
      .select(sql`select distinct null, 'reach', ${reachOf(sql`p.id`)} from ${people} p where p.id in ${whom}`)
      .onConflictDoNothing(),
    db
      .update(people)
      .set({
        reach: sql`(select i.id from interned i where i.kind = 'reach' and i.value = ${reachOf(sql`people.id`)})`,
      })
      .where(sql`${people.id} in ${whom}`),
  ];
}

/** All who are reached at these addresses, for `refreshReach`. */
export const holdersOf = (addresses: SQL): SQL =>
  sql`(select h.person from people_addresses h where h.address in ${addresses})`;

/** Reads what `reachOf` says. */
export function parseReach(value: string): Reached[] {
  if (value === '') return [];
  return value.split(' ').map((one) => {
    const [channel, state, country, shared] = one.split('/');
    return { channel: channel!, state: state!, country: country || null, shared: shared !== undefined };
  });
}
