/**
 * The Worker on this machine: workerd with a local D1 and Queues, on PORT and HOST, with the same settings as
 * `npm start`. wrangler does not hand the shell's variables to the Worker by itself, and does not call Cron.
 */
import { spawn, spawnSync } from 'node:child_process';
import { SETTINGS } from '../src/config.ts';

const port = process.env.PORT ?? '8787';
const host = process.env.HOST ?? '127.0.0.1';
const state = process.env.STATE_DIR || '.wrangler/state';
const wrangler = ['node_modules/wrangler/bin/wrangler.js'];
const CRON_MS = 2_000;

const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  PORT: port,
  PUBLIC_URL: `http://localhost:${port}`,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CI: '1',
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};
for (const { name } of SETTINGS) if (process.env[name]) env[name] = process.env[name];

const migrated = spawnSync(
  process.execPath,
  [...wrangler, 'd1', 'migrations', 'apply', 'DB', '--local', '--persist-to', state],
  { env, encoding: 'utf8' },
);
if (migrated.status !== 0) {
  console.error(migrated.stdout + migrated.stderr);
  process.exit(migrated.status ?? 1);
}

const dev = spawn(
  process.execPath,
  [
    ...wrangler,
    ...['dev', '--port', port, '--ip', host, '--persist-to', state, '--env-file', '/dev/null'],
    ...['--show-interactive-dev-session=false', '--inspector-port', '0', '--log-level', 'warn'],
  ],
  { env, stdio: ['ignore', 'inherit', 'inherit'] },
);
const loopback = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
const cron = setInterval(() => {
  const url = `http://${loopback}:${port}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${Date.now()}`;
  fetch(url).then(
    (answer) => answer.body?.cancel(),
    () => {},
  );
}, CRON_MS);

for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => {
    clearInterval(cron);
    dev.kill(signal);
  });
dev.on('exit', (code, signal) => process.exit(code ?? (signal ? 0 : 1)));
