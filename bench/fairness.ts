/**
 * Twelve languages of very different size, planned chunk by chunk while a fast sender takes what is due: when are
 * 95 % of each told? The sender is simulated, at a pace that no provider gives, so that it runs far into what is planned.
 */
import { performance } from 'node:perf_hooks';
import { planChunk } from '../src/delivery/plan.ts';
import { intern } from '../src/people/intern.ts';
import { count, type Order, type Row, share } from './measures.ts';
import { approveAlert, openWorld, type World } from './world.ts';

const LANGUAGES = ['si', 'ta', 'vi', 'ne', 'my', 'id', 'ar', 'th', 'km', 'ti', 'am', 'so'];
const PACE = 10_000;

/** From the largest to 40, each about half of the one before. */
function sizesOf(largest: number): number[] {
  const step = (largest / 40) ** (1 / (LANGUAGES.length - 1));
  return LANGUAGES.map((_, i) => Math.round(largest / step ** i));
}

/** Where in the whole run 95 % of each language are told, 0 to 1. */
async function told(world: World): Promise<Map<string, number>> {
  const alert = await approveAlert(world, {});
  const claim = world.raw.prepare(
    `update deliveries set state = 'sent' where id in (select id from deliveries
       where state = 'pending' and sender = 'sms' order by rank, id limit ?) returning id, rank, language`,
  );
  const order: string[] = [];
  const send = (wanted: number) => {
    const rows = claim.all(wanted) as { id: number; rank: number; language: string }[];
    rows.sort((one, other) => one.rank - other.rank || one.id - other.id);
    order.push(...rows.map(({ language }) => language));
    return rows.length;
  };
  for (;;) {
    const began = performance.now();
    const more = await planChunk(world.g, alert);
    if (!more) break;
    send(Math.round(((performance.now() - began) / 1000) * PACE));
  }
  while (send(PACE) > 0);
  const positions = new Map<string, number[]>();
  for (const language of LANGUAGES) positions.set(language, []);
  for (const [i, language] of order.entries()) positions.get(language)!.push(i);
  return new Map(
    [...positions].map(([language, at]) => [language, at[Math.ceil(at.length * 0.95) - 1]! / order.length]),
  );
}

export async function measureFairness({ folder, sizes }: Order): Promise<Row[]> {
  const groups = sizesOf(sizes.largest);
  const people = groups.reduce((one, other) => one + other, 0);
  const world = await openWorld(folder, people);
  const lists = await intern(world.g.store, 'languages', LANGUAGES);
  const blocks = LANGUAGES.flatMap((language, i) => Array<number>(groups[i]!).fill(lists.get(language)!));
  const mixed = blocks
    .map((list, i) => ({ list, at: Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i * i, 0x85ebca6b) }))
    .sort((one, other) => one.at - other.at)
    .map(({ list }) => list);
  const write = world.raw.prepare('update people set languages = ? where id = ?');
  const lines: Row[] = [];
  for (const [name, order] of [
    ['imported as blocks, small ones last', blocks],
    ['imported mixed', mixed],
  ] as const) {
    world.raw.transaction(() => {
      for (const [i, list] of order.entries()) write.run(list, i + 1);
    })();
    const finished = [...(await told(world))].sort(([, one], [, other]) => one - other);
    const [[first, fastest], [last, slowest]] = [finished[0]!, finished.at(-1)!];
    lines.push({
      measure: `${LANGUAGES.length} languages of 40 to ${count(sizes.largest)}, ${name}`,
      ours: (slowest / fastest).toFixed(3),
      ceiling: `95 % told after ${share(fastest)} (${first}) to ${share(slowest)} (${last})`,
      ratio: '',
      target: '1.2 at most',
    });
  }
  await world.home.stop();
  return lines;
}
