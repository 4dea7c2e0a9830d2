import { eq, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { ENDPOINTS } from '../../src/app.ts';
import { calls, incidents, organisations } from '../../src/db/schema.ts';
import { receive } from '../../src/replies/receive.ts';
import { type Embassy, embassy, type TestAnswer, type TestGateway } from '../gateway.ts';
import { KUMARAN, NIMALI, SOMCHAI, YUSUF } from '../people.ts';

/** One of everything that an organisation can have, by public id. */
export interface World {
  keys: Embassy & { translator: string };
  ids: Record<
    'key' | 'person' | 'import' | 'incident' | 'delivery' | 'reply' | 'case' | 'call' | 'sitrep' | 'station' | 'phone',
    string
  >;
  /** alerts by the state that they are in */
  alerts: { draft: string; submitted: string; sent: string };
  /** the number of the one that was sent */
  ref: string;
  stationToken: string;
}

export const CRY = 'උදව් අවශ්‍යයි, පාලම යට සිරවී ඇත';
export const HELP = '2';
export const NOTE = 'Under the Hirose bridge, broken arm, sister waits at the school';

/** The day's flood: an alert of a template, for people in Miyagi. */
export const draftOf = (incident: string, more: Record<string, unknown> = {}) => ({
  incident,
  template: 'earthquake',
  parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
  audience: { areas: ['JP-04'] },
  expires: '2026-03-12T14:46:00+09:00',
  ...more,
});

/** A call that must be answered with this status. */
export async function must(
  t: TestGateway,
  status: number,
  method: string,
  path: string,
  key: string,
  body?: unknown,
): Promise<TestAnswer> {
  const raw = typeof body === 'string';
  const answer = await t.call(method, path, {
    key,
    ...(body !== undefined && { body }),
    ...(raw && { headers: { 'Content-Type': 'text/csv' } }),
  });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  return answer;
}

/** An embassy in the middle of a crisis, in training: nothing leaves the process. */
export async function crisis(t: TestGateway): Promise<World> {
  const desks = await embassy(t, 'training');
  const desk = { key: desks.admin, body: { name: 'translator desk', roles: ['translator'] } };
  const keys = { ...desks, translator: (await t.call('POST', '/api/v1/keys', desk)).json.apiKey as string };
  const post = async (path: string, key: string, body?: unknown, status = 201) =>
    (await must(t, status, 'POST', `/api/v1${path}`, key, body)).json;

  const person = (await post('/people', keys.registrar, NIMALI)).id;
  for (const one of [KUMARAN, YUSUF, SOMCHAI]) await post('/people', keys.registrar, one);
  const station = await post('/stations', keys.admin, {
    name: 'Sendai FM',
    languages: ['si', 'en'],
    areas: ['JP-04'],
    contacts: ['Haruka Sato, +81 22 555 0199'],
  });
  const file = 'external_id,name,phone\nlk-0100,Ruwan,+818012345680\nlk-0101,Amara,not a number\n';
  const imported = (await post('/imports', keys.registrar, file, 202)).id;
  const incident = (await post('/incidents', keys.author, { name: 'Sendai' })).id;

  const draft = async () => (await post('/alerts', keys.author, draftOf(incident))).id;
  const submitted = async () => {
    const id = await draft();
    await post(`/alerts/${id}/submit`, keys.author, {}, 200);
    return id;
  };
  const sent = await submitted();
  const approved = await post(`/alerts/${sent}/approve`, keys.approver, { undoSeconds: 0 }, 200);
  await t.work();
  const alerts = { draft: await draft(), submitted: await submitted(), sent };
  const ledger = await must(t, 200, 'GET', `/api/v1/alerts/${sent}/deliveries`, keys.viewer);

  await hear(t, 'lk-tokyo', NIMALI.addresses[0]!.value, HELP, 'm1');
  await hear(t, 'lk-tokyo', KUMARAN.addresses[0]!.value, '1', 'm2');
  await t.work();
  const replies = await must(t, 200, 'GET', '/api/v1/replies', keys.caseworker);
  const cases = await must(t, 200, 'GET', '/api/v1/cases', keys.caseworker);
  await post(`/cases/${cases.json.items[0].id}/note`, keys.caseworker, { text: NOTE }, 200);
  const phones = await must(t, 200, 'GET', '/api/v1/simulator/phones', keys.viewer);
  // Somchai has answered nothing, and the ladder has come to its end
  const [row] = await t.g.store.db.select().from(incidents).where(eq(incidents.uid, incident));
  await t.g.store.db.insert(calls).select(
    sql`select null, ${t.g.ids.next('cal')}, 'lk-tokyo', ${row!.id}, max(person), 3, 'open', null, null, 0, null, ${t.g.clock.now()}, null
        from check_ins where incident = ${row!.id} and meaning is null`,
  );
  const called = await must(t, 200, 'GET', `/api/v1/incidents/${incident}/call-list`, keys.caseworker);
  const sitrep = await post(`/incidents/${incident}/sitreps`, keys.author, { lines: { situation: NOTE } });
  const spare = await post('/keys', keys.admin, { name: 'spare desk', roles: ['viewer'] });

  return {
    keys,
    alerts,
    ref: approved.ref,
    stationToken: station.token,
    ids: {
      key: spare.id,
      person,
      import: imported,
      incident,
      delivery: ledger.json.items[0].id,
      reply: replies.json.items[0].id,
      case: cases.json.items[0].id,
      call: called.json.items[0].id,
      sitrep: sitrep.id,
      station: station.id,
      phone: phones.json.items[0].id,
    },
  };
}

/** Somebody writes to us, as the simulator's phones hand it in. */
export async function hear(t: TestGateway, organisation: string, from: string, text: string, id: string) {
  const [row] = await t.g.store.db.select().from(organisations).where(eq(organisations.id, organisation));
  return receive(t.g, row!, 'sms', { kind: 'incoming', id, from, to: '', text });
}

/** What `{id}` is of in a path: `/api/v1/cases/{id}/take` is of a case. */
const KINDS: Record<string, keyof World['ids']> = {
  keys: 'key',
  people: 'person',
  imports: 'import',
  incidents: 'incident',
  deliveries: 'delivery',
  replies: 'reply',
  cases: 'case',
  calls: 'call',
  sitreps: 'sitrep',
  stations: 'station',
  phones: 'phone',
};

/** A path of the table with an id of this world in it. */
export function pathIn(world: World, path: string, alert: keyof World['alerts'] = 'sent'): string {
  const noun = path.replace('/simulator', '').split('/')[3]!;
  const id = noun === 'alerts' ? world.alerts[alert] : world.ids[KINDS[noun]!];
  return path.replace('{id}', id ?? 'nothing').replace('{language}', 'si');
}

/** A body that each address takes, or as good as. Null: it takes none. */
export function bodyFor(world: World, method: string, path: string): unknown {
  const bodies: Record<string, unknown> = {
    'POST /api/v1/setup': {
      token: 'set me up',
      organisation: { id: 'np-tokyo', name: 'Embassy of Nepal', country: 'NP', defaultLanguage: 'ne' },
    },
    'POST /api/v1/keys': { name: 'a further desk', roles: ['viewer'] },
    'POST /api/v1/people': { ...NIMALI, externalId: 'lk-0900', addresses: [] },
    'PATCH /api/v1/people/{id}': { tags: ['priority'] },
    'POST /api/v1/imports': 'name,phone\nRuwan,+818012345680\n',
    'POST /api/v1/audiences/preview': { audience: {}, template: 'earthquake' },
    'POST /api/v1/incidents': { name: 'Aftershock' },
    'POST /api/v1/alerts': draftOf(world.ids.incident),
    'PATCH /api/v1/alerts/{id}': {},
    'POST /api/v1/alerts/{id}/update': { expires: '2026-03-12T20:00:00+09:00' },
    'POST /api/v1/alerts/{id}/approve': { undoSeconds: 20 },
    'POST /api/v1/alerts/{id}/translations': { languages: ['ne'] },
    'POST /api/v1/deliveries/{id}/resolve': { as: 'sent' },
    'POST /api/v1/replies/interpret': { text: '1' },
    'POST /api/v1/replies/{id}/read': { meaning: 'help' },
    'POST /api/v1/incidents/{id}/sitreps': { lines: { next: NOTE } },
    'POST /api/v1/alerts/{id}/ladder': { ladder: 'off' },
    'POST /api/v1/calls/{id}/close': { outcome: 'no_contact' },
    'POST /api/v1/cases/{id}/note': { text: NOTE },
    'POST /api/v1/cases/{id}/return': { text: NOTE },
    'POST /api/v1/cases/{id}/close': { reason: 'helped' },
    'POST /api/v1/stations': { name: 'Radio Ishinomaki', languages: ['en'] },
    'POST /api/v1/simulator/phones/{id}/messages': { text: '1' },
    'POST /api/v1/cap': '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
  };
  const body = bodies[`${method} ${path}`];
  return body === undefined && method === 'POST' ? {} : body;
}

/** Calls one row of the table with a body that it takes. */
export function callRow(
  t: TestGateway,
  world: World,
  row: { method: string; path: string; rawBody?: string | undefined },
  key: string | undefined,
  alert?: keyof World['alerts'],
): Promise<TestAnswer> {
  t.clock.pass(100); // the pace of a key is not what is asked here
  const body = bodyFor(world, row.method, row.path);
  return t.call(row.method, pathIn(world, row.path, alert), {
    key,
    ...(body !== undefined && { body }),
    ...(row.rawBody !== undefined && { headers: { 'Content-Type': row.rawBody } }),
  });
}

/** The table without the one address that needs no key. */
export const GUARDED = ENDPOINTS.filter((row) => row.roles !== 'anyone');
