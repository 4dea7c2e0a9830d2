import { beforeEach, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../../src/app.ts';
import { audit } from '../../src/db/schema.ts';
import { ROLES, type Role } from '../../src/trust/roles.ts';
import { embassy, type TestGateway, testGateway } from '../gateway.ts';
import { callRow, crisis, GUARDED, must, type World } from './world.ts';

/**
 * Who may do what, written by hand from DESIGN section 10. An address that is not here fails, and so does a role
 * that is here and not in the code or the other way round: whoever opens a door says so twice.
 */
const EXPECTED: Record<string, string> = {
  'POST /api/v1/setup': 'anyone',

  'POST /api/v1/keys': 'admin',
  'GET /api/v1/keys': 'admin approver',
  'POST /api/v1/keys/{id}/confirm': 'approver',
  'DELETE /api/v1/keys/{id}': 'admin',
  'POST /api/v1/stations': 'admin',
  'GET /api/v1/stations': 'admin approver author viewer',
  'DELETE /api/v1/stations/{id}': 'admin',

  'POST /api/v1/people': 'registrar',
  'GET /api/v1/people': 'registrar',
  'GET /api/v1/people/{id}': 'caseworker registrar',
  'PATCH /api/v1/people/{id}': 'registrar',
  'POST /api/v1/people/{id}/start-link': 'registrar',
  'DELETE /api/v1/people/{id}': 'registrar',
  'POST /api/v1/imports': 'registrar',
  'GET /api/v1/imports/{id}': 'registrar',

  'POST /api/v1/incidents': 'author',
  'GET /api/v1/incidents': 'approver author caseworker translator viewer',
  'GET /api/v1/templates': 'approver author caseworker translator viewer',
  'POST /api/v1/audiences/preview': 'approver author viewer',
  'POST /api/v1/alerts': 'author',
  'POST /api/v1/cap': 'author',
  'GET /api/v1/alerts': 'approver author caseworker translator viewer',
  'GET /api/v1/alerts/{id}': 'approver author caseworker translator viewer',
  'GET /api/v1/alerts/{id}/deliveries': 'approver author caseworker viewer',
  'PATCH /api/v1/alerts/{id}': 'author translator',
  'POST /api/v1/alerts/{id}/translations': 'author translator',
  // the words of a machine are stood for by a translator, and by nobody else
  'POST /api/v1/alerts/{id}/texts/{language}/accept': 'translator',
  'POST /api/v1/alerts/{id}/submit': 'author',
  'POST /api/v1/alerts/{id}/approve': 'approver',
  'POST /api/v1/alerts/{id}/return': 'approver',
  'POST /api/v1/alerts/{id}/reject': 'approver',
  'POST /api/v1/alerts/{id}/stop': 'approver author',
  'POST /api/v1/alerts/{id}/ladder': 'approver author',
  'POST /api/v1/alerts/{id}/update': 'author',
  'POST /api/v1/alerts/{id}/cancel': 'author',
  // no personal data: an admin repairs the settings that a channel asks for
  'GET /api/v1/channels': 'admin approver author caseworker viewer',
  'GET /api/v1/deliveries': 'approver author caseworker viewer',
  'POST /api/v1/deliveries/{id}/resolve': 'approver author',

  'POST /api/v1/replies/interpret': 'approver author caseworker registrar viewer',
  'GET /api/v1/replies': 'caseworker',
  'POST /api/v1/replies/{id}/read': 'caseworker',
  'GET /api/v1/incidents/{id}/board': 'approver author caseworker viewer',
  'GET /api/v1/incidents/{id}/sitrep': 'approver author caseworker viewer',
  'POST /api/v1/incidents/{id}/sitreps': 'approver author caseworker',
  'GET /api/v1/incidents/{id}/sitreps': 'approver author caseworker viewer',
  'GET /api/v1/sitreps/{id}': 'approver author caseworker viewer',
  'GET /api/v1/incidents/{id}/check-ins': 'caseworker',
  'GET /api/v1/incidents/{id}/call-list': 'caseworker',
  'POST /api/v1/calls/{id}/take': 'caseworker',
  'POST /api/v1/calls/{id}/close': 'caseworker',
  'GET /api/v1/cases': 'caseworker',
  'GET /api/v1/cases/{id}': 'caseworker',
  'POST /api/v1/cases/{id}/take': 'caseworker',
  'POST /api/v1/cases/{id}/note': 'caseworker',
  'POST /api/v1/cases/{id}/return': 'caseworker',
  'POST /api/v1/cases/{id}/close': 'caseworker',

  // phones of an organisation in training, where nobody outside is told anything
  'POST /api/v1/simulator/tickets': 'author caseworker viewer',
  'GET /api/v1/simulator/phones': 'author caseworker viewer',
  'GET /api/v1/simulator/phones/{id}': 'author caseworker viewer',
  'POST /api/v1/simulator/phones/{id}/messages': 'author caseworker viewer',
};

/** Routes that carry names, addresses, notes or the words of people. */
const PERSONAL = /\/(people|imports|replies|cases|calls|call-list|deliveries|check-ins)\b/;

const named = (row: { method: string; path: string }) => `${row.method} ${row.path}`;
const rolesOf = (roles: readonly Role[] | 'anyone') => (roles === 'anyone' ? roles : [...roles].sort().join(' '));

describe('the table of roles', () => {
  it('is the one that was written by hand', () => {
    expect(Object.fromEntries(ENDPOINTS.map((row) => [named(row), rolesOf(row.roles)]))).toEqual(EXPECTED);
  });

  it('names every address once', () => {
    expect(new Set(ENDPOINTS.map(named)).size).toBe(ENDPOINTS.length);
  });

  it('is all that answers below /api', async () => {
    const { app } = await testGateway();
    const mounted = app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'));
    const inTable = ENDPOINTS.map((row) => named(row).replace(/\{(\w+)\}/g, ':$1'));
    expect(mounted.map(named).sort()).toEqual(inTable.sort());
  });

  it('gives an admin no personal data and no drafts, and a translator and an auditor no people', () => {
    const opened = (role: Role) =>
      GUARDED.filter((row) => (row.roles as readonly Role[]).includes(role)).map(({ path }) => path);
    expect(opened('admin').filter((path) => !/^\/api\/v1\/(keys|stations|channels)\b/.test(path))).toEqual([]);
    expect(opened('translator').filter((path) => PERSONAL.test(path))).toEqual([]);
    expect(opened('auditor').filter((path) => PERSONAL.test(path))).toEqual([]);
  });
});

describe('in a crisis', () => {
  let t: TestGateway;
  let world: World;
  beforeEach(async () => {
    t = await testGateway();
    world = await crisis(t);
  });

  const keyOf = async (...roles: Role[]) =>
    (await must(t, 201, 'POST', '/api/v1/keys', world.keys.admin, { name: roles.join('+'), roles })).json;

  it('a stranger, a wrong key and a revoked key get 401 everywhere, and change nothing', async () => {
    const revoked = await keyOf('viewer', 'registrar', 'caseworker');
    await must(t, 204, 'DELETE', `/api/v1/keys/${revoked.id}`, world.keys.admin);
    const wrong = world.keys.admin.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const before = await t.g.store.db.$count(audit);
    for (const key of [undefined, wrong, revoked.apiKey, 'short', `${world.keys.admin}\u0000`.slice(0, 8)])
      for (const row of GUARDED) {
        const answer = await callRow(t, world, row, key);
        expect(answer.status, `${named(row)} with ${key === undefined ? 'no key' : 'a bad key'}`).toBe(401);
        expect(answer.json.code).toBe('unauthorized');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    expect(await t.g.store.db.$count(audit)).toBe(before);
  });

  it('a key in the address, in a cookie or by another scheme opens nothing', async () => {
    const { viewer } = world.keys;
    const attempts: Record<string, string>[] = [
      { Authorization: `Basic ${btoa(`viewer:${viewer}`)}` },
      { Authorization: viewer },
      { Authorization: `Bearer ${viewer} ${viewer}` },
      { Authorization: `Bearer Bearer ${viewer}` },
      { Cookie: `key=${viewer}` },
      { 'X-Api-Key': viewer },
    ];
    for (const headers of attempts)
      expect((await t.call('GET', `/api/v1/alerts?key=${viewer}`, { headers })).status).toBe(401);
  });

  it.each([...ROLES])('%s is let in where the table says so, and nowhere else', async (role) => {
    const desk = role in world.keys ? world.keys[role as 'viewer'] : (await keyOf(role)).apiKey;
    for (const row of GUARDED) {
      const answer = await callRow(t, world, row, desk);
      const seen = `${named(row)} as ${role}: ${answer.text.slice(0, 200)}`;
      expect(answer.status, seen).toBeLessThan(500);
      if (EXPECTED[named(row)]!.split(' ').includes(role)) expect([401, 403], seen).not.toContain(answer.status);
      else expect([answer.status, answer.json?.code], seen).toEqual([403, 'forbidden']);
    }
  });

  it('says no before it reads: a role that may not write learns nothing of the body', async () => {
    for (const row of GUARDED.filter(({ body }) => body !== undefined)) {
      const role = ROLES.find((one) => one in world.keys && !(row.roles as readonly Role[]).includes(one))!;
      const path = row.path.replace('{id}', 'no-such-thing');
      const answer = await t.call(row.method, path, { key: world.keys[role as 'viewer'], body: '{"broken' });
      expect([answer.status, answer.json.code], named(row)).toEqual([403, 'forbidden']);
    }
  });
});

describe('roles that must be apart', () => {
  it.each([
    ['author', 'approver'],
    ['admin', 'approver'],
    ['admin', 'registrar'],
    ['admin', 'caseworker'],
    ['admin', 'protection'],
  ] as const)('%s and %s are never held by one key', async (one, other) => {
    const t = await testGateway();
    const { admin } = await embassy(t);
    for (const roles of [
      [one, other],
      [other, one],
      [one, 'viewer', other, one],
    ]) {
      const answer = await t.call('POST', '/api/v1/keys', { key: admin, body: { name: 'both', roles } });
      expect([answer.status, answer.json.code]).toEqual([422, 'roles_conflict']);
    }
  });

  it('an admin may watch, and a caseworker may register', async () => {
    const t = await testGateway();
    const { admin } = await embassy(t);
    for (const roles of [
      ['admin', 'viewer'],
      ['caseworker', 'registrar'],
      ['viewer', 'viewer'],
    ])
      await must(t, 201, 'POST', '/api/v1/keys', admin, { name: 'both', roles });
  });
});

describe('approvers', () => {
  const approver = { name: 'deputy', roles: ['approver'] };

  it('the first works at once; the second waits until the first confirms it', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const second = (await must(t, 201, 'POST', '/api/v1/keys', keys.admin, approver)).json;
    expect(second.confirmed).toBe(false);
    const waiting = await t.call('GET', '/api/v1/alerts', { key: second.apiKey });
    expect([waiting.status, waiting.json.code]).toEqual([403, 'key_not_confirmed']);

    const confirm = `/api/v1/keys/${second.id}/confirm`;
    expect((await t.call('POST', confirm, { key: second.apiKey })).json.code).toBe('key_not_confirmed');
    expect((await t.call('POST', confirm, { key: keys.admin })).json.code).toBe('forbidden');
    expect((await must(t, 200, 'POST', confirm, keys.approver)).json).toMatchObject({ confirmed: true });
    expect((await t.call('POST', confirm, { key: keys.approver })).json.code).toBe('already_confirmed');
    await must(t, 200, 'GET', '/api/v1/alerts', second.apiKey);
  });

  it('a waiting key with more roles opens none of them', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const body = { name: 'deputy', roles: ['viewer', 'registrar', 'approver'] };
    const second = (await must(t, 201, 'POST', '/api/v1/keys', keys.admin, body)).json;
    for (const path of ['/api/v1/people', '/api/v1/alerts', '/api/v1/keys'])
      expect((await t.call('GET', path, { key: second.apiKey })).json.code).toBe('key_not_confirmed');
  });

  it('revoking the first makes no room for another first', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const list = (await must(t, 200, 'GET', '/api/v1/keys', keys.admin)).json.items;
    const first = list.find((key: { roles: string[] }) => key.roles.includes('approver'));
    await must(t, 204, 'DELETE', `/api/v1/keys/${first.id}`, keys.admin);
    expect((await must(t, 201, 'POST', '/api/v1/keys', keys.admin, approver)).json.confirmed).toBe(false);
  });

  it('two asked for at the same moment are one first and one that waits', async () => {
    const t = await testGateway();
    const organisation = { id: 'lk-tokyo', name: 'Embassy', country: 'LK', defaultLanguage: 'si' };
    const made = await t.call('POST', '/api/v1/setup', { body: { token: 'set me up', organisation } });
    const ask = () => t.call('POST', '/api/v1/keys', { key: made.json.apiKey, body: approver });
    const both = await Promise.all([ask(), ask()]);
    expect(both.map(({ json }) => json.confirmed).sort()).toEqual([false, true]);
  });

  it('a confirmed key is never confirmed again after it was revoked', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const second = (await must(t, 201, 'POST', '/api/v1/keys', keys.admin, approver)).json;
    await must(t, 204, 'DELETE', `/api/v1/keys/${second.id}`, keys.admin);
    await must(t, 404, 'POST', `/api/v1/keys/${second.id}/confirm`, keys.approver);
    expect((await t.call('GET', '/api/v1/alerts', { key: second.apiKey })).status).toBe(401);
  });
});
