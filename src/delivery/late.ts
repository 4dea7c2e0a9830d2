import { sql } from 'drizzle-orm';
import { SENDER_NAMES, type SenderName } from '../channels/index.ts';
import { deliveries, senders } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { readHalts } from './standing.ts';

/** Due for so long, and nobody works on it: late. */
const LATE_MS = 60_000;
/** A sender that reserved a slot since then makes progress. */
const STILL_MS = 30_000;
/** One line a minute for each sender is an alarm; more is noise. */
const BETWEEN_MS = 60_000;

const looked = new WeakMap<Gateway, Map<SenderName, number>>();

/**
 * Says in the log when what is due does not go out: a sender that is halted or stands still, or one so slow that
 * some of its messages will expire before their turn. Waiting for one's turn at the pace of the provider is no fault.
 */
export async function warnOfLate(g: Gateway): Promise<void> {
  const now = g.clock.now();
  const times = looked.get(g) ?? new Map<SenderName, number>();
  looked.set(g, times);
  for (const sender of SENDER_NAMES) {
    const channel = g.senders.get(sender);
    if (!channel || now - (times.get(sender) ?? 0) < BETWEEN_MS) continue;
    times.set(sender, now);
    const queue = await rows<{ expires_at: number; n: number; oldest: number }>(
      g.store,
      sql`select expires_at, count(*) as n, min(max(created_at, due_at)) as oldest from ${deliveries}
          where state = 'pending' and sender = ${sender} and due_at <= ${now} group by expires_at order by expires_at`,
    );
    if (queue.length === 0) continue;
    const oldest = Math.min(...queue.map((one) => one.oldest));
    const why = (await standsStill(g, sender, oldest, now)) ?? (expiresFirst(queue, channel.perSecond, now) || null);
    if (why === null) continue;
    const due = queue.reduce((n, one) => n + one.n, 0);
    g.log.warning('deliveries are late', { sender, due, since: new Date(oldest).toISOString(), why });
  }
}

async function standsStill(g: Gateway, sender: SenderName, oldest: number, now: number): Promise<string | null> {
  if (now - oldest < LATE_MS) return null;
  const halt = (await readHalts(g)).find(({ name }) => name === sender);
  if (halt) return `halted: ${halt.reason}`;
  const [row] = await g.store.db
    .select({ nextAt: senders.nextAt })
    .from(senders)
    .where(sql`${senders.name} = ${sender}`);
  return (row?.nextAt ?? 0) > now - STILL_MS ? null : 'nothing is sent';
}

/** In whatever order they go: more of them end by then than can be sent by then. */
function expiresFirst(queue: { expires_at: number; n: number }[], perSecond: number, now: number): string | false {
  let n = 0;
  for (const one of queue) {
    n += one.n;
    if (n / perSecond > (one.expires_at - now) / 1000) return 'some will expire before their turn';
  }
  return false;
}
