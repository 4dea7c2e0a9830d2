import { beforeEach, describe, expect, it } from 'vitest';
import { addresses, caseNotes, cases, deliveries } from '../../src/db/schema.ts';
import { type Embassy, embassy, type TestGateway, testGateway } from '../gateway.ts';
import { KUMARAN, NIMALI } from '../people.ts';
import { draftOf, hear, must, NOTE } from './world.ts';

/** Registers, changes and forgets people, and asks who is told what afterwards. */
describe('people who change and people who are forgotten', () => {
  let t: TestGateway;
  let keys: Embassy;
  let incident: string;
  beforeEach(async () => {
    t = await testGateway();
    keys = await embassy(t, 'training');
    incident = (await must(t, 201, 'POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).json.id;
  });
  const register = async (person: unknown, status = 201) =>
    (await must(t, status, 'POST', '/api/v1/people', keys.registrar, person)).json;
  const send = async (id: string) => {
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/approve`, keys.approver, { undoSeconds: 0 });
    await t.work();
  };
  const alert = async () => {
    const { id } = (await must(t, 201, 'POST', '/api/v1/alerts', keys.author, draftOf(incident))).json;
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/submit`, keys.author);
    await send(id);
    return id as string;
  };
  const ledger = async (id: string) =>
    (await must(t, 200, 'GET', `/api/v1/alerts/${id}/deliveries`, keys.viewer)).json.items;

  it('a correction goes to nobody who came after, though a place in the table became free', async () => {
    await register(KUMARAN);
    const gone = await register(NIMALI);
    const id = await alert();
    await must(t, 204, 'DELETE', `/api/v1/people/${gone.id}`, keys.registrar);
    t.clock.pass(60_000);
    const late = await register({
      ...NIMALI,
      externalId: 'lk-0009',
      addresses: [{ channel: 'sms', value: '+818012345679' }],
    });
    const cancel = (await must(t, 201, 'POST', `/api/v1/alerts/${id}/cancel`, keys.author)).json.id;
    await send(cancel);
    const told = (await ledger(cancel)).map((row: { personId: string }) => row.personId);
    expect(told).toHaveLength(1);
    expect(told).not.toContain(late.id);
    // and what they write is no answer to it
    await hear(t, 'lk-tokyo', '+818012345679', '1', 'm1');
    const board = await must(t, 200, 'GET', `/api/v1/incidents/${incident}/board`, keys.viewer);
    expect(board.json).toMatchObject({ registered: 2, safe: 0 });
  });

  it('a correction reaches the number that got the wrong text, though its owner has a new one', async () => {
    const { id: person } = await register(NIMALI);
    const id = await alert();
    const body = { addresses: [{ channel: 'sms', value: '+818012345699' }] };
    await must(t, 200, 'PATCH', `/api/v1/people/${person}`, keys.registrar, body);
    t.clock.pass(60_000);
    await register({ languages: ['si'], addresses: [{ channel: 'sms', value: '+818012345688' }] });
    const cancel = (await must(t, 201, 'POST', `/api/v1/alerts/${id}/cancel`, keys.author)).json.id;
    await send(cancel);
    const rows = (await t.g.store.db.select().from(deliveries)).map((row) => row.address);
    expect(rows).toHaveLength(2);
    expect(new Set(rows).size).toBe(1);
    expect(await ledger(cancel)).toMatchObject([{ personId: person, state: 'sent' }]);
  });

  it('a number that nothing was sent to is forgotten with its last holder', async () => {
    const { id } = await register(NIMALI);
    await must(t, 200, 'PATCH', `/api/v1/people/${id}`, keys.registrar, { addresses: [] });
    expect(await t.g.store.db.$count(addresses)).toBe(0);
  });

  it('erasing takes the notes of their cases and their words along; counts stay', async () => {
    const { id } = await register(NIMALI);
    await alert();
    await hear(t, 'lk-tokyo', NIMALI.addresses[0]!.value, '2', 'm1');
    const [open] = (await must(t, 200, 'GET', '/api/v1/cases', keys.caseworker)).json.items;
    await must(t, 200, 'POST', `/api/v1/cases/${open.id}/note`, keys.caseworker, { text: NOTE });
    await must(t, 204, 'DELETE', `/api/v1/people/${id}`, keys.registrar);
    const after = await must(t, 200, 'GET', `/api/v1/cases/${open.id}`, keys.caseworker);
    expect(after.json).toMatchObject({
      personId: null,
      externalId: null,
      state: 'closed',
      closedReason: 'erased',
      notes: [],
    });
    expect(await t.g.store.db.$count(caseNotes)).toBe(0);
    expect(await t.g.store.db.$count(cases)).toBe(1);
    expect((await must(t, 200, 'GET', '/api/v1/replies', keys.caseworker)).json.items).toEqual([]);
    expect((await must(t, 200, 'GET', `/api/v1/incidents/${incident}/board`, keys.viewer)).json.registered).toBe(1);
    await must(t, 404, 'GET', `/api/v1/people/${id}`, keys.registrar);
  });

  it("a cry from a shared phone is nobody else's after both who held it are erased", async () => {
    const shared = { channel: 'sms', value: '+818012345660' };
    const one = await register({ ...NIMALI, addresses: [shared] });
    const other = await register({ ...KUMARAN, addresses: [shared] });
    await hear(t, 'lk-tokyo', shared.value, '2', 'm1');
    for (const { id } of [one, other]) await must(t, 204, 'DELETE', `/api/v1/people/${id}`, keys.registrar);
    expect((await must(t, 200, 'GET', '/api/v1/replies', keys.caseworker)).json.items).toEqual([]);
    await hear(t, 'lk-tokyo', '+818012345661', '2', 'm2');
    const { items } = (await must(t, 200, 'GET', '/api/v1/cases', keys.caseworker)).json;
    expect(items.map((item: { state: string }) => item.state)).toEqual(['open', 'closed']);
  });

  it('erasing changes no reason that an officer gave', async () => {
    const { id } = await register(NIMALI);
    await hear(t, 'lk-tokyo', NIMALI.addresses[0]!.value, '2', 'm1');
    const [open] = (await must(t, 200, 'GET', '/api/v1/cases', keys.caseworker)).json.items;
    await must(t, 200, 'POST', `/api/v1/cases/${open.id}/close`, keys.caseworker, { reason: 'referred' });
    await must(t, 204, 'DELETE', `/api/v1/people/${id}`, keys.registrar);
    const after = await must(t, 200, 'GET', `/api/v1/cases/${open.id}`, keys.caseworker);
    expect(after.json).toMatchObject({ personId: null, closedReason: 'referred' });
  });

  it('two registrations of one person at the same moment are one person', async () => {
    const both = await Promise.all(
      [1, 2].map(() => t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
    const { items } = (await must(t, 200, 'GET', '/api/v1/people', keys.registrar)).json;
    expect(items).toMatchObject([{ externalId: NIMALI.externalId, addresses: [NIMALI.addresses[0]] }]);
  });

  it('an externalId that another has is refused by its field, and nothing of the change is kept', async () => {
    await register(NIMALI);
    const { id } = await register(KUMARAN);
    const body = { externalId: NIMALI.externalId, name: 'Somebody', tags: ['priority'], addresses: [] };
    const refused = await t.call('PATCH', `/api/v1/people/${id}`, { key: keys.registrar, body });
    expect([refused.status, refused.json.code]).toEqual([422, 'invalid']);
    expect(refused.json.errors).toMatchObject([{ pointer: '/externalId' }]);
    const still = await must(t, 200, 'GET', `/api/v1/people/${id}`, keys.registrar);
    expect(still.json).toMatchObject({
      externalId: KUMARAN.externalId,
      name: KUMARAN.name,
      addresses: KUMARAN.addresses,
    });
  });

  it('a number with a wrong one beside it changes nothing', async () => {
    const { id } = await register(NIMALI);
    const addresses = [...NIMALI.addresses, { channel: 'sms', value: '📞' }];
    const refused = await t.call('PATCH', `/api/v1/people/${id}`, {
      key: keys.registrar,
      body: { name: 'X', addresses },
    });
    expect(refused.json.errors).toMatchObject([{ pointer: '/addresses/1/value', code: 'not_a_number' }]);
    expect((await must(t, 200, 'GET', `/api/v1/people/${id}`, keys.registrar)).json.name).toBe(NIMALI.name);
  });

  it('a number that stopped stays stopped, whoever registers it again', async () => {
    const { id } = await register(NIMALI);
    await hear(t, 'lk-tokyo', NIMALI.addresses[0]!.value, 'STOP', 'm1');
    await must(t, 200, 'PATCH', `/api/v1/people/${id}`, keys.registrar, { addresses: [] });
    await must(t, 200, 'PATCH', `/api/v1/people/${id}`, keys.registrar, { addresses: NIMALI.addresses });
    const again = await must(t, 200, 'GET', `/api/v1/people/${id}`, keys.registrar);
    expect(again.json.addresses).toEqual([{ ...NIMALI.addresses[0], state: 'stopped' }]);
  });

  it('one chat is one address, however its number is typed', async () => {
    const chat = (value: string | number) => ({ languages: ['ar'], addresses: [{ channel: 'telegram', value }] });
    const { id } = await register(chat('700100200'));
    expect((await register(chat(700100200), 200)).id).toBe(id);
    for (const value of ['0700100200', '-0', '0', '+700100200', '@yusuf', '7e8', '٧٠٠x']) {
      const refused = await t.call('POST', '/api/v1/people', { key: keys.registrar, body: chat(value) });
      expect(refused.json.errors, value).toMatchObject([{ pointer: '/addresses/0/value', code: 'not_a_chat' }]);
    }
  });
});
