import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../gateway.ts';
import { NIMALI } from '../people.ts';

describe('the manners of the API', () => {
  it('says which methods an address answers', async () => {
    const t = await testGateway();
    for (const [method, path, allow] of [
      ['PUT', '/api/v1/people', 'GET, POST'],
      ['DELETE', '/api/v1/incidents', 'GET, POST'],
      ['POST', '/healthz', 'GET'],
      ['GET', '/webhooks/telegram', 'POST'],
    ] as const) {
      const answer = await t.call(method, path);
      expect([answer.status, answer.json.code, answer.headers.get('allow')], path).toEqual([
        405,
        'method_not_allowed',
        allow,
      ]);
    }
    expect((await t.call('GET', '/nothing')).status).toBe(404);
  });

  it('reads JSON only, and says so', async () => {
    const t = await testGateway();
    const { registrar } = await embassy(t);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await t.call('POST', '/api/v1/people', { key: registrar, body: '{"languages":["si"]}', headers });
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('gives metrics to loopback only, and to nobody behind a proxy without a token', async () => {
    const t = await testGateway();
    const from = (headers: Record<string, string>) => t.call('GET', '/metrics', { headers });
    expect((await from({})).status).toBe(401);
    expect((await from({ 'cf-connecting-ip': '8.8.8.8' })).status).toBe(401);
    expect((await from({ 'cf-connecting-ip': '127.0.0.1' })).status).toBe(200);
    expect((await from({ 'cf-connecting-ip': '127.0.0.1', 'x-forwarded-for': '8.8.8.8' })).status).toBe(401);
  });

  it('keeps a place one place when a part of it changes', async () => {
    const t = await testGateway();
    const { registrar } = await embassy(t);
    const sendai = { ...NIMALI, latitude: 38.27, longitude: 140.87 };
    const { id } = (await t.call('POST', '/api/v1/people', { key: registrar, body: sendai })).json;
    const change = async (body: unknown) => {
      const { json } = await t.call('PATCH', `/api/v1/people/${id}`, { key: registrar, body });
      return [json.country, json.area, json.latitude];
    };
    expect(await change({ country: 'JP' })).toEqual(['JP', 'JP-04', 38.27]);
    expect(await change({ area: 'JP-01' })).toEqual(['JP', 'JP-01', null]);
    expect(await change({ latitude: 43.06, longitude: 141.35 })).toEqual(['JP', null, 43.06]);
    expect(await change({ country: 'AE' })).toEqual(['AE', null, null]);
  });
});

describe('own texts', () => {
  it('are not submitted while two languages state different facts', async () => {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    await t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI });
    const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json
      .id;
    const draft = async (si: string) => {
      const texts = { en: { full: 'Meet at 10:30. Call +81312345678.' }, si: { full: si } };
      const body = { incident, texts, audience: {}, expires: '2026-03-12T00:00:00+09:00' };
      const { id } = (await t.call('POST', '/api/v1/alerts', { key: keys.author, body })).json;
      return t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author });
    };
    const refused = await draft('11:45 ට හමුවන්න. +81399999999');
    expect([refused.status, refused.json.code]).toEqual([422, 'text_differs']);
    expect(refused.json.errors[0].pointer).toBe('/texts/si/full');
    expect((await draft('10:30 ට හමුවන්න. +81 3 1234 5678')).status).toBe(200);
  });
});
