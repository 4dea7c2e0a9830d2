import words from '../../locales/yes-no.json' with { type: 'json' };
import { normalise } from './normalise.ts';

const listOf = (side: Record<string, string[]>): Set<string> => new Set(Object.values(side).flat().map(normalise));
const YES = listOf(words.yes);
const NO = listOf(words.no);

/**
 * A whole message that says yes or no in any language, as the code that means it; null for all else and for what is
 * yes in one language and no in another ("ne", "na", "i").
 */
export function yesOrNo(text: string): '7' | '8' | null {
  const said = normalise(text).replace(/[.,?]/g, ' ').trim();
  const [yes, no] = [YES.has(said), NO.has(said)];
  if (yes === no) return null;
  return yes ? '7' : '8';
}
