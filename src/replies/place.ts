import { type Clause, has } from './clauses.ts';
import type { Context } from './interpret.ts';
import type { Language } from './lexicon.ts';
import { gap, joined, kindAt, normalise } from './normalise.ts';

/** The proper name of where the person is now, as written: an unknown word beside "in", "now" or an ending that says "in". */
export function findPlace(
  written: string,
  text: string,
  clauses: Clause[],
  languages: Language[],
  asked: Context['openQuestion'],
): string | undefined {
  const endings = languages[0]?.file.placeEndings ?? {};
  let best: { name: string; score: number } | undefined;
  for (const clause of clauses) {
    const told = clause.hits.some((hit) => has(hit, 'now', 'moved'));
    for (const run of unknownRuns(text, clause)) {
      const before = clause.hits.find((hit) => hit.end <= run.start && text.slice(hit.end, run.start).trim() === '');
      const beside = clause.hits.filter((hit) => hit.end <= run.start && text.slice(hit.end, run.start).trim() === '');
      const after = clause.hits.filter((hit) => hit.start >= run.end && text.slice(run.end, hit.start).trim() === '');
      const leaves = (name: string) =>
        (endings.from ?? []).some((ending) => name.endsWith(ending) && name.length > ending.length + 1);
      const name = text.slice(run.start, run.end);
      const place = inText(written, name);
      const capital = place !== undefined && /^\p{Lu}/u.test(place) && written.indexOf(place) > 0;
      if (after.some((hit) => has(hit, 'fromAfter'))) continue;
      if (beside.some((hit) => has(hit, 'from')) && !beside.some((hit) => has(hit, 'at'))) continue;
      const ending = (endings.at ?? [])
        .map((one) => normalise(one))
        .find((one) => one && name.endsWith(one) && name.length > one.length + 1);
      if (!ending && leaves(name)) continue;
      const score =
        (beside.some((hit) => has(hit, 'at')) ? 2 : 0) +
        (after.some((hit) => has(hit, 'atAfter')) ? 2 : 0) +
        (ending ? 1 : 0) +
        (capital ? 2 : 0) +
        (before && has(before, 'now', 'moved') ? 1 : 0) +
        (told ? 1 : 0);
      if (score >= 3 && place && (!best || score >= best.score)) best = { name: place, score };
    }
  }
  if (best) return best.name;
  return asked === 'place' &&
    clauses.length === 1 &&
    clauses[0]!.hits.every((hit) => has(hit, 'filler', 'at', 'now', 'atAfter'))
    ? written.trim().slice(0, 100)
    : undefined;
}

/** Stretches that no known word covers, neighbours in the same clause together. */
function unknownRuns(text: string, clause: Clause): { start: number; end: number }[] {
  const covered = (at: number) => clause.hits.some((hit) => hit.start <= at && at < hit.end);
  const runs: { start: number; end: number }[] = [];
  let start = -1;
  for (let at = clause.start; at <= clause.end; at++) {
    const letter = at < clause.end && kindAt(text, at) !== gap && !/\d/.test(text[at]!) && !covered(at);
    if (letter && start < 0) start = at;
    if (!letter && start >= 0) {
      if (at - start >= 2) {
        const last = runs.at(-1);
        if (last && text.slice(last.end, start) === ' ' && kindAt(text, start) !== joined) last.end = at;
        else runs.push({ start, end: at });
      }
      start = -1;
    }
  }
  return runs;
}

/** The words as the person wrote them. */
function inText(written: string, name: string): string | undefined {
  const direct = written.toLowerCase().indexOf(name);
  if (direct >= 0) return written.slice(direct, direct + name.length);
  const words = name.split(' ');
  const pieces = written.split(/[\s.,;:!?()"“”،。、]+/).filter(Boolean);
  for (let at = 0; at + words.length <= pieces.length; at++) {
    if (
      words.every((word, index) => normalise(pieces[at + index]!.replace(/['’].*$/, '')).startsWith(word.slice(0, 4)))
    )
      return pieces.slice(at, at + words.length).join(' ');
  }
  return undefined;
}
