import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../../test/gateway.ts';

describe('a bulletin', () => {
  it('is never made of a transport or a family’s question, not even when somebody chose Public', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const call = async (method: string, path: string, key: string | undefined, body?: unknown) => {
      const answer = await t.call(method, path, { key: key!, body });
      expect(answer.status, `${path}: ${answer.text}`).toBeLessThan(300);
      return answer.json;
    };
    await call('POST', '/api/v1/people', keys.registrar, {
      ...{ languages: ['en'], area: 'JP-04', addresses: [{ channel: 'sms', value: '+818012345671' }] },
    });
    const fm = await call('POST', '/api/v1/stations', keys.admin, { name: 'FM', languages: ['en'], areas: ['JP'] });
    const incident = (await call('POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).id;
    const tell = async (template: string, parameters: object) => {
      const body = {
        ...{ incident, template, parameters, scope: 'Public', audience: {}, urgency: 'Immediate' },
        expires: '2026-03-12T14:46:00Z',
      };
      const { id, texts } = await call('POST', '/api/v1/alerts', keys.author, body);
      await call('POST', `/api/v1/alerts/${id}/submit`, keys.author);
      await call('POST', `/api/v1/alerts/${id}/approve`, keys.approver, { undoSeconds: 0 });
      await t.work();
      const script = await t.call('GET', `/radio/${fm.id}/en.txt?key=${fm.token}`);
      return { script, texts };
    };
    const ride = await tell('evacuation_call', {
      point: { en: 'Gate 2, National Stadium' },
      time: '2026-03-12T06:00:00+09:00',
      items: 'papers',
      phone: '+94112338812',
    });
    expect(ride.texts.en).not.toHaveProperty('radio');
    expect(ride.script.status).toBe(404);
    expect((await tell('family_message', { query: { en: 'A7K3' } })).script.status).toBe(404);
    const point = await tell('assistance_point', {
      point: { en: 'Town hall' },
      time: '2026-03-12T08:00:00+09:00',
      until: '2026-03-12T18:00:00+09:00',
    });
    expect(point.script.status, 'what may go on air does').toBe(200);
    expect(point.script.text).toContain('Town hall');
    expect(point.script.text).not.toContain('Gate 2');
  });
});
