import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { planChunk } from '../../src/delivery/plan.ts';
import { type Address, parseAddress } from '../../src/people/person.ts';
import { type Registration, registerPeople } from '../../src/people/registry.ts';
import { createPush, type PushFarEnd } from '../farends/push.ts';
import { createTelegram, type TelegramFarEnd } from '../farends/telegram.ts';
import { createTwilio, type Twilio } from '../farends/twilio.ts';
import { type Embassy, embassy, QUAKE, type TestGateway, testGateway } from '../gateway.ts';

type Person = { addresses?: { channel: string; value: string }[] };

export const OUR_NUMBER = '+15005550006';
export const PUBLIC = 'https://musafir.test';
const ACCOUNT = 'AC00000000000000000000000000000001';
const BOT = '4242:strict-far-end';

export interface Delivery {
  id: string;
  externalId: string | null;
  channel: string | null;
  step: number;
  language: string;
  state: string;
  attempts: number;
  errorCode: string | null;
  providerId: string | null;
  sentAt: string | null;
  deliveredAt: string | null;
}

export interface Stage extends TestGateway {
  keys: Embassy;
  twilio: Twilio;
  telegram: TelegramFarEnd;
  push: PushFarEnd;
  incident: string;
  /** registers people */
  people(...people: object[]): Promise<void>;
  /** a draft that is submitted and approved, without undo time unless said; not yet planned */
  alert(more?: Record<string, unknown>, approval?: Record<string, unknown>): Promise<string>;
  /** `alert`, planned and not yet sent */
  planned(more?: Record<string, unknown>): Promise<string>;
  /** `alert`, and all that is due is done */
  tell(more?: Record<string, unknown>): Promise<string>;
  view(id: string): Promise<{ state: string; deliveries: Record<string, number>; [key: string]: unknown }>;
  ledger(id: string): Promise<Delivery[]>;
  /** time passes in small steps with Cron, as on a Node process */
  pass(milliseconds: number, step?: number): Promise<void>;
  board(): Promise<Record<string, number>>;
  /** an SMS from a number, signed; answers the status of the webhook */
  text(from: string, body: string, sid?: string): Promise<number>;
  /** hands a request of a provider to the app */
  hand(request: Request): Promise<Response>;
  /** bodies that a number was sent */
  got(number: string): string[];
}

/** A live embassy in Tokyo with strict far ends for all channels, and a clock that nobody waits for. */
export async function stage(settings: Record<string, string> = {}, mode: 'live' | 'training' = 'live'): Promise<Stage> {
  let clock = { now: () => QUAKE };
  const now = () => clock.now();
  const rate = Number(settings.SMS_RATE ?? 10);
  const twilio = createTwilio({ accountSid: ACCOUNT, authToken: 'twilio token', limitPerSecond: rate, now });
  const telegram = createTelegram({ token: BOT, enforceLimits: true, openChats: true, now });
  const push = createPush({ now });
  const t = await testGateway(
    {
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: 'twilio token',
      TWILIO_FROM: OUR_NUMBER,
      TELEGRAM_BOT_TOKEN: BOT,
      TELEGRAM_WEBHOOK_SECRET: 'telegram-secret',
      ...settings,
    },
    [twilio, telegram, push],
  );
  clock = t.clock;
  const keys = await embassy(t, mode);
  const must = async (status: number, ...args: Parameters<TestGateway['call']>) => {
    const answer = await t.call(...args);
    expect(answer.status, answer.text).toBe(status);
    return answer.json;
  };
  const incident = (await must(201, 'POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).id;
  const hand = async (request: Request) => t.app.request(request);

  const made: Stage = {
    ...t,
    keys,
    twilio,
    telegram,
    push,
    incident,
    hand,
    async people(...people) {
      const registrations = people.map((person) => {
        const { addresses = [], ...rest } = person as Person;
        const parsed = addresses.map((address) => parseAddress(address as never, 'JP', false) as Address);
        return { ...rest, addresses: parsed } as Registration;
      });
      await registerPeople(t.g, 'lk-tokyo', registrations);
    },
    async alert(more = {}, approval = {}) {
      const body = {
        incident,
        template: 'earthquake',
        parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
        audience: {},
        urgency: 'Immediate',
        expires: '2026-03-11T20:00:00+09:00',
        ...more,
      };
      if ('texts' in more) for (const name of ['template', 'parameters'] as const) delete (body as typeof more)[name];
      const { id } = await must(201, 'POST', '/api/v1/alerts', { key: keys.author, body });
      await must(200, 'POST', `/api/v1/alerts/${id}/submit`, { key: keys.author });
      await must(200, 'POST', `/api/v1/alerts/${id}/approve`, {
        key: keys.approver,
        body: { undoSeconds: 0, ...approval },
      });
      return id;
    },
    async planned(more) {
      const uid = await made.alert(more);
      const [alert] = await rows<{ id: number }>(t.g.store, sql`select id from alerts where uid = ${uid}`);
      while (await planChunk(t.g, alert!.id));
      return uid;
    },
    async tell(more) {
      const id = await made.alert(more);
      await t.work();
      return id;
    },
    view: (id) => must(200, 'GET', `/api/v1/alerts/${id}`, { key: keys.viewer }),
    async ledger(id) {
      const items: Delivery[] = [];
      for (let cursor = ''; ; ) {
        const path = `/api/v1/alerts/${id}/deliveries?limit=500${cursor}`;
        const page = await must(200, 'GET', path, { key: keys.viewer });
        items.push(...page.items);
        if (page.next === null) return items;
        cursor = `&cursor=${page.next}`;
      }
    },
    async pass(milliseconds, step = 1_000) {
      for (let left = milliseconds; left > 0; left -= step) {
        t.clock.pass(Math.min(step, left));
        await t.work();
      }
    },
    board: () => must(200, 'GET', `/api/v1/incidents/${incident}/board`, { key: keys.viewer }),
    async text(from, body, sid) {
      const url = `${PUBLIC}/webhooks/twilio/messages`;
      return (await hand(await twilio.incoming(url, from, OUR_NUMBER, body, sid))).status;
    },
    got: (number) => twilio.sent.filter((sms) => sms.to === number).map((sms) => sms.body),
  };
  return made;
}

/** No far end refused a request, and nothing failed unseen. */
export function allWell(s: Stage): void {
  expect([...s.twilio.violations, ...s.telegram.violations, ...s.push.violations]).toEqual([]);
  expect(s.log.filter((line) => /"level":"error"/.test(line))).toEqual([]);
}

/** Somebody with a Japanese number that ends in `n`. */
export const reader = (n: number, language: string, more: Record<string, unknown> = {}) => ({
  externalId: `p-${n}`,
  languages: [language],
  nationalities: ['LK'],
  area: 'JP-04',
  addresses: [{ channel: 'sms', value: numberOf(n) }],
  ...more,
});

export const numberOf = (n: number) => `+8180${String(12_340_000 + n)}`;

/** Words of our own in some languages, short enough to be told apart at the far end. */
export const words = (mark: string, tags = ['si', 'ar', 'th', 'ja', 'en']) => ({
  texts: Object.fromEntries(tags.map((tag) => [tag, { full: `${GREETING[tag]} ${mark}` }])),
});
export const GREETING: Record<string, string> = {
  si: 'උස් බිමට යන්න',
  ta: 'மேட்டுக்குச் செல்லுங்கள்',
  ar: 'اذهب إلى مكان مرتفع',
  th: 'ไปที่สูง',
  ja: '高台へ',
  en: 'Go to high ground',
};
