import likely from '../../locales/likely-languages.json' with { type: 'json' };
import { languageNamed } from '../people/language-names.ts';
import { endonym } from '../text/endonyms.ts';
import type { Names } from '../text/names.ts';
import { findWords, type Lexicon } from './lexicon.ts';
import { normalise } from './normalise.ts';

const LIKELY: Record<string, string[]> = likely.countries;

/** The code of the first language of a menu (playbook 5.4: 71 and above choose a language). */
const FIRST = 71;
/** Playbook LL-4 and FP-2: no more are numbered; others are told by name. */
const MOST = 5;

/** No language is called by more letters. */
const LONGEST = 40;

/** What the menu of an address depends on. It never changes for an address, so that 72 means the same however late (FP-3). */
export interface MenuOf {
  /** ISO 3166-1 of the organisation */
  organisationCountry: string;
  defaultLanguage: string;
  /** ISO 3166-1 of the number's plan */
  numberCountry: string | null;
}

/** The languages of an address's menu, 71 first, at most five of those that are spoken here. */
export function likelyLanguages(of: MenuOf, spoken: readonly string[]): string[] {
  const wanted = [
    of.defaultLanguage,
    ...(LIKELY[of.organisationCountry] ?? []),
    'en',
    ...(LIKELY[of.numberCountry ?? ''] ?? []),
  ];
  return [...new Set(wanted)].filter((tag) => spoken.includes(tag)).slice(0, MOST);
}

/** Each language in its own script: `71 සිංහල 72 தமிழ்`. */
export function showMenu(menu: readonly string[]): string {
  return menu.map((tag, i) => `${FIRST + i} ${endonym(tag)}`).join(' ');
}

/** The choices of the menu as buttons. */
export function menuButtons(menu: readonly string[]): { label: string; data: string }[] {
  return menu.map((tag, i) => ({ label: endonym(tag), data: String(FIRST + i) }));
}

/** The language of a code from 71 on, or null. */
export function languageOfCode(code: string, menu: readonly string[]): string | null {
  return /^7[1-5]$/.test(code) ? (menu[Number(code) - FIRST] ?? null) : null;
}

/**
 * The language that a message names and says nothing else: in its own script, in English, or in one of the
 * languages whose `names` are given. Only languages that are spoken here.
 */
export function languageInWords(text: string, names: readonly Names[], spoken: readonly string[]): string | null {
  const wanted = normalise(text).replace(/[.,?]/g, ' ').trim();
  if (wanted === '' || wanted.length > LONGEST) return null;
  const known = languageNamed(text.normalize('NFKC').replace(/[.!?。។၊،,]+\s*$/u, ''));
  if (known && spoken.includes(known)) return known;
  for (const one of names) {
    const tag = calledIn(one, spoken).get(wanted);
    if (tag !== undefined) return tag;
  }
  return null;
}

const called = new WeakMap<Names, Map<string, string>>();

/** What the spoken languages are called in one language and in themselves, in one spelling. */
function calledIn(names: Names, spoken: readonly string[]): Map<string, string> {
  let map = called.get(names);
  if (!map) {
    map = new Map(
      spoken.flatMap((tag) =>
        [endonym(tag), names.languages[tag] ?? ''].filter(Boolean).map((name) => [normalise(name), tag] as const),
      ),
    );
    called.set(names, map);
  }
  return map;
}

/**
 * The language of a word that asks to begin, so that the first answer to a stranger is in it; null when more than
 * one language has the word and none of them is likely.
 * @param order likelier languages first
 */
export function languageOfStart(text: string, order: readonly string[], lexicon: Lexicon): string | null {
  const normal = normalise(text);
  // these stand in Latin letters in the texts of all languages
  if (/^(?:start|join)\.?$/.test(normal)) return null;
  const knows = (tag: string) => {
    const language = lexicon.language(tag);
    return (
      language !== undefined &&
      findWords(normal, [language]).some(
        (hit) =>
          (hit.roles.has('startKeyword') || hit.roles.has('startAsk')) && hit.end - hit.start >= normal.length / 2,
      )
    );
  };
  const likelyOne = order.find(knows);
  if (likelyOne) return likelyOne;
  const others = lexicon.tags.filter((tag) => !order.includes(tag) && knows(tag));
  return others.length === 1 ? others[0]! : null;
}
