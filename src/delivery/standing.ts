import { sql } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { SENDER_NAMES, type SenderName, senderFor } from '../channels/index.ts';
import { deliveries, senders } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { Organisation } from '../trust/operators.ts';
import { CHANNEL_NAMES, explain, providerOf } from './reasons.ts';

const CHANNELS = ['sms', 'telegram', 'push'] as const;
/** Refusals are told for so long. */
const REFUSED_MS = 24 * 3_600_000;

/** Why a sender, or a part of one, waits. `until` may have passed: then the next message is the one that asks. */
export interface Halt {
  /** a sender, or `push:` and a host */
  name: string;
  cause: 'pace' | 'account' | 'provider';
  reason: string;
  since: number;
  until: number;
}

/** All that waits at this moment: what was told to wait only until its time has come. */
export async function readHalts(g: Gateway): Promise<Halt[]> {
  const found = await g.store.db.select().from(senders).where(sql`${senders.haltedUntil} is not null`);
  return found
    .filter(({ name }) => (SENDER_NAMES as readonly string[]).includes(name.split(':')[0]!))
    .map((row) => ({
      name: row.name,
      cause: row.haltedCause ?? 'account',
      reason: row.haltedReason ?? 'unknown',
      since: row.haltedAt ?? row.haltedUntil!,
      until: row.haltedUntil!,
    }))
    .filter((halt) => halt.cause !== 'pace' || halt.until > g.clock.now());
}

const clock = (at: number) => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const clockWithSeconds = (at: number) => `${new Date(at).toISOString().slice(11, 19)} UTC`;

/**
 * "SMS: Twilio does not answer since 03:12 UTC. Tried again at 03:14:20 UTC."
 * @param now epoch milliseconds; a try that is due already is "at once"
 */
export function sayHalt(halt: Halt, now: number): string {
  const [sender, host] = halt.name.split(/:(.*)/s) as [SenderName, string?];
  const channel: ChannelName | null = sender === 'simulator' ? null : sender;
  const provider = host ?? (channel ? providerOf(channel) : 'The simulator');
  const name = channel ? CHANNEL_NAMES[channel] : 'Simulator';
  const next =
    halt.until > now ? `Tried again at ${clockWithSeconds(halt.until)}.` : 'The next message tries it again.';
  if (halt.cause === 'pace') return `${name}: ${provider} asks us to wait until ${clockWithSeconds(halt.until)}.`;
  if (halt.cause === 'provider') return `${name}: ${provider} does not answer since ${clock(halt.since)}. ${next}`;
  const why = explain(halt.reason, channel, provider);
  return `${name}: halted since ${clock(halt.since)}. ${why} It goes on by itself once this is repaired. ${next}`;
}

/** How a channel stands for an organisation. */
export interface ChannelStanding {
  channel: ChannelName;
  sender: SenderName | 'off';
  state: 'working' | 'waiting' | 'halted' | 'simulated' | 'off';
  cause: Halt['cause'] | null;
  /** the provider's own code, for example `account:20003` */
  reason: string | null;
  sentence: string;
  since: string | null;
  until: string | null;
  /** messages a second that the provider allows; null for no limit */
  perSecond: number | null;
  /** of this organisation: what waits, what of it is due now, and since when the oldest is */
  queued: number;
  due: number;
  oldestDueAt: string | null;
  /** parts of the provider that wait while the others go on */
  parts: { name: string; state: 'waiting' | 'halted'; sentence: string; since: string; until: string }[];
  /** places that our account may not send to, of the last day */
  refused: { errorCode: string; n: number; sentence: string }[];
}

/** Each channel with its state in a plain sentence, its queue and its rate. */
export async function readStandings(g: Gateway, organisation: Organisation): Promise<ChannelStanding[]> {
  const now = g.clock.now();
  const halts = await readHalts(g);
  const queues = await rows<{ channel: string; n: number; due: number; oldest: number | null }>(
    g.store,
    sql`select channel, count(*) as n, sum(due_at <= ${now}) as due,
          min(case when due_at <= ${now} then max(created_at, due_at) end) as oldest
        from ${deliveries}
        where state = 'pending' and sender in (${sql.raw(SENDER_NAMES.map((name) => `'${name}'`).join(', '))})
          and organisation = ${organisation.id} group by channel`,
  );
  const refused = await rows<{ channel: string; code: string; n: number }>(
    g.store,
    sql`select channel, error_code as code, count(*) as n from ${deliveries}
        where alert in (select id from alerts where organisation = ${organisation.id} and created_at > ${now - REFUSED_MS})
          and state = 'failed' and error_code glob 'destination_closed:*' group by channel, error_code`,
  );
  const standings = CHANNELS.map((channel): ChannelStanding => {
    const sender = senderFor(organisation, channel, g.senders);
    const queue = queues.find((one) => one.channel === channel);
    const rate = sender === 'off' ? undefined : g.senders.get(sender)?.perSecond;
    const halt = halts.find(({ name }) => name === sender);
    const state = stateOf(sender, halt);
    return {
      channel,
      sender,
      state,
      cause: halt?.cause ?? null,
      reason: halt?.reason ?? null,
      sentence: halt ? sayHalt(halt, now) : SAYING[state](CHANNEL_NAMES[channel]),
      since: iso(halt?.since ?? null),
      until: iso(halt?.until ?? null),
      perSecond: rate !== undefined && Number.isFinite(rate) ? rate : null,
      queued: queue?.n ?? 0,
      due: queue?.due ?? 0,
      oldestDueAt: iso(queue?.oldest ?? null),
      parts: halts
        .filter(({ name }) => name.startsWith(`${sender}:`))
        .map((part) => ({
          name: part.name.slice(sender.length + 1),
          state: part.cause === 'pace' ? 'waiting' : 'halted',
          sentence: sayHalt(part, now),
          since: iso(part.since)!,
          until: iso(part.until)!,
        })),
      refused: refused
        .filter((one) => one.channel === channel)
        .map(({ code, n }) => ({ errorCode: code, n, sentence: explain(code, channel)! })),
    };
  });
  const going = standings.filter(({ state }) => state === 'working').map(({ channel }) => CHANNEL_NAMES[channel]);
  for (const standing of standings)
    if (standing.state === 'halted' && going.length > 0) standing.sentence += ` ${sayGoing(going)}`;
  return standings;
}

const stateOf = (sender: SenderName | 'off', halt: Halt | undefined) => {
  if (sender === 'off') return 'off';
  if (halt) return halt.cause === 'pace' ? 'waiting' : 'halted';
  return sender === 'simulator' ? 'simulated' : 'working';
};

const SAYING: Record<ChannelStanding['state'], (name: string) => string> = {
  working: (name) => `${name} works.`,
  waiting: (name) => `${name} waits.`,
  halted: (name) => `${name} is halted.`,
  simulated: (name) => `${name} goes to simulated phones: this organisation is in training.`,
  off: (name) => `${name} is off: it has no settings. Its addresses are not reached.`,
};

const sayGoing = (names: string[]) =>
  names.length === 1 ? `${names[0]} goes on.` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} go on.`;

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
