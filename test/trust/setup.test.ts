import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { audit, dataKeys, operators, organisations } from '../../src/db/schema.ts';
import { addOrganisation } from '../../src/trust/organisations.ts';
import { openVault } from '../../src/trust/vault.ts';
import { type TestGateway, testGateway } from '../gateway.ts';
import { must } from './world.ts';

const TOKYO = { id: 'lk-tokyo', name: 'Embassy of Sri Lanka', country: 'LK', defaultLanguage: 'si' };
const setUp = (t: TestGateway, more: Record<string, unknown> = {}) =>
  t.call('POST', '/api/v1/setup', { body: { token: 'set me up', organisation: TOKYO, ...more } });

describe('set-up', () => {
  it('makes a live organisation and a key of role admin', async () => {
    const t = await testGateway();
    const made = await setUp(t);
    expect(made.status).toBe(201);
    expect(made.json).toEqual({
      organisation: { ...TOKYO, mode: 'live' },
      apiKey: expect.stringMatching(/^mus_.{40,}$/),
    });
    const keys = await must(t, 200, 'GET', '/api/v1/keys', made.json.apiKey);
    expect(keys.json.items).toMatchObject([{ roles: ['admin'], confirmed: true }]);
    expect(keys.text).not.toContain(made.json.apiKey);
  });

  it('makes one in training when asked to', async () => {
    const t = await testGateway();
    expect((await setUp(t, { mode: 'training' })).json.organisation.mode).toBe('training');
  });

  it('takes a short name for flash texts, of at most twelve characters', async () => {
    const t = await testGateway();
    const long = await setUp(t, { organisation: { ...TOKYO, shortName: 'Sri Lanka Emb' } });
    expect([long.status, long.json.errors[0].pointer]).toEqual([422, '/organisation/shortName']);
    const made = await setUp(t, { organisation: { ...TOKYO, shortName: 'SL Embassy' }, mode: 'training' });
    expect(made.json.organisation.shortName).toBe('SL Embassy');
    const key = async (role: string) =>
      (await must(t, 201, 'POST', '/api/v1/keys', made.json.apiKey, { name: role, roles: [role] })).json.apiKey;
    const author = await key('author');
    const { id: incident } = (await must(t, 201, 'POST', '/api/v1/incidents', author, { name: 'Sendai' })).json;
    const draft = await must(t, 201, 'POST', '/api/v1/alerts', author, {
      ...{ incident, template: 'earthquake', audience: {}, expires: '2026-03-12T00:00:00+09:00' },
      parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
    });
    expect(draft.json.texts.si.flash).toMatch(/^SL Embassy:/);
    expect(draft.json.texts.si.full).toMatch(/^Embassy of Sri Lanka:/);
  });

  it('with a wrong token makes nothing, and does not say whether it was made before', async () => {
    const t = await testGateway();
    for (const token of ['set me', 'set me up ', 'SET ME UP', '\u0000', 'x'.repeat(300)]) {
      const refused = await setUp(t, { token });
      expect([refused.status, refused.json.code]).toEqual([403, 'wrong_setup_token']);
    }
    expect(await t.g.store.db.$count(organisations)).toBe(0);
    await setUp(t);
    expect((await setUp(t, { token: 'set me' })).json.code).toBe('wrong_setup_token');
  });

  it('happens once', async () => {
    const t = await testGateway();
    await setUp(t);
    for (const organisation of [TOKYO, { ...TOKYO, id: 'lk-osaka' }]) {
      const again = await setUp(t, { organisation });
      expect([again.status, again.json.code]).toEqual([409, 'already_set_up']);
      expect(again.json.apiKey).toBeUndefined();
    }
    expect(await t.g.store.db.$count(organisations)).toBe(1);
  });

  it.each([
    ['of the same name', 'lk-tokyo'],
    ['of another', 'lk-osaka'],
  ])('happens once when asked twice at the same moment, %s', async (_, id) => {
    const t = await testGateway();
    const both = await Promise.all([setUp(t), setUp(t, { organisation: { ...TOKYO, id } })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const counts = [organisations, operators, audit].map((table) => t.g.store.db.$count(table));
    expect(await Promise.all(counts)).toEqual([1, 1, 1]);
  });

  it('with wrong fields names each of them, and makes nothing', async () => {
    const t = await testGateway();
    const refused = await setUp(t, {
      organisation: { id: 'LK Tokyo', name: ' ', country: 'Lanka', defaultLanguage: 'not a language' },
      mode: 'drill',
      roles: ['approver'],
    });
    expect(refused.status).toBe(422);
    const pointers = refused.json.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers.sort()).toEqual([
      '/mode',
      '/organisation/country',
      '/organisation/defaultLanguage',
      '/organisation/id',
      '/organisation/name',
      '/roles',
    ]);
    expect(await t.g.store.db.$count(organisations)).toBe(0);
  });

  it('answers before it: no key is valid, and the pages of health say ready', async () => {
    const t = await testGateway();
    expect((await t.call('GET', '/readyz')).json).toMatchObject({ status: 'ready' });
    expect((await t.call('GET', '/api/v1/keys', { key: 'mus_0123456789abcdef' })).status).toBe(401);
  });

  it('leaves its token and its key in no log and no row', async () => {
    const t = await testGateway();
    const { apiKey } = (await setUp(t)).json;
    await setUp(t, { token: 'wrong horse' });
    const rows = await Promise.all([operators, organisations, audit].map((table) => t.g.store.db.select().from(table)));
    const seen = JSON.stringify([rows, t.log]);
    for (const secret of [apiKey, apiKey.slice(4), 'set me up', 'wrong horse']) expect(seen).not.toContain(secret);
  });
});

describe('further organisations', () => {
  it('come beside the first, never in its place', async () => {
    const t = await testGateway();
    await setUp(t);
    const kathmandu = { id: 'np-tokyo', name: 'Nepal', country: 'NP', defaultLanguage: 'ne', mode: 'live' } as const;
    await addOrganisation(t.g, { ...kathmandu, first: false });
    const rows = await t.g.store.db.select().from(organisations);
    expect(rows.map(({ id, first }) => [id, first])).toEqual([
      ['lk-tokyo', true],
      ['np-tokyo', false],
    ]);
    await expect(addOrganisation(t.g, { ...kathmandu, first: false })).rejects.toThrow();
    expect(await t.g.store.db.$count(operators)).toBe(2);
  });
});

describe('the data key of an organisation', () => {
  const master = () => new Uint8Array(32).fill(7);

  it('is made once, though two isolates seal their first value at the same moment', async () => {
    const { g } = await testGateway();
    const vaults = [openVault(g.store, home.crypto, master()), openVault(g.store, home.crypto, master())];
    const [one, other] = await Promise.all(vaults.map((vault) => vault.keys('lk-tokyo')));
    expect(await g.store.db.$count(dataKeys)).toBe(1);
    expect(await other!.open('name', await one!.seal('name', 'නිමාලි'))).toBe('නිමාලි');
    expect(await one!.index('address', '+818012345671')).toBe(await other!.index('address', '+818012345671'));
  });

  it('opens nothing of another organisation, another purpose or another master key', async () => {
    const { g } = await testGateway();
    const tokyo = await g.vault.keys('lk-tokyo');
    const osaka = await g.vault.keys('lk-osaka');
    const sealed = await tokyo.seal('note', 'under the bridge');
    const open = async (attempt: () => unknown) => attempt();
    await expect(open(() => tokyo.open('name', sealed))).rejects.toThrow();
    await expect(open(() => osaka.open('note', sealed))).rejects.toThrow();
    const renamed = sealed.replace(/^\d+/, (await osaka.seal('note', '')).split('.')[0]!);
    await expect(open(() => osaka.open('note', renamed))).rejects.toThrow();
    const flipped = sealed.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    await expect(open(() => tokyo.open('note', flipped))).rejects.toThrow();
    const stranger = openVault(g.store, home.crypto, new Uint8Array(32).fill(8));
    await expect(stranger.keys('lk-tokyo')).rejects.toThrow('MASTER_KEY');
    const index = await Promise.all([
      tokyo.index('address', '1'),
      osaka.index('address', '1'),
      tokyo.index('name', '1'),
    ]);
    expect(new Set(index).size).toBe(3);
  });

  it('is opened by the master key before this one', async () => {
    const { g } = await testGateway();
    const sealed = await (await g.vault.keys('lk-tokyo')).seal('name', 'குமரன்');
    const next = openVault(g.store, home.crypto, new Uint8Array(32).fill(9), master());
    expect(await (await next.keys('lk-tokyo')).open('name', sealed)).toBe('குமரன்');
  });
});
