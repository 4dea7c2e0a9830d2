import { drizzle } from 'drizzle-orm/d1';
import * as schema from './schema.ts';
import type { Db, Store } from './store.ts';

/** A store on Cloudflare D1. Migrations are applied by wrangler before the Worker starts. */
export function openD1(binding: D1Database): Store {
  const db = drizzle(binding, { schema });
  return {
    db: db as unknown as Db,
    async atomic(build) {
      return (await db.batch(build(db as unknown as Db) as never)) as never;
    },
    close() {},
  };
}
