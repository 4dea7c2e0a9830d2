/** Somebody who asks `/healthz` all the time, and how long each answer took. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { answer } from './child.ts';

const CONNECTIONS = 4;
const BETWEEN_MS = 5;

export type ProberQuestion = { from: number } | { stop: true };

let asking: { times: number[]; stopped: boolean; loops: Promise<void>[] } | undefined;

answer<ProberQuestion>(async (question) => {
  if ('from' in question) {
    const pool = new Pool(`http://127.0.0.1:${question.from}`, { connections: CONNECTIONS, pipelining: 1 });
    const one: NonNullable<typeof asking> = { times: [], stopped: false, loops: [] };
    const loop = async () => {
      while (!one.stopped) {
        const began = performance.now();
        await (await pool.request({ path: '/healthz', method: 'GET' })).body.dump();
        one.times.push(performance.now() - began);
        await sleep(BETWEEN_MS);
      }
    };
    one.loops = Array.from({ length: CONNECTIONS }, loop);
    asking = one;
    return {};
  }
  const { times, loops } = asking!;
  asking!.stopped = true;
  await Promise.all(loops);
  times.sort((one, other) => one - other);
  return { asked: times.length, p99: times[Math.floor(times.length * 0.99)], most: times.at(-1) };
});
