/** An approved alert becomes ledger rows, while somebody asks the same process whether it is well. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { serve } from '@hono/node-server';
import { planAlert, planChunk } from '../src/delivery/plan.ts';
import { start } from './child.ts';
import { count, median, megabytes, milliseconds, type Order, perSecond, type Row } from './measures.ts';
import type { ProberQuestion } from './prober.ts';
import { approveAlert, openWorld } from './world.ts';

export async function measureFanout({ folder, sizes, rounds }: Order): Promise<Row[]> {
  const world = await openWorld(folder, sizes.people);
  const server = serve({ fetch: world.app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', () => resolve())));
  const prober = start('prober.ts');
  const ask = <T>(question: ProberQuestion) => prober.ask<T>(question);
  const [rates, firsts, p99s]: [number[], number[], number[]] = [[], [], []];
  // one round more: the last one is watched, and a watched one is slower
  for (let round = 0; round <= rounds; round++) {
    const alert = await approveAlert(world, {});
    const watched = round === rounds;
    if (watched) await ask({ from: (server.address() as AddressInfo).port });
    const began = performance.now();
    let first = 0;
    if (watched) await planAlert(world.g, alert);
    else while (await planChunk(world.g, alert)) first ||= performance.now() - began;
    const seconds = (performance.now() - began) / 1000;
    if (watched) p99s.push((await ask<{ p99: number }>({ stop: true })).p99);
    const made = world.raw.prepare('select count(*) from deliveries where alert = ?').pluck().get(alert) as number;
    if (made !== sizes.people) throw new Error(`${made} rows for ${sizes.people} people`);
    if (watched) continue;
    rates.push(made / seconds);
    firsts.push(first);
  }
  const peak = process.resourceUsage().maxRSS;
  prober.end();
  server.close();
  await world.home.stop();
  return [
    {
      measure: `fan-out to ${count(sizes.people)} people, rows`,
      ours: perSecond(median(rates)),
      ceiling: `first chunk after ${median(firsts).toFixed(0)} ms, peak ${megabytes(peak)}`,
      ratio: '',
      target: '800,000/s at 1,000,000',
    },
    {
      measure: '  /healthz meanwhile, p99',
      ours: milliseconds(median(p99s)),
      ceiling: '',
      ratio: '',
      target: '100 ms at 1,000,000',
    },
  ];
}
