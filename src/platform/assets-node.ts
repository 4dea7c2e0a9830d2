/** Templates and locales from files: the source tree, or `dist/assets` as `npm run assets` writes it. */

import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assets, AssetsIndex } from '../text/assets.ts';

/** @param root the folder that holds `templates/` and `locales/` */
export function fileAssets(root: URL | string): Assets {
  const folder = typeof root === 'string' ? root : fileURLToPath(root.href);
  return {
    async read(path) {
      if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) || path.includes('..')) return null;
      try {
        return JSON.parse(await readFile(join(folder, path), 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        return path === 'index.json' ? indexAssets(folder) : null;
      }
    },
  };
}

/** What `index.json` says, from the files that are there. A locale is a folder with an `interface.json`. */
export function indexAssets(folder: string): AssetsIndex {
  const index: AssetsIndex = { templates: {}, locales: [], lexicons: [] };
  for (const id of foldersIn(join(folder, 'templates'))) {
    const files = readdirSync(join(folder, 'templates', id)).filter((name) => name.endsWith('.json'));
    if (!files.includes('meta.json')) continue;
    const languages = files.filter((name) => name !== 'meta.json').map((name) => name.slice(0, -'.json'.length));
    index.templates[id] = languages.sort();
  }
  for (const tag of foldersIn(join(folder, 'locales'))) {
    if (existsSync(join(folder, 'locales', tag, 'interface.json'))) index.locales.push(tag);
    if (existsSync(join(folder, 'locales', tag, 'lexicon.json'))) index.lexicons.push(tag);
  }
  return index;
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
