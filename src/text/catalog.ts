/** Templates and words by language, read when first asked for and kept. */

import { createInstance, type i18n } from 'i18next';
import { type Assets, type AssetsIndex, TextError } from './assets.ts';
import type { LockWords } from './facts.ts';
import { loadNames, type Names } from './names.ts';
import type { Choices, Meta, TemplateSummary, TemplateText, Values } from './template.ts';

export { type Assets, type AssetsIndex, TextError, type TextErrorCode } from './assets.ts';
export type {
  Choices,
  Length,
  Meta,
  ParameterMeta,
  ParameterType,
  RenderedText,
  Review,
  TemplateSummary,
  TemplateText,
  Texts,
  Values,
} from './template.ts';

export interface Reply {
  text: string;
  /** the language that `text` is in */
  language: string;
  /** true when the wanted language has no replies at all and this is English */
  fallback: boolean;
}

/** @throws TextError missing_key, missing_variable */
export type Speak = (key: string, values?: Values) => string;

export interface Catalog {
  /** the languages of the interface and the auto-replies, in alphabetical order */
  languages(): Promise<string[]>;
  templates(): Promise<TemplateSummary[]>;
  /** @throws TextError unknown_template */
  meta(id: string): Promise<Meta>;
  /** @returns null when the template has no such language. @throws TextError unknown_template */
  text(id: string, tag: string): Promise<TemplateText | null>;
  names(tag: string): Promise<Names>;
  /** what the ids of `items`, `disease`, `fee` and `scale` mean; English for a language that has no list */
  choices(tag: string): Promise<Choices>;
  /** the words by which the fact lock reads a language; null when nobody has written them down */
  lockWords(tag: string): Promise<LockWords | null>;
  /** one word of the interface. @throws TextError missing_language, missing_key, missing_variable */
  word(tag: string, key: string, values?: Values): Promise<string>;
  /** all words of the interface in a language, for a page. @throws TextError missing_language */
  words(tag: string): Promise<Speak>;
  /** an auto-reply. @throws TextError missing_key, missing_variable */
  reply(tag: string, key: string, values?: Values): Promise<Reply>;
}

export function loadCatalog(assets: Assets): Catalog {
  // Only what has arrived is kept: in workerd a promise belongs to the request that made it
  const keep = new Map<string, unknown>();
  const once = async <T>(key: string, make: () => Promise<T>): Promise<T> => {
    if (keep.has(key)) return keep.get(key) as T;
    const made = await make();
    keep.set(key, made);
    return made;
  };
  const read = <T>(path: string) => once(path, () => assets.read(path)) as Promise<T | null>;

  const index = async () => {
    const found = await read<AssetsIndex>('index.json');
    if (!found) throw new TextError('bad_file', 'index.json is missing: run `npm run assets`');
    return found;
  };
  /** Only what the index lists is read: ids and tags come from requests. */
  const languagesOf = async (id: string) => {
    const { templates } = await index();
    if (!Object.hasOwn(templates, id)) throw new TextError('unknown_template', `there is no template "${id}"`);
    return templates[id]!;
  };
  const inLocale = async (tag: string) => (await index()).locales.includes(tag);

  const speech = startSpeech();
  const speaker = (tag: string, file: 'interface' | 'replies') =>
    once(`speak ${tag} ${file}`, async () => {
      const content = (await inLocale(tag)) ? await read<LocaleFile>(`locales/${tag}/${file}.json`) : null;
      const words = content?.[file === 'interface' ? 'words' : 'replies'];
      if (!words) return null;
      speech.addResourceBundle(tag, file, words);
      return speak(speech, tag, file);
    });

  const catalog: Catalog = {
    languages: async () => [...(await index()).locales],

    templates: () =>
      once('summaries', async () => {
        const { templates } = await index();
        return Promise.all(
          Object.entries(templates).map(async ([id, languages]) => summarise(await catalog.meta(id), languages)),
        );
      }),

    async meta(id) {
      await languagesOf(id);
      const meta = await read<Meta>(`templates/${id}/meta.json`);
      if (!meta) throw new TextError('bad_file', `templates/${id}/meta.json is missing`);
      return meta;
    },

    async text(id, tag) {
      return (await languagesOf(id)).includes(tag) ? read<TemplateText>(`templates/${id}/${tag}.json`) : null;
    },

    names: (tag) => once(`names ${tag}`, () => loadNames({ read }, /^[A-Za-z0-9-]{2,20}$/.test(tag) ? tag : 'en')),

    choices: (tag) =>
      once(`choices ${tag}`, async () => {
        const own = (await inLocale(tag)) ? await read<Choices>(`locales/${tag}/choices.json`) : null;
        return own ?? (await read<Choices>('locales/en/choices.json')) ?? {};
      }),

    lockWords: async (tag) => ((await inLocale(tag)) ? read<LockWords>(`locales/${tag}/lock.json`) : null),

    word: async (tag, key, values) => (await catalog.words(tag))(key, values),

    async words(tag) {
      const words = await speaker(tag, 'interface');
      if (!words) throw new TextError('missing_language', `there is no interface in "${tag}"`);
      return words;
    },

    async reply(tag, key, values) {
      const own = await speaker(tag, 'replies');
      if (own) return { text: own(key, values), language: tag, fallback: false };
      const english = await speaker('en', 'replies');
      if (!english) throw new TextError('bad_file', 'locales/en/replies.json is missing');
      return { text: english(key, values), language: 'en', fallback: true };
    },
  };
  return catalog;
}

interface LocaleFile {
  words?: Record<string, string>;
  replies?: Record<string, string>;
}

/** One i18next for all languages; nothing ever changes its language, so requests cannot mix. */
function startSpeech(): i18n {
  const speech = createInstance();
  void speech.init({
    lng: 'en',
    fallbackLng: false,
    load: 'currentOnly',
    ns: ['interface', 'replies'],
    resources: {},
    initAsync: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    parseMissingKeyHandler: (key) => {
      throw new TextError('missing_key', `there is no text "${key}"`);
    },
    missingInterpolationHandler: (text, match) => {
      throw new TextError('missing_variable', `"${text}" needs ${match[0]}`);
    },
  });
  return speech;
}

function speak(speech: i18n, tag: string, file: string): Speak {
  const fixed = speech.getFixedT(tag, file);
  return (key, values = {}) => {
    const count = typeof values.count === 'number' ? { count: values.count } : {};
    return fixed(key, { replace: values, ...count }).normalize('NFC');
  };
}

function summarise(meta: Meta, languages: string[]): TemplateSummary {
  return {
    id: meta.id,
    parameters: Object.entries(meta.parameters).map(([name, { type, required }]) => ({ name, type, required })),
    languages: [...languages],
    scope: meta.scope,
    channels: [...meta.channels],
  };
}
