import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { audit, instance, interned } from '../../src/db/schema.ts';
import { isUniqueViolation, rows } from '../../src/db/store.ts';
import { intern } from '../../src/people/intern.ts';

const secret = (name: string) => ({ name, valueSealed: 'x' });

describe(`a store on ${home.name}`, () => {
  it('writes all of an atomic list or nothing of it', async () => {
    const store = await home.open();
    await store.atomic((db) => [db.insert(instance).values(secret('a'))]);
    const failing = store.atomic((db) => [
      db.insert(instance).values(secret('b')),
      db.insert(instance).values(secret('a')),
    ]);
    await expect(failing).rejects.toSatisfy(isUniqueViolation);
    expect(await store.db.select().from(instance)).toEqual([secret('a')]);
  });

  it('answers what each write of an atomic list returned, in order', async () => {
    const store = await home.open();
    const [first, second] = await store.atomic((db) => [
      db.insert(instance).values(secret('a')).returning({ name: instance.name }),
      db.update(instance).set({ valueSealed: 'y' }).where(eq(instance.name, 'a')).returning(),
    ]);
    expect(first).toEqual([{ name: 'a' }]);
    expect(second).toEqual([{ name: 'a', valueSealed: 'y' }]);
  });

  it('tells by what was returned who of two won', async () => {
    const store = await home.open();
    await store.db.insert(instance).values(secret('claim'));
    const take = (by: string) =>
      store.db
        .update(instance)
        .set({ valueSealed: by })
        .where(sql`${instance.name} = 'claim' and ${instance.valueSealed} = 'x'`)
        .returning({ by: instance.valueSealed });
    expect([...(await take('first')), ...(await take('second'))]).toEqual([{ by: 'first' }]);
  });

  it('takes thousands of rows in one statement as JSON', async () => {
    const store = await home.open();
    const lists = Array.from({ length: 3000 }, (_, i) => `si-${i}`);
    const numbers = await intern(store, 'languages', [...lists, 'ta', 'ta']);
    expect(numbers.size).toBe(3001);
    expect(await intern(store, 'languages', ['ta'])).toEqual(new Map([['ta', numbers.get('ta')]]));
    const [{ n }] = (await rows<{ n: number }>(store, sql`select count(*) as n from ${interned}`)) as [{ n: number }];
    expect(n).toBe(3001);
  });

  it('gives subqueries in RETURNING the columns that were asked for', async () => {
    const store = await home.open();
    await store.db.insert(instance).values(secret('a'));
    const [row] = await store.db
      .insert(audit)
      .values({ organisation: 'o', at: 1, operator: 'k', action: 'a', subject: 's', detail: '{}' })
      .returning({
        action: audit.action,
        other: sql<string>`(select i.value_sealed from instance i where i.name = 'a')`,
      });
    expect(row).toEqual({ action: 'a', other: 'x' });
  });
});
