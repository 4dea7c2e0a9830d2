/** Machine translation: the contract of an engine, and the facts that are kept from it. */

import { foldDigits } from './phone.ts';

/**
 * Why an engine gave nothing:
 *
 * | code | what to do |
 * |---|---|
 * | `unsupported` | the engine has no such pair of languages |
 * | `busy` | too many calls: later |
 * | `account` | the key is missing, wrong or used up |
 * | `down` | no answer, or none that can be read: later |
 */
export type MachineProblem = 'unsupported' | 'busy' | 'account' | 'down';

export class MachineError extends Error {
  override name = 'MachineError';
  readonly code: MachineProblem;
  constructor(code: MachineProblem, message: string) {
    super(message);
    this.code = code;
  }
}

/** One way of translating. It knows nothing of alerts; what it returns is `machine` until a person has accepted it. */
export interface Translator {
  /** for the audit trail: `libretranslate`, `workers-ai` */
  readonly name: string;
  /**
   * @param texts plain text, facts masked
   * @param from BCP 47, as `to`
   * @returns as many texts, in the same order
   * @throws MachineError
   */
  translate(texts: string[], from: string, to: string): Promise<string[]>;
}

/** URL, placeholder, message number, phone, any other number: in this order, since each holds parts of the next. */
const FACT =
  /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]|\{\{\s*\w+\s*\}\}|\b(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{4,}\b|\+?\p{Nd}[\p{Nd} \u00a0().-]{5,}\p{Nd}|\p{Nd}+(?:[:.,/-]\p{Nd}+)*/gu;
/** Engines put spaces into what they do not know, change its case, or write its digits in their own script. */
const TOKEN = /z\s?q\s?(\p{Nd}+)\s?q\s?z/giu;

/** Every fact of a text replaced by a token that no engine translates. */
export function maskFacts(text: string): { masked: string; facts: string[] } {
  const facts: string[] = [];
  const masked = text.replace(FACT, (fact) => `ZQ${facts.push(fact) - 1}QZ`);
  return { masked, facts };
}

/**
 * Puts the facts back.
 * @param source the text before it was masked
 * @returns null when a fact is lost, said twice or made up: such a translation is worth nothing
 */
export function unmaskFacts(translated: string, source: string): string | null {
  const { facts } = maskFacts(source);
  const seen = new Set<number>();
  let whole = true;
  const text = translated.replace(TOKEN, (_, digits: string) => {
    const index = Number(foldDigits(digits));
    whole &&= index < facts.length && !seen.has(index);
    seen.add(index);
    return facts[index] ?? '';
  });
  if (!whole || seen.size !== facts.length) return null;
  return figuresOf(text) === figuresOf(source) ? text : null;
}

/** All addresses and digits, in whatever script: an engine may write 18:30 as words, or make a number up. */
function figuresOf(text: string): string {
  const found = foldDigits(text.normalize('NFC')).match(/https?:\/\/[^\s<>"']+|\d+/gi) ?? [];
  return [...new Set(found.map((figure) => figure.replace(/[.,;:!?)\]|]+$/, '')))].sort().join(' ');
}
