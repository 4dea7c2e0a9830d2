import { sql } from 'drizzle-orm';
import type { Context, Hono } from 'hono';
import { rows } from '../db/store.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Env } from './endpoint.ts';

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
    return c.text(await metrics(c), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
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

async function metrics(c: Context<Env>): Promise<string> {
  const { store, clock } = c.get('gateway');
  const states = await rows<{ channel: string | null; state: string; n: number }>(
    store,
    sql`select channel, state, count(*) as n from deliveries group by channel, state`,
  );
  const [queue] = await rows<{ n: number; oldest: number | null }>(
    store,
    sql`select count(*) as n, min(max(created_at, due_at)) as oldest from deliveries where state = 'pending' and due_at <= ${clock.now()}`,
  );
  const [waiting] = await rows<{ n: number }>(
    store,
    sql`select count(*) as n from replies where understood_at is null`,
  );
  const [open] = await rows<{ n: number }>(store, sql`select count(*) as n from cases where state <> 'closed'`);
  const counted = await rows<{ name: string; n: number }>(store, sql`select name, n from counters order by name`);
  const age = queue!.oldest === null ? 0 : Math.max(0, (clock.now() - queue!.oldest) / 1000);
  return [
    '# TYPE musafir_deliveries gauge',
    ...states.map((row) => `musafir_deliveries{channel="${row.channel ?? 'none'}",state="${row.state}"} ${row.n}`),
    '# TYPE musafir_queue_due gauge',
    `musafir_queue_due ${queue!.n}`,
    '# TYPE musafir_queue_age_seconds gauge',
    `musafir_queue_age_seconds ${age.toFixed(3)}`,
    '# TYPE musafir_replies_waiting gauge',
    `musafir_replies_waiting ${waiting!.n}`,
    '# TYPE musafir_cases_open gauge',
    `musafir_cases_open ${open!.n}`,
    '# TYPE musafir_events_total counter',
    ...counted.map((row) => `musafir_events_total{event="${row.name}"} ${row.n}`),
    '',
  ].join('\n');
}
