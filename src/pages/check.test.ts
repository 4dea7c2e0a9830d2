import { describe, expect, it } from 'vitest';
import { NIMALI } from '../../test/people.ts';
import { quake } from './quake.fixture.ts';

/** When the fixture's alerts go out, on the clock that they speak of. */
const TIME = 'Wed 11 Mar 14:46';

describe('is this message ours?', () => {
  it('says so for a public one with its text, and for a private one without', async () => {
    const q = await quake([NIMALI]);
    const open = await q.alert();
    const secret = await q.alert({ scope: 'Private' });
    const yes = await q.t.call('GET', `/check/${open.ref}?lang=en`);
    expect(yes.status).toBe(200);
    expect(yes.text).toContain(await q.t.g.catalog.word('en', 'check_true', { ref: open.ref, time: TIME }));
    expect(yes.text).toContain('class="prose"');
    const closed = await q.t.call('GET', `/check/${secret.ref}?lang=en`);
    expect(closed.text).toContain(await q.t.g.catalog.word('en', 'check_true', { ref: secret.ref, time: TIME }));
    expect(closed.text).not.toContain('class="prose"');
    const sinhala = await q.t.call('GET', `/check?lang=si&ref=${open.ref.toLowerCase()}`);
    expect(sinhala.text).toContain(`<html lang="si" dir="ltr">`);
    expect(sinhala.text).toContain(open.ref);
    expect(sinhala.status).toBe(200);
  });

  it('answers the same for a draft and for what never was', async () => {
    const q = await quake([NIMALI]);
    const draft = await q.t.call('POST', '/api/v1/alerts', {
      key: q.keys.author,
      body: {
        incident: q.incident,
        template: 'earthquake',
        parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
        audience: {},
        expires: '2026-03-11T20:00:00+09:00',
      },
    });
    const { ref } = draft.json;
    const unknown = await q.t.call('GET', '/check/LKZZZZZ?lang=en');
    const drafted = await q.t.call('GET', `/check/${ref}?lang=en`);
    expect(unknown.status).toBe(404);
    expect(drafted.status).toBe(404);
    expect(drafted.text.replaceAll(ref, 'LKZZZZZ')).toBe(unknown.text);
    expect(unknown.text).toContain(await q.t.g.catalog.word('en', 'check_false', { ref: 'LKZZZZZ' }));
    const states = await Promise.all(
      [ref, 'LKZZZZZ'].map(async (one) => (await q.t.call('GET', `/alerts/current.json?ref=${one}`)).json.state),
    );
    expect(states).toEqual(['unknown', 'unknown']);
  });

  it('tells that a message was withdrawn, to people and to their phones', async () => {
    const q = await quake([NIMALI]);
    const { id, ref } = await q.alert();
    expect((await q.t.call('GET', `/alerts/current.json?ref=${ref}&lang=si`)).json).toEqual({ ref, state: 'current' });
    const cancel = await q.t.call('POST', `/api/v1/alerts/${id}/cancel`, { key: q.keys.author, body: {} });
    expect(cancel.status, cancel.text).toBe(201);
    await q.t.call('POST', `/api/v1/alerts/${cancel.json.id}/submit`, { key: q.keys.author });
    const body = { undoSeconds: 0 };
    const approved = await q.t.call('POST', `/api/v1/alerts/${cancel.json.id}/approve`, { key: q.keys.approver, body });
    expect(approved.status, approved.text).toBe(200);
    const state = await q.t.call('GET', `/alerts/current.json?ref=${ref}&lang=ar`);
    expect(state.json).toMatchObject({ state: 'withdrawn', lang: 'ar', dir: 'rtl' });
    expect(state.json.title).toBe(await q.t.g.catalog.word('ar', 'withdrawn'));
    const page = await q.t.call('GET', `/check/${ref}?lang=en`);
    expect(page.text).toContain(await q.t.g.catalog.word('en', 'withdrawn'));
    expect((await q.t.call('GET', '/?lang=en')).text).not.toContain(`/check/${ref}`);
  });

  it('shows no alert that can still be taken back, and is slow with whoever tries numbers', async () => {
    const q = await quake([NIMALI]);
    const made = await q.t.call('POST', '/api/v1/alerts', {
      key: q.keys.author,
      body: {
        incident: q.incident,
        template: 'earthquake',
        parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
        audience: {},
        expires: '2026-03-11T20:00:00+09:00',
      },
    });
    await q.t.call('POST', `/api/v1/alerts/${made.json.id}/submit`, { key: q.keys.author });
    await q.t.call('POST', `/api/v1/alerts/${made.json.id}/approve`, {
      key: q.keys.approver,
      body: { undoSeconds: 60 },
    });
    expect((await q.t.call('GET', '/?lang=en')).text).toContain(await q.t.g.catalog.word('en', 'page_no_alerts'));
    expect((await q.t.call('GET', `/check/${made.json.ref}`)).status).toBe(404);
    let last = 0;
    for (let i = 0; i < 80; i++) last = (await q.t.call('GET', `/check/LK${10_000 + i}`)).status;
    expect(last).toBe(429);
    const slow = await q.t.call('GET', '/check/LK99999?lang=si');
    expect(slow.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(slow.text).toContain(await q.t.g.catalog.word('si', 'check_slow'));
    q.t.clock.pass(61_000);
    expect((await q.t.call('GET', `/check/${made.json.ref}`)).status).toBe(200);
  });
});
