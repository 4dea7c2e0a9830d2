import { and, eq, sql } from 'drizzle-orm';
import { alerts, alertTexts, deliveries, incidents } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { untranslatedParameters } from '../text/parameters.ts';
import type { RenderedText } from '../text/render.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { viewLadder } from './ladder.ts';

export type AlertRow = typeof alerts.$inferSelect;
export type AlertState = AlertRow['state'];

/** Texts of an alert: language tag to lengths. */
export type Texts = Record<string, RenderedText>;

/** States in which the provider has, or may have, our message. */
export const GOT_IT = ['sending', 'sent', 'delivered', 'indeterminate'] as const;

/** @throws Refusal `not_found` when there is none, or it is another organisation's */
export async function findAlert(g: Gateway, caller: Caller, uid: string): Promise<AlertRow> {
  const [row] = await g.store.db
    .select()
    .from(alerts)
    .where(and(eq(alerts.uid, uid), eq(alerts.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  return row;
}

export async function readTexts(g: Gateway, alert: { id: number; organisation: string }): Promise<Texts> {
  const keys = await g.vault.keys(alert.organisation);
  const found = await g.store.db.select().from(alertTexts).where(eq(alertTexts.alert, alert.id));
  const texts: Texts = {};
  for (const row of found) texts[row.language] = JSON.parse(await keys.open('texts', row.textsSealed));
  return texts;
}

/**
 * How far each language was reviewed: `draft` until a native speaker has signed it, `own` for an operator's words,
 * `machine` for a machine's and `accepted` when a translator has accepted them.
 */
export async function readReviews(g: Gateway, alert: AlertRow): Promise<Record<string, string>> {
  const found = await g.store.db
    .select({ language: alertTexts.language, review: alertTexts.review })
    .from(alertTexts)
    .where(eq(alertTexts.alert, alert.id));
  return Object.fromEntries(found.map((row) => [row.language, row.review]));
}

/** Parameters that were typed in one language and stand so in others: an approver must see it (DESIGN section 10). */
async function readUntranslated(g: Gateway, alert: AlertRow) {
  if (alert.template === null) return [];
  const meta = await g.catalog.meta(alert.template);
  const [names, choices] = [await g.catalog.names('en'), await g.catalog.choices('en')];
  const template = (await g.catalog.templates()).find((one) => one.id === alert.template);
  return untranslatedParameters(meta, await readParameters(g, alert), names, choices, template?.languages ?? []);
}

/** What a machine wrote goes to nobody before a person has read it. @throws Refusal `machine_unread` */
export async function refuseUnread(g: Gateway, alert: AlertRow): Promise<void> {
  const unread = Object.entries(await readReviews(g, alert)).filter(([, review]) => review === 'machine');
  if (unread.length === 0) return;
  throw new Refusal('machine_unread', undefined, {
    errors: unread.map(([tag]) => ({ pointer: `/texts/${tag}`, detail: 'A machine wrote it and nobody has read it.' })),
  });
}

/**
 * Hash over every language, length and variant: what was submitted is what is approved and sent. With the
 * organisation's key: the words of a private template could be found by trying its parameters.
 */
export async function hashTexts(g: Gateway, organisation: string, texts: Texts): Promise<string> {
  const ordered = Object.keys(texts)
    .sort()
    .map((tag) => [tag, Object.entries(texts[tag]!).sort(([one], [other]) => (one < other ? -1 : 1))]);
  return (await g.vault.keys(organisation)).index('texts', JSON.stringify(ordered));
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

export interface AlertSummary {
  id: string;
  ref: string;
  incident: string;
  state: AlertState;
  msgType: string;
  former: string | null;
  template: string | null;
  event: string;
  urgency: string;
  severity: string;
  certainty: string;
  scope: string;
  exercise: boolean;
  channels: string[];
  plan: string;
  languagePolicy: string;
  audience: unknown;
  expires: string;
  createdAt: string;
  submittedAt: string | null;
  approvedAt: string | null;
  sendAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  ladder: 'on' | 'off';
  ladderSteps: { step: string; afterMinutes: number; at: string | null; done: boolean }[];
}

export async function summarise(g: Gateway, row: AlertRow): Promise<AlertSummary> {
  const [incident] = await g.store.db
    .select({ uid: incidents.uid, exercise: incidents.exercise })
    .from(incidents)
    .where(eq(incidents.id, row.incident));
  const [former] =
    row.former === null
      ? []
      : await g.store.db.select({ uid: alerts.uid }).from(alerts).where(eq(alerts.id, row.former));
  return {
    id: row.uid,
    ref: row.ref,
    incident: incident!.uid,
    state: row.state,
    msgType: row.msgType,
    former: former?.uid ?? null,
    template: row.template,
    event: row.event,
    urgency: row.urgency,
    severity: row.severity,
    certainty: row.certainty,
    scope: row.scope,
    exercise: row.exercise,
    channels: JSON.parse(row.channels),
    plan: row.plan,
    languagePolicy: row.languagePolicy,
    audience: JSON.parse(row.audience),
    expires: iso(row.expiresAt)!,
    createdAt: iso(row.createdAt)!,
    submittedAt: iso(row.submittedAt),
    approvedAt: iso(row.approvedAt),
    sendAt: iso(row.sendAt),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    ...viewLadder(row),
  };
}

/** An alert whole: its texts, and how far its deliveries are by state, language and channel. */
export async function viewAlert(g: Gateway, row: AlertRow) {
  const keys = await g.vault.keys(row.organisation);
  const counts = await rows<{ state: string; language: string; channel: string | null; n: number }>(
    g.store,
    sql`select state, language, channel, count(*) as n from ${deliveries}
        where alert = ${row.id} group by state, language, channel`,
  );
  const sum = (key: 'state' | 'language' | 'channel') => {
    const totals: Record<string, number> = {};
    for (const count of counts) {
      const name = count[key];
      if (name !== null && name !== '') totals[name] = (totals[name] ?? 0) + count.n;
    }
    return totals;
  };
  return {
    ...(await summarise(g, row)),
    texts: await readTexts(g, row),
    reviews: await readReviews(g, row),
    untranslated: await readUntranslated(g, row),
    textsHash: row.frozenHash,
    reason: row.reasonSealed === null ? null : await keys.open('note', row.reasonSealed),
    people: row.people,
    ...(row.former !== null && { adds: row.adds }),
    ...(row.gate !== null && { gate: JSON.parse(row.gate) }),
    deliveries: sum('state'),
    byLanguage: sum('language'),
    byChannel: sum('channel'),
  };
}

/** The values that a template alert was drafted with. */
export async function readParameters(g: Gateway, alert: AlertRow): Promise<Record<string, unknown>> {
  const keys = await g.vault.keys(alert.organisation);
  return alert.parametersSealed === null ? {} : JSON.parse(await keys.open('parameters', alert.parametersSealed));
}

/** The UTC offset that the alert's times are in, so that what follows it speaks of the same clock; `+00:00` without one. */
export async function spokenOffset(g: Gateway, alert: AlertRow): Promise<string> {
  for (const value of Object.values(await readParameters(g, alert))) {
    const offset = typeof value === 'string' ? /^\d{4}-\d\d-\d\dT[\d:.]+([+-]\d\d:\d\d)$/.exec(value)?.[1] : undefined;
    if (offset) return offset;
  }
  return '+00:00';
}

/** An operator's words about an alert, for its column; null for none. */
export async function sealReason(g: Gateway, caller: Caller, reason: string | undefined): Promise<string | null> {
  if (!reason) return null;
  return (await g.vault.keys(caller.organisation.id)).seal('note', reason);
}
