import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { SENDER_NAMES } from '../channels/index.ts';
import type { Config } from '../config.ts';
import { openSqlite } from '../db/sqlite.ts';
import { expireLeases } from '../delivery/recover.ts';
import type { Clock, Gateway, Log, Outbox, Task } from '../gateway.ts';
import { perform, registerWebhooks, sweep } from '../work.ts';
import { fileAssets } from './assets-node.ts';
import { nodeCrypto } from './crypto-node.ts';
import { openGateway } from './gateway.ts';
import { openIds } from './ids.ts';
import { nodeWire } from './wire-node.ts';

const SWEEP_MS = 1_000;
/** Telegram may not have been there at the start, or another installation has taken the webhook. */
const WEBHOOKS_MS = 60_000;
export const nodeClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await sleep(milliseconds);
  },
  turn: async () => {
    await turn();
  },
};

/** The master key of the settings, or one kept in a file beside the database (never inside it). */
function masterKeyOf(config: Config, log: Log): Uint8Array<ArrayBuffer> {
  if (config.masterKey) return config.masterKey;
  if (config.databasePath === ':memory:') return nodeCrypto.random(32);
  const file = `${config.databasePath}.key`;
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${Buffer.from(nodeCrypto.random(32)).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    log.info('master key made', { file: '<DATABASE_PATH>.key' });
  }
  chmodSync(file, 0o600);
  return Uint8Array.from(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64'));
}

export interface NodeHome {
  gateway: Gateway;
  /** starts the loops: dispatch for each sender, and the sweep */
  start(): Promise<void>;
  /** stops claiming, waits for what is under way, closes the database */
  stop(): Promise<void>;
}

/** Node with better-sqlite3: loops in this process play queue and cron. */
export async function openNode(config: Config, log: Log): Promise<NodeHome> {
  const store = openSqlite(config.databasePath);
  const wire = nodeWire();
  const work = openWork(() => gateway);
  const gateway: Gateway = await openGateway({
    home: 'node',
    config,
    store,
    crypto: nodeCrypto,
    masterKey: masterKeyOf(config, log),
    outbox: work.outbox,
    wire,
    assets: fileAssets(new URL('../..', import.meta.url)),
    clock: nodeClock,
    ids: openIds((bytes) => crypto.getRandomValues(bytes)),
    log,
  });
  let webhooks: NodeJS.Timeout | undefined;
  return {
    gateway,
    async start() {
      await expireLeases(gateway, true);
      work.start();
      void registerWebhooks(gateway);
      webhooks = setInterval(() => void registerWebhooks(gateway), WEBHOOKS_MS);
    },
    async stop() {
      clearInterval(webhooks);
      await work.stop();
      await wire.close();
      store.close();
    },
  };
}

/** One task of a kind at a time; a wake while it runs makes it run once more. */
function openWork(gateway: () => Gateway) {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = true;
  let sweeping: NodeJS.Timeout | undefined;

  const run = (task: Task) => {
    if (stopped) return;
    const key = JSON.stringify(task);
    if (running.has(key)) {
      again.add(key);
      return;
    }
    const bounds = { dispatchMs: 60_000, most: Number.MAX_SAFE_INTEGER };
    const done = perform(gateway(), task, bounds, () => stopped)
      .catch((error) => gateway().log.error('task failed', { task: task.type, kind: kindOf(error) }))
      .finally(() => {
        running.delete(key);
        if (again.delete(key)) run(task);
      });
    running.set(key, done);
  };

  const outbox: Outbox = {
    async wake(task, delayMs = 0) {
      if (delayMs <= 0) return void setImmediate(run, task);
      const timer = setTimeout(() => {
        timers.delete(timer);
        run(task);
      }, delayMs);
      timers.add(timer);
    },
  };

  let sweepUnderWay: Promise<void> = Promise.resolve();
  return {
    outbox,
    start() {
      stopped = false;
      for (const sender of SENDER_NAMES) run({ type: 'dispatch', sender });
      let busy = false;
      const sweepOnce = () => {
        if (busy) return;
        busy = true;
        sweepUnderWay = sweep(gateway())
          .catch((error) => gateway().log.error('sweep failed', { kind: kindOf(error) }))
          .finally(() => {
            busy = false;
          });
      };
      // what a former process left half done goes on at once
      sweepOnce();
      sweeping = setInterval(sweepOnce, SWEEP_MS);
    },
    async stop() {
      stopped = true;
      clearInterval(sweeping);
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...running.values(), sweepUnderWay]);
    },
  };
}

function kindOf(error: unknown): string {
  return error instanceof Error ? `${error.name}${'code' in error ? `(${String(error.code)})` : ''}` : typeof error;
}
