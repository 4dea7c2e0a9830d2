import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import { SendError } from '../channels/channel.ts';
import { cursors, deliveries, senders } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { readHaltedUntil } from './circuit.ts';
import { openPace } from './pace.ts';

/** A message that had no delivery report for so long gets none. */
const NO_REPORT_MS = 24 * 3_600_000;
/** The end is known for so long: nobody looks for the message by its words any more. */
const SETTLED_MS = 60_000;
/** Far below what a provider allows: sending goes first. */
const PER_SECOND = 5;
/** Its own row in `senders`: a pace of its own, and a halt when the provider says to wait. */
const LANE = 'redaction';
const BATCH = 10;
/** Row numbers that are looked through at once for what got no report. */
const CHUNK = 2_000;
/** Then the rest of a batch is left for the next one: at the edge others wait in the same invocation. */
const LONGEST_MS = 5_000;
/** Longer than all timeouts of a batch: nobody else takes it meanwhile. */
const LEASE_MS = 180_000;
const AGAIN_MS = 300_000;
/** Nothing of it is urgent: looked for no more often. */
const LOOK_MS = 10_000;
/** Sending is under way: come back then. */
const BUSY_MS = 30_000;
/** The provider says that the message is not at its end: it may take days. */
const LATER_MS = 3_600_000;
/** Then nobody tries any more: providers forget by themselves. */
const GIVEN_UP_MS = 14 * 24 * 3_600_000;

/** In the words of the index `deliveries_unredacted`. */
const open = sql`sender = 'sms' and provider_id is not null and redacted_at is null
  and (state in ('delivered', 'failed') or redact_at is not null)`;

/** What is at its end, and may be tried now: three seeks into the index. */
function due(now: number): SQL {
  const one = (state: string, before: number) =>
    sql`select * from (select id from ${deliveries} where ${open} and state = ${sql.raw(`'${state}'`)} and sent_at <= ${before}
        and coalesce(redact_at, 0) <= ${now} order by sent_at limit ${BATCH})`;
  return sql`${one('delivered', now - SETTLED_MS)} union all ${one('failed', now - SETTLED_MS)}
      union all ${one('sent', now - NO_REPORT_MS)}`;
}

/**
 * What is a day old and not at its end is marked, in the order of the table: an index of all that is only sent would
 * cost each message at the moment when it goes out.
 */
async function markUnreported(g: Gateway, now: number): Promise<void> {
  const [cursor] = await g.store.db.select().from(cursors).where(eq(cursors.name, LANE));
  const from = cursor?.at ?? 0;
  const chunk = sql`${deliveries.id} > ${from} and ${deliveries.id} <= ${from + CHUNK}`;
  const [seen] = await rows<{ last: number | null; young: number | null }>(
    g.store,
    sql`select max(id) as last, min(case when created_at > ${now - NO_REPORT_MS} then id end) as young
        from ${deliveries} where ${chunk}`,
  );
  // a gap of erased rows is stepped over as long as there is something behind it
  const [behind] =
    seen!.last === null
      ? await rows<{ id: number | null }>(g.store, sql`select min(id) as id from ${deliveries} where id > ${from}`)
      : [];
  const to = seen!.young !== null ? seen!.young - 1 : (seen!.last ?? (behind?.id ? behind.id - 1 : from));
  if (to <= from) return;
  await g.store.atomic((db) => [
    db
      .update(deliveries)
      .set({ redactAt: sql`coalesce(sent_at, expires_at) + ${NO_REPORT_MS}` })
      .where(
        sql`${deliveries.id} > ${from} and ${deliveries.id} <= ${to} and sender = 'sms' and redacted_at is null
            and redact_at is null and state in ('pending', 'sending', 'sent', 'indeterminate')`,
      ),
    db
      .insert(cursors)
      .values({ name: LANE, at: to })
      .onConflictDoUpdate({ target: cursors.name, set: { at: to } }),
  ]);
}

const looked = new WeakMap<Gateway, number>();

/** Whether a copy of a text stands at the provider that is of no use any more. */
export async function isRedactionDue(g: Gateway): Promise<boolean> {
  if (!g.senders.get('sms')?.redact) return false;
  const now = g.clock.now();
  if (now - (looked.get(g) ?? 0) < LOOK_MS || (await readHaltedUntil(g, LANE)) > now) return false;
  looked.set(g, now);
  await markUnreported(g, now);
  const [row] = await rows<{ n: number }>(g.store, sql`select exists (${due(now)}) as n`);
  return row!.n === 1;
}

/**
 * Empties some texts at the SMS provider (DESIGN section 10): only those whose outcome is known, so that an unknown one
 * is still found by its words. Slowly, and not while anything waits to be sent.
 * @returns when there is more to do, or null
 */
export async function redactSome(g: Gateway): Promise<number | null> {
  const channel = g.senders.get('sms');
  if (!channel?.redact) return null;
  const now = g.clock.now();
  if ((await readHaltedUntil(g, 'sms')) > now || (await isSending(g, now))) return now + BUSY_MS;
  const pace = openPace(g, LANE, PER_SECOND);
  const far = await pace.reserve(BATCH);
  if (far !== null) return far;
  const claimed = await g.store.db
    .update(deliveries)
    .set({ redactAt: now + LEASE_MS })
    .where(inArray(deliveries.id, sql`(select id from (${due(now)}) limit ${BATCH})`))
    .returning({ id: deliveries.id, providerId: deliveries.providerId, sentAt: deliveries.sentAt });
  const done: { id: number; at: number | null; again: number | null }[] = [];
  let back: number | null = null;
  for (const row of claimed) {
    // one after the other: a slow provider is not hurried
    const at = g.clock.now();
    if (back !== null || at - now > LONGEST_MS) {
      done.push({ id: row.id, at: null, again: back });
      continue;
    }
    try {
      (await pace.slot())();
      await channel.redact(row.providerId!, g.wire);
      done.push({ id: row.id, at: g.clock.now(), again: null });
    } catch (error) {
      const isItsOwn = error instanceof SendError && error.code === 'message_invalid';
      const again = at + waitAfter(error);
      if (!isItsOwn) back = again;
      const isOver = isItsOwn && at - (row.sentAt ?? 0) > GIVEN_UP_MS;
      done.push(isOver ? { id: row.id, at, again: null } : { id: row.id, at: null, again });
      g.log.info('text not emptied at the provider', {
        reason: error instanceof SendError ? `${error.code}:${error.reason}` : 'internal',
      });
    }
  }
  if (back !== null) {
    const halt = { haltedUntil: back, haltedCause: 'pace' as const };
    await g.store.db
      .insert(senders)
      .values({ name: LANE, ...halt })
      .onConflictDoUpdate({ target: senders.name, set: halt });
  }
  if (done.length > 0)
    await g.store.db
      .update(deliveries)
      .set({ redactedAt: sql`j.value ->> 'at'`, redactAt: sql`j.value ->> 'again'` })
      .from(sql`json_each(${JSON.stringify(done)}) j`)
      .where(sql`${deliveries.id} = j.value ->> 'id'`);
  if (back !== null) return back;
  return claimed.length > 0 ? g.clock.now() : null;
}

function waitAfter(error: unknown): number {
  if (!(error instanceof SendError)) return AGAIN_MS;
  if (error.code === 'retry_after') return (error.retryAfter ?? 1) * 1000;
  return error.code === 'message_invalid' ? LATER_MS : AGAIN_MS;
}

async function isSending(g: Gateway, now: number): Promise<boolean> {
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select exists (select 1 from ${deliveries} where state = 'pending' and sender = 'sms' and due_at <= ${now}) as n`,
  );
  return row!.n === 1;
}
