import { sql } from 'drizzle-orm';
import { interned } from '../db/schema.ts';
import { rows, type Store } from '../db/store.ts';

type Kind = 'languages' | 'nationalities' | 'tags';

/** Languages keep their order; nationalities and tags are sets. */
export function internKey(kind: Kind, values: readonly string[]): string {
  const distinct = [...new Set(values)];
  return (kind === 'languages' ? distinct : distinct.sort()).join(' ');
}

/** Numbers for lists, made where they are new. */
export async function intern(store: Store, kind: Kind, keys: readonly string[]): Promise<Map<string, number>> {
  const wanted = JSON.stringify([...new Set(keys)]);
  await store.db
    .insert(interned)
    .select(sql`select null, ${kind}, value from json_each(${wanted}) where true`)
    .onConflictDoNothing();
  const found = await rows<{ id: number; value: string }>(
    store,
    sql`select id, value from ${interned} where kind = ${kind} and value in (select value from json_each(${wanted}))`,
  );
  return new Map(found.map((row) => [row.value, row.id]));
}

/** All lists of a kind. There are few: one for each distinct combination that people have. */
export async function allInterned(store: Store, kind: Kind): Promise<{ id: number; values: string[] }[]> {
  const found = await rows<{ id: number; value: string }>(
    store,
    sql`select id, value from ${interned} where kind = ${kind}`,
  );
  return found.map((row) => ({ id: row.id, values: row.value === '' ? [] : row.value.split(' ') }));
}
