import { sql } from 'drizzle-orm';
import type { Context, Hono } from 'hono';
import { rows } from '../db/store.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Env } from './endpoint.ts';
import { readMetrics } from './metrics.ts';

/** `/healthz`: the process answers. `/readyz`: the store is migrated and answers. `/metrics`: the database in numbers. */
export function mountHealth(app: Hono<Env>): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const g = c.get('gateway');
    try {
      await rows(g.store, sql`select 1 from organisations limit 1`);
      return c.json({ status: 'ready', home: g.home });
    } catch {
      return c.json({ status: 'not ready' }, 503);
    }
  });
  app.get('/metrics', async (c) => {
    const g = c.get('gateway');
    const { metricsToken } = g.config;
    const given = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const allowed = metricsToken === undefined ? isLoopback(c) : given === metricsToken;
    if (!allowed) throw new Refusal('unauthorized');
    return c.text(await readMetrics(g), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
}

/**
 * The caller's address as the home knows it: Node's socket, or what Cloudflare says. A proxy on the same machine
 * calls from loopback for somebody else: then a token is needed.
 */
function isLoopback(c: Context<Env>): boolean {
  if (c.req.header('x-forwarded-for') ?? c.req.header('forwarded')) return false;
  const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket;
  const address = socket ? socket.remoteAddress : c.req.header('cf-connecting-ip');
  return address !== undefined && /^(::1|(::ffff:)?127\.)/.test(address);
}
