import { beforeEach, describe, expect, it } from 'vitest';
import { type Fault, wireTo } from '../../test/farends/farend.ts';
import { createPush, fromBase64Url, toBase64Url } from '../../test/farends/push.ts';
import { type Outgoing, SendError, type SendErrorCode, WireError } from './channel.ts';
import { generateVapidKeys, pushEndpointAllowed, webPush } from './push.ts';

const START = Date.UTC(2026, 2, 11, 6, 0, 0);
const HOUR = 3_600_000;
const vapid = await generateVapidKeys();
const settings = { ...vapid, subject: 'mailto:duty@embassy.example', allowPrivateHosts: false };

let now = START;
const farEnd = createPush({ now: () => now, applicationServerKey: vapid.publicKey });
let channel = webPush(settings);
let wire = wireTo(farEnd);
let headers: Record<string, string>[] = [];
let to = '';
let endpoint = '';

beforeEach(async () => {
  now = START;
  farEnd.reset();
  channel = webPush(settings);
  headers = [];
  wire = spied();
  const subscription = await farEnd.subscribe();
  endpoint = subscription.endpoint;
  to = JSON.stringify({ expirationTime: null, ...subscription });
});

function spied(): ReturnType<typeof wireTo> {
  const inner = wireTo(farEnd);
  return {
    calls: inner.calls,
    request(url, init) {
      headers.push(init.headers ?? {});
      return inner.request(url, init);
    },
  };
}

function message(change: Partial<Outgoing> = {}): Outgoing {
  return {
    token: 'delivery-1',
    to,
    text: 'A tsunami is coming. Go up now.',
    heading: 'Tsunami',
    language: 'en',
    direction: 'ltr',
    ref: 'LK7K3M',
    chain: 'chain_1-A',
    urgency: 'Immediate',
    expires: START + 2 * HOUR,
    now,
    buttons: [],
    ...change,
  };
}

async function failure(sending: Promise<unknown>): Promise<SendError> {
  const error = await sending.then(
    () => undefined,
    (it) => it,
  );
  expect(error).toBeInstanceOf(SendError);
  const all = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
  for (const secret of [...channel.secrets, endpoint, 'tsunami']) expect(all).not.toContain(secret);
  expect(error.cause).toBeUndefined();
  return error;
}

describe('send', () => {
  const cases: { label: string; message: Partial<Outgoing>; payload: Record<string, unknown> }[] = [
    {
      label: 'Sinhala',
      message: { language: 'si', heading: 'සුනාමි', text: 'දැන්ම උස් බිමකට යන්න. ශ්‍රී ලංකා තානාපති කාර්යාලය' },
      payload: { title: 'සුනාමි', body: 'දැන්ම උස් බිමකට යන්න. ශ්‍රී ලංකා තානාපති කාර්යාලය', lang: 'si', dir: 'ltr' },
    },
    {
      label: 'Arabic with a page',
      message: {
        language: 'ar',
        direction: 'rtl',
        heading: 'تسونامي',
        text: 'اصعد الآن',
        link: 'https://musafir.example/a',
      },
      payload: {
        title: 'تسونامي',
        body: 'اصعد الآن',
        lang: 'ar',
        dir: 'rtl',
        url: 'https://musafir.example/a',
      },
    },
    {
      label: 'Thai',
      message: { language: 'th', heading: 'สึนามิ', text: 'ขึ้นที่สูงเดี๋ยวนี้' },
      payload: { title: 'สึนามิ', body: 'ขึ้นที่สูงเดี๋ยวนี้', lang: 'th', dir: 'ltr' },
    },
    {
      label: 'Japanese, two lines',
      message: { language: 'ja', heading: '津波', text: '高い所へ\n"逃げて"\\' },
      payload: { title: '津波', body: '高い所へ\n"逃げて"\\', lang: 'ja', dir: 'ltr' },
    },
    {
      label: 'English, a plain reply',
      message: { heading: '', ref: '', chain: '', text: 'Thank you.' },
      payload: { title: '', body: 'Thank you.', ref: '', chain: '', lang: 'en', dir: 'ltr' },
    },
  ];

  it.each(cases)('$label', async ({ message: change, payload }) => {
    await expect(channel.send(message(change), wire)).resolves.toEqual({ final: true });
    const [received] = farEnd.received;
    expect(JSON.parse(received?.payload ?? '')).toEqual({
      ref: 'LK7K3M',
      chain: 'chain_1-A',
      expires: START + 2 * HOUR,
      ...payload,
    });
    expect(received).toMatchObject({ endpoint, urgency: 'high', ttl: 7200 });
    expect(wire.calls).toHaveLength(1);
    expect(farEnd.violations).toEqual([]);
  });

  it.each([
    { label: 'a minute', change: { expires: START + 60_999 }, ttl: 60 },
    { label: 'a week: a day at most', change: { expires: START + 7 * 24 * HOUR }, ttl: 86_400 },
    { label: 'past', change: { expires: START - 1 }, ttl: 0 },
  ])('time to live, $label', async ({ change, ttl }) => {
    await channel.send(message(change), wire);
    expect(farEnd.received[0]?.ttl).toBe(ttl);
  });

  it.each(['Expected', 'Future', 'Past', 'Unknown'] as const)('%s is not urgent', async (urgency) => {
    await channel.send(message({ urgency }), wire);
    expect(farEnd.received[0]?.urgency).toBe('normal');
  });

  it('an update takes the place of what it updates', async () => {
    await channel.send(message({ text: 'දැන්ම යන්න' }), wire);
    await channel.send(message({ text: 'අවසන්' }), wire);
    expect(farEnd.received).toHaveLength(2);
    expect(farEnd.waiting(endpoint).map((it) => JSON.parse(it.payload).body)).toEqual(['අවසන්']);
    expect(farEnd.received[0]?.topic).toBe('chain_1-A');
  });

  it.each([
    { label: 'no chain', change: { chain: '' } },
    { label: 'a chain that is too long', change: { chain: 'c'.repeat(33) } },
    { label: 'a chain in other signs', change: { chain: 'කතාව' } },
  ])('has a topic with $label, the same each time', async ({ change }) => {
    await channel.send(message(change), wire);
    await channel.send(message(change), wire);
    expect(farEnd.waiting(endpoint)).toHaveLength(1);
    expect(farEnd.violations).toEqual([]);
  });

  it('replies without a chain do not replace each other', async () => {
    await channel.send(message({ chain: '', token: 'a' }), wire);
    await channel.send(message({ chain: '', token: 'b' }), wire);
    expect(farEnd.waiting(endpoint)).toHaveLength(2);
  });

  it.each([
    { label: 'Sinhala', unit: 'ශ්‍රී' },
    { label: 'Khmer', unit: 'ស្ត្រី' },
    { label: 'Thai', unit: 'น้ำ' },
    { label: 'a family', unit: '👨‍👩‍👧‍👦' },
    { label: 'signs that JSON writes longer', unit: '"' },
  ])('a long text is cut between graphemes: $label', async ({ unit }) => {
    const link = 'https://musafir.example/check/LK7K3M';
    await channel.send(message({ heading: unit.repeat(500), text: unit.repeat(5000), link }), wire);
    const payload = farEnd.received[0]?.payload ?? '';
    expect(new TextEncoder().encode(payload).length).toBeLessThanOrEqual(3_993 - 103);
    expect(new TextEncoder().encode(payload).length).toBeGreaterThan(3_800);
    const { title, body, url, expires } = JSON.parse(payload);
    expect(url).toBe(link);
    expect(expires).toBe(START + 2 * HOUR);
    for (const part of [title, body]) {
      expect(part.endsWith('…')).toBe(true);
      expect(part.slice(0, -1)).toBe(unit.repeat((part.length - 1) / unit.length));
    }
    expect(farEnd.violations).toEqual([]);
  });

  it('half of a character does not spoil the rest', async () => {
    await channel.send(message({ text: 'go \ud83d up' }), wire);
    expect(JSON.parse(farEnd.received[0]?.payload ?? '').body).toBe('go \ufffd up');
  });

  it('the length of a payload tells little', async () => {
    await channel.send(message({ text: 'ඔව්' }), wire);
    await channel.send(message({ text: 'නැහැ, මම තවම එතන නැහැ' }), wire);
    expect(farEnd.received.map((it) => new TextEncoder().encode(it.payload).length)).toEqual([512, 512]);
    expect(wire.calls.map((it) => it.body)).toEqual(['[615 bytes]', '[615 bytes]']);
  });

  it('a phone that takes less gets a shorter text', async () => {
    farEnd.fail({ answer: { status: 413 } });
    await channel.send(message({ text: '津波'.repeat(1000) }), wire);
    expect(wire.calls).toHaveLength(2);
    expect(farEnd.received[0]?.payload.length).toBeGreaterThan(500);
    expect(new TextEncoder().encode(farEnd.received[0]?.payload).length).toBeLessThanOrEqual(2048);
  });

  it('sends to loopback where private hosts are allowed', async () => {
    const local = createPush({ origin: 'http://127.0.0.1:9090', now: () => now });
    const { endpoint: address, keys } = await local.subscribe(vapid.publicKey);
    const allowed = webPush({ ...settings, allowPrivateHosts: true });
    await allowed.send(message({ to: JSON.stringify({ endpoint: address, keys }) }), wireTo(local));
    expect(local.received).toHaveLength(1);
    expect(local.violations).toEqual([]);
  });
});

describe('VAPID', () => {
  const claims = (header = '') =>
    JSON.parse(new TextDecoder().decode(fromBase64Url(/t=[^.]+\.([^.]+)\./.exec(header)?.[1] ?? '')));

  it('is signed once an origin until an hour before its end', async () => {
    for (const at of [START, START + 5 * HOUR, START + 11 * HOUR - 1, START + 11 * HOUR, START + 20 * HOUR]) {
      now = at;
      await channel.send(message({ now, expires: now + HOUR }), wire);
    }
    const used = headers.map((it) => it.authorization ?? '');
    expect(new Set(used.slice(0, 3)).size).toBe(1);
    expect(used[3]).not.toBe(used[2]);
    expect(used[4]).toBe(used[3]);
    expect(claims(used[0])).toEqual({
      aud: farEnd.origin,
      exp: START / 1000 + 12 * 3600,
      sub: 'mailto:duty@embassy.example',
    });
    expect(farEnd.violations).toEqual([]);
  });

  it('is signed anew when the clock was set back', async () => {
    await channel.send(message(), wire);
    now = START - 30 * HOUR;
    await channel.send(message({ now, expires: now + HOUR }), wire);
    expect(farEnd.violations).toEqual([]);
  });

  it('is its own for every origin', async () => {
    const other = createPush({ origin: 'https://fcm.googleapis.com', now: () => now });
    const elsewhere = JSON.stringify(await other.subscribe(vapid.publicKey));
    await channel.send(message(), wireTo(farEnd, other));
    await channel.send(message({ to: elsewhere }), wireTo(farEnd, other));
    expect([...farEnd.violations, ...other.violations]).toEqual([]);
    expect(other.received).toHaveLength(1);
  });

  it('keys are made as browsers take them', async () => {
    const { publicKey, privateKey } = await generateVapidKeys();
    expect(fromBase64Url(publicKey)).toHaveLength(65);
    expect(fromBase64Url(publicKey)?.[0]).toBe(4);
    expect(fromBase64Url(privateKey)).toHaveLength(32);
    expect(publicKey).not.toBe(vapid.publicKey);
  });

  it('keys that are none are our account, and are not shown', async () => {
    channel = webPush({ ...settings, privateKey: 'not-a-key-of-this-curve' });
    expect(await failure(channel.send(message(), wire))).toMatchObject({ code: 'account', reason: 'vapid_key' });
    expect(wire.calls).toEqual([]);
  });
});

describe('send refused', () => {
  const answer = (status: number, more: { headers?: Record<string, string>; body?: unknown } = {}): Fault => ({
    answer: { status, ...more },
  });
  const date = (at: number) => ({ headers: { 'retry-after': new Date(at).toUTCString() } });
  const mozilla = { code: 401, errno: 109, error: 'Unauthorized', message: 'VAPID public key mismatch' };

  const cases: {
    label: string;
    fault?: Fault;
    before?: () => void | Promise<void>;
    to?: () => string;
    code: SendErrorCode;
    reason: string;
    retryAfter?: number;
  }[] = [
    {
      label: 'the subscription is gone',
      before: () => farEnd.expire(endpoint),
      code: 'address_unreachable',
      reason: 'http_410',
    },
    { label: '404', fault: answer(404), code: 'address_unreachable', reason: 'http_404' },
    {
      label: '429 with seconds',
      fault: answer(429, { headers: { 'Retry-After': '120' } }),
      code: 'retry_after',
      reason: 'http_429',
      retryAfter: 120,
    },
    {
      label: '429 with a date',
      fault: answer(429, date(START + 90_000)),
      code: 'retry_after',
      reason: 'http_429',
      retryAfter: 90,
    },
    {
      label: '429 with a date that has passed',
      fault: answer(429, date(START - 90_000)),
      code: 'retry_after',
      reason: 'http_429',
      retryAfter: 1,
    },
    { label: '429 without a time', fault: answer(429), code: 'retry_after', reason: 'http_429', retryAfter: 60 },
    {
      label: '429 with a word',
      fault: answer(429, { headers: { 'Retry-After': 'soon' } }),
      code: 'retry_after',
      reason: 'http_429',
      retryAfter: 60,
    },
    { label: '400', fault: answer(400), code: 'message_invalid', reason: 'http_400' },
    { label: '413', fault: answer(413), code: 'message_invalid', reason: 'http_413' },
    { label: '401', fault: answer(401, { body: 'tsunami' }), code: 'account', reason: 'http_401' },
    { label: '403', fault: answer(403), code: 'account', reason: 'http_403' },
    {
      label: 'a subscription of another key, at FCM',
      before: async () => {
        to = JSON.stringify(await farEnd.subscribe((await generateVapidKeys()).publicKey));
      },
      code: 'address_unreachable',
      reason: 'key_mismatch',
    },
    {
      label: 'a subscription of another key, at Mozilla',
      fault: answer(401, { body: mozilla }),
      code: 'address_unreachable',
      reason: 'key_mismatch',
    },
    { label: '408', fault: answer(408), code: 'provider_down', reason: 'http_408' },
    { label: '500', fault: answer(500), code: 'provider_down', reason: 'http_500' },
    { label: '502', fault: answer(502, { body: '<html>' }), code: 'provider_down', reason: 'http_502' },
    {
      label: '503 with a time',
      fault: answer(503, { headers: { 'Retry-After': '40' } }),
      code: 'retry_after',
      reason: 'http_503',
      retryAfter: 40,
    },
    { label: '503', fault: answer(503), code: 'provider_down', reason: 'http_503' },
    { label: 'a redirect', fault: answer(302), code: 'provider_down', reason: 'http_302' },
    { label: 'cut', fault: 'cut', code: 'provider_down', reason: 'no_answer' },
    { label: 'accepted, then cut', fault: 'accept_then_cut', code: 'provider_down', reason: 'no_answer' },
    { label: 'accepted, then nothing', fault: 'accept_then_hang', code: 'provider_down', reason: 'no_answer' },
  ];
  it.each(cases)('$label: $code', async ({ fault, before, code, reason, retryAfter }) => {
    await before?.();
    if (fault) farEnd.fail(fault);
    const error = await failure(channel.send(message(), wire));
    expect({ code: error.code, reason: error.reason, retryAfter: error.retryAfter }).toEqual({
      code,
      reason,
      retryAfter,
    });
    expect(wire.calls).toHaveLength(1);
  });

  const point = toBase64Url(new Uint8Array(65).fill(4));
  const auth = toBase64Url(new Uint8Array(16));
  const invalid: { label: string; address: () => string; reason: string }[] = [
    { label: 'not JSON', address: () => 'https://fcm.googleapis.com/x', reason: 'subscription_invalid' },
    { label: 'null', address: () => 'null', reason: 'subscription_invalid' },
    { label: 'no keys', address: () => JSON.stringify({ endpoint }), reason: 'subscription_invalid' },
    {
      label: 'a key that is no point',
      address: () => JSON.stringify({ endpoint, keys: { p256dh: point, auth } }),
      reason: 'subscription_invalid',
    },
    {
      label: 'a secret that is too short',
      address: () => to.replace(/"auth":"[^"]+"/, '"auth":"AAAA"'),
      reason: 'subscription_invalid',
    },
    {
      label: 'another host',
      address: () => to.replace(farEnd.origin, 'https://169.254.169.254'),
      reason: 'endpoint_not_allowed',
    },
    {
      label: 'plain http',
      address: () => to.replace('https:', 'http:'),
      reason: 'endpoint_not_allowed',
    },
  ];
  it.each(invalid)('$label: nothing is called', async ({ address, reason }) => {
    expect(await failure(channel.send(message({ to: address() }), wire))).toMatchObject({
      code: 'address_unreachable',
      reason,
    });
    expect(wire.calls).toEqual([]);
  });

  it('a link longer than a payload', async () => {
    const link = `https://musafir.example/${'a'.repeat(4000)}`;
    expect(await failure(channel.send(message({ link }), wire))).toMatchObject({ code: 'message_invalid' });
  });

  it('an answer that cannot be read is taken by its status', async () => {
    farEnd.fail('garbage');
    await expect(channel.send(message(), wire)).resolves.toEqual({ final: true });
  });

  it('no connection', async () => {
    const refused = { request: () => Promise.reject(new WireError('no', 'ECONNREFUSED')) };
    expect(await failure(channel.send(message(), refused))).toMatchObject({ code: 'provider_down' });
  });

  it('a bug in the wire stays a bug', async () => {
    const broken = { request: () => Promise.reject(new RangeError('bug')) };
    await expect(channel.send(message(), broken)).rejects.toThrow(RangeError);
  });
});

describe('pushEndpointAllowed', () => {
  it.each([
    ['https://fcm.googleapis.com/fcm/send/a:b', true],
    ['https://updates.push.services.mozilla.com/wpush/v2/a', true],
    ['https://updates-autopush.push.services.mozilla.com/wpush/v1/a', true],
    ['https://web.push.apple.com/QG', true],
    ['https://eu.push.apple.com/QG', true],
    ['https://db5p.notify.windows.com/w/?token=a', true],
    ['HTTPS://FCM.GOOGLEAPIS.COM/a', true],
    ['http://fcm.googleapis.com/a', false],
    ['https://fcm.googleapis.com:8443/a', false],
    ['https://fcm.googleapis.com@evil.example/a', false],
    ['https://user:pass@fcm.googleapis.com/a', false],
    ['https://fcm.googleapis.com.evil.example/a', false],
    ['https://evilnotify.windows.com/a', false],
    ['https://xfcm.googleapis.com/a', false],
    ['https://push.example/a', false],
    ['http://127.0.0.1:9090/a', false],
    ['https://[::1]/a', false],
    ['ftp://fcm.googleapis.com/a', false],
    ['', false],
  ])('%s: %s', (address, allowed) => {
    expect(pushEndpointAllowed(address, false)).toBe(allowed);
  });

  it.each([
    ['http://127.0.0.1:9090/a', true],
    ['https://push.example/a', true],
    ['file:///etc/passwd', false],
    ['http://a:b@127.0.0.1/a', false],
    ['nothing', false],
  ])('with private hosts allowed, %s: %s', (address, allowed) => {
    expect(pushEndpointAllowed(address, true)).toBe(allowed);
  });
});
