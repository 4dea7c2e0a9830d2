import { type Clause, has, says, splitClauses } from './clauses.ts';
import { meaningOf, readDigits } from './codes.ts';
import { countPeople } from './count.ts';
import { type Cry, type Evidence, weigh } from './evidence.ts';
import { findWords, type Hit, type Language, type Lexicon, type Role } from './lexicon.ts';
import { nearMisses, separateWords } from './misspelt.ts';
import { normalise } from './normalise.ts';
import { findPlace } from './place.ts';
import { ownWords } from './quotes.ts';

export { compileLexicon, type Lexicon, type LexiconFile } from './lexicon.ts';

export interface Interpretation {
  meaning: 'safe' | 'help' | 'moved' | 'stop' | 'start' | 'info' | 'unclear';
  code?: string;
  need?: 'doctor' | 'danger' | 'food_water' | 'papers_transport' | 'other' | 'cannot_leave';
  movement?: 'staying' | 'moved_inside' | 'crossed_border' | 'wants_home' | 'home';
  people?: number;
  onBehalf?: boolean;
  place?: string;
  risk?: boolean;
  /** the words or the rule that decided, for the person who reads it */
  because: string[];
}

export interface Context {
  /** BCP 47 of the alert that is answered */
  language?: string;
  openQuestion?: 'count' | 'kind' | 'place' | 'yes_no' | null;
}

/** What a reply means. Pure; never throws; doubt is `unclear`, and a person reads it. */
export function interpret(text: string, context: Context, lexicon: Lexicon): Interpretation {
  const english = lexicon.language('en');
  const own = context.language ? lexicon.language(context.language) : undefined;
  const languages = [...new Set([own, english].filter((language) => language !== undefined))];
  const stops = (normal: string) => findWords(normal, languages).some((hit) => hit.roles.has('stopKeyword'));
  const said = ownWords(text, stops);
  if (said.nothingLeft) return { meaning: 'unclear', because: ['a quotation or reaction without own words'] };
  const command = /^\s*\/(\w+)/.exec(said.text)?.[1]?.toLowerCase();
  if (command === 'stop' || command === 'start') return { meaning: command, because: [`/${command}`] };
  const normal = normalise(command ? said.text.replace('/', '') : said.text);
  const digits = readDigits(normal.replace(/^一$/, '1').replace(/^二$/, '2'), context.openQuestion);
  if (digits) return digits;
  const first = judge(normal, said.text, languages, context);
  if (first.meaning !== 'unclear' || first.firm) return strip(first);
  const elsewhere = judgeInOthers(normal, said.text, languages, lexicon, context);
  return strip(elsewhere ?? first);
}

interface Judged extends Interpretation {
  /** unclear on purpose: no other language may say otherwise */
  firm?: boolean;
}
const strip = ({ firm: _, ...rest }: Judged): Interpretation => rest;

/** The reply may be in another language than the alert: a cry in any of them counts, "safe" only if all that know it agree. */
function judgeInOthers(
  normal: string,
  written: string,
  tried: Language[],
  lexicon: Lexicon,
  context: Context,
): Judged | null {
  let verdicts: Judged[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (const tag of lexicon.tags) {
    const language = lexicon.language(tag);
    if (!language || tried.includes(language)) continue;
    const hits = findWords(normal, [language]);
    if (!hits.some((hit) => hit.end - hit.start >= 3 || normal.length <= 3)) continue;
    const clauses = splitClauses(normal, hits);
    const words = clauses.reduce((sum, clause) => sum + clause.words, 0);
    const unknown = clauses.reduce((sum, clause) => sum + clause.unknown.length, 0);
    // only the languages that know most of it have a say
    if (unknown * 2 >= words || unknown > fewest) continue;
    if (unknown < fewest) verdicts = [];
    fewest = unknown;
    const verdict = judge(normal, written, [language], context);
    if (verdict.meaning !== 'unclear' && (verdict.meaning === 'help' || unknown === 0))
      verdicts.push({ ...verdict, because: [...verdict.because, `read as ${tag}`] });
    else if (verdict.firm) verdicts.push(verdict);
  }
  const cry = verdicts.find((verdict) => verdict.meaning === 'help');
  if (cry) return cry;
  const [one] = verdicts;
  return one && one.meaning !== 'unclear' && verdicts.every((verdict) => verdict.meaning === one.meaning) ? one : null;
}

function judge(normal: string, written: string, languages: Language[], context: Context): Judged {
  const text = separateWords(normal, languages);
  const hits = findWords(text, languages);
  const clauses = splitClauses(text, hits);
  const whole = wholeMessage(text, hits, clauses);
  if (whole) return whole;
  const evidence = weigh(clauses);
  const coded = readCodeInWords(text, clauses, evidence);
  const details = (by: Clause | undefined): Partial<Interpretation> => {
    const people = countPeople(text, hits, languages);
    const place = findPlace(written, text, clauses, languages, context.openQuestion);
    return {
      ...(people === undefined ? {} : { people }),
      ...(by && aboutAnother(by) ? { onBehalf: true } : {}),
      ...(place === undefined ? {} : { place }),
    };
  };
  const seen = (list: { written: string }[], rule: string) =>
    [...new Set(list.map((hit) => `${rule}: ${hit.written}`))].slice(0, 6);

  const cries = evidence.help.filter((cry) => !(cry.plain && servesRequest(cry, evidence)));
  if (cries.length) {
    const by =
      cries.find((cry) => !cry.plain && aboutAnother(cry.clause)) ?? cries.find((cry) => !cry.plain) ?? cries[0]!;
    const need = needOf(cries);
    return {
      meaning: 'help',
      ...(coded?.code && coded.meaning === 'help' ? { code: coded.code } : {}),
      ...(need ? { need } : {}),
      ...details(by.clause),
      ...(clauses.some((clause) => says(clause, 'risk', 'frail')) ? { risk: true } : {}),
      because: [...new Set(cries.map((cry) => `${cry.why}: ${cry.hit.written}`))].slice(0, 6),
    };
  }
  if (coded?.meaning === 'help') return { ...coded, ...details(undefined) };
  if (evidence.stop.length && !evidence.stopRefused)
    return { meaning: 'stop', because: seen(evidence.stop, 'asks to stop') };
  if (evidence.stopRefused) return { meaning: 'unclear', because: ['stop, but negated'], firm: true };
  if (evidence.start.length) return { meaning: 'start', because: seen(evidence.start, 'asks to start') };
  const settled = evidence.moved.length || evidence.safe.length || coded;
  if (settled) {
    const misses = nearMisses(clauses, languages);
    const doubts = [...evidence.doubts, ...misses.map((miss) => `${miss.word} may be ${miss.meant}`)];
    if (doubts.length === 0) {
      if (coded && coded.meaning !== 'safe') return { ...coded, ...details(clauses[0]) };
      if (evidence.moved.length)
        return {
          meaning: 'moved',
          ...details(evidence.moved[0]!.clause),
          because: seen(
            evidence.moved.map((one) => one.hit),
            'moved',
          ),
        };
      const staying = clauses.some((clause) => says(clause, 'staying'));
      return {
        meaning: 'safe',
        ...(coded ?? {}),
        ...(staying && !coded?.movement ? { movement: 'staying' as const } : {}),
        ...details(evidence.safe[0]?.clause),
        because: [
          ...(coded?.because ?? []),
          ...seen(
            evidence.safe.map((one) => one.hit),
            'safe',
          ),
        ],
      };
    }
    if (misses.some((miss) => miss.cry) && !evidence.doubts.length)
      return { meaning: 'unclear', because: doubts, firm: true };
    return { meaning: 'unclear', because: doubts, firm: true };
  }
  if (evidence.info.length) return { meaning: 'info', because: seen(evidence.info, 'asks for') };
  const cry = nearMisses(clauses, languages).find((miss) => miss.cry);
  if (cry && !clauses.some((clause) => says(clause, 'wish')))
    return { meaning: 'help', because: [`${cry.word} looks like ${cry.meant}`] };
  const known = hits.filter((hit) => !hit.roles.has('filler'));
  const because = [...evidence.doubts, ...(known.length ? seen(known, 'saw') : ['no known words'])];
  const place =
    context.openQuestion === 'place' && clauses.length === 1 && known.length === 0
      ? { place: written.trim().slice(0, 100) }
      : {};
  return {
    meaning: 'unclear',
    ...place,
    because,
    ...(evidence.doubts.length ||
    (known.length > 0 && clauses.reduce((sum, clause) => sum + clause.words - 2 * clause.unknown.length, 0) >= 0)
      ? { firm: true }
      : {}),
  };
}

/** Keywords count only as the whole message, polite words beside. */
function wholeMessage(text: string, hits: Hit[], clauses: Clause[]): Judged | null {
  if (clauses.some((clause) => clause.unknown.length > 0) || clauses.length > 2 || /\d/.test(text)) return null;
  const heavy = hits.filter(
    (hit) => !(has(hit, 'courtesy', 'filler') && !has(hit, 'stopKeyword', 'startKeyword', 'infoKeyword')),
  );
  for (const [role, meaning] of [
    ['stopKeyword', 'stop'],
    ['startKeyword', 'start'],
    ['infoKeyword', 'info'],
  ] as const) {
    const also: Role[] =
      role === 'stopKeyword' ? ['message', 'politeHelp', 'all', 'i', 'send'] : ['message', 'politeHelp', 'i', 'again'];
    const words = heavy.filter((hit) => hit.roles.has(role));
    if (
      words.length &&
      words.every((hit) => !hit.negated) &&
      heavy.every((hit) => has(hit, role, ...also)) &&
      !(clauses.some((clause) => clause.question) && meaning !== 'info')
    ) {
      return { meaning, because: words.map((hit) => `${role}: ${hit.written}`) };
    }
  }
  return null;
}

/** "help me stop these messages", "tolong kirim info": the help word serves the request that follows it. */
function servesRequest(cry: Cry, evidence: Evidence): boolean {
  if (
    evidence.help.some((other) => !other.plain) ||
    evidence.help.filter((other) => other.clause === cry.clause).length > 1
  )
    return false;
  const near = (hit: Hit) => hit.start >= cry.hit.end && cry.clause.hits.includes(hit);
  return [...evidence.stop, ...evidence.start].some(near) && !says(cry.clause, 'need');
}

function needOf(cries: Cry[]): Interpretation['need'] {
  const any = (...wanted: Role[]) =>
    cries.some(
      (cry) =>
        has(cry.hit, ...wanted) ||
        wanted.some((role) => cry.hit.inner?.has(role)) ||
        (cry.why === 'needs something' && says(cry.clause, ...wanted)),
    );
  if (any('trapped') || cries.some((cry) => cry.why === 'cannot')) return 'cannot_leave';
  if (any('hurt', 'ill', 'medicine')) return 'doctor';
  if (any('risk')) return 'danger';
  if (any('food')) return 'food_water';
  if (any('papers', 'wantHome')) return 'papers_transport';
  if (any('harm', 'trouble', 'unsafe')) return 'danger';
  return undefined;
}

/** The one who is safe, in need or away is somebody else: "my brother is safe", "safe but my friend is hurt". */
function aboutAnother(clause: Clause): boolean {
  const other = clause.hits.find((hit) => hit.roles.has('other'));
  if (!other) return false;
  const self = clause.hits.find((hit) => has(hit, 'i', 'we') && !hit.roles.has('other'));
  // "my friend": the owner stands right before
  return !self || self.start > other.start || other.start - self.end <= 1;
}

/** A lone 1 or 2 among words: "1 gracias", "2 po". Next to unknown words 1 says nothing; 2 still calls. */
function readCodeInWords(text: string, clauses: Clause[], evidence: Evidence): Interpretation | null {
  const lone = /^[\s.,#]*(\d{1,2})(?=$|[\s.,+\p{L}])|(?<=^|[\s.,])(\d{1,2})[\s.,]*$/u.exec(text);
  const code = lone?.[1] ?? lone?.[2];
  if (!lone || !code) return null;
  const numbers = text.match(/\d+/g)!;
  const at = lone[1] ? lone.index + lone[0].length : -1;
  const settled = evidence.safe.length > 0 || evidence.moved.length > 0;
  const counted = clauses.some((clause) => says(clause, 'people', 'unit', 'we', 'all', 'other'));
  const unknown = clauses.reduce((sum, clause) => sum + clause.unknown.length, 0);
  const light =
    unknown === 0 &&
    clauses.every(
      (clause) =>
        !clause.question &&
        clause.hits.every((hit) =>
          has(hit, 'courtesy', 'filler', 'fine', 'safe', 'i', 'all', 'we', 'people', 'help', 'politeHelp', 'now'),
        ),
    );
  const known = meaningOf(code);
  if (!known) return null;
  if (code === '2') {
    if (settled && !counted && numbers.length === 1) evidence.doubts.push('code 2 beside safe');
    return settled || (counted && clauses.some((clause) => says(clause, 'unit'))) || (counted && at >= 0)
      ? null
      : known;
  }
  if (code === '1')
    return light && evidence.doubts.length === 0 && (at >= 0 || unknown === 0) && !counted ? known : null;
  if (known.meaning === 'help') return light && !settled && !counted ? known : null;
  return evidence.doubts.length === 0 && at >= 0 && !counted ? known : null;
}
