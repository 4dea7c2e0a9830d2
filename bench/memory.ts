/** Peak memory of the server must not follow the audience: started as `npm start` starts it, driven from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { start } from './child.ts';
import { count, megabytes, type Order, type Row } from './measures.ts';
import { type Call, draftAndApprove, type Keys, makeSeed, settings } from './world.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PORT = 18_787;
const URL_OF_SERVER = `http://127.0.0.1:${PORT}`;

export async function measureMemory({ folder, sizes }: Order): Promise<Row[]> {
  const farEnd = start('far-end.ts');
  const { url } = await farEnd.ask<{ url: string }>({ listen: true });
  const peaks: number[] = [];
  // the first start of an installation also compiles: it is not counted
  for (const people of [sizes.memory[0], ...sizes.memory]) peaks.push(await peakOf(folder, people, url));
  farEnd.end();
  const [small, large] = sizes.memory;
  const [, first, second] = peaks as [number, number, number];
  return [
    {
      measure: `peak memory, ${count(large)} planned and sent`,
      ours: megabytes(second),
      ceiling: `${megabytes(first)} with ${count(small)}`,
      ratio: (second / first).toFixed(2),
      target: '1.10, 300 MB (100,000 to 400,000)',
    },
  ];
}

/** @returns the largest resident set of the server, in kB */
async function peakOf(folder: string, people: number, twilio: string): Promise<number> {
  const seed = join(folder, `people-${people}.db`);
  if (!existsSync(`${seed}.keys`)) await makeSeed(seed, people);
  const path = join(folder, `memory-${people}.db`);
  copyFileSync(seed, path);
  const { start: command } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
  const server = spawn('sh', ['-c', command], {
    cwd: ROOT,
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...settings(path, twilio), PORT: String(PORT) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.once('exit', () => server.kill('SIGKILL'));
  try {
    await ready(server);
    const keys = JSON.parse(readFileSync(`${seed}.keys`, 'utf8')) as Keys;
    const alert = await draftAndApprove(overHttp, keys, {});
    while (!(await overHttp(keys.viewer, `/api/v1/alerts/${alert}`)).finishedAt) await sleep(500);
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
    return Number(peak![1]);
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

async function ready(server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    if (
      await fetch(`${URL_OF_SERVER}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error(`the server ended with ${server.exitCode}`);
}

const overHttp: Call = async (key, path, body) => {
  const answer = await fetch(URL_OF_SERVER + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
};
