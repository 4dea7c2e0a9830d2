import { createApp } from './app.ts';
import type { Gateway, Task } from './gateway.ts';
import { type Bindings, openCloudflare, SettingsError } from './platform/cloudflare.ts';
import { perform, registerWebhooks, sweep } from './work.ts';

/** One invocation: a Worker has 6 connections, and D1 1,000 queries. */
const BOUNDS = { dispatchMs: 15_000, most: 300, inFlight: 6 };

type Opened = { gateway: Gateway; app: ReturnType<typeof createApp> };
let opened: Opened | undefined;

/** Cron comes each minute, and more often on a developer's machine. */
const REGISTER_MS = 50_000;
let registeredAt = 0;

/** Kept once it is there; what is under way belongs to one request, and ends with it when that one is given up. */
async function open(env: Bindings): Promise<Opened> {
  if (opened) return opened;
  const gateway = await openCloudflare(env);
  opened ??= { gateway, app: createApp(gateway) };
  return opened;
}

export default {
  async fetch(request, env, context) {
    try {
      const { app } = await open(env);
      return await app.fetch(request, env, context);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      return new Response(`${error.message}\n`, { status: 503 });
    }
  },
  async queue(batch, env) {
    const { gateway } = await open(env);
    // several wakes of one task are one task: the queries of an invocation are counted
    const tasks = Map.groupBy(batch.messages, (message) => JSON.stringify(message.body));
    for (const messages of tasks.values()) {
      const task = messages[0]!.body;
      try {
        await perform(gateway, task, BOUNDS);
        for (const message of messages) message.ack();
      } catch (error) {
        gateway.log.error('task failed', { task: task.type, kind: error instanceof Error ? error.name : 'unknown' });
        for (const message of messages) message.retry({ delaySeconds: 5 });
      }
    }
  },
  async scheduled(_event, env) {
    const { gateway } = await open(env);
    await sweep(gateway);
    if (gateway.clock.now() - registeredAt < REGISTER_MS) return;
    registeredAt = gateway.clock.now();
    await registerWebhooks(gateway);
  },
} satisfies ExportedHandler<Bindings, Task>;
