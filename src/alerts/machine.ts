import { and, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { alerts, alertTexts } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Language } from '../people/person.ts';
import { isolateCodes } from '../text/isolate.ts';
import { MachineError, maskFacts, type Translator, unmaskFacts } from '../text/machine.ts';
import type { RenderedText } from '../text/render.ts';
import { auditRowIf } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type AlertRow, findAlert, readReviews, readTexts } from './alert.ts';

export const TranslateInput = z.strictObject({
  /** so few that one call ends in time, at the edge too */
  languages: z
    .array(Language)
    .min(1)
    .max(10)
    .transform((tags) => [...new Set(tags)]),
  /** which text of the draft is translated; English, or the first that a person wrote */
  from: Language.optional(),
});

/** A language that got no text, and why: `unsupported`, `busy`, `account`, `down`, or `facts` when a fact was lost. */
export interface NotTranslated {
  language: string;
  code: string;
  detail: string;
}

const LONGEST = 4000;

/**
 * Fills languages that a draft of own texts lacks, by the machine of the settings. What comes out is `machine`: no
 * draft with such a text can be submitted. What is there already stays.
 * @throws Refusal `machine_off`, `wrong_state`, `invalid` for a template's draft or a source that is not there
 */
export async function translateDraft(
  g: Gateway,
  caller: Caller,
  uid: string,
  input: z.output<typeof TranslateInput>,
): Promise<{ alert: AlertRow; translated: string[]; failed: NotTranslated[] }> {
  const alert = await findAlert(g, caller, uid);
  if (alert.state !== 'draft') throw new Refusal('wrong_state', `The alert is ${alert.state}.`);
  if (alert.template !== null) throw new Refusal('invalid', 'A template has its own translations.');
  if (!g.translator) throw new Refusal('machine_off');
  const [texts, reviews] = [await readTexts(g, alert), await readReviews(g, alert)];
  const written = Object.keys(texts).filter((tag) => reviews[tag] !== 'machine');
  const from = input.from ?? (written.includes('en') ? 'en' : written[0]);
  if (from === undefined || !written.includes(from))
    throw new Refusal('invalid', 'There is no such text that a person wrote.', {
      errors: [{ pointer: '/from', detail: `The draft has ${written.join(', ') || 'none'}.` }],
    });
  const keys = await g.vault.keys(alert.organisation);
  const sealed: { language: string; text: string }[] = [];
  const failed: NotTranslated[] = [];
  for (const language of input.languages.filter((tag) => !Object.hasOwn(texts, tag))) {
    try {
      const made = await translateText(g.translator, texts[from]!, from, language, alert.event);
      if (made) sealed.push({ language, text: await keys.seal('texts', JSON.stringify(made)) });
      else
        failed.push({
          language,
          code: 'facts',
          detail: 'The machine lost or changed a number, an address or the text.',
        });
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      failed.push({ language, code: error.code, detail: error.message });
    }
  }
  if (sealed.length === 0) return { alert, translated: [], failed };

  const now = g.clock.now();
  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'draft'));
  const detail = { languages: sealed.map(({ language }) => language), from, by: g.translator.name };
  const [, [changed]] = await g.store.atomic((db) => [
    auditRowIf(db, db.select().from(alerts).where(may), caller, now, 'alert.translate', uid, detail),
    db.update(alerts).set({ editedBy: caller.operator }).where(may).returning(),
    ...sealed.map(({ language, text }) =>
      db
        .insert(alertTexts)
        .select(sql`select id, ${language}, ${text}, 'machine' from ${alerts} where ${may}`)
        .onConflictDoNothing(),
    ),
  ]);
  if (!changed) throw new Refusal('wrong_state');
  return { alert: changed, translated: detail.languages, failed };
}

/** All lengths of a text but the romanised one, each distinct wording once; null when one of them is not to be used. */
async function translateText(
  machine: Translator,
  source: RenderedText,
  from: string,
  to: string,
  ownEvent: string,
): Promise<RenderedText | null> {
  const lengths = Object.entries(source)
    .filter(([length]) => length !== 'ascii')
    .map(([length, text]) => [length, text.replace(/[\u2066-\u2069]/g, '')] as const);
  const wordings = [...new Set(lengths.map(([, text]) => text))];
  const answers = await machine.translate(
    wordings.map((text) => maskFacts(text).masked),
    from,
    to,
  );
  const made = new Map<string, string>();
  for (const [i, wording] of wordings.entries()) {
    const text = unmaskFacts(answers[i]!, wording)?.normalize('NFC').trim();
    // a short heading may be the same word in both
    const copied = text === wording && wording !== source.event && wording !== ownEvent;
    if (!text || copied || text.length > LONGEST) return null;
    made.set(wording, text);
  }
  const texts = Object.fromEntries(lengths.map(([length, text]) => [length, made.get(text)!])) as RenderedText;
  return { ...texts, full: isolateCodes(texts.full, to) };
}

/**
 * A translator has read a machine's text and stands for it.
 * @throws Refusal `not_found`, `wrong_state` when it is not a draft or the text is no machine's
 */
export async function acceptText(g: Gateway, caller: Caller, uid: string, language: string): Promise<AlertRow> {
  const alert = await findAlert(g, caller, uid);
  const reviews = await readReviews(g, alert);
  if (!Object.hasOwn(reviews, language)) throw new Refusal('not_found');
  const now = g.clock.now();
  const may = and(eq(alerts.id, alert.id), eq(alerts.state, 'draft'));
  const unread = and(
    eq(alertTexts.alert, alert.id),
    eq(alertTexts.language, language),
    eq(alertTexts.review, 'machine'),
  );
  const both = sql`exists (select 1 from ${alerts} where ${may}) and exists (select 1 from ${alertTexts} where ${unread})`;
  const [, , [accepted]] = await g.store.atomic((db) => [
    auditRowIf(db, sql`(select 1 where ${both})`, caller, now, 'alert.accept', uid, { language }),
    db
      .update(alerts)
      .set({ editedBy: caller.operator })
      .where(and(eq(alerts.id, alert.id), both)),
    db
      .update(alertTexts)
      .set({ review: 'accepted' })
      .where(and(unread, sql`exists (select 1 from ${alerts} where ${may})`))
      .returning({ language: alertTexts.language }),
  ]);
  if (!accepted)
    throw new Refusal(
      'wrong_state',
      alert.state === 'draft' ? `The text in ${language} waits for nobody.` : `The alert is ${alert.state}.`,
    );
  return findAlert(g, caller, uid);
}
