import { type Clause, find, has, says } from './clauses.ts';
import type { Hit, Role } from './lexicon.ts';

/** What the words of a reply speak for. Each entry names the words that it rests on. */
export interface Evidence {
  help: Cry[];
  safe: Statement[];
  moved: Statement[];
  stop: Hit[];
  stopRefused: boolean;
  start: Hit[];
  info: Hit[];
  /** why nothing may be called safe or moved here */
  doubts: string[];
}
export interface Cry {
  hit: Hit;
  why: string;
  clause: Clause;
  /** asks for help without saying of what */
  plain?: boolean;
}
export interface Statement {
  hit: Hit;
  clause: Clause;
}

const things: Role[] = ['food', 'medicine', 'papers', 'power'];
const asksFor: Role[] = [
  'info',
  'infoAsk',
  'message',
  'receive',
  'startAsk',
  'startKeyword',
  'stopAsk',
  'stopVerb',
  'again',
];

export function weigh(clauses: Clause[]): Evidence {
  const evidence: Evidence = {
    help: [],
    safe: [],
    moved: [],
    stop: [],
    stopRefused: false,
    start: [],
    info: [],
    doubts: [],
  };
  for (const clause of clauses) {
    weighStop(clause, evidence);
    weighRequests(clause, evidence);
    weighHelp(clause, evidence);
    weighSafe(clause, evidence);
  }
  weighTrouble(clauses, evidence);
  weighDoubts(clauses, evidence);
  weighNews(clauses, evidence);
  return evidence;
}

function weighStop(clause: Clause, evidence: Evidence) {
  const verb = clause.hits.find((hit) => has(hit, 'stopVerb', 'stopAsk'));
  if (verb?.negated) evidence.stopRefused = true;
  const ask = clause.hits.find((hit) => hit.roles.has('stopAsk') && !hit.negated);
  const acts = clause.hits.find((hit) => hit.roles.has('stopVerb') && !hit.negated);
  const object = clause.hits.find((hit) => has(hit, 'message', 'send', 'receive') && hit !== acts);
  const refuses = clause.hits.find(
    (hit) => hit.roles.has('send') && hit.negated && !hit.negatedBy?.roles.has('cannot'),
  );
  const unwanted = clause.hits.find(
    (hit) => has(hit, 'message', 'receive') && hit.negated && !hit.negatedBy?.roles.has('cannot'),
  );
  const needless = clause.hits.find((hit) => hit.roles.has('need') && hit.negated);
  const object2 = clause.hits.find((hit) => has(hit, 'message', 'receive'));
  if (ask) evidence.stop.push(ask);
  else if (acts && object) evidence.stop.push(acts);
  else if (refuses && !clause.question) evidence.stop.push(refuses);
  else if (needless && object2) evidence.stop.push(needless);
  else if (unwanted && !verb && !clause.question && says(clause, 'need', 'send', 'more')) evidence.stop.push(unwanted);
}

function weighRequests(clause: Clause, evidence: Evidence) {
  const ask = find(clause, 'startAsk');
  const again = find(clause, 'again');
  const receive = clause.hits.find((hit) => has(hit, 'receive', 'message', 'send', 'startKeyword') && !hit.negated);
  const wants = clause.hits.find((hit) => hit.roles.has('receive') && !hit.negated && says(clause, 'need', 'message'));
  if (ask && !ask.negated) evidence.start.push(ask);
  else if (again && receive && !again.negated) evidence.start.push(receive);
  else if (wants && says(clause, 'need')) evidence.start.push(wants);
  const infoAsk = find(clause, 'infoAsk');
  const info = clause.hits.find((hit) => hit.roles.has('info') && !hit.negated);
  if (infoAsk) evidence.info.push(infoAsk);
  else if (
    info &&
    (clause.question || says(clause, 'need', 'send', 'politeHelp', 'courtesy', 'more') || clause.words <= 2)
  )
    evidence.info.push(info);
}

/** "no help needed", "help is not necessary": the need or the help is negated, and by no "cannot". */
function needsNothing(clause: Clause): boolean {
  if (says(clause, 'unneeded')) return true;
  const refused = (hit: Hit) => hit.negated === true && !hit.negatedBy?.roles.has('cannot');
  const need = clause.hits.find((hit) => hit.roles.has('need'));
  const help = clause.hits.find((hit) => has(hit, 'help', 'politeHelp'));
  return (need !== undefined && refused(need)) || (need !== undefined && help !== undefined && refused(help));
}

/** "no injuries": only a negation right beside takes harm away; "leg broken, cannot walk" keeps it. */
const takenAway = (hit: Hit) => hit.negated === true && (hit.apart ?? 9) <= 1 && !hit.negatedBy?.roles.has('cannot');

function weighHelp(clause: Clause, evidence: Evidence) {
  const nothing = needsNothing(clause);
  const asksAboutYou = clause.question && says(clause, 'you') && !says(clause, 'i', 'we', 'help');
  for (const hit of clause.hits) {
    const cry = (why: string, plain = false) => evidence.help.push({ hit, why, clause, plain });
    if (hit.roles.has('unsafe') && !says(clause, 'wish')) cry('not safe');
    else if (has(hit, 'safe', 'fine') && hit.negated && !says(clause, 'wish')) cry('not safe');
    else if (has(hit, 'risk', 'trapped', 'harm', 'ill')) cry('harm');
    else if (hit.roles.has('hurt') && !takenAway(hit)) cry('harm');
    else if (hit.roles.has('help')) {
      if (hit.negated && hit.negatedBy?.roles.has('cannot')) cry('no help');
      else if (
        hit.negated &&
        !nothing &&
        clause.words > 2 &&
        (hit.negatedBy?.roles.has('lack') || says(clause, 'able'))
      )
        cry('no help comes');
      else if (!hit.negated && !nothing && !asksAboutYou) cry('asks for help', true);
    } else if (hit.roles.has('politeHelp')) {
      const request = clause.hits.some(
        (other) =>
          other.start >= hit.end &&
          has(other, 'stopVerb', 'stopAsk', 'info', 'infoAsk', 'startAsk', 'startKeyword', 'receive', 'message'),
      );
      if (!hit.negated && !nothing && !request && !asksAboutYou) cry('asks for help', true);
    } else if (hit.roles.has('need') && !hit.negated && !nothing) {
      const object = clause.hits.some((other) => has(other, ...asksFor));
      const gone = says(clause, 'wish', 'maybe') && clause.unknown.length === 0 && clause.hits.length < 4;
      if (
        !object &&
        !asksAboutYou &&
        !gone &&
        (clause.unknown.length > 0 ||
          says(clause, 'food', 'medicine', 'papers', 'power', 'able', 'moved', 'safe', 'help') ||
          clause.words <= 3)
      )
        cry('needs something');
    } else if (has(hit, ...things) && !nothing && !has(hit, 'safe', 'fine')) {
      const request = says(clause, 'info', 'infoAsk', 'message', 'stopVerb');
      if (hit.negated || (says(clause, 'lack') && !request)) cry('lacks');
    } else if (
      has(hit, 'able', 'moved', 'staying') &&
      hit.negated &&
      (hit.roles.has('able') || hit.negatedBy?.roles.has('cannot'))
    )
      cry('cannot');
    else if (hit.roles.has('able') && says(clause, 'lack')) cry('cannot');
    else if (hit.roles.has('wantHome')) cry('wants to go home', true);
  }
}

function weighSafe(clause: Clause, evidence: Evidence) {
  const uncertain = clause.question || says(clause, 'wish', 'maybe', 'question');
  const aboutYou = says(clause, 'you') && !says(clause, 'i', 'we');
  for (const hit of clause.hits) {
    if (hit.roles.has('moved') && !hit.negated && !uncertain && !aboutYou) evidence.moved.push({ hit, clause });
    if (uncertain || aboutYou) {
      if (has(hit, 'safe', 'fine')) evidence.doubts.push(clause.question ? 'asks' : 'a wish, a doubt or about you');
      continue;
    }
    if (hit.roles.has('root') && clause.unknown.length > 0 && !says(clause, 'i', 'we', 'all', 'other', 'people', 'now'))
      evidence.doubts.push('perhaps a greeting');
    else if (hit.roles.has('safe') && !hit.negated) evidence.safe.push({ hit, clause });
    else if (hit.roles.has('befall') && hit.negated && clause.unknown.length === 0) evidence.safe.push({ hit, clause });
    else if (hit.roles.has('hurt') && takenAway(hit)) evidence.safe.push({ hit, clause });
    else if (
      hit.roles.has('fine') &&
      !hit.negated &&
      says(clause, 'i', 'we', 'all', 'other', 'people') &&
      clause.unknown.length === 0
    )
      evidence.safe.push({ hit, clause });
  }
}

/** "house damaged but we are safe" is safe; "safe but the water rises" is not; trouble alone is a cry for help. */
function weighTrouble(clauses: Clause[], evidence: Evidence) {
  const lastSafe = Math.max(
    -1,
    ...evidence.safe.map((one) => one.hit.start),
    ...evidence.moved.map((one) => one.hit.start),
  );
  const asked = (clause: Clause, hit: Hit) => clause.question && !hit.negated;
  for (const clause of clauses) {
    for (const hit of clause.hits) {
      if (hit.roles.has('trouble') && !hit.negated) {
        if (lastSafe < 0 && !asked(clause, hit)) evidence.help.push({ hit, why: 'trouble', clause });
        else if (hit.start > lastSafe && clause.afterBut) evidence.help.push({ hit, why: 'trouble', clause });
        else if (hit.start > lastSafe) evidence.doubts.push(`trouble: ${hit.written}`);
      } else if (
        has(hit, 'food', 'medicine') &&
        !hit.negated &&
        lastSafe < 0 &&
        evidence.help.length === 0 &&
        !clause.question
      ) {
        if (!says(clause, 'have', 'info', 'infoAsk') && clause.words <= 3)
          evidence.help.push({ hit, why: 'names a need', clause });
      } else if (has(hit, 'food', 'medicine', 'papers') && lastSafe >= 0 && !says(clause, 'have') && !hit.negated) {
        if (says(clause, 'courtesy') && !clause.hits.some((one) => has(one, 'safe', 'fine')))
          evidence.help.push({ hit, why: 'asks for', clause });
        else if (!clause.hits.some((one) => has(one, 'safe', 'fine'))) evidence.doubts.push(`names ${hit.written}`);
      }
    }
  }
}

const tooMany = 9;

function weighDoubts(clauses: Clause[], evidence: Evidence) {
  const settles = (clause: Clause) =>
    evidence.safe.some((one) => one.clause === clause) || evidence.moved.some((one) => one.clause === clause);
  let unknown = 0;
  for (const clause of clauses) {
    unknown += clause.unknown.length;
    for (const hit of clause.hits) {
      if (!has(hit, 'notBefore', 'notAfter') || hit.bound) continue;
      evidence.doubts.push(`negation: ${hit.written}`);
    }
    if (clause.afterBut && !settles(clause) && !needsNothing(clause)) {
      if (clause.unknown.length > 0 || !says(clause, 'courtesy', 'have', 'wish', 'staying', 'fine'))
        evidence.doubts.push('something after "but"');
    }
    if (!settles(clause) && clause.unknown.length > 0 && says(clause, 'other') && !says(clause, 'with'))
      evidence.doubts.push('something about another person');
    const lastSafe = Math.max(-1, ...evidence.safe.filter((one) => one.clause === clause).map((one) => one.hit.end));
    const after = clause.hits.find((hit) => hit.roles.has('other') && hit.start >= lastSafe);
    if (lastSafe >= 0 && after && clause.unknownAfter(after.end) >= 2)
      evidence.doubts.push('something about another person');
    if (clause.hits.some((hit) => hit.roles.has('power') && (hit.negated || says(clause, 'lack'))))
      evidence.doubts.push('lacks power or network');
  }
  if (unknown > tooMany) evidence.doubts.push('too many unknown words');
}

/**
 * "the roof came down on my father", "the madam does not give my papers": the gateway does not know the verb, but people
 * who write of somebody or something without a word of safety do so because of trouble.
 */
function weighNews(clauses: Clause[], evidence: Evidence) {
  if (
    evidence.help.length ||
    evidence.safe.length ||
    evidence.moved.length ||
    evidence.stop.length ||
    evidence.stopRefused ||
    evidence.start.length ||
    evidence.info.length
  )
    return;
  if (
    clauses.some(
      (clause) =>
        clause.question ||
        says(clause, 'wish', 'safe', 'unneeded', 'stopVerb', 'startAsk', 'info', 'infoAsk', 'message', 'receive'),
    )
  )
    return;
  for (const clause of clauses) {
    if (says(clause, 'courtesy') && clause.words <= 3) continue;
    const refused = clause.hits.some((hit) => has(hit, 'notBefore', 'notAfter'));
    const someone = find(clause, 'other', 'frail');
    const something = find(clause, 'food', 'medicine', 'papers');
    const told = someone ?? something;
    if (told && (clause.unknown.length > 0 || refused) && !says(clause, 'have'))
      evidence.help.push({ hit: told, why: 'news without a word of safety', clause });
  }
}
