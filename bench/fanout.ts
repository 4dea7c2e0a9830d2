/** An approved alert becomes ledger rows. */
import { performance } from 'node:perf_hooks';
import { planChunk } from '../src/delivery/plan.ts';
import { count, median, megabytes, type Order, perSecond, type Row } from './measures.ts';
import { approveAlert, openWorld } from './world.ts';

export async function measureFanout({ folder, sizes, rounds }: Order): Promise<Row[]> {
  const world = await openWorld(folder, sizes.people);
  const rates: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alert = await approveAlert(world, {});
    const began = performance.now();
    let first = 0;
    while (await planChunk(world.g, alert)) first ||= performance.now() - began;
    const seconds = (performance.now() - began) / 1000;
    const made = world.raw.prepare('select count(*) from deliveries where alert = ?').pluck().get(alert) as number;
    if (made !== sizes.people) throw new Error(`${made} rows for ${sizes.people} people`);
    rates.push(made / seconds);
    firsts.push(first);
  }
  const peak = process.resourceUsage().maxRSS;
  await world.home.stop();
  return [
    {
      measure: `fan-out to ${count(sizes.people)} people, rows`,
      ours: perSecond(median(rates)),
      ceiling: `first chunk after ${median(firsts).toFixed(0)} ms, peak ${megabytes(peak)}`,
      ratio: '',
      target: '800,000/s at 1,000,000',
    },
  ];
}
