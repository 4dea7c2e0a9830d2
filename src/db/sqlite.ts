import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import * as schema from './schema.ts';
import type { Db, Statement, Store } from './store.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url).href);

/**
 * Opens and migrates a SQLite file (or `:memory:`).
 *
 * WAL with synchronous=FULL: a commit that was answered is on the disk (DESIGN section 10).
 * One process per database: a lock file beside it names the holder.
 * @throws when another living process holds the database
 */
export function openSqlite(path: string): Store & { raw: Database.Database } {
  const unlock = path === ':memory:' ? () => {} : lock(path);
  const raw = new Database(path);
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.pragma('busy_timeout = 5000');
  raw.pragma('temp_store = MEMORY');
  raw.pragma('cache_size = -16384');
  keepStatements(raw);
  const db = drizzle(raw, { schema });
  migrate(db, { migrationsFolder: MIGRATIONS });
  return {
    raw,
    db: db as unknown as Db,
    async atomic(build) {
      const statements = build(db as unknown as Db) as readonly Statement[];
      const run = raw.transaction(() => statements.map(execute));
      return run() as never;
    },
    close() {
      raw.close();
      unlock();
    },
  };
}

/** Statements that are kept compiled; the engine uses a few dozen again and again. */
const MOST_KEPT = 256;

/** Compiles each statement once: drizzle asks for it anew at every call. */
function keepStatements(raw: Database.Database): void {
  const prepare = raw.prepare.bind(raw);
  const kept = new Map<string, Database.Statement>();
  raw.prepare = ((source: string) => {
    const known = kept.get(source);
    // drizzle switches a statement to rows as arrays, and never back
    if (known) return known.reader ? known.raw(false) : known;
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
    const made = prepare(source);
    kept.set(source, made);
    return made;
  }) as typeof raw.prepare;
}

/** Runs one builder synchronously. `_prepare` is drizzle's own and internal: drizzle-orm is pinned for it, and only this line uses it. */
function execute(statement: Statement): unknown {
  return (statement as unknown as { _prepare(): { execute(): { sync(): unknown } } })._prepare().execute().sync();
}

function lock(path: string): () => void {
  const file = `${resolve(path)}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(file, 'utf8'));
      if (holder !== process.pid && isAlive(holder))
        throw new Error(`The database ${path} is in use by process ${holder}. Stop it first, or set DATABASE_PATH.`);
      rmSync(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
