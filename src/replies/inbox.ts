import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { checkIns, peopleAddresses, replies } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { nameNumbers } from '../people/people.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { openCase } from './cases.ts';
import { whoseWords, writeStatement } from './check-ins.ts';

/** Replies with their words, for caseworkers, newest first. */
export async function listReplies(
  g: Gateway,
  caller: Caller,
  query: { cursor?: number | undefined; limit: number; meaning?: string | undefined; unread?: string | undefined },
) {
  const found = await g.store.db
    .select()
    .from(replies)
    .where(
      and(
        eq(replies.organisation, caller.organisation.id),
        query.cursor === undefined ? undefined : lt(replies.id, query.cursor),
        query.meaning === undefined ? undefined : eq(replies.meaning, query.meaning),
        query.unread === 'true' ? isNull(replies.readAt) : undefined,
      ),
    )
    .orderBy(desc(replies.id))
    .limit(query.limit + 1);
  const page = found.slice(0, query.limit);
  const keys = await g.vault.keys(caller.organisation.id);
  const named = await nameNumbers(
    g,
    caller.organisation.id,
    page.flatMap((row) => (row.person === null ? [] : [row.person])),
  );
  const items = [];
  for (const row of page)
    items.push({
      id: row.uid,
      channel: row.channel,
      personId: row.person === null ? null : (named.get(row.person)?.uid ?? null),
      text: await keys.open('reply', row.textSealed),
      meaning: row.meaning,
      code: row.code,
      need: row.need,
      people: row.people,
      onBehalf: row.onBehalf,
      receivedAt: new Date(row.receivedAt).toISOString(),
      readAt: row.readAt === null ? null : new Date(row.readAt).toISOString(),
    });
  return { items, next: found.length > query.limit ? page.at(-1)!.id : null };
}

/**
 * A person has read a reply. What they say it means counts as told by an officer; a cry for help that the
 * interpreter missed becomes a case.
 * @throws Refusal `not_found`
 */
export async function readReply(g: Gateway, caller: Caller, uid: string, meaning?: 'safe' | 'help' | 'moved') {
  const now = g.clock.now();
  const mine = and(eq(replies.uid, uid), eq(replies.organisation, caller.organisation.id));
  const [row] = await g.store.db.select().from(replies).where(mine);
  if (!row) throw new Refusal('not_found');
  await g.store.atomic((db) => [
    db.update(replies).set({ readAt: now, readBy: caller.operator }).where(mine),
    auditRow(db, caller, now, 'reply.read', uid, { meaning: meaning ?? null }),
  ]);
  if (row.incident !== null) {
    const who = await whoseWords(g, row);
    await g.store.db
      .update(checkIns)
      .set({ unread: false })
      .where(
        and(
          eq(checkIns.incident, row.incident),
          sql`${checkIns.person} in (select value from json_each(${JSON.stringify(who)}))`,
          // as long as another of their messages waits, they stay with those who must be read
          sql`not exists (select 1 from ${replies} r where r.incident = ${row.incident} and r.read_at is null
                and r.meaning in ('unclear', 'info') and (r.person = ${checkIns.person} or (r.person is null
                  and r.address in (select pa.address from ${peopleAddresses} pa where pa.person = ${checkIns.person}))))`,
        ),
      );
    if (meaning)
      await writeStatement(g, {
        incident: row.incident,
        people: who,
        reply: row.id,
        meaning,
        source: 'officer',
        at: now,
      });
  }
  if (meaning === 'help')
    await openCase(g, {
      organisation: caller.organisation.id,
      incident: row.incident ?? 0,
      person: row.person,
      address: row.address,
      need: undefined,
      priority: 'P2',
      at: row.receivedAt,
    });
  return { id: uid, readAt: new Date(now).toISOString(), meaning: meaning ?? null };
}
