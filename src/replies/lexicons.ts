import type { Gateway } from '../gateway.ts';
import type { AssetsIndex } from '../text/assets.ts';
import { compileLexicon, type Lexicon, type LexiconFile } from './interpret.ts';

const compiled = new WeakMap<object, Lexicon>();

/** The lexicons of all languages that have one, compiled once for each set of assets. */
export async function lexiconOf(g: Pick<Gateway, 'assets'>): Promise<Lexicon> {
  const known = compiled.get(g.assets);
  if (known) return known;
  const index = (await g.assets.read('index.json')) as AssetsIndex;
  const files = await Promise.all(index.lexicons.map((tag) => g.assets.read(`locales/${tag}/lexicon.json`)));
  const lexicon = compileLexicon(files.filter((file) => file !== null) as LexiconFile[]);
  compiled.set(g.assets, lexicon);
  return lexicon;
}
