import type { Gateway } from '../gateway.ts';
import type { AssetsIndex } from '../text/assets.ts';
import { compileLexicon, type Lexicon, type LexiconFile } from './interpret.ts';

const compiled = new WeakMap<object, Promise<Lexicon>>();

/** The lexicons of all languages that have one, compiled once for each set of assets. */
export function lexiconOf(g: Pick<Gateway, 'assets' | 'catalog'>): Promise<Lexicon> {
  let lexicon = compiled.get(g.assets);
  if (!lexicon) {
    lexicon = (async () => {
      const index = (await g.assets.read('index.json')) as AssetsIndex;
      const files = await Promise.all(index.lexicons.map((tag) => g.assets.read(`locales/${tag}/lexicon.json`)));
      return compileLexicon(files.filter((file) => file !== null) as LexiconFile[]);
    })();
    compiled.set(g.assets, lexicon);
    lexicon.catch(() => compiled.delete(g.assets));
  }
  return lexicon;
}
