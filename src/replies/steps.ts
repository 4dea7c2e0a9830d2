import type { Found, Town } from './towns.ts';

/** What a dialogue is for, and where it stands. */
export type Kind = 'register' | 'edit' | 'move' | 'language' | 'erase' | 'practice' | 'help';
export type Step =
  | 'hello'
  | 'language'
  | 'place'
  | 'which'
  | 'nationality'
  | 'private'
  | 'confirm'
  | 'done'
  | 'try'
  | HelpStep;
/** What may be asked after a cry for help, in this order, each once. */
export type HelpStep = 'kind' | 'where' | 'count';

/** A dialogue with one address: everything that was told so far is in it. */
export interface State {
  kind: Kind;
  step: Step;
  told: Told;
}

export interface Told {
  /** BCP 47 */
  language?: string;
  town?: Town;
  /** ISO 3166-1 */
  nationality?: string;
  /** places that were asked back: 51 is the first */
  choices?: Town[];
  /** what confirms an erasure */
  code?: string;
  /** how often the question was put again */
  again?: number;
  /** questions after a cry for help that are still to come, the open one first */
  asks?: HelpStep[];
  /** id of the case that the answers belong to */
  case?: number;
  /** the dialogue that a cry for help stands before: it goes on afterwards */
  before?: State;
}

/** A message as a step may need it. Help, STOP and a statement of being safe never come this far. */
export interface Read {
  /** the digits of a message of digits only: 0, 7, 8, 51, 72 */
  code?: string | undefined;
  /** the language that it names, by code or in words */
  language?: string | null;
  found?: Found;
  /** the country that it names */
  country?: string | null;
  /** what was written after DELETE */
  typed?: string | undefined;
  /** a number of people */
  people?: number | undefined;
}

/** One message to say: a key of replies.json, and what its values are made of. */
export interface Say {
  key: string;
  towns?: Town[];
  menu?: boolean;
  /** codes that can be pressed in place of written */
  codes?: string[];
}

export type Effect =
  | { does: 'register'; discreet: boolean; told: Told }
  | { does: 'change'; told: Told }
  | { does: 'erase' }
  | { does: 'note'; case: number; town?: Town; people?: number };

export interface Outcome {
  /** null: it is at its end */
  next: State | null;
  say: Say[];
  effect?: Effect;
  /** whether the message was understood whole; else a person reads it too */
  heard: boolean;
}

/** A question that was not understood is put again so often, then the dialogue is silent: two robots must end. */
const AGAIN = 2;

/** The first code of a place that is asked back; no reserved code means a place (playbook 5.4). */
const FIRST_TOWN = 51;

/** The question of a state, to be put or put again. */
export function ask(state: State): Say {
  const yesNo = ['7', '8'];
  switch (state.step) {
    case 'hello':
      return { key: 'reg_0_hello', codes: ['7'] };
    case 'language':
      return { key: 'reg_1_lang', menu: true };
    case 'place':
      return { key: 'reg_2_place' };
    case 'which': {
      const towns = state.told.choices ?? [];
      return towns.length === 1
        ? { key: 'reg_2b_place', towns, codes: yesNo }
        : { key: 'ask_which_place', towns, codes: towns.map((_, i) => String(FIRST_TOWN + i)) };
    }
    case 'nationality':
      return { key: 'reg_3_nat', codes: ['0'] };
    case 'private':
      return { key: 'reg_5_private', codes: ['8', '7'] };
    case 'confirm':
      return { key: 'delete_confirm' };
    case 'try':
      return { key: 'practice' };
    case 'done':
      return { key: 'delete_done' };
    case 'kind':
      return { key: 'ask_help_kind', codes: ['3', '4', '5', '6', '9'] };
    case 'where':
      return { key: 'ask_where', codes: ['0'] };
    case 'count':
      return { key: 'ask_count' };
  }
}

/** How choices of places are numbered, and what a number chooses. */
export const numberedTowns = (towns: readonly Town[]): { code: string; town: Town }[] =>
  towns.map((town, i) => ({ code: String(FIRST_TOWN + i), town }));

/**
 * One message in a dialogue. Pure: everything that follows is in what it returns.
 * @param home ISO 3166-1 of the organisation: 7 says that one belongs to it
 */
export function advance(state: State, read: Read, home: string): Outcome {
  switch (state.step) {
    case 'hello':
      if (read.code === '7') return goOn(state, 'language');
      if (read.code === '8' || read.code === '0') return { next: null, say: [{ key: 'not_registered' }], heard: true };
      return again(state);
    case 'language':
      if (read.language) return goOn(state, 'place', { language: read.language });
      return read.code === '0' ? goOn(state, 'place') : again(state);
    case 'place':
      return place(state, read);
    case 'which':
      return which(state, read);
    case 'nationality':
      if (read.code === '7') return goOn(state, 'private', { nationality: home });
      if (read.country) return goOn(state, 'private', { nationality: read.country });
      return read.code === '0' ? goOn(state, 'private') : again(state);
    case 'private':
      if (read.code === '7') return registered(state, true);
      return read.code === '8' || read.code === '0' ? registered(state, false) : again(state);
    case 'confirm':
      if (read.typed !== undefined && read.typed === state.told.code)
        return {
          next: { kind: 'erase', step: 'done', told: {} },
          say: [{ key: 'delete_done' }],
          effect: { does: 'erase' },
          heard: true,
        };
      if (read.code === '0' || read.code === '8') return { next: null, say: [], heard: true };
      return { next: state, say: [], heard: false };
    case 'try':
    case 'done':
      return { next: state, say: [], heard: false };
    case 'kind':
      // in words of their own, or skipped: a person reads the words, and the next is asked
      return helpGoesOn(state, undefined, read.code === '0');
    case 'where': {
      if (read.code === '0') return helpGoesOn(state, undefined, true);
      const town = read.found?.sure;
      const outcome = helpGoesOn(state, 'ack_where', town !== undefined);
      return town ? { ...outcome, effect: { does: 'note', case: state.told.case!, town } } : outcome;
    }
    case 'count': {
      if (read.people === undefined) return helpGoesOn(state, undefined, read.code === '0');
      const note = { does: 'note' as const, case: state.told.case!, people: read.people };
      return { ...helpGoesOn(state, 'menu_unclear_2', true), effect: note };
    }
  }
}

/** A dialogue begins with its first question. */
export function begin(kind: Kind, step: Step, told: Told = {}): Outcome {
  const next: State = { kind, step, told };
  return { next, say: [ask(next)], heard: true };
}

/** The next question; a dialogue that has none left ends. */
function goOn(state: State, step: Step, more: Told = {}): Outcome {
  const { again: _, choices: __, ...told } = { ...state.told, ...more };
  if (state.kind === 'language') return ends({ ...state, told });
  if (step === 'nationality' && state.kind !== 'register') return ends({ ...state, told });
  const next: State = { ...state, step, told };
  return { next, say: [ask(next)], heard: true };
}

function ends(state: State): Outcome {
  const changed = state.told.town !== undefined || state.told.language !== undefined;
  const key = state.kind === 'edit' ? 'data_export' : 'start_done';
  return {
    next: null,
    say: [{ key }],
    ...(changed && { effect: { does: 'change' as const, told: state.told } }),
    heard: true,
  };
}

/** What nobody understood: asked again, and left to a person. */
function again(state: State): Outcome {
  const times = (state.told.again ?? 0) + 1;
  if (times > AGAIN) return { next: state, say: [], heard: false };
  const next: State = { ...state, told: { ...state.told, again: times } };
  return { next, say: [ask(next)], heard: false };
}

function place(state: State, read: Read): Outcome {
  if (read.code === '0') return goOn(state, 'nationality');
  if (read.found?.sure) return goOn(state, 'nationality', { town: read.found.sure });
  const maybe = read.found?.maybe ?? [];
  if (maybe.length === 0) return again(state);
  const next: State = { ...state, step: 'which', told: { ...state.told, choices: maybe } };
  return { next, say: [ask(next)], heard: true };
}

function which(state: State, read: Read): Outcome {
  const choices = state.told.choices ?? [];
  const chosen =
    read.code === '7' && choices.length === 1
      ? choices[0]
      : numberedTowns(choices).find(({ code }) => code === read.code)?.town;
  if (chosen) return goOn(state, 'nationality', { town: chosen });
  if (read.code === '8') {
    const { choices: _, ...told } = state.told;
    const outcome = again({ ...state, step: 'place', told });
    return { ...outcome, heard: true };
  }
  return place(state, read);
}

function registered(state: State, discreet: boolean): Outcome {
  const effect: Effect = { does: 'register', discreet, told: state.told };
  // whoever reads along learns from the last answer only what an ordinary message would say
  if (discreet) return { next: null, say: [{ key: 'ack_safe_discreet' }], effect, heard: true };
  const next: State = {
    kind: 'practice',
    step: 'try',
    told: state.told.language === undefined ? {} : { language: state.told.language },
  };
  return { next, say: [{ key: 'reg_done' }, ask(next)], effect, heard: true };
}

/** What a fresh cry for help leaves open; each is asked once. */
export function askAfterHelp(
  before: State | null,
  of: { case: number; kind: boolean; where: boolean; count: boolean; language: string },
): Outcome {
  const asks = (['kind', 'where', 'count'] as const).filter((one) => of[one]);
  const former = before?.kind === 'help' ? (before.told.before ?? null) : before;
  return openHelp({ case: of.case, asks, language: of.language, ...(former && { before: former }) }, true);
}

/** A further cry in the same dialogue: it may have said what was asked. */
export function moreHelp(state: State, said: { kind: boolean; people: boolean }): Outcome {
  const asks = (state.told.asks ?? []).filter(
    (one) => !(one === 'kind' && said.kind) && !(one === 'count' && said.people),
  );
  if (asks[0] === state.step) return { next: { ...state, told: { ...state.told, asks } }, say: [], heard: true };
  return openHelp({ ...state.told, asks }, true);
}

function helpGoesOn(state: State, thanks: string | undefined, heard: boolean): Outcome {
  const outcome = openHelp({ ...state.told, asks: (state.told.asks ?? []).slice(1) }, heard);
  if (outcome.say.length > 0) return outcome;
  return { ...outcome, say: [{ key: thanks ?? 'menu_unclear_2' }] };
}

function openHelp(told: Told, heard: boolean): Outcome {
  const [step] = told.asks ?? [];
  if (step === undefined) return { next: told.before ?? null, say: [], heard };
  const next: State = { kind: 'help', step, told };
  return { next, say: [ask(next)], heard };
}
