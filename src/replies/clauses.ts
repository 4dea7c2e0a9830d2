import type { Hit, Role } from './lexicon.ts';
import { gap, joined, kindAt } from './normalise.ts';

/** A piece of a reply between two stops or before a "but", with the words known in it. */
export interface Clause {
  start: number;
  end: number;
  question: boolean;
  afterBut: boolean;
  hits: Hit[];
  /** words that the lexicon does not have */
  unknown: string[];
  /** how many unknown words stand after each place of the text */
  unknownAfter(at: number): number;
  words: number;
}

export const has = (hit: Hit, ...wanted: Role[]) => wanted.some((role) => hit.roles.has(role));
export const find = (clause: Clause, ...wanted: Role[]) => clause.hits.find((hit) => has(hit, ...wanted));
export const says = (clause: Clause, ...wanted: Role[]) => find(clause, ...wanted) !== undefined;

export function splitClauses(text: string, hits: Hit[]): Clause[] {
  const clauses: Clause[] = [];
  let start = 0;
  let afterBut = false;
  const close = (end: number, question: boolean, next: number, but: boolean) => {
    const clause = clauseAt(text, start, end, hits, afterBut, question);
    if (clause) clauses.push(clause);
    else if (question && clauses.length) clauses.at(-1)!.question = true;
    start = next;
    afterBut = but || (clause === null && afterBut);
  };
  const buts = hits.filter((hit) => hit.roles.has('but'));
  let nextBut = 0;
  for (let index = 0; index < text.length; index++) {
    const but = buts[nextBut];
    if (but && index === but.start) {
      nextBut++;
      close(index, false, but.end, true);
      index = Math.max(index, but.end - 1);
      continue;
    }
    const character = text[index];
    if (character === '.' || character === ',' || character === '?') close(index, character === '?', index + 1, false);
  }
  close(text.length, false, text.length, false);
  // "safe, right?" asks as a whole
  for (let index = 1; index < clauses.length; index++) {
    const tag = clauses[index]!;
    if (tag.question && tag.words <= 2 && text[clauses[index - 1]!.end] === ',' && !says(tag, 'you', 'i', 'we'))
      clauses[index - 1]!.question = true;
  }
  return clauses;
}

function clauseAt(
  text: string,
  start: number,
  end: number,
  all: Hit[],
  afterBut: boolean,
  question: boolean,
): Clause | null {
  const part = text.slice(start, end);
  if (part.trim() === '') return null;
  const hits = all.filter((hit) => hit.start >= start && hit.start < end && !hit.roles.has('but'));
  const covered = new Uint8Array(end - start);
  for (const hit of hits) covered.fill(1, hit.start - start, Math.min(hit.end, end) - start);
  const unknown: string[] = [];
  const places: number[] = [];
  let words = 0;
  let word = '';
  let known = false;
  const flush = () => {
    if (word === '') return;
    words++;
    if (!known && !/^[\d+]+$/.test(word)) {
      unknown.push(word);
      places.push(wordAt);
    }
    word = '';
    known = false;
  };
  let loose = '';
  let wordAt = start;
  for (let index = start; index < end; index++) {
    const kind = kindAt(text, index);
    if (kind === joined) {
      flush();
      if (!covered[index - start]) {
        loose += text[index];
        if (loose.length % 2 === 0) {
          unknown.push(loose.slice(-2));
          places.push(index);
        }
      }
    } else if (kind === gap && text[index] !== '+') flush();
    else {
      if (word === '') wordAt = index;
      word += text[index];
      if (covered[index - start]) known = true;
    }
  }
  flush();
  words += Math.ceil(
    part.replace(
      /[^\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu,
      '',
    ).length / 3,
  );
  const clause: Clause = {
    start,
    end,
    question,
    afterBut,
    hits,
    unknown,
    unknownAfter: (at) => places.filter((place) => place >= at).length,
    words,
  };
  if (says(clause, 'question')) clause.question = true;
  const tail = hits.filter((hit) => hit.roles.has('questionEnd')).at(-1);
  if (tail && /^[\s\d]*$/.test(restAfter(text, tail, hits, end))) clause.question = true;
  bindNegations(text, clause);
  return clause;
}

/** What stands after a question particle, polite words set aside ("safe ไหมครับ"). */
function restAfter(text: string, tail: Hit, hits: Hit[], end: number): string {
  let rest = text.slice(tail.end, end);
  for (const hit of hits) {
    if (hit.start >= tail.end && hit.roles.has('courtesy')) rest = rest.replace(text.slice(hit.start, hit.end), '');
  }
  return rest;
}

const bindable: Role[] = [
  'safe',
  'fine',
  'befall',
  'help',
  'politeHelp',
  'need',
  'hurt',
  'ill',
  'trapped',
  'harm',
  'able',
  'send',
  'stopVerb',
  'stopAsk',
  'message',
  'food',
  'medicine',
  'papers',
  'power',
  'have',
  'moved',
  'info',
  'receive',
  'startAsk',
  'again',
  'trouble',
  'staying',
  'wantHome',
];

/** Each negation takes the nearest word that it can negate, in the direction its language allows. */
function bindNegations(text: string, clause: Clause) {
  const words = (from: number, to: number) => {
    const between = text.slice(from, to).trim();
    if (between === '') return 0;
    const spaced = between.split(/\s+/).length;
    return kindAt(between, 0) === joined ? Math.ceil(between.length / 4) : spaced;
  };
  for (const negation of clause.hits) {
    if (!has(negation, 'notBefore', 'notAfter')) continue;
    let best: Hit | undefined;
    let distance = kindAt(text, negation.start) === joined ? 3 : 6;
    for (const target of clause.hits) {
      if (target === negation || !has(target, ...bindable)) continue;
      const after = target.start >= negation.end;
      if (!has(negation, after ? 'notBefore' : 'notAfter')) continue;
      const apart = after ? words(negation.end, target.start) : words(target.end, negation.start);
      if (apart < distance || (apart === distance && has(target, 'safe', 'fine'))) {
        best = target;
        distance = apart;
      }
    }
    if (best) {
      negation.bound = true;
      if (best.saysNo && best.roles.has('safe')) continue; // "nobody was not hurt" doubles its no
      best.negated = true;
      best.negatedBy ??= negation;
      best.apart = Math.min(best.apart ?? 99, distance);
      negation.bound = true;
    }
  }
}
