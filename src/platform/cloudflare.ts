import { type Wire, WireError } from '../channels/channel.ts';
import { parseConfig } from '../config.ts';
import { openD1 } from '../db/d1.ts';
import type { Clock, Gateway, Task } from '../gateway.ts';
import type { Assets } from '../text/assets.ts';
import { type AiBinding, openWorkersAi } from '../text/workers-ai.ts';
import { webCrypto } from './crypto-web.ts';
import { openGateway } from './gateway.ts';
import { openIds } from './ids.ts';
import { openLog } from './log.ts';

/** The bindings of wrangler.toml; settings are there by their names too. */
export interface Bindings {
  DB: D1Database;
  ASSETS: Fetcher;
  WORK: Queue<Task>;
  /** Workers AI, where wrangler.toml names it: machine translation is then on */
  AI?: AiBinding;
  [setting: string]: unknown;
}

const TIMEOUT_MS = 15_000;
/** Longest delay of a Queue message that we ask for; what is later is found by Cron. */
const LONGEST_DELAY_S = 60;

export const workersClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};

export const workersWire: Wire = {
  async request(url, init) {
    try {
      const answer = await fetch(url, {
        method: init.method,
        headers: init.headers ?? {},
        body: init.body ?? null,
        redirect: 'manual',
        signal: AbortSignal.timeout(init.timeoutMs ?? TIMEOUT_MS),
      });
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
    } catch (error) {
      // workerd does not say whether the request had left
      throw new WireError('unknown', error instanceof Error ? error.name : 'connection lost');
    }
  },
};

/**
 * Static assets, read when a language is needed and kept for the isolate. Only what has arrived is kept: a
 * read that is under way belongs to one request, and ends with it when that one is given up.
 */
export function bindingAssets(fetcher: Fetcher): Assets {
  const known = new Map<string, unknown | null>();
  return {
    async read(path) {
      if (known.has(path)) return known.get(path);
      const answer = await fetcher.fetch(`https://assets.local/${path}`);
      if (!answer.ok) await answer.body?.cancel();
      if (!answer.ok && answer.status !== 404) throw new Error(`asset ${path}: ${answer.status}`);
      const file = answer.ok ? ((await answer.json()) as unknown) : null;
      known.set(path, file);
      return file;
    },
  };
}

/** Which settings are missing or wrong, in words. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** A gateway on D1 and Queues, built once for each isolate. @throws SettingsError */
export async function openCloudflare(env: Bindings): Promise<Gateway> {
  const { config, problems } = parseConfig(env, 'workers');
  if (problems.length > 0)
    throw new SettingsError(
      problems.map(({ setting, problem, repair }) => `${setting} ${problem}. ${repair}`).join('\n'),
    );
  return openGateway({
    home: 'workers',
    config,
    store: openD1(env.DB),
    crypto: webCrypto,
    masterKey: config.masterKey!,
    outbox: {
      async wake(task, delayMs = 0) {
        const delaySeconds = Math.min(LONGEST_DELAY_S, Math.ceil(delayMs / 1000));
        await env.WORK.send(task, { delaySeconds });
      },
    },
    wire: workersWire,
    assets: bindingAssets(env.ASSETS),
    clock: workersClock,
    ids: openIds((bytes) => crypto.getRandomValues(bytes)),
    log: openLog(config.logLevel, (line) => console.log(line)),
    translator: env.AI && openWorkersAi(env.AI),
  });
}
