import { type Context, type Interpretation, interpret, type Lexicon } from './interpret.ts';

/**
 * What a reply means to somebody who may answer in the language of the alert or in one of their own: people
 * who were told in a fallback answer in their mother tongue. A cry for help in any of them is one; when two
 * languages read two different things, a person reads it.
 *
 * @param languages BCP 47, the likeliest first
 */
export function hear(
  text: string,
  languages: readonly string[],
  openQuestion: Context['openQuestion'],
  lexicon: Lexicon,
): Interpretation {
  const read = [...new Set(languages)].map((language) =>
    interpret(text, { language, openQuestion: openQuestion ?? null }, lexicon),
  );
  const help = read.find((one) => one.meaning === 'help');
  if (help) return help;
  const clear = read.filter((one) => one.meaning !== 'unclear');
  const [first] = clear;
  if (!first) return read[0] ?? interpret(text, {}, lexicon);
  if (clear.every((one) => one.meaning === first.meaning)) return first;
  return { meaning: 'unclear', because: clear.map((one) => `${one.meaning}: ${one.because.join(', ')}`) };
}

/** Alert numbers as people copy them from a message: two letters of a country, four without look-alikes. */
const REF = /\b[A-Z]{2}[2-9B-DF-HJ-NP-TV-Z]{4}\b/gi;

/** The alert number that a reply names, in capitals. */
export function refIn(text: string): string | undefined {
  return text.match(REF)?.[0]?.toUpperCase();
}

/** The reply without the number of the alert that it answers: `1 LK7K3M` is `1`. */
export function withoutRef(text: string, ref: string): string {
  return text.replace(REF, (found) => (found.toUpperCase() === ref ? ' ' : found)).trim();
}
