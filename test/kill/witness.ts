import type { ChannelName } from '../../src/channels/channel.ts';
import { Broken, type FarEnd } from '../farends/farend.ts';
import { createPush, type PushFarEnd } from '../farends/push.ts';
import { listen } from '../farends/serve.ts';
import { createTelegram, type TelegramFarEnd } from '../farends/telegram.ts';
import { createTwilio, type Twilio } from '../farends/twilio.ts';
import { ACCOUNT, BOT, OUR_NUMBER, SETUP } from '../node/embassy.ts';

export const CHANNELS = ['sms', 'telegram', 'push'] as const satisfies ChannelName[];
export type PerChannel = Record<ChannelName, number>;

/** Out of a thousand sends; an SMS list is never hung up on, else it goes wrong as often. */
export interface Faults {
  /** taken, and the connection is cut before the answer */
  acceptThenCut: number;
  /** not taken, the connection is cut */
  cut: number;
  /** taken, the answer cannot be read */
  garbage: number;
  /** taken, no answer ever comes: our client waits 15 s for it */
  hang: number;
}
export const NO_FAULTS: Faults = { acceptThenCut: 0, cut: 0, garbage: 0, hang: 0 };
export const SOME_FAULTS: Faults = { acceptThenCut: 10, cut: 10, garbage: 5, hang: 0.5 };

/** A send that has arrived at a far end. Times in epoch milliseconds. */
export interface Seen {
  channel: ChannelName;
  at: number;
  /** answered, cut or given up */
  endedAt: number | undefined;
}

/** The far ends of all channels: they outlive every kill, and know what arrived. */
export interface Witness {
  twilio: Twilio;
  telegram: TelegramFarEnd;
  push: PushFarEnd;
  settings: Record<string, string>;
  /** what the far ends do wrong from now on */
  faults: Faults;
  /** how often they did something wrong */
  readonly wrongs: Record<keyof Faults, number>;
  /** sends since the start of the present process */
  seen: Seen[];
  /** called when a whole request has arrived, and before it has any effect */
  arrived: (seen: Seen) => void;
  /** requests that had arrived at that time and were not answered */
  inFlight(time: number): PerChannel;
  /** forgets all messages; subscriptions stay */
  forget(): void;
  close(): Promise<unknown>;
}

/** Half of the SMS and pushes are taken when they arrive, half when they are answered. */
const TIMES: Record<ChannelName, { ms: number; early: number }> = {
  sms: { ms: 50, early: 0.5 },
  // a chat's limits count when a message arrives
  telegram: { ms: 300, early: 1 },
  push: { ms: 400, early: 0.5 },
};
const SENDS: Record<ChannelName, RegExp> = {
  sms: /^POST .*\/Messages\.json$/,
  telegram: /\/sendMessage$/,
  push: /^POST .*\/wpush\//,
};
const SMS_LIST = /^GET .*\/Messages\.json$/;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param smsRate what the sender is allowed and told, messages a second */
export async function openWitness(random: () => number, smsRate: number): Promise<Witness> {
  const [sms, chat, web] = [await listen(), await listen(), await listen()];
  const twilio = createTwilio({ accountSid: ACCOUNT, authToken: 'token', origin: sms.url });
  const telegram = createTelegram({
    token: BOT,
    origin: chat.url,
    openChats: true,
    localWebhooks: true,
    enforceLimits: true,
  });
  const push = createPush({ origin: web.url });
  const wrongs = { ...NO_FAULTS };

  const drawFault = (canHang: boolean): keyof Faults | undefined => {
    let left = random() * 1000;
    for (const [fault, rate] of Object.entries(made.faults) as [keyof Faults, number][]) {
      left -= rate;
      if (left >= 0) continue;
      if (fault === 'hang' && !canHang) return undefined;
      wrongs[fault]++;
      return fault;
    }
    return undefined;
  };

  async function withFault(fault: keyof Faults | undefined, answer: () => Promise<Response>): Promise<Response> {
    if (fault === 'cut') throw new Broken('cut');
    const response = await answer();
    if (fault === undefined || !response.ok) return response;
    if (fault === 'garbage') return new Response('<html>Bad gateway</html>', { status: response.status });
    throw new Broken(fault === 'hang' ? 'hang' : 'cut');
  }

  /** The far end, taking its time and going wrong now and then. */
  const human = (channel: ChannelName, farEnd: FarEnd): FarEnd => ({
    ...farEnd,
    async fetch(request) {
      const call = `${request.method} ${new URL(request.url).pathname}`;
      if (SMS_LIST.test(call)) return withFault(drawFault(false), () => farEnd.fetch(request));
      if (!SENDS[channel].test(call)) return farEnd.fetch(request);
      const seen: Seen = { channel, at: Date.now(), endedAt: undefined };
      made.seen.push(seen);
      made.arrived(seen);
      const fault = drawFault(true);
      const { ms, early } = TIMES[channel];
      try {
        if (random() < early) {
          const response = await withFault(fault === 'cut' ? fault : undefined, () => farEnd.fetch(request));
          await sleep(ms);
          return await withFault(fault, async () => response);
        }
        await sleep(ms);
        return await withFault(fault, () => farEnd.fetch(request));
      } finally {
        seen.endedAt = Date.now();
      }
    },
  });
  const doors = [sms.open(human('sms', twilio)), chat.open(human('telegram', telegram)), web.open(human('push', push))];

  const made: Witness = {
    twilio,
    telegram,
    push,
    settings: {
      SETUP_TOKEN: SETUP,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_FROM: OUR_NUMBER,
      TWILIO_API_URL: sms.url,
      TELEGRAM_BOT_TOKEN: BOT,
      TELEGRAM_API_URL: chat.url,
      SMS_RATE: String(smsRate),
      ALLOW_PRIVATE_HOSTS: 'yes',
      PUBLIC_URL: 'https://gateway.example.org',
      PORT: '0',
    },
    faults: NO_FAULTS,
    wrongs,
    seen: [],
    arrived: () => {},
    inFlight(time) {
      const count: PerChannel = { sms: 0, telegram: 0, push: 0 };
      for (const { channel, at, endedAt } of made.seen)
        if (at <= time && (endedAt === undefined || endedAt > time)) count[channel]++;
      return count;
    },
    forget() {
      twilio.reset();
      telegram.reset();
      push.received.length = 0;
      made.seen = [];
      for (const fault of Object.keys(wrongs)) wrongs[fault as keyof Faults] = 0;
    },
    close: () => Promise.all(doors.map((door) => door.close())),
  };
  return made;
}
