/** The real server as a child process on a database of its own, and a way to talk to it as any client would. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HOST = '127.0.0.1';
const PATIENCE_MS = 15_000;
const ENTRY = fileURLToPath(new URL('../../src/start.mjs', import.meta.url));

/** Something that a reader can act on: shown without a stack. */
export class DemoError extends Error {}

/** A port: the given one when it is free, or any when it is 0. */
export function findPort(wanted) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(new DemoError(`Port ${wanted} is taken. Choose another: npm run demo -- --port ${wanted + 1}`)),
    );
    probe.listen(wanted, HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Starts the server and waits until it is ready. Settings of the shell are kept away from it: the demo must
 * never meet a real account.
 */
export async function startServer(port) {
  const folder = mkdtempSync(join(tmpdir(), 'musafir-demo-'));
  const setupToken = randomBytes(16).toString('hex');
  const publicUrl = `http://localhost:${port}`;
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      HOST,
      PUBLIC_URL: publicUrl,
      DATABASE_PATH: join(folder, 'demo.db'),
      SETUP_TOKEN: setupToken,
      ALLOW_PRIVATE_HOSTS: 'yes',
      LOG_LEVEL: 'warning',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listen = (bytes) => {
    said = (said + bytes).slice(-4000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // whatever ends this process takes the child and its database along
  const clean = () => {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);
  const server = {
    publicUrl,
    setupToken,
    /** resolves when the server has ended, for whatever reason */
    ended,
    /** what it printed of late */
    said: () => said.trim(),
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(5_000)]);
      child.kill('SIGKILL');
      process.off('exit', clean);
      rmSync(folder, { recursive: true, force: true });
    },
    /** calls as the holder of a key */
    as: (key) => (method, path, body) => call(`http://${HOST}:${port}`, key, method, path, body),
  };
  await waitFor('the server is ready', async () => {
    if (child.exitCode !== null) throw new DemoError(`The server did not start:\n${said.trim()}`);
    return fetch(`http://${HOST}:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  });
  return server;
}

/** Asks again and again until there is an answer that is not false. */
export async function waitFor(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (Date.now() > end) throw new DemoError(`Waited ${PATIENCE_MS / 1000} s in vain until ${what}.`);
    await sleep(60);
  }
}

async function call(base, key, method, path, body) {
  const csv = typeof body === 'string';
  const answer = await fetch(base + path, {
    method,
    headers: {
      ...(key && { Authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'Content-Type': csv ? 'text/csv; charset=utf-8' : 'application/json' }),
    },
    ...(body !== undefined && { body: csv ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new DemoError(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 600)}`);
  return /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
}

/** All items of a list, page by page. */
export async function all(ask, path) {
  const items = [];
  let cursor = '';
  do {
    const page = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=500${cursor}`);
    items.push(...page.items);
    cursor = page.next == null ? undefined : `&cursor=${page.next}`;
  } while (cursor);
  return items;
}
