/**
 * Telegram by the Bot API. Taking a message is all that Telegram ever says about it, so `sent` is final.
 * See https://core.telegram.org/bots/api
 */
import { Api, type ApiClientOptions, GrammyError, HttpError } from 'grammy';
import type { InlineKeyboardMarkup, Message, MessageEntity, Update } from 'grammy/types';
import {
  type Accepted,
  type Channel,
  type InboundRequest,
  type Outgoing,
  type Received,
  SendError,
  type SendErrorCode,
  type Wire,
  WireError,
} from './channel.ts';

export interface TelegramSettings {
  token: string;
  /** what Telegram puts into a header of every webhook request; 1-256 of A-Z a-z 0-9 _ - */
  webhookSecret: string;
  apiUrl?: string;
}

interface Rule {
  error: number;
  /** part of Telegram's description, in lower case */
  says?: string;
  code: SendErrorCode;
  reason: string;
}

/**
 * What a refusal by Telegram means; the first match counts. The descriptions are those of the Bot API server
 * (https://github.com/tdlib/telegram-bot-api, `fail_query_with_error`). A `migrate_to_chat_id` goes before all.
 */
const RULES: Rule[] = [
  { error: 429, code: 'retry_after', reason: 'too_many_requests' },
  { error: 403, says: 'blocked by the user', code: 'address_stopped', reason: 'blocked' },
  { error: 403, says: 'user is deactivated', code: 'address_unreachable', reason: 'deactivated' },
  { error: 403, says: "can't initiate conversation", code: 'address_unreachable', reason: 'not_started' },
  // thrown out of a group, another bot, a deleted group: whatever it is, it is about this chat only
  { error: 403, code: 'address_unreachable', reason: 'http_403' },
  { error: 400, says: 'chat not found', code: 'address_unreachable', reason: 'chat_not_found' },
  { error: 400, says: 'user not found', code: 'address_unreachable', reason: 'chat_not_found' },
  { error: 400, says: 'peer_id_invalid', code: 'address_unreachable', reason: 'chat_not_found' },
  { error: 400, says: 'message is too long', code: 'message_invalid', reason: 'too_long' },
  { error: 400, says: 'text is empty', code: 'message_invalid', reason: 'empty' },
  { error: 400, says: 'button_data_invalid', code: 'message_invalid', reason: 'button_data' },
  { error: 400, code: 'message_invalid', reason: 'http_400' },
  { error: 401, code: 'account', reason: 'http_401' },
  { error: 404, code: 'account', reason: 'http_404' },
  { error: 503, code: 'provider_down', reason: 'http_503' },
];

const TEXT_MAX = 4096;
const HEADING_MAX = 200;
const ANSWER_MAX = 200;
const BUTTON_DATA_MAX = 64;
/** seconds to wait when a 429 names none */
const RETRY_DEFAULT = 30;
/** what must not hold up the message itself: the edit of an older one, the answer to a button */
const ASIDE_TIMEOUT = 5_000;
const SECRET_HEADER = 'x-telegram-bot-api-secret-token';
const WEBHOOK = { allowed_updates: ['message', 'callback_query', 'my_chat_member'] as const, max_connections: 40 };

export function telegramBot(settings: TelegramSettings): Channel {
  const { token, webhookSecret } = settings;
  const apiRoot = (settings.apiUrl ?? 'https://api.telegram.org').replace(/\/+$/, '');
  const botId = token.split(':', 1)[0] ?? '';

  const api = (wire: Wire, timeoutMs?: number) => new Api(token, { apiRoot, fetch: overWire(wire, timeoutMs) });

  return {
    name: 'telegram',
    secrets: [token, webhookSecret].filter(Boolean),
    inFlight: 16,
    perSecond: 30,

    async send(message, wire): Promise<Accepted> {
      const chat = chatId(message.to);
      await strikeOut(message, api(wire, ASIDE_TIMEOUT));
      const { text, entities } = compose(message);
      const keyboard = keyboardOf(message);
      try {
        const sent = await api(wire).sendMessage(chat, text, {
          link_preview_options: { is_disabled: true },
          ...(entities.length > 0 ? { entities } : {}),
          ...(keyboard ? { reply_markup: keyboard } : {}),
        });
        if (!isRecord(sent) || !isId(sent.message_id) || !isRecord(sent.chat) || !isId(sent.chat.id)) {
          throw new Unreadable(200);
        }
        // unique in this chat only; the chat's id is an address and stays out of the ledger
        return { providerId: String(sent.message_id), final: true };
      } catch (error) {
        throw refusal(error);
      }
    },

    async ask(wire) {
      try {
        await api(wire, ASIDE_TIMEOUT).getMe();
      } catch (error) {
        throw refusal(error);
      }
    },

    async receive(request) {
      if (!(await secretMatches(request, webhookSecret))) {
        return [{ kind: 'refused', status: 401, why: 'The secret token is wrong or missing' }];
      }
      let update: unknown;
      try {
        update = JSON.parse(request.body);
      } catch {
        return [{ kind: 'refused', status: 400, why: 'The body is not JSON' }];
      }
      if (!isUpdate(update)) return [{ kind: 'refused', status: 400, why: 'The body is not an Update' }];
      return [read(update, botId)];
    },

    async acknowledge(id, text, wire) {
      try {
        await api(wire, ASIDE_TIMEOUT).answerCallbackQuery(id, text ? { text: cut(text, ANSWER_MAX) } : {});
      } catch (error) {
        // the person has long stopped waiting for it: there is nothing left to acknowledge
        if (error instanceof GrammyError && error.description.includes('query is too old')) return;
        throw refusal(error);
      }
    },

    async register(webhookUrl, wire) {
      const bot = api(wire);
      try {
        const now = await bot.getWebhookInfo();
        if (!isRecord(now)) throw new Unreadable(200);
        const same =
          now.url === webhookUrl &&
          now.max_connections === WEBHOOK.max_connections &&
          [...(now.allowed_updates ?? [])].sort().join() === [...WEBHOOK.allowed_updates].sort().join() &&
          // Telegram never shows its secret token; that it has an old one is seen only by our refusals
          !/\b40[13]\b/.test(now.last_error_message ?? '');
        if (same) return;
        await bot.setWebhook(webhookUrl, {
          secret_token: webhookSecret,
          allowed_updates: WEBHOOK.allowed_updates,
          max_connections: WEBHOOK.max_connections,
        });
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

// ---- out

/** An answer that is not Telegram's JSON: from a proxy on the way, or cut. */
class Unreadable extends Error {
  override name = 'Unreadable';
  readonly status: number;
  constructor(status: number) {
    super(`unreadable answer with status ${status}`);
    this.status = status;
  }
}

/** grammY's way out. It reads `json()` and nothing else, and passes on whatever is thrown here inside an HttpError. */
function overWire(wire: Wire, timeoutMs?: number): NonNullable<ApiClientOptions['fetch']> {
  const fetch = async (url: string | URL, init: { body: string }) => {
    const answer = await wire.request(String(url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: init.body,
      ...(timeoutMs ? { timeoutMs } : {}),
    });
    let body: unknown;
    try {
      body = JSON.parse(answer.text);
    } catch {
      throw new Unreadable(answer.status);
    }
    const succeeded = isRecord(body) && body.ok === true && answer.status < 300;
    const refused = isRecord(body) && body.ok === false && typeof body.error_code === 'number';
    if (!succeeded && !refused) throw new Unreadable(answer.status);
    return { json: async () => body };
  };
  return fetch as unknown as NonNullable<ApiClientOptions['fetch']>;
}

/** Every way in which Telegram did not take a message. What is none of them is a bug and stays what it is. */
function refusal(error: unknown): unknown {
  if (error instanceof GrammyError) {
    const { migrate_to_chat_id, retry_after } = error.parameters;
    if (migrate_to_chat_id !== undefined) return new SendError('address_unreachable', 'migrated');
    const says = String(error.description).toLowerCase();
    const rule = RULES.find((it) => it.error === error.error_code && says.includes(it.says ?? ''));
    if (rule) return new SendError(rule.code, rule.reason, retryAfter(rule.code, retry_after));
    return new SendError(error.error_code >= 500 ? 'unknown' : 'message_invalid', `http_${error.error_code}`);
  }
  const cause = error instanceof HttpError ? error.error : error;
  if (cause instanceof WireError) {
    return cause.reached === 'no'
      ? new SendError('provider_down', 'no_connection')
      : new SendError('unknown', 'no_answer');
  }
  if (cause instanceof Unreadable) {
    const { status } = cause;
    const reason = `unreadable_${status}`;
    if (status === 429) return new SendError('retry_after', reason, RETRY_DEFAULT);
    if (status === 401 || status === 404) return new SendError('account', reason);
    // a redirect or a refusal that is not Telegram's comes from something in front of it, which passed nothing on
    const before = (status >= 300 && status < 500) || status === 503;
    return new SendError(before ? 'provider_down' : 'unknown', reason);
  }
  return cause;
}

function retryAfter(code: SendErrorCode, seconds: unknown): number | undefined {
  if (code !== 'retry_after') return undefined;
  return typeof seconds === 'number' && seconds > 0 ? seconds : RETRY_DEFAULT;
}

function chatId(to: string): number {
  const id = /^-?\d{1,16}$/.test(to) ? Number(to) : 0;
  if (id === 0 || !Number.isSafeInteger(id)) throw new SendError('address_unreachable', 'chat_id_invalid');
  return id;
}

/** Strikes the older message out. A crisis does not wait for that: whatever goes wrong here, the new one is sent. */
async function strikeOut(message: Outgoing, api: Api): Promise<void> {
  const id = /^\d{1,16}$/.exec(message.replaces ?? '')?.[0];
  const text = cut(message.replacesText?.trim() ?? '', TEXT_MAX);
  if (!id || !text) return;
  try {
    await api.editMessageText(Number(message.to), Number(id), text, {
      entities: [{ type: 'strikethrough', offset: 0, length: text.length }],
      link_preview_options: { is_disabled: true },
    });
  } catch {
    // deleted by the person, edited already, chat blocked, no connection: the send that follows says what matters
  }
}

/** Heading, text, link. Bold by an entity, not by markup: no text can break it. */
function compose(message: Outgoing): { text: string; entities: MessageEntity[] } {
  const heading = cut(message.heading.trim(), HEADING_MAX);
  const link = message.link && !message.text.includes(message.link) ? message.link : '';
  const room = TEXT_MAX - (heading ? heading.length + 1 : 0) - (link ? link.length + 1 : 0);
  const body = cut(message.text.trim(), room);
  return {
    text: [heading, body, link].filter(Boolean).join('\n'),
    entities: heading ? [{ type: 'bold', offset: 0, length: heading.length }] : [],
  };
}

/** One button a row: labels are sentences in some languages. A button that Telegram would refuse is left out, the warning is not. */
function keyboardOf(message: Outgoing): InlineKeyboardMarkup | undefined {
  const rows = message.buttons
    .filter(({ label, data }) => label.trim() && data && new TextEncoder().encode(data).length <= BUTTON_DATA_MAX)
    .map(({ label, data }) => [{ text: label, callback_data: data }]);
  return rows.length > 0 ? { inline_keyboard: rows } : undefined;
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** The Segmenter parts what Sinhala joins (ශ්‍රී) and what Burmese and Khmer stack; a cut there shows broken letters. */
const JOINS_ON = /[\u200d\u1039\u17d2]$/;

/** At most `max` UTF-16 units, never through a grapheme. */
function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  let end = 0;
  for (const { index, segment } of graphemes.segment(whole)) {
    if (index + segment.length > max - 1) break;
    if (!JOINS_ON.test(segment)) end = index + segment.length;
  }
  return `${whole.slice(0, end)}…`;
}

// ---- in

/** In constant time: both are hashed, so neither length nor content shows. */
async function secretMatches(request: InboundRequest, secret: string): Promise<boolean> {
  const given = request.headers[SECRET_HEADER];
  if (!secret || given === undefined) return false;
  const hash = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const [a, b] = await Promise.all([hash(given), hash(secret)]);
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value);
const isOptional = (value: unknown, check: (value: unknown) => boolean) => value === undefined || check(value);
const isString = (value: unknown) => typeof value === 'string';
const isChat = (value: unknown) => isRecord(value) && isId(value.id) && isString(value.type);
const isUser = (value: unknown) => isRecord(value) && isId(value.id) && isOptional(value.language_code, isString);
const isWithin = (value: unknown, limit: number) => typeof value === 'number' && Math.abs(value) <= limit;
const isLocation = (value: unknown) =>
  isRecord(value) && isWithin(value.latitude, 90) && isWithin(value.longitude, 180);
const isMessage = (value: unknown) =>
  isRecord(value) &&
  isChat(value.chat) &&
  isId(value.date) &&
  isOptional(value.from, isUser) &&
  isOptional(value.text, isString) &&
  isOptional(value.caption, isString) &&
  isOptional(value.location, isLocation);
const isQuery = (value: unknown) =>
  isRecord(value) &&
  isString(value.id) &&
  isUser(value.from) &&
  isOptional(value.data, isString) &&
  isOptional(value.message, (it) => isRecord(it) && isChat(it.chat));
const isMembership = (value: unknown) =>
  isRecord(value) && isChat(value.chat) && isRecord(value.new_chat_member) && isString(value.new_chat_member.status);

/** As far as we read an Update, it is one. */
function isUpdate(value: unknown): value is Update {
  return (
    isRecord(value) &&
    isId(value.update_id) &&
    isOptional(value.message, isMessage) &&
    isOptional(value.callback_query, isQuery) &&
    isOptional(value.my_chat_member, isMembership)
  );
}

function read(update: Update, botId: string): Received {
  const id = `u${update.update_id}`;
  if (update.message) return readMessage(update.message, id, botId);

  if (update.callback_query) {
    const { id: acknowledge, data, from, message } = update.callback_query;
    if (message && message.chat.type !== 'private') return ignored('a button in a group');
    if (!data) return ignored('a button without data');
    return {
      kind: 'incoming',
      id,
      from: String(message?.chat.id ?? from.id),
      to: botId,
      text: data,
      acknowledge,
      ...(from.language_code ? { languageHint: from.language_code } : {}),
    };
  }

  if (update.my_chat_member) {
    const { chat, new_chat_member } = update.my_chat_member;
    if (chat.type !== 'private') return ignored('membership in a group');
    if (new_chat_member.status === 'kicked') return { kind: 'address', from: String(chat.id), state: 'stopped' };
    if (new_chat_member.status === 'member') return { kind: 'address', from: String(chat.id), state: 'active' };
    return ignored('a membership that is neither blocked nor active');
  }

  if (update.edited_message?.location) return ignored('a live location');
  if (update.edited_message) return ignored('an edited message');
  return ignored('an update of a kind that was not asked for');
}

function readMessage(message: Message, id: string, botId: string): Received {
  const { chat, from, date, location, text = message.caption } = message;
  // TG-6: nothing that could be about a case is read or said in a group
  if (chat.type !== 'private') return ignored('a message in a group');
  if (from?.is_bot) return ignored('a message of a bot');
  // TG-5
  if (location?.live_period) return ignored('a live location');
  if (text === undefined && !location) {
    return ignored(`without words: ${WORDLESS.find((kind) => kind in message) ?? 'other'}`);
  }

  const start = /^\/start(?:@\w+)?(?:\s+([\w-]{1,64}))?\s*$/.exec(text ?? '');
  return {
    kind: 'incoming',
    id,
    from: String(chat.id),
    to: botId,
    text: start ? '/start' : (text ?? '').replace(/^(\/\w+)@\w+/, '$1'),
    at: date * 1000,
    ...(start?.[1] ? { startToken: start[1] } : {}),
    ...(location ? { location: { latitude: grain(location.latitude), longitude: grain(location.longitude) } } : {}),
    ...(from?.language_code ? { languageHint: from.language_code } : {}),
  };
}

const WORDLESS = [
  'voice',
  'photo',
  'video',
  'video_note',
  'audio',
  'animation',
  'document',
  'sticker',
  'contact',
  'poll',
];
const ignored = (why: string): Received => ({ kind: 'ignored', why });
/** about a kilometre */
const grain = (degrees: number) => Math.round(degrees * 100) / 100 + 0;
