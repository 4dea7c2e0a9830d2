import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { embassy, type TestGateway, testGateway } from '../../test/gateway.ts';
import { NIMALI, YUSUF } from '../../test/people.ts';
import { organisations } from '../db/schema.ts';
import { post, quake, type Registered } from '../pages/quake.fixture.ts';
import { addOrganisation } from '../trust/organisations.ts';

const AMAL: Registered = {
  externalId: 'sd-1',
  languages: ['ar'],
  nationalities: ['SD'],
  country: 'JP',
  addresses: [
    {
      channel: 'push',
      value: {
        endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/amal',
        keys: { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) },
      },
    },
  ],
};

const training = async () => quake([NIMALI, YUSUF, AMAL]);

/** The session cookie of an answer, as a browser sends it back. */
const cookieOf = (headers: Headers) => (headers.get('set-cookie') ?? '').split(';')[0]!;

/** Makes a second organisation, with a viewer's key. */
async function another(t: TestGateway, mode: 'live' | 'training'): Promise<string> {
  const input = { id: 'ph-tokyo', name: 'Embassy of the Philippines', country: 'PH', defaultLanguage: 'fil' };
  const { apiKey } = await addOrganisation(t.g, { ...input, mode, first: false });
  const body = { name: 'viewer', roles: ['viewer'] };
  return (await t.call('POST', '/api/v1/keys', { key: apiKey, body })).json.apiKey;
}

describe('simulated phones by the API', () => {
  it('lists every person’s phone, shows what came and takes answers', async () => {
    const q = await training();
    const key = q.keys.viewer;
    const quiet = await q.t.call('GET', '/api/v1/simulator/phones', { key });
    expect(quiet.json.items.map((phone: { channel: string; n: number }) => [phone.channel, phone.n])).toEqual([
      ['sms', 0],
      ['telegram', 0],
      ['push', 0],
    ]);
    expect(quiet.json.items[0].label).toBe('සිංහල · English · LK · JP-04');
    expect(JSON.stringify(quiet.json)).not.toMatch(/Nimali|8180123|700100200|mozilla/);
    const { ref } = await q.alert();
    const [sms, telegram, push] = quiet.json.items;
    const onSms = await q.t.call('GET', `/api/v1/simulator/phones/${sms.id}`, { key });
    expect(onSms.json.messages).toMatchObject([
      { direction: 'to_person', language: 'si', dir: 'ltr', sms: { encoding: 'UCS-2', segments: 3 } },
    ]);
    const said = await q.t.call('POST', `/api/v1/simulator/phones/${sms.id}/messages`, { key, body: { text: '1' } });
    expect(said.status, said.text).toBe(201);
    expect(said.json.messages.at(-1)).toMatchObject({ direction: 'from_person', text: '1' });

    const onTelegram = await q.t.call('GET', `/api/v1/simulator/phones/${telegram.id}`, { key });
    const [{ buttons, dir }] = onTelegram.json.messages;
    expect(dir).toBe('rtl');
    expect(buttons[1].data).toBe(`2 ${ref}`);
    const path = `/api/v1/simulator/phones/${telegram.id}/messages`;
    const pressed = await q.t.call('POST', path, { key, body: { button: buttons[1].data } });
    expect(pressed.json.messages.at(-1)).toMatchObject({ direction: 'from_person', text: buttons[1].label });
    expect((await q.t.call('POST', path, { key, body: { button: '1 ELSE' } })).json.code).toBe('invalid');
    expect((await q.t.call('POST', path, { key, body: {} })).json.code).toBe('invalid');

    const onPush = await q.t.call('GET', `/api/v1/simulator/phones/${push.id}`, { key });
    expect(onPush.json.messages[0].link).toMatch(/^https:\/\/musafir\.test\/check-in\//);
    await q.t.call('POST', `/api/v1/simulator/phones/${push.id}/messages`, { key, body: { text: '1' } });
    expect(await q.board()).toMatchObject({ registered: 3, safe: 2, help: 1, openCases: 1 });
    await q.t.work();
    // the acknowledgement has come to the same phone
    const after = await q.t.call('GET', `/api/v1/simulator/phones/${sms.id}`, { key });
    expect(after.json.messages).toHaveLength(3);
  });

  it('has nothing for a live organisation, another organisation’s phone, or other roles', async () => {
    const q = await training();
    const [phone] = (await q.t.call('GET', '/api/v1/simulator/phones', { key: q.keys.viewer })).json.items;
    const other = await another(q.t, 'training');
    expect((await q.t.call('GET', '/api/v1/simulator/phones', { key: other })).json.items).toEqual([]);
    const foreign = `/api/v1/simulator/phones/${phone.id}`;
    expect((await q.t.call('GET', foreign, { key: other })).status).toBe(404);
    expect((await q.t.call('POST', `${foreign}/messages`, { key: other, body: { text: '2' } })).status).toBe(404);
    expect((await q.t.call('GET', `/api/v1/simulator/phones/${phone.id}x`, { key: q.keys.viewer })).status).toBe(404);
    expect((await q.t.call('GET', '/api/v1/simulator/phones', { key: q.keys.registrar })).status).toBe(403);
    expect((await q.t.call('GET', '/api/v1/simulator/phones')).status).toBe(401);

    await q.t.g.store.db.update(organisations).set({ mode: 'live' }).where(eq(organisations.id, 'lk-tokyo'));
    for (const [method, path, body] of [
      ['GET', '/api/v1/simulator/phones', undefined],
      ['GET', foreign, undefined],
      ['POST', `${foreign}/messages`, { text: '2' }],
      ['POST', '/api/v1/simulator/tickets', {}],
    ] as const) {
      const refused = await q.t.call(method, path, { key: q.keys.viewer, body });
      expect([path, refused.status, refused.json.code]).toEqual([path, 404, 'not_found']);
    }
  });
});

describe('/simulator', () => {
  it('opens by an API key, shows the phones under a banner, and each can answer by a plain form', async () => {
    const q = await training();
    const { ref } = await q.alert();
    const closed = await q.t.call('GET', '/simulator');
    expect(closed.status).toBe(401);
    expect(closed.text).toContain('SIMULATOR');
    expect((await q.t.call('GET', `/simulator?key=${q.keys.viewer}`)).status).toBe(401);
    expect((await q.t.call('GET', '/simulator/state.json')).status).toBe(401);
    const opened = await post(q.t, '/simulator/sign-in', { key: q.keys.viewer });
    expect(opened.status).toBe(303);
    expect(opened.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Strict/);
    expect(opened.headers.get('set-cookie')).not.toContain(q.keys.viewer);
    const headers = { Cookie: cookieOf(opened.headers) };
    const table = await q.t.call('GET', '/simulator', { headers });
    expect(table.text).toContain('class="banner">SIMULATOR');
    expect(table.text).toMatch(/3 segments UCS-2/);
    expect(table.text).toContain('<div lang="ar" dir="rtl">');
    expect(table.text).toContain(`value="2 ${ref}"`);
    expect(table.text).toContain('<noscript><meta http-equiv="refresh"');
    const before = (await q.t.call('GET', '/simulator/state.json', { headers })).json.version;
    const id = /id="(ph_[^"]+)"/.exec(table.text)![1]!;
    const written = await post(q.t, `/simulator/phones/${id}`, { text: '2' }, headers);
    expect([written.status, written.headers.get('location')]).toEqual([303, `/simulator#${id}`]);
    expect((await q.t.call('GET', '/simulator/state.json', { headers })).json.version).not.toBe(before);
    expect(await q.board()).toMatchObject({ help: 1, openCases: 1 });
    const pushed = await post(q.t, `/simulator/phones/${id}`, { text: '2' });
    expect(pushed.headers.get('location')).toBe('/simulator');
    expect(q.t.log.join('')).not.toContain('ticket=');
  });

  it('opens once by a ticket, for ten minutes', async () => {
    const q = await training();
    const ticket = async () =>
      (await q.t.call('POST', '/api/v1/simulator/tickets', { key: q.keys.viewer, body: {} })).json.url as string;
    const url = await ticket();
    expect(url).toMatch(/^https:\/\/musafir\.test\/simulator\?ticket=/);
    const path = url.slice('https://musafir.test'.length);
    const opened = await q.t.call('GET', path);
    expect(opened.status).toBe(303);
    const headers = { Cookie: cookieOf(opened.headers) };
    expect((await q.t.call('GET', '/simulator', { headers })).status).toBe(200);
    expect((await q.t.call('GET', path)).status).toBe(401);
    // who is in already just goes on
    expect((await q.t.call('GET', path, { headers })).status).toBe(303);
    expect((await q.t.call('GET', `${path}x`)).status).toBe(401);
    const late = (await ticket()).slice('https://musafir.test'.length);
    q.t.clock.pass(11 * 60_000);
    expect((await q.t.call('GET', late)).status).toBe(401);
    q.t.clock.pass(12 * 3_600_000);
    expect((await q.t.call('GET', '/simulator', { headers })).status).toBe(401);
  });

  it('stays shut for a live organisation, a wrong key, a revoked key and a made-up cookie', async () => {
    const t = await testGateway();
    const keys = await embassy(t);
    const live = await post(t, '/simulator/sign-in', { key: keys.viewer });
    expect([live.status, live.headers.get('set-cookie')]).toEqual([404, null]);
    expect(live.text).toContain('This organisation is live.');
    expect((await post(t, '/simulator/sign-in', { key: 'mus_wrongwrongwrong' })).status).toBe(401);
    expect((await post(t, '/simulator/sign-in', { key: keys.registrar })).status).toBe(403);
    const other = await another(t, 'training');
    const opened = await post(t, '/simulator/sign-in', { key: other });
    const cookie = cookieOf(opened.headers);
    expect((await t.call('GET', '/simulator', { headers: { Cookie: cookie } })).status).toBe(200);
    const forged = cookie.replace(/=(key_\w)/, '=$1x');
    expect((await t.call('GET', '/simulator', { headers: { Cookie: forged } })).status).toBe(401);
    await t.g.store.db.update(organisations).set({ mode: 'live' });
    expect((await t.call('GET', '/simulator', { headers: { Cookie: cookie } })).status).toBe(401);
  });
});
