import { describe, expect, it } from 'vitest';
import { createLibreTranslate, type LibreTranslateOptions } from '../farends/libretranslate.ts';
import { embassy, testGateway } from '../gateway.ts';
import { NIMALI } from '../people.ts';

const OWN = {
  si: { full: 'බස් 3 ක් 18:30 ට ගේට්ටුව 2 වෙත පැමිණේ. අමතන්න +81312345678.', sms: 'බස් 18:30, ගේට්ටුව 2.' },
};

/** An embassy with a translation server, and a draft that its duty officer wrote in Sinhala. */
async function desk(options: LibreTranslateOptions | null = {}) {
  const server = createLibreTranslate(options ?? {});
  const t = await testGateway(options ? { TRANSLATE_URL: server.origin } : {}, [server]);
  const keys = await embassy(t, 'training');
  const key = async (name: string, ...roles: string[]) =>
    (await t.call('POST', '/api/v1/keys', { key: keys.admin, body: { name, roles } })).json.apiKey as string;
  const translator = await key('Ms Perera', 'translator');
  await t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI });
  const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json.id;
  const draft = async (more: object = { texts: OWN }) => {
    const body = { incident, audience: {}, expires: '2026-03-12T14:46:00+09:00', ...more };
    const made = await t.call('POST', '/api/v1/alerts', { key: keys.author, body });
    expect(made.status, made.text).toBe(201);
    return made.json.id as string;
  };
  const post = (path: string, who: string, body: object = {}) =>
    t.call('POST', `/api/v1/alerts/${path}`, { key: who, body });
  return { t, keys, translator, server, draft, post };
}

describe('a machine that helps', () => {
  it('fills languages that are missing; a translator reads each before anybody can submit', async () => {
    const { t, keys, translator, server, draft, post } = await desk();
    const id = await draft();
    const made = await post(`${id}/translations`, keys.author, { languages: ['ne', 'ta', 'si', 'ti'] });
    expect(made.status, made.text).toBe(200);
    expect(made.json).toMatchObject({
      translated: ['ne', 'ta'],
      failed: [{ language: 'ti', code: 'unsupported' }],
      reviews: { si: 'own', ne: 'machine', ta: 'machine' },
      texts: { ne: { full: `<ne> ${OWN.si.full}`, sms: `<ne> ${OWN.si.sms}` }, si: { full: OWN.si.full } },
    });
    for (const { q } of server.asked) expect(q.join()).not.toMatch(/18:30|8131|\b3\b/);

    const refused = await post(`${id}/submit`, keys.author);
    expect([refused.status, refused.json.code]).toEqual([422, 'machine_unread']);
    expect(refused.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/texts/ne', '/texts/ta']);

    expect((await post(`${id}/texts/ne/accept`, keys.author)).status).toBe(403);
    expect((await post(`${id}/texts/ne/accept`, translator)).json.reviews).toEqual({
      si: 'own',
      ne: 'accepted',
      ta: 'machine',
    });
    expect((await post(`${id}/texts/ne/accept`, translator)).json.code).toBe('wrong_state');
    expect((await post(`${id}/texts/fr/accept`, translator)).status).toBe(404);
    expect((await post(`${id}/submit`, keys.author)).json.code).toBe('machine_unread');
    // who writes a text anew stands for it as well
    const written = await t.call('PATCH', `/api/v1/alerts/${id}`, {
      key: translator,
      body: { texts: { ta: { full: 'பஸ் 3, 18:30, வாயில் 2. +81312345678.', sms: 'பஸ் 18:30, வாயில் 2.' } } },
    });
    expect(written.json.reviews).toEqual({ si: 'own', ne: 'accepted', ta: 'own' });
    expect((await post(`${id}/submit`, keys.author)).status).toBe(200);
    const approved = await post(`${id}/approve`, keys.approver, { undoSeconds: 20 });
    expect(approved.status, approved.text).toBe(200);
    expect(server.violations).toEqual([]);
  });

  it('does not become a person by being sent back as it was', async () => {
    const { t, keys, draft, post } = await desk();
    const id = await draft();
    const { texts } = (await post(`${id}/translations`, keys.author, { languages: ['ne'] })).json;
    const { full, sms } = texts.ne;
    for (const body of [{ texts: { ne: { full, sms } } }, { severity: 'Severe' }]) {
      const changed = await t.call('PATCH', `/api/v1/alerts/${id}`, { key: keys.author, body });
      expect(changed.json.reviews, changed.text).toEqual({ si: 'own', ne: 'machine' });
    }
  });

  it('who accepted is the last editor, and cannot approve', async () => {
    const { t, keys, draft, post } = await desk();
    const body = { name: 'both', roles: ['translator', 'approver'] };
    const made = (await t.call('POST', '/api/v1/keys', { key: keys.admin, body })).json;
    await t.call('POST', `/api/v1/keys/${made.id}/confirm`, { key: keys.approver });
    const id = await draft();
    await post(`${id}/translations`, keys.author, { languages: ['ne'] });
    expect((await post(`${id}/texts/ne/accept`, made.apiKey)).status).toBe(200);
    await post(`${id}/submit`, keys.author);
    expect((await post(`${id}/approve`, made.apiKey, { undoSeconds: 20 })).json.code).toBe('same_person');
    expect((await post(`${id}/texts/ne/accept`, made.apiKey)).json.code).toBe('wrong_state');
  });

  it('is refused where it changes a fact, says nothing, or says the same', async () => {
    const answers: Record<string, (text: string) => string> = {
      ne: (text) => text.replace('ZQ1QZ', 'ZQ0QZ'),
      ta: (text) => `${text} 7`,
      ar: () => '',
      th: (text) => text,
      ja: (text) => text.toLowerCase().replaceAll('zq', 'ZQ ').concat('。'),
    };
    const { keys, draft, post } = await desk({ say: (text, target) => answers[target]!(text) });
    const made = await post(`${await draft()}/translations`, keys.author, { languages: Object.keys(answers) });
    expect(made.json.translated).toEqual(['ja']);
    expect(made.json.failed.map(({ language, code }: Record<string, string>) => `${language} ${code}`)).toEqual([
      ...['ne facts', 'ta facts', 'ar facts', 'th facts'],
    ]);
  });

  it('that is down or busy leaves the draft as it was', async () => {
    const { t, keys, server, draft, post } = await desk();
    const id = await draft();
    server.fail({ answer: { status: 429 } }, 'accept_then_hang');
    const made = await post(`${id}/translations`, keys.author, { languages: ['ne', 'ta'] });
    expect([made.status, made.json.translated, made.json.failed.map((one: { code: string }) => one.code)]).toEqual([
      ...[200, [], ['busy', 'down']],
    ]);
    expect((await t.call('GET', `/api/v1/alerts/${id}`, { key: keys.viewer })).json.reviews).toEqual({ si: 'own' });
    expect((await post(`${id}/submit`, keys.author)).status).toBe(200);
    expect((await post(`${id}/translations`, keys.author, { languages: ['ne'] })).json.code).toBe('wrong_state');
  });

  it('is off without settings, and has no hand in templates', async () => {
    const off = await desk(null);
    const answer = await off.post(`${await off.draft()}/translations`, off.keys.author, { languages: ['ne'] });
    expect([answer.status, answer.json.code]).toEqual([409, 'machine_off']);
    const { keys, draft, post } = await desk();
    const id = await draft({
      template: 'earthquake',
      parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
    });
    expect((await post(`${id}/translations`, keys.author, { languages: ['mn'] })).json.code).toBe('invalid');
    const none = await post(`${await draft()}/translations`, keys.author, { languages: ['ne'], from: 'ar' });
    expect(none.json.errors[0].pointer).toBe('/from');
  });
});
