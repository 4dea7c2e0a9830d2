import { phonesIn } from './phones.ts';
import { readingSeconds } from './reading.ts';
import { lastWords, oneLine, splitSentences } from './sentences.ts';
import { utc } from './xml.ts';

/** The classes that news agencies know. */
export type BulletinStatus = 'NEW' | 'UPDATE' | 'CORRECTION' | 'KILL';

/** One alert in one language for one station; all words are rendered already. */
export interface ScriptInput {
  station: { name: string };
  /** BCP 47 */
  language: string;
  direction: 'ltr' | 'rtl';
  /** the station's own count of bulletins */
  number: number;
  /** the bulletin that this one takes the place of */
  replaces?: number;
  status: BulletinStatus;
  /** the number of the message, for example LK7K3M */
  ref: string;
  org: string;
  /** what happens, in the language, for the slug */
  event: string;
  /** the radio text of the alert */
  radio: string;
  /** the locale's `radio_intro`, `radio_number`, `radio_repeat`, `radio_outro`, and `exercise_prefix`, `withdrawn` where it has them */
  words: { intro: string; number: string; repeat: string; outro: string; exercise?: string; withdrawn?: string };
  readFrom: Date;
  notAfter: Date;
  exercise: boolean;
  /** whom the station asks when in doubt; never read on air */
  contact?: string;
}

/** A bulletin as a presenter gets it. Every string is one line. */
export interface Script {
  slug: string;
  station: string;
  language: string;
  direction: 'ltr' | 'rtl';
  number: number;
  replaces?: number;
  status: BulletinStatus;
  ref: string;
  exercise: boolean;
  /** RFC 3339 UTC */
  readFrom: string;
  /** RFC 3339 UTC; not a word of it may be read later */
  notAfter: string;
  /** planned length on air */
  seconds: number;
  source: string;
  intro: string;
  /** one idea a line; a telephone number is said a second time, in groups, on a line of its own */
  body: string[];
  repeat: string[];
  outro: string;
  /** the last three words, without the stop */
  outCue: string;
  notForAir: string[];
}

// Source and hazard, place, time and the first actions: the order of every template's radio text.
const SENTENCES_REPEATED = 5;

/** Writes the script of one alert in one language. The source is said in the first and in the last sentence. */
export function composeScript(input: ScriptInput): Script {
  const source = oneLine(input.org);
  const language = oneLine(input.language);
  const sentences = splitSentences(input.radio);
  const number = oneLine(input.words.number);
  const intro = exercise(input, withSource(oneLine(input.words.intro), source, 'first'));
  const outro = exercise(input, withSource(oneLine(input.words.outro), source, 'last'));
  const body = lines([...sentences.flatMap(numbersTwice), number]);
  const repeated = sentences.slice(0, SENTENCES_REPEATED).flatMap(numbersTwice);
  const otherNumbers = sentences.slice(SENTENCES_REPEATED).filter((sentence) => phonesIn(sentence).length > 0);
  const repeat = lines([oneLine(input.words.repeat), ...repeated, ...otherNumbers.flatMap(numbersTwice), number]);
  const spoken = lines([intro, ...body, ...repeat, outro]);
  return {
    slug: slugOf(input),
    station: oneLine(input.station.name),
    language,
    direction: input.direction,
    number: input.number,
    ...(input.replaces === undefined ? {} : { replaces: input.replaces }),
    status: input.status,
    ref: oneLine(input.ref),
    exercise: input.exercise,
    readFrom: utc(input.readFrom),
    notAfter: utc(input.notAfter),
    seconds: Math.ceil(readingSeconds(spoken.join('\n'), language)),
    source,
    intro,
    body,
    repeat,
    outro,
    outCue: lastWords(outro, 3),
    notForAir: notForAir(input),
  };
}

function numbersTwice(sentence: string): string[] {
  return [sentence, ...phonesIn(sentence)];
}

function lines(all: string[]): string[] {
  return all.filter((line) => line !== '');
}

/** A translation may have bent the name, or lost it: then it is said as it stands. */
function withSource(sentence: string, source: string, place: 'first' | 'last'): string {
  if (sentence.includes(source)) return sentence;
  return (place === 'first' ? `${source}: ${sentence}` : `${sentence} ${source}`).trim();
}

/** A practice text that is read out must say so at its beginning and at its end. */
function exercise(input: ScriptInput, sentence: string): string {
  return input.exercise ? `${oneLine(input.words.exercise ?? '') || 'TEST'}: ${sentence}` : sentence;
}

function slugOf(input: ScriptInput): string {
  const slot = utc(input.readFrom).slice(11, 16).replace(':', '');
  return oneLine(`${input.event} / ${input.language} / ${input.station.name} / ${slot}Z`);
}

function notForAir(input: ScriptInput): string[] {
  const former = input.replaces === undefined ? 'the former bulletin' : `bulletin ${input.replaces}`;
  const notes: string[] = [];
  if (input.exercise) notes.push('EXERCISE. Nothing has happened. Read it only if you agreed to take part.');
  if (input.status === 'UPDATE') notes.push(`Takes the place of ${former}. Do not read ${former} any more.`);
  if (input.status === 'CORRECTION') {
    notes.push(
      `Corrects ${former}. Read this at least as often as ${former} was read. Do not read ${former} any more.`,
    );
  }
  if (input.status === 'KILL') {
    notes.push(`KILL: stop reading ${former} now. Read this at least as often as ${former} was read.`);
    notes.push(oneLine(input.words.withdrawn ?? ''));
  }
  notes.push('Read it as written. Add no names, no meeting points and no numbers of dead or injured.');
  if (input.contact) notes.push(`In doubt ask: ${oneLine(input.contact)}`);
  return lines(notes);
}
