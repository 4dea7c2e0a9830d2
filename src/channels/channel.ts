/**
 * The contract between the delivery engine and a way of reaching people.
 *
 * A channel knows one provider's words and nothing of ours: no database, no alerts, no people.
 * It turns an `Outgoing` into the provider's call, the provider's answer into `Accepted` or a
 * `SendError`, and the provider's webhook into a list of `Received`. Adding a channel is one file
 * here, one table of cases beside it, and one line in `index.ts`.
 */

export type ChannelName = 'sms' | 'telegram' | 'push';

/** One HTTP exchange with a provider. `text` is read whole: provider answers are small. */
export interface WireAnswer {
  status: number;
  /** header names in lower case */
  headers: Record<string, string>;
  text: string;
}

export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** milliseconds until the exchange is given up; 15,000 when absent (DESIGN section 10) */
  timeoutMs?: number;
}

/** The only way out of the process: an undici pool on Node, `fetch` on Workers. */
export interface Wire {
  /** @throws WireError when no complete answer arrived */
  request(url: string, request: WireRequest): Promise<WireAnswer>;
}

/** No answer arrived. `reached` says whether the request can have had an effect at the far end. */
export class WireError extends Error {
  override name = 'WireError';
  readonly reached: 'no' | 'unknown';
  constructor(reached: 'no' | 'unknown', message: string) {
    super(message);
    this.reached = reached;
  }
}

/** A button under a message. `data` comes back in `Incoming.text`, at most 64 bytes (Telegram). */
export interface Button {
  label: string;
  data: string;
}

/** One message to one address in its final words. */
export interface Outgoing {
  /** stable for this delivery, opaque: safe to give to a provider in a callback address */
  token: string;
  /** E.164 number, Telegram chat id, or a PushSubscription as JSON */
  to: string;
  text: string;
  /** short name of what happens, for a push title or the first line of a chat message; '' for a plain reply */
  heading: string;
  /** BCP 47 */
  language: string;
  direction: 'ltr' | 'rtl';
  /** our alert number, for example LK7K3M; '' for a plain reply */
  ref: string;
  /** equal for an alert and all its updates and its cancel: push `Topic` and notification tag; URL-safe, at most 32 characters */
  chain: string;
  urgency: 'Immediate' | 'Expected' | 'Future' | 'Past' | 'Unknown';
  /** epoch milliseconds; nothing may be delivered after it */
  expires: number;
  /** epoch milliseconds of the moment of sending, for TTL and ValidityPeriod */
  now: number;
  buttons: Button[];
  /** absolute address of a page about this message, when there is one */
  link?: string;
  /** the provider's id of an earlier message to the same address that this one corrects */
  replaces?: string;
  /** struck-out text for `replaces`, when the channel can edit */
  replacesText?: string;
  /** absolute address for delivery receipts, when the channel has them */
  statusUrl?: string;
}

/** The provider took the message. */
export interface Accepted {
  /** the provider's own id, when it gives one */
  providerId?: string;
  /** true when taking is all we will ever hear (Telegram, push): the state stays `sent` */
  final: boolean;
}

/**
 * Why a message was not taken: a closed set.
 *
 * | code | what the engine does |
 * |---|---|
 * | `retry_after` | again at the time the provider named (`retryAfter` seconds), the whole sender waits |
 * | `address_stopped` | the person has blocked us there; that address only; next address once |
 * | `address_unreachable` | no such subscriber there; that address only; next address once |
 * | `destination_closed` | our account may not send there (country not enabled, trial): that message fails while others go through; when none does, it is like `account` |
 * | `message_invalid` | never again with these words; shown to the operator |
 * | `account` | our account or settings are refused: the channel halts until repaired |
 * | `provider_down` | certainly not accepted (refused, 5xx that says so, no connection): again with backoff |
 * | `unknown` | may have been accepted: never sent again blindly |
 */
export type SendErrorCode =
  | 'retry_after'
  | 'address_stopped'
  | 'address_unreachable'
  | 'destination_closed'
  | 'message_invalid'
  | 'account'
  | 'provider_down'
  | 'unknown';

export class SendError extends Error {
  override name = 'SendError';
  readonly code: SendErrorCode;
  /** the provider's own code or status, for example `21610` or `http_503`; never content */
  readonly reason: string;
  /** seconds, for `retry_after` */
  readonly retryAfter: number | undefined;
  constructor(code: SendErrorCode, reason: string, retryAfter?: number) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** A message from a person. `id` is the provider's, unique per channel: the same id twice is one message. */
export interface Incoming {
  kind: 'incoming';
  id: string;
  /** the address it came from, in the form of `Outgoing.to` */
  from: string;
  /** the address of ours that it came to: number, bot, or '' */
  to: string;
  text: string;
  /** rounded to 0.01 degree by the channel already (TG-5) */
  location?: { latitude: number; longitude: number };
  /** what `/start <token>` of a deep link carried */
  startToken?: string;
  /** a language the provider says that the person uses; a hint only */
  languageHint?: string;
  /** the id of a button press that wants an acknowledgement (Telegram callback query) */
  acknowledge?: string;
  /** epoch milliseconds by the provider's clock, when told */
  at?: number;
}

/** What became of a message of ours. */
export interface StatusReport {
  kind: 'status';
  providerId: string;
  /** the delivery token out of the callback address, when it was there */
  token?: string;
  state: 'sent' | 'delivered' | 'failed';
  /** set when `state` is failed, or when the report says that the address is stopped or dead */
  error?: { code: SendErrorCode; reason: string };
}

/** Someone blocked or unblocked us outside of a message (Telegram my_chat_member). */
export interface AddressReport {
  kind: 'address';
  from: string;
  state: 'stopped' | 'active';
}

/** Understood and of no concern: answered 200, and said so. */
export interface Ignored {
  kind: 'ignored';
  why: string;
}

/** Not from the provider (401, 403) or not in its form (400). No effect. */
export interface Refused {
  kind: 'refused';
  status: 400 | 401 | 403;
  why: string;
}

export type Received = Incoming | StatusReport | AddressReport | Ignored | Refused;

/** A webhook request, read whole. */
export interface InboundRequest {
  method: string;
  /** PUBLIC_URL + path + query: what the provider was told to call */
  url: string;
  /** names in lower case */
  headers: Record<string, string>;
  body: string;
}

/** What the provider says about a message whose outcome we do not know. */
export interface Found {
  providerId: string;
  state: 'sent' | 'delivered' | 'failed';
  error?: { code: SendErrorCode; reason: string };
}

export interface Channel {
  readonly name: ChannelName;
  /** strings that must never appear in a log */
  readonly secrets: readonly string[];
  /** requests that may be under way at once */
  readonly inFlight: number;
  /** messages a second that the provider allows this sender */
  readonly perSecond: number;
  /**
   * The part of the provider that answers for this address, when there are several: the host of a push service. One
   * that is slow or down holds up nobody else's.
   */
  part?(to: string): string | undefined;
  /** @throws SendError for every way in which the provider did not take the message */
  send(message: Outgoing, wire: Wire): Promise<Accepted>;
  /** Reads and verifies a webhook request; values, not exceptions. Absent: the channel has no webhook. */
  receive?(request: InboundRequest): Promise<Received[]>;
  /**
   * Looks for a message that may or may not have been taken (DESIGN section 6).
   * Answers every message to `to` since `since` whose body equals `text`; an empty list means that the
   * provider has none. @throws SendError when the provider cannot be asked.
   */
  find?(query: { to: string; text: string; since: number }, wire: Wire): Promise<Found[]>;
  /**
   * Empties the provider's own copy of a message whose end is known; one that the provider has no more is emptied.
   * @throws SendError `message_invalid` when it is not at its end there, or one that says when to come back
   */
  redact?(providerId: string, wire: Wire): Promise<void>;
  /**
   * A question without effect, before the first message after a silence: where the provider has no list to look into,
   * each message that gets no answer is one that nobody knows of. @throws SendError when it is not answered
   */
  ask?(wire: Wire): Promise<void>;
  /** Acknowledges a button press, within the seconds that the provider allows. */
  acknowledge?(id: string, text: string, wire: Wire): Promise<void>;
  /** Tells the provider where to call, when it differs from what it has. */
  register?(webhookUrl: string, wire: Wire): Promise<void>;
}
