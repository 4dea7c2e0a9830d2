/** A live embassy on a database file with many people, opened as `npm start` opens it. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import type { Env } from '../src/api/endpoint.ts';
import { createApp } from '../src/app.ts';
import { parseConfig } from '../src/config.ts';
import type { openSqlite } from '../src/db/sqlite.ts';
import type { Gateway } from '../src/gateway.ts';
import { openLog } from '../src/platform/log.ts';
import { type NodeHome, openNode } from '../src/platform/node.ts';
import { insertPeople } from './people.ts';

export type Keys = Record<'author' | 'approver' | 'viewer', string>;
/** A call of the API, answered with 2xx: by GET without a body, else by POST. */
export type Call = (key: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

export interface World {
  home: NodeHome;
  g: Gateway;
  app: Hono<Env>;
  keys: Keys;
  /** better-sqlite3 below the store */
  raw: ReturnType<typeof openSqlite>['raw'];
  call: Call;
}

export const TOKEN = '0123456789abcdef0123456789abcdef';
export const ACCOUNT = 'AC00000000000000000000000000000000';
export const PUBLIC_URL = 'https://gateway.example.org';

/** Environment of a gateway with SMS by a far end at `twilio`. */
export const settings = (path: string, twilio: string) => ({
  DATABASE_PATH: path,
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  SETUP_TOKEN: 'bench',
  PUBLIC_URL,
  TWILIO_ACCOUNT_SID: ACCOUNT,
  TWILIO_AUTH_TOKEN: TOKEN,
  TWILIO_FROM: '+815012345678',
  TWILIO_API_URL: twilio,
  SMS_RATE: '100000',
  LOG_LEVEL: 'warning',
  ALLOW_PRIVATE_HOSTS: 'yes',
});

async function open(path: string, twilio: string): Promise<Omit<World, 'keys'>> {
  const { config, problems } = parseConfig(settings(path, twilio), 'node');
  if (problems.length > 0) throw new Error(problems.map((p) => `${p.setting} ${p.problem}`).join('; '));
  const home = await openNode(
    config,
    openLog('warning', (line) => console.error(line)),
  );
  const g = home.gateway;
  const app = createApp(g);
  return {
    home,
    g,
    app,
    raw: (g.store as ReturnType<typeof openSqlite>).raw,
    async call(key, path, body) {
      const answer = await app.request(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${text}`);
      return JSON.parse(text);
    },
  };
}

/** @param twilio address of the far end; nothing listens at the default */
export async function openWorld(folder: string, people: number, twilio = 'http://127.0.0.1:9'): Promise<World> {
  const seed = join(folder, `people-${people}.db`);
  if (!existsSync(`${seed}.keys`)) await makeSeed(seed, people);
  const path = join(folder, `world-${process.pid}.db`);
  copyFileSync(seed, path);
  return { ...(await open(path, twilio)), keys: JSON.parse(readFileSync(`${seed}.keys`, 'utf8')) };
}

/** Makes the database that worlds of this size are copies of, so that no measure pays for it. */
export async function makeSeed(seed: string, people: number): Promise<void> {
  const world = await open(seed, 'http://127.0.0.1:9');
  const organisation = { id: 'lk-tokyo', name: 'Embassy of Sri Lanka', country: 'LK', defaultLanguage: 'si' };
  const setup = await world.call('', '/api/v1/setup', { token: 'bench', organisation, mode: 'live' });
  const keys: Record<string, unknown> = {};
  for (const role of ['author', 'approver', 'viewer'])
    keys[role] = (await world.call(String(setup.apiKey), '/api/v1/keys', { name: role, roles: [role] })).apiKey;
  await insertPeople(world.g, world.raw, organisation.id, people);
  world.raw.pragma('wal_checkpoint(TRUNCATE)');
  await world.home.stop();
  writeFileSync(`${seed}.keys`, JSON.stringify(keys));
}

/** Drafts, submits and approves an alert, with no undo time. @returns its id */
export async function draftAndApprove(call: Call, { author, approver }: Keys, audience: unknown): Promise<string> {
  const incident = await call(author, '/api/v1/incidents', { name: 'Sendai' });
  const draft = await call(author, '/api/v1/alerts', {
    incident: incident.id,
    template: 'earthquake',
    parameters: { place: 'JP-04', time: new Date().toISOString().replace(/\.\d+Z/, '+00:00') },
    audience,
    channels: ['sms'],
    expires: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  });
  await call(author, `/api/v1/alerts/${draft.id}/submit`, {});
  await call(approver, `/api/v1/alerts/${draft.id}/approve`, { undoSeconds: 0 });
  return String(draft.id);
}

/** @returns the alert's number in the database */
export async function approveAlert(world: World, audience: unknown): Promise<number> {
  const id = await draftAndApprove(world.call, world.keys, audience);
  return world.raw.prepare('select id from alerts where uid = ?').pluck().get(id) as number;
}
