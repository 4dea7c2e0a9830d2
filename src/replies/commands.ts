import { refIn } from './hear.ts';
import { normalise } from './normalise.ts';

/**
 * The reserved words that are commands (playbook 5.4). They stand in Latin letters in every language's texts, so
 * they are known in every language. What else is in the message makes it no command: "check my house" is words.
 */
export type Command =
  | { is: 'data' | 'edit' | 'stay' | 'language' }
  /** the code that confirms it, when given */
  | { is: 'delete'; code?: string }
  /** where to, when it was said at once */
  | { is: 'move'; place?: string }
  /** for how many, when said */
  | { is: 'go'; people?: number }
  /** the number of the message that is asked about */
  | { is: 'check'; ref: string };

const PLACE_WORDS = 5;
const MOST_PEOPLE = 500;

/** @returns undefined for everything that is not exactly a command */
export function readCommand(text: string): Command | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s.!。]+$/u, '')
    .trim();
  const [, word, rest] = /^\/?([a-z]+)[\s:]*([^\n]*)$/iu.exec(plain) ?? [];
  const more = rest?.trim() ?? '';
  switch (word?.toLowerCase()) {
    case 'data':
      return more === '' ? { is: 'data' } : undefined;
    case 'edit':
      return more === '' ? { is: 'edit' } : undefined;
    case 'stay':
      return more === '' ? { is: 'stay' } : undefined;
    case 'lang':
    case 'language':
      return more === '' ? { is: 'language' } : undefined;
    case 'delete':
      if (more === '') return { is: 'delete' };
      return /^[a-z0-9]{4}$/i.test(more) ? { is: 'delete', code: more.toUpperCase() } : undefined;
    case 'move':
      if (more === '') return { is: 'move' };
      return more.split(/\s+/).length <= PLACE_WORDS ? { is: 'move', place: more } : undefined;
    case 'go': {
      const people = Number(normalise(more));
      if (more === '') return { is: 'go' };
      return people > 0 && people <= MOST_PEOPLE && Number.isInteger(people) ? { is: 'go', people } : undefined;
    }
    case 'check': {
      const ref = more.replace(/[\s-]/g, '').toUpperCase();
      return refIn(ref) === ref || (/^[0-9A-Z]{4,10}$/.test(ref) && /\d/.test(ref)) ? { is: 'check', ref } : undefined;
    }
    default:
      return undefined;
  }
}
