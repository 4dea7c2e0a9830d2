/**
 * Web push: RFC 8030 (the request), RFC 8291 (aes128gcm, by the library) and RFC 8292 (VAPID, signed here, because
 * the library signs for every message and by its own clock). That a push service took a message is all we hear.
 */
import { encryptNotification } from '@block65/webcrypto-web-push';
import { sign } from 'hono/jwt';
import { decodeBase64Url, encodeBase64Url } from 'hono/utils/encode';
import {
  type Accepted,
  type Channel,
  type Outgoing,
  SendError,
  type SendErrorCode,
  type WireAnswer,
  WireError,
} from './channel.ts';

export interface WebPushSettings {
  /** base64url of the uncompressed point, as browsers take it for `applicationServerKey` */
  publicKey: string;
  /** base64url of the 32 bytes */
  privateKey: string;
  /** `mailto:` or `https:` */
  subject: string;
  allowPrivateHosts: boolean;
}

interface Rule {
  from: number;
  to: number;
  /** part of what the push service answers, in lower case */
  says?: string;
  code: SendErrorCode;
  reason?: string;
}

/** What the answer of a push service means; the first match counts. See RFC 8030, section 5 and 8. */
const RULES: Rule[] = [
  // Made with another key than ours (an older one, another site's): that subscription is dead, our account is not.
  // In the words of FCM (403) and of Mozilla (401).
  { from: 401, to: 403, says: 'do not correspond', code: 'address_unreachable', reason: 'key_mismatch' },
  { from: 401, to: 403, says: 'public key mismatch', code: 'address_unreachable', reason: 'key_mismatch' },
  { from: 401, to: 401, code: 'account' },
  { from: 403, to: 403, code: 'account' },
  { from: 404, to: 404, code: 'address_unreachable' },
  { from: 410, to: 410, code: 'address_unreachable' },
  { from: 429, to: 429, code: 'retry_after' },
  { from: 408, to: 408, code: 'provider_down' },
  { from: 400, to: 499, code: 'message_invalid' },
  // a repeat is harmless: it replaces by Topic. So "perhaps taken" is handled like "not taken"
  { from: 0, to: 999, code: 'provider_down' },
];

/** The push services of Chrome, Firefox, Safari and Edge. A dot in front: any host below. */
const HOSTS = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '.push.services.mozilla.com',
  'web.push.apple.com',
  '.push.apple.com',
  '.notify.windows.com',
];

const DAY = 86_400;
const HOUR_MS = 3_600_000;
const TOKEN_LIFE_MS = 12 * HOUR_MS;
/** origins whose token is remembered; the hosts above are few, a stranger's may be many */
const TOKENS_MAX = 200;
/** A record of 3,993 bytes: 103 are the header of aes128gcm (86), its delimiter (1) and the tag (16). */
const PAYLOAD_MAX = 3_993 - 103;
/** Firefox on Android takes no more, and says 413: https://github.com/web-push-libs/web-push-php/issues/108 */
const PAYLOAD_SMALL = 2_048;
/** Payloads are filled up to multiples of this, so that their length tells little about the text. */
const PAYLOAD_STEP = 512;
const TITLE_MAX = 600;
const RETRY_DEFAULT = 60;

export function webPush(settings: WebPushSettings): Channel {
  const { publicKey, privateKey, subject, allowPrivateHosts } = settings;
  /** strings only: a promise of one request must not be awaited by another in workerd */
  const tokens = new Map<string, { header: string; expires: number }>();

  /** One signature an origin, used until an hour before its end. */
  async function authorization(origin: string, now: number): Promise<string> {
    const known = tokens.get(origin);
    const left = (known?.expires ?? 0) - now;
    if (known && left > HOUR_MS && left <= TOKEN_LIFE_MS) return known.header;
    const expires = now + TOKEN_LIFE_MS;
    const claims = { aud: origin, exp: Math.floor(expires / 1000), sub: subject };
    const jwt = await sign(claims, jwkOf(publicKey, privateKey), 'ES256').catch(() => {
      throw new SendError('account', 'vapid_key');
    });
    const header = `vapid t=${jwt}, k=${publicKey}`;
    if (tokens.size >= TOKENS_MAX) tokens.clear();
    tokens.set(origin, { header, expires });
    return header;
  }

  return {
    name: 'push',
    secrets: [privateKey].filter(Boolean),
    inFlight: 32,
    perSecond: 500,

    part(to) {
      try {
        return new URL(subscriptionOf(to).endpoint).host;
      } catch {
        return undefined;
      }
    },

    async send(message, wire): Promise<Accepted> {
      const subscription = subscriptionOf(message.to);
      const { endpoint } = subscription;
      if (!pushEndpointAllowed(endpoint, allowPrivateHosts)) {
        throw new SendError('address_unreachable', 'endpoint_not_allowed');
      }
      const headers = {
        authorization: await authorization(new URL(endpoint).origin, message.now),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(Math.max(0, Math.min(Math.floor((message.expires - message.now) / 1000), DAY))),
        urgency: message.urgency === 'Immediate' ? 'high' : 'normal',
        topic: await topicOf(message),
      };
      const post = async (payload: string) => {
        const body = await seal(subscription, payload);
        try {
          return await wire.request(endpoint, { method: 'POST', headers, body });
        } catch (error) {
          // WireError, whether it reached the service or not: see the last of the rules
          if (error instanceof WireError) throw new SendError('provider_down', 'no_answer');
          throw error;
        }
      };
      const payload = payloadOf(message, PAYLOAD_MAX);
      let answer = await post(payload);
      if (answer.status === 413 && bytes(payload) > PAYLOAD_SMALL) {
        answer = await post(payloadOf(message, PAYLOAD_SMALL));
      }
      if (answer.status >= 200 && answer.status < 300) return { final: true };
      throw refusal(answer, message.now);
    },
  };
}

/** Whether we would call this address: https, a known push service, no user name, no odd port. */
export function pushEndpointAllowed(endpoint: string, allowPrivateHosts: boolean): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, port, username, password } = new URL(endpoint);
  if (username || password) return false;
  if (allowPrivateHosts) return protocol === 'https:' || protocol === 'http:';
  return (
    protocol === 'https:' &&
    port === '' &&
    HOSTS.some((host) => (host.startsWith('.') ? hostname.endsWith(host) : hostname === host))
  );
}

export async function generateVapidKeys(): Promise<{ publicKey: string; privateKey: string }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { publicKey, privateKey } = pair as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer;
  const { d } = (await crypto.subtle.exportKey('jwk', privateKey)) as JsonWebKey;
  return { publicKey: encodeBase64Url(raw).replace(/=+$/, ''), privateKey: d ?? '' };
}

// ---- the parts of a request

interface Subscription {
  endpoint: string;
  expirationTime: number | null;
  keys: { p256dh: string; auth: string };
}

function subscriptionOf(to: string): Subscription {
  try {
    const { endpoint, keys } = JSON.parse(to);
    const { p256dh, auth } = keys;
    if ([endpoint, p256dh, auth].every((it) => typeof it === 'string')) {
      return { endpoint, expirationTime: null, keys: { p256dh, auth } };
    }
  } catch {
    // not JSON, or without keys
  }
  throw new SendError('address_unreachable', 'subscription_invalid');
}

/** The library fills every payload up to 4,096 bytes, which Firefox on Android never gets: we fill up by less. */
async function seal(subscription: Subscription, payload: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await encryptNotification(subscription, new TextEncoder().encode(payload), { pad: false });
  } catch {
    // our payload is always right, so it is their key: not a point of the curve, not 16 bytes
    throw new SendError('address_unreachable', 'subscription_invalid');
  }
}

function jwkOf(publicKey: string, privateKey: string): JsonWebKey {
  const point = decodeBase64Url(publicKey);
  const part = (from: number, to: number) => encodeBase64Url(point.slice(from, to).buffer).replace(/=+$/, '');
  return { kty: 'EC', crv: 'P-256', x: part(1, 33), y: part(33, 65), d: privateKey };
}

/** Equal for all that one message replaces. A plain reply has no chain: a repeat of it replaces only itself. */
async function topicOf({ chain, token }: Outgoing): Promise<string> {
  if (/^[\w-]{1,32}$/.test(chain)) return chain;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(chain || token));
  return encodeBase64Url(digest).slice(0, 32);
}

function refusal(answer: WireAnswer, now: number): SendError {
  const says = answer.text.toLowerCase();
  const rule = RULES.find((it) => it.from <= answer.status && answer.status <= it.to && says.includes(it.says ?? ''));
  const told = answer.status === 503 && answer.headers['retry-after'] !== undefined;
  const code = told ? 'retry_after' : (rule?.code ?? 'provider_down');
  const reason = rule?.reason ?? `http_${answer.status}`;
  return new SendError(
    code,
    reason,
    code === 'retry_after' ? secondsOf(answer.headers['retry-after'], now) : undefined,
  );
}

/** Retry-After: seconds, or a date */
function secondsOf(retryAfter: string | undefined, now: number): number {
  const seconds = /^\d+$/.test(retryAfter ?? '')
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter ?? '') - now) / 1000);
  return Number.isNaN(seconds) ? RETRY_DEFAULT : Math.max(1, seconds);
}

// ---- the payload

const bytes = (text: string) => new TextEncoder().encode(text).length;
/** bytes inside of a JSON string */
const jsonBytes = (text: string) => bytes(JSON.stringify(text)) - 2;

/** What the service worker gets, at most `max` bytes. The body is cut last: everything else is short. */
function payloadOf(message: Outgoing, max: number): string {
  const parts = {
    title: cut(message.heading, TITLE_MAX),
    body: '',
    ref: message.ref,
    chain: message.chain,
    lang: message.language,
    dir: message.direction,
    ...(message.link ? { url: message.link } : {}),
    expires: message.expires,
  };
  const room = max - bytes(JSON.stringify(parts));
  if (room < 0) throw new SendError('message_invalid', 'payload_too_long');
  const payload = JSON.stringify({ ...parts, body: cut(message.text, room) });
  const size = bytes(payload);
  return payload + ' '.repeat(Math.min(Math.ceil(size / PAYLOAD_STEP) * PAYLOAD_STEP, max) - size);
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** The Segmenter parts what Sinhala joins and what Burmese and Khmer stack; a cut there shows broken letters. */
const JOINS_ON = /[\u200d\u1039\u17d2]$/;

/** At most `max` bytes of JSON, never through a grapheme. */
function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (jsonBytes(whole) <= max) return whole;
  let room = max - jsonBytes('…');
  let end = 0;
  for (const { index, segment } of graphemes.segment(whole)) {
    room -= jsonBytes(segment);
    if (room < 0) break;
    if (!JOINS_ON.test(segment)) end = index + segment.length;
  }
  return end > 0 ? `${whole.slice(0, end)}…` : '';
}
