/** How many people a segment has, and how they are reached. */
import { performance } from 'node:perf_hooks';
import { sql } from 'drizzle-orm';
import { preview } from '../src/alerts/preview.ts';
import { organisations } from '../src/db/schema.ts';
import { rows } from '../src/db/store.ts';
import { type Audience, matchAudience } from '../src/people/audience.ts';
import { count, median, milliseconds, type Order, type Row } from './measures.ts';
import { MIYAGI } from './people.ts';
import { openWorld } from './world.ts';

export async function measureAudience({ folder, sizes, rounds }: Order): Promise<Row[]> {
  const world = await openWorld(folder, sizes.people);
  const { g } = world;
  const [organisation] = await g.store.db.select().from(organisations);
  const caller = { operator: 'bench', organisation: organisation!, roles: [] };
  const { south, north, west, east } = MIYAGI;
  const [middle, centre] = [(south + north) / 2, (west + east) / 2];
  const polygon: [number, number][] = [
    [south, centre],
    [middle, west],
    [north, centre],
    [middle, east],
  ];
  const counted = async (audience: Audience) => {
    const { indexed, included } = await matchAudience(g, organisation!.id, audience);
    const [row] = await rows<{ n: number }>(g.store, sql`select count(*) as n from ${indexed} where ${included}`);
    return row!.n;
  };
  const previewed = async (audience: Audience) => (await preview(g, caller, { audience })).people;

  const lines: Row[] = [];
  const line = async (name: string, target: string, work: () => Promise<number>) => {
    const found = await work();
    const times: number[] = [];
    for (let round = 0; round < Math.max(5, rounds); round++) {
      const began = performance.now();
      await work();
      times.push(performance.now() - began);
    }
    lines.push({
      measure: name,
      ours: milliseconds(median(times)),
      ceiling: `${count(found)} of ${count(sizes.people)} match`,
      ratio: '',
      target: target && `${target} at 1,000,000`,
    });
  };
  await line('count: a nationality in an area', '25 ms', () => counted({ nationalities: ['LK'], areas: ['JP-04'] }));
  await line('count: a nationality anywhere', '', () => counted({ nationalities: ['LK'] }));
  await line('count: a polygon', '100 ms', () => counted({ within: [{ polygon }] }));
  await line('count: everybody', '', () => counted({}));
  await line('by language and channel: an area', '50 ms', () => previewed({ areas: ['JP-04'] }));
  await line('by language and channel: a country', '400 ms', () => previewed({ areas: ['JP'] }));
  await world.home.stop();
  return lines;
}
