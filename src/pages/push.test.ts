import { describe, expect, it } from 'vitest';
import { createPush } from '../../test/farends/push.ts';
import { embassy, testGateway } from '../../test/gateway.ts';

async function ready() {
  const t = await testGateway();
  const keys = await embassy(t);
  const { publicKey } = (await t.call('GET', '/push/key')).json;
  const subscription = await createPush({ applicationServerKey: publicKey }).subscribe();
  const join = (more = {}) =>
    t.call('POST', '/push/subscriptions', { body: { subscription, languages: ['si'], country: 'JP', ...more } });
  const people = async () => (await t.call('GET', '/api/v1/people', { key: keys.registrar })).json.items;
  return { t, keys, publicKey, subscription, join, people };
}

describe('push without an account', () => {
  it('makes an anonymous person with a number that only they see', async () => {
    const { publicKey, subscription, join, people } = await ready();
    expect(publicKey).toMatch(/^[\w-]{87}$/);
    const made = await join({
      nationalities: ['LK'],
      area: 'JP-04',
      subscription: { ...subscription, expirationTime: null },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json.number).toMatch(/^\d{8}$/);
    expect(await people()).toMatchObject([
      {
        id: made.json.id,
        externalId: `web-${made.json.number}`,
        name: null,
        profile: 'anonymous',
        basis: 'consent',
        languages: ['si'],
        nationalities: ['LK'],
        area: 'JP-04',
        addresses: [{ channel: 'push', state: 'active' }],
      },
    ]);
  });

  it('changes the choice of a browser that subscribes again', async () => {
    const { join, people } = await ready();
    const first = await join();
    const again = await join({ languages: ['ta', 'en'], area: 'JP-13' });
    expect(again.json).toEqual(first.json);
    expect(await people()).toMatchObject([{ languages: ['ta', 'en'], area: 'JP-13' }]);
  });

  it('forgets who leaves, and tells nobody whether there was somebody', async () => {
    const { t, subscription, join, people } = await ready();
    await join();
    const { endpoint } = subscription;
    expect((await t.call('DELETE', '/push/subscriptions', { body: { endpoint } })).status).toBe(204);
    expect(await people()).toEqual([]);
    expect((await t.call('DELETE', '/push/subscriptions', { body: { endpoint } })).status).toBe(204);
    const back = await join();
    expect(back.status).toBe(201);
    expect(await people()).toMatchObject([{ addresses: [{ state: 'active' }] }]);
  });

  it('keeps what the office knows of somebody it has registered', async () => {
    const { t, keys, subscription, join, people } = await ready();
    const person = {
      externalId: 'lk-7',
      languages: ['si'],
      nationalities: ['LK'],
      profile: 'discreet',
      addresses: [{ channel: 'push', value: subscription }],
    };
    await t.call('POST', '/api/v1/people', { key: keys.registrar, body: person });
    const made = await join({ languages: ['ta'] });
    expect(made.json.number).toBeNull();
    expect(await people()).toMatchObject([{ externalId: 'lk-7', profile: 'discreet', languages: ['ta'] }]);
    await t.call('DELETE', '/push/subscriptions', { body: { endpoint: subscription.endpoint } });
    expect(await people()).toMatchObject([{ externalId: 'lk-7', addresses: [{ state: 'stopped' }] }]);
  });

  it('refuses other hosts, unknown fields and what is no subscription', async () => {
    const { t, subscription, join } = await ready();
    const elsewhere = { ...subscription, endpoint: 'https://push.example.com/x' };
    expect((await join({ subscription: elsewhere })).json).toMatchObject({ status: 422, code: 'push_refused' });
    const inside = { ...subscription, endpoint: 'http://127.0.0.1:9/x' };
    expect((await join({ subscription: inside })).json).toMatchObject({ code: 'push_refused' });
    const keyless = await join({ subscription: { endpoint: subscription.endpoint } });
    expect(keyless.json).toMatchObject({ code: 'invalid', errors: [{ pointer: '/subscription' }] });
    expect((await join({ visa: 'none' })).json).toMatchObject({ code: 'invalid', errors: [{ pointer: '/visa' }] });
    expect((await join({ languages: [] })).json).toMatchObject({ code: 'invalid' });
    expect((await t.call('POST', '/push/subscriptions', { body: 'no' })).json).toMatchObject({ code: 'malformed' });
    expect(t.log.join('')).not.toContain(subscription.endpoint);
  });

  it('says so before anybody is set up', async () => {
    const t = await testGateway();
    const subscription = await createPush().subscribe();
    const made = await t.call('POST', '/push/subscriptions', { body: { subscription, languages: ['si'] } });
    expect(made.json).toMatchObject({ status: 409, code: 'channel_off' });
  });
});
