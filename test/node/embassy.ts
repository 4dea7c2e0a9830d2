/** What both homes' journeys do: an embassy over HTTP, with strict far ends on 127.0.0.1. */
import { expect } from 'vitest';
import { createPush } from '../farends/push.ts';
import { listen } from '../farends/serve.ts';
import { createTelegram } from '../farends/telegram.ts';
import { createTwilio } from '../farends/twilio.ts';

export const ACCOUNT = 'AC00000000000000000000000000000001';
export const OUR_NUMBER = '+15005550006';
export const BOT = '4242:strict-far-end';
export const SETUP = 'set me up once';
export const SMS_RATE = 100;

export async function openFarEnds() {
  const [sms, chat, web] = [await listen(), await listen(), await listen()];
  const twilio = createTwilio({ accountSid: ACCOUNT, authToken: 'token', origin: sms.url, limitPerSecond: SMS_RATE });
  const telegram = createTelegram({
    token: BOT,
    origin: chat.url,
    openChats: true,
    localWebhooks: true,
    enforceLimits: true,
  });
  const push = createPush({ origin: web.url });
  const doors = [sms.open(twilio), chat.open(telegram), web.open(push)];
  return {
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
      SMS_RATE: String(SMS_RATE),
      ALLOW_PRIVATE_HOSTS: 'yes',
    },
    close: () => Promise.all(doors.map((door) => door.close())),
  };
}
export type FarEnds = Awaited<ReturnType<typeof openFarEnds>>;

/** Calls of one server. */
export function client(base: string) {
  const call = async (method: string, path: string, key?: string, body?: unknown, type = 'application/json') => {
    const answer = await fetch(base + path, {
      method,
      headers: { ...(key && { Authorization: `Bearer ${key}` }), ...(body !== undefined && { 'Content-Type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    // biome-ignore lint/suspicious/noExplicitAny: answers are read as a client would, by name
    let json: any;
    try {
      json = JSON.parse(text);
    } catch {}
    return { status: answer.status, text, json, retryAfter: Number(answer.headers.get('retry-after') ?? 0) };
  };
  /** Waits when it is told that it calls too often. */
  const must = async (status: number, ...args: Parameters<typeof call>) => {
    let answer = await call(...args);
    for (; answer.status === 429 && status !== 429; answer = await call(...args))
      await new Promise((resolve) => setTimeout(resolve, answer.retryAfter * 1000));
    expect(answer.status, `${args[0]} ${args[1]}: ${answer.text}`).toBe(status);
    return answer.json;
  };
  return { call, must };
}
export type Client = ReturnType<typeof client>;

/** Waits until something is so. @throws what it last was, after the time is over */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  ms = 20_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function setUp({ must }: Client) {
  const organisation = { id: 'lk-tokyo', name: 'Embassy of Sri Lanka', country: 'LK', defaultLanguage: 'si' };
  const { apiKey: admin } = await must(201, 'POST', '/api/v1/setup', undefined, { token: SETUP, organisation });
  const key = async (role: string) =>
    (await must(201, 'POST', '/api/v1/keys', admin, { name: `${role} desk`, roles: [role] })).apiKey as string;
  return {
    admin,
    author: await key('author'),
    approver: await key('approver'),
    registrar: await key('registrar'),
    viewer: await key('viewer'),
    caseworker: await key('caseworker'),
  };
}
export type Keys = Awaited<ReturnType<typeof setUp>>;

/** A dozen languages with a text, and one (th) without. */
const LANGUAGES = ['si', 'ta', 'ar', 'ja', 'th', 'vi', 'zh-Hans', 'ne', 'my', 'am', 'fil', 'en'];

export interface Registered {
  id: string;
  language: string;
  channel: 'sms' | 'telegram' | 'push';
  value: string;
}

/**
 * People by CSV (phones and chats) and web push by the API.
 * @param tenths how many of each ten have a phone, and how many a chat; the others have web push
 */
export async function register(
  { must }: Client,
  keys: Keys,
  farEnds: Pick<FarEnds, 'push'>,
  count = 200,
  tenths = { sms: 7, telegram: 2 },
): Promise<Registered[]> {
  const people: Registered[] = [];
  for (let n = 0; n < count; n++) {
    const language = LANGUAGES[n % LANGUAGES.length]!;
    const id = `p-${n}`;
    const tenth = n % 10;
    if (tenth < tenths.sms) people.push({ id, language, channel: 'sms', value: `+8180${12_340_000 + n}` });
    else if (tenth < tenths.sms + tenths.telegram)
      people.push({ id, language, channel: 'telegram', value: String(700_000 + n) });
    else people.push({ id, language, channel: 'push', value: JSON.stringify(await farEnds.push.subscribe()) });
  }
  const lines = people
    .filter(({ channel }) => channel !== 'push')
    .map(({ id, language, channel, value }) =>
      [id, channel === 'sms' ? value : '', channel === 'telegram' ? value : '', language, 'LK', 'JP-04'].join(','),
    );
  const csv = ['external_id,phone,telegram,languages,nationalities,area', ...lines].join('\n');
  const { id } = await must(202, 'POST', '/api/v1/imports', keys.registrar, csv, 'text/csv');
  const report = await until('the import', async () => {
    const now = await must(200, 'GET', `/api/v1/imports/${id}`, keys.registrar);
    return now.status === 'done' || now.status === 'failed' ? now : undefined;
  });
  expect(report).toMatchObject({ status: 'done', created: lines.length, rejected: [] });
  for (const { id, language, value } of people.filter(({ channel }) => channel === 'push')) {
    const addresses = [{ channel: 'push', value }];
    const person = { externalId: id, languages: [language], nationalities: ['LK'], area: 'JP-04', addresses };
    await must(201, 'POST', '/api/v1/people', keys.registrar, person);
  }
  return people;
}

/** Draft, submit, approve without undo time. */
export async function approveAlert(
  { must }: Client,
  keys: Keys,
  incident: string,
  audience: object,
  more: object = {},
) {
  const draft = await must(201, 'POST', '/api/v1/alerts', keys.author, {
    incident,
    template: 'earthquake',
    parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
    audience,
    urgency: 'Immediate',
    expires: new Date(Date.now() + 3_600_000).toISOString(),
    ...more,
  });
  await must(200, 'POST', `/api/v1/alerts/${draft.id}/submit`, keys.author);
  await must(200, 'POST', `/api/v1/alerts/${draft.id}/approve`, keys.approver, { undoSeconds: 0 });
  return draft as { id: string; ref: string; texts: Record<string, { full: string; sms: string }> };
}

/** Waits until nothing of an alert is left to do. */
export const finished = ({ must }: Client, keys: Keys, id: string, ms?: number) =>
  until(
    `the end of ${id}`,
    async () => {
      const now = await must(200, 'GET', `/api/v1/alerts/${id}`, keys.viewer);
      return now.finishedAt === null ? undefined : now;
    },
    ms,
  );

/** Everyone has exactly one message, in the language that was promised. */
export function checkReceived(
  farEnds: FarEnds,
  people: Registered[],
  texts: Record<string, { full: string; sms: string }>,
) {
  const { twilio, telegram, push } = farEnds;
  const wrong: string[] = [];
  for (const person of people) {
    const language = texts[person.language] ? person.language : 'si';
    const start = (text: string) => text.slice(0, 30);
    const got =
      person.channel === 'sms'
        ? twilio.sent.filter((sms) => sms.to === person.value).map((sms) => sms.body)
        : person.channel === 'telegram'
          ? telegram.sent.filter((sent) => String(sent.chatId) === person.value).map((sent) => sent.text)
          : push.received
              .filter((one) => one.endpoint === JSON.parse(person.value).endpoint)
              .map((one) => JSON.parse(one.payload).body as string);
    const { full, sms } = texts[language]!;
    const due = person.channel === 'sms' ? [sms, full] : [full];
    if (got.length !== 1 || !due.some((text) => got[0]!.includes(start(text))))
      wrong.push(`${person.id} ${person.channel} ${language}: ${got.length} ${JSON.stringify(got[0]?.slice(0, 60))}`);
  }
  expect(wrong).toEqual([]);
}
