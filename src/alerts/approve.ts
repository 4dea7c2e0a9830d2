import { and, eq, exists, gt, inArray, or, sql } from 'drizzle-orm';
import * as z from 'zod';
import { alerts, deliveries } from '../db/schema.ts';
import { type Db, rows, type Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { matchAudience } from '../people/audience.ts';
import { auditRowIf } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import {
  type AlertRow,
  findAlert,
  GOT_IT,
  hashTexts,
  readParameters,
  readTexts,
  refuseUnread,
  sealReason,
  type Texts,
} from './alert.ts';
import { addsLanguages } from './followers.ts';
import { readGate, sayGate } from './gate.ts';
import { ASKS_AGAIN } from './ladder.ts';
import { refuseDifferences, refuseTemplateDifferences } from './texts.ts';

/** Seconds in which an approval can be taken back by /stop before anything goes out (DO-9). */
const UNDO_SECONDS = 20;

export const ApproveInput = z.strictObject({
  undoSeconds: z.number().int().min(0).max(600).optional(),
  /** what the approver saw; another number is refused */
  expectedPeople: z.number().int().nonnegative().optional(),
  /** the hash that the approver read the texts under */
  textsHash: z.string().optional(),
});

/** How many people an alert goes to now; for an update or cancel, those who got or may have got the chain. */
async function countPeople(g: Gateway, caller: Caller, alert: AlertRow): Promise<number> {
  if (alert.former !== null) return (await readGate(g, caller.organisation, alert)).people;
  const match = await matchAudience(g, alert.organisation, JSON.parse(alert.audience));
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${match.indexed} where ${match.included}`,
  );
  return row!.n;
}

/**
 * Freezes the texts. Submitting what the same operator has submitted already changes nothing.
 * @throws Refusal `wrong_state`, `expired`, `past_until`, `empty_audience`, `machine_unread`, `text_differs`
 */
export async function submit(g: Gateway, caller: Caller, uid: string): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  if (alert.state === 'submitted' && alert.submittedBy === caller.operator) return alert;
  if (alert.state !== 'draft') throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  const now = g.clock.now();
  if (alert.expiresAt <= now) throw new Refusal('expired');
  await refusePastUntil(g, alert);
  await refuseUnread(g, alert);
  const texts = await readTexts(g, alert);
  const adds = await addsToFormer(g, alert, texts);
  if ((await countPeople(g, caller, { ...alert, adds })) === 0) throw new Refusal('empty_audience');
  if (alert.template === null) await refuseDifferences(g, texts);
  else await refuseTemplateDifferences(g, alert.template);
  const frozenHash = await hashTexts(g, alert.organisation, texts);
  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'draft'));
  const [, [changed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.submit', uid, { hash: frozenHash }),
    db
      .update(alerts)
      .set({ state: 'submitted', submittedAt: now, submittedBy: caller.operator, frozenHash, adds })
      .where(may)
      .returning(),
  ]);
  if (!changed) throw new Refusal('wrong_state');
  return changed;
}

/** Returned and changed, an update may be another one. */
async function addsToFormer(g: Gateway, alert: AlertRow, texts: Texts): Promise<boolean> {
  if (alert.former === null || alert.msgType !== 'Update') return false;
  const [former] = await g.store.db.select().from(alerts).where(eq(alerts.id, alert.former));
  return addsLanguages({ texts: await readTexts(g, former!), ref: former!.ref }, { texts, ref: alert.ref });
}

async function refusePastUntil(g: Gateway, alert: AlertRow): Promise<void> {
  if (alert.template === null) return;
  const { until } = await readParameters(g, alert);
  if (typeof until === 'string' && Date.parse(until) <= g.clock.now())
    throw new Refusal('past_until', undefined, {
      errors: [{ pointer: '/parameters/until', detail: 'This time has passed.' }],
    });
}

/**
 * The second person's yes: starts planning after the undo time.
 * @throws Refusal `same_person`, `wrong_state`, `people_changed`, `texts_changed`, `undo_required`, `expired`
 */
export async function approve(
  g: Gateway,
  caller: Caller,
  uid: string,
  input: z.output<typeof ApproveInput>,
): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  if (alert.state !== 'submitted') throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  if ([alert.submittedBy, alert.editedBy].includes(caller.operator)) throw new Refusal('same_person');
  const now = g.clock.now();
  if (alert.expiresAt <= now) throw new Refusal('expired');
  await refusePastUntil(g, alert);
  await refuseUnread(g, alert);
  if (alert.former !== null) await refuseReplaced(g, alert);
  const undo = input.undoSeconds ?? UNDO_SECONDS;
  if (undo === 0 && alert.urgency !== 'Immediate') throw new Refusal('undo_required');
  const gate = await readGate(g, caller.organisation, alert);
  const count = gate.people;
  if (count === 0) throw new Refusal('empty_audience');
  if (input.expectedPeople !== undefined && input.expectedPeople !== count)
    throw new Refusal('people_changed', `The audience has ${count} people now, not ${input.expectedPeople}.`);
  const hash = await hashTexts(g, alert.organisation, await readTexts(g, alert));
  if (hash !== alert.frozenHash || (input.textsHash !== undefined && input.textsHash !== hash))
    throw new Refusal('texts_changed');

  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'submitted'), eq(alerts.frozenHash, hash));
  const detail = { hash, people: count, undoSeconds: undo, ...sayGate(gate) };
  const [, [changed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.approve', uid, detail),
    db
      .update(alerts)
      .set({
        state: 'approved',
        approvedAt: now,
        approvedBy: caller.operator,
        people: count,
        gate: JSON.stringify(gate),
        sendAt: now + undo * 1000,
      })
      .where(may)
      .returning(),
    ...(alert.former === null ? [] : replaceFormer(db, caller, alert, now)),
  ]);
  if (!changed) throw new Refusal('wrong_state');
  await g.outbox.wake({ type: 'plan', alert: alert.id }, undo * 1000);
  return changed;
}

/** An update and a cancel of the same alert cannot both go out: the later would name a text that is gone. */
async function refuseReplaced(g: Gateway, alert: AlertRow): Promise<void> {
  const [former] = await g.store.db.select({ state: alerts.state }).from(alerts).where(eq(alerts.id, alert.former!));
  if (former && ['cancelled', 'replaced'].includes(former.state))
    throw new Refusal('wrong_state', `The alert that this one follows is ${former.state} already.`);
}

/** The wrong text stops at once, in the commit of the approval: nothing unsent of the chain goes out any more (DO-10). */
function replaceFormer(db: Db, caller: Caller, alert: AlertRow, now: number): Statement[] {
  const chain = sql`(${alerts.id} = ${alert.chain} or ${alerts.chain} = ${alert.chain}) and ${alerts.id} <> ${alert.id}`;
  const state = alert.msgType === 'Cancel' ? 'cancelled' : 'replaced';
  const approved = db
    .select()
    .from(alerts)
    .where(and(eq(alerts.id, alert.id), eq(alerts.approvedAt, now), eq(alerts.approvedBy, caller.operator)));
  return [
    db
      .update(alerts)
      .set({ state, finishedAt: now })
      .where(and(chain, inArray(alerts.state, ['approved', 'sending', 'sent']), exists(approved))),
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: state })
      .where(
        and(
          sql`${deliveries.alert} in (select ${alerts.id} from ${alerts} where ${chain})`,
          eq(deliveries.state, 'pending'),
          exists(approved),
        ),
      ),
    auditRowIf(db, approved, caller, now, `alert.${state}`, alert.uid),
  ];
}

/** Gives a submitted alert back to be changed, with a reason. @throws Refusal `wrong_state` */
export async function giveBack(
  g: Gateway,
  caller: Caller,
  uid: string,
  to: 'draft' | 'rejected',
  reason?: string,
): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  const reasonSealed = await sealReason(g, caller, reason);
  const now = g.clock.now();
  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'submitted'));
  const action = to === 'draft' ? 'alert.return' : 'alert.reject';
  const [, [changed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, action, uid),
    db
      .update(alerts)
      .set({
        state: to,
        reasonSealed,
        ...(to === 'draft' && { submittedAt: null, submittedBy: null, frozenHash: null }),
      })
      .where(may)
      .returning(),
  ]);
  if (!changed) throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  return changed;
}

/**
 * Halts what is not sent yet, at once, by one person; of a cascade also the steps to come.
 * @returns how many already went, and how many were held back
 * @throws Refusal `wrong_state`
 */
export async function stop(g: Gateway, caller: Caller, uid: string) {
  const alert = await findAlert(g, caller, uid);
  const now = g.clock.now();
  // a cascade that is sent has steps to come as long as it holds
  const may = and(
    eq(alerts.id, alert.id),
    or(
      inArray(alerts.state, ['submitted', 'approved', 'sending']),
      and(eq(alerts.state, 'sent'), eq(alerts.plan, 'cascade'), gt(alerts.expiresAt, now)),
    ),
  );
  const [, [changed], halted] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.stop', uid),
    db.update(alerts).set({ state: 'stopped', finishedAt: now }).where(may).returning(),
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: 'stopped' })
      .where(
        and(
          eq(deliveries.alert, alert.id),
          eq(deliveries.state, 'pending'),
          sql`(select state from ${alerts} where id = ${alert.id}) = 'stopped'`,
        ),
      )
      .returning({ id: deliveries.id }),
  ]);
  if (!changed) throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  const [gone] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${deliveries} where alert = ${alert.id}
          and state in (select value from json_each(${JSON.stringify(GOT_IT)}))`,
  );
  return { alert: changed, alreadySent: gone!.n, halted: halted.length };
}

/**
 * Nobody is asked again by this alert, from now on; the alert itself holds.
 * @throws Refusal `not_found`, `wrong_state` when it asks nobody again
 */
export async function endLadder(g: Gateway, caller: Caller, uid: string): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  const now = g.clock.now();
  const may = and(eq(alerts.id, alert.id), eq(alerts.ladder, true));
  const [, [changed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.ladder', uid, { ladder: 'off' }),
    db.update(alerts).set({ ladder: false }).where(may).returning(),
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: 'ladder_off' })
      .where(
        and(
          eq(deliveries.alert, alert.id),
          eq(deliveries.state, 'pending'),
          sql`${deliveries.step} > ${ASKS_AGAIN} and not (select ladder from ${alerts} where id = ${alert.id})`,
        ),
      ),
  ]);
  if (!changed) throw new Refusal('wrong_state', 'This alert asks nobody again.');
  return changed;
}
