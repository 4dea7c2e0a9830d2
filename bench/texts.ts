/** From a claimed row to the words on the wire, by processor time. */
import { planChunk } from '../src/delivery/plan.ts';
import { type Claimed, openWordings } from '../src/delivery/wording.ts';
import { median, type Order, type Row } from './measures.ts';
import { approveAlert, openWorld } from './world.ts';

const PEOPLE = 20_000;

export async function measureTexts({ folder, rounds }: Order): Promise<Row[]> {
  const world = await openWorld(folder, PEOPLE);
  const { g } = world;
  const alert = await approveAlert(world, {});
  while (await planChunk(g, alert));
  const claimed = world.raw
    .prepare(
      `select d.id, d.nonce, d.organisation, d.alert, d.person, d.address, d.channel, d.language, d.rank, 1 as attempts,
         d.expires_at as expiresAt, null as bodySealed, a.value_sealed as value, a.country, 0 as discreet
       from deliveries d join addresses a on a.id = d.address where d.alert = ?`,
    )
    .all(alert) as Claimed[];
  const wordings = openWordings(g, 'sms');
  const now = g.clock.now();
  const whole = async () => {
    for (const row of claimed) await wordings.compose(row, now);
  };
  const opening = async () => {
    for (const row of claimed) {
      const keys = await g.vault.keys(row.organisation);
      await keys.open('address', row.value!);
    }
  };
  await whole();
  await opening();
  const [wholes, openings]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.max(5, rounds); round++) {
    wholes.push(await processorTime(whole, claimed.length));
    openings.push(await processorTime(opening, claimed.length));
  }
  await world.home.stop();
  const [all, unsealing] = [median(wholes), median(openings)];
  return [
    {
      measure: 'text for 1,000 messages, processor time',
      ours: `${(all - unsealing).toFixed(2)} ms`,
      ceiling: `${unsealing.toFixed(2)} ms more to unseal the numbers`,
      ratio: '',
      target: '2 ms',
    },
  ];
}

/** Milliseconds for a thousand. */
async function processorTime(work: () => Promise<void>, times: number): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
