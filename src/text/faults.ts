/** What is wrong with a file of texts, in words for its translator: for `npm run translations -- --check` and for tests. */

import { placeholders } from './compile.ts';
import { scriptFaults } from './scripts.ts';
import { canonicalTag } from './tags.ts';
import type { Length, Meta, TemplateText } from './template.ts';

/** path from the root of the project, such as `templates/flood/si.json` -> what is in the file */
export type Files = ReadonlyMap<string, unknown>;

type Words = Record<string, string>;
type LocaleFile = Record<string, unknown> & Pick<TemplateText, 'language' | 'translator' | 'review'>;

/** Languages that their readers also write in Latin letters, but no rule can: their templates bring an `ascii`. */
export const ROMANISED_BY_HAND = ['hi', 'ur', 'bn', 'ne', 'si', 'ta', 'am'];

const REVIEW_STATES = ['draft', 'machine', 'reviewed'];
const FIELDS = 'event,language,notes,review,texts,translator';
const LENGTHS: Length[] = ['full', 'sms', 'flash', 'radio', 'neutral', 'ascii'];
const LONGEST_ENGLISH_SENTENCE = 16;

const metaAt = (files: Files, path: string) => files.get(path.replace(/[^/]+$/, 'meta.json')) as Meta;
const tagOf = (path: string) => path.match(/([^/]+)\.json$/)![1]!;
const bare = (text: string) => text.replace(/\{\{.*?\}\}/g, ' ');
const numbersIn = (text: string) => (bare(text).match(/\d+/g) ?? []).sort().join(' ') || 'none';

/** The files of templates in a language, or in all. */
export function templatePaths(files: Files, tag?: string): string[] {
  return [...files.keys()].filter(
    (path) => /^templates\/[^/]+\/(?!meta\.)[^/]+\.json$/.test(path) && (tag === undefined || tagOf(path) === tag),
  );
}

/** The files of words in a language, or in all. */
export function localePaths(files: Files, tag?: string): string[] {
  return [...files.keys()].filter((path) => {
    const found = /^locales\/([^/]+)\/(?:interface|replies|choices)\.json$/.exec(path);
    return found && (tag === undefined || found[1] === tag);
  });
}

/** The files that a language lacks. */
export function missingFiles(files: Files, tag: string): string[] {
  const wanted = [...files.keys()]
    .filter((path) => path.endsWith('/meta.json'))
    .map((path) => path.replace('meta.json', `${tag}.json`));
  for (const name of ['interface', 'replies', 'choices', 'names']) wanted.push(`locales/${tag}/${name}.json`);
  return wanted.filter((path) => !files.has(path));
}

/** Everything wrong with one file of a template but its lengths, which `lengthFaults` measures. */
export function templateFaults(files: Files, path: string): string[] {
  const file = files.get(path) as TemplateText;
  const tag = tagOf(path);
  if (typeof file !== 'object' || file === null || Object.keys(file).sort().join() !== FIELDS)
    return [`has not exactly the fields ${FIELDS}`];
  const meta = metaAt(files, path);
  const english = files.get(path.replace(/[^/]+$/, 'en.json')) as TemplateText;
  const faults = signFaults(file, tag);
  if (file.notes.trim() === '' && tag !== 'en') faults.push('notes: say what was hardest, and what you chose');

  faults.push(...lengthsThere(file, meta, english));
  const said: [string, string, string | undefined][] = [['event', file.event, english.event]];
  for (const length of LENGTHS) {
    const text = file.texts[length];
    if (text === undefined) continue;
    said.push([length, text, english.texts[length === 'ascii' ? 'sms' : length]]);
    const wanted = String([...(meta.carries[length] ?? meta.carries.sms!)].sort());
    if (String(placeholders(text)) !== wanted)
      faults.push(`${length}: holds ${placeholders(text)}; must hold ${wanted}`);
  }
  for (const [length, text, same] of said) {
    faults.push(...textFaults(text, same).map((fault) => `${length}: ${fault}`));
    faults.push(
      ...(length === 'ascii' ? plainFaults(text) : scriptFaults(bare(text), tag)).map((fault) => `${length}: ${fault}`),
    );
    if (tag === 'en') faults.push(...sentenceFaults(text).map((fault) => `${length}: ${fault}`));
  }
  if (file.texts.radio !== undefined) faults.push(...radioFaults(file.texts.radio).map((fault) => `radio: ${fault}`));
  return [...faults, ...copies(files, path, file)];
}

function signFaults(file: Pick<TemplateText, 'language' | 'translator' | 'review'>, tag: string): string[] {
  const faults: string[] = [];
  if (file.language !== tag || canonicalTag(file.language) !== tag) faults.push(`language: is not "${tag}"`);
  if (!/\S/.test(file.translator ?? '')) faults.push('translator: nobody is named');
  const { state, by, on } = file.review ?? {};
  if (!REVIEW_STATES.includes(state)) faults.push(`review: state is not one of ${REVIEW_STATES.join(', ')}`);
  if (state === 'reviewed' && !(/\S/.test(by ?? '') && /^\d{4}-\d\d-\d\d$/.test(on ?? '')))
    faults.push('review: "reviewed" needs by (a name) and on (a day like 2026-11-22)');
  return faults;
}

function lengthsThere(file: TemplateText, meta: Meta, english: TemplateText): string[] {
  const expected = new Set<string>(['full', 'sms', 'flash']);
  if (meta.channels.includes('radio')) expected.add('radio');
  if (english.texts.neutral !== undefined) expected.add('neutral');
  if (ROMANISED_BY_HAND.includes(file.language)) expected.add('ascii');
  const there = Object.keys(file.texts);
  const missing = [...expected].filter((length) => !there.includes(length)).map((length) => `${length}: is missing`);
  const strange = there.filter((length) => !expected.has(length) && length !== 'ascii');
  return [...missing, ...strange.map((length) => `${length}: must not be there`)];
}

/** What no text may be, whatever its file. `same` is the English for it. */
function textFaults(text: string, same: string | undefined): string[] {
  const faults: string[] = [];
  if (typeof text !== 'string' || text.trim() === '') return ['is empty'];
  if (same !== undefined && numbersIn(text) !== numbersIn(same))
    faults.push(`numbers are ${numbersIn(text)}, in English ${numbersIn(same)}`);
  if (/[^\P{Nd}0-9]/u.test(text)) faults.push('native digits: write 0 to 9');
  if (text !== text.normalize('NFC')) faults.push('not NFC: letters and marks are typed apart');
  const hidden = /[\u00a0\u200b\u200e\u200f\u061c\u202a-\u202f\u2066-\u2069\ufeff]/u.exec(text);
  if (hidden) faults.push(`invisible character U+${hidden[0].charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (/\s{2}|^\s|\s$|\{\{[^}]*$/u.test(text)) faults.push('stray space or brace');
  return faults;
}

function plainFaults(text: string): string[] {
  const strange = /[^ -~]/.exec(text);
  return strange ? [`"${strange[0]}" is not plain ASCII`] : [];
}

/** For the ear: playbook RB-3; the source is said first and last (RP-3). */
function radioFaults(text: string): string[] {
  const faults: string[] = [];
  const sign = /[()[\]{}/&%=+*#@<>]/.exec(bare(text));
  if (sign) faults.push(`"${sign[0]}" cannot be read aloud`);
  if (/\d{5}/.test(bare(text))) faults.push('a number of more than four digits');
  if (text.split('{{org}}').length < 3) faults.push('{{org}} must be said first and last');
  return faults;
}

/** Plain English: playbook LL-2. */
function sentenceFaults(text: string): string[] {
  return text
    .split(/[.?!] /)
    .filter((sentence) => bareWords(sentence) > LONGEST_ENGLISH_SENTENCE)
    .map((sentence) => `more than ${LONGEST_ENGLISH_SENTENCE} words: ${sentence}`);
}

const bareWords = (sentence: string) => sentence.split(/[\s:;]+/).filter(Boolean).length;

/** A text that equals English or another language is missing, not a translation. */
function copies(files: Files, path: string, file: TemplateText): string[] {
  const faults: string[] = [];
  for (const other of templatePaths(files)) {
    if (other === path || !other.startsWith(path.replace(/[^/]+$/, ''))) continue;
    const { texts } = files.get(other) as TemplateText;
    for (const length of LENGTHS) {
      if (file.texts[length] !== undefined && file.texts[length] === texts?.[length])
        faults.push(`${length}: equals ${other}`);
    }
  }
  return faults;
}

/** Everything wrong with `interface.json`, `replies.json` or `choices.json` of a language. */
export function localeFaults(files: Files, path: string): string[] {
  const [, tag, name] = path.split('/') as [string, string, string];
  const file = files.get(path) as LocaleFile;
  const own = flatten(file);
  const english = flatten(files.get(`locales/en/${name}`) as LocaleFile);
  const faults = signFaults(file, tag);
  for (const key of Object.keys(english)) if (!Object.hasOwn(own, key)) faults.push(`${key}: is missing`);
  for (const [key, text] of Object.entries(own)) {
    const same = english[key];
    if (same === undefined) {
      faults.push(`${key}: English has no such text`);
      continue;
    }
    faults.push(...textFaults(text, same).map((fault) => `${key}: ${fault}`));
    if (String(placeholders(text)) !== String(placeholders(same)))
      faults.push(`${key}: holds ${placeholders(text)}; must hold ${placeholders(same)}`);
    if (tag !== 'en' && text === same && /\p{L}{3}.*\s.*\p{L}{3}/u.test(text)) faults.push(`${key}: equals English`);
  }
  return faults;
}

/** Every text of a file of words by its key, `fee.free` for a choice. */
export function flatten(file: LocaleFile): Words {
  const { words, replies, language: _l, translator: _t, review: _r, notes: _n, ...groups } = file;
  if (words || replies) return (words ?? replies) as Words;
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, ids]) =>
      Object.entries(ids as Words).map(([id, text]) => [`${group}.${id}`, text]),
    ),
  );
}
