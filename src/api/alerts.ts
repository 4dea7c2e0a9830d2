import { and, desc, eq, lt } from 'drizzle-orm';
import * as z from 'zod';
import { findAlert, summarise, viewAlert } from '../alerts/alert.ts';
import { ApproveInput, approve, endLadder, giveBack, stop, submit } from '../alerts/approve.ts';
import { changeDraft, DraftPatch } from '../alerts/change.ts';
import { CancelInput, cancel, UpdateInput, update } from '../alerts/correct.ts';
import { createDraft, DraftInput } from '../alerts/draft.ts';
import { readGate } from '../alerts/gate.ts';
import { acceptText, TranslateInput, translateDraft } from '../alerts/machine.ts';
import { PreviewInput, preview } from '../alerts/preview.ts';
import { announce, withdraw } from '../bulletins/bulletins.ts';
import { draftFromCap } from '../cap/draft.ts';
import { alerts, incidents } from '../db/schema.ts';
import { readProgress } from '../delivery/progress.ts';
import { Line } from '../people/person.ts';
import { auditRow } from '../trust/audit.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Endpoint, endpoint, Page, pageOf, readBytes } from './endpoint.ts';

const READERS = ['viewer', 'author', 'translator', 'approver', 'caseworker'] as const;
const Incident = z.object({ id: z.string(), name: z.string(), exercise: z.boolean(), createdAt: z.string() });
const Alert = z.object({ id: z.string(), ref: z.string(), state: z.string() }).loose();
const Empty = z.strictObject({});
const Failed = z.object({ language: z.string(), code: z.string(), detail: z.string() });
const LARGEST_CAP = 2_000_000;

/** Incidents, templates and alerts. */
export const alertEndpoints: Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/incidents',
    summary: 'Open an incident',
    roles: ['author'],
    body: z.strictObject({ name: Line(200), exercise: z.boolean().default(false) }),
    answers: { 201: Incident },
    handle: async ({ g, caller, body }) => {
      const now = g.clock.now();
      const row = { uid: g.ids.next('inc'), organisation: caller.organisation.id, ...body, createdAt: now };
      await g.store.atomic((db) => [
        db.insert(incidents).values(row),
        auditRow(db, caller, now, 'incident.create', row.uid, { exercise: body.exercise }),
      ]);
      return { status: 201, body: incidentView(row) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents',
    summary: 'Incidents, newest first',
    roles: READERS,
    query: Page,
    answers: { 200: pageOf(Incident) },
    handle: async ({ g, caller, query }) => {
      const found = await g.store.db
        .select()
        .from(incidents)
        .where(
          and(
            eq(incidents.organisation, caller.organisation.id),
            query.cursor === undefined ? undefined : lt(incidents.id, query.cursor),
          ),
        )
        .orderBy(desc(incidents.id))
        .limit(query.limit + 1);
      const items = found.slice(0, query.limit);
      return {
        status: 200,
        body: { items: items.map(incidentView), next: found.length > query.limit ? items.at(-1)!.id : null },
      };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/templates',
    summary: 'Templates with their parameters and languages',
    roles: READERS,
    answers: { 200: pageOf(z.object({ id: z.string() }).loose()) },
    handle: async ({ g }) => ({ status: 200, body: { items: await g.catalog.templates(), next: null } }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/audiences/preview',
    summary: 'Count an audience: people, channels, languages, fallbacks, SMS segments and price',
    roles: ['viewer', 'author', 'approver'],
    body: PreviewInput,
    answers: { 200: z.object({ people: z.number() }).loose() },
    handle: async ({ g, caller, body }) => ({ status: 200, body: await preview(g, caller, body) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts',
    summary: 'Draft an alert from a template or from own texts',
    roles: ['author'],
    body: DraftInput,
    answers: { 201: Alert },
    handle: async ({ g, caller, body }) => ({
      status: 201,
      body: await viewAlert(g, await createDraft(g, caller, body)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/cap',
    summary: 'A CAP document from elsewhere becomes a draft, never a send',
    roles: ['author'],
    rawBody: 'application/cap+xml',
    answers: { 201: Alert.extend({ warnings: z.array(z.string()) }) },
    handle: async ({ g, caller, request }) => {
      const type = request.headers.get('content-type') ?? '';
      if (!/^(application|text)\/([\w.-]+\+)?xml\b/i.test(type))
        throw new Refusal('unsupported_media_type', 'Send the document as application/cap+xml.');
      const { alert, warnings } = await draftFromCap(g, caller, await readBytes(request, LARGEST_CAP));
      return { status: 201, body: { ...(await viewAlert(g, alert)), warnings } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    summary: 'Alerts, newest first',
    roles: READERS,
    query: Page,
    answers: { 200: pageOf(Alert) },
    handle: async ({ g, caller, query }) => {
      const found = await g.store.db
        .select()
        .from(alerts)
        .where(
          and(
            eq(alerts.organisation, caller.organisation.id),
            query.cursor === undefined ? undefined : lt(alerts.id, query.cursor),
          ),
        )
        .orderBy(desc(alerts.id))
        .limit(query.limit + 1);
      const page = found.slice(0, query.limit);
      const items = [];
      for (const row of page) items.push(await summarise(g, row));
      return { status: 200, body: { items, next: found.length > query.limit ? page.at(-1)!.id : null } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/alerts/{id}',
    summary: 'One alert: texts, state and how far its deliveries are',
    roles: READERS,
    answers: { 200: Alert },
    handle: async ({ g, caller, params }) => {
      const alert = await findAlert(g, caller, params.id!);
      // what the second person decides on; afterwards the alert holds what was shown
      const gate = alert.state === 'submitted' && { gate: await readGate(g, caller.organisation, alert) };
      return { status: 200, body: { ...(await viewAlert(g, alert)), ...gate, progress: await readProgress(g, alert) } };
    },
  }),
  endpoint({
    method: 'PATCH',
    path: '/api/v1/alerts/{id}',
    summary: 'Change a draft, new or returned; a translator changes texts only',
    roles: ['author', 'translator'],
    body: DraftPatch,
    answers: { 200: Alert },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await viewAlert(g, await changeDraft(g, caller, params.id!, body)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/translations',
    summary: 'Fill missing languages of own texts by machine; each waits for a translator',
    roles: ['author', 'translator'],
    body: TranslateInput,
    answers: { 200: Alert.extend({ translated: z.array(z.string()), failed: z.array(Failed) }) },
    handle: async ({ g, caller, params, body }) => {
      const { alert, translated, failed } = await translateDraft(g, caller, params.id!, body);
      return { status: 200, body: { ...(await viewAlert(g, alert)), translated, failed } };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/texts/{language}/accept',
    summary: 'A translator has read a machine’s text and stands for it',
    roles: ['translator'],
    body: Empty,
    answers: { 200: Alert },
    handle: async ({ g, caller, params }) => ({
      status: 200,
      body: await viewAlert(g, await acceptText(g, caller, params.id!, params.language!)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/submit',
    summary: 'Freeze the texts and ask for approval',
    roles: ['author'],
    body: Empty,
    answers: { 200: Alert },
    handle: async ({ g, caller, params }) => ({
      status: 200,
      body: await viewAlert(g, await submit(g, caller, params.id!)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/approve',
    summary: 'Send: the yes of a second person',
    roles: ['approver'],
    body: ApproveInput,
    answers: { 200: Alert },
    handle: async ({ g, caller, params, body }) => {
      const alert = await approve(g, caller, params.id!, body);
      await announce(g, alert);
      return { status: 200, body: await viewAlert(g, alert) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/return',
    summary: 'Give a submitted alert back to be changed',
    roles: ['approver'],
    body: CancelInput,
    answers: { 200: Alert },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await viewAlert(g, await giveBack(g, caller, params.id!, 'draft', body.reason)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/reject',
    summary: 'Refuse a submitted alert for good',
    roles: ['approver'],
    body: CancelInput,
    answers: { 200: Alert },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await viewAlert(g, await giveBack(g, caller, params.id!, 'rejected', body.reason)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/stop',
    summary: 'Halt what is not sent yet, at once',
    roles: ['author', 'approver'],
    body: Empty,
    answers: { 200: Alert },
    handle: async ({ g, caller, params }) => {
      const { alert, alreadySent, halted } = await stop(g, caller, params.id!);
      await withdraw(g, alert.id);
      return { status: 200, body: { ...(await viewAlert(g, alert)), alreadySent, halted } };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/ladder',
    summary: 'Ask nobody again who has not answered this alert; the alert itself holds',
    roles: ['author', 'approver'],
    body: z.strictObject({ ladder: z.literal('off') }),
    answers: { 200: Alert },
    handle: async ({ g, caller, params }) => ({
      status: 200,
      body: await viewAlert(g, await endLadder(g, caller, params.id!)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/update',
    summary: 'A new text for exactly those who got, or may have got, this one',
    roles: ['author'],
    body: UpdateInput,
    answers: { 201: Alert },
    handle: async ({ g, caller, params, body }) => ({
      status: 201,
      body: await viewAlert(g, await update(g, caller, params.id!, body)),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/alerts/{id}/cancel',
    summary: 'Say that this alert was wrong, to exactly those who got, or may have got, it',
    roles: ['author'],
    body: CancelInput,
    answers: { 201: Alert },
    handle: async ({ g, caller, params, body }) => ({
      status: 201,
      body: await viewAlert(g, await cancel(g, caller, params.id!, body.reason)),
    }),
  }),
];

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function incidentView(row: { uid: string; name: string; exercise: boolean; createdAt: number }) {
  return { id: row.uid, name: row.name, exercise: row.exercise, createdAt: iso(row.createdAt) };
}
