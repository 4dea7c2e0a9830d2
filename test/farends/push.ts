import { Broken, type FarEnd, type Fault } from './farend.ts';

export interface ReceivedPush {
  endpoint: string;
  /** decrypted */
  payload: string;
  topic: string | undefined;
  urgency: string | undefined;
  ttl: number;
  /** a later message with the same Topic took its place before it was read */
  replaced: boolean;
}

export interface PushOptions {
  origin?: string;
  now?: () => number;
  /** the VAPID public key that subscriptions are made with, unless `subscribe` says another */
  applicationServerKey?: string;
}

export interface PushFarEnd extends FarEnd {
  /** What a browser's `pushManager.subscribe` would give. Without a key any VAPID key may send to it. */
  subscribe(applicationServerKey?: string): Promise<PushSubscriptionKeys>;
  /** the browser has taken the subscription back: 410 from then on */
  expire(endpoint: string): void;
  readonly received: ReceivedPush[];
  /** what a browser that comes online now would get */
  waiting(endpoint: string): ReceivedPush[];
}

export interface PushSubscriptionKeys {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

export interface ReceiverKeys {
  publicKey: Uint8Array<ArrayBuffer>;
  privateKey: CryptoKey;
  auth: Uint8Array<ArrayBuffer>;
}

interface Subscribed extends ReceiverKeys {
  applicationServerKey: string | undefined;
  gone: boolean;
}

/** The push service's answer to what it does not take. */
class Refusal {
  readonly status: number;
  readonly description: string;
  readonly violation: boolean;
  constructor(status: number, description: string, violation = true) {
    this.status = status;
    this.description = description;
    this.violation = violation;
  }
}

const DAY_SECONDS = 86_400;
const BODY_MAX = 4096;
const URGENCIES = ['very-low', 'low', 'normal', 'high'];

/** A strict push service: RFC 8030, RFC 8291 (it holds the browser's keys and decrypts) and RFC 8292. */
export function createPush(options: PushOptions = {}): PushFarEnd {
  const { origin = 'https://updates.push.services.mozilla.com', now = Date.now } = options;
  const violations: string[] = [];
  const faults: Fault[] = [];
  const received: ReceivedPush[] = [];
  const subscriptions = new Map<string, Subscribed>();

  async function subscribe(applicationServerKey = options.applicationServerKey): Promise<PushSubscriptionKeys> {
    const pair = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, [
      'deriveBits',
    ])) as CryptoKeyPair;
    const publicKey = new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer);
    const auth = crypto.getRandomValues(new Uint8Array(16));
    const endpoint = `${origin}/wpush/v2/${toBase64Url(crypto.getRandomValues(new Uint8Array(24)))}`;
    const key = applicationServerKey;
    subscriptions.set(endpoint, {
      publicKey,
      privateKey: pair.privateKey,
      auth,
      applicationServerKey: key,
      gone: false,
    });
    return { endpoint, keys: { p256dh: toBase64Url(publicKey), auth: toBase64Url(auth) } };
  }

  async function prepare(request: Request): Promise<() => Response> {
    const endpoint = request.url;
    const subscription = subscriptions.get(endpoint);
    if (!subscription) throw new Refusal(404, 'no such subscription');
    if (request.method !== 'POST') throw new Refusal(405, `${request.method} instead of POST`);
    if (subscription.gone) throw new Refusal(410, 'the subscription has expired', false);
    await checkVapid(request.headers.get('authorization'), origin, now(), subscription.applicationServerKey);

    const ttl = request.headers.get('ttl');
    if (ttl === null || !/^\d+$/.test(ttl)) throw new Refusal(400, 'TTL is missing or not a number of seconds');
    const urgency = request.headers.get('urgency') ?? undefined;
    if (urgency !== undefined && !URGENCIES.includes(urgency)) throw new Refusal(400, 'Urgency is not in the set');
    const topic = request.headers.get('topic') ?? undefined;
    if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) {
      throw new Refusal(400, 'Topic is not 1 to 32 URL-safe characters');
    }
    if (request.headers.get('content-encoding') !== 'aes128gcm') {
      throw new Refusal(400, 'Content-Encoding is not aes128gcm');
    }
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > BODY_MAX) throw new Refusal(413, `${body.length} bytes, at most ${BODY_MAX} are taken`);
    const payload = await decryptPush(body, subscription).catch((error: Error) => {
      throw new Refusal(400, `not readable by the browser: ${error.message}`);
    });

    return () => {
      for (const former of received) {
        if (topic !== undefined && former.endpoint === endpoint && former.topic === topic) former.replaced = true;
      }
      received.push({ endpoint, payload, topic, urgency, ttl: Number(ttl), replaced: false });
      return new Response(null, {
        status: 201,
        headers: { location: `${origin}/m/${received.length}`, ttl: String(Math.min(Number(ttl), 30 * DAY_SECONDS)) },
      });
    };
  }

  async function fetch(request: Request): Promise<Response> {
    let act: () => Response;
    try {
      act = await prepare(request);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.violation) violations.push(refusal.description);
      return Response.json(
        { code: refusal.status, message: refusal.description },
        { status: refusal.status, headers: refusal.status === 401 ? { 'www-authenticate': 'vapid' } : {} },
      );
    }
    const fault = faults.shift();
    if (fault === 'cut') throw new Broken('cut');
    if (typeof fault === 'object') {
      const { status, headers, body } = fault.answer;
      if (typeof body === 'string' || body === undefined) return new Response(body ?? null, { status, headers });
      return Response.json(body, { status, headers });
    }
    const response = act();
    if (fault === 'accept_then_cut') throw new Broken('cut');
    if (fault === 'accept_then_hang') throw new Broken('hang');
    if (fault === 'garbage') return new Response('<html>garb', { status: 200 });
    return response;
  }

  return {
    origin,
    violations,
    received,
    fetch,
    subscribe,
    fail: (...more) => void faults.push(...more),
    expire(endpoint) {
      const subscription = subscriptions.get(endpoint);
      if (!subscription) throw new Error('No such subscription');
      subscription.gone = true;
    },
    waiting: (endpoint) => received.filter((it) => it.endpoint === endpoint && !it.replaced),
    reset() {
      for (const list of [violations, faults, received]) list.length = 0;
      subscriptions.clear();
    },
  };
}

/** RFC 8292: `vapid t=<JWT>, k=<public key>` */
async function checkVapid(header: string | null, origin: string, now: number, boundTo: string | undefined) {
  if (header === null) throw new Refusal(401, 'Authorization is missing');
  const parameters = /^vapid\s+(.+)$/i.exec(header)?.[1]?.split(',') ?? [];
  const value = (name: string) =>
    parameters
      .map((it) => it.trim())
      .find((it) => it.startsWith(`${name}=`))
      ?.slice(2);
  const token = value('t');
  const key = value('k');
  if (!token || !key) throw new Refusal(401, 'Authorization is not "vapid t=..., k=..."');

  const point = fromBase64Url(key);
  if (point?.length !== 65 || point[0] !== 4) throw new Refusal(403, 'k is not an uncompressed point');
  const [head = '', claims = '', signature = '', ...rest] = token.split('.');
  const jose = jsonOf(head);
  if (rest.length > 0 || jose?.alg !== 'ES256') throw new Refusal(403, 't is not a JWT by ES256');
  const signed = fromBase64Url(signature);
  const valid =
    signed?.length === 64 &&
    (await crypto.subtle
      .importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
      .then((it) => crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, it, signed, encode(`${head}.${claims}`)))
      .catch(() => false));
  if (!valid) throw new Refusal(403, 'the signature of the JWT is not valid');

  const { aud, exp, sub } = jsonOf(claims) ?? {};
  if (aud !== origin) throw new Refusal(403, `aud is not ${origin}`);
  if (typeof exp !== 'number') throw new Refusal(403, 'exp is missing');
  if (exp * 1000 <= now) throw new Refusal(403, 'exp has passed');
  if (exp * 1000 > now + DAY_SECONDS * 1000) throw new Refusal(403, 'exp is more than 24 hours away');
  if (typeof sub !== 'string' || !/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(sub)) {
    throw new Refusal(403, 'sub is neither mailto: nor https:');
  }
  if (boundTo !== undefined && key !== boundTo) {
    throw new Refusal(
      403,
      'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.',
    );
  }
}

/** RFC 8291 with RFC 8188: one record, decrypted as a browser does it. @throws Error that says what is wrong */
export async function decryptPush(body: Uint8Array<ArrayBuffer>, keys: ReceiverKeys): Promise<string> {
  if (body.length < 86) throw new Error('shorter than its header');
  const view = new DataView(body.buffer, body.byteOffset);
  const salt = body.slice(0, 16);
  const recordSize = view.getUint32(16);
  if (body[20] !== 65) throw new Error('the key id is not a public key');
  const senderKey = body.slice(21, 86);
  const record = body.slice(86);
  if (recordSize < 18 || record.length > recordSize) throw new Error('more than one record');
  if (record.length < 18) throw new Error('the record is cut');

  const sender = await crypto.subtle.importKey('raw', senderKey, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  // workers-types names it `$public`; both runtimes want `public`
  const algorithm = { name: 'ECDH', public: sender } as unknown as Parameters<SubtleCrypto['deriveBits']>[0];
  const shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, keys.privateKey, 256));
  const keyInfo = joined(encode('WebPush: info\0'), keys.publicKey, senderKey);
  const secret = await hkdf(keys.auth, shared, keyInfo, 32);
  const contentKey = await hkdf(salt, secret, encode('Content-Encoding: aes128gcm\0'), 16);
  const nonce = await hkdf(salt, secret, encode('Content-Encoding: nonce\0'), 12);
  const aes = await crypto.subtle.importKey('raw', contentKey, 'AES-GCM', false, ['decrypt']);
  const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, aes, record).catch(() => {
    throw new Error('encrypted for another key');
  });
  const padded = new Uint8Array(opened);
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 2) throw new Error('the record does not end with its delimiter');
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(padded.slice(0, end));
}

const encode = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

async function hkdf(
  salt: Uint8Array<ArrayBuffer>,
  secret: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Strict: no padding, none of the other alphabet. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (it) => it.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function jsonOf(part: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(fromBase64Url(part)));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
