import { and, eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { idempotency, incidents, people } from '../../src/db/schema.ts';
import { embassy, type TestGateway, testGateway } from '../gateway.ts';
import { NIMALI } from '../people.ts';
import { bodyFor, crisis, GUARDED, pathIn, type World } from './world.ts';

describe('Idempotency-Key', () => {
  let t: TestGateway;
  let world: World;
  beforeEach(async () => {
    t = await testGateway();
    world = await crisis(t);
  });
  const open = (name: string, key = 'k-1') =>
    t.call('POST', '/api/v1/incidents', {
      key: world.keys.author,
      body: { name },
      headers: { 'Idempotency-Key': key },
    });

  it('the same key and body is done once, and answered with the same status and body ever after', async () => {
    const before = await t.g.store.db.$count(incidents);
    const first = await open('Tokai');
    t.clock.pass(3_600_000);
    const again = await open('Tokai');
    expect([again.status, again.json]).toEqual([201, first.json]);
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(await t.g.store.db.$count(incidents)).toBe(before + 1);
  });

  it('is honoured by every POST with a JSON body: a repeat changes nothing', async () => {
    for (const row of GUARDED.filter(({ method, rawBody }) => method === 'POST' && rawBody === undefined)) {
      const key = world.keys[(row.roles as string[]).find((role) => role in world.keys) as 'viewer'];
      const path = pathIn(world, row.path, /(submit|update|cancel)$/.test(row.path) ? 'sent' : 'submitted');
      const call = () => {
        t.clock.pass(1000);
        const body = bodyFor(world, row.method, row.path);
        return t.call('POST', path, {
          key,
          body,
          headers: { 'Idempotency-Key': `every ${path}`.replaceAll(' ', '-') },
        });
      };
      const first = await call();
      const again = await call();
      expect([again.status, again.text.replace(/"requestId":"[^"]*"/, '')], path).toEqual([
        first.status,
        first.text.replace(/"requestId":"[^"]*"/, ''),
      ]);
      expect(again.headers.get('idempotency-replayed'), path).toBe('true');
      expect(again.headers.get('content-type'), path).toBe(first.headers.get('content-type'));
    }
  });

  it('another body, or the same body to another address, is refused', async () => {
    await open('Tokai');
    const other = await open('Nankai');
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch']);
    const headers = { 'Idempotency-Key': 'k-1' };
    const elsewhere = await t.call('POST', '/api/v1/alerts', {
      key: world.keys.author,
      body: { name: 'Tokai' },
      headers,
    });
    expect(elsewhere.json.code).toBe('idempotency_mismatch');
  });

  it('a refusal is remembered too, and a repeat does not try again', async () => {
    const body = { name: 'X', addresses: [{ channel: 'sms', value: '📞' }] };
    const call = () =>
      t.call('POST', '/api/v1/people', { key: world.keys.registrar, body, headers: { 'Idempotency-Key': 'p' } });
    const [first, again] = [await call(), await call()];
    expect([first.status, again.status, again.json.errors]).toEqual([422, 422, first.json.errors]);
    expect(again.headers.get('content-type')).toBe('application/problem+json');
  });

  it('a failure of ours is not: the same call may be made again', async () => {
    const spy = vi.spyOn(t.g.store, 'atomic').mockRejectedValueOnce(new Error('disk'));
    expect((await open('Tokai')).status).toBe(500);
    spy.mockRestore();
    expect((await open('Tokai')).status).toBe(201);
  });

  it('while the first is under way the second is told to wait, and one is done', async () => {
    const before = await t.g.store.db.$count(people);
    const body = { ...NIMALI, externalId: 'lk-0777', addresses: [] };
    const call = () =>
      t.call('POST', '/api/v1/people', { key: world.keys.registrar, body, headers: { 'Idempotency-Key': 'p' } });
    const both = await Promise.all([call(), call()]);
    const late = both.find(({ status }) => status !== 201)!;
    expect([late.status, late.json.code, late.headers.get('retry-after')]).toEqual([409, 'idempotency_in_flight', '1']);
    expect(await t.g.store.db.$count(people)).toBe(before + 1);
    expect((await call()).status).toBe(201);
  });

  it('what died with its process is under way for a minute, and then done by whoever asks', async () => {
    await open('Tokai');
    const row = and(eq(idempotency.key, 'k-1'));
    await t.g.store.db.update(idempotency).set({ status: null, responseSealed: null }).where(row);
    t.clock.pass(59_000);
    expect((await open('Tokai')).json.code).toBe('idempotency_in_flight');
    t.clock.pass(2_000);
    expect((await open('Tokai')).status).toBe(201);
  });

  it('a key that cannot be one is refused', async () => {
    for (const key of ['x'.repeat(201), 'with space']) expect((await open('Tokai', key)).status, key).toBe(422);
  });

  it('opens no door: a replay is for the key that made the call', async () => {
    await open('Tokai');
    const headers = { 'Idempotency-Key': 'k-1' };
    const other = await t.call('POST', '/api/v1/incidents', {
      key: world.keys.viewer,
      body: { name: 'Tokai' },
      headers,
    });
    expect(other.status).toBe(403);
    const stranger = await t.call('POST', '/api/v1/incidents', { body: { name: 'Tokai' }, headers });
    expect(stranger.status).toBe(401);
  });
});

describe('the pace of a key', () => {
  it('is told in every answer, ends in 429 with Retry-After, and is another key’s no more than another second’s', async () => {
    const t = await testGateway();
    const world = await crisis(t);
    t.clock.pass(60_000 - (t.clock.now() % 1000));
    const call = (key: string) => t.call('GET', '/api/v1/templates', { key });
    const statuses = [];
    let last = await call(world.keys.viewer);
    expect(Number(last.headers.get('ratelimit-limit'))).toBeGreaterThanOrEqual(50);
    for (let i = 0; i < 250; i++) {
      last = await call(world.keys.viewer);
      statuses.push(last.status);
    }
    expect(statuses.slice(0, 49).every((status) => status === 200)).toBe(true);
    expect([last.status, last.json.code, last.headers.get('retry-after')]).toEqual([429, 'rate_limited', '1']);
    expect((await call(world.keys.author)).status).toBe(200);
    t.clock.pass(1000);
    expect((await call(world.keys.viewer)).status).toBe(200);
  });
});

describe('an Idempotency-Key with a file', () => {
  it('tells another file of the same length apart, and imports the same one once', async () => {
    const t = await testGateway();
    const { registrar } = await embassy(t);
    const send = (phone: string) =>
      t.call('POST', '/api/v1/imports', {
        key: registrar,
        body: `phone\n${phone}\n`,
        headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': 'file-1' },
      });
    const first = await send('+819010000001');
    expect(first.status).toBe(202);
    expect((await send('+819010000001')).json).toEqual(first.json);
    expect((await send('+819010000002')).json.code).toBe('idempotency_mismatch');
    await t.work();
    expect((await t.call('GET', '/api/v1/people', { key: registrar })).json.items).toHaveLength(1);
  });
});
