/**
 * Copies templates and locales to dist/assets, where the Worker reads them as static assets, and writes
 * the index that says what is there. Only what a run time reads goes along, without its white space.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { indexAssets } from '../src/platform/assets-node.ts';

const root = new URL('..', import.meta.url).pathname;
const out = join(root, 'dist/assets');

for (const folder of ['templates', 'locales']) {
  rmSync(join(out, folder), { recursive: true, force: true });
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (name.endsWith('.json')) copy(join(folder, name));
  }
}
writeFileSync(join(out, 'index.json'), JSON.stringify(indexAssets(root)));

function copy(path) {
  const to = join(out, path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, JSON.stringify(JSON.parse(readFileSync(join(root, path), 'utf8'))));
}
