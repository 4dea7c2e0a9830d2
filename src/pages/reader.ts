import type { Context } from 'hono';
import type { Env } from '../api/endpoint.ts';
import type { Speak } from '../text/catalog.ts';
import { canonicalTag, chooseLanguage, direction } from '../text/tags.ts';

/** Who reads a page: in which language, and which others they read. */
export interface Reader {
  /** the language of the page's own words */
  language: string;
  direction: 'ltr' | 'rtl';
  /** what is read, best first */
  wanted: string[];
  /** the language was chosen from the menu, so that links keep it */
  chosen: string | undefined;
  /** none of the wanted languages is there */
  guessed: boolean;
  languages: string[];
  say: Speak;
}

/** `?lang=` first, then the language of the message that led here, then the browser's; English as the last. */
export async function readerOf(c: Context<Env>, own?: string): Promise<Reader> {
  const { catalog } = c.get('gateway');
  const asked = canonicalTag((c.req.query('lang') ?? '').slice(0, 35)) ?? undefined;
  const wanted = [asked, own, ...acceptedBy(c.req.header('accept-language') ?? '')].filter((tag) => tag !== undefined);
  const languages = await catalog.languages();
  const { language, reason } = chooseLanguage(wanted, languages, 'en')!;
  const words = await catalog.words(language);
  const way = direction(language);
  return {
    language,
    direction: way,
    wanted,
    chosen: asked,
    guessed: reason !== 'own',
    languages,
    say: way === 'ltr' ? words : (key, values = {}) => words(key, isolated(values)),
  };
}

/** A number, time or code inside a right-to-left sentence keeps its own order and leaves the rest alone. */
function isolated(values: Record<string, unknown>): Record<string, string | number> {
  const entries = Object.entries(values as Record<string, string | number>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? `\u2068${value}\u2069` : value]),
  );
}

/** RFC 9110, section 12.5.4: languages by weight, the first ones first. */
function acceptedBy(header: string): string[] {
  return header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().split(/\s*;\s*/);
      const weight = rest.find((one) => one.startsWith('q='))?.slice(2);
      return { tag: tag.slice(0, 35), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => weight > 0 && canonicalTag(tag) !== null)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, 10)
    .map(({ tag }) => canonicalTag(tag)!);
}
