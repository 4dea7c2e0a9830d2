import { and, eq, isNull } from 'drizzle-orm';
import type { Context } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';
import { sign, verify } from 'hono/jwt';
import type { Env } from '../api/endpoint.ts';
import { idempotency, operators, organisations } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { authenticate, type Caller, type Organisation } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Role } from '../trust/roles.ts';

/** Who may look at the phones and write on them. */
export const PHONE_ROLES = ['viewer', 'author', 'caseworker'] as const satisfies readonly Role[];

const COOKIE = 'musafir_simulator';
const SIGNED_IN_MS = 12 * 3_600_000;
const TICKET_MS = 10 * 60_000;

/** Phones exist only in training: for a live organisation there is nothing here. @throws Refusal `not_found` */
export function refuseLive(organisation: Organisation): void {
  if (organisation.mode !== 'training')
    throw new Refusal('not_found', 'Simulated phones exist only for an organisation in training.');
}

/** @throws Refusal `unauthorized`, `forbidden`, `not_found` for a live organisation */
export async function signIn(c: Context<Env>, apiKey: string): Promise<void> {
  const caller = await authenticate(c.get('gateway'), `Bearer ${apiKey.trim()}`);
  if (!PHONE_ROLES.some((role) => caller.roles.includes(role))) throw new Refusal('forbidden');
  refuseLive(caller.organisation);
  await remember(c, caller.operator);
}

export function signOut(c: Context<Env>): void {
  deleteCookie(c, COOKIE, { path: '/simulator' });
}

/** The organisation whose phones this browser may see: its key still works, and it is still in training. */
export async function signedInTo(c: Context<Env>): Promise<Organisation | undefined> {
  const g = c.get('gateway');
  const value = await getSignedCookie(c, await g.vault.derived('simulator'), COOKIE);
  const [operator, until] = typeof value === 'string' ? value.split('.') : [];
  if (!operator || !(Number(until) > g.clock.now())) return undefined;
  return trainingOf(g, operator);
}

/** A link that signs a browser in once, within minutes. @throws Refusal `not_found` for a live organisation */
export async function simulatorTicket(g: Gateway, caller: Caller): Promise<string> {
  refuseLive(caller.organisation);
  const claims = { sub: caller.operator, jti: g.ids.secret(16), exp: Math.floor((g.clock.now() + TICKET_MS) / 1000) };
  return sign(claims, await g.vault.derived('simulator ticket'), 'HS256');
}

/** @returns false for a ticket that is not ours, too old, or used before */
export async function redeemTicket(c: Context<Env>, ticket: string): Promise<boolean> {
  const g = c.get('gateway');
  const now = g.clock.now();
  const options = { alg: 'HS256', exp: false } as const;
  const claims = await verify(ticket, await g.vault.derived('simulator ticket'), options).catch(() => undefined);
  if (!claims || typeof claims.sub !== 'string' || typeof claims.jti !== 'string') return false;
  if (!(Number(claims.exp) * 1000 > now) || !(await trainingOf(g, claims.sub))) return false;
  const used = await g.store.db
    .insert(idempotency)
    .values({ operator: claims.sub, key: `ticket ${claims.jti}`, request: '', status: 303, createdAt: now })
    .onConflictDoNothing()
    .returning({ key: idempotency.key });
  if (used.length === 0) return false;
  await remember(c, claims.sub);
  return true;
}

async function remember(c: Context<Env>, operator: string): Promise<void> {
  const g = c.get('gateway');
  const until = g.clock.now() + SIGNED_IN_MS;
  await setSignedCookie(c, COOKIE, `${operator}.${until}`, await g.vault.derived('simulator'), {
    path: '/simulator',
    httpOnly: true,
    sameSite: 'Strict',
    secure: g.config.publicUrl.startsWith('https:'),
    maxAge: SIGNED_IN_MS / 1000,
  });
}

async function trainingOf(g: Gateway, operator: string): Promise<Organisation | undefined> {
  const [row] = await g.store.db
    .select({ organisation: organisations })
    .from(operators)
    .innerJoin(organisations, eq(organisations.id, operators.organisation))
    .where(and(eq(operators.id, operator), isNull(operators.revokedAt), eq(organisations.mode, 'training')));
  return row?.organisation;
}
