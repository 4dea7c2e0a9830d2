import { and, eq, gt, type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { findAlert } from '../alerts/alert.ts';
import { DELIVERY_STATES, deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import { explain } from '../delivery/reasons.ts';
import { resolve } from '../delivery/receipts.ts';
import { readStandings } from '../delivery/standing.ts';
import { deliveryToken, parseDeliveryToken } from '../delivery/token.ts';
import type { Gateway } from '../gateway.ts';
import { nameNumbers } from '../people/people.ts';
import { auditRow } from '../trust/audit.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Endpoint, endpoint, Page, pageOf } from './endpoint.ts';

type State = (typeof DELIVERY_STATES)[number];

/** Several states, separated by commas. */
const States = z
  .string()
  .max(120)
  .transform((list) => list.split(','))
  .pipe(z.array(z.enum(DELIVERY_STATES)));
/** Ends in which a message did not arrive, or may not have. */
const DEAD: readonly State[] = ['failed', 'expired', 'suppressed', 'indeterminate'];
const READERS = ['viewer', 'author', 'approver', 'caseworker'] as const;
const Delivery = z.object({ id: z.string(), state: z.string(), reason: z.string().nullable() }).loose();

/** The ledger, what of it did not arrive and why, and how the channels stand. */
export const deliveryEndpoints: Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/channels',
    summary: 'How each channel stands, in a plain sentence, with its queue and its rate',
    roles: [...READERS, 'admin'],
    answers: { 200: pageOf(z.object({ channel: z.string(), state: z.string(), sentence: z.string() }).loose()) },
    handle: async ({ g, caller }) => ({
      status: 200,
      body: { items: await readStandings(g, caller.organisation), next: null },
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/alerts/{id}/deliveries',
    summary: 'The ledger of an alert, without addresses; `state` takes several, separated by commas',
    roles: READERS,
    query: Page.extend({ state: States.optional(), channel: z.string().max(20).optional() }),
    answers: { 200: pageOf(Delivery) },
    handle: async ({ g, caller, params, query }) => {
      const alert = await findAlert(g, caller, params.id!);
      const chosen = and(
        eq(deliveries.alert, alert.id),
        query.cursor === undefined ? undefined : gt(deliveries.id, query.cursor),
        query.state === undefined ? undefined : inStates(query.state),
        query.channel === undefined ? undefined : eq(deliveries.channel, query.channel as 'sms'),
      )!;
      return { status: 200, body: await readPage(g, caller.organisation.id, chosen, query.limit) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/deliveries',
    summary: 'What did not arrive, or may not have: each with its reason, and how many for each reason',
    roles: READERS,
    query: Page.extend({
      state: States.default([...DEAD]),
      incident: z.string().max(40).optional(),
      alert: z.string().max(40).optional(),
    }),
    answers: {
      200: pageOf(Delivery).extend({ summary: z.array(z.object({ reason: z.string(), n: z.number() }).loose()) }),
    },
    handle: async ({ g, caller, query }) => {
      const { organisation } = caller;
      const { state, incident, alert } = query;
      const chosen = sql`${inDead(state)} and ${inStates(state)}
        and ${deliveries.alert} in (select id from alerts where organisation = ${organisation.id}
          ${incident === undefined ? sql`` : sql`and incident = (select id from incidents where uid = ${incident})`}
          ${alert === undefined ? sql`` : sql`and uid = ${alert}`})`;
      const after = query.cursor === undefined ? chosen : sql`${chosen} and ${gt(deliveries.id, query.cursor)}`;
      const page = await readPage(g, organisation.id, after, query.limit);
      return { status: 200, body: { ...page, summary: await summarise(g, chosen) } };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/deliveries/{id}/resolve',
    summary: 'Decide an indeterminate delivery: treat as sent, or send again',
    roles: ['author', 'approver'],
    body: z.strictObject({ as: z.enum(['sent', 'resend']) }),
    answers: { 200: z.object({ id: z.string(), as: z.string() }) },
    handle: async ({ g, caller, params, body }) => {
      const token = parseDeliveryToken(params.id!);
      const known = and(
        eq(deliveries.id, token?.id ?? 0),
        eq(deliveries.nonce, token?.nonce ?? 0),
        eq(deliveries.organisation, caller.organisation.id),
      );
      if ((await g.store.db.$count(deliveries, known)) === 0) throw new Refusal('not_found');
      if (!(await resolve(g, caller.organisation.id, params.id!, body.as))) throw new Refusal('not_indeterminate');
      await g.store.atomic((db) => [
        auditRow(db, caller, g.clock.now(), 'delivery.resolve', params.id!, { as: body.as }),
      ]);
      return { status: 200, body: { id: params.id!, as: body.as } };
    },
  }),
];

const inStates = (states: State[]): SQL =>
  sql`${deliveries.state} in (select value from json_each(${JSON.stringify(states)}))`;

/** Said in the words of the partial index, so that a list of the dead does not read the living. */
const inDead = (states: State[]): SQL =>
  states.every((state) => DEAD.includes(state))
    ? sql`${deliveries.state} in ('failed', 'expired', 'suppressed', 'indeterminate')`
    : sql`true`;

async function readPage(g: Gateway, organisation: string, chosen: SQL, limit: number) {
  const found = await g.store.db
    .select()
    .from(deliveries)
    .where(chosen)
    .orderBy(deliveries.id)
    .limit(limit + 1);
  const page = found.slice(0, limit);
  const people = page.flatMap((row) => (row.person === null ? [] : [row.person]));
  const named = await nameNumbers(g, organisation, people);
  const alerts = await rows<{ id: number; uid: string }>(
    g.store,
    sql`select id, uid from alerts where id in
          (select value from json_each(${JSON.stringify([...new Set(page.map((row) => row.alert))])}))`,
  );
  const items = page.map((row) => ({
    id: deliveryToken(row),
    alert: alerts.find(({ id }) => id === row.alert)?.uid ?? null,
    personId: row.person === null ? null : (named.get(row.person)?.uid ?? null),
    externalId: row.person === null ? null : (named.get(row.person)?.externalId ?? null),
    channel: row.channel,
    step: row.step,
    language: row.language,
    languageReason: row.languageReason,
    state: row.state,
    attempts: row.attempts,
    errorCode: row.errorCode,
    reason: explain(row.errorCode, row.channel),
    providerId: row.providerId,
    createdAt: iso(row.createdAt),
    sentAt: iso(row.sentAt),
    deliveredAt: iso(row.deliveredAt),
  }));
  return { items, next: found.length > limit ? page.at(-1)!.id : null };
}

/** How many for each reason, the most first. */
async function summarise(g: Gateway, chosen: SQL) {
  const counts = await rows<{ channel: 'sms' | null; state: string; code: string | null; n: number }>(
    g.store,
    sql`select channel, state, error_code as code, count(*) as n from ${deliveries} where ${chosen}
        group by channel, state, error_code order by n desc`,
  );
  return counts.map(({ channel, state, code, n }) => {
    return { channel, state, errorCode: code, reason: explain(code, channel) ?? `It is ${state}.`, n };
  });
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
