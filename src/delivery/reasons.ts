import type { ChannelName } from '../channels/channel.ts';

/** Who carries a channel's messages, by name. A part of push is named by its host. */
const PROVIDERS: Record<ChannelName, string> = { sms: 'Twilio', telegram: 'Telegram', push: 'The push service' };
export const CHANNEL_NAMES: Record<ChannelName, string> = { sms: 'SMS', telegram: 'Telegram', push: 'Push' };

export const providerOf = (channel: ChannelName): string => PROVIDERS[channel];

/** What ended a delivery, by our own words for it. */
const OWN: Readonly<Record<string, string>> = {
  no_address: 'No address is known for this person.',
  no_text: 'The alert has no text that this person can read.',
  address_stopped: 'The person has said STOP on this address.',
  address_unreachable: 'This address was found dead before, and nobody was heard from it since.',
  channel_off: 'The channel has no settings, so nobody can be reached on it.',
  expired: 'The alert expired before this message could go out.',
  stopped: 'The alert was stopped before this message went out.',
  cancelled: 'The alert was cancelled before this message went out.',
  replaced: 'The alert was replaced before this message went out.',
  erased: 'The person was forgotten.',
  answered: 'The person had answered before this reminder went out.',
  ladder_off: 'An operator ended the reminders of this alert before this one went out.',
  internal: 'A mistake of ours. The log names it by the delivery.',
};

/** The classes of a provider's refusals, and of silence. `{provider}` is its name. */
const CLASSES: Readonly<Record<string, string>> = {
  address_stopped: 'The person has blocked us there.',
  address_unreachable: '{provider} says that nobody can be reached at this address.',
  destination_closed: 'Our account at {provider} may not send to this number.',
  message_invalid: '{provider} does not take these words.',
  account: '{provider} refuses our account.',
  retry_after: '{provider} asked us to wait.',
  provider_down: '{provider} did not answer.',
  unknown: 'It may have been taken: the connection was lost before {provider} answered.',
};

/** Codes of which more can be said than their class: what it is, and the repair where there is one. */
const CODES: Readonly<Record<string, string>> = {
  'unknown:lease': 'It may have been taken: the process ended while the message was under way.',
  'unknown:ambiguous': "It may have been taken: several messages of {provider}'s list could be it.",
  'unknown:list_unreachable': "It may have been taken: {provider}'s list could not be read.",
  'unknown:no_list': 'It may have been taken, and there is no list to look into.',
  'destination_closed:21408':
    'Our account at Twilio may not send to this country. Enable it under Messaging, Settings, Geo permissions.',
  'destination_closed:21608': 'A trial account at Twilio sends to verified numbers only. Upgrade it.',
  'address_unreachable:30003': 'The phone is off or out of reach.',
  'address_unreachable:30004': 'The network has blocked this number.',
  'address_unreachable:30005': 'The number does not exist any more.',
  'address_unreachable:30006': 'The number is a landline, or its network cannot be reached.',
  'address_unreachable:30008': 'The network did not deliver it and gave no reason.',
  'address_unreachable:21211': 'This is not a phone number.',
  'address_unreachable:21612': 'Our sender has no route to this number.',
  'address_unreachable:21614': 'This is not a mobile number.',
  'address_unreachable:key_mismatch': 'The browser subscribed with another key: it must subscribe again.',
  'address_unreachable:http_410': 'The browser has taken its subscription back.',
  'address_unreachable:http_404': 'The push service does not know this subscription.',
  'address_unreachable:not_started': 'The person has never written to our bot.',
  'address_unreachable:deactivated': 'The Telegram account does not exist any more.',
  'message_invalid:30007': 'Twilio or the network took it for spam.',
  'message_invalid:21617': 'The text is longer than Twilio takes.',
  'account:20003': 'Twilio does not know our account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.',
  'account:20005': 'Our account at Twilio is suspended.',
  'account:10001': 'Our account at Twilio is not active.',
  'account:20404': 'Twilio does not know our account: check TWILIO_ACCOUNT_SID and TWILIO_API_URL.',
  'account:21212': 'TWILIO_FROM is not a valid sender.',
  'account:21601': 'TWILIO_FROM cannot send SMS.',
  'account:21606': 'TWILIO_FROM is not a number of our account, or cannot send there.',
  'account:21609': 'PUBLIC_URL is not an address that Twilio can call.',
  'account:21659': 'TWILIO_FROM is not a number at Twilio.',
  'account:21660': 'TWILIO_FROM belongs to another account.',
  'account:21705': 'TWILIO_MESSAGING_SERVICE_SID does not exist.',
  'account:http_401': '{provider} does not know us: check TELEGRAM_BOT_TOKEN, or the VAPID keys for push.',
  'account:vapid_key': 'The VAPID keys cannot be used: check VAPID_PRIVATE_KEY.',
};

/**
 * Why a delivery is as it is, in one plain sentence; null when there is nothing to say.
 * @param provider who said so, when it is not the channel's usual one: the host of a push service
 */
export function explain(errorCode: string | null, channel: ChannelName | null, provider?: string): string | null {
  if (errorCode === null) return null;
  const [code = '', reason] = errorCode.split(':');
  const sentence =
    CODES[errorCode] ?? (reason === undefined ? OWN[code] : undefined) ?? CLASSES[code] ?? 'It was not taken.';
  return sentence.replaceAll('{provider}', provider ?? (channel ? PROVIDERS[channel] : 'The provider'));
}
