import { and, eq, gt, isNull } from 'drizzle-orm';
import * as z from 'zod';
import { stations } from '../db/schema.ts';
import { Area, Language, Line } from '../people/person.ts';
import { auditRow, auditRowIf } from '../trust/audit.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Endpoint, endpoint, Page, pageOf } from './endpoint.ts';

const Station = z.object({
  id: z.string(),
  name: z.string(),
  languages: z.array(z.string()),
  areas: z.array(z.string()),
});

/** Radio partners. */
export const stationEndpoints: Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/stations',
    summary: 'Register a radio station; its token is shown this once',
    roles: ['admin'],
    body: z.strictObject({
      name: Line(100),
      languages: z.array(Language).min(1).max(40),
      areas: z.array(Area).max(50).default([]),
      contacts: z.array(Line(200)).max(10).optional(),
    }),
    answers: { 201: Station.extend({ token: z.string() }) },
    handle: async ({ g, caller, body }) => {
      const keys = await g.vault.keys(caller.organisation.id);
      const token = `mst_${g.ids.secret(32)}`;
      const uid = g.ids.next('stn');
      const now = g.clock.now();
      const row = {
        uid,
        organisation: caller.organisation.id,
        name: body.name,
        languages: JSON.stringify(body.languages),
        areas: JSON.stringify(body.areas),
        contactsSealed: body.contacts ? await keys.seal('contacts', JSON.stringify(body.contacts)) : null,
        tokenHash: await g.vault.hash(token),
        createdAt: now,
      };
      await g.store.atomic((db) => [
        db.insert(stations).values(row),
        auditRow(db, caller, now, 'station.create', uid, { languages: body.languages, areas: body.areas }),
      ]);
      return { status: 201, body: { id: uid, name: body.name, languages: body.languages, areas: body.areas, token } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/stations',
    summary: 'Radio stations',
    roles: ['admin', 'viewer', 'author', 'approver'],
    query: Page,
    answers: { 200: pageOf(Station) },
    handle: async ({ g, caller, query }) => {
      const found = await g.store.db
        .select()
        .from(stations)
        .where(
          and(
            eq(stations.organisation, caller.organisation.id),
            isNull(stations.revokedAt),
            query.cursor === undefined ? undefined : gt(stations.id, query.cursor),
          ),
        )
        .orderBy(stations.id)
        .limit(query.limit + 1);
      const page = found.slice(0, query.limit);
      const items = page.map((row) => ({
        id: row.uid,
        name: row.name,
        languages: JSON.parse(row.languages),
        areas: JSON.parse(row.areas),
      }));
      return { status: 200, body: { items, next: found.length > query.limit ? page.at(-1)!.id : null } };
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/api/v1/stations/{id}',
    summary: 'Revoke a station and its token',
    roles: ['admin'],
    answers: { 204: null },
    handle: async ({ g, caller, params }) => {
      const now = g.clock.now();
      const mine = and(
        eq(stations.uid, params.id!),
        eq(stations.organisation, caller.organisation.id),
        isNull(stations.revokedAt),
      );
      const [, [row]] = await g.store.atomic((db) => [
        auditRowIf(db, db.select().from(stations).where(mine), caller, now, 'station.revoke', params.id!),
        db.update(stations).set({ revokedAt: now }).where(mine).returning({ id: stations.id }),
      ]);
      if (!row) throw new Refusal('not_found');
      return { status: 204 };
    },
  }),
];
