import { and, asc, desc, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { alerts, cases, deliveries, type incidents, sitreps } from '../db/schema.ts';
import { isUniqueViolation, rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Words } from '../people/person.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { board } from './board.ts';

/** What no count says (playbook 6.7): kept from the last report where nothing new is written (CK-23). */
export const LINES = ['situation', 'movement', 'done', 'next', 'needed', 'media', 'nextReport'] as const;
export const Lines = z
  .strictObject(
    Object.fromEntries(LINES.map((name) => [name, Words(2000)])) as Record<(typeof LINES)[number], z.ZodString>,
  )
  .partial();
type Lines = z.output<typeof Lines>;

/** Counts, in the order of the report, each with the count that it is a part of. */
export const COUNTS: Record<string, string | null> = {
  registered: null,
  safe: 'registered',
  help: 'registered',
  moved: 'registered',
  unclear: 'registered',
  noAnswer: 'registered',
  unreachable: 'registered',
  optedOut: 'registered',
  reached: 'registered',
  askedAgain: 'registered',
  toCall: 'registered',
  deceased: 'registered',
  claimedHeads: null,
  openCases: null,
  openP1: 'openCases',
  openP2: 'openCases',
  openP3: 'openCases',
  openP4: 'openCases',
  lateCases: 'openCases',
  closedCases: null,
};

/** What went out for one alert: `delivered` of `told`. */
export interface Sent {
  ref: string;
  event: string;
  at: string | null;
  languages: number;
  told: number;
  delivered: number;
}

type IncidentRow = typeof incidents.$inferSelect;
type SitrepRow = typeof sitreps.$inferSelect;

async function count(g: Gateway, incident: IncidentRow): Promise<Record<string, number>> {
  const now = await board(g, incident);
  const [open] = await rows<Record<string, number | null>>(
    g.store,
    sql`select sum(state <> 'closed' and priority = 'P1') as openP1, sum(state <> 'closed' and priority = 'P2') as openP2,
          sum(state <> 'closed' and priority = 'P3') as openP3, sum(state <> 'closed' and priority = 'P4') as openP4,
          sum(state = 'closed') as closedCases
        from ${cases} where incident = ${incident.id}`,
  );
  const all: Record<string, unknown> = { ...now, ...open };
  return Object.fromEntries(Object.keys(COUNTS).map((name) => [name, Number(all[name] ?? 0)]));
}

async function listSent(g: Gateway, incident: number): Promise<Sent[]> {
  const found = await rows<Omit<Sent, 'at'> & { at: number | null }>(
    g.store,
    sql`select al.ref as ref, al.event as event, al.started_at as at, count(distinct d.language) as languages,
          coalesce(sum(d.state in ('sent', 'delivered', 'indeterminate')), 0) as told,
          coalesce(sum(d.state = 'delivered'), 0) as delivered
        from ${alerts} al cross join ${deliveries} d on d.alert = al.id
        where al.incident = ${incident} and al.started_at is not null group by al.id order by al.id`,
  );
  return found.map((row) => ({ ...row, at: row.at === null ? null : new Date(row.at).toISOString() }));
}

/** What has changed since the report before; nothing in the first one. */
function differences(now: Record<string, number>, before: SitrepRow | undefined): Record<string, number> | null {
  if (!before) return null;
  const then = JSON.parse(before.numbers) as Record<string, number>;
  return Object.fromEntries(Object.keys(COUNTS).map((name) => [name, (now[name] ?? 0) - (then[name] ?? 0)]));
}

async function findLast(g: Gateway, incident: number, below?: number): Promise<SitrepRow | undefined> {
  const [row] = await g.store.db
    .select()
    .from(sitreps)
    .where(and(eq(sitreps.incident, incident), below === undefined ? undefined : sql`${sitreps.number} < ${below}`))
    .orderBy(desc(sitreps.number))
    .limit(1);
  return row;
}

/** The numbers of this moment, and how they differ from the last report. Nothing is kept. */
export async function liveSitrep(g: Gateway, incident: IncidentRow) {
  const last = await findLast(g, incident.id);
  const numbers = await count(g, incident);
  return { ...numbers, last: last?.number ?? null, changes: differences(numbers, last) };
}

/** Keeps a report of this moment for ever: numbered, with its lines and those that nobody has rewritten. */
export async function createSitrep(g: Gateway, caller: Caller, incident: IncidentRow, lines: Lines) {
  const keys = await g.vault.keys(caller.organisation.id);
  for (let tries = 1; ; tries++) {
    const last = await findLast(g, incident.id);
    const kept: Lines = last ? JSON.parse(await keys.open('note', last.linesSealed)) : {};
    const now = g.clock.now();
    const uid = g.ids.next('sit');
    const row = {
      uid,
      organisation: caller.organisation.id,
      incident: incident.id,
      number: (last?.number ?? 0) + 1,
      at: now,
      operator: caller.operator,
      numbers: JSON.stringify(await count(g, incident)),
      sent: JSON.stringify(await listSent(g, incident.id)),
      linesSealed: await keys.seal('note', JSON.stringify({ ...kept, ...lines })),
    };
    try {
      await g.store.atomic((db) => [
        db.insert(sitreps).values(row),
        auditRow(db, caller, now, 'sitrep.create', uid, { number: row.number }),
      ]);
      return readSitrep(g, caller, uid);
    } catch (error) {
      // somebody else's report has taken the number
      if (tries < 5 && isUniqueViolation(error)) continue;
      throw error;
    }
  }
}

/** Reports of an incident, oldest first, without their lines. */
export async function listSitreps(
  g: Gateway,
  incident: IncidentRow,
  query: { cursor?: number | undefined; limit: number },
) {
  const found = await g.store.db
    .select()
    .from(sitreps)
    .where(and(eq(sitreps.incident, incident.id), sql`${sitreps.number} > ${query.cursor ?? 0}`))
    .orderBy(asc(sitreps.number))
    .limit(query.limit + 1);
  const page = found.slice(0, query.limit);
  return {
    items: page.map((row) => ({
      id: row.uid,
      number: row.number,
      asOf: new Date(row.at).toISOString(),
      numbers: JSON.parse(row.numbers) as Record<string, number>,
    })),
    next: found.length > query.limit ? page.at(-1)!.number : null,
  };
}

export type Sitrep = Awaited<ReturnType<typeof readSitrep>>;

/** A kept report, as it was then. @throws Refusal `not_found` */
export async function readSitrep(g: Gateway, caller: Caller, uid: string) {
  const [row] = await g.store.db
    .select()
    .from(sitreps)
    .where(and(eq(sitreps.uid, uid), eq(sitreps.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  const keys = await g.vault.keys(caller.organisation.id);
  const [incident] = await rows<{ uid: string; name: string; exercise: number }>(
    g.store,
    sql`select uid, name, exercise from incidents where id = ${row.incident}`,
  );
  const numbers = JSON.parse(row.numbers) as Record<string, number | null>;
  return {
    id: row.uid,
    number: row.number,
    asOf: new Date(row.at).toISOString(),
    organisation: caller.organisation.name,
    incident: { id: incident!.uid, name: incident!.name, exercise: incident!.exercise === 1 },
    numbers,
    changes: differences(numbers as Record<string, number>, await findLast(g, row.incident, row.number)),
    sent: JSON.parse(row.sent) as Sent[],
    lines: JSON.parse(await keys.open('note', row.linesSealed)) as Lines,
  };
}

/** Below this a count could point at somebody (playbook DP-6). */
const SMALLEST = 10;
const ROUNDED_TO = 5;

/**
 * The report for partners (CK-24, DP-6): small counts are hidden and all others rounded, the total too, so that no sum
 * gives a hidden one; without changes and without our own lines.
 */
export function forPartners(report: Sitrep): Sitrep {
  const blur = (n: number | null) =>
    n === null || (n > 0 && n < SMALLEST) ? null : Math.round(n / ROUNDED_TO) * ROUNDED_TO;
  return {
    ...report,
    numbers: Object.fromEntries(Object.entries(report.numbers).map(([name, n]) => [name, blur(n)])),
    changes: null,
    sent: report.sent.map((one) => ({ ...one, told: blur(one.told) ?? 0, delivered: blur(one.delivered) ?? 0 })),
    lines: {},
  };
}
