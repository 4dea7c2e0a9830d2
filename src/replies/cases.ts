import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import { caseNotes, cases, incidents, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { nameNumbers } from '../people/people.ts';
import { auditRow, auditRowIf } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { whoseWords, writeStatement } from './check-ins.ts';
import type { Interpretation } from './interpret.ts';

export type Priority = 'P1' | 'P2' | 'P3' | 'P4';

/** Minutes within which a person must look (playbook 6.2). */
const LOOK_MINUTES: Record<Priority, number> = { P1: 15, P2: 60, P3: 480, P4: 1440 };

/** Playbook 6.2: codes 3, 4 and 42, risk words, and a bare call for help where the danger is extreme come first. */
export function priorityOf(said: Interpretation, extreme: boolean): Priority {
  if (said.risk || ['doctor', 'danger', 'cannot_leave'].includes(said.need ?? '')) return 'P1';
  if (extreme && said.need === undefined) return 'P1';
  if (said.need === 'papers_transport') return 'P3';
  return 'P2';
}

export interface Cry {
  organisation: string;
  /** 0 when no incident fits */
  incident: number;
  person: number | null;
  address: number | null;
  need: string | undefined;
  priority: Priority;
  at: number;
}

/**
 * A call for help opens one case for a person; while it is open, more calls raise it and never lower it (CK-8).
 * @returns the case, and whether it is fresh
 */
export async function openCase(g: Gateway, cry: Cry): Promise<{ id: number; uid: string; fresh: boolean }> {
  const uid = g.ids.next('cas');
  const subject = cry.person ?? -(cry.address ?? 0);
  const dueAt = cry.at + LOOK_MINUTES[cry.priority] * 60_000;
  const [row] = await g.store.db
    .insert(cases)
    .values({
      uid,
      organisation: cry.organisation,
      incident: cry.incident,
      person: cry.person,
      address: cry.address,
      subject,
      state: 'open',
      priority: cry.priority,
      need: cry.need ?? null,
      openedAt: cry.at,
      lastHelpAt: cry.at,
      dueAt,
    })
    .onConflictDoUpdate({
      target: [cases.organisation, cases.incident, cases.subject],
      targetWhere: sql`state <> 'closed'`,
      set: {
        priority: sql`min(${cases.priority}, excluded.priority)`,
        dueAt: sql`min(${cases.dueAt}, excluded.due_at)`,
        need: sql`coalesce(excluded.need, ${cases.need})`,
        lastHelpAt: sql`max(${cases.lastHelpAt}, excluded.last_help_at)`,
        saysSafe: false,
      },
    })
    .returning({ id: cases.id, uid: cases.uid });
  return { ...row!, fresh: row!.uid === uid };
}

/** What somebody answered to a question about their own case, beside the officers' notes. */
export async function noteOnCase(g: Gateway, organisation: string, id: number, text: string): Promise<void> {
  const keys = await g.vault.keys(organisation);
  const textSealed = await keys.seal('note', text);
  await g.store.db.insert(caseNotes).values({ case: id, at: g.clock.now(), operator: 'self', textSealed });
}

/** "Safe" never closes a case: it is noted for the caseworker to confirm (CK-3). */
export async function noteSaysSafe(g: Gateway, incident: number, people: number[]): Promise<void> {
  await g.store.db
    .update(cases)
    .set({ saysSafe: true })
    .where(
      and(
        eq(cases.incident, incident),
        ne(cases.state, 'closed'),
        sql`${cases.person} in (select value from json_each(${JSON.stringify(people)}))`,
      ),
    );
}

export type CaseRow = typeof cases.$inferSelect;

/** An answer to a closed case within so long objects to its closing (CK-15). */
const OBJECTS_MS = 7 * 86_400_000;

/** The last closed case of the same person or phone, for each of these. */
async function readFormer(g: Gateway, found: CaseRow[]) {
  const ids = JSON.stringify(found.map((row) => row.id));
  const former = await rows<{ id: number; uid: string; reason: string | null; closed: number }>(
    g.store,
    sql`select c.id as id, f.uid as uid, f.closed_reason as reason, f.closed_at as closed
        from json_each(${ids}) j cross join ${cases} c on c.id = j.value
        join ${cases} f on f.id = (select max(o.id) from ${cases} o where o.subject = c.subject
          and o.organisation = c.organisation and o.incident = c.incident and o.state = 'closed' and o.id < c.id)`,
  );
  return new Map(former.map((row) => [row.id, row]));
}

/** Other open cases of those who are reached at the same phone (CK-10). */
async function readTogether(g: Gateway, found: CaseRow[]) {
  const ids = JSON.stringify(found.map((row) => row.id));
  const others = await rows<{ id: number; uid: string }>(
    g.store,
    sql`with phones as (
          select c.id as id, c.address as address from json_each(${ids}) j cross join ${cases} c on c.id = j.value
            where c.address is not null
          union select c.id, h.address from json_each(${ids}) j cross join ${cases} c on c.id = j.value
            join ${peopleAddresses} h on h.person = c.person),
        subjects as (
          select id, -address as subject from phones
          union select f.id, h.person from phones f join ${peopleAddresses} h on h.address = f.address)
        select s.id as id, o.uid as uid from subjects s cross join ${cases} o on o.subject = s.subject
        join ${cases} c on c.id = s.id and c.organisation = o.organisation
        where o.id <> s.id and o.state <> 'closed' order by o.id`,
  );
  return Map.groupBy(others, (row) => row.id);
}

async function view(g: Gateway, caller: Caller, found: CaseRow[]) {
  const named = await nameNumbers(
    g,
    caller.organisation.id,
    found.flatMap((row) => (row.person === null ? [] : [row.person])),
  );
  const known = await g.store.db
    .select({ id: incidents.id, uid: incidents.uid })
    .from(incidents)
    .where(eq(incidents.organisation, caller.organisation.id));
  const now = g.clock.now();
  const formerly = await readFormer(g, found);
  const together = await readTogether(g, found);
  return found.map((row) => ({
    id: row.uid,
    number: `H${row.id}`,
    incident: known.find((incident) => incident.id === row.incident)?.uid ?? null,
    personId: row.person === null ? null : (named.get(row.person)?.uid ?? null),
    externalId: row.person === null ? null : (named.get(row.person)?.externalId ?? null),
    state: row.state,
    priority: row.priority,
    need: row.need,
    saysSafe: row.saysSafe,
    openedAt: new Date(row.openedAt).toISOString(),
    dueAt: new Date(row.dueAt).toISOString(),
    late: row.state === 'open' && row.dueAt < now,
    reminded: row.remindedAt !== null,
    alarmed: row.alarmedAt !== null,
    former: formerOf(row, formerly.get(row.id)),
    together: (together.get(row.id) ?? []).map(({ uid }) => uid),
    owner: row.owner,
    takenAt: row.takenAt === null ? null : new Date(row.takenAt).toISOString(),
    closedAt: row.closedAt === null ? null : new Date(row.closedAt).toISOString(),
    closedReason: row.closedReason,
  }));
}

function formerOf(row: CaseRow, former: { uid: string; reason: string | null; closed: number } | undefined) {
  if (!former) return null;
  return { id: former.uid, reason: former.reason, objects: row.openedAt - former.closed <= OBJECTS_MS };
}

/** Those whose clock has run out first, then open ones by priority, then by age; the cursor is the number of cases seen. */
export async function listCases(
  g: Gateway,
  caller: Caller,
  query: { cursor?: number | undefined; limit: number; state?: string | undefined; incident?: number | undefined },
) {
  const offset = query.cursor ?? 0;
  const now = g.clock.now();
  const found = await g.store.db
    .select()
    .from(cases)
    .where(
      and(
        eq(cases.organisation, caller.organisation.id),
        query.state === undefined ? undefined : eq(cases.state, query.state as 'open'),
        query.incident === undefined ? undefined : eq(cases.incident, query.incident),
      ),
    )
    .orderBy(
      sql`${cases.state} = 'closed'`,
      sql`not (${cases.state} = 'open' and ${cases.dueAt} < ${now})`,
      asc(cases.priority),
      asc(cases.openedAt),
      asc(cases.id),
    )
    .limit(query.limit + 1)
    .offset(offset);
  const page = found.slice(0, query.limit);
  return { items: await view(g, caller, page), next: found.length > query.limit ? offset + query.limit : null };
}

/** @throws Refusal `not_found` */
export async function findCase(g: Gateway, caller: Caller, uid: string): Promise<CaseRow> {
  const [row] = await g.store.db
    .select()
    .from(cases)
    .where(and(eq(cases.uid, uid), eq(cases.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  return row;
}

/** One case with its notes. */
export async function readCase(g: Gateway, caller: Caller, uid: string) {
  const row = await findCase(g, caller, uid);
  const keys = await g.vault.keys(caller.organisation.id);
  const stored = await g.store.db
    .select()
    .from(caseNotes)
    .where(and(eq(caseNotes.case, row.id), gt(caseNotes.id, 0)))
    .orderBy(asc(caseNotes.id));
  const notes = [];
  for (const note of stored)
    notes.push({
      at: new Date(note.at).toISOString(),
      operator: note.operator,
      text: await keys.open('note', note.textSealed),
    });
  return { ...(await view(g, caller, [row]))[0]!, notes };
}

/** Two officers cannot take the same case (CK-9). @throws Refusal `not_found`, `already_taken`, `already_closed` */
export async function takeCase(g: Gateway, caller: Caller, uid: string) {
  const row = await findCase(g, caller, uid);
  const now = g.clock.now();
  if (row.state === 'closed') throw new Refusal('already_closed');
  if (row.owner !== caller.operator) {
    const may = and(eq(cases.id, row.id), eq(cases.state, 'open'));
    const [, taken] = await g.store.atomic((db) => [
      auditRowIf(db, db.select().from(cases).where(may), caller, now, 'case.take', uid),
      db
        .update(cases)
        .set({ state: 'taken', owner: caller.operator, takenAt: now, touchedAt: now })
        .where(may)
        .returning({ id: cases.id }),
    ]);
    if (taken.length === 0) throw new Refusal('already_taken');
  }
  return readCase(g, caller, uid);
}

/**
 * Gives a case back to the queue for anyone. What was promised and what comes next is written down with it (CK-16).
 * @throws Refusal `not_found`, `already_taken` when another officer has it, `wrong_state` when nobody has
 */
export async function returnCase(g: Gateway, caller: Caller, uid: string, text: string) {
  const row = await findCase(g, caller, uid);
  if (row.state !== 'taken') throw new Refusal('wrong_state', `The case is ${row.state}.`);
  const keys = await g.vault.keys(caller.organisation.id);
  const textSealed = await keys.seal('note', text);
  const now = g.clock.now();
  const may = and(eq(cases.id, row.id), eq(cases.state, 'taken'), eq(cases.owner, caller.operator));
  const [, , given] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(cases).where(may), caller, now, 'case.return', uid),
    db.insert(caseNotes).select(
      sql`select null, ${row.id}, ${now}, ${caller.operator}, ${textSealed}
          where exists (select 1 from ${cases} where ${may})`,
    ),
    db
      .update(cases)
      .set({ state: 'open', owner: null, takenAt: null, touchedAt: null })
      .where(may)
      .returning({ id: cases.id }),
  ]);
  if (given.length === 0) throw new Refusal('already_taken');
  return readCase(g, caller, uid);
}

/** @throws Refusal `not_found` */
export async function noteCase(g: Gateway, caller: Caller, uid: string, text: string) {
  const row = await findCase(g, caller, uid);
  const keys = await g.vault.keys(caller.organisation.id);
  const textSealed = await keys.seal('note', text);
  const now = g.clock.now();
  await g.store.atomic((db) => [
    db.insert(caseNotes).values({ case: row.id, at: now, operator: caller.operator, textSealed }),
    db
      .update(cases)
      .set({ touchedAt: now })
      .where(and(eq(cases.id, row.id), eq(cases.owner, caller.operator))),
    auditRow(db, caller, now, 'case.note', uid),
  ]);
  return readCase(g, caller, uid);
}

/** Playbook 6.4. Death and what a person cannot know are for officers, never for a message. */
export const CLOSE_REASONS = [
  'helped',
  'referred',
  'says_safe',
  'returned',
  'duplicate',
  'false_number',
  'unreachable',
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** @throws Refusal `not_found`, `already_closed`, `already_taken` when another officer has it */
export async function closeCase(g: Gateway, caller: Caller, uid: string, reason: CloseReason) {
  const row = await findCase(g, caller, uid);
  const now = g.clock.now();
  if (row.state === 'closed') throw new Refusal('already_closed');
  if (row.owner !== null && row.owner !== caller.operator) throw new Refusal('already_taken');
  await g.store.atomic((db) => [
    db
      .update(cases)
      .set({ state: 'closed', closedAt: now, closedReason: reason })
      .where(and(eq(cases.id, row.id), ne(cases.state, 'closed'))),
    auditRow(db, caller, now, 'case.close', uid, { reason }),
  ]);
  const isWell = reason === 'helped' || reason === 'says_safe' || reason === 'returned';
  if (isWell && row.incident !== 0) {
    await writeStatement(g, {
      incident: row.incident,
      people: await whoseWords(g, row),
      reply: null,
      meaning: 'safe',
      source: 'officer',
      at: now,
    });
  }
  return readCase(g, caller, uid);
}
