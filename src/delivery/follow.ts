import { type SQL, sql } from 'drizzle-orm';
import { senderFor } from '../channels/index.ts';
import {
  addresses,
  alertLanguages,
  alerts,
  checkIns,
  deliveries,
  organisations,
  people,
  peopleAddresses,
} from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { fallsBack } from './charset.ts';

/** In a cascade the next address is tried when nothing was confirmed for this long. */
const CONFIRM_MS = 30 * 60_000;
/** Steps after the first. */
const MOST_STEPS = 5;

/** What waits for nothing: a final failure, or an address that may not be used. In the words of `deliveries_dead`. */
const dead = sql`d.state in ('failed', 'expired', 'suppressed', 'indeterminate')
  and (d.state = 'failed' or (d.state = 'suppressed' and d.address is not null))`;

const running = (now: number) =>
  sql`${alerts.plan} = 'cascade' and ${alerts.state} in ('sending', 'sent') and ${alerts.expiresAt} > ${now}`;

/** Something has failed for good: if an alert goes by steps, the next is taken now and not when Cron comes. */
export async function wakeCascades(g: Gateway): Promise<void> {
  const some = await g.store.db.select({ id: alerts.id }).from(alerts).where(running(g.clock.now())).limit(1);
  if (some.length > 0) await g.outbox.wake({ type: 'follow' });
}

/**
 * The cascade's next step: the person's next address, after a final failure at once, without a confirmation
 * after a wait; never after an answer. All of it is read from the ledger, so a restart loses no timer.
 */
export async function followCascades(g: Gateway): Promise<void> {
  const now = g.clock.now();
  const found = await g.store.db
    .select()
    .from(alerts)
    .where(sql`${running(now)} and ${alerts.plannedAt} is not null`);
  for (const alert of found) {
    const mine = sql`d.alert = ${alert.id} and d.followed_at is null and d.step < ${MOST_STEPS}`;
    const silent = sql`d.state in ('sent', 'indeterminate') and coalesce(d.sent_at, d.attempted_at) <= ${now - CONFIRM_MS}`;
    const isOld = (alert.startedAt ?? now) <= now - CONFIRM_MS;
    if (!(await hasSome(g, sql`${mine} and ${dead}`)) && !(isOld && (await hasSome(g, sql`${mine} and ${silent}`))))
      continue;
    const candidates = sql`${mine} and ((${dead}) or (${silent}))`;
    const [organisation] = await g.store.db
      .select()
      .from(organisations)
      .where(sql`${organisations.id} = ${alert.organisation}`);
    const queues = (['sms', 'telegram', 'push'] as const).map((channel) => ({
      channel,
      sender: senderFor(organisation!, channel, g.senders),
    }));
    const [fellBefore, falls] = [await fallsBack(g, alert, 'was', 'l'), await fallsBack(g, alert, 'a', 'l')];
    await g.store.atomic((db) => [
      db
        .insert(deliveries)
        .select(
          // everyone who holds the address and was told in that language, not only the one whom the row names
          sql`select null, random() & 9007199254740991, d.organisation, d.alert, h.person, a.id, a.id, a.channel,
                q.value ->> 'sender', d.step + 1, case when ${falls} then 'en' else l.language end,
                case when ${falls} then 'charset' else l.reason end, d.rank, 'pending', 0, 0, null, null, 0,
                null, null, null, d.expires_at, ${now}, null, null, null, null, null, null
              from ${deliveries} d
              join ${alerts} al on al.id = d.alert and al.state in ('sending', 'sent')
              join ${addresses} was on was.id = d.address
              join ${peopleAddresses} h on h.address = d.address
              join ${people} p on p.id = h.person
              join ${alertLanguages} l on l.alert = al.id and l.languages = p.languages
                and d.language = case when ${fellBefore} then 'en' else l.language end
              join ${checkIns} c on c.incident = al.incident and c.person = h.person and c.meaning is null
              join ${addresses} a on a.id = (
                select pa.address from ${peopleAddresses} pa
                join ${addresses} a2 on a2.id = pa.address and a2.state = 'active'
                join json_each(${JSON.stringify(queues)}) q2 on q2.value ->> 'channel' = a2.channel and q2.value ->> 'sender' <> 'off'
                where pa.person = h.person and a2.channel in (select value from json_each(al.channels))
                  and not exists (select 1 from ${deliveries} d2 where d2.alert = d.alert and d2.address = pa.address)
                order by pa.position limit 1)
              join json_each(${JSON.stringify(queues)}) q on q.value ->> 'channel' = a.channel
              where ${candidates}`,
        )
        .onConflictDoNothing(),
      db
        .update(deliveries)
        .set({ followedAt: now })
        .where(sql`${deliveries.id} in (select d.id from ${deliveries} d where ${candidates})`),
    ]);
    for (const sender of new Set(queues.map((queue) => queue.sender)))
      if (sender !== 'off') await g.outbox.wake({ type: 'dispatch', sender });
  }
}

async function hasSome(g: Gateway, condition: SQL): Promise<boolean> {
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select exists (select 1 from ${deliveries} d where ${condition}) as n`,
  );
  return row!.n === 1;
}
