import { home } from '#home';
import { createApp } from '../src/app.ts';
import { parseConfig } from '../src/config.ts';
import type { Clock, Gateway, Task } from '../src/gateway.ts';
import { openGateway } from '../src/platform/gateway.ts';
import { openIds } from '../src/platform/ids.ts';
import { openLog } from '../src/platform/log.ts';
import { type Bounds, perform, sweep } from '../src/work.ts';
import { type FarEnd, wireTo } from './farends/farend.ts';

/** 2026-03-11 14:46 in Sendai. */
export const QUAKE = Date.parse('2026-03-11T14:46:00+09:00');

export interface FakeClock extends Clock {
  /** moves on, and wakes who sleeps */
  pass(milliseconds: number): void;
}

function fakeClock(start: number): FakeClock {
  let now = start;
  const sleepers: { until: number; resolve: () => void }[] = [];
  return {
    now: () => now,
    // nobody waits in a test: when all has run that can, time jumps to where the first sleeper wanted to be
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        sleepers.push({ until: now + milliseconds, resolve });
        setTimeout(() => {
          sleepers.sort((one, other) => one.until - other.until);
          const first = sleepers.shift();
          now = Math.max(now, first?.until ?? now);
          first?.resolve();
        }, 0);
      }),
    turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
    pass(milliseconds) {
      now += milliseconds;
    },
  };
}

/** A generator that gives the same bytes in every run (mulberry32). */
function seeded(seed: number): (bytes: Uint8Array<ArrayBuffer>) => void {
  let state = seed;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      bytes[i] = (mixed ^ (mixed >>> 14)) & 255;
    }
  };
}

export interface TestGateway {
  g: Gateway;
  clock: FakeClock;
  /** all lines that were logged, at every level */
  log: string[];
  /** calls the app as a client would, with a key when given */
  call(method: string, path: string, options?: CallOptions): Promise<TestAnswer>;
  /** does all work that is due now, as loops and Cron would, until nothing is left */
  work(): Promise<void>;
  /** does only what was woken, in time, for so long: no Cron finds what was forgotten. @returns how many tasks */
  run(milliseconds: number, bounds?: Bounds): Promise<number>;
  app: ReturnType<typeof createApp>;
  wire: ReturnType<typeof wireTo>;
}

export interface CallOptions {
  key?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as a client would, by name
  json: any;
}

/** A gateway on the engine of this project, with a fake clock, seeded ids and scripted far ends. */
export async function testGateway(settings: Record<string, string> = {}, farEnds: FarEnd[] = []): Promise<TestGateway> {
  const { config, problems } = parseConfig(
    { PUBLIC_URL: 'https://musafir.test', SETUP_TOKEN: 'set me up', ...settings },
    'node',
  );
  if (problems.length > 0) throw new Error(problems.map((p) => `${p.setting} ${p.problem}`).join('; '));
  const clock = fakeClock(QUAKE);
  const log: string[] = [];
  const queue: { task: Task; at: number }[] = [];
  const wire = wireTo(...farEnds);
  const g = await openGateway({
    home: home.name,
    config,
    store: await home.open(),
    crypto: home.crypto,
    masterKey: new Uint8Array(32).fill(7),
    outbox: {
      async wake(task, delayMs = 0) {
        // no longer than a Queue message is asked to wait
        queue.push({ task, at: clock.now() + Math.min(delayMs, 60_000) });
      },
    },
    wire,
    assets: home.assets,
    clock,
    ids: openIds(seeded(20260311)),
    log: openLog('debug', (line) => log.push(line), clock.now),
  });
  const app = createApp(g);
  const bounds = { dispatchMs: 60_000, most: 100_000 };
  const work = async () => {
    await sweep(g);
    for (let round = 0; queue.some((item) => item.at <= clock.now()); round++) {
      if (round > 1000) throw new Error('work never ends');
      const due = queue.filter((item) => item.at <= clock.now());
      for (const item of due) queue.splice(queue.indexOf(item), 1);
      const tasks = new Map(due.map(({ task }) => [JSON.stringify(task), task]));
      for (const task of tasks.values()) await perform(g, task, bounds);
    }
  };
  const run = async (milliseconds: number, tight: Bounds = bounds) => {
    const end = clock.now() + milliseconds;
    let done = 0;
    for (;;) {
      queue.sort((one, other) => one.at - other.at);
      if (!queue[0] || queue[0].at > end) break;
      if (done > 5000) throw new Error('work never ends');
      const { task, at } = queue.shift()!;
      clock.pass(Math.max(0, at - clock.now()));
      await perform(g, task, tight);
      done++;
    }
    clock.pass(Math.max(0, end - clock.now()));
    return done;
  };
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<TestAnswer> => {
    const { key, body, headers = {} } = options;
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await app.request(path, {
      method,
      headers: {
        ...(key && { Authorization: `Bearer ${key}` }),
        ...(body !== undefined && !raw && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, text, json };
  };
  return { g, clock, log, call, work, run, app, wire };
}

/** Keys of an embassy with one person for each role. */
export interface Embassy {
  admin: string;
  author: string;
  approver: string;
  registrar: string;
  caseworker: string;
  viewer: string;
}

/** Sets up Sri Lanka's embassy in Tokyo with a key for each desk. */
export async function embassy(t: TestGateway, mode: 'live' | 'training' = 'live'): Promise<Embassy> {
  const organisation = { id: 'lk-tokyo', name: 'Embassy of Sri Lanka', country: 'LK', defaultLanguage: 'si' };
  const made = await t.call('POST', '/api/v1/setup', { body: { token: 'set me up', organisation, mode } });
  const admin = made.json.apiKey as string;
  const key = async (role: string) =>
    (await t.call('POST', '/api/v1/keys', { key: admin, body: { name: `${role} desk`, roles: [role] } })).json.apiKey;
  return {
    admin,
    author: await key('author'),
    approver: await key('approver'),
    registrar: await key('registrar'),
    caseworker: await key('caseworker'),
    viewer: await key('viewer'),
  };
}
