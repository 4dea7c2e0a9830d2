import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { AlertRow } from '../alerts/alert.ts';
import { ASKS_AGAIN, keepsQuietHours, LADDER, ledgerStep, stepAfter } from '../alerts/ladder.ts';
import { senderFor } from '../channels/index.ts';
import {
  addresses,
  alertLanguages,
  alerts,
  calls,
  checkIns,
  deliveries,
  organisations,
  people,
  peopleAddresses,
} from '../db/schema.ts';
import { rows, type Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { quietUntil } from '../text/night.ts';
import { fallsBack } from './charset.ts';
import { LANES, priorityTags, turnOf } from './plan.ts';

export { ASKS_AGAIN };

/** People looked at in one statement. */
const CHUNK = 2_000;
/** Chunks in one invocation at the edge: each is some eight queries of the thousand that D1 allows. */
const MOST_CHUNKS = 40;
/** Playbook MS-7, for what nobody asked for beside the alerts themselves. */
const MOST_A_DAY = 3;
const DAY_MS = 24 * 3_600_000;
/** Two reminders that would go out together, after a night or after we were down, do not. */
const APART_MS = 3_600_000;

/** Nothing more is asked by an alert in any other state; an expired one still has its call list before it. */
const CLIMBING = sql`${alerts.ladder} and ${alerts.asksCheckIn} and ${alerts.plannedAt} is not null
  and ${alerts.state} in ('sending', 'sent', 'expired') and ${alerts.ladderStep} < ${LADDER.length}`;

/** Whether a step of a ladder is due. */
export async function isLadderDue(g: Gateway): Promise<boolean> {
  const now = g.clock.now();
  const found = await g.store.db.select().from(alerts).where(CLIMBING);
  return found.some((alert) => dueAt(alert) <= now);
}

const dueAt = (alert: AlertRow) => alert.startedAt! + stepAfter(alert.severity, alert.ladderStep + 1);

/**
 * Takes the steps that are due: who was asked to check in and has not answered is asked again, and in the end is
 * called by a person (playbook 6.3, CK-11). How far a step has come is written in the commit that writes its rows.
 * @param size people looked at in one statement
 * @returns whether there is more that is due now
 */
export async function climbLadders(g: Gateway, size = CHUNK): Promise<boolean> {
  for (let chunks = 0; ; chunks++) {
    const now = g.clock.now();
    const found = await g.store.db.select().from(alerts).where(CLIMBING);
    const alert = found.find((one) => dueAt(one) <= now);
    if (!alert) return false;
    if (g.home === 'workers' && chunks === MOST_CHUNKS) return true;
    await climb(g, alert, size, now);
    await g.clock.turn();
  }
}

/** One chunk of one step. */
async function climb(g: Gateway, alert: AlertRow, size: number, now: number): Promise<void> {
  const n = alert.ladderStep + 1;
  const from = alert.ladderCursor;
  const isCall = LADDER[n - 1]!.step === 'call_list';
  const mine = and(eq(alerts.id, alert.id), eq(alerts.ladderStep, n - 1), eq(alerts.ladderCursor, from));
  // nobody is written to after the end: only the list for callers is left
  const isOver = alert.expiresAt <= now && !isCall;
  const [chunk] = await rows<{ n: number; last: number | null }>(
    g.store,
    sql`select count(*) as n, max(person) as last from (select person from ${checkIns}
          where incident = ${alert.incident} and person > ${from} order by person limit ${size})`,
  );
  const isLast = isOver || chunk!.n < size;
  const to = isOver ? from : (chunk!.last ?? from);
  // said inside the inserts too: of two who take the same step one writes, and a stop that comes between leaves nothing
  const live = sql`exists (select 1 from ${alerts} where ${mine} and ladder and state in ('sending', 'sent', 'expired'))`;
  const sender = await findSenders(g, alert);
  const reminders = isOver || isCall ? undefined : await remind(g, alert, n, sender.queues, [from, to], live, now);
  const listed = isCall ? await callRows(g, alert, [from, to], live, now) : undefined;
  await g.store.atomic((db) => {
    const statements: Statement[] = [];
    if (reminders) statements.push(db.insert(deliveries).select(reminders).onConflictDoNothing());
    if (listed) statements.push(db.insert(calls).select(listed).onConflictDoNothing());
    const next = isLast ? { ladderStep: n, ladderCursor: 0 } : { ladderCursor: to };
    return [...statements, db.update(alerts).set(next).where(mine)] as unknown as [Statement];
  });
  if (reminders) for (const name of sender.names) await g.outbox.wake({ type: 'dispatch', sender: name });
}

async function findSenders(g: Gateway, alert: AlertRow) {
  const [organisation] = await g.store.db.select().from(organisations).where(eq(organisations.id, alert.organisation));
  const queues = (JSON.parse(alert.channels) as ('sms' | 'telegram' | 'push')[])
    .map((channel) => ({ channel, sender: senderFor(organisation!, channel, g.senders) }))
    .filter(({ sender }) => sender !== 'off');
  const names = [...new Set(queues.map(({ sender }) => sender))].filter((name) => name !== 'off');
  return { queues, names };
}

const silentPeople = (alert: AlertRow, from: number, to: number) =>
  sql`c.incident = ${alert.incident} and c.person > ${from} and c.person <= ${to} and c.meaning is null`;

/**
 * Whom this alert addressed and who has said nothing in the incident, nor STOP since it began. Where a later alert of
 * the incident asks the same person, that one's ladder counts. Aliases: `c` of check_ins, `p` of people.
 */
async function whoIsSilent(g: Gateway, alert: AlertRow, from: number, to: number): Promise<SQL> {
  const later = await rows<{ id: number }>(
    g.store,
    sql`select id from ${alerts} where incident = ${alert.incident} and id > ${alert.id} and ladder and asks_check_in
          and started_at is not null and state in ('sending', 'sent', 'expired')`,
  );
  const asked = (which: SQL) => sql`(exists (select 1 from ${peopleAddresses} h join ${deliveries} d
        on d.alert in (${which}) and d.target = h.address where h.person = p.id)
      or exists (select 1 from ${deliveries} d where d.alert in (${which}) and d.target = -p.id))`;
  const askedLater =
    later.length === 0
      ? sql``
      : sql`and not ${asked(sql`select value from json_each(${JSON.stringify(later.map(({ id }) => id))})`)}`;
  return sql`${silentPeople(alert, from, to)}
    and ${asked(sql`${alert.id}`)} ${askedLater}
    and not exists (select 1 from ${peopleAddresses} h join ${addresses} s on s.id = h.address
                    where h.person = p.id and s.state = 'stopped' and s.state_reason = 'asked' and s.state_at >= ${alert.startedAt})`;
}

/** Ledger rows that ask again: on an address that this alert has not used, or in few words where it arrived before. */
async function remind(
  g: Gateway,
  alert: AlertRow,
  n: number,
  queues: { channel: string; sender: string }[],
  [from, to]: [number, number],
  live: SQL,
  now: number,
): Promise<SQL> {
  const silent = await whoIsSilent(g, alert, from, to);
  const list = JSON.stringify(queues);
  const quiet = keepsQuietHours(alert) ? JSON.stringify(await readQuiet(g, silentPeople(alert, from, to), now)) : '{}';
  const home = homeOf(g);
  const falls = await fallsBack(g, alert, 'a', 'l');
  const order =
    LADDER[n - 1]!.step === 'other_address'
      ? sql`and not exists (select 1 from ${deliveries} d where d.alert = ${alert.id} and d.target = pa.address) order by pa.position`
      : sql`order by not exists (select 1 from ${deliveries} d where d.alert = ${alert.id} and d.target = pa.address
              and d.state = 'delivered'), a2.channel <> 'sms', pa.position`;
  // somebody who must not be seen is asked once, whoever else holds the phone (CK-12)
  const next = sql`(select pa.address from ${peopleAddresses} pa
    join ${addresses} a2 on a2.id = pa.address and a2.state = 'active'
    where pa.person = p.id and a2.channel in (select value ->> 'channel' from json_each(${list}))
      and not exists (select 1 from ${peopleAddresses} o join ${people} op on op.id = o.person
                      where o.address = pa.address and op.profile = 'discreet') ${order} limit 1)`;
  const before = sql`from ${peopleAddresses} h join ${deliveries} r on r.address = h.address and r.step > ${ASKS_AGAIN}
      and r.state in ('pending', 'sending', 'sent', 'delivered', 'indeterminate')
    join ${alerts} ra on ra.id = r.alert and ra.incident = ${alert.incident}
    where h.person = p.id`;
  return sql`
    select null, random() & 9007199254740991, ${alert.organisation}, ${alert.id}, person, address, address, channel, sender,
      ${ledgerStep(n)}, language, reason, ${LANES.reminder} + ${turnOf(sql`person`)}, 'pending', 0, due, null, null, 0,
      null, null, null, ${alert.expiresAt}, ${now}, null, null, null, null, null, null
    from (
      select p.id as person, a.id as address, a.channel as channel,
        (select value ->> 'sender' from json_each(${list}) where value ->> 'channel' = a.channel) as sender,
        case when ${falls} then 'en' else coalesce(l.language, t.language) end as language,
        case when ${falls} then 'charset' when l.language is null then t.language_reason else l.reason end as reason,
        max(coalesce(${quiet} ->> coalesce(p.country, a.country, ${home}), 0),
          coalesce((select max(max(r.created_at, r.due_at)) + ${APART_MS} ${before}), 0)) as due,
        (select count(*) ${before} and max(r.created_at, r.due_at) > ${now - DAY_MS}) as asked
      from ${checkIns} c
      join ${people} p on p.id = c.person and p.profile <> 'discreet'
      join ${addresses} a on a.id = ${next}
      join ${deliveries} t on t.id = (select d.id from ${peopleAddresses} h join ${deliveries} d
        on d.alert = ${alert.id} and d.target = h.address and d.language <> '' where h.person = p.id order by d.step, d.id limit 1)
      left join ${alertLanguages} l on l.alert = ${alert.id} and l.languages = p.languages
      where ${silent} and ${live}
    ) where asked < ${MOST_A_DAY} and due < ${alert.expiresAt}`;
}

/** Who knows no better place is taken to be where this installation is. */
const homeOf = (g: Gateway) => g.config.defaultCountry ?? '';

/** Countries of these people where it is night, and until when. */
async function readQuiet(g: Gateway, silent: SQL, now: number): Promise<Record<string, number>> {
  const found = await rows<{ country: string | null }>(
    g.store,
    sql`select distinct p.country as country from ${checkIns} c join ${people} p on p.id = c.person
          where ${silent}
        union select distinct a.country from ${checkIns} c join ${peopleAddresses} h on h.person = c.person
          join ${addresses} a on a.id = h.address where ${silent}`,
  );
  const quiet: Record<string, number> = {};
  for (const country of [...found.map((row) => row.country ?? ''), homeOf(g)]) {
    const until = quietUntil(country || null, now);
    if (until > 0) quiet[country] = until;
  }
  return quiet;
}

/** Everybody silent, the marked and those whom nothing has reached first: a person calls them. */
async function callRows(
  g: Gateway,
  alert: AlertRow,
  [from, to]: [number, number],
  live: SQL,
  now: number,
): Promise<SQL> {
  const silent = await whoIsSilent(g, alert, from, to);
  const marked = JSON.stringify(await priorityTags(g));
  // the alphabet of our other ids has neither 0 nor 1
  const uid = sql`'cal_' || replace(replace(lower(hex(randomblob(16))), '0', 'g'), '1', 'h')`;
  return sql`
    select null, ${uid}, ${alert.organisation}, ${alert.incident}, p.id,
      2 * (p.tags not in (select value from json_each(${marked})))
        + exists (select 1 from ${peopleAddresses} h join ${deliveries} d on d.alert = ${alert.id} and d.target = h.address
                  where h.person = p.id and d.state = 'delivered'),
      'open', null, null, 0, null, ${now}, null
    from ${checkIns} c join ${people} p on p.id = c.person
    where ${silent} and ${live}`;
}

/** Why a reminder that was claimed does not go out now: its time, or null when it is not wanted any more. */
export type HeldBack = Map<number, number | null>;

/**
 * Looks again at the moment of sending: who has answered since is not asked, and in a night that has come meanwhile
 * nobody is (MS-15). Alerts and answers are not looked at, and cost nothing.
 */
export async function holdBack(
  g: Gateway,
  claimed: readonly { id: number; step: number }[],
  now: number,
): Promise<HeldBack> {
  const held: HeldBack = new Map();
  const ids = claimed.filter(({ step }) => step > ASKS_AGAIN).map(({ id }) => id);
  if (ids.length === 0) return held;
  const found = await rows<{
    id: number;
    urgency: string;
    severity: string;
    country: string | null;
    waits: number;
  }>(
    g.store,
    sql`select d.id as id, al.urgency as urgency, al.severity as severity, coalesce(p.country, a.country) as country,
          al.ladder and exists (select 1 from ${peopleAddresses} h join ${checkIns} c
            on c.incident = al.incident and c.person = h.person and c.meaning is null where h.address = d.address) as waits
        from ${deliveries} d join ${alerts} al on al.id = d.alert
        left join ${addresses} a on a.id = d.address left join ${people} p on p.id = d.person
        where d.id in (select value from json_each(${JSON.stringify(ids)}))`,
  );
  for (const row of found) {
    if (!row.waits) held.set(row.id, null);
    else if (keepsQuietHours(row)) {
      const until = quietUntil(row.country ?? (homeOf(g) || null), now);
      if (until > 0) held.set(row.id, until);
    }
  }
  return held;
}
