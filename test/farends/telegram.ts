import spec from '../fixtures/spec/telegram-api.json' with { type: 'json' };
import { Broken, type FarEnd, type Fault } from './farend.ts';

interface Field {
  name: string;
  types: string[];
  required: boolean;
}
interface Description {
  methods: Record<string, { fields?: Field[] }>;
  types: Record<string, { fields?: Field[]; subtypes?: string[] }>;
}
/** The official description of the Bot API, see test/fixtures/spec/SOURCES.md */
const { methods, types } = spec as unknown as Description;

export interface SentMessage {
  chatId: number;
  messageId: number;
  text: string;
  entities: Entity[];
  replyMarkup: Markup | undefined;
  /** what the message says since its last edit; `text` stays what was sent */
  edited?: { text: string; entities: Entity[]; replyMarkup: Markup | undefined };
}
export interface Entity {
  type: string;
  offset: number;
  length: number;
  [key: string]: unknown;
}
export interface Markup {
  inline_keyboard?: { text: string; callback_data?: string; [key: string]: unknown }[][];
  [key: string]: unknown;
}
export interface Webhook {
  url: string;
  secret: string;
  allowedUpdates: string[] | undefined;
  maxConnections: number;
}

export interface TelegramOptions {
  token: string;
  origin?: string;
  /** 30 messages a second and 1 a second to a chat, by `now` */
  enforceLimits?: boolean;
  now?: () => number;
  /** every chat counts as started */
  openChats?: boolean;
  /** webhooks on plain http and any port, as a local Bot API server allows */
  localWebhooks?: boolean;
}

/** Webhook requests as Telegram makes them. */
export interface Updates {
  text(chatId: number, text: string, more?: { language?: string }): Request;
  /** presses start, with what the deep link carried; the chat is known from then on */
  start(chatId: number, payload?: string, more?: { language?: string }): Request;
  location(chatId: number, place: { latitude: number; longitude: number }, more?: { live?: number }): Request;
  /** presses a button that the bot sent to this chat; `anyway` for one that is not there any more */
  press(chatId: number, data: string, more?: { anyway?: boolean; language?: string }): Request;
  /** the person blocks the bot: sends answer 403 from then on */
  blocked(chatId: number): Request;
  unblocked(chatId: number): Request;
  /** any other content of a private message, for example `{voice: {...}}` */
  message(chatId: number, content: Record<string, unknown>): Request;
  /** any other update */
  raw(update: Record<string, unknown>): Request;
}

export interface TelegramFarEnd extends FarEnd {
  readonly sent: SentMessage[];
  readonly webhook: Webhook | undefined;
  /** answered button presses */
  readonly acknowledged: { id: string; text: string }[];
  /** how many requests were refused for their rate */
  readonly throttled: number;
  /** `url` and `secret` are those of the webhook that was set, unless given */
  update(url?: string, secret?: string): Updates;
  /** the person pressed start some time ago */
  open(chatId: number): void;
  block(chatId: number): void;
  deactivate(chatId: number): void;
}

/** Telegram's answer to what it does not do. */
class Refusal {
  readonly code: number;
  readonly description: string;
  readonly violation: boolean;
  readonly parameters: Record<string, number> | undefined;
  constructor(code: number, description: string, violation: boolean, parameters?: Record<string, number>) {
    this.code = code;
    this.description = description;
    this.violation = violation;
    this.parameters = parameters;
  }
}
/** breaks the description */
const wrong = (description: string, code = 400) => new Refusal(code, description, true);
/** within the description, and still no */
const no = (code: number, description: string, parameters?: Record<string, number>) =>
  new Refusal(code, description, false, parameters);

type Payload = Record<string, unknown>;

export function createTelegram(options: TelegramOptions): TelegramFarEnd {
  const { token, origin = 'https://api.telegram.org', now = Date.now } = options;
  const botId = Number(token.split(':', 1)[0]);
  const bot = { id: botId, is_bot: true, first_name: 'Musafir', username: 'musafir_test_bot' };

  const violations: string[] = [];
  const faults: Fault[] = [];
  const sent: SentMessage[] = [];
  const acknowledged: { id: string; text: string }[] = [];
  const chats = new Map<number, 'open' | 'blocked' | 'deactivated'>();
  const queries = new Set<string>();
  const times: { at: number; chatId: number }[] = [];
  let webhook: Webhook | undefined;
  let throttled = 0;
  let lastMessage = 0;
  let lastUpdate = 1000;

  // ---- the Bot API

  function checkChat(chatId: unknown): number {
    if (typeof chatId !== 'number') throw no(400, 'Bad Request: chat not found');
    const state = chats.get(chatId) ?? (options.openChats ? 'open' : undefined);
    if (state === 'blocked') throw no(403, 'Forbidden: bot was blocked by the user');
    if (state === 'deactivated') throw no(403, 'Forbidden: user is deactivated');
    if (state === undefined) throw no(400, 'Bad Request: chat not found');
    return chatId;
  }

  function checkRate(chatId: number): void {
    const at = now();
    while (times[0] && times[0].at <= at - 1000) times.shift();
    if (options.enforceLimits && (times.length >= 30 || times.some((it) => it.chatId === chatId))) {
      throttled += 1;
      throw no(429, 'Too Many Requests: retry after 1', { retry_after: 1 });
    }
    times.push({ at, chatId });
  }

  function messageOf(message: SentMessage): Payload {
    const { text, entities, replyMarkup } = message.edited ?? message;
    return {
      message_id: message.messageId,
      from: bot,
      chat: chatOf(message.chatId),
      date: Math.floor(now() / 1000),
      text,
      ...(entities.length > 0 ? { entities } : {}),
      ...(replyMarkup?.inline_keyboard ? { reply_markup: replyMarkup } : {}),
    };
  }

  /** Each checks first and answers with what to do then, so that a fault can come between. */
  const played: Record<string, (payload: Payload) => () => unknown> = {
    getMe: () => () => bot,

    sendMessage(payload) {
      const { text, entities } = checkText(payload);
      const replyMarkup = checkMarkup(payload.reply_markup);
      const chatId = checkChat(payload.chat_id);
      checkRate(chatId);
      return () => {
        lastMessage += 1;
        const message = { chatId, messageId: lastMessage, text, entities, replyMarkup };
        sent.push(message);
        return messageOf(message);
      };
    },

    editMessageText(payload) {
      if (payload.rich_message !== undefined) throw wrong('Bad Request: the stand-in plays no rich messages');
      const { text, entities } = checkText(payload);
      const replyMarkup = checkMarkup(payload.reply_markup);
      if (payload.chat_id === undefined) throw wrong('Bad Request: chat_id is empty');
      if (payload.message_id === undefined) throw wrong('Bad Request: message identifier is not specified');
      const chatId = checkChat(payload.chat_id);
      const message = sent.find((it) => it.chatId === chatId && it.messageId === payload.message_id);
      if (!message) throw no(400, 'Bad Request: message to edit not found');
      const before = message.edited ?? message;
      const next = { text, entities, replyMarkup };
      if (JSON.stringify([before.text, before.entities, before.replyMarkup]) === JSON.stringify(Object.values(next))) {
        throw no(
          400,
          'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
        );
      }
      return () => {
        message.edited = next;
        return messageOf(message);
      };
    },

    answerCallbackQuery(payload) {
      const id = payload.callback_query_id as string;
      const text = (payload.text as string | undefined) ?? '';
      if (text.length > 200) throw wrong('Bad Request: MESSAGE_TOO_LONG');
      if (!queries.has(id)) {
        throw no(400, 'Bad Request: query is too old and response timeout expired or query ID is invalid');
      }
      return () => {
        acknowledged.push({ id, text });
        return true;
      };
    },

    setWebhook(payload) {
      const url = payload.url as string;
      const secret = (payload.secret_token as string | undefined) ?? '';
      const allowedUpdates = payload.allowed_updates as string[] | undefined;
      const maxConnections = (payload.max_connections as number | undefined) ?? 40;
      if (url !== '' && !options.localWebhooks) {
        const parsed = URL.canParse(url) ? new URL(url) : undefined;
        if (parsed?.protocol !== 'https:') {
          throw wrong('Bad Request: bad webhook: An HTTPS URL must be provided for webhook');
        }
        if (!['', '80', '88', '8443'].includes(parsed.port)) {
          throw wrong('Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
        }
      }
      if (secret.length > 256 || /[^\w-]/.test(secret)) {
        throw wrong('Bad Request: secret token contains unallowed characters');
      }
      if (maxConnections < 1 || maxConnections > 100) throw wrong('Bad Request: max_connections must be 1-100');
      const kinds = types.Update?.fields?.map((it) => it.name) ?? [];
      const unknown = allowedUpdates?.find((kind) => kind === 'update_id' || !kinds.includes(kind));
      if (unknown !== undefined) throw wrong(`Bad Request: allowed_updates has no kind ${unknown}`);
      return () => {
        webhook = url === '' ? undefined : { url, secret, allowedUpdates, maxConnections };
        return true;
      };
    },

    deleteWebhook: () => () => {
      webhook = undefined;
      return true;
    },

    getWebhookInfo: () => () => ({
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: 0,
      ...(webhook ? { max_connections: webhook.maxConnections } : {}),
      ...(webhook?.allowedUpdates?.length ? { allowed_updates: webhook.allowedUpdates } : {}),
    }),
  };

  async function prepare(request: Request): Promise<() => unknown> {
    const [, given, method] = /^\/bot([^/]*)\/([^/]*)$/.exec(new URL(request.url).pathname) ?? [];
    if (given === undefined || method === undefined || !/^\d+:[\w-]+$/.test(given)) throw wrong('Not Found', 404);
    if (given !== token) throw wrong('Unauthorized', 401);
    if (!['GET', 'POST'].includes(request.method)) throw wrong('Not Found', 404);
    const described = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!described) throw wrong('Not Found: method not found', 404);
    const payload = await payloadOf(request, described.fields ?? []);
    const problem = problemOfFields(payload, described.fields ?? [], method);
    if (problem) throw wrong(`Bad Request: ${problem}`);
    const play = Object.hasOwn(played, method) ? played[method] : undefined;
    if (!play) throw wrong(`Bad Request: the stand-in does not play ${method}`);
    return play(payload);
  }

  async function fetch(request: Request): Promise<Response> {
    let act: () => unknown;
    try {
      act = await prepare(request);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { code, description, parameters } = refusal;
      const method = /\/(\w+)$/.exec(new URL(request.url).pathname)?.[1] ?? 'request';
      if (refusal.violation) violations.push(`${method}: ${description}`);
      return Response.json(
        { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) },
        { status: code },
      );
    }
    const fault = faults.shift();
    if (fault === 'cut') throw new Broken('cut');
    if (typeof fault === 'object') return answerOf(fault.answer);
    const result = act();
    if (fault === 'accept_then_cut') throw new Broken('cut');
    if (fault === 'accept_then_hang') throw new Broken('hang');
    if (fault === 'garbage') return new Response('{"ok":true,"resu', { status: 200 });
    return Response.json({ ok: true, result });
  }

  // ---- people

  function update(url = webhook?.url, secret = webhook?.secret ?? ''): Updates {
    if (!url) throw new Error('No webhook was set: say where the update goes');
    const raw = (content: Record<string, unknown>) => {
      lastUpdate += 1;
      return new Request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret ? { 'x-telegram-bot-api-secret-token': secret } : {}),
        },
        body: JSON.stringify({ update_id: lastUpdate, ...content }),
      });
    };
    const date = () => Math.floor(now() / 1000);
    const message = (chatId: number, content: Record<string, unknown>, language?: string) => {
      lastMessage += 1;
      const envelope = { message_id: lastMessage, from: userOf(chatId, language), chat: chatOf(chatId), date: date() };
      return raw({ message: { ...envelope, ...content } });
    };
    const membership = (chatId: number, before: string, after: string) => {
      const member = (status: string) => ({ user: bot, status, ...(status === 'kicked' ? { until_date: 0 } : {}) });
      return raw({
        my_chat_member: {
          chat: chatOf(chatId),
          from: userOf(chatId),
          date: date(),
          old_chat_member: member(before),
          new_chat_member: member(after),
        },
      });
    };
    return {
      raw,
      message,
      text: (chatId, text, more) => message(chatId, { text, ...commandOf(text) }, more?.language),
      start(chatId, payload, more) {
        chats.set(chatId, 'open');
        const text = payload ? `/start ${payload}` : '/start';
        return message(chatId, { text, ...commandOf(text) }, more?.language);
      },
      location: (chatId, { latitude, longitude }, more) =>
        message(chatId, { location: { latitude, longitude, ...(more?.live ? { live_period: more.live } : {}) } }),
      press(chatId, data, more) {
        const carrier = sent.findLast(
          (it) =>
            it.chatId === chatId &&
            (it.edited ?? it).replyMarkup?.inline_keyboard?.flat().some((button) => button.callback_data === data),
        );
        if (!carrier && !more?.anyway) throw new Error(`Chat ${chatId} was sent no button with the data ${data}`);
        const id = String(lastUpdate * 1_000_003);
        queries.add(id);
        return raw({
          callback_query: {
            id,
            from: userOf(chatId, more?.language),
            chat_instance: String(chatId),
            message: carrier ? messageOf(carrier) : { chat: chatOf(chatId), message_id: 1, date: 0 },
            data,
          },
        });
      },
      blocked(chatId) {
        chats.set(chatId, 'blocked');
        return membership(chatId, 'member', 'kicked');
      },
      unblocked(chatId) {
        chats.set(chatId, 'open');
        return membership(chatId, 'kicked', 'member');
      },
    };
  }

  return {
    origin,
    violations,
    sent,
    acknowledged,
    get webhook() {
      return webhook;
    },
    get throttled() {
      return throttled;
    },
    fetch,
    update,
    fail: (...more) => void faults.push(...more),
    open: (chatId) => void chats.set(chatId, 'open'),
    block: (chatId) => void chats.set(chatId, 'blocked'),
    deactivate: (chatId) => void chats.set(chatId, 'deactivated'),
    reset() {
      for (const list of [violations, faults, sent, acknowledged, times]) list.length = 0;
      chats.clear();
      queries.clear();
      webhook = undefined;
      throttled = 0;
      lastMessage = 0;
      lastUpdate = 1000;
    },
  };
}

function answerOf({ status, headers, body }: { status: number; headers?: Record<string, string>; body?: unknown }) {
  if (typeof body === 'string' || body === undefined) return new Response(body ?? null, { status, headers });
  return Response.json(body, { status, headers });
}

const chatOf = (id: number) =>
  id < 0 ? { id, type: 'supergroup', title: `Group ${-id}` } : { id, type: 'private', first_name: `Person ${id}` };

const userOf = (chatId: number, language?: string) => ({
  id: Math.abs(chatId),
  is_bot: false,
  first_name: `Person ${Math.abs(chatId)}`,
  ...(language ? { language_code: language } : {}),
});

function commandOf(text: string): { entities?: Entity[] } {
  const command = /^\/\w+/.exec(text)?.[0];
  return command ? { entities: [{ type: 'bot_command', offset: 0, length: command.length }] } : {};
}

// ---- requests

/** JSON, or a form whose values that are not strings are JSON: https://core.telegram.org/bots/api#making-requests */
async function payloadOf(request: Request, fields: Field[]): Promise<Payload> {
  const query = [...new URL(request.url).searchParams];
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') {
    let body: unknown;
    try {
      body = JSON.parse(await request.text());
    } catch {
      throw wrong("Bad Request: can't parse JSON object");
    }
    if (!isRecord(body)) throw wrong('Bad Request: object expected as a JSON payload');
    return { ...fromForm(query, fields), ...body };
  }
  if (type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data') {
    return fromForm([...query, ...(await request.formData())], fields);
  }
  if ((await request.text()) !== '') throw wrong(`Bad Request: a body of type ${type || 'nothing'}`);
  return fromForm(query, fields);
}

function fromForm(pairs: Iterable<[string, unknown]>, fields: Field[]): Payload {
  return Object.fromEntries(
    [...pairs].map(([name, value]) => {
      const described = fields.find((field) => field.name === name)?.types ?? ['String'];
      if (typeof value !== 'string') return [name, value];
      if (described.includes('Integer') && /^-?\d+$/.test(value)) return [name, Number(value)];
      if (described.includes('String')) return [name, value];
      try {
        return [name, JSON.parse(value)];
      } catch {
        throw wrong(`Bad Request: can't parse ${name} as JSON`);
      }
    }),
  );
}

// ---- the description

/** The first thing in `value` that the named type of the Bot API does not allow. */
export function problemOf(value: unknown, type: string, path = type): string | undefined {
  if (type.startsWith('Array of ')) {
    if (!Array.isArray(value)) return `${path} is not an array`;
    const item = type.slice('Array of '.length);
    return firstOf(value.entries(), ([at, it]) => problemOf(it, item, `${path}[${at}]`));
  }
  if (type === 'Integer') return Number.isSafeInteger(value) ? undefined : `${path} is not an integer`;
  if (type === 'Float') return typeof value === 'number' ? undefined : `${path} is not a number`;
  if (type === 'Boolean') return typeof value === 'boolean' ? undefined : `${path} is not a boolean`;
  if (type === 'String') {
    if (typeof value !== 'string') return `${path} is not a string`;
    return value.isWellFormed() ? undefined : `${path} is not UTF-8`;
  }
  if (type === 'InputFile') return value instanceof Blob ? undefined : `${path} is not a file`;
  const described = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!described) return `${path} has a type that the description lacks: ${type}`;
  if (described.subtypes) return problemOfAny(value, described.subtypes, path);
  if (!isRecord(value)) return `${path} is not an object`;
  return problemOfFields(value, described.fields ?? [], path);
}

function problemOfAny(value: unknown, candidates: string[], path: string): string | undefined {
  const problems = candidates.map((candidate) => problemOf(value, candidate, path));
  if (problems.includes(undefined)) return undefined;
  if (problems.length === 1) return problems[0];
  return `${path} is none of ${candidates.join(', ')}: ${[...new Set(problems)].join('; ')}`;
}

function problemOfFields(value: Payload, fields: Field[], path: string): string | undefined {
  const unknown = Object.keys(value).find((key) => !fields.some((field) => field.name === key));
  if (unknown !== undefined) return `${path} has no field ${unknown}`;
  return firstOf(fields, (field) => {
    const at = `${path}.${field.name}`;
    if (value[field.name] === undefined) return field.required ? `${at} is missing` : undefined;
    return problemOfAny(value[field.name], field.types, at);
  });
}

function firstOf<T>(items: Iterable<T>, problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found) return found;
  }
  return undefined;
}

const ENTITY_TYPES = new Set(
  [
    'mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler',
    'blockquote expandable_blockquote code pre text_link text_mention custom_emoji date_time',
  ].flatMap((line) => line.split(' ')),
);

/** Rules of words, not of types: https://core.telegram.org/bots/api#sendmessage */
function checkText(payload: Payload): { text: string; entities: Entity[] } {
  const text = (payload.text as string | undefined) ?? '';
  const entities = (payload.entities as Entity[] | undefined) ?? [];
  if (text.trim() === '') throw wrong('Bad Request: message text is empty');
  if (text.length > 4096) throw wrong('Bad Request: message is too long');
  if (payload.parse_mode !== undefined && payload.entities !== undefined) {
    throw wrong('Bad Request: parse_mode and entities exclude each other');
  }
  if (!['undefined', 'MarkdownV2', 'Markdown', 'HTML'].includes(String(payload.parse_mode))) {
    throw wrong('Bad Request: unsupported parse_mode');
  }
  for (const { type, offset, length } of entities) {
    if (!ENTITY_TYPES.has(type)) throw wrong(`Bad Request: can't parse entities: unknown type ${type}`);
    if (offset < 0 || length < 1 || offset + length > text.length) {
      throw wrong('Bad Request: entity is outside of the text');
    }
    if (!text.slice(offset, offset + length).isWellFormed()) throw wrong('Bad Request: entity cuts a character');
  }
  return { text, entities };
}

const BUTTON_LOOKS = ['text', 'icon_custom_emoji_id', 'style'];

/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
function checkMarkup(value: unknown): Markup | undefined {
  const markup = value as Markup | undefined;
  for (const button of markup?.inline_keyboard?.flat() ?? []) {
    if (button.text.trim() === '') throw wrong('Bad Request: text buttons are unallowed to be empty');
    const actions = Object.keys(button).filter((key) => !BUTTON_LOOKS.includes(key));
    if (actions.length !== 1) throw wrong('Bad Request: a button has exactly one action');
    const bytes = new TextEncoder().encode(button.callback_data ?? 'absent').length;
    if (bytes < 1 || bytes > 64) throw wrong('Bad Request: BUTTON_DATA_INVALID');
  }
  return markup;
}

function isRecord(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
