import { type SQLWrapper, sql } from 'drizzle-orm';
import { audit } from '../db/schema.ts';
import type { Db } from '../db/store.ts';
import type { Caller } from './operators.ts';

/** Codes, ids and counts only: never a name, number or text. */
export type AuditDetail = Record<string, string | number | boolean | null | string[]>;

/**
 * The audit row for a change, to be written in the same `atomic` as the change itself.
 *
 * @param action `noun.verb`, for example `alert.approve`
 * @param subject the public id of what was changed
 */
export function auditRow(
  db: Db,
  caller: Caller,
  at: number,
  action: string,
  subject: string,
  detail: AuditDetail = {},
) {
  return db.insert(audit).values({
    organisation: caller.organisation.id,
    at,
    operator: caller.operator,
    action,
    subject,
    detail: JSON.stringify(detail),
  });
}

/**
 * The audit row for a change that may find nothing to change: written when `exists` finds a row. It stands before
 * the change in the same `atomic`, with the condition of the change, so that neither is there without the other.
 */
export function auditRowIf(
  db: Db,
  exists: SQLWrapper,
  caller: Caller,
  at: number,
  action: string,
  subject: string,
  detail: AuditDetail = {},
) {
  return db.insert(audit).select(
    sql`select null, ${caller.organisation.id}, ${at}, ${caller.operator}, ${action}, ${subject}, ${JSON.stringify(detail)}
        where exists ${exists}`,
  );
}
