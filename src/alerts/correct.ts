import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { incidents } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import type { Meta } from '../text/catalog.ts';
import { inOffset } from '../text/time.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type AlertRow, findAlert, readParameters, readTexts, spokenOffset } from './alert.ts';
import { findTemplate, saveAlert, Time } from './draft.ts';
import { addsLanguages, hasFollowers } from './followers.ts';
import { completeOwnTexts, OwnTexts, refuseDifferences, renderTemplate } from './texts.ts';

export const UpdateInput = z
  .strictObject({
    parameters: z.record(z.string(), z.unknown()).optional(),
    texts: OwnTexts.optional(),
    expires: Time,
  })
  .refine((update) => !(update.parameters && update.texts), {
    message: 'Give parameters or texts, not both.',
    path: ['texts'],
  });

export const CancelInput = z.strictObject({ reason: z.string().trim().max(500).optional() });

/** A cancel is of use as long as the wrong text may still be believed. */
const CANCEL_LIFE_MS = 24 * 3_600_000;

/**
 * A new alert for exactly those who got, or may have got, this one; it waits for another approver.
 * @throws Refusal `wrong_state` when nothing of it was approved
 */
export async function update(
  g: Gateway,
  caller: Caller,
  uid: string,
  input: z.output<typeof UpdateInput>,
): Promise<AlertRow> {
  const former = await findFormer(g, caller, uid);
  const given = await readParameters(g, former);
  const template = input.texts ? null : former.template;
  if (template === null && !input.texts)
    throw new Refusal('invalid', 'The former alert had texts of its own: write the new ones.', {
      errors: [{ pointer: '/texts', detail: 'Write the new texts.' }],
    });
  const meta = template === null ? metaOf(former) : await findTemplate(g, template);
  return follow(g, caller, former, {
    meta: { ...meta, msgType: 'Update' },
    template,
    parameters: { ...given, ...input.parameters },
    ownTexts: input.texts,
    expiresAt: Date.parse(input.expires),
    refInText: undefined,
  });
}

/** Says that the former text was wrong, by the template `cancel_correct`. */
export async function cancel(g: Gateway, caller: Caller, uid: string, reason?: string): Promise<AlertRow> {
  const former = await findFormer(g, caller, uid);
  const meta = await findTemplate(g, 'cancel_correct');
  return follow(g, caller, former, {
    meta: { ...meta, msgType: 'Cancel' },
    template: 'cancel_correct',
    parameters: { time: inOffset(former.sendAt ?? former.createdAt, await spokenOffset(g, former)) },
    ownTexts: undefined,
    expiresAt: g.clock.now() + CANCEL_LIFE_MS,
    refInText: former.ref,
    reason,
  });
}

interface Following {
  meta: Parameters<typeof saveAlert>[2]['meta'];
  template: string | null;
  parameters: Record<string, unknown>;
  ownTexts: z.output<typeof OwnTexts> | undefined;
  expiresAt: number;
  refInText: string | undefined;
  reason?: string | undefined;
}

async function follow(g: Gateway, caller: Caller, former: AlertRow, next: Following): Promise<AlertRow> {
  if (next.expiresAt <= g.clock.now()) throw new Refusal('expired');
  if (next.ownTexts) await refuseDifferences(g, completeOwnTexts(next.ownTexts, next.meta.event));
  const [incident] = await g.store.db.select().from(incidents).where(eq(incidents.id, former.incident));
  const adds = next.meta.msgType === 'Update' && (await speaksMore(g, caller, former, next, incident!.exercise));
  const follows = { msgType: next.meta.msgType, adds, languagePolicy: former.languagePolicy };
  if (!(await hasFollowers(g, former, follows)))
    throw new Refusal('empty_audience', 'Nobody has got this alert. Stop it instead.');
  return saveAlert(g, caller, {
    ...next,
    incident: incident!,
    channels: JSON.parse(former.channels),
    audience: JSON.parse(former.audience),
    plan: 'parallel',
    languagePolicy: former.languagePolicy,
    urgency: next.meta.msgType === 'Cancel' ? 'Immediate' : former.urgency,
    severity: former.severity,
    certainty: former.certainty,
    scope: former.scope,
    // who was asked again until now is asked again, and who was not is not
    ladder: former.ladder,
    former,
    adds,
    state: 'submitted',
  });
}

async function speaksMore(g: Gateway, caller: Caller, former: AlertRow, next: Following, exercise: boolean) {
  const { name: org, shortName } = caller.organisation;
  const context = { org, shortOrg: shortName ?? undefined, ref: former.ref, exercise };
  const texts = next.template
    ? await renderTemplate(g, next.meta as Meta, next.parameters, context)
    : completeOwnTexts(next.ownTexts!, former.event);
  return addsLanguages({ texts: await readTexts(g, former), ref: former.ref }, { texts, ref: former.ref });
}

async function findFormer(g: Gateway, caller: Caller, uid: string): Promise<AlertRow> {
  const former = await findAlert(g, caller, uid);
  if (!['approved', 'sending', 'sent', 'stopped', 'expired'].includes(former.state))
    throw new Refusal('wrong_state', `The alert is ${former.state}.`);
  return former;
}

function metaOf(former: AlertRow): Omit<Meta, 'id' | 'group' | 'parameters' | 'carries'> {
  return {
    event: former.event,
    eventCode: former.eventCode ?? 'OET-000',
    category: JSON.parse(former.category),
    responseType: JSON.parse(former.responseType),
    msgType: 'Update',
    urgency: former.urgency as Meta['urgency'],
    severity: former.severity as Meta['severity'],
    certainty: former.certainty as Meta['certainty'],
    scope: former.scope,
    asksCheckIn: former.asksCheckIn,
    channels: JSON.parse(former.channels),
  };
}
