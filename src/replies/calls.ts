import { and, eq, ne, sql } from 'drizzle-orm';
import { addresses, calls, checkIns, interned, people, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { auditRowIf } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { openCase } from './cases.ts';
import { writeStatement } from './check-ins.ts';

/** What a call came to. `no_contact` stays on the list, behind those who were not tried as often. */
export const CALL_OUTCOMES = ['safe', 'moved', 'help', 'no_contact', 'wrong_number'] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

type CallRow = typeof calls.$inferSelect;

/** On the list as long as nothing is known of them: who answers late leaves it, also out of a caller's hands. */
export const waiting = (incident: number) => sql`l.incident = ${incident} and l.state <> 'closed'
  and exists (select 1 from ${checkIns} c where c.incident = l.incident and c.person = l.person and c.meaning is null)`;

interface Listed {
  id: number;
  uid: string;
  state: string;
  owner: string | null;
  takenAt: number | null;
  tries: number;
  createdAt: number;
  person: string;
  externalId: string | null;
  name: string | null;
  profile: string;
  country: string | null;
  area: string | null;
  tags: string;
  languages: string;
  numbers: string;
}

/**
 * Whom to call: those who were tried least, then the marked and those whom nothing has reached, then by area, so that
 * one caller knows one place (CK-13). Someone discreet is listed without a number: nobody calls there (CK-12).
 * The cursor is the number of people seen.
 */
export async function listCalls(
  g: Gateway,
  caller: Caller,
  incident: number,
  query: { cursor?: number | undefined; limit: number },
) {
  const offset = query.cursor ?? 0;
  const found = await rows<Listed>(
    g.store,
    sql`select l.id as id, l.uid as uid, l.state as state, l.owner as owner, l.taken_at as takenAt, l.tries as tries,
          l.created_at as createdAt, p.uid as person, p.external_id_sealed as externalId, p.name_sealed as name,
          p.profile as profile, p.country as country, p.area as area, t.value as tags, i.value as languages,
          (select json_group_array(a.value_sealed) from ${peopleAddresses} h join ${addresses} a on a.id = h.address
           where h.person = p.id and a.channel = 'sms') as numbers
        from ${calls} l join ${people} p on p.id = l.person
        join ${interned} i on i.id = p.languages join ${interned} t on t.id = p.tags
        where ${waiting(incident)}
        order by l.tries, l.rank, coalesce(p.area, p.country, '~'), l.id limit ${query.limit + 1} offset ${offset}`,
  );
  const keys = await g.vault.keys(caller.organisation.id);
  const items = [];
  for (const row of found.slice(0, query.limit)) {
    const numbers = [];
    if (row.profile !== 'discreet')
      for (const sealed of JSON.parse(row.numbers) as string[]) numbers.push(await keys.open('address', sealed));
    items.push({
      id: row.uid,
      personId: row.person,
      externalId: row.externalId === null ? null : await keys.open('externalId', row.externalId),
      name: row.name === null ? null : await keys.open('name', row.name),
      numbers,
      doNotCall: row.profile === 'discreet',
      languages: row.languages.split(' ').filter((tag) => tag !== ''),
      country: row.country,
      area: row.area,
      priority: row.tags.split(' ').includes('priority'),
      state: row.state,
      owner: row.owner,
      takenAt: row.takenAt === null ? null : new Date(row.takenAt).toISOString(),
      tries: row.tries,
      since: new Date(row.createdAt).toISOString(),
    });
  }
  return { items, next: found.length > query.limit ? offset + query.limit : null };
}

/** @throws Refusal `not_found` */
async function findCall(g: Gateway, caller: Caller, uid: string): Promise<CallRow> {
  const [row] = await g.store.db
    .select()
    .from(calls)
    .where(and(eq(calls.uid, uid), eq(calls.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  return row;
}

const view = (row: CallRow) => ({
  id: row.uid,
  state: row.state,
  owner: row.owner,
  tries: row.tries,
  outcome: row.outcome,
});

/** Two callers never ring the same person. @throws Refusal `not_found`, `already_taken`, `already_closed` */
export async function takeCall(g: Gateway, caller: Caller, uid: string) {
  const row = await findCall(g, caller, uid);
  if (row.state === 'closed') throw new Refusal('already_closed');
  if (row.owner === caller.operator) return view(row);
  const now = g.clock.now();
  const may = and(eq(calls.id, row.id), eq(calls.state, 'open'));
  const [, [taken]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(calls).where(may), caller, now, 'call.take', uid),
    db.update(calls).set({ state: 'taken', owner: caller.operator, takenAt: now }).where(may).returning(),
  ]);
  if (!taken) throw new Refusal('already_taken');
  return view(taken);
}

/**
 * What a caller heard counts as told by an officer; a need becomes a case. An answer of the person that came while
 * the phone rang stays in the history.
 * @throws Refusal `not_found`, `already_closed`, `already_taken` when another caller has it
 */
export async function closeCall(g: Gateway, caller: Caller, uid: string, outcome: CallOutcome) {
  const row = await findCall(g, caller, uid);
  if (row.state === 'closed') throw new Refusal('already_closed');
  const now = g.clock.now();
  const may = and(
    eq(calls.id, row.id),
    ne(calls.state, 'closed'),
    sql`coalesce(${calls.owner}, ${caller.operator}) = ${caller.operator}`,
  );
  const [, [closed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(calls).where(may), caller, now, 'call.close', uid, { outcome }),
    db
      .update(calls)
      .set(
        outcome === 'no_contact'
          ? { state: 'open', owner: null, takenAt: null, outcome, tries: sql`${calls.tries} + 1` }
          : { state: 'closed', closedAt: now, outcome, tries: sql`${calls.tries} + 1` },
      )
      .where(may)
      .returning(),
  ]);
  if (!closed) throw new Refusal('already_taken');
  if (outcome === 'safe' || outcome === 'moved' || outcome === 'help')
    await writeStatement(g, {
      incident: row.incident,
      people: [row.person],
      reply: null,
      meaning: outcome,
      source: 'officer',
      at: now,
    });
  if (outcome === 'help')
    await openCase(g, {
      organisation: row.organisation,
      incident: row.incident,
      person: row.person,
      address: null,
      need: undefined,
      priority: 'P2',
      at: now,
    });
  return view(closed);
}
