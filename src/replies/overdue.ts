import { and, eq, isNull, sql } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { cases } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import { answer } from '../delivery/answers.ts';
import type { Gateway } from '../gateway.ts';
import { quietUntil } from '../text/night.ts';
import type { Organisation } from '../trust/operators.ts';

/** Playbook CK-9: minutes without a sign of its owner after which a case goes back to the queue. */
const IDLE_MINUTES = { P1: 30, P2: 240 } as const;
/** The words say that we are hours behind: before this they would not be true. */
const HOURS_BEHIND_MS = 3 * 3_600_000;
/** Told in one sweep: each is some eight queries of the thousand that D1 allows. */
const MOST_TOLD = 25;
/** Looked at for it: where it is night nobody is told yet. */
const MOST_READ = 1_000;

/**
 * The clock of a case runs from the call for help until somebody takes it (CK-7): at half the desk is reminded, at its
 * end the alarm is in the log, on the board and in the metrics; each once for each case. What its owner has left alone
 * is for anyone again. Nothing here lowers or closes a case (CK-8).
 */
export async function watchCases(g: Gateway, organisationOf: (id: string) => Promise<Organisation>): Promise<void> {
  const now = g.clock.now();
  const { db } = g.store;
  const idle = sql`${cases.state} = 'taken' and ${cases.touchedAt} <= ${now} - 60000 * case ${cases.priority}
    when 'P1' then ${IDLE_MINUTES.P1} when 'P2' then ${IDLE_MINUTES.P2} end`;
  const left = await db
    .update(cases)
    .set({ state: 'open', owner: null, takenAt: null, touchedAt: null })
    .where(idle)
    .returning({ uid: cases.uid, priority: cases.priority });
  for (const row of left)
    g.log.warning('case left alone is for anyone again', { case: row.uid, priority: row.priority });

  const reminded = await db
    .update(cases)
    .set({ remindedAt: now })
    .where(
      and(
        eq(cases.state, 'open'),
        isNull(cases.remindedAt),
        sql`${cases.openedAt} + (${cases.dueAt} - ${cases.openedAt}) / 2 <= ${now}`,
      ),
    )
    .returning({ uid: cases.uid, priority: cases.priority, dueAt: cases.dueAt });
  for (const { uid, priority, dueAt } of reminded)
    if (dueAt > now) g.log.info('case waits', { case: uid, priority, due: new Date(dueAt).toISOString() });

  const alarmed = await db
    .update(cases)
    .set({ alarmedAt: now })
    .where(and(eq(cases.state, 'open'), isNull(cases.alarmedAt), sql`${cases.dueAt} <= ${now}`))
    .returning({ uid: cases.uid, priority: cases.priority, openedAt: cases.openedAt });
  for (const { uid, priority, openedAt } of alarmed)
    g.log.warning('case is overdue', { case: uid, priority, since: new Date(openedAt).toISOString() });

  await tellLate(g, organisationOf, now);
}

/** Tells a person once that their call is not forgotten; not at night, and never where somebody else reads along. */
async function tellLate(g: Gateway, organisationOf: (id: string) => Promise<Organisation>, now: number): Promise<void> {
  const found = await rows<{
    id: number;
    organisation: string;
    person: number | null;
    address: number;
    channel: ChannelName;
    country: string | null;
    languages: string | null;
    discreet: number;
  }>(
    g.store,
    sql`select k.id as id, k.organisation as organisation, k.person as person, a.id as address, a.channel as channel,
          coalesce(p.country, a.country) as country, i.value as languages,
          exists (select 1 from people_addresses h join people o on o.id = h.person
                  where h.address = a.id and o.profile = 'discreet') as discreet
        from ${cases} k join addresses a on a.id = k.address
        left join people_addresses first on first.address = a.id and first.person =
          (select min(person) from people_addresses where address = a.id)
        left join people p on p.id = coalesce(k.person, first.person) left join interned i on i.id = p.languages
        where k.state = 'open' and k.alarmed_at is not null and k.told_late_at is null
          and k.opened_at <= ${now - HOURS_BEHIND_MS}
        order by k.priority, k.id limit ${MOST_READ}`,
  );
  let told = 0;
  for (const row of found) {
    if (told === MOST_TOLD) return;
    if (quietUntil(row.country, now) > 0) continue;
    const [mine] = await g.store.db
      .update(cases)
      .set({ toldLateAt: now })
      .where(and(eq(cases.id, row.id), isNull(cases.toldLateAt)))
      .returning({ id: cases.id });
    told++;
    if (!mine || row.discreet) continue;
    const organisation = await organisationOf(row.organisation);
    const spoken = await g.catalog.languages();
    const language = (row.languages ?? '').split(' ').find((tag) => spoken.includes(tag));
    const words = await g.catalog.reply(language ?? organisation.defaultLanguage, 'ack_help_late', {
      case: `H${row.id}`,
    });
    await answer(g, { organisation, channel: row.channel, address: row.address, person: row.person }, words, 'always');
  }
}
