import * as z from 'zod';
import { airedCount } from '../bulletins/bulletins.ts';
import { readImport, takeImport } from '../people/imports.ts';
import { Language, Words } from '../people/person.ts';
import { board } from '../replies/board.ts';
import { CALL_OUTCOMES, closeCall, listCalls, takeCall } from '../replies/calls.ts';
import { CLOSE_REASONS, closeCase, listCases, noteCase, readCase, returnCase, takeCase } from '../replies/cases.ts';
import { findIncident, listCheckIns } from '../replies/check-ins.ts';
import { listReplies, readReply } from '../replies/inbox.ts';
import { interpret } from '../replies/interpret.ts';
import { lexiconOf } from '../replies/lexicons.ts';
import { createSitrep, forPartners, Lines, listSitreps, liveSitrep, readSitrep } from '../replies/sitrep.ts';
import { sitrepCsv, sitrepHtml } from '../replies/sitrep-print.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Endpoint, endpoint, Page, pageOf } from './endpoint.ts';

const Case = z.object({ id: z.string(), state: z.string(), priority: z.string() }).loose();
const Report = z.object({ id: z.string(), number: z.number(), asOf: z.string() }).loose();
const Call = z.object({ id: z.string(), state: z.string(), tries: z.number() }).loose();
const COUNTERS = ['viewer', 'author', 'approver', 'caseworker'] as const;

/** Imports, replies, check-ins, cases and the board. */
export const caseworkEndpoints: Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/imports',
    summary: 'Import people from CSV; nothing is sent to anyone',
    roles: ['registrar'],
    rawBody: 'text/csv',
    query: z.object({
      dryRun: z.enum(['true', 'false', '1', '0']).optional(),
      country: z.string().length(2).optional(),
    }),
    answers: { 202: z.object({ id: z.string() }) },
    handle: async ({ g, caller, query, request }) => {
      const type = request.headers.get('content-type') ?? '';
      if (!/^(text\/csv|application\/csv|text\/plain|text\/tab-separated-values)\b/i.test(type))
        throw new Refusal('unsupported_media_type', 'Send the file as text/csv.');
      if (!request.body) throw new Refusal('malformed', 'The file is empty.');
      const body = await takeImport(g, caller, request.body, {
        dryRun: query.dryRun === 'true' || query.dryRun === '1',
        defaultCountry: query.country?.toUpperCase() ?? g.config.defaultCountry ?? caller.organisation.country,
      });
      return { status: 202, body, headers: { Location: `/api/v1/imports/${body.id}` } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/imports/{id}',
    summary: 'How far an import is, and every row that was rejected',
    roles: ['registrar'],
    answers: { 200: z.object({ id: z.string(), status: z.string() }).loose() },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await readImport(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/replies/interpret',
    summary: 'What a reply means; changes nothing',
    roles: ['viewer', 'author', 'approver', 'caseworker', 'registrar'],
    body: z.strictObject({ text: z.string().max(10_000), language: Language.optional() }),
    answers: { 200: z.object({ meaning: z.string(), because: z.array(z.string()) }).loose() },
    handle: async ({ g, body }) => ({
      status: 200,
      body: interpret(body.text, body.language ? { language: body.language } : {}, await lexiconOf(g)),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/replies',
    summary: 'Replies with their words, newest first',
    roles: ['caseworker'],
    query: Page.extend({ meaning: z.string().max(20).optional(), unread: z.enum(['true', 'false']).optional() }),
    answers: { 200: pageOf(z.object({ id: z.string(), text: z.string() }).loose()) },
    handle: async ({ g, caller, query }) => ({ status: 200, body: await listReplies(g, caller, query) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/replies/{id}/read',
    summary: 'A person has read this reply, and may say what it means',
    roles: ['caseworker'],
    body: z.strictObject({ meaning: z.enum(['safe', 'help', 'moved']).optional() }),
    answers: { 200: z.object({ id: z.string() }).loose() },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await readReply(g, caller, params.id!, body.meaning),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents/{id}/board',
    summary: 'Where everybody stands: seven parts that sum to the registered',
    roles: COUNTERS,
    answers: { 200: z.object({ registered: z.number(), safe: z.number(), help: z.number() }).loose() },
    handle: async ({ g, caller, params }) => {
      const incident = await findIncident(g, caller, params.id!);
      return { status: 200, body: { ...(await board(g, incident)), aired: await airedCount(g, incident.id) } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents/{id}/sitrep',
    summary: 'The numbers of this moment, and how they differ from the last report that was kept',
    roles: COUNTERS,
    answers: { 200: z.object({ registered: z.number() }).loose() },
    handle: async ({ g, caller, params }) => {
      const incident = await findIncident(g, caller, params.id!);
      const numbers = await board(g, incident);
      return {
        status: 200,
        body: {
          incident: { id: incident.uid, name: incident.name, exercise: incident.exercise },
          organisation: caller.organisation.name,
          ...numbers,
          ...(await liveSitrep(g, incident)),
        },
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/incidents/{id}/sitreps',
    summary: 'Keep a report of this moment: numbers, what was sent, and the lines of the last one where none are given',
    roles: ['author', 'approver', 'caseworker'],
    body: z.strictObject({ lines: Lines.default({}) }),
    answers: { 201: Report },
    handle: async ({ g, caller, params, body }) => {
      const incident = await findIncident(g, caller, params.id!);
      return { status: 201, body: await createSitrep(g, caller, incident, body.lines) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents/{id}/sitreps',
    summary: 'The reports that were kept, oldest first',
    roles: COUNTERS,
    query: Page,
    answers: { 200: pageOf(Report) },
    handle: async ({ g, caller, params, query }) => {
      const incident = await findIncident(g, caller, params.id!);
      return { status: 200, body: await listSitreps(g, incident, query) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/sitreps/{id}',
    summary: 'A kept report as JSON, CSV or a page to print; for partners without small counts, changes and lines',
    roles: COUNTERS,
    query: z.object({
      format: z.enum(['json', 'csv', 'html']).default('json'),
      for: z.enum(['capital', 'partners']).default('capital'),
    }),
    answers: { 200: Report },
    handle: async ({ g, caller, params, query }) => {
      const whole = await readSitrep(g, caller, params.id!);
      const report = query.for === 'partners' ? forPartners(whole) : whole;
      if (query.format === 'json') return { status: 200, body: report };
      const isCsv = query.format === 'csv';
      return {
        status: 200,
        body: isCsv ? sitrepCsv(report) : await sitrepHtml(report),
        headers: {
          'Content-Type': isCsv ? 'text/csv; charset=utf-8' : 'text/html; charset=utf-8',
          'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'`,
        },
      };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents/{id}/check-ins',
    summary: 'Who said what, one row for each addressed person',
    roles: ['caseworker'],
    query: Page.extend({ meaning: z.enum(['safe', 'help', 'moved', 'unclear', 'noAnswer']).optional() }),
    answers: { 200: pageOf(z.object({ personId: z.string().nullable(), meaning: z.string().nullable() }).loose()) },
    handle: async ({ g, caller, params, query }) => {
      const incident = await findIncident(g, caller, params.id!);
      return { status: 200, body: await listCheckIns(g, caller, incident.id, query) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/incidents/{id}/call-list',
    summary: 'Who has answered nothing and is to be called, in the order to call them',
    roles: ['caseworker'],
    query: Page,
    answers: { 200: pageOf(Call) },
    handle: async ({ g, caller, params, query }) => {
      const incident = await findIncident(g, caller, params.id!);
      return { status: 200, body: await listCalls(g, caller, incident.id, query) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/calls/{id}/take',
    summary: 'Take somebody of the call list; nobody else rings them then',
    roles: ['caseworker'],
    body: z.strictObject({}),
    answers: { 200: Call },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await takeCall(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/calls/{id}/close',
    summary: 'What a call came to; without contact it stays on the list',
    roles: ['caseworker'],
    body: z.strictObject({ outcome: z.enum(CALL_OUTCOMES) }),
    answers: { 200: Call },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await closeCall(g, caller, params.id!, body.outcome),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/cases',
    summary: 'Calls for help: the most urgent and oldest first',
    roles: ['caseworker'],
    query: Page.extend({ state: z.enum(['open', 'taken', 'closed']).optional(), incident: z.string().optional() }),
    answers: { 200: pageOf(Case) },
    handle: async ({ g, caller, query }) => {
      const incident = query.incident === undefined ? undefined : (await findIncident(g, caller, query.incident)).id;
      return { status: 200, body: await listCases(g, caller, { ...query, incident }) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/cases/{id}',
    summary: 'One case with its notes',
    roles: ['caseworker'],
    answers: { 200: Case },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await readCase(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/cases/{id}/take',
    summary: 'Take a case; nobody else can then',
    roles: ['caseworker'],
    body: z.strictObject({}),
    answers: { 200: Case },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await takeCase(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/cases/{id}/note',
    summary: 'Write a note; never immigration status',
    roles: ['caseworker'],
    body: z.strictObject({ text: Words(4000) }),
    answers: { 200: Case },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await noteCase(g, caller, params.id!, body.text),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/cases/{id}/return',
    summary: 'Give a case back to the queue, with what was promised and what comes next',
    roles: ['caseworker'],
    body: z.strictObject({ text: Words(4000) }),
    answers: { 200: Case },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await returnCase(g, caller, params.id!, body.text),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/cases/{id}/close',
    summary: 'Close a case with a reason',
    roles: ['caseworker'],
    body: z.strictObject({ reason: z.enum(CLOSE_REASONS) }),
    answers: { 200: Case },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await closeCase(g, caller, params.id!, body.reason),
    }),
  }),
];
