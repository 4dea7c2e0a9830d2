import { and, eq, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { AlertRow } from '../alerts/alert.ts';
import { followers } from '../alerts/followers.ts';
import { chooseFor } from '../alerts/languages.ts';
import { SENDER_NAMES, senderFor } from '../channels/index.ts';
import {
  addresses,
  alertLanguages,
  alerts,
  alertTexts,
  checkIns,
  deliveries,
  organisations,
  people,
  peopleAddresses,
} from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { matchAudience } from '../people/audience.ts';
import { allInterned } from '../people/intern.ts';
import { fallsBack } from './charset.ts';

/**
 * Ids looked at in one statement; by number, since an index would be read from its start for each chunk. A Node
 * process answers nobody meanwhile, some 30 ms.
 */
const CHUNK = 10_000;
/** Of the event loop, between two chunks: a request is read, answered and written in several. */
const TURNS_BETWEEN = 5;
/** Chunks in one invocation at the edge: each is some fifteen queries of the thousand that D1 allows. */
const MOST_CHUNKS = 20;
const CHANNELS = 3;

/** Lower goes first: corrections, answers, then alerts by severity (DO-11). Each is as wide as its groups of turns. */
export const LANES = {
  correction: 0,
  answer: 1_000,
  Extreme: 2_000,
  Severe: 3_000,
  routine: 4_000,
  reminder: 5_000,
} as const;

/**
 * Within a lane: inside the hazard area and marked `priority`, inside, marked, the rest. Within each group a row has
 * one of 128 turns. Multiples of the golden ratio spread any run of ids evenly over them, and turns go before ids: so
 * languages interleave over the whole audience, also when people were imported language by language, although a chunk
 * is planned, and may be sent, before the next one is looked at. Turns are coarse, since a row that enters an index
 * at one of 128 places finds its page in memory.
 */
const TURNS = 128;
export const turnOf = (id: SQL) => sql`((((${id}) * 2654435769) & 4294967295) >> 25)`;

/**
 * With the policy `hold`, those without a text of their own wait this long for one, which an update brings; never
 * longer than half of the alert's life, so that nobody is told nothing.
 */
const HOLD_MS = 30 * 60_000;
const heldUntil = (alert: AlertRow) => {
  const approved = alert.approvedAt!;
  return Math.round(Math.min(approved + HOLD_MS, (approved + alert.expiresAt) / 2));
};

/**
 * Plans the next chunk of an approved alert whose undo time is over: one ledger row for each address and
 * language, one check-in row for each person. Planning a chunk twice changes nothing.
 * @param size ids of people (or former deliveries) that are looked at
 * @returns whether there is more to plan
 */
export async function planChunk(g: Gateway, id: number, size = CHUNK): Promise<boolean> {
  const now = g.clock.now();
  await g.store.db
    .update(alerts)
    .set({
      state: 'sending',
      startedAt: now,
      planEnd: sql`case when former is null then (select coalesce(max(id), 0) from ${people})
                        else (select coalesce(max(id), 0) from ${deliveries}) end`,
    })
    .where(and(eq(alerts.id, id), eq(alerts.state, 'approved'), lte(alerts.sendAt, now)));
  const [alert] = await g.store.db.select().from(alerts).where(eq(alerts.id, id));
  if (alert?.state !== 'sending' || alert.plannedAt !== null) return false;
  const [organisation] = await g.store.db.select().from(organisations).where(eq(organisations.id, alert.organisation));
  if (alert.former === null) await chooseLanguages(g, alert, organisation!.defaultLanguage);

  const from = alert.planCursor;
  const to = Math.min(from + size, alert.planEnd!);
  // said inside the inserts too: a stop that comes between leaves nothing behind
  const live = sql`(select state from ${alerts} where id = ${id}) = 'sending'`;
  const whose = JSON.parse(alert.channels) as ('sms' | 'telegram' | 'push')[];
  const queues = whose.map((channel) => ({ channel, sender: senderFor(organisation!, channel, g.senders) }));
  const select =
    alert.former === null
      ? await fromAudience(g, alert, queues, from, to, live)
      : await fromChain(g, alert, queues, from, to, live, organisation!.defaultLanguage);
  await g.store.atomic((db) => [
    db
      .insert(deliveries)
      .select(select.deliveries)
      // a phone that several share goes as early as the first of them
      .onConflictDoUpdate({
        target: [deliveries.alert, deliveries.target, deliveries.step, deliveries.language],
        set: { rank: sql`excluded.rank` },
        setWhere: sql`${deliveries.state} = 'pending' and excluded.rank < ${deliveries.rank}`,
      }),
    db.insert(checkIns).select(select.people).onConflictDoNothing(),
    db
      .update(alerts)
      .set({ planCursor: to, plannedAt: to >= alert.planEnd! ? now : null })
      .where(and(eq(alerts.id, id), eq(alerts.planCursor, from), isNull(alerts.plannedAt))),
  ]);
  return to < alert.planEnd!;
}

type Queues = { channel: string; sender: string }[];

/** Makes sure that every language list of today has its choice. */
async function chooseLanguages(g: Gateway, alert: AlertRow, organisationDefault: string): Promise<void> {
  const available = await g.store.db
    .select({ language: alertTexts.language })
    .from(alertTexts)
    .where(eq(alertTexts.alert, alert.id));
  const tags = available.map((row) => row.language);
  const lists = await allInterned(g.store, 'languages');
  const choices = lists.map(({ id, values }) => ({
    id,
    ...chooseFor(values, tags, organisationDefault, alert.languagePolicy),
  }));
  await g.store.db
    .insert(alertLanguages)
    .select(
      sql`select ${alert.id}, value ->> 'id', value ->> 'language', value ->> 'reason'
          from json_each(${JSON.stringify(choices)}) where true`,
    )
    .onConflictDoNothing();
}

async function fromAudience(g: Gateway, alert: AlertRow, queues: Queues, from: number, to: number, live: SQL) {
  const now = g.clock.now();
  const match = await matchAudience(g, alert.organisation, JSON.parse(alert.audience));
  const lane = laneOf(alert);
  const chunk = sql`p.id > ${from} and p.id <= ${to} and p.created_at <= ${alert.approvedAt} and ${match.included}`;
  const marked = await priorityTags(g);
  // mostly nobody is: then nothing is asked of each row
  const isMarked =
    marked.length === 0 ? sql`0` : sql`p.tags in (select value from json_each(${JSON.stringify(marked)}))`;
  const firstOnly =
    alert.plan === 'cascade'
      ? sql`and a.id = (select a2.id from ${peopleAddresses} pa2 join ${addresses} a2 on a2.id = pa2.address
                        join json_each(${JSON.stringify(queues)}) q2 on q2.value ->> 'channel' = a2.channel
                        where pa2.person = p.id
                        order by a2.state <> 'active' or q2.value ->> 'sender' = 'off', pa2.position limit 1)`
      : sql``;
  // closed sets of ours: not bound, since D1 binds 100 values in a statement
  const senderOf = sql.raw(
    `case a.channel ${queues.map(({ channel, sender }) => `when '${channel}' then '${sender}'`).join(' ')} end`,
  );
  const chosen = sql.raw(queues.map(({ channel }) => `'${channel}'`).join(', '));
  const chosenOnly =
    queues.length === CHANNELS
      ? sql``
      : sql`and exists (select 1 from ${addresses} a1 where a1.id = pa.address and a1.channel in (${chosen}))`;
  const fallen = queues.some(({ channel }) => channel === 'sms') ? await fallsBack(g, alert, 'a', 'al') : sql`0`;
  // written in the order of sending: a claim finds its rows side by side, and its commit has few pages
  const body = sql`
    select null, random() & 9007199254740991, ${alert.organisation}, ${alert.id}, person, address,
      coalesce(address, -person), channel, coalesce(sender, 'off'), 0, coalesce(language, ''), reason, rank,
      case when error is null then 'pending' else 'suppressed' end, 0,
      case when ${alert.languagePolicy} = 'hold' and reason not in ('own', 'charset') then ${heldUntil(alert)} else 0 end,
      null, null, 0, error, null, null, ${alert.expiresAt}, ${now}, null, null, null, null, null, null
    from (
      select p.id as person, a.id as address, a.channel as channel, ${senderOf} as sender,
        case when ${fallen} then 'en' else al.language end as language,
        case when ${fallen} then 'charset' else al.reason end as reason,
        ${lane} + ((case when ${match.inside} then 0 else 2 end)
          + (case when ${isMarked} then 0 else 1 end)) * ${TURNS}
          + ${turnOf(sql`p.id`)} as rank,
        case when a.id is null then 'no_address'
             when al.language is null then 'no_text'
             when a.state = 'stopped' then 'address_stopped'
             when a.state = 'unreachable' then 'address_unreachable'
             when ${senderOf} = 'off' then 'channel_off' end as error
      from ${people} p not indexed
      join ${alertLanguages} al on al.alert = ${alert.id} and al.languages = p.languages
      left join ${peopleAddresses} pa on pa.person = p.id ${chosenOnly}
      left join ${addresses} a on a.id = pa.address
      where ${chunk} ${firstOnly}
    ) where ${live} order by rank`;
  const everyone = sql`
    select null, ${alert.incident}, p.id, null, null, null, null, null, 0, null, ${now}
    from ${people} p not indexed where ${chunk} and ${live}`;
  return { deliveries: body, people: everyone };
}

/** An update or cancel goes to those who got, or may have got, the chain, and to who waits for what it brings. */
async function fromChain(
  g: Gateway,
  alert: AlertRow,
  queues: Queues,
  from: number,
  to: number,
  live: SQL,
  organisationDefault: string,
) {
  const now = g.clock.now();
  const range = sql`d.id > ${from} and d.id <= ${to}`;
  const falls = (address: string, choice: string) => fallsBack(g, alert, address, choice);
  const table = await followers(g, alert, organisationDefault, falls, range);
  const off = sql`coalesce(q.value ->> 'sender', 'off')`;
  const body = sql`
    select null, random() & 9007199254740991, ${alert.organisation}, ${alert.id}, d.person, d.address, d.target, d.channel,
      ${off}, 0, coalesce(d.language, ''), d.reason, ${LANES.correction} + ${turnOf(sql`d.address`)},
      case when d.address_state = 'stopped' or d.language is null or ${off} = 'off' then 'suppressed' else 'pending' end,
      0, 0, null, null, 0,
      case when d.language is null then 'no_text'
           when d.address_state = 'stopped' then 'address_stopped'
           when ${off} = 'off' then 'channel_off' end,
      null, null, ${alert.expiresAt}, ${now}, null, null, null, null, null, null
    from ${table} d
    left join json_each(${JSON.stringify(queues)}) q on q.value ->> 'channel' = d.channel
    where ${live} group by d.address, d.language`;
  const everyone = sql`
    select null, ${alert.incident}, d.person, null, null, null, null, null, 0, null, ${now}
    from ${table} d where d.person is not null and ${live}`;
  return { deliveries: body, people: everyone };
}

function laneOf(alert: AlertRow): number {
  if (alert.severity === 'Extreme' || alert.severity === 'Severe') return LANES[alert.severity];
  return LANES.routine;
}

/** Tag sets that hold `priority`. */
export async function priorityTags(g: Gateway): Promise<number[]> {
  const lists = await allInterned(g.store, 'tags');
  return lists.filter(({ values }) => values.includes('priority')).map(({ id }) => id);
}

/** Alerts whose undo time is over, or whose plan is not finished. */
export async function duePlans(g: Gateway): Promise<number[]> {
  const found = await rows<{ id: number }>(
    g.store,
    sql`select id from ${alerts} where (state = 'approved' and send_at <= ${g.clock.now()})
          or (state = 'sending' and planned_at is null)`,
  );
  return found.map((row) => row.id);
}

/** Plans all of an alert and says that there is something to send; before its undo time is over, comes back then. */
export async function planAlert(g: Gateway, id: number): Promise<void> {
  const [alert] = await g.store.db
    .select({ state: alerts.state, sendAt: alerts.sendAt })
    .from(alerts)
    .where(eq(alerts.id, id));
  if (alert?.state !== 'approved' && alert?.state !== 'sending') return;
  const early = alert.state === 'approved' ? alert.sendAt! - g.clock.now() : 0;
  if (early > 0) return g.outbox.wake({ type: 'plan', alert: id }, early);
  const wakeSenders = async () => {
    for (const sender of SENDER_NAMES) if (g.senders.get(sender)) await g.outbox.wake({ type: 'dispatch', sender });
  };
  for (let chunks = 1; await planChunk(g, id); chunks++) {
    if (g.home === 'node' || chunks === 1) await wakeSenders();
    if (g.home === 'workers' && chunks === MOST_CHUNKS) return g.outbox.wake({ type: 'plan', alert: id });
    for (let turn = 0; turn < TURNS_BETWEEN; turn++) await g.clock.turn();
  }
  await wakeSenders();
}
