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
