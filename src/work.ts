import { eq, sql } from 'drizzle-orm';
import { announceMissed } from './bulletins/bulletins.ts';
import { SENDER_NAMES, type SenderName } from './channels/index.ts';
import { deliveries, organisations } from './db/schema.ts';
import { rows } from './db/store.ts';
import { readHaltedUntil } from './delivery/circuit.ts';
import { dispatch } from './delivery/dispatch.ts';
import { followCascades, wakeCascades } from './delivery/follow.ts';
import { climbLadders, isLadderDue } from './delivery/ladder.ts';
import { warnOfLate } from './delivery/late.ts';
import { duePlans, planAlert } from './delivery/plan.ts';
import { expireLeases, expireOverdue, finishAlerts, nextLook, reconcile } from './delivery/recover.ts';
import { isRedactionDue, redactSome } from './delivery/redact.ts';
import type { Gateway, Task } from './gateway.ts';
import { dueImports, workImport } from './people/imports.ts';
import { forgetDialogues } from './replies/dialogues.ts';
import { watchCases } from './replies/overdue.ts';
import { understandWaiting } from './replies/receive.ts';

/** Bounds of one piece of work: an invocation at the edge is short, a Node process is not. */
export interface Bounds {
  /** milliseconds for one dispatch */
  dispatchMs: number;
  /** rows for one dispatch */
  most: number;
  /** sends under way at once; a Worker has six connections */
  inFlight?: number;
}

/** Does one task. Every task may be lost, repeated, or run while another runs: the database says what is due. */
export async function perform(
  g: Gateway,
  task: Task,
  bounds: Bounds,
  stopping: () => boolean = () => false,
): Promise<void> {
  switch (task.type) {
    case 'plan':
      return planAlert(g, task.alert);
    case 'dispatch': {
      const until = g.clock.now() + bounds.dispatchMs;
      const done = await dispatch(
        g,
        task.sender,
        { until, most: bounds.most, ...(bounds.inFlight !== undefined && { inFlight: bounds.inFlight }) },
        stopping,
      );
      if (done.handled > 0) await finishAlerts(g);
      if (stopping()) return;
      if (done.failed) await wakeCascades(g);
      if (done.more) return g.outbox.wake(task);
      // a repeat of push is a dispatch, an SMS is looked for in the provider's list
      const looks = task.sender === 'sms' || task.sender === 'telegram';
      await wakeSoon(g, task, done.again);
      await wakeSoon(g, looks ? { type: 'reconcile' } : task, done.lookUp);
      return;
    }
    case 'reconcile':
      await wakeSoon(g, task, await reconcile(g));
      return wakeCascades(g);
    case 'follow':
      return followCascades(g);
    case 'ladder':
      return (await climbLadders(g)) ? g.outbox.wake(task) : undefined;
    case 'redact':
      return wakeSoon(g, task, await redactSome(g));
    case 'import':
      return importSome(g, task.import, bounds, stopping);
    case 'answer':
      await understandWaiting(g, (id) => organisationOf(g, id));
  }
}

/** Chunks of an import in one invocation: each is some fifteen queries of the thousand that D1 allows. */
const MOST_CHUNKS = 40;

async function importSome(g: Gateway, id: number, bounds: Bounds, stopping: () => boolean): Promise<void> {
  const until = g.clock.now() + bounds.dispatchMs;
  for (let chunk = 0; chunk < MOST_CHUNKS && g.clock.now() < until && !stopping(); chunk++) {
    if (!(await workImport(g, id))) return;
    // a file of a million rows holds nothing else up
    await g.clock.turn();
  }
  await g.outbox.wake({ type: 'import', import: id });
}

/** What is later is found by the sweep. */
const SOON_MS = 60_000;

/** Wakes a task at a time that is near. */
async function wakeSoon(g: Gateway, task: Task, at: number | null): Promise<void> {
  if (at === null) return;
  const delay = Math.max(0, at - g.clock.now());
  if (delay <= SOON_MS) await g.outbox.wake(task, delay);
}

/**
 * Finds all that is due and left: plans, expired leases, unknown outcomes, cascades, imports, replies. One
 * that fails does not hold up the others.
 */
export async function sweep(g: Gateway): Promise<void> {
  const steps: Record<string, () => Promise<unknown>> = {
    leases: () => expireLeases(g),
    overdue: () => expireOverdue(g),
    plans: async () => {
      for (const alert of await duePlans(g)) await g.outbox.wake({ type: 'plan', alert });
    },
    imports: async () => {
      for (const id of await dueImports(g)) await g.outbox.wake({ type: 'import', import: id });
    },
    looks: async () => {
      const next = await nextLook(g);
      if (next !== null && next <= g.clock.now()) await g.outbox.wake({ type: 'reconcile' });
    },
    cascades: () => followCascades(g),
    ladders: async () => {
      if (await isLadderDue(g)) await g.outbox.wake({ type: 'ladder' });
    },
    replies: () => understandWaiting(g, (id) => organisationOf(g, id)),
    cases: () => watchCases(g, (id) => organisationOf(g, id)),
    dialogues: () => forgetDialogues(g),
    senders: async () => {
      for (const sender of SENDER_NAMES) await wakeSoon(g, { type: 'dispatch', sender }, await dueAt(g, sender));
    },
    alerts: () => finishAlerts(g),
    late: () => warnOfLate(g),
    copies: async () => {
      if (await isRedactionDue(g)) await g.outbox.wake({ type: 'redact' });
    },
    bulletins: () => announceMissed(g),
  };
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (error) {
      g.log.error('sweep failed', { step: name, kind: error instanceof Error ? error.name : 'unknown' });
    }
  }
}

/** When a sender may send something that is due now, or null. */
async function dueAt(g: Gateway, sender: SenderName): Promise<number | null> {
  if (!g.senders.get(sender)) return null;
  const now = g.clock.now();
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select exists(select 1 from ${deliveries} where state = 'pending' and sender = ${sender} and due_at <= ${now})
          or exists(select 1 from ${deliveries} where state = 'sending' and sender = ${sender} and look_up_at <= ${now}
                    and sender in ('push', 'simulator')) as n`,
  );
  return row!.n ? Math.max(now, await readHaltedUntil(g, sender)) : null;
}

async function organisationOf(g: Gateway, id: string) {
  const [row] = await g.store.db.select().from(organisations).where(eq(organisations.id, id));
  return row!;
}

/** Sets the Telegram webhook where it differs (DESIGN section 8). A failure is logged, and tried again at the next call. */
export async function registerWebhooks(g: Gateway): Promise<void> {
  const telegram = g.senders.get('telegram');
  if (!telegram?.register) return;
  try {
    await telegram.register(`${g.config.publicUrl}/webhooks/telegram`, g.wire);
  } catch (error) {
    g.log.warning('telegram webhook not set', { kind: error instanceof Error ? error.name : 'unknown' });
  }
}
