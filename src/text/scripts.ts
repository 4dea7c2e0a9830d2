/** Which letters a language is written with. */

const ARABIC = /\p{Script=Arabic}/u;
const JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Letters of any other script but Latin are strange; Latin ones, such as SMS and GO, are the smaller part. */
export const SCRIPTS: Record<string, RegExp> = {
  ...{ ar: ARABIC, fa: ARABIC, 'fa-AF': ARABIC, ur: ARABIC, ps: ARABIC },
  ...{ ru: /\p{Script=Cyrillic}/u, uk: /\p{Script=Cyrillic}/u, ja: JAPANESE, 'ja-simple': JAPANESE },
  ...{ 'zh-Hans': /\p{Script=Han}/u, ko: /\p{Script=Hangul}/u },
  ...{ th: /\p{Script=Thai}/u, km: /\p{Script=Khmer}/u, my: /\p{Script=Myanmar}/u },
  ...{ hi: /\p{Script=Devanagari}/u, ne: /\p{Script=Devanagari}/u, bn: /\p{Script=Bengali}/u },
  ...{ si: /\p{Script=Sinhala}/u, ta: /\p{Script=Tamil}/u, am: /\p{Script=Ethiopic}/u, ti: /\p{Script=Ethiopic}/u },
};

/** Letters of a neighbour that look right on the translator's keyboard and are not. */
export const NEIGHBOURS: Record<string, RegExp> = {
  ...{ fa: /[يكى]/u, 'fa-AF': /[يكى]/u, ur: /[يكى]/u, ar: /[یک]/u, ru: /[іїєґ]/iu, uk: /[ыэёъ]/iu },
};

const WRITTEN = /[^\P{L}\p{Script=Common}\p{Script=Inherited}]/gu;
const LATIN = /\p{Script=Latin}/u;

/**
 * What is wrong with the letters of a text, in words.
 * @param text without what may stand in another script: names, codes, placeholders
 * @param tag a language; one that is not in the table is taken for Latin when the project writes it so
 */
export function scriptFaults(text: string, tag: string): string[] {
  const script = SCRIPTS[tag];
  const letters = text.match(WRITTEN) ?? [];
  const latin = letters.filter((letter) => LATIN.test(letter)).length;
  const strange = letters.find((letter) => !LATIN.test(letter) && !script?.test(letter));
  const faults = strange === undefined ? [] : [`"${strange}" is of another script`];
  if (script && latin * 2 > letters.length) faults.push('most letters are Latin');
  const neighbour = NEIGHBOURS[tag]?.exec(text);
  if (neighbour) faults.push(`"${neighbour[0]}" is a letter of a neighbouring language`);
  if (/^ja/.test(tag) && text.length > 20 && !/\p{Script=Hiragana}/u.test(text)) faults.push('has no hiragana');
  return faults;
}
