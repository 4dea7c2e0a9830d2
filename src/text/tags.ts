/** Language tags: one spelling for each language, which way it is written, and which one a person gets. */

import { match } from '@formatjs/intl-localematcher';
import bridgeFile from '../../locales/bridges.json' with { type: 'json' };

/** Why a person gets a language: it is on their list, agreed as readable, the organisation's, or the last resort. */
export type LanguageReason = 'own' | 'bridge' | 'default' | 'english';

const BRIDGES: Record<string, string[]> = bridgeFile.bridges;

const SHAPE =
  /^([a-z]{2,3})(?:-[a-z]{3}){0,3}(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*)(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?$/;

/** Old, three-letter and macro codes of languages that a register may hold. */
const LANGUAGES: Record<string, string> = {
  ...{ tl: 'fil', tgl: 'fil', prs: 'fa-AF', cmn: 'zh', in: 'id', iw: 'he', ji: 'yi', mo: 'ro', sh: 'sr' },
  ...{ eng: 'en', ara: 'ar', arb: 'ar', fra: 'fr', fre: 'fr', spa: 'es', por: 'pt', rus: 'ru', ukr: 'uk' },
  ...{ zho: 'zh', chi: 'zh', jpn: 'ja', kor: 'ko', hin: 'hi', ben: 'bn', urd: 'ur', nep: 'ne', npi: 'ne' },
  ...{ sin: 'si', tam: 'ta', ind: 'id', vie: 'vi', mya: 'my', bur: 'my', amh: 'am', som: 'so', hau: 'ha' },
  ...{ fas: 'fa', per: 'fa', pes: 'fa', tha: 'th', khm: 'km', swa: 'sw', swh: 'sw', tir: 'ti', pus: 'ps' },
  ...{ tur: 'tr', lao: 'lo', msa: 'ms', may: 'ms', zsm: 'ms', mal: 'ml', tel: 'te', pan: 'pa', orm: 'om' },
};

const RTL_LANGUAGES = new Set(
  'ar fa ur ps he yi dv ckb sd ug ks syr apd aeb ary arz arq apc ajp acm afb ayl acq'.split(' '),
);
const RTL_SCRIPTS = new Set(['Arab', 'Hebr', 'Thaa', 'Syrc', 'Nkoo']);
const TRADITIONAL_REGIONS = new Set(['TW', 'HK', 'MO']);

/**
 * The one spelling of a BCP 47 tag that Musafir stores: `tl` -> `fil`, `zh-TW` -> `zh-Hant`, `prs` -> `fa-AF`.
 * Underscores are read as hyphens; extensions and private parts are dropped.
 * @returns null when the tag is malformed
 */
export function canonicalTag(tag: string): string | null {
  const found = SHAPE.exec(tag.trim().toLowerCase().replaceAll('_', '-'));
  if (!found) return null;
  const [language = '', implied] = (LANGUAGES[found[1]!] ?? found[1]!).split('-');
  const script = found[2] && found[2][0]!.toUpperCase() + found[2].slice(1);
  const region = found[3]?.toUpperCase() ?? implied;
  if (language === 'zh') return `zh-${script ?? (TRADITIONAL_REGIONS.has(region ?? '') ? 'Hant' : 'Hans')}`;
  return [language, script, region].filter(Boolean).join('-') + (found[4] ?? '');
}

/** Which way a language is written. A script in the tag counts before the language. */
export function direction(tag: string): 'ltr' | 'rtl' {
  const [language = '', ...rest] = (canonicalTag(tag) ?? '').split('-');
  const script = rest.find((part) => part.length === 4 && /^[A-Z]/.test(part));
  if (script) return RTL_SCRIPTS.has(script) ? 'rtl' : 'ltr';
  if (language === 'pa' && rest.includes('PK')) return 'rtl';
  return RTL_LANGUAGES.has(language) ? 'rtl' : 'ltr';
}

const chosen = new Map<string, ReturnType<typeof chooseLanguage>>();
const CHOICES_KEPT = 20_000;

/**
 * Which of the `available` languages a reader of the `wanted` ones gets, and why (DESIGN section 7): the own list in
 * order, then agreed bridges over the list, then the organisation's default, then English.
 * @param wanted best first; malformed tags are passed over
 * @returns the language as it is spelled in `available`; null when not even English is there
 */
export function chooseLanguage(
  wanted: string[],
  available: string[],
  orgDefault: string,
): { language: string; reason: LanguageReason } | null {
  const key = `${wanted.join(',')}|${available.join(',')}|${orgDefault}`;
  const before = chosen.get(key);
  if (before !== undefined) return before;
  if (chosen.size >= CHOICES_KEPT) chosen.clear();
  const choice = decide(wanted, available, orgDefault);
  chosen.set(key, choice && Object.freeze(choice));
  return choice;
}

function decide(wanted: string[], available: string[], orgDefault: string): ReturnType<typeof chooseLanguage> {
  const list = wanted.map(canonicalTag).filter((tag) => tag !== null);
  for (const tag of list) {
    const language = nearest(tag, available);
    if (language) return { language, reason: 'own' };
  }
  for (const tag of list) {
    for (const target of bridgesFrom(tag)) {
      const language = nearest(target, available);
      if (language) return { language, reason: 'bridge' };
    }
  }
  const fallback = canonicalTag(orgDefault);
  const language = fallback && (nearest(fallback, available) ?? firstBridge(fallback, available));
  if (language) return { language, reason: 'default' };
  const english = nearest('en', available);
  return english ? { language: english, reason: 'english' } : null;
}

/**
 * The same language in the nearest region. What is an agreed bridge, another script or a variant is not "the same":
 * the matcher alone would hand Tamil readers English, as CLDR's distances allow.
 */
function nearest(tag: string, available: string[]): string | null {
  const exact = available.find((one) => one === tag);
  if (exact) return exact;
  const bridged = bridgesFrom(tag);
  const same = available.filter((one) => {
    const other = canonicalTag(one);
    return other !== null && other === one && !bridged.includes(one) && sameWriting(tag, other);
  });
  if (same.length < 2) return same[0] ?? null;
  return match([tag], same, same[0]!, { algorithm: 'best fit' });
}

function sameWriting(one: string, other: string): boolean {
  const [a, b] = [one.split('-'), other.split('-')];
  const odd = (parts: string[]) => parts.filter((part) => part.length > 3).join('-');
  return a[0] === b[0] && odd(a) === odd(b);
}

function bridgesFrom(tag: string): string[] {
  return BRIDGES[tag] ?? BRIDGES[tag.split('-')[0]!] ?? [];
}

function firstBridge(tag: string, available: string[]): string | null {
  return bridgesFrom(tag).find((target) => available.includes(target)) ?? null;
}
