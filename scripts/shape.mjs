/** Checks of the shape of the repository that no compiler makes: see each line of `checks`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { envExample } from '../src/config.ts';

const root = new URL('..', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const LARGEST_BUNDLE = 1_000_000;

const checks = {
  'the lock file keeps "gypfile": false for better-sqlite3 (npm before 11.16 would compile it)': () =>
    JSON.parse(read('package-lock.json')).packages['node_modules/better-sqlite3'].gypfile === false,
  'the lock file names no download address': () => !/"resolved": "https?:/.test(read('package-lock.json')),
  '.env.example is what `npm run env-example` makes': () => read('.env.example') === envExample(),
  'migrations switch off no foreign keys and drop no table': () =>
    readdirSync(new URL('src/db/migrations', root))
      .filter((name) => name.endsWith('.sql'))
      .every((name) => !/foreign_keys\s*=\s*off|drop table/i.test(read(`src/db/migrations/${name}`))),
  'templates/ holds one folder for each template and nothing else': () =>
    readdirSync(new URL('templates', root), { withFileTypes: true }).every(
      (entry) => entry.isDirectory() && existsSync(new URL(`templates/${entry.name}/meta.json`, root)),
    ),
  'the Worker bundle stays under 1 MB gzip': () => {
    const out = new URL('dist/bundle', root).pathname;
    const wrangler = new URL('node_modules/wrangler/bin/wrangler.js', root).pathname;
    const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
    execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--minify', '--outdir', out], {
      env,
      stdio: 'pipe',
    });
    const size = gzipSync(readFileSync(`${out}/worker.js`)).length;
    console.log(`    bundle: ${size} bytes gzip`);
    return size < LARGEST_BUNDLE;
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const passed = check();
  if (!passed) failed++;
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}`);
}
process.exit(failed === 0 ? 0 : 1);
