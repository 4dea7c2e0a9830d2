import domainModule from 'twilio/lib/base/Domain.js';
import versionModule from 'twilio/lib/base/Version.js';
import {
  type MessageInstance,
  MessageListInstance,
  type MessageListInstanceCreateOptions,
} from 'twilio/lib/rest/api/v2010/account/message.js';
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import {
  type Channel,
  type Found,
  type InboundRequest,
  type Received,
  type Refused,
  SendError,
  type Wire,
  WireError,
} from './channel.ts';
import { refusal, undelivered } from './twilio-errors.ts';

/** Node hands over a CommonJS module whole, a bundler its default export. */
const unwrap = <T>(module: T): T => (module as T & { default?: T }).default ?? module;
const Domain = unwrap(domainModule);
const Version = unwrap(versionModule);

const TIMEOUT_MS = 15_000;
/** the longest ValidityPeriod that Twilio takes, in seconds */
const LONGEST_VALIDITY = 36_000;
/** Twilio answers 429 to an account that asks too much at once. */
const MOST_IN_FLIGHT = 64;
const PAGE_SIZE = 1000;
const MOST_PAGES = 10;
/** deleted there meanwhile, see https://www.twilio.com/docs/api/errors/20404 */
const NO_SUCH_RESOURCE = '20404';
/** put before the text by Twilio while an account is on trial; the message list shows it */
const TRIAL_PREFIX = 'Sent from your Twilio trial account - ';

export interface TwilioSettings {
  accountSid: string;
  authToken: string;
  /** our number or sender name */
  from?: string;
  /** chooses the sender from a pool; goes before `from` when both are set */
  messagingServiceSid?: string;
  /** https://api.twilio.com when absent */
  apiUrl?: string;
  /** where Twilio reaches us; its path comes before `/webhooks/twilio/...` */
  publicUrl: string;
  perSecond: number;
}

/** SMS by Twilio's Programmable Messaging, see https://www.twilio.com/docs/messaging/api/message-resource */
export function twilioSms(settings: TwilioSettings): Channel {
  const { accountSid, authToken, perSecond } = settings;
  const apiUrl = (settings.apiUrl || 'https://api.twilio.com').replace(/\/+$/, '');
  const basic = base64(`${accountSid}:${authToken}`);
  const home = new URL(settings.publicUrl).pathname.replace(/\/+$/, '');

  // one for each wire: at the edge a wire belongs to an invocation
  const clients = new WeakMap<Wire, MessageListInstance>();
  const messages = (wire: Wire) => {
    let client = clients.get(wire);
    if (!client) {
      client = MessageListInstance(new OverWire(apiUrl, basic, wire) as never, encodeURIComponent(accountSid));
      clients.set(wire, client);
    }
    return client;
  };

  return {
    name: 'sms',
    secrets: [authToken, basic],
    inFlight: Math.max(1, Math.min(MOST_IN_FLIGHT, Math.ceil(perSecond))),
    perSecond,

    async send(message, wire) {
      if (message.expires <= message.now) throw new SendError('message_invalid', 'expired');
      const sender = settings.messagingServiceSid
        ? { messagingServiceSid: settings.messagingServiceSid }
        : { from: settings.from };
      if (!settings.messagingServiceSid && !settings.from) throw new SendError('account', 'no_sender');
      const order: MessageListInstanceCreateOptions = {
        to: message.to,
        body: message.text,
        ...sender,
        // our texts are counted and approved as they are: Twilio must not replace a character
        smartEncoded: false,
        validityPeriod: Math.min(LONGEST_VALIDITY, Math.max(1, Math.floor((message.expires - message.now) / 1000))),
      };
      if (message.statusUrl !== undefined) order.statusCallback = message.statusUrl;
      const taken = await asked(() => messages(wire).create(order));
      if (!isMessageSid(taken.sid)) throw new SendError('unknown', 'unreadable_answer');
      return { providerId: taken.sid, final: false };
    },

    async find(query, wire) {
      // No DateSent filter: a message that still waits at Twilio has no date_sent, and to miss it would be to send it twice.
      const since = Math.floor(query.since / 1000) * 1000; // Twilio's dates have whole seconds
      const found: Found[] = [];
      let page = await asked(() => messages(wire).page({ to: query.to, pageSize: PAGE_SIZE }));
      for (let read = 1; ; read++) {
        for (const message of page.instances) {
          if (message.direction === 'inbound' || !isMessageSid(message.sid)) continue;
          if (message.body !== query.text && message.body !== TRIAL_PREFIX + query.text) continue;
          if (message.dateCreated instanceof Date && message.dateCreated.getTime() < since) continue;
          found.push(standing(message));
        }
        const next = page.nextPageUrl && page;
        if (!next) return found;
        if (read === MOST_PAGES) throw new SendError('unknown', 'list_too_long');
        page = await asked(async () => (await next.nextPage()) as typeof page);
      }
    },

    async redact(providerId, wire) {
      try {
        await asked(() => messages(wire)(providerId).update({ body: '' }));
      } catch (error) {
        if (error instanceof SendError && error.reason === NO_SUCH_RESOURCE) return;
        throw error;
      }
    },

    async receive(request) {
      try {
        return read(request, settings, home);
      } catch {
        return [refused(400, 'not readable')];
      }
    },
  };
}

/** The empty answer to a webhook: Twilio sends nothing back to the person. */
export function twiml(): string {
  return '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';
}

/**
 * Whether Twilio signed this request. The package compares in constant time and tries every form of the address that
 * Twilio may have signed: with and without the port, as received and normalised (`'` as `%27`).
 */
export function isSigned(request: InboundRequest, authToken: string): boolean {
  try {
    return isSignedForm(request, authToken, new URL(request.url), readForm(request));
  } catch {
    return false;
  }
}

function isSignedForm(request: InboundRequest, authToken: string, url: URL, form: Form | undefined): boolean {
  const signature = request.headers['x-twilio-signature'];
  if (!signature) return false;
  if (url.searchParams.has('bodySHA256'))
    return validateRequestWithBody(authToken, signature, request.url, request.body);
  return form !== undefined && validateRequest(authToken, signature, request.url, form);
}

// ---- sending

/** What the package asks of an HTTP client. */
interface Call {
  method: string;
  uri: string;
  headers?: Record<string, string>;
  params?: Record<string, unknown>;
  data?: Record<string, unknown>;
}

/** Twilio's own client over our wire. */
class OverWire extends Version {
  readonly #exchange: (call: Call) => Promise<unknown>;
  readonly #addresses = new Map<string, string>();

  constructor(apiUrl: string, basic: string, wire: Wire) {
    const send = (call: Call) => exchange(call, apiUrl, basic, wire);
    super(new Domain({ request: send } as never, apiUrl), '2010-04-01');
    this.#exchange = send;
  }

  /** Of what was taken only the number is read: the package would parse three dates for each message. */
  override async create(opts: Parameters<InstanceType<typeof Version>['create']>[0]) {
    const { sid } = await super.create(opts);
    return { sid, date_created: null, date_sent: null, date_updated: null };
  }

  /** The package puts an address together by regular expressions made anew: a tenth of the cost of sending. */
  override request(opts: Parameters<InstanceType<typeof Version>['request']>[0]): Promise<never> {
    const call = opts as Call;
    let uri = this.#addresses.get(call.uri);
    if (uri === undefined) {
      uri = this._domain.absoluteUrl(this.relativeUrl(call.uri));
      if (this.#addresses.size < 10) this.#addresses.set(call.uri, uri);
    }
    return this.#exchange({ ...call, uri }) as Promise<never>;
  }
}

async function exchange(call: Call, apiUrl: string, basic: string, wire: Wire) {
  // A next page comes out of an answer: our credentials must not follow it elsewhere.
  if (!call.uri.startsWith(`${apiUrl}/`)) throw new SendError('unknown', 'foreign_page');
  const method = call.method.toUpperCase() === 'POST' ? 'POST' : 'GET';
  const query = call.params ? `?${formOf(call.params)}` : '';
  const answer = await wire.request(call.uri + query, {
    method,
    headers: { ...call.headers, Accept: 'application/json', Authorization: `Basic ${basic}` },
    timeoutMs: TIMEOUT_MS,
    ...(method === 'POST' ? { body: formOf(call.data ?? {}) } : {}),
  });
  if (answer.status < 200 || answer.status > 299) throw refusal(answer);
  return { statusCode: answer.status, body: answer.text, headers: answer.headers };
}

/** application/x-www-form-urlencoded */
function formOf(values: Record<string, unknown>): string {
  let form = '';
  for (const name in values) {
    const value = String(values[name]);
    form += `${form && '&'}${name}=${name === 'Body' ? encodeWords(value) : encodeURIComponent(value)}`;
  }
  return form;
}

const encoded = new Map<string, string>();
const MOST_ENCODED = 200;

/** Words that many get are encoded once. Half a surrogate pair becomes U+FFFD, as in URLSearchParams. */
function encodeWords(words: string): string {
  let form = encoded.get(words);
  if (form === undefined) {
    form = encodeURIComponent(words.toWellFormed());
    if (encoded.size >= MOST_ENCODED) encoded.clear();
    encoded.set(words, form);
  }
  return form;
}

/** Runs a call of the package; whatever goes wrong in it comes out as a SendError. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SendError) throw error;
    if (error instanceof WireError) {
      throw error.reached === 'no'
        ? new SendError('provider_down', 'no_connection')
        : new SendError('unknown', 'no_answer');
    }
    throw new SendError('unknown', 'unreadable_answer');
  }
}

function isMessageSid(sid: unknown): sid is string {
  return typeof sid === 'string' && /^(SM|MM)[0-9a-fA-F]{32}$/.test(sid);
}

function standing(message: MessageInstance): Found {
  const state = states.get(message.status);
  const errorCode = message.errorCode ? String(message.errorCode) : undefined;
  if (state !== 'failed') return { providerId: message.sid, state: state ?? 'sent' };
  return { providerId: message.sid, state, error: undelivered(message.status, errorCode) };
}

/** See https://www.twilio.com/docs/messaging/api/message-resource#message-status-values. What is absent says nothing final. */
const states: ReadonlyMap<string, Found['state']> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

// ---- receiving

type Form = Record<string, string | string[]>;

/** @param home path of our public address, without a slash at its end */
function read(request: InboundRequest, settings: TwilioSettings, home: string): Received[] {
  const url = new URL(request.url);
  const path = url.pathname.startsWith(`${home}/`) ? url.pathname.slice(home.length) : '';
  const hook = /^\/webhooks\/twilio\/(?:(messages)|status(?:\/([^/]+))?)\/?$/.exec(path);
  if (!hook) return [refused(400, 'no webhook has this path')];
  if (request.method !== 'POST') return [refused(400, 'not a POST')];
  if (!request.headers['x-twilio-signature']) return [refused(403, 'no signature')];
  const form = readForm(request);
  if (!form) return [refused(400, 'not a form')];
  if (!isSignedForm(request, settings.authToken, url, form)) return [refused(403, 'wrong signature')];
  const account = one(form, 'AccountSid');
  if (hook[1]) return account === settings.accountSid ? readMessage(form) : [refused(403, 'another account')];
  if (account !== undefined && account !== settings.accountSid) return [refused(403, 'another account')];
  return [readStatus(form, (hook[2] && decodeURIComponent(hook[2])) || url.searchParams.get('t') || undefined)];
}

function readMessage(form: Form): Received[] {
  const id = one(form, 'MessageSid') ?? one(form, 'SmsSid');
  const from = one(form, 'From');
  const to = one(form, 'To');
  if (!isMessageSid(id) || !from || !to) return [refused(400, 'MessageSid, From or To is missing')];
  if (!/^\+[1-9]\d{6,14}$/.test(from)) return [{ kind: 'ignored', why: 'the sender is not a phone number' }];
  const received: Received[] = [{ kind: 'incoming', id, from, to, text: one(form, 'Body') ?? '' }];
  // Advanced Opt-Out of a Messaging Service: Twilio has already acted, and may know a word that we do not.
  const optOut = one(form, 'OptOutType');
  if (optOut === 'STOP') received.push({ kind: 'address', from, state: 'stopped' });
  if (optOut === 'START') received.push({ kind: 'address', from, state: 'active' });
  const media = Number(one(form, 'NumMedia') ?? 0);
  if (media > 0) received.push({ kind: 'ignored', why: `${media} media not read` });
  return received;
}

function readStatus(form: Form, token: string | undefined): Received {
  const providerId = one(form, 'MessageSid') ?? one(form, 'SmsSid');
  const status = (one(form, 'MessageStatus') ?? one(form, 'SmsStatus'))?.toLowerCase();
  if (!isMessageSid(providerId) || !status) return refused(400, 'MessageSid or MessageStatus is missing');
  const state = states.get(status);
  if (!state) return { kind: 'ignored', why: 'not a final status' };
  const code = one(form, 'ErrorCode');
  return {
    kind: 'status',
    providerId,
    state,
    ...(token === undefined ? {} : { token }),
    ...(state === 'failed' ? { error: undelivered(status, code && /^[1-9]\d*$/.test(code) ? code : undefined) } : {}),
  };
}

/** The fields of a form body; undefined when it is not one. Stricter than URLSearchParams, which takes anything. */
function readForm(request: InboundRequest): Form | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const form = Object.create(null) as Form;
  try {
    for (const pair of request.body.split('&')) {
      const at = pair.indexOf('=');
      if (at < 1) return undefined;
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)].map(decode) as [string, string];
      form[name] = name in form ? [form[name] ?? [], value].flat() : value;
    }
  } catch {
    return undefined; // broken percent-encoding or UTF-8
  }
  return form;
}

const decode = (part: string) => (/[%+]/.test(part) ? decodeURIComponent(part.replaceAll('+', ' ')) : part);

/** A field that must be there once. */
function one(form: Form, name: string): string | undefined {
  const value = form[name];
  return typeof value === 'string' ? value : undefined;
}

function refused(status: Refused['status'], why: string): Refused {
  return { kind: 'refused', status, why };
}

/** btoa takes bytes only, and a mistyped token may hold any character. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
