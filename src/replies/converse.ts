import { eq } from 'drizzle-orm';
import { alerts } from '../db/schema.ts';
import { findMessage, sentAt, timeIn } from '../delivery/ours.ts';
import type { Gateway } from '../gateway.ts';
import { noteMovement } from './check-ins.ts';
import { type Command, readCommand } from './commands.ts';
import {
  carryOut,
  keepState,
  menuOf,
  readLanguage,
  readTown,
  type Talker,
  takeStep,
  type Words,
  wordsOf,
} from './dialogues.ts';
import type { Interpretation } from './interpret.ts';
import { lexiconOf } from './lexicons.ts';
import { normalise } from './normalise.ts';
import { advance, ask, askAfterHelp, begin, moreHelp, type Outcome, type State } from './steps.ts';
import { languageOfStart } from './tongues.ts';

type Values = Record<string, string | number>;

const A_DAY_MS = 24 * 3_600_000;
const MOST_PEOPLE = 500;

/** A message on its way through a dialogue. */
export interface Message {
  reply: number;
  text: string;
  said: Interpretation;
  at: number;
  /** the alert that it answers */
  alert: number | null;
  incident: number | null;
  state: State | null;
  /** it has moved the dialogue on already, before a crash */
  done: boolean;
  /** what was pressed, shared as a place, or began a chat */
  pressed: boolean;
}

/** What a dialogue says to a message. */
export interface Turn {
  say: Words[];
  /** understood whole: nobody else need read it */
  heard: boolean;
  /** as they are afterwards */
  talker: Talker;
}

/**
 * What a dialogue makes of a message; undefined when it is none of its business. 1, 2, STOP and a cry for help
 * never come to a dialogue's question (playbook CT-12): only its practice knows that 1 was asked for.
 */
export async function converse(g: Gateway, talker: Talker, message: Message): Promise<Turn | undefined> {
  const { said, state, text } = message;
  const command = readCommand(text);
  if (said.meaning === 'help') return undefined;
  if (said.meaning === 'stop' && command === undefined) {
    if (state) await keepState(g, talker, message.reply, null, message.at);
    return undefined;
  }
  if (message.done && state) return { say: [await wordsOf(g, talker, ask(state), state.told)], heard: true, talker };
  // whoever writes after an erasure is somebody again: nothing of theirs is forgotten with it
  const open = state?.step === 'done' ? null : state;
  if (state && !open) await keepState(g, talker, message.reply, null, message.at);
  if (command) return obey(g, talker, { ...message, state: open }, command);
  if (said.meaning === 'safe' || said.meaning === 'moved') return practised(g, talker, message, open);
  if (said.meaning === 'start') return start(g, talker, { ...message, state: open });
  if (open) {
    const outcome = await takeStep(g, talker, open, text, { code: digitsOf(said), people: countIn(message) });
    return settle(g, talker, message, outcome);
  }
  return changeLanguage(g, talker, message);
}

/** The code of a message of digits only. */
const digitsOf = (said: Interpretation): string | undefined => (said.meaning === 'unclear' ? said.code : undefined);

/** A number of people: `5`, `5 C2`. */
function countIn({ said, text }: Message): number | undefined {
  const alone = /^(\d{1,3})(?: ?c ?\d{1,2})?$/.exec(normalise(text).replace(/[.,?]/g, ' ').trim())?.[1];
  const people = said.people ?? (alone === undefined ? undefined : Number(alone));
  return people !== undefined && people > 0 && people <= MOST_PEOPLE ? people : undefined;
}

/** Keeps what a step decided, does it, and words its answers. */
async function settle(g: Gateway, talker: Talker, message: Message, outcome: Outcome): Promise<Turn | undefined> {
  const { effect, next } = outcome;
  const after = effect ? await carryOut(g, talker, effect) : talker;
  await keepState(g, after, message.reply, next, message.at);
  if (outcome.say.length === 0 && !outcome.heard) return undefined;
  const say: Words[] = [];
  for (const one of outcome.say) say.push(await wordsOf(g, after, one, next?.told ?? {}));
  return { say, heard: outcome.heard, talker: after };
}

/** Words that change no dialogue. */
async function tell(g: Gateway, talker: Talker, key: string, values: Values = {}): Promise<Turn> {
  const { text, language } = await g.catalog.reply(talker.language, key, values);
  return { say: [{ text, language, buttons: [] }], heard: true, talker };
}

async function obey(g: Gateway, talker: Talker, message: Message, command: Command): Promise<Turn | undefined> {
  const { state } = message;
  if (command.is === 'check') return checkMessage(g, talker, command.ref);
  // the registration asks for it already
  if (talker.holders.length === 0) {
    if (state) return settle(g, talker, message, { next: state, say: [ask(state)], heard: true });
    return command.is === 'language' ? register(g, talker, message) : tell(g, talker, 'not_registered');
  }
  // on a shared phone nobody knows who asks: a person does
  if (talker.holders.length > 1) return undefined;
  switch (command.is) {
    case 'data':
      return settle(g, talker, message, { next: state, say: [{ key: 'data_export' }], heard: true });
    case 'edit':
      return settle(g, talker, message, begin('edit', 'language'));
    case 'language':
      return settle(g, talker, message, begin('language', 'language'));
    case 'move': {
      const asked = begin('move', 'place');
      if (command.place === undefined) return settle(g, talker, message, asked);
      const found = await readTown(g, talker, command.place, talker.language);
      // "move me out" is no place: it may be a cry
      if (!found.sure && found.maybe.length === 0) return undefined;
      return settle(g, talker, message, advance(asked.next!, { found }, talker.organisation.country));
    }
    case 'delete':
      if (command.code !== undefined && state?.step === 'confirm')
        return settle(g, talker, message, advance(state, { typed: command.code }, talker.organisation.country));
      return settle(g, talker, message, begin('erase', 'confirm', { code: g.ids.code(4) }));
    case 'go':
      return wish(g, talker, message, 'asks_to_leave', command.people ?? 1);
    case 'stay':
      return wish(g, talker, message, 'staying', 1);
  }
}

/** GO and STAY: what somebody wishes stands beside how they are, and promises nothing. */
async function wish(
  g: Gateway,
  talker: Talker,
  message: Message,
  movement: 'asks_to_leave' | 'staying',
  n: number,
): Promise<Turn | undefined> {
  // without an alert there is nothing to leave: a person reads it
  if (message.incident === null || message.alert === null) return undefined;
  await noteMovement(g, message.incident, talker.holders[0]!, movement);
  if (movement === 'staying') return tell(g, talker, 'stay_ack');
  const [alert] = await g.store.db.select().from(alerts).where(eq(alerts.id, message.alert));
  const until = Math.max(alert!.expiresAt, message.at + A_DAY_MS);
  return tell(g, talker, 'go_ack', { n, time: await timeIn(g, alert!, talker.language, until) });
}

/** The same words for what never was, for drafts and for others' messages. */
async function checkMessage(g: Gateway, talker: Talker, ref: string): Promise<Turn> {
  const found = await findMessage(g, ref);
  if (found?.alert.organisation !== talker.organisation.id) return tell(g, talker, 'check_false', { ref });
  const time = await timeIn(g, found.alert, talker.language, sentAt(found.alert));
  return tell(g, talker, 'check_true', { ref, time });
}

/** The practice asked for a 1; in an emergency it says what it always says. */
async function practised(g: Gateway, talker: Talker, message: Message, state: State | null): Promise<Turn | undefined> {
  if (state?.step !== 'try' || message.said.code !== '1') return undefined;
  await keepState(g, talker, message.reply, null, message.at);
  return message.alert === null ? tell(g, talker, 'practice_done') : undefined;
}

/** START begins a registration, or puts the open question again; who is registered and whose place is not known is asked for it. */
async function start(g: Gateway, talker: Talker, message: Message): Promise<Turn | undefined> {
  const { state } = message;
  if (state?.kind === 'register') return settle(g, talker, message, { next: state, say: [ask(state)], heard: true });
  if (talker.holders.length === 0) return register(g, talker, message);
  if (talker.holders.length > 1 || talker.country !== null) return undefined;
  const asked = begin('move', 'place');
  return settle(g, talker, message, { ...asked, say: [{ key: 'ask_where', codes: ['0'] }] });
}

async function register(g: Gateway, talker: Talker, message: Message, chosen?: string): Promise<Turn | undefined> {
  const order = [...talker.languages, ...(await menuOf(g, talker))];
  const language = chosen ?? languageOfStart(message.text, order, await lexiconOf(g)) ?? talker.language;
  return settle(g, talker, message, begin('register', 'hello', { language }));
}

/** "தமிழ்", "Tamil" or 72 by itself, at any time. */
async function changeLanguage(g: Gateway, talker: Talker, message: Message): Promise<Turn | undefined> {
  if (message.pressed && digitsOf(message.said) === undefined) return undefined;
  if (talker.holders.length > 1) return undefined;
  const language = await readLanguage(g, talker, message.text, digitsOf(message.said), talker.language);
  if (language === null) return undefined;
  // "Indonesia" and "ไทย" are countries too, and nobody asked: a person reads it
  if (digitsOf(message.said) === undefined && (await readTown(g, talker, message.text, talker.language)).sure)
    return undefined;
  if (talker.holders.length === 0) return register(g, talker, message, language);
  return settle(g, talker, message, {
    next: null,
    say: [{ key: talker.country === null ? 'data_export' : 'start_done' }],
    effect: { does: 'change', told: { language } },
    heard: true,
  });
}

/**
 * What is asked after a cry for help, each thing once: what kind, where, and how many when "we" cry.
 * @returns undefined when nothing is left to ask
 */
export async function askOn(
  g: Gateway,
  talker: Talker,
  message: Pick<Message, 'reply' | 'said' | 'at' | 'state'>,
  cry: { case: number; fresh: boolean; we: boolean },
): Promise<Words | undefined> {
  const { said, state } = message;
  const helping = state?.kind === 'help' ? state : null;
  if (!cry.fresh && helping === null) return undefined;
  const outcome =
    cry.fresh || helping === null
      ? askAfterHelp(state, {
          case: cry.case,
          kind: said.need === undefined && !said.risk,
          where: talker.country === null && said.place === undefined,
          count: cry.we && said.people === undefined,
          language: state?.told.language ?? talker.language,
        })
      : moreHelp(helping, { kind: said.need !== undefined, people: said.people !== undefined });
  await keepState(g, talker, message.reply, outcome.next, message.at);
  const [say] = outcome.say;
  return say && wordsOf(g, talker, say, outcome.next?.told ?? {});
}
