import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { afterEach, describe, expect, it } from 'vitest';
import * as schema from '../../src/db/schema.ts';
import { openSqlite } from '../../src/db/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'musafir-'));
const path = join(folder, 'm.db');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a SQLite file', () => {
  it('keeps what was committed through a power cut: WAL, and a full sync at each commit', () => {
    const store = openSqlite(path);
    expect(store.raw.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(store.raw.pragma('synchronous', { simple: true })).toBe(2);
    store.close();
  });

  it('is held by one process: a second is told who has it, and a dead one gives it up', () => {
    const store = openSqlite(path);
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(String(process.pid));
    writeFileSync(`${path}.lock`, '1');
    expect(() => openSqlite(path)).toThrow(/in use by process 1/);
    store.close();
    writeFileSync(`${path}.lock`, '999999999');
    openSqlite(path).close();
  });

  it('has no cascade: what is deleted is said in so many words', () => {
    const tables = Object.values(schema).filter(
      (value) => typeof value === 'object' && !Array.isArray(value),
    ) as SQLiteTable[];
    expect(tables.length).toBeGreaterThan(20);
    expect(tables.flatMap((table) => getTableConfig(table).foreignKeys)).toEqual([]);
  });
});
