import { Api } from 'grammy';
import { beforeEach, describe, expect, it } from 'vitest';
import { Broken } from './farend.ts';
import { createTelegram, problemOf } from './telegram.ts';

const TOKEN = '7000001:AAE-test_token_of_the_stand_in';
const CHAT = 91001;
const HOOK = 'https://gateway.example/webhooks/telegram';

let now = 1_773_208_800_000;
const telegram = createTelegram({ token: TOKEN, now: () => now });

beforeEach(() => {
  telegram.reset();
  telegram.open(CHAT);
});

interface Answer {
  ok: boolean;
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: number };
  // biome-ignore lint/suspicious/noExplicitAny: what Telegram answers differs by method
  result?: any;
}

async function ask(request: Request, farEnd = telegram): Promise<Answer & { status: number }> {
  const response = await farEnd.fetch(request);
  return { ...((await response.json()) as Answer), status: response.status };
}

function call(method: string, body: unknown, farEnd = telegram, token = TOKEN) {
  const request = new Request(`${farEnd.origin}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return ask(request, farEnd);
}

const message = (more: object = {}) => ({ chat_id: CHAT, text: 'ඉහළට යන්න', ...more });
const button = <More extends object>(more: More) => ({
  reply_markup: { inline_keyboard: [[{ text: 'ආරක්ෂිතයි', ...more }]] },
});

describe('what breaks the description is refused, and kept', () => {
  const cases: { label: string; method: string; body: unknown; code?: number; says: string }[] = [
    { label: 'unknown method', method: 'sendMesage', body: message(), code: 404, says: 'method not found' },
    { label: 'a method out of Object', method: 'constructor', body: {}, code: 404, says: 'method not found' },
    { label: 'not played', method: 'sendPhoto', body: { chat_id: CHAT, photo: 'x' }, says: 'does not play sendPhoto' },
    { label: 'unknown field', method: 'sendMessage', body: message({ txt: 'a' }), says: 'has no field txt' },
    { label: 'no text', method: 'sendMessage', body: { chat_id: CHAT }, says: 'sendMessage.text is missing' },
    { label: 'no chat', method: 'sendMessage', body: { text: 'a' }, says: 'sendMessage.chat_id is missing' },
    { label: 'text is a number', method: 'sendMessage', body: message({ text: 5 }), says: 'text is not a string' },
    { label: 'text is null', method: 'sendMessage', body: message({ text: null }), says: 'text is not a string' },
    {
      label: 'chat is a list',
      method: 'sendMessage',
      body: message({ chat_id: [1] }),
      says: 'none of Integer, String',
    },
    { label: 'chat is a fraction', method: 'sendMessage', body: message({ chat_id: 1.5 }), says: 'not an integer' },
    {
      label: 'a flag that is text',
      method: 'sendMessage',
      body: message({ disable_notification: 'true' }),
      says: 'disable_notification is not a boolean',
    },
    {
      label: 'half of a character',
      method: 'sendMessage',
      body: message({ text: '\ud83d' }),
      says: 'text is not UTF-8',
    },
    { label: 'empty text', method: 'sendMessage', body: message({ text: ' \n' }), says: 'message text is empty' },
    { label: 'too long', method: 'sendMessage', body: message({ text: 'ශ'.repeat(4097) }), says: 'too long' },
    { label: 'not JSON', method: 'sendMessage', body: '{"chat_id":', says: "can't parse JSON" },
    { label: 'a JSON list', method: 'sendMessage', body: [], says: 'object expected' },
    {
      label: 'link_preview_options is text',
      method: 'sendMessage',
      body: message({ link_preview_options: '{"is_disabled":true}' }),
      says: 'link_preview_options is not an object',
    },
    {
      label: 'unknown field in link_preview_options',
      method: 'sendMessage',
      body: message({ link_preview_options: { disabled: true } }),
      says: 'has no field disabled',
    },
    {
      label: 'wrong type in link_preview_options',
      method: 'sendMessage',
      body: message({ link_preview_options: { is_disabled: 1 } }),
      says: 'is_disabled is not a boolean',
    },
    {
      label: 'entities are one',
      method: 'sendMessage',
      body: message({ entities: { type: 'bold', offset: 0, length: 1 } }),
      says: 'entities is not an array',
    },
    {
      label: 'an entity without its length',
      method: 'sendMessage',
      body: message({ entities: [{ type: 'bold', offset: 0 }] }),
      says: 'entities[0].length is missing',
    },
    {
      label: 'an entity of an unknown type',
      method: 'sendMessage',
      body: message({ entities: [{ type: 'strong', offset: 0, length: 1 }] }),
      says: 'unknown type strong',
    },
    {
      label: 'an entity beyond the text',
      method: 'sendMessage',
      body: message({ text: '津波', entities: [{ type: 'bold', offset: 1, length: 2 }] }),
      says: 'outside of the text',
    },
    {
      label: 'an entity of no length',
      method: 'sendMessage',
      body: message({ entities: [{ type: 'bold', offset: 0, length: 0 }] }),
      says: 'outside of the text',
    },
    {
      label: 'an entity through a character',
      method: 'sendMessage',
      body: message({ text: '🌊🌊', entities: [{ type: 'bold', offset: 1, length: 2 }] }),
      says: 'cuts a character',
    },
    {
      label: 'entities and parse_mode',
      method: 'sendMessage',
      body: message({ parse_mode: 'HTML', entities: [] }),
      says: 'exclude each other',
    },
    {
      label: 'an unknown parse_mode',
      method: 'sendMessage',
      body: message({ parse_mode: 'html5' }),
      says: 'unsupported parse_mode',
    },
    {
      label: 'a keyboard that is text',
      method: 'sendMessage',
      body: message({ reply_markup: '{"inline_keyboard":[]}' }),
      says: 'reply_markup is none of InlineKeyboardMarkup',
    },
    {
      label: 'a row that is a button',
      method: 'sendMessage',
      body: message({ reply_markup: { inline_keyboard: [{ text: 'a', callback_data: 'a' }] } }),
      says: 'inline_keyboard[0] is not an array',
    },
    {
      label: 'a button without words',
      method: 'sendMessage',
      body: message({ reply_markup: { inline_keyboard: [[{ callback_data: 'a' }]] } }),
      says: 'inline_keyboard[0][0].text is missing',
    },
    {
      label: 'a button with empty words',
      method: 'sendMessage',
      body: message(button({ text: ' ', callback_data: 'a' })),
      says: 'unallowed to be empty',
    },
    {
      label: 'a button with an unknown field',
      method: 'sendMessage',
      body: message(button({ data: 'a' })),
      says: 'has no field data',
    },
    {
      label: 'a button without an action',
      method: 'sendMessage',
      body: message(button({})),
      says: 'exactly one action',
    },
    {
      label: 'a button with two',
      method: 'sendMessage',
      body: message(button({ callback_data: 'a', url: 'https://a.example' })),
      says: 'exactly one action',
    },
    {
      label: 'callback_data of 66 bytes in 22 letters',
      method: 'sendMessage',
      body: message(button({ callback_data: 'ශ'.repeat(22) })),
      says: 'BUTTON_DATA_INVALID',
    },
    {
      label: 'callback_data of none',
      method: 'sendMessage',
      body: message(button({ callback_data: '' })),
      says: 'BUTTON_DATA_INVALID',
    },
    {
      label: 'edit without a message',
      method: 'editMessageText',
      body: message(),
      says: 'identifier is not specified',
    },
    { label: 'edit without a chat', method: 'editMessageText', body: { text: 'a', message_id: 1 }, says: 'chat_id' },
    { label: 'edit without text', method: 'editMessageText', body: { chat_id: CHAT, message_id: 1 }, says: 'empty' },
    {
      label: 'edit of a message that is text',
      method: 'editMessageText',
      body: message({ message_id: '1' }),
      says: 'message_id is not an integer',
    },
    {
      label: 'edit with a keyboard for replies',
      method: 'editMessageText',
      body: message({ message_id: 1, reply_markup: { force_reply: true } }),
      says: 'has no field force_reply',
    },
    {
      label: 'an answer without an id',
      method: 'answerCallbackQuery',
      body: { text: 'a' },
      says: 'callback_query_id is missing',
    },
    {
      label: 'an answer that is too long',
      method: 'answerCallbackQuery',
      body: { callback_query_id: '1', text: 'a'.repeat(201) },
      says: 'MESSAGE_TOO_LONG',
    },
    { label: 'a webhook on http', method: 'setWebhook', body: { url: 'http://a.example/' }, says: 'HTTPS URL' },
    { label: 'a webhook nowhere', method: 'setWebhook', body: { url: 'a.example' }, says: 'HTTPS URL' },
    { label: 'a port', method: 'setWebhook', body: { url: 'https://a.example:8787/' }, says: 'only on ports' },
    { label: 'a secret', method: 'setWebhook', body: { url: HOOK, secret_token: 'a b' }, says: 'unallowed characters' },
    { label: 'many connections', method: 'setWebhook', body: { url: HOOK, max_connections: 101 }, says: '1-100' },
    {
      label: 'kinds',
      method: 'setWebhook',
      body: { url: HOOK, allowed_updates: ['messages'] },
      says: 'no kind messages',
    },
    {
      label: 'kinds as text',
      method: 'setWebhook',
      body: { url: HOOK, allowed_updates: 'message' },
      says: 'not an array',
    },
    { label: 'a field for none', method: 'getWebhookInfo', body: { url: HOOK }, says: 'has no field url' },
  ];

  it.each(cases)('$method: $label', async ({ method, body, code = 400, says }) => {
    const answer = await call(method, body);
    expect(answer).toMatchObject({ ok: false, error_code: code, status: code });
    expect(answer.description).toContain(says);
    expect(telegram.violations).toHaveLength(1);
    expect(telegram.violations[0]).toContain(says);
    expect(telegram.sent).toEqual([]);
    expect(telegram.webhook).toBeUndefined();
  });

  it.each([
    { label: 'another token', token: '7000001:other', code: 401 },
    { label: 'no token', token: '', code: 404 },
    { label: 'no real token', token: 'hello', code: 404 },
  ])('$label', async ({ token, code }) => {
    expect(await call('sendMessage', message(), telegram, token)).toMatchObject({ ok: false, error_code: code });
    expect(telegram.violations).toHaveLength(1);
    expect(telegram.sent).toEqual([]);
  });

  it.each([
    { label: 'PUT', init: { method: 'PUT', body: '{}' } },
    { label: 'a body of no kind', init: { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } } },
  ])('$label', async ({ init }) => {
    const answer = await ask(new Request(`${telegram.origin}/bot${TOKEN}/getMe`, init));
    expect(answer.ok).toBe(false);
    expect(telegram.violations).toHaveLength(1);
  });

  it('another path', async () => {
    expect(await ask(new Request(`${telegram.origin}/`))).toMatchObject({ error_code: 404 });
    expect(telegram.violations).toHaveLength(1);
  });
});

describe('what Telegram may answer to a good request breaks nothing', () => {
  it.each([
    { label: 'nobody started', before: () => {}, chat: 4242, code: 400, says: 'Bad Request: chat not found' },
    { label: 'a channel', before: () => {}, chat: '@musafir', code: 400, says: 'Bad Request: chat not found' },
    {
      label: 'blocked',
      before: () => telegram.block(CHAT),
      chat: CHAT,
      code: 403,
      says: 'Forbidden: bot was blocked by the user',
    },
    {
      label: 'deactivated',
      before: () => telegram.deactivate(CHAT),
      chat: CHAT,
      code: 403,
      says: 'Forbidden: user is deactivated',
    },
  ])('$label', async ({ before, chat, code, says }) => {
    before();
    const answer = await call('sendMessage', message({ chat_id: chat }));
    expect(answer).toMatchObject({ ok: false, error_code: code, description: says });
    expect(telegram.violations).toEqual([]);
  });

  it('edits of what is not there, or says the same', async () => {
    expect((await call('editMessageText', message({ message_id: 9 }))).description).toContain('to edit not found');
    await call('sendMessage', message());
    expect((await call('editMessageText', message({ message_id: 1 }))).description).toContain('is not modified');
    expect(telegram.violations).toEqual([]);
    expect(telegram.sent[0]?.edited).toBeUndefined();
  });

  it('an answer to a press that never was', async () => {
    expect((await call('answerCallbackQuery', { callback_query_id: '1' })).description).toContain('query is too old');
    expect(telegram.violations).toEqual([]);
  });
});

describe('limits', () => {
  const strict = createTelegram({ token: TOKEN, enforceLimits: true, openChats: true, now: () => now });
  const send = (chat: number) => call('sendMessage', message({ chat_id: chat }), strict);
  beforeEach(() => strict.reset());

  it('one a second to a chat', async () => {
    expect((await send(1)).ok).toBe(true);
    expect(await send(1)).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } });
    now += 1000;
    expect((await send(1)).ok).toBe(true);
    expect(strict.throttled).toBe(1);
    expect(strict.violations).toEqual([]);
  });

  it('thirty a second overall', async () => {
    for (let chat = 1; chat <= 30; chat++) expect((await send(chat)).ok).toBe(true);
    expect(await send(31)).toMatchObject({ status: 429, parameters: { retry_after: 1 } });
    now += 1000;
    expect((await send(31)).ok).toBe(true);
    expect(strict.sent).toHaveLength(31);
  });
});

describe('bodies', () => {
  const url = `${telegram.origin}/bot${TOKEN}/sendMessage`;
  const markup = JSON.stringify(button({ callback_data: '1' }).reply_markup);

  it.each([
    { label: 'a form', body: () => new URLSearchParams({ chat_id: String(CHAT), text: '津波', reply_markup: markup }) },
    {
      label: 'multipart',
      body: () => {
        const form = new FormData();
        form.set('chat_id', String(CHAT));
        form.set('text', '津波');
        form.set('reply_markup', markup);
        return form;
      },
    },
  ])('$label', async ({ body }) => {
    expect((await ask(new Request(url, { method: 'POST', body: body() }))).ok).toBe(true);
    expect(telegram.sent[0]).toMatchObject({ chatId: CHAT, text: '津波', replyMarkup: JSON.parse(markup) });
    expect(telegram.violations).toEqual([]);
  });

  it('a query', async () => {
    const query = new URLSearchParams({ chat_id: String(CHAT), text: 'น้ำ', disable_notification: 'true' });
    expect((await ask(new Request(`${url}?${query}`))).ok).toBe(true);
    expect(telegram.sent[0]?.text).toBe('น้ำ');
  });

  it('a form whose JSON is none', async () => {
    const body = new URLSearchParams({ chat_id: String(CHAT), text: 'a', reply_markup: '{' });
    expect((await ask(new Request(url, { method: 'POST', body }))).description).toContain('reply_markup as JSON');
    expect(telegram.violations).toHaveLength(1);
  });
});

describe('faults', () => {
  it.each([
    { fault: 'accept_then_cut', how: 'cut', sent: 1 },
    { fault: 'accept_then_hang', how: 'hang', sent: 1 },
    { fault: 'cut', how: 'cut', sent: 0 },
  ] as const)('$fault', async ({ fault, how, sent }) => {
    telegram.fail(fault);
    const error = await call('sendMessage', message()).catch((it) => it);
    expect(error).toBeInstanceOf(Broken);
    expect(error.how).toBe(how);
    expect(telegram.sent).toHaveLength(sent);
    expect((await call('sendMessage', message())).ok).toBe(true);
  });

  it('garbage and answers, once each, and not for what would be refused anyway', async () => {
    telegram.fail('garbage', { answer: { status: 503, headers: { 'retry-after': '5' }, body: 'down' } });
    expect((await call('sendMessage', {})).error_code).toBe(400);
    await expect(call('sendMessage', message())).rejects.toThrow(SyntaxError);
    const request = new Request(`${telegram.origin}/bot${TOKEN}/getMe`);
    const answer = await telegram.fetch(request);
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '5', 'down']);
    expect(telegram.sent).toHaveLength(1);
  });
});

it('answers grammY, in the types of the description', async () => {
  const api = new Api(TOKEN, {
    apiRoot: telegram.origin,
    fetch: ((url: string, init: RequestInit) =>
      telegram.fetch(
        new Request(url, { method: 'POST', headers: init.headers ?? {}, body: init.body ?? null }),
      )) as never,
  });
  const bold = [{ type: 'bold' as const, offset: 0, length: 2 }];
  const sent = await api.sendMessage(CHAT, '津波 です', { entities: bold, ...button({ callback_data: '1' }) });
  expect(problemOf(sent, 'Message')).toBeUndefined();
  expect(sent).toMatchObject({ message_id: 1, chat: { id: CHAT }, text: '津波 です', entities: bold });
  expect(problemOf(await api.editMessageText(CHAT, 1, 'やり直し'), 'Message')).toBeUndefined();
  expect(telegram.sent[0]).toMatchObject({
    text: '津波 です',
    edited: { text: 'やり直し', entities: [], replyMarkup: undefined },
  });
  expect(problemOf(await api.getMe(), 'User')).toBeUndefined();
  await api.setWebhook(HOOK, { secret_token: 'secret', allowed_updates: ['message'] });
  const info = await api.getWebhookInfo();
  expect(problemOf(info, 'WebhookInfo')).toBeUndefined();
  expect(info).toMatchObject({ url: HOOK, max_connections: 40, allowed_updates: ['message'] });
  await api.deleteWebhook();
  expect(telegram.webhook).toBeUndefined();
  expect(telegram.violations).toEqual([]);
});

describe('updates', () => {
  const file = { file_id: 'f', file_unique_id: 'u' };

  it('are in the types of the description, numbered, with the secret', async () => {
    await call('setWebhook', { url: HOOK, secret_token: 'secret_1' });
    await call('sendMessage', message(button({ callback_data: '1:LK7K3M' })));
    const people = telegram.update();
    const requests = [
      people.text(CHAT, 'මම ආරක්ෂිතයි', { language: 'si' }),
      people.start(5, 'token'),
      people.start(6),
      people.location(CHAT, { latitude: 6.9, longitude: 79.8 }),
      people.location(CHAT, { latitude: 6.9, longitude: 79.8 }, { live: 60 }),
      people.press(CHAT, '1:LK7K3M'),
      people.press(CHAT, 'gone', { anyway: true }),
      people.blocked(CHAT),
      people.unblocked(CHAT),
      people.message(CHAT, { voice: { ...file, duration: 3 } }),
    ];
    const ids: unknown[] = [];
    for (const request of requests) {
      expect(request.url).toBe(HOOK);
      expect(request.headers.get('x-telegram-bot-api-secret-token')).toBe('secret_1');
      const update = (await request.json()) as { update_id: number };
      expect(problemOf(update, 'Update')).toBeUndefined();
      ids.push(update.update_id);
    }
    expect(new Set(ids).size).toBe(requests.length);
  });

  it('a press must be on a button that is there', async () => {
    const people = telegram.update(HOOK);
    expect(() => people.press(CHAT, '1')).toThrow('was sent no button');
    await call('sendMessage', message(button({ callback_data: '1' })));
    const press = (await people.press(CHAT, '1').json()) as { callback_query: { id: string } };
    const answered = { callback_query_id: press.callback_query.id, text: 'ස්තුතියි' };
    expect((await call('answerCallbackQuery', answered)).result).toBe(true);
    expect(telegram.acknowledged).toEqual([{ id: press.callback_query.id, text: 'ස්තුතියි' }]);
    await call('editMessageText', message({ message_id: 1, text: 'අවසන්' }));
    expect(() => people.press(CHAT, '1')).toThrow('was sent no button');
  });

  it('start makes a chat known, blocking shuts it', async () => {
    const send = () => call('sendMessage', message({ chat_id: 5 }));
    expect((await send()).ok).toBe(false);
    telegram.update(HOOK).start(5);
    expect((await send()).ok).toBe(true);
    telegram.update(HOOK).blocked(5);
    expect((await send()).error_code).toBe(403);
    telegram.update(HOOK).unblocked(5);
    expect((await send()).ok).toBe(true);
  });

  it('go nowhere when no webhook was set', () => {
    expect(() => telegram.update()).toThrow('No webhook was set');
  });
});

it.each([
  {
    label: 'a subtype',
    value: { status: 'left', user: { id: 1, is_bot: false, first_name: 'a' } },
    type: 'ChatMember',
  },
  { label: 'a recursive type', value: ['a', { type: 'bold', text: 'b' }], type: 'RichText' },
  { label: 'a number', value: 1.5, type: 'Float' },
])('$label is understood', ({ value, type }) => {
  expect(problemOf(value, type)).toBeUndefined();
});

it('a type that the description lacks is a problem', () => {
  expect(problemOf({}, 'Nothing')).toContain('lacks');
});
