import type { Gateway } from '../gateway.ts';
import type { SmsRule } from '../text/countries.ts';
import { replyTail } from '../text/render.ts';

/** The reply line of every language by a country's rule; languages without interface words take the English line. */
export async function replyTails(
  g: Gateway,
  languages: readonly string[],
  rule: SmsRule,
  phone: string | undefined,
): Promise<Record<string, string>> {
  const known = new Set(await g.catalog.languages());
  const path =
    rule.replyPath === 'one_way_number' && (rule.noNumber || phone === undefined) ? 'one_way_bare' : rule.replyPath;
  const tails: Record<string, string> = {};
  for (const language of languages)
    tails[language] = await replyTail(path, g.catalog, known.has(language) ? language : 'en', phone);
  return tails;
}
