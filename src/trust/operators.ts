import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { operators, organisations } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { auditRow } from './audit.ts';
import { Refusal } from './refusal.ts';
import { type Role, refuseConflicts } from './roles.ts';

export type Organisation = typeof organisations.$inferSelect;

/** Who calls: one API key of one organisation. */
export interface Caller {
  operator: string;
  organisation: Organisation;
  roles: readonly Role[];
}

export interface KeyView {
  id: string;
  name: string;
  roles: Role[];
  confirmed: boolean;
  createdAt: string;
}

/** @returns the caller behind `Authorization: Bearer <key>`; @throws Refusal `unauthorized`, `key_not_confirmed` */
export async function authenticate(g: Gateway, authorization: string | null | undefined): Promise<Caller> {
  const key = /^Bearer ([\w.~+/=-]{16,200})$/i.exec(authorization ?? '')?.[1];
  if (!key) throw new Refusal('unauthorized', undefined, { headers: { 'WWW-Authenticate': 'Bearer' } });
  const keyHash = await g.vault.hash(key);
  const [row] = await g.store.db
    .select({ operator: operators, organisation: organisations })
    .from(operators)
    .innerJoin(organisations, eq(organisations.id, operators.organisation))
    .where(and(eq(operators.keyHash, keyHash), isNull(operators.revokedAt)));
  if (!row) throw new Refusal('unauthorized', undefined, { headers: { 'WWW-Authenticate': 'Bearer' } });
  if (row.operator.confirmedAt === null) throw new Refusal('key_not_confirmed');
  return {
    operator: row.operator.id,
    organisation: row.organisation,
    roles: row.operator.roles.split(' ') as Role[],
  };
}

/**
 * Makes an API key. The first approver ever is named by the admin alone; each later one waits for an
 * approver (DESIGN section 10).
 * @returns the key itself, this once
 */
export async function createKey(
  g: Gateway,
  caller: Caller,
  input: { name: string; roles: Role[] },
): Promise<KeyView & { apiKey: string }> {
  const roles = [...new Set(input.roles)];
  refuseConflicts(roles);
  const now = g.clock.now();
  const apiKey = `mus_${g.ids.secret(32)}`;
  const row = {
    id: g.ids.next('key'),
    organisation: caller.organisation.id,
    name: input.name,
    roles: roles.join(' '),
    keyHash: await g.vault.hash(apiKey),
    // decided in the statement: two that are made at the same moment are not both the first
    confirmedAt: roles.includes('approver')
      ? sql<number>`case when ${hadApprover(caller)} then null else ${now} end`
      : now,
    createdAt: now,
  };
  const [[made]] = await g.store.atomic((db) => [
    db.insert(operators).values(row).returning(),
    auditRow(db, caller, now, 'key.create', row.id, { roles }),
  ]);
  return { ...view(made!), apiKey };
}

/** Lets a waiting approver's key work. @throws Refusal `not_found`, `already_confirmed` */
export async function confirmKey(g: Gateway, caller: Caller, id: string): Promise<KeyView> {
  const now = g.clock.now();
  const mine = and(
    eq(operators.id, id),
    eq(operators.organisation, caller.organisation.id),
    isNull(operators.revokedAt),
  );
  const [row] = await g.store.db.select().from(operators).where(mine);
  if (!row) throw new Refusal('not_found');
  if (row.confirmedAt !== null) throw new Refusal('already_confirmed');
  await g.store.atomic((db) => [
    db.update(operators).set({ confirmedAt: now }).where(mine),
    auditRow(db, caller, now, 'key.confirm', id),
  ]);
  return view({ ...row, confirmedAt: now });
}

/** Keys of the organisation that still work or wait, newest first. The cursor is SQLite's own number of the row. */
export async function listKeys(g: Gateway, caller: Caller, cursor: number | undefined, limit: number) {
  const number = sql<number>`rowid`;
  const found = await g.store.db
    .select({ number, key: operators })
    .from(operators)
    .where(
      and(
        eq(operators.organisation, caller.organisation.id),
        isNull(operators.revokedAt),
        cursor === undefined ? undefined : sql`rowid < ${cursor}`,
      ),
    )
    .orderBy(desc(number))
    .limit(limit + 1);
  const items = found.slice(0, limit);
  return { items: items.map(({ key }) => view(key)), next: found.length > limit ? items.at(-1)!.number : null };
}

/** @throws Refusal `not_found` */
export async function revokeKey(g: Gateway, caller: Caller, id: string): Promise<void> {
  const now = g.clock.now();
  const mine = and(
    eq(operators.id, id),
    eq(operators.organisation, caller.organisation.id),
    isNull(operators.revokedAt),
  );
  const [row] = await g.store.db.select({ id: operators.id }).from(operators).where(mine);
  if (!row) throw new Refusal('not_found');
  await g.store.atomic((db) => [
    db.update(operators).set({ revokedAt: now }).where(mine),
    auditRow(db, caller, now, 'key.revoke', id),
  ]);
}

/** Revoked ones count: the first approver is named once, ever. */
function hadApprover(caller: Caller) {
  return sql`exists (select 1 from ${operators} where organisation = ${caller.organisation.id} and roles like '%approver%')`;
}

function view(row: typeof operators.$inferSelect): KeyView {
  return {
    id: row.id,
    name: row.name,
    roles: row.roles.split(' ') as Role[],
    confirmed: row.confirmedAt !== null,
    createdAt: new Date(row.createdAt).toISOString(),
  };
}
