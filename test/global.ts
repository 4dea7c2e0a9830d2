import { execFileSync } from 'node:child_process';

/** Copies locales and templates to dist/assets: vitest does not run wrangler's [build]. */
export default function setup() {
  execFileSync(process.execPath, ['scripts/assets.mjs'], { stdio: 'inherit' });
}
