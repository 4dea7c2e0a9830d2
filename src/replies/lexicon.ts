import { gap, joined, kindAt, letter, normalise, numeral } from './normalise.ts';

/**
 * What words do in a reply. A lexicon file lists a language's words under these names; a word may
 * stand under several. `*` at the end takes any ending of the word, `*` at the start any beginning.
 */
export const roles = {
  safe: 'says by itself that people are safe',
  root: 'a safe word that greetings are made of: beside unknown words it may be one',
  fine: 'says so only together with "I", "we" or "all": ok, good',
  unsafe: 'a whole phrase that says not safe',
  help: 'a cry for help',
  politeHelp: 'a cry for help that also means "please" before a request',
  need: 'need, want, give us',
  unneeded: 'a whole phrase that says no help is needed',
  hurt: 'injured, dead, danger: harm that "nobody is" takes away',
  ill: 'sick, fever, pain',
  trapped: 'stuck, locked in, cannot get out',
  harm: 'harm that no negation takes away',
  risk: 'harm that must be looked at first (P1)',
  frail: 'baby, pregnant: first when help is needed',
  trouble: 'flood, smoke, afraid: help unless the reply ends in "but safe"',
  food: 'food and water',
  medicine: 'medicine, doctor',
  papers: 'papers, transport, money',
  power: 'electricity, network',
  have: 'there is, we have',
  lack: 'without, none left',
  able: 'leave, breathe, move: "not" before or after these is a cry for help',
  notBefore: 'negates what follows',
  notAfter: 'negates what stands before',
  cannot: 'cannot: what it negates is wanted',
  stopKeyword: 'a whole message that opts out',
  stopVerb: 'stop, cancel, remove',
  stopAsk: 'a whole phrase that opts out',
  message: 'messages, SMS, list',
  send: 'send, text, call',
  startKeyword: 'a whole message that opts in',
  startAsk: 'a whole phrase that opts in',
  again: 'again',
  receive: 'receive, subscribe',
  infoKeyword: 'a whole message that asks for information',
  info: 'information, details, number',
  infoAsk: 'a whole phrase that asks for it',
  question: 'makes its clause a question',
  questionEnd: 'does so at the end of the clause',
  wish: 'stay safe, good day, peace be upon you',
  you: 'you: not about the sender',
  maybe: 'if, maybe, hope, will, do not know',
  but: 'but, except',
  courtesy: 'thanks, greetings, please, sir',
  i: 'I, me',
  we: 'we, us',
  all: 'all, everyone',
  befall: 'happen, go wrong, scratch: nothing of it says safe',
  other: 'brother, friend: somebody else',
  moved: 'left, arrived, came back',
  wantHome: 'want to go home',
  staying: 'we stay here',
  now: 'now',
  at: 'in, at',
  from: 'from',
  atAfter: 'in, after the place',
  fromAfter: 'from, after the place',
  people: 'persons, of us: makes a number a count',
  unit: 'days, floor: makes a number no count',
  with: 'and, with',
  more: 'others, more',
  filler: 'words without weight here',
} as const;
export type Role = keyof typeof roles;

export interface LexiconFile {
  language: string;
  translator: string;
  review: { state: string; by: string | null; on: string | null };
  notes?: string;
  /** English words that are something else in this language */
  notEnglish?: string[];
  /** spellings that sound alike in Latin letters: [written, read as] */
  sameSound?: string[][];
  /** endings that say "in" or "from" on a place name */
  placeEndings?: { at?: string[]; from?: string[] };
  numbers?: Record<string, number>;
  words: { [role in Role]?: string[] };
}

interface Node {
  next: Map<number, Node>;
  terms?: Term[];
}
interface Term {
  written: string;
  length: number;
  openEnd: boolean;
  roles: Set<Role>;
  value?: number;
}

export interface Hit {
  start: number;
  end: number;
  written: string;
  /** letters of the term itself, without the ending that a `*` took */
  literal: number;
  roles: Set<Role>;
  value?: number;
  /** set while reading: this negation's object, or that a negation binds here */
  negated?: boolean;
  bound?: boolean;
  negatedBy?: Hit;
  /** words between the negation and its object */
  apart?: number;
  /** the term holds a negation itself ("nobody is hurt"): another one outside adds nothing */
  saysNo?: boolean;
  /** what the words inside a longer term are: "no food" holds food */
  inner?: Set<Role>;
}

export interface Language {
  tag: string;
  file: LexiconFile;
  sound: ((text: string) => { text: string; at: number[] }) | null;
  fromWordStart: Node;
  fromAnywhere: Node;
  /** single words, for writing without spaces and for near misses */
  words: Map<string, Set<Role>>;
  /** every word of every phrase */
  vocabulary: Set<string>;
  /** words that matter so much that one slip away from them is noticed, by length */
  weighty: Map<number, { word: string; cry: boolean }[]>;
  notEnglish: Set<string>;
}

export interface Lexicon {
  tags: string[];
  /** built on first use: thirty languages would slow the start of an isolate */
  language(tag: string): Language | undefined;
}

const otherNames: Record<string, string> = {
  tl: 'fil',
  prs: 'fa',
  pes: 'fa',
  pus: 'ps',
  zh: 'zh-Hans',
  yue: 'zh-Hans',
  cmn: 'zh-Hans',
  in: 'id',
  ms: 'id',
  nb: 'no',
};

export function compileLexicon(files: LexiconFile[]): Lexicon {
  const sources = new Map(files.map((file) => [file.language, file]));
  const built = new Map<string, Language>();
  const resolve = (tag: string): LexiconFile | undefined => {
    if (sources.has(tag)) return sources.get(tag);
    const main = tag.toLowerCase().split(/[-_]/)[0]!;
    return sources.get(otherNames[main] ?? main) ?? sources.get(main);
  };
  return {
    tags: files.map((file) => file.language),
    language(tag) {
      const file = resolve(tag);
      if (!file) return undefined;
      let language = built.get(file.language);
      if (!language) {
        language = build(file);
        built.set(file.language, language);
      }
      return language;
    },
  };
}

function build(file: LexiconFile): Language {
  const sound = file.sameSound ? soundAlike(file.sameSound) : null;
  const language: Language = {
    tag: file.language,
    file,
    sound,
    fromWordStart: { next: new Map() },
    fromAnywhere: { next: new Map() },
    words: new Map(),
    weighty: new Map(),
    vocabulary: new Set(),
    notEnglish: new Set((file.notEnglish ?? []).map(normalise)),
  };
  for (const [role, terms] of Object.entries(file.words)) for (const term of terms) add(language, term, role as Role);
  for (const [word, value] of Object.entries(file.numbers ?? {})) add(language, word, 'filler', value);
  for (const [word, roles] of language.words) {
    const cry = cries.some((role) => roles.has(role));
    if (word.length < 3 || !(cry || roles.has('notBefore') || roles.has('notAfter'))) continue;
    language.weighty.set(word.length, [...(language.weighty.get(word.length) ?? []), { word, cry }]);
  }
  return language;
}

const cries: Role[] = ['help', 'hurt', 'trapped', 'harm', 'risk', 'unsafe'];

function add(language: Language, written: string, role: Role, value?: number) {
  const openStart = written.startsWith('*');
  const openEnd = written.endsWith('*');
  let text = normalise(written.replaceAll('*', '')).replace(/[.,?]+$/, '');
  if (language.sound && /[a-z]/.test(text)) text = language.sound(text).text;
  if (text === '') return;
  for (const part of text.split(' ')) language.vocabulary.add(part);
  const anywhere = openStart || kindAt(text, 0) === joined;
  let node = anywhere ? language.fromAnywhere : language.fromWordStart;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    let next = node.next.get(unit);
    if (!next) {
      next = { next: new Map() };
      node.next.set(unit, next);
    }
    node = next;
  }
  node.terms ??= [];
  let term = node.terms.find((known) => known.openEnd === openEnd);
  if (!term) {
    term = { written, length: text.length, openEnd, roles: new Set() };
    node.terms.push(term);
  }
  term.roles.add(role);
  if (value !== undefined) term.value = value;
  if (!openStart && !openEnd && !text.includes(' ')) {
    const known = language.words.get(text) ?? new Set();
    known.add(role);
    language.words.set(text, known);
  }
}

/** One pass from left to right, longest spelling first, then doubled letters joined; `at` leads back to the text. */
function soundAlike(pairs: string[][]) {
  const byFirst = new Map<string, [string, string][]>();
  for (const [from, to] of pairs as [string, string][])
    byFirst.set(from[0]!, [...(byFirst.get(from[0]!) ?? []), [from, to]]);
  for (const list of byFirst.values()) list.sort((a, b) => b[0].length - a[0].length);
  return (text: string) => {
    let out = '';
    const at: number[] = [];
    for (let index = 0; index < text.length; ) {
      const rule = byFirst.get(text[index]!)?.find(([from]) => text.startsWith(from, index));
      const written = rule ? rule[1] : text[index]!;
      for (const character of written) {
        if (character === out.at(-1) && character >= 'a' && character <= 'z') continue;
        out += character;
        at.push(index);
      }
      index += rule ? rule[0].length : 1;
    }
    at.push(text.length);
    return { text: out, at };
  };
}

const mark = /^\p{M}$/u;

function scan(text: string, language: Language, hits: Hit[], at: number[] | null, without: Set<string> | null) {
  for (let start = 0; start < text.length; start++) {
    const kind = kindAt(text, start);
    if (kind === gap) continue;
    const before = start === 0 ? gap : kindAt(text, start - 1);
    const wordStart = before === gap || before === joined || kind === joined || (before === numeral && kind === letter);
    if (wordStart) walk(text, start, language.fromWordStart, hits, at, without);
    if (language.fromAnywhere.next.size) walk(text, start, language.fromAnywhere, hits, at, without);
  }
}

function walk(text: string, start: number, root: Node, hits: Hit[], at: number[] | null, without: Set<string> | null) {
  let node: Node | undefined = root;
  for (let index = start; index < text.length; index++) {
    node = node.next.get(text.charCodeAt(index));
    if (!node) return;
    if (!node.terms) continue;
    const end = index + 1;
    for (const term of node.terms) {
      let last = end;
      if (!wordEnds(text, end)) {
        if (!term.openEnd) continue;
        if (kindAt(text, index) !== joined) while (last < text.length && !wordEnds(text, last)) last++;
      }
      if (without?.has(text.slice(start, end))) continue;
      hits.push({
        start: at ? at[start]! : start,
        end: at ? at[last]! : last,
        written: term.written,
        literal: term.length,
        roles: term.roles,
        ...(term.value === undefined ? {} : { value: term.value }),
      });
    }
  }
}

function wordEnds(text: string, end: number): boolean {
  if (end >= text.length) return true;
  const before = kindAt(text, end - 1);
  const after = kindAt(text, end);
  if (after === gap) return true;
  if (mark.test(text[end]!)) return false;
  return before === joined || after === joined || (before === numeral) !== (after === numeral);
}

const keywordRoles = new Set<Role>(['stopKeyword', 'startKeyword', 'infoKeyword']);

/** A negation that begins inside a longer term is the end of that term: 도움필요없|어요. */
const isNegation = (hit: Hit) => hit.roles.has('notBefore') || hit.roles.has('notAfter');

/** "people trapped" as somebody else must not hide "trapped". */
const namesOnly = (hit: Hit) => ['other', 'people', 'i', 'we', 'all'].some((role) => hit.roles.has(role as Role));
const isHarm = (hit: Hit) =>
  ['hurt', 'ill', 'trapped', 'harm', 'risk', 'help', 'unsafe'].some((role) => hit.roles.has(role as Role));

/** Every word of these languages in the text, the longest where one lies inside another. */
export function findWords(text: string, languages: Language[]): Hit[] {
  const found: Hit[] = [];
  for (const language of languages) {
    const without = language.tag === 'en' && languages[0] !== language ? languages[0]!.notEnglish : null;
    if (language.sound) {
      const sounded = language.sound(text);
      scan(sounded.text, language, found, sounded.at, without);
    } else scan(text, language, found, null, without);
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end || b.literal - a.literal);
  const kept: Hit[] = [];
  /** the hit that covers this place of the text */
  let cover: Hit | undefined;
  for (const hit of found) {
    const inside = cover !== undefined && hit.end <= cover.end;
    if (cover && cover.start === hit.start && cover.end === hit.end) {
      if (cover.literal === hit.literal || [...cover.roles].every((role) => keywordRoles.has(role)))
        cover.roles = new Set([...cover.roles, ...hit.roles]);
      cover.value ??= hit.value;
    } else if (!inside) {
      if (cover && hit.start < cover.end && isNegation(hit)) continue;
      cover = { ...hit };
      kept.push(cover);
    } else if (cover && ((namesOnly(cover) && isHarm(hit)) || hit.start >= cover.start + cover.literal))
      kept.push({ ...hit });
    else if (cover) {
      if (isNegation(hit)) cover.saysNo = true;
      cover.inner = new Set([...(cover.inner ?? []), ...hit.roles]);
    }
  }
  return kept;
}
