/** The shipped templates and locales for tests, bundled by the test runner: the same in Node and in workerd. */

import type { Assets, AssetsIndex } from './assets.ts';

declare global {
  interface ImportMeta {
    glob(patterns: string[], options: { eager: true; import: 'default'; query?: '?raw' }): Record<string, unknown>;
  }
}

const modules = import.meta.glob(['../../templates/*/*.json', '../../locales/*/*.json'], {
  eager: true,
  import: 'default',
});

/** path from the root of the project -> content */
export const shippedFiles = new Map(
  Object.entries(modules).map(([path, content]) => [path.replace('../../', ''), content]),
);

const index: AssetsIndex = { templates: {}, locales: [], lexicons: [] };
for (const path of [...shippedFiles.keys()].sort()) {
  const [folder, name, file] = path.split('/') as [string, string, string];
  if (folder === 'templates') {
    index.templates[name] ??= [];
    if (file !== 'meta.json') index.templates[name].push(file.replace('.json', ''));
  }
  if (folder === 'locales' && file === 'interface.json') index.locales.push(name);
}

/** The languages that have names baked, whether or not they have texts. */
export const namedLanguages = [...shippedFiles.keys()].flatMap((path) =>
  path.endsWith('/names.json') ? [path.split('/')[1]!] : [],
);

export const shippedAssets: Assets = {
  // a copy, so that no test can change what another reads
  read: async (path) => structuredClone(path === 'index.json' ? index : (shippedFiles.get(path) ?? null)),
};
