import type { Config } from '../config.ts';
import type { Channel, ChannelName } from './channel.ts';
import { generateVapidKeys, webPush } from './push.ts';
import { type SimulatedPhones, simulator } from './simulator.ts';
import { telegramBot } from './telegram.ts';
import { twilioSms } from './twilio.ts';

/** A queue with its own pace: one for each provider account, and one for all simulated phones. */
export const SENDER_NAMES = ['sms', 'telegram', 'push', 'simulator'] as const;
export type SenderName = (typeof SENDER_NAMES)[number];

export interface Senders {
  /** undefined when the channel has no settings */
  get(name: SenderName): Channel | undefined;
  all(): [SenderName, Channel][];
  /** the public half of the VAPID keys, for browsers */
  vapidPublicKey: string;
  telegramSecret: string;
}

/** Who sends for an organisation: the simulator in training, the settings' senders for the first live one, else nobody. */
export function senderFor(
  organisation: { mode: 'live' | 'training'; first: boolean },
  channel: ChannelName,
  senders: Senders,
): SenderName | 'off' {
  if (organisation.mode === 'training') return 'simulator';
  if (channel === 'push') return 'push';
  return organisation.first && senders.get(channel) ? channel : 'off';
}

/** The channels of this build. */
export async function openSenders(
  config: Config,
  secrets: {
    secret(name: string, make: () => Promise<string>): Promise<string>;
    derived(label: string): Promise<string>;
  },
  phones: SimulatedPhones,
): Promise<Senders> {
  const vapid =
    config.vapid ?? JSON.parse(await secrets.secret('vapid', async () => JSON.stringify(await generateVapidKeys())));
  const telegramSecret = config.telegram?.webhookSecret ?? (await secrets.derived('telegram webhook'));
  const { twilio, telegram } = config;
  const channels = new Map<SenderName, Channel>([['simulator', simulator(phones)]]);
  if (twilio)
    channels.set(
      'sms',
      twilioSms({
        accountSid: twilio.accountSid,
        authToken: twilio.authToken,
        ...(twilio.from !== undefined && { from: twilio.from }),
        ...(twilio.messagingServiceSid !== undefined && { messagingServiceSid: twilio.messagingServiceSid }),
        apiUrl: twilio.apiUrl,
        publicUrl: config.publicUrl,
        perSecond: config.smsRate,
      }),
    );
  if (telegram)
    channels.set(
      'telegram',
      telegramBot({ token: telegram.botToken, webhookSecret: telegramSecret, apiUrl: telegram.apiUrl }),
    );
  channels.set(
    'push',
    webPush({ ...vapid, subject: config.vapidSubject, allowPrivateHosts: config.allowPrivateHosts }),
  );
  return {
    get: (name) => channels.get(name),
    all: () => [...channels],
    vapidPublicKey: vapid.publicKey,
    telegramSecret,
  };
}
