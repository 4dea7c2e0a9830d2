import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../../test/gateway.ts';
import { NIMALI } from '../../test/people.ts';
import { alerts } from '../db/schema.ts';

describe('why an alert was given back', () => {
  it('is shown to the author, and stands sealed in the database', async () => {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    await t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI });
    const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json
      .id;
    const texts = { si: { full: 'නිවසේ සිටින්න.' } };
    const draft = { incident, texts, audience: {}, expires: '2026-03-12T00:00:00+09:00' };
    const { id } = (await t.call('POST', '/api/v1/alerts', { key: keys.author, body: draft })).json;
    await t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author });
    const reason = 'පැය වැරදියි';
    const back = await t.call('POST', `/api/v1/alerts/${id}/return`, { key: keys.approver, body: { reason } });
    expect(back.json).toMatchObject({ state: 'draft', reason });
    expect((await t.call('GET', `/api/v1/alerts/${id}`, { key: keys.author })).json.reason).toBe(reason);
    const [row] = await t.g.store.db.select({ sealed: alerts.reasonSealed }).from(alerts);
    expect(row!.sealed).not.toContain(reason);
  });
});
