import { beforeEach, describe, expect, it } from 'vitest';
import { alerts, audit, deliveries } from '../../src/db/schema.ts';
import { addOrganisation } from '../../src/trust/organisations.ts';
import { ROLES } from '../../src/trust/roles.ts';
import { type TestGateway, testGateway } from '../gateway.ts';
import { KUMARAN, NIMALI } from '../people.ts';
import { callRow, crisis, draftOf, GUARDED, hear, must, type World } from './world.ts';

/** Nepal's embassy beside Sri Lanka's, in one installation: keys of every role, and nothing else yet. */
async function neighbour(t: TestGateway) {
  const { apiKey: admin } = await addOrganisation(t.g, {
    ...{ id: 'np-tokyo', name: 'Embassy of Nepal', country: 'NP', defaultLanguage: 'ne' },
    ...{ mode: 'training', first: false },
  });
  const desk = async (...roles: string[]) =>
    (await must(t, 201, 'POST', '/api/v1/keys', admin, { name: roles.join(), roles })).json.apiKey as string;
  // between them these hold every role
  const author = await desk('author', 'viewer', 'translator', 'registrar', 'caseworker', 'protection', 'auditor');
  const approver = await desk('approver', 'viewer', 'translator', 'registrar', 'caseworker', 'protection', 'auditor');
  return { admin, author, approver };
}

describe('two organisations in one installation', () => {
  let t: TestGateway;
  let ours: World;
  let theirs: Awaited<ReturnType<typeof neighbour>>;
  beforeEach(async () => {
    t = await testGateway();
    ours = await crisis(t);
    theirs = await neighbour(t);
  });

  /** Everything that our organisation has, for "nothing changed". */
  const state = async () => {
    const { keys } = ours;
    const views = [
      ...['/people', '/imports/{id}'].map((path) => [path, keys.registrar]),
      ...['/incidents', '/alerts', '/alerts/{id}/deliveries'].map((path) => [path, keys.viewer]),
      ...['/replies', '/cases', '/cases/{id}', '/incidents/{id}/check-ins'].map((path) => [path, keys.caseworker]),
      ...['/keys', '/stations'].map((path) => [path, keys.admin]),
    ] as [string, string][];
    const answers = [];
    for (const [path, key] of views)
      answers.push((await callRow(t, ours, { method: 'GET', path: `/api/v1${path}` }, key)).json);
    const trail = (await t.g.store.db.select().from(audit)).filter((row) => row.organisation === 'lk-tokyo');
    return JSON.stringify([answers, trail]).replaceAll(/"late":\w+/g, '');
  };

  it('the neighbour holds every role between two keys, so that no role is what keeps it out', async () => {
    const held = await must(t, 200, 'GET', '/api/v1/keys', theirs.admin);
    const roles = held.json.items.flatMap((key: { roles: string[] }) => key.roles);
    expect(new Set(roles)).toEqual(new Set(ROLES));
    expect(held.text).not.toContain(ours.ids.key);
  });

  it('an id of ours is 404 for every key of the neighbour, on every address, and nothing of ours changes', async () => {
    const before = await state();
    const seen: string[] = [];
    for (const row of GUARDED.filter(({ path }) => path.includes('{id}')))
      for (const key of Object.values(theirs))
        for (const alert of row.path.includes('/alerts/') ? (['draft', 'submitted', 'sent'] as const) : [undefined]) {
          const answer = await callRow(t, ours, row, key, alert);
          if (answer.json.code === 'forbidden') continue;
          seen.push(row.path);
          expect([answer.status, answer.json.code], `${row.method} ${row.path}`).toEqual([404, 'not_found']);
        }
    expect(new Set(seen)).toEqual(new Set(GUARDED.map(({ path }) => path).filter((path) => path.includes('{id}'))));
    expect(await state()).toBe(before);
  });

  it('lists of the neighbour hold nothing of ours', async () => {
    const lists = GUARDED.filter(({ method, path }) => method === 'GET' && !path.includes('{id}'));
    const walked = lists.filter(({ path }) => !/\/(templates|keys|channels)$/.test(path));
    for (const row of walked)
      for (const key of Object.values(theirs)) {
        const answer = await callRow(t, ours, row, key);
        if (answer.status === 403) continue;
        const { summary = [], ...list } = answer.json;
        expect([list, summary], row.path).toEqual([{ items: [], next: null }, []]);
      }
    // channels are everybody's, what waits in them is not
    await t.g.store.db.update(deliveries).set({ state: 'pending' });
    const queued = async (key: string) =>
      (await must(t, 200, 'GET', '/api/v1/channels', key)).json.items.map((one: { queued: number }) => one.queued);
    expect(Math.max(...(await queued(ours.keys.viewer)))).toBeGreaterThan(0);
    expect(await queued(theirs.author)).toEqual([0, 0, 0]);
    expect(walked.length).toBeGreaterThan(5);
    const filtered = await t.call('GET', `/api/v1/cases?incident=${ours.ids.incident}`, { key: theirs.author });
    expect(filtered.status).toBe(404);
  });

  it('an audience of everybody is everybody of the own organisation', async () => {
    const body = { audience: { unknownLocation: 'include' }, template: 'earthquake' };
    const preview = await must(t, 200, 'POST', '/api/v1/audiences/preview', theirs.author, body);
    expect(preview.json).toMatchObject({ people: 0, addresses: 0, unknownLocation: 0, stopped: 0, withoutAddress: 0 });
  });

  it('an alert cannot be drafted into our incident', async () => {
    const refused = await t.call('POST', '/api/v1/alerts', {
      key: theirs.author,
      body: draftOf(ours.ids.incident),
    });
    expect([refused.status, refused.json.code, refused.json.errors[0].pointer]).toEqual([422, 'invalid', '/incident']);
  });

  it('a person whom both know is two people, with one address each', async () => {
    const made = await must(t, 201, 'POST', '/api/v1/people', theirs.author, NIMALI);
    expect(made.json).not.toHaveProperty('sharedAddress');
    expect(made.json.id).not.toBe(ours.ids.person);
    await must(t, 200, 'PATCH', `/api/v1/people/${made.json.id}`, theirs.author, { name: 'Somebody else' });
    await hear(t, 'np-tokyo', NIMALI.addresses[0]!.value, 'STOP', 'n1');
    await must(t, 204, 'DELETE', `/api/v1/people/${made.json.id}`, theirs.author);
    const still = await must(t, 200, 'GET', `/api/v1/people/${ours.ids.person}`, ours.keys.registrar);
    expect(still.json).toMatchObject({ name: NIMALI.name, addresses: [{ ...NIMALI.addresses[0], state: 'active' }] });
  });

  it('an answer to the neighbour is counted on no board of ours', async () => {
    const path = `/api/v1/incidents/${ours.ids.incident}/board`;
    const before = (await must(t, 200, 'GET', path, ours.keys.viewer)).json;
    await hear(t, 'np-tokyo', KUMARAN.addresses[0]!.value, '2', 'n2');
    await t.work();
    const { asOf: _, ...after } = (await must(t, 200, 'GET', path, ours.keys.viewer)).json;
    expect(after).toEqual({ ...after, ...before, asOf: undefined, oldestOpenCaseMinutes: after.oldestOpenCaseMinutes });
    const cases = await must(t, 200, 'GET', '/api/v1/cases', theirs.author);
    expect(cases.json.items).toMatchObject([{ personId: null, incident: null }]);
  });

  it('an alert of the neighbour goes to its own people, whoever else is there', async () => {
    const incident = (await must(t, 201, 'POST', '/api/v1/incidents', theirs.author, { name: 'Sendai' })).json.id;
    const one = { languages: ['ne'], area: 'JP-04', addresses: [{ channel: 'sms', value: '+818012345699' }] };
    const { id: person } = (await must(t, 201, 'POST', '/api/v1/people', theirs.author, one)).json;
    const { id } = (await must(t, 201, 'POST', '/api/v1/alerts', theirs.author, draftOf(incident, { audience: {} })))
      .json;
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/submit`, theirs.author);
    const body = { undoSeconds: 0, expectedPeople: 1 };
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/approve`, theirs.approver, body);
    await t.work();
    const ledger = await must(t, 200, 'GET', `/api/v1/alerts/${id}/deliveries`, theirs.author);
    expect(ledger.json.items.map((row: { personId: string }) => row.personId)).toEqual([person]);
    const rows = await t.g.store.db.select().from(deliveries);
    const [alert] = (await t.g.store.db.select().from(alerts)).filter((row) => row.uid === id);
    expect(rows.filter((row) => row.alert === alert!.id).map((row) => row.organisation)).toEqual(['np-tokyo']);
  });

  it('a station of ours is known by its own token only', async () => {
    const station = (await must(t, 201, 'POST', '/api/v1/stations', theirs.admin, { name: 'N', languages: ['ne'] }))
      .json;
    const feed = (key: string) => t.call('GET', `/radio/${ours.ids.station}/feed.atom`, { key });
    expect((await feed(ours.stationToken)).status).toBe(200);
    expect((await feed(station.token)).status).toBe(404);
    expect((await feed(theirs.admin)).status).toBe(401);
  });

  it('the same Idempotency-Key of two keys is two calls', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const body = { name: 'Sendai' };
    const one = await t.call('POST', '/api/v1/incidents', { key: ours.keys.author, body, headers });
    const other = await t.call('POST', '/api/v1/incidents', { key: theirs.author, body, headers });
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.json.id).not.toBe(other.json.id);
  });
});
