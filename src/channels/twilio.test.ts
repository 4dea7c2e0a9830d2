import { describe, expect, it } from 'vitest';
import type { Fault } from '../../test/farends/farend.ts';
import { wireTo } from '../../test/farends/farend.ts';
import { createTwilio, signature, type Twilio } from '../../test/farends/twilio.ts';
import vectors from '../../test/fixtures/spec/twilio-signature-vectors.json' with { type: 'json' };
import { type InboundRequest, type Outgoing, type Received, SendError, type Wire, WireError } from './channel.ts';
import { isSigned, type TwilioSettings, twilioSms, twiml } from './twilio.ts';

const accountSid = 'AC00000000000000000000000000000abc';
const authToken = 'a-token-that-nobody-may-read';
const ours = '+15005550006';
const service = 'MG00000000000000000000000000000001';
const nimali = '+94771234567';
const yusuf = '+962790123456';
const publicUrl = 'https://musafir.example';
const messagesUrl = `${publicUrl}/webhooks/twilio/messages`;
const statusUrl = `${publicUrl}/webhooks/twilio/status/tok-1`;
const noon = Date.UTC(2026, 3, 1, 12, 0, 0);

const texts = {
  sinhala: 'සුනාමි අනතුරු ඇඟවීම! වහාම උස් බිමකට යන්න. 1 = ආරක්ෂිතයි, 2 = උදව් ඕනෑ',
  arabic: 'تحذير من تسونامي! اذهب إلى مكان مرتفع الآن. 1 = بأمان، 2 = أحتاج مساعدة',
  thai: 'เตือนภัยสึนามิ! ขึ้นที่สูงเดี๋ยวนี้ 1 = ปลอดภัย 2 = ต้องการความช่วยเหลือ',
  japanese: '津波警報！今すぐ高台へ避難してください。1＝無事　2＝助けが必要',
  english: 'Tsunami warning! Go to high ground now. 1 = safe, 2 = help & "needs" 100% + more',
};

function farEnd(options: Partial<Parameters<typeof createTwilio>[0]> = {}): Twilio {
  return createTwilio({ accountSid, authToken, senders: [ours], services: [service], now: () => noon, ...options });
}

function channel(settings: Partial<TwilioSettings> = {}) {
  return twilioSms({ accountSid, authToken, from: ours, publicUrl, perSecond: 10, ...settings });
}

function outgoing(message: Partial<Outgoing> = {}): Outgoing {
  return {
    token: 'tok-1',
    to: nimali,
    text: texts.sinhala,
    heading: '',
    language: 'si',
    direction: 'ltr',
    ref: 'LK7K3M',
    chain: 'LK7K3M',
    urgency: 'Immediate',
    expires: noon + 3_600_000,
    now: noon,
    buttons: [],
    statusUrl,
    ...message,
  };
}

/** Nothing that a log may not hold: our secrets, the person's number, the words. */
function expectNothingPrivate(value: unknown, settings: Partial<TwilioSettings> = {}) {
  const shown = value instanceof Error ? `${value.message} ${JSON.stringify(value)} ${value.cause ?? ''}` : `${value}`;
  for (const secret of [...channel(settings).secrets, nimali, yusuf, ...Object.values(texts)])
    expect(shown).not.toContain(secret);
}

type Failure = { code: string; reason: string; retryAfter?: number };

async function failure(promise: Promise<unknown>, settings: Partial<TwilioSettings> = {}): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SendError);
  expectNothingPrivate(error, settings);
  const { code, reason, retryAfter } = error as SendError;
  return { code, reason, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

interface SendCase {
  label: string;
  message?: Partial<Outgoing>;
  settings?: Partial<TwilioSettings>;
  twilio?: Parameters<typeof farEnd>[0];
  script?: (twilio: Twilio) => void;
  /** what the far end then holds; nothing when absent */
  holds?: { body: string; from?: string; validityPeriod?: number }[];
  fails?: Failure;
  /** calls that reach the wire; 1 when absent */
  calls?: number;
  violations?: number;
}

const answers = (...answers: Fault[]) => ({ script: (twilio: Twilio) => twilio.fail(...answers) });
const refuses = (code: number) => ({ script: (twilio: Twilio) => twilio.errorFor(nimali, code) });

const sendCases: SendCase[] = [
  { label: 'Sinhala', holds: [{ body: texts.sinhala, from: ours, validityPeriod: 3600 }] },
  { label: 'Arabic', message: { text: texts.arabic, direction: 'rtl' }, holds: [{ body: texts.arabic }] },
  { label: 'Thai', message: { text: texts.thai }, holds: [{ body: texts.thai }] },
  { label: 'Japanese', message: { text: texts.japanese }, holds: [{ body: texts.japanese }] },
  {
    label: 'English with every character of a form',
    message: { text: texts.english },
    holds: [{ body: texts.english }],
  },
  { label: 'line breaks', message: { text: 'රෝහල\n\nවිවෘතයි' }, holds: [{ body: 'රෝහල\n\nවිවෘතයි' }] },
  {
    label: 'by a Messaging Service, which goes before the number',
    settings: { messagingServiceSid: service },
    holds: [{ body: texts.sinhala }],
  },
  { label: 'without receipts', message: { statusUrl: undefined as never }, holds: [{ body: texts.sinhala }] },
  {
    label: 'to another address of the API, with a slash too many',
    settings: { apiUrl: 'http://127.0.0.1:9999/' },
    twilio: { origin: 'http://127.0.0.1:9999' },
    holds: [{ body: texts.sinhala }],
  },

  // How long Twilio may keep it.
  {
    label: 'expires in three days: ValidityPeriod is the longest there is',
    message: { expires: noon + 3 * 86_400_000 },
    holds: [{ body: texts.sinhala, validityPeriod: 36_000 }],
  },
  {
    label: 'expires in 400 ms: ValidityPeriod is the shortest there is',
    message: { expires: noon + 400 },
    holds: [{ body: texts.sinhala, validityPeriod: 1 }],
  },
  {
    label: 'expires now: is not sent',
    message: { expires: noon },
    fails: { code: 'message_invalid', reason: 'expired' },
    calls: 0,
  },

  // Refused by the description itself.
  {
    label: 'body over 1,600 characters',
    message: { text: 'ආ'.repeat(1601) },
    fails: { code: 'message_invalid', reason: '21617' },
    violations: 1,
  },
  { label: 'empty body', message: { text: '' }, fails: { code: 'message_invalid', reason: '21602' }, violations: 1 },
  {
    label: 'not a number',
    message: { to: '0771234567' },
    fails: { code: 'address_unreachable', reason: '21211' },
    violations: 1,
  },
  {
    label: 'sender of somebody else',
    settings: { from: '+15550001111' },
    fails: { code: 'account', reason: '21606' },
    violations: 1,
  },
  {
    label: 'no sender at all',
    settings: { from: undefined as never },
    fails: { code: 'account', reason: 'no_sender' },
    calls: 0,
  },
  {
    label: 'wrong token',
    settings: { authToken: 'wrong ලකුණ' },
    fails: { code: 'account', reason: '20003' },
    violations: 1,
  },
  {
    label: 'an account that cannot be',
    settings: { accountSid: 'not/an account?' },
    fails: { code: 'account', reason: '20003' },
    violations: 1,
  },

  // Twilio's errors, one or more of every class.
  { label: 'STOP', ...refuses(21610), fails: { code: 'address_stopped', reason: '21610' } },
  { label: 'invalid number', ...refuses(21211), fails: { code: 'address_unreachable', reason: '21211' } },
  { label: 'cannot be reached', ...refuses(21214), fails: { code: 'address_unreachable', reason: '21214' } },
  { label: 'no route', ...refuses(21612), fails: { code: 'address_unreachable', reason: '21612' } },
  { label: 'not mobile', ...refuses(21614), fails: { code: 'address_unreachable', reason: '21614' } },
  { label: 'landline', ...refuses(21635), fails: { code: 'address_unreachable', reason: '21635' } },
  { label: 'body cannot be sent', ...refuses(21618), fails: { code: 'message_invalid', reason: '21618' } },
  { label: 'suspended', ...refuses(20005), fails: { code: 'account', reason: '20005' } },
  { label: 'country not enabled', ...refuses(21408), fails: { code: 'destination_closed', reason: '21408' } },
  { label: 'invalid sender', ...refuses(21212), fails: { code: 'account', reason: '21212' } },
  { label: 'trial account', ...refuses(21608), fails: { code: 'destination_closed', reason: '21608' } },
  { label: 'StatusCallback refused', ...refuses(21609), fails: { code: 'account', reason: '21609' } },
  { label: 'not a Twilio number', ...refuses(21659), fails: { code: 'account', reason: '21659' } },
  { label: 'no such service', ...refuses(21705), fails: { code: 'account', reason: '21705' } },
  { label: 'daily limit', ...refuses(63038), fails: { code: 'account', reason: '63038' } },
  { label: 'queue full', ...refuses(21611), fails: { code: 'provider_down', reason: '21611' } },
  { label: 'maintenance', ...refuses(20503), fails: { code: 'provider_down', reason: '20503' } },
  { label: 'internal error', ...refuses(20500), fails: { code: 'unknown', reason: '20500' } },
  { label: 'a code of tomorrow', ...refuses(29999), fails: { code: 'message_invalid', reason: '29999' } },

  // Too fast.
  {
    label: 'over the limit',
    twilio: { limitPerSecond: 0 },
    fails: { code: 'retry_after', reason: '20429', retryAfter: 1 },
  },
  {
    label: '429 with seconds',
    ...answers({ answer: { status: 429, headers: { 'Retry-After': '37' }, body: { code: 20429 } } }),
    fails: { code: 'retry_after', reason: '20429', retryAfter: 37 },
  },
  {
    label: '429 with a date',
    ...answers({
      answer: {
        status: 429,
        headers: { Date: 'Wed, 01 Apr 2026 12:00:00 GMT', 'Retry-After': 'Wed, 01 Apr 2026 12:01:30 GMT' },
        body: 'slow down',
      },
    }),
    fails: { code: 'retry_after', reason: 'http_429', retryAfter: 90 },
  },
  {
    label: '429 with nonsense',
    ...answers({ answer: { status: 429, headers: { 'Retry-After': 'soon' } } }),
    fails: { code: 'retry_after', reason: 'http_429', retryAfter: 1 },
  },
  {
    label: '429 without a header',
    ...answers({ answer: { status: 429, body: { code: 20429 } } }),
    fails: { code: 'retry_after', reason: '20429', retryAfter: 1 },
  },

  // Answers without a code of Twilio's.
  { label: '400', ...answers({ answer: { status: 400 } }), fails: { code: 'message_invalid', reason: 'http_400' } },
  { label: '401', ...answers({ answer: { status: 401 } }), fails: { code: 'account', reason: 'http_401' } },
  {
    label: '403',
    ...answers({ answer: { status: 403, body: '<html>' } }),
    fails: { code: 'account', reason: 'http_403' },
  },
  { label: '404', ...answers({ answer: { status: 404 } }), fails: { code: 'account', reason: 'http_404' } },
  { label: '408', ...answers({ answer: { status: 408 } }), fails: { code: 'unknown', reason: 'http_408' } },
  { label: '301', ...answers({ answer: { status: 301 } }), fails: { code: 'account', reason: 'http_301' } },
  {
    label: '500',
    ...answers({ answer: { status: 500, body: 'null' } }),
    fails: { code: 'unknown', reason: 'http_500' },
  },
  {
    label: '502',
    ...answers({ answer: { status: 502, body: '<html>' } }),
    fails: { code: 'unknown', reason: 'http_502' },
  },
  { label: '503', ...answers({ answer: { status: 503 } }), fails: { code: 'provider_down', reason: 'http_503' } },
  { label: '504', ...answers({ answer: { status: 504 } }), fails: { code: 'unknown', reason: 'http_504' } },
  {
    label: 'a code that is not a number is not repeated',
    ...answers({ answer: { status: 400, body: { code: `${authToken} ${nimali}` } } }),
    fails: { code: 'message_invalid', reason: 'http_400' },
  },

  // No answer, or one that says nothing.
  { label: 'cut before it was taken', ...answers('cut'), fails: { code: 'unknown', reason: 'no_answer' } },
  {
    label: 'cut after it was taken',
    ...answers('accept_then_cut'),
    holds: [{ body: texts.sinhala }],
    fails: { code: 'unknown', reason: 'no_answer' },
  },
  {
    label: 'taken, then silence',
    ...answers('accept_then_hang'),
    holds: [{ body: texts.sinhala }],
    fails: { code: 'unknown', reason: 'no_answer' },
  },
  {
    label: 'taken, then garbage',
    ...answers('garbage'),
    holds: [{ body: texts.sinhala }],
    fails: { code: 'unknown', reason: 'unreadable_answer' },
  },
  {
    label: '201 without a message id',
    ...answers({ answer: { status: 201, body: { sid: null } } }),
    fails: { code: 'unknown', reason: 'unreadable_answer' },
  },
  { label: '204', ...answers({ answer: { status: 204 } }), fails: { code: 'unknown', reason: 'unreadable_answer' } },
];

describe('send', () => {
  it.each(sendCases)(
    '$label',
    async ({ message, settings, twilio: options, script, holds = [], fails, ...expected }) => {
      const twilio = farEnd(options);
      script?.(twilio);
      const wire = wireTo(twilio);
      const sent = channel(settings).send(outgoing(message), wire);

      if (fails) expect(await failure(sent, settings)).toEqual(fails);
      else expect(await sent).toEqual({ providerId: twilio.sent[0]?.sid, final: false });
      expect(twilio.sent.map(({ body, from, validityPeriod }) => ({ body, from, validityPeriod }))).toEqual(
        holds.map((held) => expect.objectContaining(held)),
      );
      expect(wire.calls.map((call) => new URL(call.url).origin)).toEqual(
        Array(expected.calls ?? 1).fill(twilio.origin),
      );
      expect(twilio.violations).toHaveLength(expected.violations ?? 0);
      expect(twilio.violations.join()).not.toContain(nimali);
    },
  );

  it('sends exactly these parameters', async () => {
    const wire = wireTo(farEnd());
    await channel().send(outgoing(), wire);
    expect(Object.fromEntries(new URLSearchParams(wire.calls[0]?.body))).toEqual({
      To: nimali,
      From: ours,
      Body: texts.sinhala,
      StatusCallback: statusUrl,
      ValidityPeriod: '3600',
      SmartEncoded: 'false',
    });
  });

  it('knows a connection that never was from one that broke', async () => {
    const wire: Wire = { request: () => Promise.reject(new WireError('no', `connect ${nimali} ${authToken}`)) };
    expect(await failure(channel().send(outgoing(), wire))).toEqual({ code: 'provider_down', reason: 'no_connection' });
  });

  it('gives up after 15 seconds', async () => {
    const timeouts: (number | undefined)[] = [];
    const twilio = wireTo(farEnd());
    const wire: Wire = {
      request(url, init) {
        timeouts.push(init.timeoutMs);
        return twilio.request(url, init);
      },
    };
    await channel().send(outgoing(), wire);
    expect(timeouts).toEqual([15_000]);
  });
});

describe('find', () => {
  const query = { to: nimali, text: texts.sinhala, since: noon };

  it('finds a message that was taken without an answer, while it still waits in the queue', async () => {
    const twilio = farEnd();
    const wire = wireTo(twilio);
    twilio.fail('accept_then_cut');
    await failure(channel().send(outgoing(), wire));
    expect(await channel().find?.(query, wire)).toEqual([{ providerId: twilio.sent[0]?.sid, state: 'sent' }]);
    expect(twilio.violations).toEqual([]);
  });

  it('finds nothing of other people, other words, earlier times and the person’s own messages', async () => {
    let time = noon - 60_000;
    const twilio = farEnd({ now: () => time });
    const wire = wireTo(twilio);
    await channel().send(outgoing(), wire);
    time = noon;
    await channel().send(outgoing({ to: yusuf }), wire);
    await channel().send(outgoing({ text: texts.arabic }), wire);
    await twilio.incoming(messagesUrl, ours, nimali, texts.sinhala);
    expect(await channel().find?.(query, wire)).toEqual([]);
  });

  it('finds a message of the same second, and one of a trial account', async () => {
    const twilio = farEnd({ now: () => noon + 200 });
    const wire = wireTo(twilio);
    await channel().send(outgoing({ text: `Sent from your Twilio trial account - ${texts.sinhala}` }), wire);
    expect(await channel().find?.({ ...query, since: noon + 700 }, wire)).toHaveLength(1);
  });

  it.each([
    ['queued', undefined, { state: 'sent' }],
    ['sending', undefined, { state: 'sent' }],
    ['sent', undefined, { state: 'sent' }],
    ['delivered', undefined, { state: 'delivered' }],
    ['read', undefined, { state: 'delivered' }],
    ['undelivered', 30005, { state: 'failed', error: { code: 'address_unreachable', reason: '30005' } }],
    ['failed', 21610, { state: 'failed', error: { code: 'address_stopped', reason: '21610' } }],
    ['canceled', undefined, { state: 'failed', error: { code: 'message_invalid', reason: 'canceled' } }],
  ])('tells that it is %s', async (status, errorCode, told) => {
    const twilio = farEnd();
    const wire = wireTo(twilio);
    const { providerId } = await channel().send(outgoing(), wire);
    await twilio.deliver(providerId ?? '', status, errorCode);
    expect(await channel().find?.(query, wire)).toEqual([{ providerId, ...told }]);
  });

  it('reads every page', async () => {
    const twilio = farEnd();
    const wire = wireTo(twilio);
    const first = await channel().send(outgoing(), wire);
    for (let i = 0; i < 1100; i++) await channel().send(outgoing({ text: `${i}` }), wire);
    wire.calls.length = 0;
    expect(await channel().find?.(query, wire)).toEqual([{ providerId: first.providerId, state: 'sent' }]);
    expect(wire.calls).toHaveLength(2);
    expect(twilio.violations).toEqual([]);
  });

  const page = (body: object): Fault => ({ answer: { status: 200, body: { messages: [], ...body } } });
  const next = page({ next_page_uri: `/2010-04-01/Accounts/${accountSid}/Messages.json?To=%2B94771234567` });
  it.each<[string, Fault[], Failure]>([
    ['a list without end', Array(10).fill(next), { code: 'unknown', reason: 'list_too_long' }],
    [
      'a next page elsewhere',
      [page({ meta: { key: 'messages', next_page_url: 'https://elsewhere.example/' } })],
      { code: 'unknown', reason: 'foreign_page' },
    ],
    ['an unreadable list', ['garbage'], { code: 'unknown', reason: 'unreadable_answer' }],
    ['a list that is none', [{ answer: { status: 200, body: {} } }], { code: 'unknown', reason: 'unreadable_answer' }],
    ['a list refused', [{ answer: { status: 401 } }], { code: 'account', reason: 'http_401' }],
    ['a list too fast', [{ answer: { status: 429 } }], { code: 'retry_after', reason: 'http_429', retryAfter: 1 }],
    ['no answer', ['cut'], { code: 'unknown', reason: 'no_answer' }],
  ])('does not answer for %s', async (_label, faults, fails) => {
    const twilio = farEnd();
    const wire = wireTo(twilio);
    twilio.fail(...faults);
    expect(await failure(channel().find?.(query, wire) ?? Promise.resolve())).toEqual(fails);
    expect(wire.calls.map((call) => new URL(call.url).origin)).toEqual(wire.calls.map(() => twilio.origin));
  });
});

async function inbound(request: Request): Promise<InboundRequest> {
  return {
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: new TextDecoder().decode(await request.arrayBuffer()),
  };
}

/** The parameters as Twilio would post them to `url`; `signedUrl` when it signs another form of the address. */
async function posted(url: string, params: Record<string, string>, signedUrl = url): Promise<InboundRequest> {
  return { method: 'POST', url, ...(await farEnd().signed(signedUrl, params)) };
}

async function receive(request: InboundRequest, settings: Partial<TwilioSettings> = {}): Promise<Received[]> {
  const received = (await channel(settings).receive?.(request)) ?? [];
  for (const item of received) {
    if (item.kind === 'refused' || item.kind === 'ignored') expectNothingPrivate(item.why, settings);
    if (item.kind === 'status') expectNothingPrivate(JSON.stringify(item), settings);
  }
  return received;
}

const sid = 'SM0123456789abcdef0123456789abcdef';
const message = { AccountSid: accountSid, MessageSid: sid, From: nimali, To: ours, Body: '1', NumMedia: '0' };
const status = { AccountSid: accountSid, MessageSid: sid, MessageStatus: 'delivered', From: ours, To: nimali };
const { Body: _body, ...withoutBody } = message;
const { MessageStatus: _status, ...withoutStatus } = status;
const heard = { kind: 'incoming', id: sid, from: nimali, to: ours, text: '1' };
const told = { kind: 'status', providerId: sid, token: 'tok-1' };
const refused = (code: number, why = expect.any(String)) => [{ kind: 'refused', status: code, why }];

interface ReceiveCase {
  label: string;
  url?: string;
  /** the form of the address that Twilio signs; `url` when absent */
  signs?: string;
  params?: Record<string, string>;
  settings?: Partial<TwilioSettings>;
  /** what happens to the request on its way */
  change?: (request: InboundRequest) => void;
  comes: unknown[];
}

const receiveCases: ReceiveCase[] = [
  // People.
  ...Object.entries(texts).map(([language, text]) => ({
    label: `a message in ${language}`,
    params: { ...message, Body: text },
    comes: [{ ...heard, text }],
  })),
  { label: 'an emoji and a line break', params: { ...message, Body: '🙏\nok' }, comes: [{ ...heard, text: '🙏\nok' }] },
  { label: 'an empty message', params: withoutBody, comes: [{ ...heard, text: '' }] },
  {
    label: 'an old message id',
    params: { AccountSid: accountSid, SmsSid: sid, From: nimali, To: ours, Body: '1' },
    comes: [heard],
  },
  {
    label: 'pictures',
    params: { ...message, NumMedia: '2', MediaUrl0: 'https://api.twilio.com/x' },
    comes: [heard, { kind: 'ignored', why: '2 media not read' }],
  },
  {
    label: 'a word that Twilio took as STOP',
    params: { ...message, Body: 'නවත්වන්න', OptOutType: 'STOP' },
    comes: [
      { ...heard, text: 'නවත්වන්න' },
      { kind: 'address', from: nimali, state: 'stopped' },
    ],
  },
  {
    label: 'a word that Twilio took as START',
    params: { ...message, OptOutType: 'START' },
    comes: [heard, { kind: 'address', from: nimali, state: 'active' }],
  },
  { label: 'a word that Twilio took as HELP', params: { ...message, OptOutType: 'HELP' }, comes: [heard] },
  {
    label: 'a sender that has no number',
    params: { ...message, From: 'MyBank' },
    comes: [{ kind: 'ignored', why: 'the sender is not a phone number' }],
  },
  {
    label: 'a gateway below a path',
    settings: { publicUrl: 'https://example.org/relief/' },
    url: 'https://example.org/relief/webhooks/twilio/messages',
    comes: [heard],
  },

  // What became of ours.
  ...['queued', 'accepted', 'scheduled', 'sending', 'receiving', 'received', 'partially_delivered', 'constructor'].map(
    (word) => ({
      label: word,
      url: statusUrl,
      params: { ...status, MessageStatus: word },
      comes: [{ kind: 'ignored', why: 'not a final status' }],
    }),
  ),
  { label: 'sent', url: statusUrl, params: { ...status, MessageStatus: 'sent' }, comes: [{ ...told, state: 'sent' }] },
  { label: 'delivered', url: statusUrl, params: status, comes: [{ ...told, state: 'delivered' }] },
  {
    label: 'read',
    url: statusUrl,
    params: { ...status, MessageStatus: 'read' },
    comes: [{ ...told, state: 'delivered' }],
  },
  ...(
    [
      ['undelivered', '30003', 'address_unreachable'],
      ['undelivered', '30005', 'address_unreachable'],
      ['undelivered', '30006', 'address_unreachable'],
      ['undelivered', '30008', 'address_unreachable'],
      ['undelivered', '39999', 'address_unreachable'],
      ['undelivered', '30007', 'message_invalid'],
      ['failed', '21610', 'address_stopped'],
      ['failed', '30001', 'provider_down'],
      ['failed', '30002', 'account'],
      ['failed', '30034', 'account'],
      ['failed', '30036', 'provider_down'],
      ['failed', '30410', 'unknown'],
      ['failed', '63017', 'retry_after'],
    ] as const
  ).map(([word, reason, code]) => ({
    label: `${word} ${reason}`,
    url: statusUrl,
    params: { ...status, MessageStatus: word, ErrorCode: reason },
    comes: [{ ...told, state: 'failed', error: { code, reason } }],
  })),
  {
    label: 'failed without a code',
    url: statusUrl,
    params: { ...status, MessageStatus: 'failed', ErrorCode: '0' },
    comes: [{ ...told, state: 'failed', error: { code: 'address_unreachable', reason: 'failed' } }],
  },
  {
    label: 'failed with a code that is none',
    url: statusUrl,
    params: { ...status, MessageStatus: 'failed', ErrorCode: `${authToken} ${nimali}` },
    comes: [{ ...told, state: 'failed', error: { code: 'address_unreachable', reason: 'failed' } }],
  },
  {
    label: 'canceled',
    url: statusUrl,
    params: { ...status, MessageStatus: 'canceled' },
    comes: [{ ...told, state: 'failed', error: { code: 'message_invalid', reason: 'canceled' } }],
  },
  {
    label: 'the old names of a status',
    url: statusUrl,
    params: { AccountSid: accountSid, SmsSid: sid, SmsStatus: 'delivered' },
    comes: [{ ...told, state: 'delivered' }],
  },
  {
    label: 'the token as a query',
    url: `${publicUrl}/webhooks/twilio/status?t=tok-1`,
    params: status,
    comes: [{ ...told, state: 'delivered' }],
  },
  {
    label: 'no token',
    url: `${publicUrl}/webhooks/twilio/status`,
    params: status,
    comes: [{ kind: 'status', providerId: sid, state: 'delivered' }],
  },

  // Signed over another form of the address.
  { label: 'signed with the standard port', signs: messagesUrl.replace('.example', '.example:443'), comes: [heard] },
  {
    label: 'signed with %27 for an apostrophe',
    url: `${publicUrl}/webhooks/twilio/status?t=it's`,
    signs: `${publicUrl}/webhooks/twilio/status?t=it%27s`,
    params: status,
    comes: [{ ...told, token: "it's", state: 'delivered' }],
  },

  // Not from Twilio.
  { label: 'no signature', change: (r) => delete r.headers['x-twilio-signature'], comes: refused(403, 'no signature') },
  {
    label: 'an empty signature',
    change: (r) => {
      r.headers['x-twilio-signature'] = '';
    },
    comes: refused(403, 'no signature'),
  },
  {
    label: 'a signature of another length',
    change: (r) => {
      r.headers['x-twilio-signature'] = 'WRONG';
    },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'a changed body',
    change: (r) => {
      r.body = r.body.replace('Body=1', 'Body=2');
    },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'an added field',
    change: (r) => {
      r.body += '&OptOutType=STOP';
    },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'a field of the name __proto__',
    change: (r) => {
      r.body += '&__proto__=x';
    },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'the token of another message',
    url: statusUrl,
    params: status,
    change: (r) => {
      r.url = r.url.replace('tok-1', 'tok-2');
    },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'signed with the token of another account',
    settings: { authToken: 'another' },
    comes: refused(403, 'wrong signature'),
  },
  {
    label: 'a message of another account',
    params: { ...message, AccountSid: `AC${'9'.repeat(32)}` },
    comes: refused(403, 'another account'),
  },
  { label: 'a message of no account', params: { ...message, AccountSid: '' }, comes: refused(403, 'another account') },
  {
    label: 'a status of another account',
    url: statusUrl,
    params: { ...status, AccountSid: `AC${'9'.repeat(32)}` },
    comes: refused(403, 'another account'),
  },

  // Not in its form.
  {
    label: 'a GET',
    change: (r) => {
      r.method = 'GET';
    },
    comes: refused(400, 'not a POST'),
  },
  {
    label: 'JSON',
    change: (r) => {
      r.headers['content-type'] = 'application/json';
      r.body = '{}';
    },
    comes: refused(400, 'not a form'),
  },
  ...['', 'just text', '{"a":1}', 'Body=%', 'Body=%zz', 'Body=%FF', '=1', 'a=1&&b=2'].map((body) => ({
    label: `the body "${body}"`,
    change: (r: InboundRequest) => {
      r.body = body;
    },
    comes: refused(400, 'not a form'),
  })),
  { label: 'no sender', params: { ...message, From: '' }, comes: refused(400) },
  { label: 'no message id', params: { ...message, MessageSid: 'x' }, comes: refused(400) },
  { label: 'no status', url: statusUrl, params: withoutStatus, comes: refused(400) },
  { label: 'another path', url: `${publicUrl}/webhooks/twilio/voice`, comes: refused(400, 'no webhook has this path') },
  {
    label: 'a path outside of ours',
    settings: { publicUrl: 'https://musafir.example/relief' },
    comes: refused(400, 'no webhook has this path'),
  },
  {
    label: 'a token that cannot be decoded',
    url: `${publicUrl}/webhooks/twilio/status/%ff`,
    comes: refused(400, 'not readable'),
  },
  {
    label: 'no address',
    change: (r) => {
      r.url = 'musafir';
    },
    comes: refused(400, 'not readable'),
  },
];

describe('receive', () => {
  it.each(receiveCases)(
    '$label',
    async ({ url = messagesUrl, signs = url, params = message, settings, change, comes }) => {
      const request = await posted(url, params, signs);
      change?.(request);
      const received = await receive(request, settings);
      expect(received).toEqual(comes);
      // Twilio repeats a request that it thinks was lost: the same comes out, under the same id.
      expect(await receive(request, settings)).toEqual(received);
    },
  );

  it('reads what the stand-in sends', async () => {
    const twilio = farEnd();
    const { providerId = '' } = await channel().send(outgoing(), wireTo(twilio));
    expect(await receive(await inbound(await twilio.deliver(providerId, 'undelivered', 30006)))).toEqual([
      { ...told, providerId, state: 'failed', error: { code: 'address_unreachable', reason: '30006' } },
    ]);
    expect(await receive(await inbound(await twilio.incoming(messagesUrl, nimali, ours, texts.thai, sid)))).toEqual([
      { ...heard, text: texts.thai },
    ]);
  });
});

describe('signatures: the vectors of Twilio’s own tests', () => {
  const form = (params: object) =>
    new URLSearchParams(
      Object.entries(params).flatMap(([name, value]) => [value].flat().map((item) => [name, String(item)])),
    ).toString();
  const request = (url: string, type: string, body: string, signed: string | null): InboundRequest => ({
    method: 'POST',
    url,
    headers: { 'content-type': type, ...(signed === null ? {} : { 'x-twilio-signature': signed }) },
    body,
  });
  const formType = 'application/x-www-form-urlencoded';

  it.each(vectors.form)('$name', async ({ requestUrl, signedUrl, params, signature: signed }) => {
    expect(isSigned(request(requestUrl, formType, form(params), signed), vectors.authToken)).toBe(true);
    expect(isSigned(request(requestUrl, formType, form(params), signed), 'another')).toBe(false);
    expect(isSigned(request(requestUrl, formType, `${form(params)}&x=1`, signed), vectors.authToken)).toBe(false);
    expect(await signature(vectors.authToken, signedUrl, JSON.parse(JSON.stringify(params)))).toBe(signed);
  });

  it.each(vectors.invalid)('invalid: $name', ({ requestUrl, params, signature: signed }) => {
    expect(isSigned(request(requestUrl, formType, form(params), signed), vectors.authToken)).toBe(false);
  });

  it.each(vectors.body)('$name', ({ requestUrl, body, signature: signed }) => {
    expect(isSigned(request(requestUrl, 'application/json', body, signed), vectors.authToken)).toBe(true);
    expect(isSigned(request(requestUrl, 'application/json', `${body} `, signed), vectors.authToken)).toBe(false);
  });
});

describe('the channel', () => {
  it('names what must not be logged', () => {
    expect(channel().secrets).toEqual([authToken, btoa(`${accountSid}:${authToken}`)]);
  });

  it.each([
    [0.5, 1],
    [10, 10],
    [500, 64],
  ])('at %d a second has at most %d under way', (perSecond, inFlight) => {
    expect(channel({ perSecond })).toMatchObject({ name: 'sms', perSecond, inFlight });
  });

  it('answers a webhook without a message', () => {
    expect(twiml()).toContain('<Response></Response>');
  });
});
