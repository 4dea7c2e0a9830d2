import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { checkInHistory, checkIns, incidents, peopleAddresses } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { nameNumbers } from '../people/people.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Interpretation } from './interpret.ts';

/** What somebody said about one or several people of an incident. */
export interface Said {
  incident: number;
  people: number[];
  reply: number | null;
  meaning: 'safe' | 'help' | 'moved' | 'unclear';
  code?: string | undefined;
  movement?: string | undefined;
  heads?: number | undefined;
  source: 'self' | 'leader' | 'family' | 'officer';
  at: number;
}

/**
 * Writes a statement: history always, the present place of each person by "the latest wins" (CK-2). An
 * unclear reply changes nothing but says that a person must read it.
 */
export async function writeStatement(g: Gateway, said: Said): Promise<void> {
  const who = JSON.stringify(said.people);
  const mine = and(
    eq(checkIns.incident, said.incident),
    sql`${checkIns.person} in (select value from json_each(${who}))`,
  );
  const current =
    said.meaning === 'unclear'
      ? {
          unread: true,
          meaning: sql`coalesce(${checkIns.meaning}, 'unclear')`,
          at: sql`coalesce(${checkIns.at}, ${said.at})`,
        }
      : {
          meaning: said.meaning,
          code: said.code ?? null,
          movement: said.movement ?? null,
          people: said.heads ?? null,
          source: said.source,
          at: said.at,
        };
  await g.store.atomic((db) => [
    // a reply that is understood again, after a crash, is one statement
    db.insert(checkInHistory).select(
      sql`select null, ${said.incident}, value, ${said.reply}, ${said.meaning}, ${said.code ?? null}, ${said.heads ?? null}, ${said.source}, ${said.at}
            from json_each(${who})
            where ${said.reply} is null or ${said.source} = 'officer'
              or not exists (select 1 from ${checkInHistory} h
                             where h.incident = ${said.incident} and h.person = value and h.reply = ${said.reply})`,
    ),
    // a reply that was under way when a later one was understood does not overrule it
    db
      .update(checkIns)
      .set(current)
      .where(and(mine, sql`(${checkIns.at} is null or ${checkIns.at} <= ${said.at} or ${said.meaning} = 'unclear')`)),
  ]);
}

/** Where somebody wants to go or stay, beside how they are: it says neither safe nor help. */
export async function noteMovement(g: Gateway, incident: number, person: number, movement: string): Promise<void> {
  await g.store.db
    .update(checkIns)
    .set({ movement })
    .where(and(eq(checkIns.incident, incident), eq(checkIns.person, person)));
}

/** From one understood reply to the people behind its address: who is meant, and by what trust. */
export function whoIsMeant(holders: number[], said: Interpretation): number[] {
  if (holders.length <= 1 || said.meaning === 'help' || said.meaning === 'unclear') return holders;
  // a shared phone: "safe" marks nobody until it counts at least all of them (DESIGN section 10)
  return (said.people ?? 0) >= holders.length ? holders : [];
}

/** Who is meant by what came from a person, or from a phone that several share. */
export async function whoseWords(
  g: Gateway,
  from: { person: number | null; address: number | null },
): Promise<number[]> {
  if (from.person !== null) return [from.person];
  if (from.address === null) return [];
  const held = await g.store.db
    .select({ person: peopleAddresses.person })
    .from(peopleAddresses)
    .where(eq(peopleAddresses.address, from.address));
  return held.map((row) => row.person);
}

/** @throws Refusal `not_found` */
export async function findIncident(g: Gateway, caller: Caller, uid: string) {
  const [row] = await g.store.db
    .select()
    .from(incidents)
    .where(and(eq(incidents.uid, uid), eq(incidents.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  return row;
}

/** Check-ins of an incident in the order of planning. */
export async function listCheckIns(
  g: Gateway,
  caller: Caller,
  incident: number,
  query: { cursor?: number | undefined; limit: number; meaning?: string | undefined },
) {
  const found = await g.store.db
    .select()
    .from(checkIns)
    .where(
      and(
        eq(checkIns.incident, incident),
        query.cursor === undefined ? undefined : gt(checkIns.id, query.cursor),
        query.meaning === undefined
          ? undefined
          : query.meaning === 'unclear'
            ? eq(checkIns.unread, true)
            : query.meaning === 'noAnswer'
              ? sql`${checkIns.meaning} is null`
              : eq(checkIns.meaning, query.meaning as 'safe'),
      ),
    )
    .orderBy(asc(checkIns.id))
    .limit(query.limit + 1);
  const page = found.slice(0, query.limit);
  const named = await nameNumbers(
    g,
    caller.organisation.id,
    page.flatMap((row) => (row.person === null ? [] : [row.person])),
  );
  return {
    items: page.map((row) => ({
      personId: row.person === null ? null : (named.get(row.person)?.uid ?? null),
      externalId: row.person === null ? null : (named.get(row.person)?.externalId ?? null),
      meaning: row.meaning,
      code: row.code,
      movement: row.movement,
      people: row.people,
      source: row.source,
      unread: row.unread,
      at: row.at === null ? null : new Date(row.at).toISOString(),
    })),
    next: found.length > query.limit ? page.at(-1)!.id : null,
  };
}
