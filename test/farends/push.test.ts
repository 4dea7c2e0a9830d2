import { beforeEach, describe, expect, it } from 'vitest';
import vector from '../fixtures/spec/rfc8291-vector.json' with { type: 'json' };
import { Broken } from './farend.ts';
import { createPush, decryptPush, fromBase64Url, type PushSubscriptionKeys, toBase64Url } from './push.ts';

const NOW = 1_773_208_800_000;
const HOURS = 3600;
const push = createPush({ now: () => NOW });

let subscription: PushSubscriptionKeys;
beforeEach(async () => {
  push.reset();
  subscription = await push.subscribe(publicKey);
});

// ---- a sender of its own, so that the stand-in is not judged by the code it judges

type Bytes = Uint8Array<ArrayBuffer>;
const bytes = (text: string) => new TextEncoder().encode(text) as Bytes;
const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
  'sign',
  'verify',
])) as CryptoKeyPair;
const publicKey = toBase64Url(new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer));

async function jwt(claims: object, header: object = { typ: 'JWT', alg: 'ES256' }, key = pair.privateKey) {
  const signed = [header, claims].map((it) => toBase64Url(bytes(JSON.stringify(it)))).join('.');
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

const claims = { aud: push.origin, exp: NOW / 1000 + 12 * HOURS, sub: 'mailto:duty@embassy.example' };

async function hkdf(salt: Bytes, secret: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8));
}

const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((it) => [...it])) as Bytes;

async function encrypt(plain: Bytes, keys: PushSubscriptionKeys['keys'], recordSize = 4096): Promise<Bytes> {
  const receiver = fromBase64Url(keys.p256dh) as Bytes;
  const ephemeral = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, [
    'deriveBits',
  ])) as CryptoKeyPair;
  const sender = new Uint8Array((await crypto.subtle.exportKey('raw', ephemeral.publicKey)) as ArrayBuffer);
  const theirs = await crypto.subtle.importKey('raw', receiver, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const algorithm = { name: 'ECDH', public: theirs } as unknown as Parameters<SubtleCrypto['deriveBits']>[0];
  const shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, ephemeral.privateKey, 256));
  const info = join(bytes('WebPush: info\0'), receiver, sender);
  const secret = await hkdf(fromBase64Url(keys.auth) as Bytes, shared, info, 32);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const content = await hkdf(salt, secret, bytes('Content-Encoding: aes128gcm\0'), 16);
  const iv = await hkdf(salt, secret, bytes('Content-Encoding: nonce\0'), 12);
  const aes = await crypto.subtle.importKey('raw', content, 'AES-GCM', false, ['encrypt']);
  const record = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, aes, plain));
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, recordSize);
  return join(salt, size, new Uint8Array([65]), sender, record);
}

const delimited = (text: string) => join(bytes(text), new Uint8Array([2]));

interface Change {
  headers?: Record<string, string | undefined>;
  method?: string;
  endpoint?: string;
  body?: Bytes;
}

async function post({ headers = {}, method = 'POST', endpoint = subscription.endpoint, body }: Change = {}) {
  const all: Record<string, string | undefined> = {
    authorization: `vapid t=${await jwt(claims)}, k=${publicKey}`,
    ttl: '60',
    urgency: 'high',
    topic: 'chain_1-A',
    'content-encoding': 'aes128gcm',
    ...headers,
  };
  const given = Object.entries(all).filter((it): it is [string, string] => it[1] !== undefined);
  const sealed = body ?? (await encrypt(delimited('ඉහළට යන්න'), subscription.keys));
  return push.fetch(new Request(endpoint, { method, headers: given, body: method === 'GET' ? null : sealed }));
}

it('decrypts the vector of RFC 8291', async () => {
  const point = fromBase64Url(vector.uaPublic) as Bytes;
  const part = (from: number) => toBase64Url(point.slice(from, from + 32));
  const privateKey = await crypto.subtle.importKey(
    'jwk',
    { kty: 'EC', crv: 'P-256', x: part(1), y: part(33), d: vector.uaPrivate },
    { name: 'ECDH', namedCurve: 'P-256' },
    false,
    ['deriveBits'],
  );
  const keys = { publicKey: point, privateKey, auth: fromBase64Url(vector.auth) as Bytes };
  expect(await decryptPush(fromBase64Url(vector.body) as Bytes, keys)).toBe(vector.plaintextUtf8);
});

describe('takes', () => {
  it('a good message, and keeps what a browser would read', async () => {
    const answer = await post();
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toContain(push.origin);
    expect(push.received).toEqual([
      {
        endpoint: subscription.endpoint,
        payload: 'ඉහළට යන්න',
        topic: 'chain_1-A',
        urgency: 'high',
        ttl: 60,
        replaced: false,
      },
    ]);
    expect(push.violations).toEqual([]);
  });

  it.each([
    { label: 'no Urgency, no Topic', headers: { urgency: undefined, topic: undefined } },
    { label: 'TTL 0', headers: { ttl: '0' } },
    { label: 'a Topic of 32', headers: { topic: 'a'.repeat(32) } },
  ])('$label', async ({ headers }) => {
    expect((await post({ headers })).status).toBe(201);
    expect(push.violations).toEqual([]);
  });

  it('a padded record, and one of 4,096 bytes', async () => {
    const padded = join(delimited('津波'), new Uint8Array(4096 - 86 - 16 - 7));
    const body = await encrypt(padded, subscription.keys);
    expect(body).toHaveLength(4096);
    expect((await post({ body })).status).toBe(201);
    expect(push.received[0]?.payload).toBe('津波');
  });

  it('any key where the subscription was made with none', async () => {
    subscription = await push.subscribe();
    expect((await post()).status).toBe(201);
  });

  it('a later message of the same Topic in place of the former, of the same subscription only', async () => {
    const other = await push.subscribe(publicKey);
    await post();
    await post({ headers: { topic: 'another' } });
    const body = await encrypt(delimited('น้ำ'), other.keys);
    await post({ endpoint: other.endpoint, body });
    await post({ body: await encrypt(delimited('අවසන්'), subscription.keys) });
    expect(push.received.map((it) => it.replaced)).toEqual([true, false, false, false]);
    expect(push.waiting(subscription.endpoint).map((it) => it.payload)).toEqual(['ඉහළට යන්න', 'අවසන්']);
    expect(push.waiting(other.endpoint).map((it) => it.payload)).toEqual(['น้ำ']);
  });
});

describe('refuses, and keeps', () => {
  const cases: { label: string; change: () => Change | Promise<Change>; status: number; says: string }[] = [
    {
      label: 'an endpoint that was never issued',
      change: () => ({ endpoint: `${push.origin}/wpush/v2/other` }),
      status: 404,
      says: 'no such subscription',
    },
    { label: 'GET', change: () => ({ method: 'GET' }), status: 405, says: 'instead of POST' },
    { label: 'PUT', change: () => ({ method: 'PUT' }), status: 405, says: 'instead of POST' },
    { label: 'no TTL', change: () => ({ headers: { ttl: undefined } }), status: 400, says: 'TTL' },
    { label: 'a TTL with a fraction', change: () => ({ headers: { ttl: '1.5' } }), status: 400, says: 'TTL' },
    { label: 'a negative TTL', change: () => ({ headers: { ttl: '-1' } }), status: 400, says: 'TTL' },
    { label: 'an Urgency', change: () => ({ headers: { urgency: 'Immediate' } }), status: 400, says: 'Urgency' },
    { label: 'a long Topic', change: () => ({ headers: { topic: 'a'.repeat(33) } }), status: 400, says: 'Topic' },
    { label: 'a Topic with other signs', change: () => ({ headers: { topic: 'a.b' } }), status: 400, says: 'Topic' },
    {
      label: 'no Content-Encoding',
      change: () => ({ headers: { 'content-encoding': undefined } }),
      status: 400,
      says: 'aes128gcm',
    },
    {
      label: 'the old Content-Encoding',
      change: () => ({ headers: { 'content-encoding': 'aesgcm' } }),
      status: 400,
      says: 'aes128gcm',
    },
    { label: 'too large', change: () => ({ body: new Uint8Array(4097) }), status: 413, says: '4097 bytes' },
    { label: 'no body', change: () => ({ body: new Uint8Array(0) }), status: 400, says: 'shorter than its header' },
    {
      label: 'words in clear',
      change: () => ({ body: bytes('{"title":"a"}'.repeat(9)) }),
      status: 400,
      says: 'key id',
    },
    {
      label: 'a body for another browser',
      change: async () => ({ body: await encrypt(delimited('a'), (await push.subscribe()).keys) }),
      status: 400,
      says: 'encrypted for another key',
    },
    {
      label: 'a body that was changed',
      change: async () => {
        const body = await encrypt(delimited('a'), subscription.keys);
        body[90] = (body[90] ?? 0) ^ 1;
        return { body };
      },
      status: 400,
      says: 'encrypted for another key',
    },
    {
      label: 'no delimiter',
      change: async () => ({ body: await encrypt(bytes('abc'), subscription.keys) }),
      status: 400,
      says: 'delimiter',
    },
    {
      label: 'the delimiter of a record that is not the last',
      change: async () => ({ body: await encrypt(join(bytes('abc'), new Uint8Array([1])), subscription.keys) }),
      status: 400,
      says: 'delimiter',
    },
    {
      label: 'two records',
      change: async () => ({ body: await encrypt(delimited('a'.repeat(50)), subscription.keys, 40) }),
      status: 400,
      says: 'more than one record',
    },
    {
      label: 'no Authorization',
      change: () => ({ headers: { authorization: undefined } }),
      status: 401,
      says: 'Authorization is missing',
    },
    {
      label: 'another scheme',
      change: async () => ({ headers: { authorization: `WebPush ${await jwt(claims)}` } }),
      status: 401,
      says: 'is not "vapid',
    },
    {
      label: 'no key',
      change: async () => ({ headers: { authorization: `vapid t=${await jwt(claims)}` } }),
      status: 401,
      says: 'is not "vapid',
    },
    {
      label: 'a key that is none',
      change: async () => ({ headers: { authorization: `vapid t=${await jwt(claims)}, k=AAAA` } }),
      status: 403,
      says: 'uncompressed point',
    },
    {
      label: 'a key in the other base64',
      change: async () => ({ headers: { authorization: `vapid t=${await jwt(claims)}, k=${publicKey}=` } }),
      status: 403,
      says: 'uncompressed point',
    },
  ];

  const tokens: { label: string; token: () => string | Promise<string>; says: string }[] = [
    { label: 'no JWT', token: () => 'hello', says: 'not a JWT' },
    { label: 'alg none', token: () => jwt(claims, { alg: 'none' }), says: 'not a JWT by ES256' },
    { label: 'alg HS256', token: () => jwt(claims, { alg: 'HS256' }), says: 'not a JWT by ES256' },
    {
      label: 'claims that were changed',
      token: async () => {
        const [head, , signature] = (await jwt(claims)).split('.');
        return [head, toBase64Url(bytes(JSON.stringify({ ...claims, exp: claims.exp + 1 }))), signature].join('.');
      },
      says: 'signature',
    },
    {
      label: 'the signature of another key',
      token: async () => {
        const other = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
          'sign',
          'verify',
        ])) as CryptoKeyPair;
        return jwt(claims, { alg: 'ES256' }, other.privateKey);
      },
      says: 'signature',
    },
    {
      label: 'no signature',
      token: async () => `${(await jwt(claims)).split('.').slice(0, 2).join('.')}.`,
      says: 'signature',
    },
    { label: 'another aud', token: () => jwt({ ...claims, aud: 'https://fcm.googleapis.com' }), says: 'aud' },
    { label: 'an aud with a path', token: () => jwt({ ...claims, aud: subscription.endpoint }), says: 'aud' },
    { label: 'no exp', token: () => jwt({ ...claims, exp: undefined }), says: 'exp is missing' },
    { label: 'exp as text', token: () => jwt({ ...claims, exp: String(claims.exp) }), says: 'exp is missing' },
    { label: 'too late', token: () => jwt({ ...claims, exp: NOW / 1000 }), says: 'exp has passed' },
    {
      label: 'too early',
      token: () => jwt({ ...claims, exp: NOW / 1000 + 24 * HOURS + 1 }),
      says: 'more than 24 hours',
    },
    { label: 'exp in milliseconds', token: () => jwt({ ...claims, exp: NOW + 1 }), says: 'more than 24 hours' },
    { label: 'no sub', token: () => jwt({ ...claims, sub: undefined }), says: 'sub' },
    { label: 'a sub that is no address', token: () => jwt({ ...claims, sub: 'duty@embassy.example' }), says: 'sub' },
    { label: 'a sub on http', token: () => jwt({ ...claims, sub: 'http://embassy.example' }), says: 'sub' },
  ];
  for (const { label, token, says } of tokens) {
    const change = async () => ({ headers: { authorization: `vapid t=${await token()}, k=${publicKey}` } });
    cases.push({ label, change, status: 403, says });
  }

  it.each(cases)('$label', async ({ change, status, says }) => {
    const answer = await post(await change());
    expect(answer.status).toBe(status);
    expect(push.violations).toHaveLength(1);
    expect(push.violations[0]).toContain(says);
    expect(push.received).toEqual([]);
  });

  it('a key that the subscription was not made with', async () => {
    subscription = await push.subscribe(toBase64Url(new Uint8Array(65).fill(4)));
    const answer = await post();
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('do not correspond');
    expect(push.violations).toHaveLength(1);
  });
});

it('an expired subscription is gone, and nobody broke anything', async () => {
  push.expire(subscription.endpoint);
  expect((await post()).status).toBe(410);
  expect(push.violations).toEqual([]);
  expect(() => push.expire('https://other.example')).toThrow('No such subscription');
});

describe('faults', () => {
  it.each([
    { fault: 'accept_then_cut', how: 'cut', received: 1 },
    { fault: 'accept_then_hang', how: 'hang', received: 1 },
    { fault: 'cut', how: 'cut', received: 0 },
  ] as const)('$fault', async ({ fault, how, received }) => {
    push.fail(fault);
    const error = await post().catch((it) => it);
    expect(error).toBeInstanceOf(Broken);
    expect(error.how).toBe(how);
    expect(push.received).toHaveLength(received);
  });

  it('answers come once, and only to what would be taken', async () => {
    push.fail('garbage', { answer: { status: 429, headers: { 'Retry-After': '9' }, body: { a: 1 } } });
    expect((await post({ headers: { ttl: undefined } })).status).toBe(400);
    expect(await (await post()).text()).toContain('<html>');
    const answer = await post();
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([429, '9', { a: 1 }]);
    expect(push.received).toHaveLength(1);
    expect((await post()).status).toBe(201);
  });
});
