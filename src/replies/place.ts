import type { Clause } from './clauses.ts';
import type { Context } from './interpret.ts';
import type { Language } from './lexicon.ts';

/** The proper name of where the person is now, as written. */
export function findPlace(
  _written: string,
  _text: string,
  _clauses: Clause[],
  _languages: Language[],
  _asked: Context['openQuestion'],
): string | undefined {
  return undefined;
}
