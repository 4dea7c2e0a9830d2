import { sql } from 'drizzle-orm';
import { addresses, alerts, calls, cases, checkIns, deliveries, peopleAddresses, replies } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import { ASKS_AGAIN } from '../delivery/ladder.ts';
import type { Gateway } from '../gateway.ts';
import { waiting } from './calls.ts';

/** Each addressed person is in exactly one of the seven, so that they always sum to `registered`. */
export interface Board {
  registered: number;
  safe: number;
  help: number;
  moved: number;
  unclear: number;
  noAnswer: number;
  unreachable: number;
  optedOut: number;
  /** set by officers only, and beside the seven */
  deceased: number;
  /** told by a delivery report, or answered */
  reached: number;
  /** heads that people said are with them: claims, never added to persons */
  claimedHeads: number;
  openCases: number;
  saysSafe: number;
  /** nobody has taken them, and their clock has run out */
  lateCases: number;
  oldestOpenCaseMinutes: number | null;
  /** asked again at least once, of the registered */
  askedAgain: number;
  /** who has answered nothing and waits for a caller */
  toCall: number;
  unknownNumbers: { safe: number; help: number; unclear: number };
  lastReplyAt: string | null;
  asOf: string;
}

/**
 * Where everybody stands: help goes before unread, moved, safe, opted out, unreachable and no answer
 * (DESIGN section 10). Somebody who says safe while a call for help is open stays under help (TH-2).
 * A cross join is read in the order that it is written in: from the incident, not from all people.
 */
export async function board(g: Gateway, incident: { id: number; organisation: string }): Promise<Board> {
  const now = g.clock.now();
  const [row] = await rows<Record<string, number>>(
    g.store,
    sql`with reach as (
          select pa.person as person,
            max(d.state = 'delivered') as delivered,
            max(d.step > ${ASKS_AGAIN} and d.state in ('sent', 'delivered', 'indeterminate')) as again,
            max(d.state in ('pending', 'sending', 'sent', 'delivered', 'indeterminate')) as told
          from ${alerts} al cross join ${deliveries} d on d.alert = al.id cross join ${peopleAddresses} pa on pa.address = d.address
          where al.incident = ${incident.id} group by pa.person),
        stops as (
          select pa.person as person, min(a.state = 'stopped') as stopped
          from ${checkIns} c cross join ${peopleAddresses} pa on pa.person = c.person join ${addresses} a on a.id = pa.address
          where c.incident = ${incident.id} group by pa.person),
        calls as (select distinct person from ${cases} where incident = ${incident.id} and state <> 'closed' and person is not null),
        parts as (
          select case
              when c.meaning = 'help' or k.person is not null then 'help'
              when c.unread then 'unclear'
              when c.meaning in ('moved', 'safe') then c.meaning
              when s.stopped then 'optedOut'
              when c.person is not null and not coalesce(r.told, 0) then 'unreachable'
              else 'noAnswer' end as part,
            coalesce(r.delivered, 0) or c.meaning is not null as reached,
            coalesce(r.again, 0) as again, coalesce(c.people, 0) as heads
          from ${checkIns} c
          left join reach r on r.person = c.person
          left join stops s on s.person = c.person
          left join calls k on k.person = c.person
          where c.incident = ${incident.id})
        select count(*) as registered, sum(reached) as reached, sum(heads) as heads, sum(again) as again,
          sum(part = 'safe') as safe, sum(part = 'help') as help, sum(part = 'moved') as moved,
          sum(part = 'unclear') as unclear, sum(part = 'noAnswer') as noAnswer,
          sum(part = 'unreachable') as unreachable, sum(part = 'optedOut') as optedOut
        from parts`,
  );
  const [open] = await rows<{ n: number; says: number | null; late: number | null; oldest: number | null }>(
    g.store,
    sql`select count(*) as n, sum(says_safe) as says, sum(state = 'open' and due_at <= ${now}) as late, min(opened_at) as oldest from ${cases}
        where incident = ${incident.id} and state <> 'closed'`,
  );
  const beside = await rows<{ meaning: string; n: number; latest: number }>(
    g.store,
    sql`select meaning, max(received_at) as latest,
          sum(person is null and not exists (select 1 from ${peopleAddresses} h where h.address = r.address)) as n
        from ${replies} r where incident = ${incident.id} and meaning is not null group by meaning`,
  );
  const [call] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${calls} l where ${waiting(incident.id)}`,
  );
  const unknown = (meaning: string) => beside.find((b) => b.meaning === meaning)?.n ?? 0;
  const latest = Math.max(0, ...beside.map((b) => b.latest));
  const n = (name: string) => row![name] ?? 0;
  return {
    registered: n('registered'),
    safe: n('safe'),
    help: n('help'),
    moved: n('moved'),
    unclear: n('unclear'),
    noAnswer: n('noAnswer'),
    unreachable: n('unreachable'),
    optedOut: n('optedOut'),
    deceased: 0,
    reached: n('reached'),
    claimedHeads: n('heads'),
    openCases: open!.n,
    saysSafe: open!.says ?? 0,
    lateCases: open!.late ?? 0,
    askedAgain: n('again'),
    toCall: call!.n,
    oldestOpenCaseMinutes: open!.oldest === null ? null : Math.floor((now - open!.oldest) / 60_000),
    unknownNumbers: { safe: unknown('safe'), help: unknown('help'), unclear: unknown('unclear') },
    lastReplyAt: latest === 0 ? null : new Date(latest).toISOString(),
    asOf: new Date(now).toISOString(),
  };
}
