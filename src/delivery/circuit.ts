import { sql } from 'drizzle-orm';
import { type Channel, SendError, type SendErrorCode } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { senders } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import type { Consequence, Outcome } from './outcome.ts';

/** Sends in a row without an answer, then nobody knocks any more for a while. */
const MOST_SILENT = 5;
/** How long a silent provider is left alone, doubled each time that one message found it silent still. */
const FIRST_HALT_MS = 10_000;
const LONGEST_HALT_MS = 60_000;
/** Refusals in a row for the place it was to go to, none taken, that are no longer the place's but the account's. */
const MOST_CLOSED = 5;
/** A lone message to a closed place is tried so often, over a quarter of an hour. */
const MOST_CLOSED_ATTEMPTS = 6;
/** Others of the same part wait so long for the one message that asks whether it is back. */
const ASKING_MS = 5_000;

/** Errors by which the provider shows that it is there. */
const ANSWERS: ReadonlySet<string> = new Set<SendErrorCode>([
  'retry_after',
  'address_stopped',
  'address_unreachable',
  'destination_closed',
  'message_invalid',
  'account',
]);

/** What an attempt came to, and which part of the provider it was handed to. */
export type Result = Outcome & Consequence & { part?: string | undefined };

type Silence = Pick<Result, 'at' | 'errorCode'> & Consequence;
type Cause = NonNullable<Consequence['halt']>['cause'];

/** Health of a sender, or of one part of it, as it is in the database. */
interface Gate {
  name: string;
  /** 0 when it is well; in the past when the next message is the one that asks */
  until: number;
  since: number | null;
  reason: string | null;
  cause: Cause | null;
  silent: number;
  silentSince: number | null;
  halts: number;
  /** one message is under way to ask whether it is back */
  asking: boolean;
  changed: boolean;
  opened: boolean;
}

/**
 * Who may be asked now. A sender halts as a whole when the provider says to wait, refuses the account, or gave no
 * answer many times in a row; then one message asks, and its answer opens the way for the others. A part of a
 * provider that answers for itself halts alone. Kept in `senders`, so that all processes and isolates agree.
 */
export interface Circuit {
  /** epoch milliseconds until which nothing is claimed; 0 when the sender is well */
  readonly haltedUntil: number;
  /** one message first: the sender was halted */
  readonly probing: boolean;
  /** something that was noted here has halted the sender */
  readonly halted: boolean;
  /** Whether a message may ask after a silence: false when the provider was asked without one, and is silent still. */
  isBack(channel: Channel): Promise<boolean>;
  /** when a message to that part may be tried; 0 for now */
  waits(part: string | undefined, now: number): number;
  /** In the order of the answers. Says in the result itself when a refusal is of that message alone. */
  note(result: Result): void;
  /** Writes what has changed, and wakes the sender when its halt is over. */
  save(): Promise<void>;
}

export async function openCircuit(g: Gateway, sender: SenderName): Promise<Circuit> {
  const gates = await readGates(g, sender);
  const gateOf = (part?: string) => {
    const name = part === undefined ? sender : `${sender}:${part}`;
    const gate = gates.get(name) ?? wellGate(name);
    gates.set(name, gate);
    return gate;
  };
  const whole = gateOf();
  let halted = false;
  /** taken since the account refused a message */
  let taken = 0;
  let closed = 0;

  const halt = (gate: Gate, result: Silence) => {
    const { until, reason, cause } = result.halt!;
    if (gate === whole) halted = true;
    if (gate.cause !== cause || gate.since === null)
      gate.since = cause === 'provider' ? (gate.silentSince ?? result.at) : result.at;
    Object.assign(gate, { until: Math.max(gate.until, until), reason, cause, changed: true, opened: true });
  };

  const noteSilence = (gate: Gate, result: Silence) => {
    gate.silentSince ??= result.at;
    gate.silent++;
    gate.changed = true;
    // what was under way together fails together: that is one halt
    if (gate.until > result.at || (gate.silent < MOST_SILENT && gate.until === 0)) return;
    const wait = Math.min(LONGEST_HALT_MS, FIRST_HALT_MS * 2 ** Math.min(gate.halts, 10));
    gate.halts++;
    result.halt = { until: result.at + wait, reason: result.errorCode!, cause: 'provider' };
  };

  const noteAnswer = (gate: Gate, { at, halt: again }: Result) => {
    if (gate.silent > 0) Object.assign(gate, { silent: 0, silentSince: null, changed: true });
    if (!again && gate.until > 0 && gate.until <= at) {
      Object.assign(gate, wellGate(gate.name), { changed: true });
      g.log.info('sender goes on', { sender: gate.name });
    }
  };

  const save = async () => {
    const now = g.clock.now();
    for (const gate of gates.values()) {
      if (!gate.changed) continue;
      gate.changed = false;
      const health = {
        haltedAt: gate.since,
        haltedUntil: gate.until || null,
        haltedReason: gate.reason,
        haltedCause: gate.cause,
        silent: gate.silent,
        halts: gate.halts,
      };
      await g.store.db
        .insert(senders)
        .values({ name: gate.name, ...health })
        .onConflictDoUpdate({ target: senders.name, set: health });
      if (!gate.opened) continue;
      gate.opened = false;
      const seconds = Math.ceil((gate.until - now) / 1000);
      g.log.warning('sender halted', { sender: gate.name, cause: gate.cause, reason: gate.reason, seconds });
      if (gate === whole) await g.outbox.wake({ type: 'dispatch', sender }, gate.until - now);
    }
  };

  return {
    get haltedUntil() {
      return whole.until;
    },
    get probing() {
      return whole.until > 0;
    },
    get halted() {
      return halted;
    },
    waits(part, now) {
      const gate = part === undefined ? undefined : gates.get(`${sender}:${part}`);
      if (!gate || gate.until === 0) return 0;
      if (gate.until > now) return gate.until;
      if (gate.asking) return now + ASKING_MS;
      gate.asking = true;
      return 0;
    },
    note(result) {
      const code = result.errorCode?.split(':')[0] ?? '';
      const gate = gateOf(code === 'account' ? undefined : result.part);
      if (result.part !== undefined) gateOf(result.part).asking = false;
      if (result.untried) return;
      if (result.state === 'sent') taken++;
      if (code === 'destination_closed') {
        closed = taken > 0 ? 0 : closed + 1;
        const isAlone = taken > 0 || (whole.until === 0 && result.attempt >= MOST_CLOSED_ATTEMPTS);
        if (isAlone && result.state === 'pending') Object.assign(result, { state: 'failed', dueAt: 0 });
        if (closed < MOST_CLOSED) delete result.halt;
      }
      // one refusal among many successes is about that message: only the next one in a row is about the account
      if (code === 'account' && result.halt && taken > 0) {
        taken = 0;
        delete result.halt;
      }
      if (code === 'provider_down' || code === 'unknown') noteSilence(gate, result);
      else if (result.state === 'sent' || ANSWERS.has(code)) {
        noteAnswer(gate, result);
        if (gate !== whole) noteAnswer(whole, result);
      }
      if (result.halt) halt(gate, result);
    },
    save,
    async isBack(channel) {
      if (!channel.ask || whole.cause !== 'provider') return true;
      try {
        await channel.ask(g.wire);
        return true;
      } catch (error) {
        if (!(error instanceof SendError)) throw error;
        // the message itself will show what else is wrong
        if (error.code !== 'provider_down' && error.code !== 'unknown') return true;
        const silence: Silence = { at: g.clock.now(), errorCode: `${error.code}:${error.reason}` };
        noteSilence(whole, silence);
        halt(whole, silence);
        await save();
        return false;
      }
    },
  };
}

const wellGate = (name: string): Gate => ({
  name,
  until: 0,
  since: null,
  reason: null,
  cause: null,
  silent: 0,
  silentSince: null,
  halts: 0,
  asking: false,
  changed: false,
  opened: false,
});

async function readGates(g: Gateway, sender: string): Promise<Map<string, Gate>> {
  const found = await g.store.db
    .select()
    .from(senders)
    .where(sql`(${senders.name} = ${sender} or ${senders.name} glob ${`${sender}:*`})`);
  return new Map(
    found.map((row) => [
      row.name,
      {
        ...wellGate(row.name),
        until: row.haltedUntil ?? 0,
        since: row.haltedAt,
        reason: row.haltedReason,
        cause: row.haltedCause,
        silent: row.silent,
        halts: row.halts,
      },
    ]),
  );
}

/** When a sender as a whole may be asked again; 0 for one that is well. */
export async function readHaltedUntil(g: Gateway, sender: string): Promise<number> {
  return (await readGates(g, sender)).get(sender)?.until ?? 0;
}
