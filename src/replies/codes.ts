import type { Interpretation } from './interpret.ts';

/** The reserved codes (playbook 5.4): the same in every menu, dialogue and language, for ever. */
const needs = {
  3: 'doctor',
  4: 'danger',
  5: 'food_water',
  6: 'papers_transport',
  9: 'other',
  42: 'cannot_leave',
} as const;
const movements = { 41: 'staying', 43: 'moved_inside', 44: 'crossed_border', 45: 'wants_home', 46: 'home' } as const;

/** What one code says by itself, or null when it is not one that settles anything. */
export function meaningOf(code: string): Interpretation | null {
  const because = [`code ${code}`];
  if (code === '1') return { meaning: 'safe', code, because };
  if (code === '2') return { meaning: 'help', code, because };
  const need = needs[Number(code) as keyof typeof needs];
  if (need) return { meaning: 'help', code, need, because };
  const movement = movements[Number(code) as keyof typeof movements];
  if (movement === 'staying') return { meaning: 'safe', code, movement, because };
  if (movement) return { meaning: 'moved', code, movement, because };
  return null;
}

const most = 500;

/** A reply of digits only, as "1", "1 12", "1x4", "22222"; null when it holds words. */
export function readDigits(
  text: string,
  openQuestion?: 'count' | 'kind' | 'place' | 'yes_no' | null,
): Interpretation | null {
  const asked = text.includes('?');
  const compact = text.replace(/[.,?]+/g, ' ').trim();
  const between = compact.replace(/\d+/g, ' ').trim();
  if (!/\d/.test(compact) || !/^(?:x|for|\+|no|#|\s)*$/.test(between)) return null;
  const numbers = compact.match(/\d+/g)!;
  const [first, second] = numbers as [string, string | undefined];
  const unclear = (because: string, more: Partial<Interpretation> = {}): Interpretation => ({
    meaning: 'unclear',
    because: [because],
    ...more,
  });
  if (numbers.every((number) => /^2+$/.test(number)) && (numbers.length > 1 || first.length > 1 || first === '2')) {
    return {
      meaning: 'help',
      code: '2',
      because: [first === '2' && numbers.length === 1 ? 'code 2' : 'code 2 again and again'],
    };
  }
  if (between.includes('+')) return unclear('a sum: more, or in all?');
  if (numbers.length === 1) {
    if (first === '911' || first === '112') return { meaning: 'help', because: [`emergency number ${first}`] };
    if (openQuestion === 'count' && !['1', '2'].includes(first) && Number(first) <= most && Number(first) > 0) {
      return unclear('a number while the count is asked', { code: first, people: Number(first) });
    }
    const known = meaningOf(first);
    if (!known) return unclear('digits without a meaning', first.length <= 3 ? { code: first } : {});
    return asked && known.meaning !== 'help' ? unclear(`code ${first} with a question mark`, { code: first }) : known;
  }
  if (asked) return unclear('digits with a question mark');
  if (numbers.length === 2 && second) {
    const count = Number(second);
    if (first === '1' && (second === '2' || count === 0)) return unclear('1 2: two people, or both codes?');
    if (first === '2' && second === '1') return unclear('2 1: both codes');
    if (first === '1' && count <= most && second.length <= 3)
      return { meaning: 'safe', code: '1', people: count, because: ['code 1 with a count'] };
    if (first === '2') {
      const need = needs[count as keyof typeof needs];
      return {
        meaning: 'help',
        code: '2',
        ...(need ? { need } : { people: count }),
        because: ['code 2 with a number'],
      };
    }
  }
  if (numbers.includes('2') && !numbers.includes('1'))
    return { meaning: 'help', code: '2', because: ['code 2 among numbers'] };
  return unclear('several numbers');
}
