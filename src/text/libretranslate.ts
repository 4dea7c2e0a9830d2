import type { Wire, WireAnswer } from '../channels/channel.ts';
import type { TranslateSettings } from '../config.ts';
import { MachineError, type Translator } from './machine.ts';

/** Some seconds for each sentence on a small machine. */
const TIMEOUT_MS = 60_000;
/** What others call our tags; the second is that of older servers. */
const CODES: Record<string, string[]> = { 'zh-Hans': ['zh-Hans', 'zh'], fil: ['tl', 'fil'] };

/**
 * A server that speaks LibreTranslate's API: `GET /languages`, `POST /translate`. It answers every fault with
 * `{error}`: 400 for a pair that it has not, 403 for a key, 429 for too many calls.
 */
export function openLibreTranslate({ url, key }: TranslateSettings, wire: Wire): Translator {
  const call = async (path: string, body?: Record<string, unknown>): Promise<unknown> => {
    let answer: WireAnswer;
    try {
      answer = await wire.request(url + path, {
        method: body ? 'POST' : 'GET',
        headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify({ ...body, ...(key !== undefined && { api_key: key }) }) }),
        timeoutMs: TIMEOUT_MS,
      });
    } catch {
      throw new MachineError('down', 'The translation server did not answer.');
    }
    return read(answer);
  };
  const codeOf = (tag: string, known: Known[]) =>
    (CODES[tag] ?? [tag]).find((code) => known.some((one) => one.code === code)) ?? null;

  return {
    name: 'libretranslate',
    async translate(texts, from, to) {
      const known = (await call('/languages')) as Known[];
      if (!Array.isArray(known)) throw new MachineError('down', 'The translation server answered with something else.');
      const [source, target] = [codeOf(from, known), codeOf(to, known)];
      const targets = known.find((one) => one.code === source)?.targets;
      if (source === null || target === null || (targets && !targets.includes(target)))
        throw new MachineError('unsupported', `The translation server has no way from ${from} to ${to}.`);
      const answer = (await call('/translate', { q: texts, source, target, format: 'text' })) as Translated;
      const translated = answer?.translatedText;
      if (!Array.isArray(translated) || translated.length !== texts.length || !translated.every(isText))
        throw new MachineError('down', 'The translation server answered with something else.');
      return translated;
    },
  };
}

interface Known {
  code: string;
  targets?: string[];
}
type Translated = { translatedText?: unknown } | null;
const isText = (value: unknown): value is string => typeof value === 'string';

function read({ status, text }: WireAnswer): unknown {
  if (status === 429) throw new MachineError('busy', 'The translation server is asked too often. Try again later.');
  if (status === 401 || status === 403)
    throw new MachineError('account', 'The translation server refuses our key: look at TRANSLATE_KEY.');
  if (status === 400) throw new MachineError('unsupported', 'The translation server does not take this.');
  try {
    if (status === 200) return JSON.parse(text);
  } catch {}
  throw new MachineError('down', `The translation server answered ${status}.`);
}
