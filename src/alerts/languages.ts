import { chooseLanguage } from '../text/tags.ts';

/** `own`, `bridge`, `default`, `english`, `any` (no language of the person is known, and neither of the last two is there); `none` when there is no text that this list can be given. */
export interface LanguageChoice {
  language: string | null;
  reason: string;
}

export type LanguagePolicy = 'default' | 'bilingual' | 'plain' | 'hold';

/**
 * Which text a list of languages gets (DESIGN section 7): own list in order, bridges, the organisation's
 * default, English. `plain` prefers the easy variant of what was chosen, where there is one.
 */
export function chooseFor(
  wanted: readonly string[],
  available: readonly string[],
  organisationDefault: string,
  policy: LanguagePolicy,
): LanguageChoice {
  const chosen = chooseLanguage([...wanted], [...available], organisationDefault);
  if (!chosen) {
    // whoever's languages nobody knows is told in what there is: nobody of them is passed over in silence
    const [first] = wanted.length === 0 ? [...available].sort() : [];
    return first ? { language: first, reason: 'any' } : { language: null, reason: 'none' };
  }
  const easy = `${chosen.language}-simple`;
  if (policy === 'plain' && available.includes(easy)) return { language: easy, reason: chosen.reason };
  return chosen;
}
