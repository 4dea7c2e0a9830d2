/** One crisis with kills in it: the real server on a file, killed and started again until everybody is told. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import type { ChannelName } from '../../src/channels/channel.ts';
import {
  approveAlert,
  type Client,
  client,
  type Keys,
  type Registered,
  register,
  setUp,
  until,
} from '../node/embassy.ts';
import { type Launched, launch, type Running, start } from '../node/process.ts';
import { addressOf, arrivals, type Books, balance, ledger } from './books.ts';
import type { Kill, Step } from './steps.ts';
import { type Faults, NO_FAULTS, type PerChannel, type Witness } from './witness.ts';

const NODE = 'node_modules/.bin/node';
const SERVER = 'src/start.mjs';
const INSIDE = new URL('./inside.ts', import.meta.url);
/** A plan's chunk is 20,000 ids: people far apart make five of them, as in a registry that many have left since. */
const LAST_ID = 100_000;
/** Without a common factor with any round number of people: mixes those of a channel among the others. */
const STRIDE = 7919;
let crises = 0;
/** What has not come by then, a start or an armed step, will not come. */
const STEP_MS = 30_000;

/** A database file with people in it, made once by the API of a real server. */
export interface Seed {
  path: string;
  keys: Keys;
  people: Registered[];
}

export interface Killed {
  step: Step;
  sender: ChannelName | undefined;
  /** at the far ends, when it died */
  inFlight: PerChannel;
  /** in the file it left behind: claimed, and not recorded */
  unknown: PerChannel;
  /** from the next start to the next send; undefined when nothing was left to send */
  resumedMs: number | undefined;
  /** by its signal or its exit code */
  ended: string;
}

export interface Report {
  books: Books;
  kills: Killed[];
  /** random ends for which nothing was left to send */
  left: number;
  /** deliveries that came out as not knowable, by channel and reason */
  indeterminate: Record<string, number>;
  /** as which an operator has resolved them */
  resolved: { sent: number; resend: number };
  wrongs: Record<keyof Faults, number>;
  /** requests that broke a provider's rules */
  violations: string[];
  /** lines of level error that any of the processes wrote */
  errors: string[];
  /** people that the board counts */
  board: { registered: number };
  /** of all of it, and of the last process */
  seconds: number;
  lastSeconds: number;
}

/** @param tenths of ten people by channel, the others have web push */
export async function makeSeed(
  folder: string,
  witness: Witness,
  count: number,
  tenths: { sms: number; telegram: number },
): Promise<Seed> {
  const path = join(folder, `people-${count}.db`);
  const server = await start([NODE, SERVER], { ...witness.settings, DATABASE_PATH: path }, { ms: STEP_MS });
  const api = client(server.url);
  const keys = await setUp(api);
  const people = await register(api, keys, witness, count, tenths);
  server.child.kill('SIGTERM');
  await server.ended;
  const raw = new Database(path);
  const spread = (id: string) => `((${id} * ${STRIDE}) % ${count} + 1) * ${Math.floor(LAST_ID / count)}`;
  raw.transaction(() => {
    // by way of below zero: no number is taken twice
    raw.exec(`update people set id = -${spread('id')}; update people set id = -id;
              update people_addresses set person = ${spread('person')}`);
  })();
  raw.close();
  return { path, keys, people };
}

export interface Order {
  folder: string;
  seed: Seed;
  witness: Witness;
  kills: Kill[];
  faults?: Faults;
  mutant?: string;
  /** how long the last process may take to come to an end */
  finishMs: number;
}

/**
 * Sends one alert to everybody, ends the server as told, and counts.
 * @throws when a step never happened
 */
export async function crisis({ folder, seed, witness, kills, faults, mutant, finishMs }: Order): Promise<Report> {
  const began = Date.now();
  if (kills.length === 0) throw new Error('A crisis without a kill');
  const path = join(folder, `crisis-${++crises}.db`);
  copyFileSync(seed.path, path);
  witness.forget();
  witness.faults = faults ?? NO_FAULTS;
  const env = { ...witness.settings, DATABASE_PATH: path, ...(mutant !== undefined && { MUTANT: mutant }) };
  const command = [NODE, '--import', pathToFileURL(INSIDE.pathname).href, SERVER];
  const errors: string[] = [];
  const killed: Killed[] = [];
  let left = 0;
  /** when the present process was started, and whether it follows a kill */
  let startedAt = 0;

  const settings = (kill: Kill | undefined) => ({
    ...env,
    ...(kill !== undefined && isInner(kill) && { KILL: JSON.stringify(kill) }),
  });
  const begin = () => {
    witness.seen = [];
    witness.arrived = () => {};
    startedAt = Date.now();
  };
  const noteFirst = () => {
    const last = killed.at(-1);
    const [first] = witness.seen;
    if (last && last.resumedMs === undefined && first) last.resumedMs = first.at - startedAt;
  };
  const noteErrors = (process: Launched) =>
    errors.push(
      ...process
        .output()
        .split('\n')
        .filter((line) => line.includes('"level":"error"')),
    );

  // the first process: it takes the order over HTTP
  begin();
  let process: Launched = await start(command, settings(kills[0]), { ms: STEP_MS });
  const api = client((process as Running).url);
  const incident = await api.must(201, 'POST', '/api/v1/incidents', seed.keys.author, { name: 'Sendai' });
  const first = kills[0] && endAt(process, kills[0], witness);
  const alert = await approveAlert(api, seed.keys, incident.id, { nationalities: ['LK'], areas: ['JP-04'] }).catch(
    (error) => {
      if (kills[0]?.step !== 'planned half') throw error;
      throw new Error(`killed before the approval was answered: ${error.message}`);
    },
  );

  for (const [i, kill] of kills.entries()) {
    if (i > 0) {
      begin();
      process = launch(command, settings(kill));
    }
    const death = await (i === 0 ? first! : endAt(process, kill, witness));
    noteFirst();
    noteErrors(process);
    if (death === undefined) {
      left++;
      await process.kill();
      continue;
    }
    killed.push({
      step: kill.step,
      sender: 'sender' in kill ? kill.sender : undefined,
      inFlight: witness.inFlight(death),
      unknown: unknownIn(path),
      resumedMs: undefined,
      ended: process.child.signalCode ?? String(process.child.exitCode),
    });
  }

  // the last one is left alone
  begin();
  const server = await start(command, settings(undefined), { ms: STEP_MS });
  const last = client(server.url);
  const { indeterminate, resolved, decided } = await finish(last, seed, alert.id, witness, finishMs);
  noteFirst();
  const rows = await ledger(last, seed.keys, alert.id);
  const board = await last.must(200, 'GET', `/api/v1/incidents/${incident.id}/board`, seed.keys.viewer);
  await server.kill();
  noteErrors(server);
  for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(path + suffix, { force: true });
  const violations = [witness.twilio, witness.telegram, witness.push].flatMap((end) => end.violations);
  return {
    books: balance(seed.people, rows, witness, decided, alert.texts),
    kills: killed,
    left,
    indeterminate,
    resolved,
    wrongs: { ...witness.wrongs },
    violations: [...violations],
    errors,
    board,
    seconds: (Date.now() - began) / 1000,
    lastSeconds: (Date.now() - startedAt) / 1000,
  };
}

const isInner = (kill: Kill) => !['handed to the wire', 'random', 'stop'].includes(kill.step);

/**
 * Ends a process as told.
 * @returns when it died; undefined when nothing was left for which a random end would mean something
 * @throws when the step did not happen
 */
async function endAt(process: Launched, kill: Kill, witness: Witness): Promise<number | undefined> {
  const dead = () => process.child.exitCode !== null || process.child.signalCode !== null;
  const never = (what: string) => new Error(`never ${what}: ${JSON.stringify(kill)}\n${process.output().slice(-2000)}`);
  const wait = <T>(look: () => T | undefined) => until(kill.step, look, STEP_MS).catch(() => undefined);
  if (kill.step === 'random' || kill.step === 'stop') {
    const sending = () => (dead() || witness.seen.length > 0 ? true : undefined);
    if (!(await until('a send', sending, 8_000).catch(() => undefined))) return undefined;
    await new Promise((resolve) => setTimeout(resolve, kill.afterMs));
    const time = await somethingInFlight(witness);
    if (time === undefined) return undefined;
    if (dead()) throw never('lived so long');
    process.child.kill(kill.step === 'stop' ? 'SIGTERM' : 'SIGKILL');
    await process.ended;
    return time;
  }
  if (kill.step === 'handed to the wire') {
    let count = 0;
    const died = new Promise<number>((resolve) => {
      witness.arrived = ({ channel, at }) => {
        if (channel !== kill.sender || ++count !== kill.nth) return;
        process.child.kill('SIGKILL');
        resolve(at);
      };
    });
    const time = await Promise.race([died, new Promise<undefined>((resolve) => setTimeout(resolve, STEP_MS))]);
    if (time === undefined) throw never('handed to the wire');
    await process.ended;
    return time;
  }
  const time = await wait(() => {
    const said = /"killedAt":"([^"]+)","time":(\d+)/.exec(process.output());
    if (said && said[1] !== kill.step) throw never(kill.step);
    if (!said && dead() && process.child.signalCode !== 'SIGKILL') throw never(kill.step);
    return said && dead() ? Number(said[2]) : undefined;
  });
  if (time === undefined) throw never(kill.step);
  return time;
}

/** Waits, a little, until a far end holds a request. */
async function somethingInFlight(witness: Witness): Promise<number | undefined> {
  for (let tries = 0; tries < 1_000; tries++) {
    const now = Date.now();
    if (Object.values(witness.inFlight(now)).some((n) => n > 0)) return now;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return undefined;
}

/** Rows that the dead process had claimed, read from a copy: the file itself is for the next process to repair. */
function unknownIn(path: string): PerChannel {
  const copy = `${path}-after`;
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  const raw = new Database(copy);
  const found = raw
    .prepare(
      "select sender, count(*) as n from deliveries where state = 'sending' and lease_until is not null group by sender",
    )
    .all() as { sender: ChannelName; n: number }[];
  raw.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  const unknown: PerChannel = { sms: 0, telegram: 0, push: 0 };
  for (const { sender, n } of found) unknown[sender] = n;
  return unknown;
}

/**
 * Waits for the end, and decides what nobody can know as an operator does who has asked the people: those who have
 * it are called sent, the others are sent it again.
 */
async function finish(api: Client, seed: Seed, alert: string, witness: Witness, ms: number) {
  const indeterminate: Record<string, number> = {};
  const resolved = { sent: 0, resend: 0 };
  const decided = new Set<string>();
  const byId = new Map(seed.people.map((person) => [person.id, person]));
  const end = Date.now() + ms;
  const done = async () => {
    const { finishedAt, deliveries } = await api.must(200, 'GET', `/api/v1/alerts/${alert}`, seed.keys.viewer);
    return finishedAt !== null && !deliveries.pending && !deliveries.sending ? true : undefined;
  };
  for (;;) {
    const isDone = await until('the end', done, Math.max(0, end - Date.now())).catch(() => false);
    if (!isDone) return { indeterminate, resolved, decided };
    const listed = await ledger(api, seed.keys, alert, 'indeterminate');
    if (listed.length === 0) return { indeterminate, resolved, decided };
    const arrived = arrivals(witness);
    for (const { id, externalId, channel, errorCode } of listed) {
      const reason = `${channel} ${errorCode}`;
      indeterminate[reason] = (indeterminate[reason] ?? 0) + 1;
      const as = arrived.has(addressOf(byId.get(externalId)!)) ? 'sent' : 'resend';
      await api.must(200, 'POST', `/api/v1/deliveries/${id}/resolve`, seed.keys.approver, { as });
      resolved[as]++;
      if (as === 'sent') decided.add(id);
    }
  }
}
