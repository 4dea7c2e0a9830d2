import { beforeEach, describe, expect, it } from 'vitest';
import { audit, deliveries } from '../../src/db/schema.ts';
import { type TestGateway, testGateway } from '../gateway.ts';
import { KUMARAN, NIMALI, SOMCHAI, YUSUF } from '../people.ts';
import { bodyFor, crisis, draftOf, GUARDED, HELP, must, NOTE, pathIn, type World } from './world.ts';

/** What each address that changes something writes down: the action, and of what. Null: it changes nothing. */
const ACTIONS: Record<string, string | null> = {
  'POST /api/v1/keys': 'key.create',
  'POST /api/v1/keys/{id}/confirm': 'key.confirm',
  'DELETE /api/v1/keys/{id}': 'key.revoke',
  'POST /api/v1/stations': 'station.create',
  'DELETE /api/v1/stations/{id}': 'station.revoke',
  'POST /api/v1/people': 'person.create',
  'PATCH /api/v1/people/{id}': 'person.change',
  'POST /api/v1/people/{id}/start-link': 'person.invite',
  'DELETE /api/v1/people/{id}': 'person.erase',
  'POST /api/v1/imports': 'import.take',
  'POST /api/v1/incidents': 'incident.create',
  'POST /api/v1/audiences/preview': null,
  'POST /api/v1/alerts': 'alert.draft',
  'POST /api/v1/cap': 'incident.create alert.draft',
  'PATCH /api/v1/alerts/{id}': 'alert.change',
  'POST /api/v1/alerts/{id}/translations': 'alert.translate',
  'POST /api/v1/alerts/{id}/texts/{language}/accept': 'alert.accept',
  'POST /api/v1/alerts/{id}/submit': 'alert.submit',
  'POST /api/v1/alerts/{id}/approve': 'alert.approve',
  'POST /api/v1/alerts/{id}/return': 'alert.return',
  'POST /api/v1/alerts/{id}/reject': 'alert.reject',
  'POST /api/v1/alerts/{id}/stop': 'alert.stop',
  'POST /api/v1/alerts/{id}/ladder': 'alert.ladder',
  'POST /api/v1/alerts/{id}/update': 'alert.draft',
  'POST /api/v1/alerts/{id}/cancel': 'alert.draft',
  'POST /api/v1/deliveries/{id}/resolve': 'delivery.resolve',
  'POST /api/v1/replies/interpret': null,
  'POST /api/v1/replies/{id}/read': 'reply.read',
  'POST /api/v1/incidents/{id}/sitreps': 'sitrep.create',
  'POST /api/v1/calls/{id}/take': 'call.take',
  'POST /api/v1/calls/{id}/close': 'call.close',
  'POST /api/v1/cases/{id}/take': 'case.take',
  'POST /api/v1/cases/{id}/note': 'case.note',
  'POST /api/v1/cases/{id}/return': 'case.return',
  'POST /api/v1/cases/{id}/close': 'case.close',
  'POST /api/v1/simulator/tickets': null,
  'POST /api/v1/simulator/phones/{id}/messages': null,
};

const CAP = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>JMA-1</identifier><sender>jma@example.jp</sender><sent>2026-03-11T14:50:00+09:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info><language>en</language><category>Geo</category><event>Earthquake</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Observed</certainty><expires>2026-03-12T14:50:00+09:00</expires>
    <headline>Strong shaking</headline><description>Stay away from the coast of Miyagi.</description>
    <area><areaDesc>Miyagi</areaDesc><geocode><valueName>ISO 3166-2</valueName><value>JP-04</value></geocode></area>
  </info>
</alert>`;

describe('the audit trail', () => {
  let t: TestGateway;
  let world: World;
  beforeEach(async () => {
    t = await testGateway();
    world = await crisis(t);
  });
  const trail = () => t.g.store.db.select().from(audit).orderBy(audit.id);
  const operators = async (): Promise<Record<string, string>> => {
    const { items } = (await must(t, 200, 'GET', '/api/v1/keys', world.keys.admin)).json;
    return Object.fromEntries(items.map((key: { name: string; id: string }) => [key.name, key.id]));
  };

  it('knows every address that changes something', () => {
    const changing = GUARDED.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
    expect(changing.sort()).toEqual(Object.keys(ACTIONS).sort());
  });

  it('says of every change who made it, when, and to what, in one row', async () => {
    const { author, admin } = world.keys;
    const ids = await operators();
    t.g.translator = { name: 'parrot', translate: async (texts, _, to) => texts.map((text) => `${to} ${text}`) };
    // what is taken away is taken away last
    const last = (name: string) => (name.startsWith('DELETE') ? 1 : 0);
    for (const [name, action] of Object.entries(ACTIONS).sort(([a], [b]) => last(a) - last(b))) {
      const [method, path] = name.split(' ') as [string, string];
      const row = GUARDED.find((one) => one.method === method && one.path === path)!;
      const role = (row.roles as string[]).find((one) => one in world.keys) as keyof World['keys'];
      let target = pathIn(world, path);
      const drafts = /^\/api\/v1\/alerts\/\{id\}$/.test(path);
      if (drafts || /alerts\/.*(submit|approve|return|reject|stop)$/.test(path)) {
        const { id } = (await must(t, 201, 'POST', '/api/v1/alerts', author, draftOf(world.ids.incident))).json;
        if (!drafts && !path.endsWith('/submit')) await must(t, 200, 'POST', `/api/v1/alerts/${id}/submit`, author);
        target = path.replace('{id}', id);
      }
      if (/(translations|accept)$/.test(path)) {
        const own = { template: undefined, parameters: undefined, texts: { en: { full: 'Gate 7 at 18:30.' } } };
        const { id } = (await must(t, 201, 'POST', '/api/v1/alerts', author, draftOf(world.ids.incident, own))).json;
        target = path.replace('{id}', id).replace('{language}', 'ne');
        if (path.endsWith('accept'))
          await must(t, 200, 'POST', `/api/v1/alerts/${id}/translations`, author, { languages: ['ne'] });
      }
      if (path.endsWith('/confirm')) {
        const body = { name: 'deputy', roles: ['approver'] };
        target = path.replace('{id}', (await must(t, 201, 'POST', '/api/v1/keys', admin, body)).json.id);
      }
      if (path.startsWith('/api/v1/deliveries')) await t.g.store.db.update(deliveries).set({ state: 'indeterminate' });
      t.clock.pass(1000);
      const before = (await trail()).length;
      const body = path === '/api/v1/cap' ? CAP : bodyFor(world, method, path);
      const answer = await t.call(method, target, {
        key: world.keys[role],
        ...(body !== undefined && { body }),
        ...(row.rawBody !== undefined && { headers: { 'Content-Type': row.rawBody } }),
      });
      expect(answer.status, `${name}: ${answer.text}`).toBeLessThan(300);
      const written = (await trail()).slice(before);
      expect(written.map((one) => one.action)).toEqual(action === null ? [] : action.split(' '));
      if (action !== null)
        expect(written.at(-1), name).toMatchObject({
          organisation: 'lk-tokyo',
          at: t.clock.now(),
          operator: ids[role === 'admin' ? 'set-up' : `${role} desk`],
          subject: answer.json?.id ?? target.split('/')[4],
        });
    }
  });

  it('says of a change who, what, when and to what, and never a name, number or text', async () => {
    for (const [name, action] of Object.entries(ACTIONS)) {
      const [method, path] = name.split(' ') as [string, string];
      if (action === null || method === 'DELETE') continue;
      const row = GUARDED.find((one) => one.method === method && one.path === path)!;
      const role = (row.roles as string[]).find((one) => one in world.keys) as keyof World['keys'];
      t.clock.pass(1000);
      await t.call(method, pathIn(world, path, 'submitted'), {
        key: world.keys[role],
        body: bodyFor(world, method, path),
        headers: { 'Content-Type': row.rawBody ?? 'application/json' },
      });
    }
    const own = { en: { full: 'Bring the blue folder to gate 7', sms: 'Blue folder, gate 7' } };
    const body = draftOf(world.ids.incident, { template: undefined, parameters: undefined, texts: own });
    await must(t, 201, 'POST', '/api/v1/alerts', world.keys.author, body);
    const rows = await trail();
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      expect(row.action).toMatch(/^[a-z]+\.[a-z]+$/);
      expect(row.operator).toMatch(/^key_[a-z2-9]{20,}$/);
      expect(row.subject).toMatch(/^[a-z]{3}_[a-z2-9]{20,}$|^[a-z0-9]+-[a-z0-9]+$/);
      expect(JSON.parse(row.detail)).toBeTypeOf('object');
    }
    const written = JSON.stringify(rows);
    const cast = [NIMALI, KUMARAN, YUSUF, SOMCHAI];
    for (const content of [
      ...cast.flatMap(({ name, externalId, addresses }) => [name, externalId, addresses[0]!.value.slice(-7)]),
      ...[NOTE, NOTE.slice(0, 12), 'blue folder', 'gate 7', 'Ruwan', 'Amara', '2345680', 'Haruka', '5550199'],
      ...['Aftershock', 'Ishinomaki', 'deputy', world.stationToken, world.keys.author],
    ])
      expect(written.toLowerCase()).not.toContain(content.toLowerCase());
    expect(HELP).toBe('2');
  });

  it('what was refused is not written down as if it had happened', async () => {
    for (const [state, verb, role] of [
      ['draft', 'stop', 'approver'],
      ['draft', 'return', 'approver'],
      ['sent', 'reject', 'approver'],
      ['draft', 'approve', 'approver'],
      ['draft', 'cancel', 'author'],
      ['sent', 'submit', 'author'],
    ] as const) {
      const before = (await trail()).length;
      const refused = await t.call('POST', `/api/v1/alerts/${world.alerts[state]}/${verb}`, { key: world.keys[role] });
      expect([refused.status, refused.json.code], `${verb} of ${state}`).toEqual([409, 'wrong_state']);
      expect((await trail()).slice(before)).toEqual([]);
    }
  });

  it('what is done twice at once is written down once', async () => {
    const path = `/api/v1/alerts/${world.alerts.submitted}`;
    for (const [verb, key] of [
      ['approve', world.keys.approver],
      ['stop', world.keys.approver],
    ] as const) {
      const both = await Promise.all([1, 2].map(() => t.call('POST', `${path}/${verb}`, { key })));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      const rows = (await trail()).filter((row) => row.action === `alert.${verb}` && path.endsWith(row.subject));
      expect(rows).toHaveLength(1);
    }
  });

  it('a station that has aired a bulletin is written down too', async () => {
    const path = `/radio/${world.ids.station}/aired`;
    const told = await t.call('POST', path, { key: world.stationToken, body: { language: 'si', presenter: 'Haruka' } });
    expect(told.status, told.text).toBe(201);
    const last = (await trail()).at(-1)!;
    expect(last).toMatchObject({ action: 'bulletin.air', operator: world.ids.station, organisation: 'lk-tokyo' });
    expect(JSON.stringify(last)).not.toContain('Haruka');
  });
});
