import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../../test/gateway.ts';
import { NIMALI } from '../../test/people.ts';
import { alerts } from '../db/schema.ts';

describe('an alert that was given back', () => {
  it('tells the author why, sealed in the database', async () => {
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

  it('can be changed and submitted again, and whoever changed it last cannot approve it', async () => {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    await t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI });
    const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json
      .id;
    const body = {
      incident,
      template: 'earthquake',
      parameters: { place: 'JP-01', time: '2026-03-11T14:46:00+09:00' },
      audience: { areas: ['JP-01'] },
      expires: '2026-03-11T20:00:00+09:00',
    };
    const { id, ref } = (await t.call('POST', '/api/v1/alerts', { key: keys.author, body })).json;
    const change = (patch: object) => t.call('PATCH', `/api/v1/alerts/${id}`, { key: keys.author, body: patch });
    expect((await t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author })).json.code).toBe(
      'empty_audience',
    );
    const changed = await change({ parameters: { place: 'JP-04' }, audience: { areas: ['JP-04'] } });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json.ref).toBe(ref);
    // no native speaker has signed a text yet, and every language has its own name for the place
    expect(changed.json.reviews.ja).toBe('draft');
    expect(changed.json.untranslated).toEqual([]);
    const typed = await change({ parameters: { place: 'Gate 2' } });
    expect(typed.json.untranslated[0]).toMatchObject({
      name: 'place',
      languages: expect.arrayContaining(['si', 'ja']),
    });
    await change({ parameters: { place: 'JP-04' } });
    expect(changed.json.texts.ja.full).toContain('宮城');
    expect(changed.json.texts.ja.full).toContain('14:46');
    expect((await t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author })).status).toBe(200);
    expect((await change({ severity: 'Minor' })).json.code).toBe('wrong_state');
    expect((await t.call('POST', `/api/v1/alerts/${id}/return`, { key: keys.approver })).json.state).toBe('draft');
    expect((await change({ parameters: { road: 'A1' } })).json.code).toBe('unknown_parameter');
    expect((await change({ texts: { si: { full: 'x' } } })).status).toBe(422);
  });
});
