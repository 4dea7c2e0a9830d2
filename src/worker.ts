import { createApp } from './app.ts';
import type { Gateway, Task } from './gateway.ts';
import { type Bindings, openCloudflare, SettingsError } from './platform/cloudflare.ts';
import { perform, registerWebhooks, sweep } from './work.ts';

/** One invocation: a Worker has 6 connections, and D1 1,000 queries. */
const BOUNDS = { dispatchMs: 15_000, most: 300, inFlight: 6 };

let opened: Promise<{ gateway: Gateway; app: ReturnType<typeof createApp> }> | undefined;

function open(env: Bindings) {
  opened ??= openCloudflare(env).then((gateway) => ({ gateway, app: createApp(gateway) }));
  opened.catch(() => {
    opened = undefined;
  });
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
    for (const message of batch.messages) {
      try {
        await perform(gateway, message.body, BOUNDS);
        message.ack();
      } catch (error) {
        gateway.log.error('task failed', {
          task: message.body.type,
          kind: error instanceof Error ? error.name : 'unknown',
        });
        message.retry({ delaySeconds: 5 });
      }
    }
  },
  async scheduled(_event, env) {
    const { gateway } = await open(env);
    await sweep(gateway);
    await registerWebhooks(gateway);
  },
} satisfies ExportedHandler<Bindings, Task>;
