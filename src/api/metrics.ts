import { sql } from 'drizzle-orm';
import { rows } from '../db/store.ts';
import { readHalts } from '../delivery/standing.ts';
import type { Gateway } from '../gateway.ts';

/** Alerts whose speed is told: the latest that went out. */
const ALERTS = 3;

/** The database in numbers, as Prometheus reads them. No label holds a name, an address or a text. */
export async function readMetrics(g: Gateway): Promise<string> {
  const { store, clock } = g;
  const now = clock.now();
  const ended = await rows<{ channel: string | null; state: string; code: string | null; n: number }>(
    store,
    sql`select channel, state, error_code as code, count(*) as n from deliveries group by channel, state, error_code`,
  );
  const queues = await rows<{ sender: string; n: number; oldest: number }>(
    store,
    sql`select sender, count(*) as n, min(max(created_at, due_at)) as oldest from deliveries
        where state = 'pending' and due_at <= ${now} group by sender order by sender`,
  );
  const [waiting] = await rows<{ n: number }>(
    store,
    sql`select count(*) as n from replies where understood_at is null`,
  );
  const [open] = await rows<{ n: number; late: number | null }>(
    store,
    sql`select count(*) as n, sum(state = 'open' and due_at <= ${now}) as late from cases where state <> 'closed'`,
  );
  const counted = await rows<{ name: string; n: number }>(store, sql`select name, n from counters order by name`);
  const halts = await readHalts(g);
  const speeds = await readSpeeds(g);

  const states = Map.groupBy(ended, (row) => `channel="${row.channel ?? 'none'}",state="${row.state}"`);
  // classes of a provider only: what we decided ourselves is told by the state
  const errors = Map.groupBy(
    ended.filter((row) => row.code?.includes(':')),
    (row) => `channel="${row.channel ?? 'none'}",code="${row.code}"`,
  );
  const total = (group: { n: number }[]) => group.reduce((n, row) => n + row.n, 0);
  const age = (oldest: number) => Math.max(0, (now - oldest) / 1000).toFixed(3);
  return [
    ...gauge(
      'musafir_deliveries',
      [...states].map(([labels, group]) => [labels, total(group)]),
    ),
    ...gauge(
      'musafir_provider_errors',
      [...errors].map(([labels, group]) => [labels, total(group)]),
    ),
    ...gauge('musafir_queue_due', [['', total(queues)]]),
    ...gauge('musafir_queue_age_seconds', [['', queues.length ? age(Math.min(...queues.map((q) => q.oldest))) : 0]]),
    ...gauge(
      'musafir_sender_queue_due',
      queues.map((q) => [`sender="${q.sender}"`, q.n]),
    ),
    ...gauge(
      'musafir_sender_queue_age_seconds',
      queues.map((q) => [`sender="${q.sender}"`, age(q.oldest)]),
    ),
    ...gauge(
      'musafir_sender_halted_seconds',
      halts.map((halt) => [`sender="${halt.name}",cause="${halt.cause}"`, age(halt.since)]),
    ),
    ...gauge(
      'musafir_alert_first_seconds',
      speeds.map((one) => [`alert="${one.uid}"`, one.first]),
    ),
    ...gauge(
      'musafir_alert_p95_seconds',
      speeds.map((one) => [`alert="${one.uid}"`, one.p95]),
    ),
    ...gauge('musafir_replies_waiting', [['', waiting!.n]]),
    ...gauge('musafir_cases_open', [['', open!.n]]),
    ...gauge('musafir_cases_late', [['', open!.late ?? 0]]),
    '# TYPE musafir_events_total counter',
    ...counted.map((row) => `musafir_events_total{event="${row.name}"} ${row.n}`),
    '',
  ].join('\n');
}

function gauge(name: string, samples: [labels: string, value: number | string][]): string[] {
  return [
    `# TYPE ${name} gauge`,
    ...samples.map(([labels, value]) => `${name}${labels ? `{${labels}}` : ''} ${value}`),
  ];
}

/** Seconds from the moment that an alert might go out to its first message, and to 95 % of those that went. */
async function readSpeeds(g: Gateway): Promise<{ uid: string; first: string; p95: string }[]> {
  const latest = await rows<{ id: number; uid: string; send_at: number; n: number }>(
    g.store,
    sql`select a.id, a.uid, a.send_at, (select count(sent_at) from deliveries where alert = a.id and step = 0) as n
        from alerts a where a.started_at is not null order by a.id desc limit ${ALERTS}`,
  );
  const speeds = [];
  for (const { id, uid, send_at, n } of latest) {
    if (n === 0) continue;
    const [row] = await rows<{ first: number; p95: number }>(
      g.store,
      sql`select (select min(sent_at) from deliveries where alert = ${id} and step = 0) as first,
            (select sent_at from deliveries where alert = ${id} and step = 0 and sent_at is not null
             order by sent_at limit 1 offset ${Math.ceil(n * 0.95) - 1}) as p95`,
    );
    const seconds = (at: number) => (Math.max(0, at - send_at) / 1000).toFixed(3);
    speeds.push({ uid, first: seconds(row!.first), p95: seconds(row!.p95) });
  }
  return speeds;
}
