import { eq, sql } from 'drizzle-orm';
import { SENDER_NAMES, type SenderName } from './channels/index.ts';
import { deliveries, organisations } from './db/schema.ts';
import { rows } from './db/store.ts';
import { dispatch } from './delivery/dispatch.ts';
import { followCascades } from './delivery/follow.ts';
import { duePlans, planAlert } from './delivery/plan.ts';
import { expireLeases, expireOverdue, finishAlerts, reconcile } from './delivery/recover.ts';
import type { Gateway, Task } from './gateway.ts';
import { dueImports, workImport } from './people/imports.ts';
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
      if (done.more && !stopping()) await g.outbox.wake(task);
      return;
    }
    case 'import':
      if (await workImport(g, task.import)) await g.outbox.wake(task);
      return;
    case 'answer':
      await understandWaiting(g, (id) => organisationOf(g, id));
  }
}

/** Finds all that is due and left: plans, expired leases, unknown outcomes, cascades, imports, replies. */
export async function sweep(g: Gateway): Promise<void> {
  await expireLeases(g);
  await expireOverdue(g);
  for (const alert of await duePlans(g)) await g.outbox.wake({ type: 'plan', alert });
  for (const id of await dueImports(g)) await g.outbox.wake({ type: 'import', import: id });
  await reconcile(g);
  await followCascades(g);
  await understandWaiting(g, (id) => organisationOf(g, id));
  for (const sender of await dueSenders(g)) await g.outbox.wake({ type: 'dispatch', sender });
  await finishAlerts(g);
}

async function dueSenders(g: Gateway): Promise<SenderName[]> {
  const due: SenderName[] = [];
  for (const sender of SENDER_NAMES) {
    const [row] = await rows<{ n: number }>(
      g.store,
      sql`select exists(select 1 from ${deliveries} where state = 'pending' and sender = ${sender} and due_at <= ${g.clock.now()}) as n`,
    );
    if (row!.n) due.push(sender);
  }
  return due;
}

async function organisationOf(g: Gateway, id: string) {
  const [row] = await g.store.db.select().from(organisations).where(eq(organisations.id, id));
  return row!;
}

/** Sets the Telegram webhook where it differs (DESIGN section 8). A failure is logged and tried again later. */
export async function registerWebhooks(g: Gateway): Promise<void> {
  const telegram = g.senders.get('telegram');
  if (!telegram?.register) return;
  try {
    await telegram.register(`${g.config.publicUrl}/webhooks/telegram`, g.wire);
  } catch (error) {
    g.log.warning('telegram webhook not set', { kind: error instanceof Error ? error.name : 'unknown' });
  }
}
