import { and, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { alerts, incidents } from '../db/schema.ts';
import { isUniqueViolation } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Audience } from '../people/audience.ts';
import { type Meta, TextError } from '../text/catalog.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type AlertRow, hashTexts, sealReason } from './alert.ts';
import { climbsByDefault } from './ladder.ts';
import { completeOwnTexts, insertTexts, OwnTexts, renderTemplate, sealTexts } from './texts.ts';

export const Channels = z
  .array(z.enum(['sms', 'telegram', 'push']))
  .min(1)
  .transform((channels) => [...new Set(channels)]);

/** RFC 3339 with an offset. */
export const Time = z.iso.datetime({
  offset: true,
  message: 'Write a time as RFC 3339, such as 2026-11-22T18:30:00+09:00.',
});

export const DraftInput = z
  .strictObject({
    incident: z.string(),
    template: z.string().max(80).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    texts: OwnTexts.optional(),
    audience: Audience,
    channels: Channels.optional(),
    plan: z.enum(['parallel', 'cascade']).optional(),
    urgency: z.enum(['Immediate', 'Expected', 'Future', 'Past', 'Unknown']).optional(),
    severity: z.enum(['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']).optional(),
    certainty: z.enum(['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown']).optional(),
    expires: Time,
    languagePolicy: z.enum(['default', 'bilingual', 'plain', 'hold']).optional(),
    scope: z.enum(['Public', 'Private']).optional(),
    /** whether those who do not answer are asked again */
    ladder: z.enum(['on', 'off']).optional(),
  })
  .refine((draft) => (draft.template === undefined) !== (draft.texts === undefined), {
    message: 'Give either a template or texts of your own.',
    path: ['template'],
  });
export type DraftInput = z.output<typeof DraftInput>;

/** What own texts are when nothing else is said. */
const OWN: Omit<Meta, 'id' | 'group' | 'parameters' | 'carries'> = {
  event: 'notice',
  eventCode: 'OET-000',
  category: ['Safety'],
  responseType: ['Monitor'],
  msgType: 'Alert',
  urgency: 'Expected',
  severity: 'Moderate',
  certainty: 'Observed',
  scope: 'Private',
  asksCheckIn: true,
  channels: ['sms', 'telegram', 'push', 'radio'],
};

/**
 * Makes a draft with the texts of every language that the template has, whoever the audience is.
 * Nothing is sent.
 * @throws Refusal `not_found` (incident), `unknown_template`, `unknown_parameter`, `missing_parameter`,
 *   `invalid_parameter`, `channel_not_allowed`
 */
export async function createDraft(g: Gateway, caller: Caller, input: DraftInput): Promise<AlertRow> {
  const [incident] = await g.store.db
    .select()
    .from(incidents)
    .where(and(eq(incidents.uid, input.incident), eq(incidents.organisation, caller.organisation.id)));
  if (!incident)
    throw new Refusal('invalid', 'There is no such incident.', {
      errors: [{ pointer: '/incident', detail: 'There is no such incident.' }],
    });
  const meta = input.template === undefined ? OWN : await findTemplate(g, input.template);
  const possible = meta.channels.filter((channel) => channel !== 'radio');
  const channels = input.channels ?? possible;
  const refused = channels.find((channel) => !possible.includes(channel));
  if (refused) throw new Refusal('channel_not_allowed', `This template may not go over ${refused}.`);
  return saveAlert(g, caller, {
    incident,
    meta,
    channels,
    audience: input.audience,
    expiresAt: Date.parse(input.expires),
    template: input.template ?? null,
    parameters: input.parameters ?? {},
    ownTexts: input.texts,
    plan: input.plan,
    languagePolicy: input.languagePolicy ?? 'default',
    urgency: input.urgency ?? meta.urgency,
    severity: input.severity ?? meta.severity,
    certainty: input.certainty ?? meta.certainty,
    scope: input.scope ?? meta.scope,
    ladder: input.ladder === undefined ? undefined : input.ladder === 'on',
    former: null,
    refInText: undefined,
    state: 'draft',
  });
}

/** @throws Refusal `unknown_template` */
export async function findTemplate(g: Gateway, id: string): Promise<Meta> {
  try {
    return await g.catalog.meta(id);
  } catch (error) {
    if (error instanceof TextError && error.code === 'unknown_template')
      throw new Refusal('unknown_template', undefined, {
        errors: [{ pointer: '/template', detail: 'GET /api/v1/templates lists them.' }],
      });
    throw error;
  }
}

export interface Plan {
  incident: { id: number; uid: string; exercise: boolean };
  meta: Omit<Meta, 'id' | 'group' | 'parameters' | 'carries'> & Partial<Meta>;
  channels: string[];
  audience: Audience;
  expiresAt: number;
  template: string | null;
  parameters: Record<string, unknown>;
  ownTexts: z.output<typeof OwnTexts> | undefined;
  plan: 'parallel' | 'cascade' | undefined;
  languagePolicy: 'default' | 'bilingual' | 'plain' | 'hold';
  urgency: string;
  severity: string;
  certainty: string;
  scope: 'Public' | 'Private';
  /** undefined: by severity */
  ladder: boolean | undefined;
  former: AlertRow | null;
  /** an update that says the same in more languages */
  adds?: boolean;
  /** a cancel names the former alert's number in its text */
  refInText: string | undefined;
  /** why, in the operator's words */
  reason?: string | undefined;
  state: 'draft' | 'submitted';
}

/** Renders the texts, freezes their hash when submitted, and stores all of it at once. */
export async function saveAlert(g: Gateway, caller: Caller, plan: Plan): Promise<AlertRow> {
  const { organisation } = caller;
  const keys = await g.vault.keys(organisation.id);
  const now = g.clock.now();
  // Life-safety alerts try every channel at once; the rest asks one address after the other (section 6)
  const urgent = plan.urgency === 'Immediate' || plan.severity === 'Extreme' || plan.severity === 'Severe';
  for (let attempt = 0; ; attempt++) {
    const ref = `${organisation.country}${g.ids.code(4)}`;
    const shortOrg = organisation.shortName ?? undefined;
    const context = { org: organisation.name, shortOrg, ref: plan.refInText ?? ref, exercise: plan.incident.exercise };
    const texts = plan.template
      ? await renderTemplate(g, plan.meta as Meta, plan.parameters, context)
      : completeOwnTexts(plan.ownTexts!, plan.meta.event);
    const uid = g.ids.next('alt');
    const row: typeof alerts.$inferInsert = {
      uid,
      ref,
      organisation: organisation.id,
      incident: plan.incident.id,
      state: plan.state,
      msgType: plan.former ? (plan.meta.msgType === 'Cancel' ? 'Cancel' : 'Update') : 'Alert',
      former: plan.former?.id ?? null,
      chain: plan.former ? (plan.former.chain ?? plan.former.id) : null,
      adds: plan.adds ?? false,
      template: plan.template,
      parametersSealed: await keys.seal('parameters', JSON.stringify(plan.parameters)),
      audience: JSON.stringify(plan.audience),
      channels: JSON.stringify(plan.channels),
      plan: plan.plan ?? (urgent ? 'parallel' : 'cascade'),
      languagePolicy: plan.languagePolicy,
      category: JSON.stringify(plan.meta.category),
      eventCode: plan.meta.eventCode,
      event: plan.meta.event,
      responseType: JSON.stringify(plan.meta.responseType),
      urgency: plan.urgency,
      severity: plan.severity,
      certainty: plan.certainty,
      scope: plan.scope,
      exercise: plan.incident.exercise,
      asksCheckIn: plan.meta.asksCheckIn,
      ladder: plan.meta.asksCheckIn && (plan.ladder ?? climbsByDefault(true, plan.severity)),
      expiresAt: plan.expiresAt,
      createdAt: now,
      reasonSealed: await sealReason(g, caller, plan.reason),
      createdBy: caller.operator,
      editedBy: caller.operator,
      ...(plan.state === 'submitted' && {
        submittedAt: now,
        submittedBy: caller.operator,
        frozenHash: await hashTexts(g, organisation.id, texts),
      }),
    };
    try {
      const sealed = await sealTexts(g, organisation.id, plan.template, texts);
      await g.store.atomic((db) => [
        db.insert(alerts).values(row),
        ...insertTexts(db, sql`(select id from ${alerts} where uid = ${uid})`, sealed),
        auditRow(db, caller, now, 'alert.draft', uid, { template: plan.template, languages: Object.keys(texts) }),
      ]);
      const [stored] = await g.store.db.select().from(alerts).where(eq(alerts.uid, uid));
      return stored!;
    } catch (error) {
      // the four random characters of the number were taken
      if (attempt < 5 && isUniqueViolation(error)) continue;
      throw error;
    }
  }
}

/** Used by preview: the languages that a text is there for. */
export async function languagesOf(
  g: Gateway,
  input: { template?: string; texts?: Record<string, unknown> },
): Promise<string[]> {
  if (input.texts) return Object.keys(input.texts);
  if (input.template === undefined) return g.catalog.languages();
  await findTemplate(g, input.template);
  const found = (await g.catalog.templates()).find((template) => template.id === input.template);
  return found!.languages;
}
