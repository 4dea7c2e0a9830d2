/** All texts of an alert, in every language that its template has. */

import { foldToAscii } from './ascii.ts';
import { TextError } from './assets.ts';
import type { Catalog } from './catalog.ts';
import { compileText } from './compile.ts';
import { isolateCodes, RIGHT_TO_LEFT } from './isolate.ts';
import { type Names, withoutStops } from './names.ts';
import { type LanguageText, renderParameters } from './parameters.ts';
import { countSegments, fold, mostSegments } from './segments.ts';
import { direction } from './tags.ts';
import type { Length, Meta, RenderedText, TemplateText, Values } from './template.ts';

export type { RenderedText } from './template.ts';

/** How an answer can reach us from a country. */
export type ReplyPath = 'two_way' | 'one_way_number' | 'one_way_bare';

export interface AlertContext {
  org: LanguageText;
  /** the organisation in a flash text, as it was set up */
  shortOrg?: string | undefined;
  ref: string;
  exercise?: boolean;
  /** names are never shortened in an SMS: for those who measure a translation */
  whole?: boolean;
  /** names of imported areas by their id */
  areas?: Record<string, LanguageText>;
}

const LENGTHS: Length[] = ['full', 'sms', 'flash', 'radio', 'neutral', 'ascii'];
/** What goes by SMS is folded here already, so that what is approved is what is sent. */
const BY_SMS: Length[] = ['sms', 'flash', 'neutral'];

/**
 * Fills the template in every language that it has. In an exercise each text begins with the word for TEST.
 * @param parameters checked by `checkParameters`
 * @throws TextError unknown_template, missing_variable, bad_time
 */
export async function renderTexts(
  catalog: Catalog,
  templateId: string,
  parameters: Record<string, unknown>,
  context: AlertContext,
): Promise<Record<string, RenderedText>> {
  const meta = await catalog.meta(templateId);
  const { languages } = (await catalog.templates()).find((one) => one.id === templateId)!;
  const rendered: Record<string, RenderedText> = {};
  for (const tag of languages) {
    const text = (await catalog.text(templateId, tag))!;
    rendered[tag] = await renderText(catalog, meta, text, parameters, context);
  }
  return rendered;
}

/** Fills one file of a template. @throws TextError missing_variable, bad_time */
export async function renderText(
  catalog: Catalog,
  meta: Meta,
  template: TemplateText,
  parameters: Record<string, unknown>,
  context: AlertContext,
): Promise<RenderedText> {
  const tag = template.language;
  const fillIn = async (language: string, form: 'long' | 'short', more: Partial<Names> = {}, room?: number) => {
    const [names, choices] = [{ ...(await catalog.names(language)), ...more }, await catalog.choices(language)];
    return renderParameters(meta, parameters, names, choices, { ...context, language, form, room });
  };
  const [long, short] = [await fillIn(tag, 'long'), await fillIn(tag, 'short')];
  const tight = await fillIn(tag, 'long', { dayParts: [] });
  const spoken = mapTimes(meta, long, withoutStops);
  const exercise = context.exercise === true && meta.id !== 'exercise';
  const prefix = exercise ? `${await wordOrEnglish(catalog, tag, 'exercise_prefix')} ` : '';
  const tail = meta.asksCheckIn ? await longestTail(catalog, tag) : '';

  const out: Partial<RenderedText> = { event: (prefix + template.event).normalize('NFC') };
  for (const length of LENGTHS) {
    const pattern = template.texts[length];
    if (pattern === undefined) continue;
    // romanised text takes its names from English: native script would undo it
    const ascii = length === 'ascii';
    const values = ascii ? await fillIn('en', 'long') : length === 'flash' ? short : length === 'radio' ? spoken : long;
    const begin = ascii && exercise ? `${await catalog.word('en', 'exercise_prefix')} ` : prefix;
    const alone = (said: string) => (length === 'radio' || ascii ? said : senderAlone(said, tag));
    const say = (facts: Values) => alone(begin + fill(length === 'radio' ? pattern : ownLines(pattern, tag), facts));
    let filled = say(values);
    if (length === 'sms' || length === 'neutral') {
      // the part of the day is left out where it would cost a segment
      const bare = say(tight);
      const size = (text: string) => countSegments(fold(withTail(text, tail, tag), tag).text).segments;
      if (bare !== filled && size(filled) > size(bare)) filled = bare;
    }
    if (!context.whole && (length === 'sms' || length === 'neutral' || ascii))
      for (let step = 0; step < ROOMS.length && isTooLong(meta, filled, tail, tag); step++)
        filled = say(await fillIn(ascii ? 'en' : tag, 'long', { dayParts: [] }, ROOMS[step]));
    if (ascii) out.ascii = foldToAscii(filled)?.text ?? filled.normalize('NFC');
    else if (BY_SMS.includes(length)) out[length] = fold(filled, tag).text;
    else out[length] = length === 'full' ? isolateCodes(filled.normalize('NFC'), tag) : filled.normalize('NFC');
  }
  const plain = out.ascii === undefined ? foldToAscii(out.sms!) : null;
  if (plain) out.ascii = plain.text;
  return out as RenderedText;
}

/** Where an SMS with long names would take more than it may, they get less room, step by step; `full` keeps them whole. */
const ROOMS = [29, 24, 18, 12];
const SOME_PHONE = '+94112338812';

function isTooLong(meta: Meta, text: string, tail: string, tag: string): boolean {
  const { encoding, segments } = countSegments(fold(withTail(text, tail, tag), tag).text);
  return segments > mostSegments(meta.id, encoding);
}

/** The reply line of the country where it is longest. */
async function longestTail(catalog: Catalog, tag: string): Promise<string> {
  const paths: ReplyPath[] = ['two_way', 'one_way_number', 'one_way_bare'];
  const tails = await Promise.all(paths.map((path) => replyTail(path, catalog, tag, SOME_PHONE)));
  return tails.reduce((longest, one) => (one.length > longest.length ? one : longest));
}

function mapTimes(meta: Meta, values: Values, change: (shown: string) => string): Values {
  const isTime = (name: string) => ['time', 'day'].includes(meta.parameters[name]?.type ?? '');
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isTime(name) ? change(String(value)) : value]),
  );
}

const compiled = new Map<string, (values: Values) => string>();

function fill(pattern: string, values: Values): string {
  const known = compiled.get(pattern) ?? compileText(pattern);
  compiled.set(pattern, known);
  return known(values);
}

/**
 * In right-to-left text a number's `+` jumps to its other end and a last code to the far side: phones, and an alert
 * number at the end, get a line of their own, with no invisible characters (playbook MS-11). A Latin word before the
 * number is to be sent with it, as `CHECK LK7K3M`: both stay on one line.
 */
export function ownLines(pattern: string, tag: string): string {
  if (direction(tag) === 'ltr') return pattern;
  return pattern
    .replace(/\s*\{\{phone\}\}[ .،۔]*(?!$)/gu, '\n{{phone}}\n')
    .replace(/[^\S\n]+((?:[A-Z]+ )?\{\{(?:phone|ref)\}\}[.۔]?)$/gu, '\n$1');
}

/**
 * Phones take a paragraph's direction from its first letter: a sender in Latin letters before right-to-left words
 * would turn all of them around, so it gets a line of its own.
 */
export function senderAlone(text: string, tag: string): string {
  if (direction(tag) === 'ltr') return text;
  const sender = /^[^\n\p{Script=Arabic}\p{Script=Hebrew}]*\p{L}[^\n\p{Script=Arabic}\p{Script=Hebrew}]*: /u.exec(
    text,
  )?.[0];
  return sender && !RIGHT_TO_LEFT.test(sender) ? `${sender.trimEnd()}\n${text.slice(sender.length)}` : text;
}

/**
 * The line that says how to answer, in the language of the text.
 * @param phone E.164 number to send to; without it `one_way_number` is said as `one_way_bare`
 * @throws TextError missing_key
 */
export async function replyTail(path: ReplyPath, catalog: Catalog, tag: string, phone?: string): Promise<string> {
  const said = path === 'one_way_number' && !phone ? 'one_way_bare' : path;
  if (said !== 'one_way_number') return wordOrEnglish(catalog, tag, `tail_${said}`);
  const spoken = await wordOrEnglish(catalog, tag, 'tail_one_way_number', { phone: '{{phone}}' });
  return fill(ownLines(spoken, tag), { phone: phone! });
}

/** A text and its reply line as one SMS. */
export function withTail(text: string, tail: string, tag: string): string {
  if (!tail) return text;
  return text + (direction(tag) === 'rtl' ? '\n' : ' ') + tail;
}

/** A template may come before the words of the interface: then English stands, visibly. */
async function wordOrEnglish(catalog: Catalog, tag: string, key: string, values?: Values): Promise<string> {
  try {
    return await catalog.word(tag, key, values);
  } catch (error) {
    if (error instanceof TextError && error.code === 'missing_language') return catalog.word('en', key, values);
    throw error;
  }
}
