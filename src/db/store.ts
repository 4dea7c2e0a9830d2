import { type SQL, sql } from 'drizzle-orm';
import type { BatchItem, BatchResponse } from 'drizzle-orm/batch';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type * as schema from './schema.ts';
import { counters } from './schema.ts';

export type Db = BaseSQLiteDatabase<'sync' | 'async', unknown, typeof schema>;
export type Statement = BatchItem<'sqlite'>;

/** The one difference between the homes: how a database is opened, and how several writes become one. */
export interface Store {
  db: Db;
  /**
   * All or nothing. Builders only (a raw `db.run` would run at once on Node), writes and single-table
   * RETURNING only (a join inside a D1 batch shifts its columns), and no empty list.
   */
  atomic<T extends readonly [Statement, ...Statement[]]>(build: (db: Db) => T): Promise<BatchResponse<T>>;
  close(): void;
}

/** Rows of a raw statement, for the few that builders cannot say. Never inside `atomic`. */
export async function rows<T>(store: Store, statement: SQL): Promise<T[]> {
  return (await store.db.all(statement)) as T[];
}

/** True when the error, or anything it was caused by, is a broken unique index. The message is never logged: it holds values. */
export function isUniqueViolation(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause.message.includes('UNIQUE constraint failed')) return true;
  return false;
}

/** One more of an event that no table of rows counts. */
export async function count(store: Store, name: string): Promise<void> {
  await store.db
    .insert(counters)
    .values({ name, n: 1 })
    .onConflictDoUpdate({ target: counters.name, set: { n: sql`${counters.n} + 1` } });
}
