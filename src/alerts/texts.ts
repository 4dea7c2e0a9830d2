import type { SQL } from 'drizzle-orm';
import * as z from 'zod';
import { alertTexts } from '../db/schema.ts';
import type { Db } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { Language, Line, Words } from '../people/person.ts';
import type { Meta } from '../text/catalog.ts';
import { isolateCodes } from '../text/isolate.ts';
import { type Difference, lockTemplate, lockTexts } from '../text/lock.ts';
import { checkParameters } from '../text/parameters.ts';
import { renderTexts } from '../text/render.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Texts } from './alert.ts';

/** Own texts: `full` is needed, the rest is optional. */
export const OwnTexts = z
  .record(
    Language,
    z.strictObject({
      event: Line(80).optional(),
      full: Words(4000),
      sms: Words(1600).optional(),
      flash: Words(320).optional(),
      radio: Words(4000).optional(),
      neutral: Words(1600).optional(),
      ascii: z
        .string()
        .trim()
        .min(1)
        .max(1600)
        .regex(/^[\x20-\x7e\n]*$/, 'Only plain ASCII.')
        .optional(),
    }),
  )
  .refine((texts) => Object.keys(texts).length > 0, 'Write a text in at least one language.');

/**
 * The texts of a template in all its languages.
 * @throws Refusal `unknown_parameter`, `missing_parameter`, `invalid_parameter` with a pointer to each, `text_differs`
 */
export async function renderTemplate(
  g: Gateway,
  meta: Meta,
  parameters: Record<string, unknown>,
  context: { org: string; shortOrg: string | undefined; ref: string; exercise: boolean },
): Promise<Texts> {
  const { problems } = checkParameters(meta, parameters);
  if (problems.length > 0) {
    const [first] = problems;
    const code =
      first!.code === 'unknown_parameter' || first!.code === 'missing_parameter' ? first!.code : 'invalid_parameter';
    throw new Refusal(code, undefined, {
      errors: problems.map((p) => ({ pointer: `/parameters${p.pointer}`, detail: p.message, code: p.code })),
    });
  }
  await refuseTemplateDifferences(g, meta.id);
  return renderTexts(g.catalog, meta.id, parameters, context);
}

/** Every language of a template must say the same (DESIGN section 7). @throws Refusal `text_differs` */
export async function refuseTemplateDifferences(g: Gateway, template: string): Promise<void> {
  refuse(await lockTemplate(g.catalog, template), () => '/template');
}

/** Own texts must say the same in every language (DESIGN section 7). @throws Refusal `text_differs` */
export async function refuseDifferences(g: Gateway, texts: Texts): Promise<void> {
  refuse(await lockTexts(g.catalog, texts), ({ language, length }) => `/texts/${language}/${length}`);
}

function refuse(differences: Difference[], pointer: (difference: Difference) => string): void {
  if (differences.length === 0) return;
  throw new Refusal('text_differs', undefined, {
    errors: differences.map((one) => ({ pointer: pointer(one), detail: one.detail })),
  });
}

/** Own texts with every length that sending needs. */
export function completeOwnTexts(own: z.output<typeof OwnTexts>, event: string): Texts {
  const texts: Texts = {};
  for (const [tag, text] of Object.entries(own)) {
    const full = isolateCodes(text.full.normalize('NFC'), tag);
    const sms = (text.sms ?? text.full).normalize('NFC');
    const radio = (text.radio ?? text.full).normalize('NFC');
    const defined = Object.entries(text).filter(([, value]) => value !== undefined);
    texts[tag] = { event, ...Object.fromEntries(defined), full, sms, flash: text.flash ?? sms, radio };
  }
  return texts;
}

type Sealed = Omit<typeof alertTexts.$inferInsert, 'alert'>;

/**
 * Texts for the database, each with how far its translation was reviewed.
 * @param kept states of own texts that stand as they were
 */
export async function sealTexts(
  g: Gateway,
  organisation: string,
  template: string | null,
  texts: Texts,
  kept: Record<string, string> = {},
): Promise<Sealed[]> {
  const keys = await g.vault.keys(organisation);
  const sealed: Sealed[] = [];
  for (const [language, text] of Object.entries(texts))
    sealed.push({
      language,
      textsSealed: await keys.seal('texts', JSON.stringify(text)),
      review: template
        ? ((await g.catalog.text(template, language))?.review.state ?? 'own')
        : (kept[language] ?? 'own'),
    });
  return sealed;
}

/** At most 20 rows of 4 values a statement: D1 binds 100 values. */
export function insertTexts(db: Db, alert: SQL, sealed: Sealed[]) {
  const statements = [];
  for (let start = 0; start < sealed.length; start += 20)
    statements.push(db.insert(alertTexts).values(sealed.slice(start, start + 20).map((text) => ({ ...text, alert }))));
  return statements;
}
