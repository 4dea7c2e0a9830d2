import { and, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { alerts, alertTexts, incidents } from '../db/schema.ts';
import { isUniqueViolation } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { auditRowIf } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type AlertRow, findAlert, readParameters, readReviews, readTexts, type Texts } from './alert.ts';
import { DraftInput, findTemplate } from './draft.ts';
import { completeOwnTexts, insertTexts, renderTemplate, sealTexts } from './texts.ts';

/** Any field of a draft but its incident and template. Parameters and own texts are added to what is there. */
export const DraftPatch = z.strictObject(DraftInput.shape).omit({ incident: true, template: true }).partial();
export type DraftPatch = z.output<typeof DraftPatch>;

/**
 * Changes a draft, new or returned. Whoever changes it last cannot approve it. A translator may change texts only.
 * @throws Refusal `not_found`, `forbidden`, `wrong_state`, `audience_locked`, `channel_not_allowed`, and those of drafting
 */
export async function changeDraft(g: Gateway, caller: Caller, uid: string, patch: DraftPatch): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  if (!caller.roles.includes('author') && Object.keys(patch).some((field) => field !== 'texts'))
    throw new Refusal('forbidden', 'A translator changes texts only.');
  if (alert.state !== 'draft') throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  if (alert.former !== null && patch.audience) throw new Refusal('audience_locked');
  const parameters = { ...(await readParameters(g, alert)), ...patch.parameters };
  const texts = await rewrite(g, caller, alert, patch, parameters);
  const now = g.clock.now();
  const keys = await g.vault.keys(alert.organisation);
  const kept = await keptReviews(g, alert, texts);
  const sealed = await sealTexts(g, alert.organisation, alert.template, texts, kept);
  const parametersSealed = await keys.seal('parameters', JSON.stringify(parameters));
  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'draft'));
  const write = g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.change', uid, {
      fields: Object.keys(patch),
    }),
    db
      .update(alerts)
      .set({
        editedBy: caller.operator,
        parametersSealed,
        ...(patch.audience && { audience: JSON.stringify(patch.audience) }),
        ...(patch.channels && { channels: JSON.stringify(patch.channels) }),
        ...(patch.plan && { plan: patch.plan }),
        ...(patch.urgency && { urgency: patch.urgency }),
        ...(patch.severity && { severity: patch.severity }),
        ...(patch.certainty && { certainty: patch.certainty }),
        ...(patch.expires && { expiresAt: Date.parse(patch.expires) }),
        ...(patch.languagePolicy && { languagePolicy: patch.languagePolicy }),
        ...(patch.scope && { scope: patch.scope }),
        ...(patch.ladder && { ladder: patch.ladder === 'on' && alert.asksCheckIn }),
      })
      .where(may)
      .returning(),
    // a draft that was submitted meanwhile keeps the texts that were frozen
    db
      .delete(alertTexts)
      .where(
        sql`${alertTexts.alert} = ${alert.id} and exists (select 1 from ${alerts} where id = ${alert.id} and state = 'draft')`,
      ),
    ...insertTexts(db, sql`${alert.id}`, sealed),
  ]);
  // the texts stand still: somebody submitted the draft in between
  const [, [changed]] = await write.catch((error) => {
    throw isUniqueViolation(error) ? new Refusal('wrong_state') : error;
  });
  if (!changed) throw new Refusal('wrong_state');
  return changed;
}

/** The words of a machine stay a machine's, also when somebody sends them back to us as they were. */
async function keptReviews(g: Gateway, alert: AlertRow, texts: Texts): Promise<Record<string, string>> {
  if (alert.template !== null) return {};
  const [former, reviews] = [await readTexts(g, alert), await readReviews(g, alert)];
  return Object.fromEntries(
    Object.entries(reviews).filter(([tag]) => {
      const [one, other] = [former[tag]!, texts[tag]];
      return other !== undefined && one.full === other.full && one.sms === other.sms;
    }),
  );
}

async function rewrite(
  g: Gateway,
  caller: Caller,
  alert: AlertRow,
  patch: DraftPatch,
  parameters: Record<string, unknown>,
): Promise<Texts> {
  if (alert.template === null) {
    const own = completeOwnTexts(patch.texts ?? {}, alert.event);
    return { ...(await readTexts(g, alert)), ...own };
  }
  if (patch.texts) throw new Refusal('invalid', 'The texts of a template are its own: change parameters.');
  const meta = await findTemplate(g, alert.template);
  const refused = patch.channels?.find((channel) => !meta.channels.includes(channel));
  if (refused) throw new Refusal('channel_not_allowed', `This template may not go over ${refused}.`);
  const [incident] = await g.store.db.select().from(incidents).where(eq(incidents.id, alert.incident));
  const [former] =
    alert.msgType === 'Cancel' && alert.former !== null
      ? await g.store.db.select({ ref: alerts.ref }).from(alerts).where(eq(alerts.id, alert.former))
      : [];
  return renderTemplate(g, meta, parameters, {
    org: caller.organisation.name,
    shortOrg: caller.organisation.shortName ?? undefined,
    ref: former?.ref ?? alert.ref,
    exercise: incident!.exercise,
  });
}
