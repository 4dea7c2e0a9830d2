import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../gateway.ts';
import { BATBAYAR, KUMARAN, NIMALI, SOMCHAI } from '../people.ts';

describe('an earthquake in Sendai, in training', () => {
  it('reaches simulated phones, each in its own language, and counts the answers', async () => {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    for (const person of [NIMALI, KUMARAN, SOMCHAI, BATBAYAR]) {
      const made = await t.call('POST', '/api/v1/people', { key: keys.registrar, body: person });
      expect(made.status, made.text).toBe(201);
    }
    const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json
      .id;
    const audience = { nationalities: ['LK', 'TH', 'MN'], areas: ['JP-04'] };
    const counted = await t.call('POST', '/api/v1/audiences/preview', {
      key: keys.author,
      body: { audience, template: 'earthquake' },
    });
    expect(counted.json).toMatchObject({
      people: 4,
      addresses: 4,
      byLanguage: { si: 2, ta: 1, th: 1 },
      byFallback: { default: 1 },
    });
    const draft = await t.call('POST', '/api/v1/alerts', {
      key: keys.author,
      body: {
        incident,
        template: 'earthquake',
        parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
        audience,
        expires: '2026-03-11T20:00:00+09:00',
      },
    });
    expect(draft.status, draft.text).toBe(201);
    const { id } = draft.json;
    expect((await t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author })).status).toBe(200);
    const approved = await t.call('POST', `/api/v1/alerts/${id}/approve`, {
      key: keys.approver,
      body: { undoSeconds: 0, expectedPeople: 4 },
    });
    expect(approved.status, approved.text).toBe(200);
    await t.work();
    const after = await t.call('GET', `/api/v1/alerts/${id}`, { key: keys.viewer });
    expect(after.json).toMatchObject({ state: 'sent', deliveries: { sent: 4 }, byLanguage: { si: 2, ta: 1, th: 1 } });
    const board = await t.call('GET', `/api/v1/incidents/${incident}/board`, { key: keys.viewer });
    expect(board.json).toMatchObject({ registered: 4, noAnswer: 4 });
  });
});
