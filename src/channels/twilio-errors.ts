import { SendError, type SendErrorCode, type WireAnswer } from './channel.ts';

/**
 * What each Twilio error means for us. A code is explained at https://www.twilio.com/docs/api/errors/<code>.
 * Most 21xxx answer a request, most 30xxx come later with a status callback; either may come either way.
 */
const meanings: Readonly<Record<string, SendErrorCode>> = {
  // The person told Twilio STOP.
  21610: 'address_stopped',

  // No SMS can arrive at this number.
  21211: 'address_unreachable', // not a valid phone number
  21214: 'address_unreachable', // cannot be reached
  21217: 'address_unreachable', // does not look like a phone number
  21265: 'address_unreachable', // a short code
  21266: 'address_unreachable', // the same as From
  21604: 'address_unreachable', // To is empty
  21612: 'address_unreachable', // no route from this sender to this number
  21614: 'address_unreachable', // not a mobile number
  21635: 'address_unreachable', // a landline
  30003: 'address_unreachable', // handset off or out of reach
  30004: 'address_unreachable', // blocked by the carrier for this number
  30005: 'address_unreachable', // unknown or out of service
  30006: 'address_unreachable', // landline or unreachable carrier
  30008: 'address_unreachable', // the carrier gave no reason

  // Our account may not send to that number; it may to others. The first is judged by the country code of To, see
  // https://www.twilio.com/docs/api/errors/21408
  21408: 'destination_closed', // the country is not enabled (Messaging Geographic Permissions)
  21608: 'destination_closed', // trial account: only verified numbers

  // These words, or these parameters, will never pass.
  20001: 'message_invalid', // unknown parameter
  20009: 'message_invalid', // to be emptied, and not at its end yet
  21602: 'message_invalid', // body is empty
  21605: 'message_invalid', // body is too long
  21617: 'message_invalid', // body is longer than 1,600 characters
  21618: 'message_invalid', // body cannot be sent
  21619: 'message_invalid', // neither body nor media
  30007: 'message_invalid', // filtered as spam by Twilio or the carrier
  30045: 'message_invalid', // ValidityPeriod out of range
  90007: 'message_invalid', // ValidityPeriod out of range

  // Our account, sender or settings.
  10001: 'account', // account is not active
  20003: 'account', // wrong account SID or auth token
  20005: 'account', // account is suspended
  20006: 'account', // access denied
  20008: 'account', // test credentials
  20404: 'account', // no such account, or TWILIO_API_URL is wrong
  21212: 'account', // From is not valid
  21601: 'account', // From is not an SMS number of this account
  21603: 'account', // From is missing
  21606: 'account', // From is not ours, or cannot send to this destination
  21609: 'account', // StatusCallback is not a valid address: PUBLIC_URL
  21659: 'account', // From is not a Twilio number
  21660: 'account', // From belongs to another account
  21661: 'account', // From cannot send SMS
  21701: 'account', // Messaging Service: not available
  21702: 'account', // Messaging Service: not available
  21703: 'account', // Messaging Service: no sender
  21704: 'account', // Messaging Service: no sender
  21705: 'account', // Messaging Service: does not exist
  21712: 'account', // From is not in the Messaging Service
  30002: 'account', // suspended while the message was queued
  30010: 'account', // price above the maximum
  30023: 'account', // daily cap of the campaign
  30024: 'account', // numeric sender is not provisioned
  30032: 'account', // toll-free number is not verified
  30034: 'account', // number is not registered for A2P
  60728: 'account', // hourly limit of the account
  63038: 'account', // daily limit of the account

  // Too fast.
  14107: 'retry_after',
  20429: 'retry_after',
  63017: 'retry_after',

  // Certainly not sent, and may work later.
  21611: 'provider_down', // From has ten hours of messages queued
  21730: 'provider_down', // maintenance
  30001: 'provider_down', // queue overflow
  30022: 'provider_down', // carrier's rate limit
  30036: 'provider_down', // waited at Twilio longer than ValidityPeriod
  30500: 'provider_down', // internal error: "try sending the message again"

  // Failed by Twilio without knowing what the carrier did with it.
  30410: 'unknown',
};

/** The error for an answer that is not 2xx. Nothing of the answer's prose is kept: Twilio repeats the number in it. */
export function refusal(answer: WireAnswer): SendError {
  const code = errorCode(answer.text);
  const reason = code ?? `http_${answer.status}`;
  // "sending an SMS is not idempotent": after a 500 it may have been sent. See https://www.twilio.com/docs/api/errors/20500
  if (answer.status >= 500) return new SendError(answer.status === 503 ? 'provider_down' : 'unknown', reason);
  const meaning = (code === undefined ? undefined : meanings[code]) ?? meaningOfStatus(answer.status);
  return new SendError(meaning, reason, meaning === 'retry_after' ? retryAfter(answer.headers) : undefined);
}

function meaningOfStatus(status: number): SendErrorCode {
  if (status === 429) return 'retry_after';
  if (status === 408) return 'unknown';
  if (status === 401 || status === 403 || status === 404 || status < 400) return 'account';
  return 'message_invalid';
}

/** Why a message that Twilio had taken was not delivered. Without a known code the next address is the best that can be done. */
export function undelivered(status: string, code: string | undefined): { code: SendErrorCode; reason: string } {
  if (code !== undefined) return { code: meanings[code] ?? 'address_unreachable', reason: code };
  // canceled: someone took it back at Twilio
  return { code: status === 'canceled' ? 'message_invalid' : 'address_unreachable', reason: status };
}

function errorCode(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { code?: unknown } | null;
    return Number.isSafeInteger(body?.code) ? String(body?.code) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds out of a Retry-After header: a number or a date (RFC 9110 10.2.3); at least 1. */
function retryAfter(headers: Record<string, string>): number {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(value)) return Math.max(1, Number(value));
  const sent = Date.parse(headers.date ?? '');
  const seconds = (Date.parse(value) - (Number.isNaN(sent) ? Date.now() : sent)) / 1000;
  return seconds > 1 ? Math.ceil(seconds) : 1;
}
