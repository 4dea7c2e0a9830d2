import { Refusal } from './refusal.ts';

/** What an operator may do (DESIGN section 10). No role holds all. */
export const ROLES = [
  'viewer',
  'author',
  'translator',
  'approver',
  'registrar',
  'caseworker',
  'protection',
  'auditor',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

const CONFLICTS: readonly (readonly [Role, Role])[] = [
  ['author', 'approver'],
  ['admin', 'approver'],
  ['admin', 'registrar'],
  ['admin', 'caseworker'],
  ['admin', 'protection'],
];

/** @throws Refusal `roles_conflict` when one principal would hold roles that must be apart */
export function refuseConflicts(roles: readonly Role[]): void {
  for (const [one, other] of CONFLICTS)
    if (roles.includes(one) && roles.includes(other))
      throw new Refusal('roles_conflict', `${one} and ${other} are never held by one key.`);
}
