import { has } from './clauses.ts';
import type { Hit, Language } from './lexicon.ts';

interface Number_ {
  value: number;
  start: number;
  end: number;
}

const most = 5000;

/** How many people a reply states: a number beside "people", "of us" or "we". Floors, rooms, days and phones never count. */
export function countPeople(text: string, hits: Hit[], _languages: Language[]): number | undefined {
  const numbers: Number_[] = [...text.matchAll(/\d+/g)]
    .filter((match) => match[0].length <= 4)
    .map((match) => ({ value: Number(match[0]), start: match.index, end: match.index + match[0].length }));
  for (const hit of hits)
    if (hit.value !== undefined) numbers.push({ value: hit.value, start: hit.start, end: hit.end });
  const gapBetween = (a: number, b: number) => text.slice(a, b).trim();
  const near = (number: Number_, wanted: Parameters<typeof has>[1][], side: 'before' | 'after', words: number) =>
    hits.find((hit) => {
      if (!has(hit, ...wanted) || (hit.start < number.end && hit.end > number.start)) return false;
      if (side === 'after' ? hit.start < number.end : hit.end > number.start) return false;
      const between = side === 'after' ? gapBetween(number.end, hit.start) : gapBetween(hit.end, number.start);
      return !/[.,?]/.test(between) && (between === '' ? 0 : between.split(/\s+/).length) <= words;
    });
  const counts: { value: number; total: boolean }[] = [];
  for (const number of numbers) {
    if (number.value < 1 || number.value > most) continue;
    if (near(number, ['unit'], 'after', 0) || near(number, ['unit'], 'before', 0)) continue;
    if (text[number.end] === '%' || /^\d/.test(text.slice(number.end))) continue;
    const more = near(number, ['more'], 'after', 1) ?? near(number, ['other'], 'after', 1);
    const plus = near(number, ['with'], 'before', 1);
    const me = hits.find((hit) => hit.roles.has('i') && hit.end <= number.start);
    if (more && plus && me) {
      const named = hits.filter((hit) => hit.roles.has('other') && hit.end <= number.start).length;
      counts.push({ value: number.value + 1 + named, total: true });
      continue;
    }
    const people = near(number, ['people'], 'after', 1);
    const we = near(number, ['we'], 'before', 1) ?? near(number, ['we'], 'after', 0);
    if (
      people ||
      we ||
      near(number, ['all', 'safe', 'hurt'], 'after', 0) ||
      near(number, ['all'], 'before', 0) ||
      (near(number, ['safe'], 'before', 0) && number.end === text.length)
    )
      counts.push({ value: number.value, total: Boolean(we) });
  }
  if (counts.length === 0) return undefined;
  const totals = counts.filter((count) => count.total);
  if (totals.length === 1) return totals[0]!.value;
  if (counts.length === 1) return counts[0]!.value;
  return undefined;
}
