import { beforeEach, describe, expect, it } from 'vitest';
import { deliveries } from '../../src/db/schema.ts';
import { type Embassy, embassy, type TestGateway, testGateway } from '../gateway.ts';
import { KUMARAN, NIMALI, SOMCHAI } from '../people.ts';
import { draftOf, must } from './world.ts';

describe('the rules of an alert', () => {
  let t: TestGateway;
  let keys: Embassy;
  let incident: string;
  beforeEach(async () => {
    t = await testGateway();
    keys = await embassy(t, 'training');
    for (const person of [NIMALI, KUMARAN]) await must(t, 201, 'POST', '/api/v1/people', keys.registrar, person);
    incident = (await must(t, 201, 'POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).json.id;
  });
  const draft = async (more: Record<string, unknown> = {}) => {
    const body = draftOf(incident, more);
    return (await must(t, 201, 'POST', '/api/v1/alerts', keys.author, body)).json.id as string;
  };
  const act = (id: string, verb: string, key: string, body: unknown = {}) =>
    t.call('POST', `/api/v1/alerts/${id}/${verb}`, { key, body });
  const code = async (answer: ReturnType<typeof act>) => [(await answer).status, (await answer).json.code];
  const submitted = async (more: Record<string, unknown> = {}) => {
    const id = await draft(more);
    expect(await code(act(id, 'submit', keys.author))).toEqual([200, undefined]);
    return id;
  };
  const sent = async () => {
    const id = await submitted();
    expect(await code(act(id, 'approve', keys.approver, { undoSeconds: 0 }))).toEqual([200, undefined]);
    await t.work();
    return id;
  };
  const flood = (until: string) => ({ template: 'flood', parameters: { place: 'JP-04', until } });
  const messages = () => t.g.store.db.$count(deliveries);

  it.each([
    [
      'a parameter that the template does not have',
      { parameters: { place: 'JP-04', tide: 'high' } },
      'unknown_parameter',
      '/parameters/tide',
    ],
    [
      'a parameter of ours',
      { parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00', ref: 'JP1' } },
      'unknown_parameter',
      '/parameters/ref',
    ],
    ['a parameter too few', { parameters: { place: 'JP-04' } }, 'missing_parameter', '/parameters/time'],
    ['a time that is none', { parameters: { place: 'JP-04', time: 'noon' } }, 'invalid_parameter', '/parameters/time'],
    [
      'a place with a line in it',
      { parameters: { place: 'a\nb', time: '2026-03-11T14:46:00+09:00' } },
      'invalid_parameter',
      '/parameters/place',
    ],
    ['a template that is not there', { template: '../../etc/passwd' }, 'unknown_template', '/template'],
    ['a template named like a method', { template: 'constructor' }, 'unknown_template', '/template'],
    ['an end that is no time', { expires: 'tomorrow' }, 'invalid', '/expires'],
    ['an end without an offset', { expires: '2026-03-12T14:46:00' }, 'invalid', '/expires'],
    ['an end that no calendar has', { expires: '2026-02-30T14:46:00Z' }, 'invalid', '/expires'],
    ['a channel that is none', { channels: ['fax'] }, 'invalid', '/channels/0'],
    ['no channel', { channels: [] }, 'invalid', '/channels'],
    ['template and texts at once', { texts: { en: { full: 'x' } } }, 'invalid', '/template'],
    ['texts in no language', { template: undefined, parameters: undefined, texts: {} }, 'invalid', '/texts'],
    [
      'texts in __proto__',
      { template: undefined, texts: JSON.parse('{"__proto__":{"full":"x"}}') },
      'invalid',
      '/texts',
    ],
    ['an incident that is not ours', { incident: 'inc_nothing' }, 'invalid', '/incident'],
    [
      'a circle of no size',
      { audience: { within: [{ circle: { latitude: 0, longitude: 0, km: 0 } }] } },
      'invalid',
      '/audience/within/0',
    ],
    [
      'a latitude beyond the pole',
      { audience: { within: [{ circle: { latitude: 91, longitude: 0, km: 1 } }] } },
      'invalid',
      '/audience/within/0',
    ],
    [
      'a filter that nobody knows',
      { audience: { immigrationStatus: ['expired'] } },
      'invalid',
      '/audience/immigrationStatus',
    ],
  ])('%s is refused at draft, and nothing is kept', async (_, more, expected, pointer) => {
    const answer = await t.call('POST', '/api/v1/alerts', { key: keys.author, body: draftOf(incident, more) });
    expect([answer.status, answer.json.code], answer.text).toEqual([422, expected]);
    expect(answer.json.errors.map((e: { pointer: string }) => e.pointer).join(), answer.text).toContain(pointer);
    expect((await must(t, 200, 'GET', '/api/v1/alerts', keys.viewer)).json.items).toEqual([]);
  });

  it('nobody in the audience, an end that is over and an until that is past are refused at submit', async () => {
    expect(await code(act(await draft({ audience: { areas: ['JP-47'] } }), 'submit', keys.author))).toEqual([
      422,
      'empty_audience',
    ]);
    expect(await code(act(await draft({ audience: { nationalities: [] } }), 'submit', keys.author))).toEqual([
      422,
      'empty_audience',
    ]);
    expect(await code(act(await draft({ expires: '2026-03-11T14:45:59+09:00' }), 'submit', keys.author))).toEqual([
      422,
      'expired',
    ]);
    const past = await act(await draft(flood('2026-03-11T14:00:00+09:00')), 'submit', keys.author);
    expect([past.json.code, past.json.errors[0].pointer]).toEqual(['past_until', '/parameters/until']);
  });

  it('what ran out between submit and approval is refused at approval', async () => {
    const short = await submitted({ expires: '2026-03-11T15:00:00+09:00' });
    const until = await submitted(flood('2026-03-11T15:00:00+09:00'));
    t.clock.pass(15 * 60_000);
    expect(await code(act(short, 'approve', keys.approver))).toEqual([422, 'expired']);
    expect(await code(act(until, 'approve', keys.approver))).toEqual([422, 'past_until']);
    await t.work();
    expect(await messages()).toBe(0);
  });

  it('the approver sees whom it goes to: another number of people is refused', async () => {
    const id = await submitted();
    await must(t, 201, 'POST', '/api/v1/people', keys.registrar, SOMCHAI);
    expect(await code(act(id, 'approve', keys.approver, { expectedPeople: 2 }))).toEqual([409, 'people_changed']);
    expect(await code(act(id, 'approve', keys.approver, { expectedPeople: 3 }))).toEqual([200, undefined]);
  });

  it('the approver names the words that were read: another hash is refused', async () => {
    const id = await submitted();
    const { textsHash } = (await must(t, 200, 'GET', `/api/v1/alerts/${id}`, keys.approver)).json;
    expect(await code(act(id, 'approve', keys.approver, { textsHash: `${textsHash}x` }))).toEqual([
      409,
      'texts_changed',
    ]);
    expect(await code(act(id, 'approve', keys.approver, { textsHash }))).toEqual([200, undefined]);
  });

  it('undo 0 is for urgency Immediate only, and undo is bounded', async () => {
    const id = await submitted({ urgency: 'Expected' });
    expect(await code(act(id, 'approve', keys.approver, { undoSeconds: 0 }))).toEqual([422, 'undo_required']);
    for (const undoSeconds of [-1, 0.5, 601, '5', null])
      expect(await code(act(id, 'approve', keys.approver, { undoSeconds }))).toEqual([422, 'invalid']);
    expect(await code(act(id, 'approve', keys.approver, { undoSeconds: 1 }))).toEqual([200, undefined]);
  });

  it('nothing goes out before the undo time is over, and stop within it lets nothing out ever', async () => {
    const id = await submitted();
    await act(id, 'approve', keys.approver, { undoSeconds: 20 });
    t.clock.pass(19_000);
    await t.work();
    expect(await messages()).toBe(0);
    const stopped = await act(id, 'stop', keys.author);
    expect(stopped.json).toMatchObject({ state: 'stopped', alreadySent: 0, halted: 0 });
    t.clock.pass(60_000);
    await t.work();
    expect(await messages()).toBe(0);
  });

  it('a key that drafts does not approve, whatever way the roles are cut', async () => {
    const id = await submitted();
    expect(await code(act(id, 'approve', keys.author))).toEqual([403, 'forbidden']);
    for (const roles of [
      ['author', 'approver'],
      ['approver', 'translator', 'author'],
    ])
      expect((await t.call('POST', '/api/v1/keys', { key: keys.admin, body: { name: 'both', roles } })).status).toBe(
        422,
      );
  });

  it('approved twice is approved once', async () => {
    const id = await submitted();
    const both = await Promise.all([1, 2].map(() => act(id, 'approve', keys.approver, { undoSeconds: 0 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await code(act(id, 'approve', keys.approver))).toEqual([409, 'wrong_state']);
    await t.work();
    expect(await messages()).toBe(2);
  });

  it('submitted twice by the same is submitted once; by another it is refused', async () => {
    const id = await submitted();
    expect(await code(act(id, 'submit', keys.author))).toEqual([200, undefined]);
    const body = { name: 'second author', roles: ['author'] };
    const second = (await must(t, 201, 'POST', '/api/v1/keys', keys.admin, body)).json.apiKey;
    expect(await code(act(id, 'submit', second))).toEqual([409, 'wrong_state']);
  });

  it('each state allows what it allows, and nothing else', async () => {
    const make: Record<string, () => Promise<string>> = {
      draft,
      submitted,
      sent,
      rejected: async () => {
        const id = await submitted();
        await act(id, 'reject', keys.approver);
        return id;
      },
      stopped: async () => {
        const id = await submitted();
        await act(id, 'stop', keys.approver);
        return id;
      },
    };
    const refused: Record<string, string[]> = {
      draft: ['approve', 'return', 'reject', 'stop', 'update', 'cancel'],
      submitted: ['update', 'cancel'],
      sent: ['submit', 'approve', 'return', 'reject', 'stop'],
      rejected: ['submit', 'approve', 'return', 'reject', 'stop', 'update', 'cancel'],
      stopped: ['submit', 'approve', 'return', 'reject', 'stop'],
    };
    for (const [state, verbs] of Object.entries(refused)) {
      const id = await make[state]!();
      const before = await messages();
      for (const verb of verbs) {
        const key = ['submit', 'update', 'cancel'].includes(verb) ? keys.author : keys.approver;
        const body = verb === 'update' ? { expires: '2026-03-12T20:00:00+09:00' } : {};
        expect(await code(act(id, verb, key, body)), `${verb} of ${state}`).toEqual([409, 'wrong_state']);
      }
      const now = (await must(t, 200, 'GET', `/api/v1/alerts/${id}`, keys.viewer)).json;
      expect(now.state).toBe(state);
      await t.work();
      expect(await messages()).toBe(before);
    }
  });

  it('an update needs something new to say, an end to come, and another approver', async () => {
    const id = await sent();
    const later = { expires: '2026-03-12T20:00:00+09:00' };
    const twice = { ...later, parameters: {}, texts: { en: { full: 'x' } } };
    expect(await code(act(id, 'update', keys.author, {}))).toEqual([422, 'invalid']);
    expect(await code(act(id, 'update', keys.author, twice))).toEqual([422, 'invalid']);
    expect(await code(act(id, 'update', keys.author, { expires: '2026-03-11T14:00:00+09:00' }))).toEqual([
      422,
      'expired',
    ]);
    expect(await code(act(id, 'update', keys.author, { ...later, parameters: { tide: 1 } }))).toEqual([
      422,
      'unknown_parameter',
    ]);
    const next = await act(id, 'update', keys.author, later);
    expect([next.status, next.json.state, next.json.former]).toEqual([201, 'submitted', id]);
    expect(await code(act(next.json.id, 'approve', keys.author))).toEqual([403, 'forbidden']);
    expect(await messages()).toBe(2);
  });

  it('what nobody got is neither updated nor cancelled', async () => {
    const id = await submitted();
    await act(id, 'stop', keys.approver);
    expect(await code(act(id, 'cancel', keys.author))).toEqual([422, 'empty_audience']);
    expect(await code(act(id, 'update', keys.author, { expires: '2026-03-12T20:00:00+09:00' }))).toEqual([
      422,
      'empty_audience',
    ]);
  });
});
