import { beforeEach, describe, expect, it } from 'vitest';
import { type Fault, wireTo } from '../../test/farends/farend.ts';
import { createTelegram } from '../../test/farends/telegram.ts';
import { type InboundRequest, type Outgoing, SendError, type SendErrorCode, WireError } from './channel.ts';
import { telegramBot } from './telegram.ts';

const TOKEN = '7000001:AAE-test_token_of_the_stand_in';
const SECRET = 'webhook-secret_1';
const NIMALI = 91001;
const YUSUF = 91002;
const HOOK = 'https://gateway.example/webhooks/telegram';
const NOW = Date.UTC(2026, 2, 11, 6, 0, 0);

const farEnd = createTelegram({ token: TOKEN, now: () => NOW });
const channel = telegramBot({ token: TOKEN, webhookSecret: SECRET });
let wire = wireTo(farEnd);

beforeEach(() => {
  farEnd.reset();
  farEnd.open(NIMALI);
  farEnd.open(YUSUF);
  wire = wireTo(farEnd);
});

function message(change: Partial<Outgoing> = {}): Outgoing {
  return {
    token: 'delivery-1',
    to: String(NIMALI),
    text: 'A tsunami is coming. Go up now.',
    heading: '',
    language: 'en',
    direction: 'ltr',
    ref: 'LK7K3M',
    chain: 'chain-1',
    urgency: 'Immediate',
    expires: NOW + 3_600_000,
    now: NOW,
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
  for (const secret of channel.secrets) {
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
  }
  expect(error.message).not.toContain('tsunami');
  expect(error.cause).toBeUndefined();
  return error;
}

describe('send', () => {
  const family = '👨‍👩‍👧‍👦';
  const cases: {
    label: string;
    message: Partial<Outgoing>;
    text: string;
    bold?: string;
  }[] = [
    {
      label: 'Sinhala with a heading',
      message: { language: 'si', heading: 'සුනාමි අනතුරු ඇඟවීම', text: 'දැන්ම උස් බිමකට යන්න. ශ්‍රී ලංකා තානාපති කාර්යාලය' },
      text: 'සුනාමි අනතුරු ඇඟවීම\nදැන්ම උස් බිමකට යන්න. ශ්‍රී ලංකා තානාපති කාර්යාලය',
      bold: 'සුනාමි අනතුරු ඇඟවීම',
    },
    {
      label: 'Arabic: the words go out as they were approved',
      message: {
        language: 'ar',
        direction: 'rtl',
        heading: 'تسونامي',
        text: 'اصعد الآن. اتصل \u2066+94 11 232 3015\u2069',
        link: 'https://musafir.example/check/LK7K3M',
      },
      text: 'تسونامي\nاصعد الآن. اتصل \u2066+94 11 232 3015\u2069\nhttps://musafir.example/check/LK7K3M',
      bold: 'تسونامي',
    },
    { label: 'Thai', message: { language: 'th', text: 'ขึ้นที่สูงเดี๋ยวนี้ อย่ากลับบ้าน' }, text: 'ขึ้นที่สูงเดี๋ยวนี้ อย่ากลับบ้าน' },
    {
      label: 'Japanese with a link',
      message: { language: 'ja', text: '津波が来ます。\n高い所へ逃げてください。', link: 'https://musafir.example/a' },
      text: '津波が来ます。\n高い所へ逃げてください。\nhttps://musafir.example/a',
    },
    {
      label: 'English with signs of markup',
      message: { text: '<b>Go_up* & [stay]` $1.00 ~ >', heading: '*Tsunami_' },
      text: '*Tsunami_\n<b>Go_up* & [stay]` $1.00 ~ >',
      bold: '*Tsunami_',
    },
    {
      label: 'a link that the text has already is not said twice',
      message: { text: 'See https://musafir.example/a now', link: 'https://musafir.example/a' },
      text: 'See https://musafir.example/a now',
    },
    {
      label: 'too long: cut between two Sinhala graphemes, the link stays',
      message: { heading: 'H', text: 'ශ්‍රී'.repeat(1000), link: 'https://musafir.example/a' },
      text: `H\n${'ශ්‍රී'.repeat(813)}…\nhttps://musafir.example/a`,
      bold: 'H',
    },
    {
      label: 'too long: cut between two families',
      message: { text: family.repeat(400) },
      text: `${family.repeat(372)}…`,
    },
    { label: 'half of a character', message: { text: 'Go up \ud83d now' }, text: 'Go up \ufffd now' },
  ];

  it.each(cases)('$label', async ({ message: change, text, bold }) => {
    const accepted = await channel.send(message(change), wire);
    expect(accepted).toEqual({ providerId: '1', final: true });
    expect(farEnd.sent).toHaveLength(1);
    const [sent] = farEnd.sent;
    expect(sent?.text).toBe(text);
    expect(sent?.text.length).toBeLessThanOrEqual(4096);
    expect(sent?.entities).toEqual(bold ? [{ type: 'bold', offset: 0, length: bold.length }] : []);
    expect(text.slice(0, bold?.length ?? 0)).toBe(bold ?? '');
    expect(JSON.parse(wire.calls[0]?.body ?? '')).toMatchObject({ link_preview_options: { is_disabled: true } });
    expect(wire.calls).toHaveLength(1);
    expect(farEnd.violations).toEqual([]);
  });

  it('gives every button its own row, and leaves out what Telegram would refuse', async () => {
    const buttons = [
      { label: 'මම ආරක්ෂිතයි', data: '1:LK7K3M' },
      { label: 'أحتاج مساعدة', data: `2:${'ශ'.repeat(20)}` },
      { label: 'too much data', data: 'ශ'.repeat(22) },
      { label: ' ', data: '3' },
    ];
    await channel.send(message({ buttons }), wire);
    expect(farEnd.sent[0]?.replyMarkup).toEqual({
      inline_keyboard: [
        [{ text: 'මම ආරක්ෂිතයි', callback_data: '1:LK7K3M' }],
        [{ text: 'أحتاج مساعدة', callback_data: `2:${'ශ'.repeat(20)}` }],
      ],
    });
    expect(farEnd.violations).toEqual([]);
  });

  it('strikes the older message out and takes its buttons away', async () => {
    const first = await channel.send(message({ buttons: [{ label: 'Safe', data: '1' }] }), wire);
    const change = { text: 'අවසන්', replaces: first.providerId ?? '', replacesText: 'නවත්වා ඇත 👨‍👩‍👧‍👦' };
    await channel.send(message(change), wire);
    expect(farEnd.sent.map((it) => it.text)).toEqual(['A tsunami is coming. Go up now.', 'අවසන්']);
    expect(farEnd.sent[0]?.edited).toEqual({
      text: 'නවත්වා ඇත 👨‍👩‍👧‍👦',
      entities: [{ type: 'strikethrough', offset: 0, length: 'නවත්වා ඇත 👨‍👩‍👧‍👦'.length }],
      replyMarkup: undefined,
    });
    expect(farEnd.violations).toEqual([]);
  });

  const edits: { label: string; change: Partial<Outgoing>; faults?: Fault[] }[] = [
    { label: 'the older message is gone', change: { replaces: '77', replacesText: 'old' } },
    {
      label: 'the edit is cut',
      change: { replaces: '1', replacesText: 'old' },
      faults: ['accept_then_cut'],
    },
    {
      label: 'the edit is answered by a proxy',
      change: { replaces: '1', replacesText: 'old' },
      faults: [{ answer: { status: 502, body: '<html>502 Bad Gateway</html>' } }],
    },
    { label: 'no words for the older message', change: { replaces: '1' } },
    { label: 'an id that is not ours', change: { replaces: 'SM123', replacesText: 'old' } },
  ];
  it.each(edits)('sends although $label', async ({ change, faults = [] }) => {
    await channel.send(message(), wire);
    farEnd.fail(...faults);
    await channel.send(message({ text: 'කරුණාකර රැඳී සිටින්න', ...change }), wire);
    expect(farEnd.sent.map((it) => it.text)).toEqual(['A tsunami is coming. Go up now.', 'කරුණාකර රැඳී සිටින්න']);
    expect(farEnd.violations).toEqual([]);
  });
});

describe('send refused', () => {
  const answer = (status: number, description: string, parameters?: Record<string, number>): Fault => ({
    answer: { status, body: { ok: false, error_code: status, description, ...(parameters ? { parameters } : {}) } },
  });
  const html = (status: number): Fault => ({ answer: { status, body: '<html><h1>tsunami</h1></html>' } });

  const cases: {
    label: string;
    fault?: Fault;
    before?: () => void;
    change?: Partial<Outgoing>;
    code: SendErrorCode;
    reason: string;
    retryAfter?: number;
  }[] = [
    {
      label: '429',
      fault: answer(429, 'Too Many Requests: retry after 17', { retry_after: 17 }),
      code: 'retry_after',
      reason: 'too_many_requests',
      retryAfter: 17,
    },
    {
      label: '429 without a time',
      fault: answer(429, 'Too Many Requests'),
      code: 'retry_after',
      reason: 'too_many_requests',
      retryAfter: 30,
    },
    { label: '429 of a proxy', fault: html(429), code: 'retry_after', reason: 'unreadable_429', retryAfter: 30 },
    { label: 'blocked', before: () => farEnd.block(NIMALI), code: 'address_stopped', reason: 'blocked' },
    {
      label: 'deactivated',
      before: () => farEnd.deactivate(NIMALI),
      code: 'address_unreachable',
      reason: 'deactivated',
    },
    {
      label: 'never started',
      fault: answer(403, "Forbidden: bot can't initiate conversation with a user"),
      code: 'address_unreachable',
      reason: 'not_started',
    },
    {
      label: 'thrown out of a group',
      fault: answer(403, 'Forbidden: bot was kicked from the supergroup chat'),
      code: 'address_unreachable',
      reason: 'http_403',
    },
    { label: 'an unknown chat', change: { to: '4242' }, code: 'address_unreachable', reason: 'chat_not_found' },
    {
      label: 'PEER_ID_INVALID',
      fault: answer(400, 'Bad Request: PEER_ID_INVALID'),
      code: 'address_unreachable',
      reason: 'chat_not_found',
    },
    {
      label: 'a group that moved',
      fault: answer(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: -100123 }),
      code: 'address_unreachable',
      reason: 'migrated',
    },
    { label: 'no text', change: { text: ' ' }, code: 'message_invalid', reason: 'empty' },
    {
      label: 'too long',
      fault: answer(400, 'Bad Request: message is too long'),
      code: 'message_invalid',
      reason: 'too_long',
    },
    {
      label: 'any other 400',
      fault: answer(400, 'Bad Request: tsunami'),
      code: 'message_invalid',
      reason: 'http_400',
    },
    { label: '413', fault: answer(413, 'Request Entity Too Large'), code: 'message_invalid', reason: 'http_413' },
    { label: '401', fault: answer(401, 'Unauthorized'), code: 'account', reason: 'http_401' },
    { label: '404', fault: answer(404, 'Not Found'), code: 'account', reason: 'http_404' },
    { label: '404 of another server', fault: html(404), code: 'account', reason: 'unreadable_404' },
    { label: '500', fault: answer(500, 'Internal Server Error'), code: 'unknown', reason: 'http_500' },
    { label: '502', fault: answer(502, 'Bad Gateway'), code: 'unknown', reason: 'http_502' },
    { label: '502 of a proxy', fault: html(502), code: 'unknown', reason: 'unreadable_502' },
    { label: '504', fault: answer(504, 'Gateway Timeout'), code: 'unknown', reason: 'http_504' },
    { label: '504 of a proxy', fault: html(504), code: 'unknown', reason: 'unreadable_504' },
    { label: '503', fault: answer(503, 'Service Unavailable'), code: 'provider_down', reason: 'http_503' },
    { label: '503 of a proxy', fault: html(503), code: 'provider_down', reason: 'unreadable_503' },
    { label: 'a redirect', fault: html(302), code: 'provider_down', reason: 'unreadable_302' },
    { label: 'a filter on the way', fault: html(403), code: 'provider_down', reason: 'unreadable_403' },
    { label: 'accepted, then cut', fault: 'accept_then_cut', code: 'unknown', reason: 'no_answer' },
    { label: 'accepted, then nothing', fault: 'accept_then_hang', code: 'unknown', reason: 'no_answer' },
    { label: 'cut before', fault: 'cut', code: 'unknown', reason: 'no_answer' },
    { label: 'garbage', fault: 'garbage', code: 'unknown', reason: 'unreadable_200' },
    { label: '200 of a proxy', fault: html(200), code: 'unknown', reason: 'unreadable_200' },
    {
      label: 'success without a message',
      fault: { answer: { status: 200, body: { ok: true, result: true } } },
      code: 'unknown',
      reason: 'unreadable_200',
    },
    {
      label: 'success by its words, failure by its status',
      fault: { answer: { status: 500, body: { ok: true, result: { message_id: 1, chat: { id: NIMALI } } } } },
      code: 'unknown',
      reason: 'unreadable_500',
    },
    {
      label: 'JSON that is not an answer',
      fault: { answer: { status: 200, body: [1, 2] } },
      code: 'unknown',
      reason: 'unreadable_200',
    },
    { label: 'a user name', change: { to: '@nimali' }, code: 'address_unreachable', reason: 'chat_id_invalid' },
    { label: 'nobody', change: { to: '' }, code: 'address_unreachable', reason: 'chat_id_invalid' },
    {
      label: 'an id too large',
      change: { to: '9999999999999999' },
      code: 'address_unreachable',
      reason: 'chat_id_invalid',
    },
  ];

  it.each(cases)('$label: $code', async ({ fault, before, change, code, reason, retryAfter }) => {
    before?.();
    if (fault) farEnd.fail(fault);
    const error = await failure(channel.send(message(change), wire));
    expect({ code: error.code, reason: error.reason, retryAfter: error.retryAfter }).toEqual({
      code,
      reason,
      retryAfter,
    });
    expect(wire.calls.length).toBeLessThanOrEqual(1);
    expect(farEnd.violations).toEqual(change?.text === ' ' ? ['sendMessage: Bad Request: message text is empty'] : []);
  });

  it('no connection: certainly not accepted', async () => {
    const refused = { request: () => Promise.reject(new WireError('no', 'ECONNREFUSED')) };
    expect(await failure(channel.send(message(), refused))).toMatchObject({ code: 'provider_down' });
  });

  it('wrong token: account, and the token is nowhere', async () => {
    const other = telegramBot({ token: `${TOKEN}x`, webhookSecret: SECRET });
    expect(await failure(other.send(message(), wire))).toMatchObject({ code: 'account', reason: 'http_401' });
    expect(farEnd.violations.join()).not.toContain(TOKEN);
  });

  it('the provider slows us down: one a second to a chat', async () => {
    const strict = createTelegram({ token: TOKEN, enforceLimits: true, openChats: true, now: () => NOW });
    const strictWire = wireTo(strict);
    await channel.send(message(), strictWire);
    expect(await failure(channel.send(message(), strictWire))).toMatchObject({ code: 'retry_after', retryAfter: 1 });
    expect(strict.throttled).toBe(1);
    expect(strict.violations).toEqual([]);
  });

  it('a bug in the wire stays a bug', async () => {
    const broken = { request: () => Promise.reject(new RangeError('bug')) };
    await expect(channel.send(message(), broken)).rejects.toThrow(RangeError);
  });
});

async function inbound(request: Request): Promise<InboundRequest> {
  const headers = Object.fromEntries(request.headers);
  return { method: request.method, url: request.url, headers, body: await request.text() };
}

describe('receive', () => {
  const at = NOW;
  const to = '7000001';
  const people = () => farEnd.update(HOOK, SECRET);
  const group = { id: -100200, type: 'supergroup', title: 'Workers in Beirut' };
  const from = { id: YUSUF, is_bot: false, first_name: 'Yusuf' };
  const file = { file_id: 'f', file_unique_id: 'u' };

  const cases: { label: string; request: () => Request; received: unknown }[] = [
    {
      label: 'Sinhala words',
      request: () => people().text(NIMALI, 'මම ආරක්ෂිතයි', { language: 'si' }),
      received: { kind: 'incoming', from: '91001', to, text: 'මම ආරක්ෂිතයි', languageHint: 'si', at },
    },
    {
      label: 'Arabic words, kept as they came',
      request: () => people().text(YUSUF, '  ساعدوني ٢  '),
      received: { kind: 'incoming', from: '91002', to, text: '  ساعدوني ٢  ', at },
    },
    {
      label: 'Thai words',
      request: () => people().text(YUSUF, 'ช่วยด้วย'),
      received: { kind: 'incoming', from: '91002', to, text: 'ช่วยด้วย', at },
    },
    {
      label: 'Japanese words',
      request: () => people().text(YUSUF, '無事です'),
      received: { kind: 'incoming', from: '91002', to, text: '無事です', at },
    },
    {
      label: 'start by a deep link',
      request: () => people().start(91003, 'jT-9_x', { language: 'si' }),
      received: { kind: 'incoming', from: '91003', to, text: '/start', startToken: 'jT-9_x', languageHint: 'si', at },
    },
    {
      label: 'start alone',
      request: () => people().start(91003),
      received: { kind: 'incoming', from: '91003', to, text: '/start', at },
    },
    {
      label: 'start with words that are no token: the words are not lost',
      request: () => people().text(NIMALI, '/start මට උදව් ඕනේ'),
      received: { kind: 'incoming', from: '91001', to, text: '/start මට උදව් ඕනේ', at },
    },
    {
      label: 'stop',
      request: () => people().text(NIMALI, '/stop@musafir_test_bot'),
      received: { kind: 'incoming', from: '91001', to, text: '/stop', at },
    },
    {
      label: 'a place, to a kilometre',
      request: () => people().location(NIMALI, { latitude: 6.927079, longitude: -79.861244 }),
      received: {
        kind: 'incoming',
        from: '91001',
        to,
        text: '',
        location: { latitude: 6.93, longitude: -79.86 },
        at,
      },
    },
    {
      label: 'a place on the equator',
      request: () => people().location(NIMALI, { latitude: -0.001, longitude: 9.451 }),
      received: { kind: 'incoming', from: '91001', to, text: '', location: { latitude: 0, longitude: 9.45 }, at },
    },
    {
      label: 'a live location',
      request: () => people().location(NIMALI, { latitude: 6.9, longitude: 79.8 }, { live: 900 }),
      received: { kind: 'ignored', why: 'a live location' },
    },
    {
      label: 'a live location that moves',
      request: () =>
        people().raw({
          edited_message: {
            message_id: 5,
            chat: { id: NIMALI, type: 'private' },
            date: 1,
            location: { latitude: 6.9, longitude: 79.8, live_period: 900 },
          },
        }),
      received: { kind: 'ignored', why: 'a live location' },
    },
    {
      label: 'a photo with words',
      request: () => people().message(NIMALI, { photo: [{ ...file, width: 9, height: 9 }], caption: 'උදව්' }),
      received: { kind: 'incoming', from: '91001', to, text: 'උදව්', at },
    },
    {
      label: 'a photo',
      request: () => people().message(NIMALI, { photo: [{ ...file, width: 9, height: 9 }] }),
      received: { kind: 'ignored', why: 'without words: photo' },
    },
    {
      label: 'a voice message',
      request: () => people().message(NIMALI, { voice: { ...file, duration: 3 } }),
      received: { kind: 'ignored', why: 'without words: voice' },
    },
    {
      label: 'a message of no known content',
      request: () => people().message(NIMALI, { group_chat_created: true }),
      received: { kind: 'ignored', why: 'without words: other' },
    },
    {
      label: 'a message in a group',
      request: () => people().raw({ message: { message_id: 5, chat: group, from, date: 1, text: 'help' } }),
      received: { kind: 'ignored', why: 'a message in a group' },
    },
    {
      label: 'a button in a group',
      request: () =>
        people().raw({
          callback_query: {
            id: '1',
            from,
            chat_instance: 'c',
            data: '1',
            message: { message_id: 5, chat: group, date: 0 },
          },
        }),
      received: { kind: 'ignored', why: 'a button in a group' },
    },
    {
      label: 'a message of a bot',
      request: () => people().message(NIMALI, { text: 'hi', from: { id: NIMALI, is_bot: true, first_name: 'x' } }),
      received: { kind: 'ignored', why: 'a message of a bot' },
    },
    {
      label: 'an edited message',
      request: () =>
        people().raw({ edited_message: { message_id: 5, chat: { id: 1, type: 'private' }, date: 1, text: '1' } }),
      received: { kind: 'ignored', why: 'an edited message' },
    },
    {
      label: 'a button',
      request: () => people().press(YUSUF, '1:LK7K3M', { anyway: true, language: 'ar' }),
      received: {
        kind: 'incoming',
        from: '91002',
        to,
        text: '1:LK7K3M',
        languageHint: 'ar',
        acknowledge: expect.any(String),
      },
    },
    {
      label: 'a button without data',
      request: () => people().raw({ callback_query: { id: '1', from, chat_instance: 'c', game_short_name: 'g' } }),
      received: { kind: 'ignored', why: 'a button without data' },
    },
    {
      label: 'blocked',
      request: () => people().blocked(NIMALI),
      received: { kind: 'address', from: '91001', state: 'stopped' },
    },
    {
      label: 'unblocked',
      request: () => people().unblocked(NIMALI),
      received: { kind: 'address', from: '91001', state: 'active' },
    },
    {
      label: 'thrown out of a group',
      request: () =>
        people().raw({
          my_chat_member: { chat: group, from, date: 1, new_chat_member: { status: 'kicked' } },
        }),
      received: { kind: 'ignored', why: 'membership in a group' },
    },
    {
      label: 'a kind that was not asked for',
      request: () => people().raw({ poll: { id: '1' } }),
      received: { kind: 'ignored', why: 'an update of a kind that was not asked for' },
    },
  ];

  it.each(cases)('$label', async ({ request, received }) => {
    const [one, ...more] = (await channel.receive?.(await inbound(request()))) ?? [];
    const expected = received as { kind: string };
    expect(one).toEqual(expected.kind === 'incoming' ? { id: 'u1001', ...expected } : expected);
    expect(more).toEqual([]);
    expect(wire.calls).toEqual([]);
  });

  it('gives the same id to an update that comes twice, another to the next', async () => {
    const request = people().text(NIMALI, 'මම ආරක්ෂිතයි');
    const first = await channel.receive?.(await inbound(request.clone()));
    expect(await channel.receive?.(await inbound(request))).toEqual(first);
    const next = await channel.receive?.(await inbound(people().text(NIMALI, 'මම ආරක්ෂිතයි')));
    expect(next).not.toEqual(first);
  });

  const good = JSON.stringify({
    update_id: 1,
    message: { message_id: 1, chat: { id: 1, type: 'private' }, date: 1, text: 'ช่วยด้วย' },
  });
  const malformed: { label: string; body?: string; secret?: string; bot?: typeof channel; status: number }[] = [
    { label: 'no secret', status: 401 },
    { label: 'a wrong secret', secret: 'webhook-secret_2', status: 401 },
    { label: 'a longer secret', secret: `${SECRET}1`, status: 401 },
    { label: 'an empty secret', secret: '', status: 401 },
    {
      label: 'an empty secret where none is set',
      secret: '',
      bot: telegramBot({ token: TOKEN, webhookSecret: '' }),
      status: 401,
    },
    { label: 'a wrong secret and bad JSON', secret: 'x', body: '{', status: 401 },
    { label: 'bad JSON', secret: SECRET, body: '{"update_id":1,', status: 400 },
    { label: 'nothing', secret: SECRET, body: '', status: 400 },
    { label: 'an array', secret: SECRET, body: '[]', status: 400 },
    { label: 'null', secret: SECRET, body: 'null', status: 400 },
    { label: 'no update_id', secret: SECRET, body: '{"message":{}}', status: 400 },
    { label: 'an update_id that is text', secret: SECRET, body: '{"update_id":"1"}', status: 400 },
    { label: 'a message without a chat', secret: SECRET, body: '{"update_id":1,"message":{"date":1}}', status: 400 },
    { label: 'a message that is null', secret: SECRET, body: '{"update_id":1,"message":null}', status: 400 },
    { label: 'a text that is a number', secret: SECRET, body: good.replace('"ช่วยด้วย"', '5'), status: 400 },
    {
      label: 'a place that is none',
      secret: SECRET,
      body: good.replace('"text":"ช่วยด้วย"', '"location":{"latitude":91,"longitude":0}'),
      status: 400,
    },
    {
      label: 'a button without a sender',
      secret: SECRET,
      body: '{"update_id":1,"callback_query":{"id":"1","data":"1"}}',
      status: 400,
    },
    {
      label: 'a membership without a state',
      secret: SECRET,
      body: '{"update_id":1,"my_chat_member":{"chat":{"id":1,"type":"private"},"new_chat_member":{}}}',
      status: 400,
    },
  ];

  it.each(malformed)('$label is refused with $status', async ({ body = good, secret, bot = channel, status }) => {
    const headers: Record<string, string> = secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret };
    const received = await bot.receive?.({ method: 'POST', url: HOOK, headers, body });
    expect(received).toEqual([{ kind: 'refused', status, why: expect.any(String) }]);
    expect(JSON.stringify(received)).not.toContain(SECRET);
  });
});

describe('acknowledge', () => {
  async function press(): Promise<string> {
    await channel.send(message({ buttons: [{ label: 'Safe', data: '1' }] }), wire);
    const [received] = (await channel.receive?.(await inbound(farEnd.update(HOOK, SECRET).press(NIMALI, '1')))) ?? [];
    return received?.kind === 'incoming' ? (received.acknowledge ?? '') : '';
  }

  it('answers the press, in at most 200 characters', async () => {
    const id = await press();
    await channel.acknowledge?.(id, '', wire);
    await channel.acknowledge?.(id, 'ස්තුතියි', wire);
    await channel.acknowledge?.(id, 'ශ්‍රී'.repeat(100), wire);
    expect(farEnd.acknowledged.map((it) => it.text)).toEqual(['', 'ස්තුතියි', `${'ශ්‍රී'.repeat(39)}…`]);
    expect(farEnd.violations).toEqual([]);
  });

  it('a press that is too old needs nothing', async () => {
    await expect(channel.acknowledge?.('12345', 'ok', wire)).resolves.toBeUndefined();
  });

  it('says when Telegram is not there', async () => {
    const id = await press();
    farEnd.fail('cut');
    expect(await failure(channel.acknowledge?.(id, 'ok', wire) ?? Promise.resolve())).toMatchObject({
      code: 'unknown',
    });
  });
});

describe('register', () => {
  const register = (url = HOOK) => channel.register?.(url, wire) ?? Promise.resolve();
  const methods = () => wire.calls.map((it) => it.url.split('/').at(-1));

  it('sets the webhook once', async () => {
    await register();
    await register();
    expect(methods()).toEqual(['getWebhookInfo', 'setWebhook', 'getWebhookInfo']);
    expect(farEnd.webhook).toEqual({
      url: HOOK,
      secret: SECRET,
      allowedUpdates: ['message', 'callback_query', 'my_chat_member'],
      maxConnections: 40,
    });
    expect(farEnd.violations).toEqual([]);
  });

  it('sets it again when the address differs', async () => {
    await register();
    await register('https://other.example/webhooks/telegram');
    expect(farEnd.webhook?.url).toBe('https://other.example/webhooks/telegram');
  });

  const info = { url: HOOK, has_custom_certificate: false, pending_update_count: 0, max_connections: 40 };
  const allowed_updates = ['my_chat_member', 'message', 'callback_query'];
  it.each([
    { label: 'the same in another order', result: { ...info, allowed_updates }, sets: 0 },
    { label: 'other kinds', result: { ...info, allowed_updates: ['message'] }, sets: 1 },
    { label: 'all kinds', result: info, sets: 1 },
    { label: 'fewer connections', result: { ...info, allowed_updates, max_connections: 5 }, sets: 1 },
    {
      label: 'an old secret, seen by our refusals',
      result: {
        ...info,
        allowed_updates,
        last_error_message: 'Wrong response from the webhook: 401 Unauthorized',
      },
      sets: 1,
    },
    {
      label: 'another trouble',
      result: { ...info, allowed_updates, last_error_message: 'Connection timed out' },
      sets: 0,
    },
  ])('$label', async ({ result, sets }) => {
    farEnd.fail({ answer: { status: 200, body: { ok: true, result } } });
    await register();
    expect(methods().filter((it) => it === 'setWebhook')).toHaveLength(sets);
  });

  it('fails like a send', async () => {
    farEnd.fail({ answer: { status: 401, body: { ok: false, error_code: 401, description: 'Unauthorized' } } });
    expect(await failure(register())).toMatchObject({ code: 'account' });
  });
});

it('takes an address of the API with a slash at its end', async () => {
  const local = createTelegram({ token: TOKEN, origin: 'http://127.0.0.1:8081', openChats: true });
  const bot = telegramBot({ token: TOKEN, webhookSecret: SECRET, apiUrl: 'http://127.0.0.1:8081/' });
  const localWire = wireTo(local);
  await bot.send(message({ text: '津波' }), localWire);
  expect(local.sent.map((it) => it.text)).toEqual(['津波']);
});
