import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { importChunks, importRejections, imports } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { openCsv, type Row } from './csv.ts';
import type { PersonRow } from './csv-person.ts';
import { parseAddress } from './person.ts';
import { type Registration, registerPeople } from './registry.ts';

/** People in one sealed chunk, worked by one statement list. */
const CHUNK = 250;
/** Shown in a report; the count goes on. */
const MOST_REJECTIONS = 10_000;

export interface ImportReport {
  id: string;
  status: 'queued' | 'running' | 'done' | 'failed';
  dryRun: boolean;
  rows: number;
  created: number;
  updated: number;
  rejected: { line: number; column: string; reason: string }[];
  droppedColumns: { name: string; reason: string; cells: number }[];
  problem: string | null;
}

/**
 * Takes a file in: reads it as a stream into sealed chunks, and leaves the work to the outbox. Nothing is
 * sent to anyone.
 * @throws Refusal `malformed` when there is no header that is known
 */
export async function takeImport(
  g: Gateway,
  caller: Caller,
  stream: ReadableStream<Uint8Array>,
  options: { dryRun: boolean; defaultCountry: string },
): Promise<{ id: string }> {
  const uid = g.ids.next('imp');
  const now = g.clock.now();
  const csv = await openCsv(stream, { defaultCountry: options.defaultCountry, maxRows: 1_000_000 });
  if (csv.header.problem !== null)
    throw new Refusal(
      'malformed',
      csv.header.problem === 'empty' ? 'The file is empty.' : 'No column of the first line is known.',
    );
  const [stored] = await g.store.db
    .insert(imports)
    .values({
      uid,
      organisation: caller.organisation.id,
      operator: caller.operator,
      status: 'running',
      dryRun: options.dryRun,
      createdAt: now,
    })
    .returning({ id: imports.id });
  const id = stored!.id;
  const keys = await g.vault.keys(caller.organisation.id);
  let people: PersonRow[] = [];
  let rejected: Rejection[] = [];
  let chunk = 0;
  let count = 0;
  let refused = 0;
  const flush = async () => {
    const rowsSealed = people.length > 0 ? await keys.seal('import', JSON.stringify(people)) : null;
    if (rowsSealed !== null) await g.store.db.insert(importChunks).values({ import: id, chunk: chunk++, rowsSealed });
    if (rejected.length > 0) await storeRejections(g, id, rejected);
    people = [];
    rejected = [];
  };
  try {
    for await (const row of csv.rows) {
      count++;
      if (row.kind === 'person') people.push(row.person);
      else if (refused++ < MOST_REJECTIONS) rejected.push(rejection(row));
      if (people.length >= CHUNK || rejected.length >= CHUNK) await flush();
    }
    await flush();
  } catch (error) {
    // the sender hung up, or the store failed: half a file brings nobody
    await g.store.atomic((db) => [
      db.update(imports).set({ status: 'failed', problem: 'interrupted', finishedAt: now }).where(eq(imports.id, id)),
      db.delete(importChunks).where(eq(importChunks.import, id)),
    ]);
    throw error;
  }
  await g.store.atomic((db) => [
    db
      .update(imports)
      .set({ status: 'queued', rows: count, droppedColumns: JSON.stringify(csv.header.droppedColumns) })
      .where(eq(imports.id, id)),
    auditRow(db, caller, now, 'import.take', uid, { rows: count, rejected: refused, dryRun: options.dryRun }),
  ]);
  await g.outbox.wake({ type: 'import', import: id });
  return { id: uid };
}

interface Rejection {
  line: number;
  column: string;
  reason: string;
}

function rejection(row: Extract<Row, { kind: 'rejected' }>): Rejection {
  return { line: row.line, column: row.column ?? '', reason: row.reason };
}

async function storeRejections(g: Gateway, id: number, rejected: Rejection[]): Promise<void> {
  await g.store.db
    .insert(importRejections)
    .select(
      sql`select ${id}, value ->> 'line', value ->> 'column', value ->> 'reason' from json_each(${JSON.stringify(rejected)}) where true`,
    )
    .onConflictDoNothing();
}

/**
 * Works the next chunk of an import. A chunk that was worked twice changes nothing the second time.
 * @returns whether there is more
 */
export async function workImport(g: Gateway, id: number): Promise<boolean> {
  const [row] = await g.store.db.select().from(imports).where(eq(imports.id, id));
  if (!row || row.status === 'done' || row.status === 'failed') return false;
  const [next] = await g.store.db
    .select()
    .from(importChunks)
    .where(eq(importChunks.import, id))
    .orderBy(asc(importChunks.chunk))
    .limit(1);
  if (!next) {
    await g.store.db.update(imports).set({ status: 'done', finishedAt: g.clock.now() }).where(eq(imports.id, id));
    return false;
  }
  const keys = await g.vault.keys(row.organisation);
  const people = JSON.parse(await keys.open('import', next.rowsSealed)) as PersonRow[];
  const results = await registerPeople(
    g,
    row.organisation,
    people.map((person) => registrationOf(g, person)),
    row.dryRun,
  );
  const created = results.filter((result) => result.outcome === 'created').length;
  // the chunk goes with its count, so that a second worker finds neither
  await g.store.atomic((db) => [
    db
      .update(imports)
      .set({
        status: 'running',
        cursor: next.chunk + 1,
        created: sql`${imports.created} + ${created}`,
        updated: sql`${imports.updated} + ${results.length - created}`,
      })
      .where(and(eq(imports.id, id), eq(imports.cursor, next.chunk))),
    db.delete(importChunks).where(and(eq(importChunks.import, id), eq(importChunks.chunk, next.chunk))),
  ]);
  return true;
}

function registrationOf(g: Gateway, person: PersonRow): Registration {
  const addresses = person.addresses.flatMap((address) => {
    const parsed = parseAddress(address, undefined, g.config.allowPrivateHosts);
    return 'detail' in parsed ? [] : [parsed];
  });
  return { ...person, addresses };
}

/** Imports that are not done. */
export async function dueImports(g: Gateway): Promise<number[]> {
  const found = await g.store.db
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(inArray(imports.status, ['queued', 'running']), sql`(${imports.status} = 'queued' or ${imports.cursor} > 0)`),
    );
  return found.map((row) => row.id);
}

/** @throws Refusal `not_found` */
export async function readImport(g: Gateway, caller: Caller, uid: string): Promise<ImportReport> {
  const [row] = await g.store.db
    .select()
    .from(imports)
    .where(and(eq(imports.uid, uid), eq(imports.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  const rejected = await g.store.db
    .select({ line: importRejections.line, column: importRejections.column, reason: importRejections.reason })
    .from(importRejections)
    .where(eq(importRejections.import, row.id))
    .orderBy(asc(importRejections.line));
  return {
    id: row.uid,
    status: row.status,
    dryRun: row.dryRun,
    rows: row.rows,
    created: row.created,
    updated: row.updated,
    rejected,
    droppedColumns: JSON.parse(row.droppedColumns),
    problem: row.problem,
  };
}
