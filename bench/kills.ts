/** Kills at random moments and at every step of a crisis of 5,000 people, counted at far ends that go wrong. */
import { total } from '../test/kill/books.ts';
import { crisis, type Killed, makeSeed, type Report } from '../test/kill/crisis.ts';
import { generator, type Kill } from '../test/kill/steps.ts';
import { CHANNELS, openWitness, type PerChannel, SOME_FAULTS } from '../test/kill/witness.ts';
import { count, median, type Order, type Row } from './measures.ts';

const PEOPLE = 5_000;
/** With 50 ms at the far end the connections are the limit, not this. */
const SMS_RATE = 5_000;
const RANDOM_A_CRISIS = 25;
const LATEST_MS = 350;

/** What was claimed and not recorded; only Telegram leaves it to an operator. */
const UNKNOWN_TARGETS = { sms: 'looked up', telegram: '2', push: 'replaced' };

/** The slow channels first, and early in a process: there must be something left for each step. */
function planOf(random: () => number): Kill[] {
  const anyTime = (): Kill => ({ step: 'random', afterMs: Math.round(random() * LATEST_MS) });
  return [
    { step: 'planned half', nth: 1 + Math.floor(random() * 3) },
    { step: 'claimed', sender: 'telegram', nth: 1 },
    { step: 'handed to the wire', sender: 'telegram', nth: 1 },
    { step: 'answered', sender: 'telegram', nth: 1 },
    { step: 'handed to the wire', sender: 'push', nth: 1 },
    { step: 'answered', sender: 'push', nth: 1 },
    { step: 'claimed', sender: 'sms', nth: 1 + Math.floor(random() * 3) },
    { step: 'handed to the wire', sender: 'sms', nth: 1 + Math.floor(random() * 60) },
    { step: 'answered', sender: 'sms', nth: 1 + Math.floor(random() * 60) },
    { step: 'recorded', nth: 1 + Math.floor(random() * 2) },
    { step: 'looked up', nth: 1 + Math.floor(random() * 10) },
    ...Array.from({ length: RANDOM_A_CRISIS }, anyTime),
  ];
}

export async function measureKills({ folder, sizes, seed: seedNumber }: Order): Promise<Row[]> {
  const random = generator(seedNumber);
  const witness = await openWitness(random, SMS_RATE);
  const seed = await makeSeed(folder, witness, PEOPLE, { sms: 7, telegram: 2 });
  const reports: Report[] = [];
  const randomKills = () => reports.flatMap(({ kills }) => kills).filter(({ step }) => step === 'random');
  while (randomKills().length < sizes.kills) {
    reports.push(
      await crisis({ folder, seed, witness, kills: planOf(random), faults: SOME_FAULTS, finishMs: 150_000 }),
    );
    const { books, kills, seconds } = reports.at(-1)!;
    for (const disagreement of books.disagreements.slice(0, 10)) console.error(disagreement);
    if (process.stderr.isTTY) console.error(`${kills.length} kills in ${seconds.toFixed(0)} s`);
  }
  await witness.close();
  return rowsOf(reports, randomKills(), seedNumber);
}

function rowsOf(reports: Report[], randomKills: Killed[], seedNumber: number): Row[] {
  const kills = reports.flatMap((report) => report.kills);
  const sum = (of: (report: Report) => number) => reports.reduce((all, report) => all + of(report), 0);
  const row = (measure: string, ours: string, target = '', ceiling = ''): Row => {
    return { measure, ours, ceiling, ratio: '', target };
  };
  const spread = (of: Killed[]) => {
    const held = of.map(({ inFlight }) => total(inFlight));
    return `${of.length}, in flight ${Math.min(...held)} at least, ${median(held)} in the middle`;
  };
  const byStep = Map.groupBy(kills, ({ step, sender }) => `${step}${sender ? ` (${sender})` : ''}`);
  const sent = sum(({ books }) => books.people);
  const resumed = kills.flatMap(({ resumedMs }) => (resumedMs === undefined ? [] : [resumedMs]));
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const wrong = sum(({ wrongs }) => Object.values(wrongs).reduce((all, n) => all + n, 0));
  const part = (of: Killed[], which: 'inFlight' | 'unknown', channel: keyof PerChannel) =>
    of.reduce((all, kill) => all + kill[which][channel], 0);
  const busy = (channel: keyof PerChannel) => randomKills.filter(({ inFlight }) => inFlight[channel] > 0);
  const reasons: Record<string, number> = {};
  for (const { indeterminate } of reports)
    for (const [reason, n] of Object.entries(indeterminate)) reasons[reason] = (reasons[reason] ?? 0) + n;
  return [
    row(
      `kills: ${reports.length} crises of ${count(PEOPLE)} people, --seed ${seedNumber}`,
      `${kills.length} kills, ${randomKills.length} at random`,
      '100 at random',
      `${wrong} times the far ends went wrong`,
    ),
    ...[...byStep].map(([step, of]) => row(`  ${step}`, spread(of), step === 'random' ? 'at least 1' : '')),
    row('  lost', String(sum(({ books }) => total(books.lost))), '0', `${count(sent)} people`),
    row('  SMS twice', String(sum(({ books }) => books.twice.sms)), '0'),
    row('  Telegram twice', String(sum(({ books }) => books.twice.telegram)), '0'),
    row(
      '  push repeats, and beside the first one',
      `${sum(({ books }) => books.pushRepeats)}, ${sum(({ books }) => books.pushBeside)}`,
      'any, 0',
    ),
    row(
      '  rows without an end, and not as at the far end',
      `${sum(({ books }) => books.open)}, ${sum(({ books }) => books.disagreements.length)}`,
      '0, 0',
    ),
    row(
      '  requests against the rules, errors in the log',
      `${sum(({ violations }) => violations.length)}, ${sum(({ errors }) => errors.length)}`,
      '0, 0',
    ),
    row(
      '  indeterminate',
      Object.entries(reasons)
        .map(([reason, n]) => `${reason} ${n}`)
        .join(', ') || '0',
      '',
      `${sum(({ resolved }) => resolved.sent)} resolved as sent, ${sum(({ resolved }) => resolved.resend)} sent again`,
    ),
    ...CHANNELS.map((channel) => {
      const [unknown, inFlight] = [part(busy(channel), 'unknown', channel), part(busy(channel), 'inFlight', channel)];
      return {
        measure: `  unknown after a random kill, ${channel}`,
        ours: count(unknown),
        ceiling: `${count(inFlight)} in flight, ${busy(channel).length} kills`,
        ratio: (unknown / inFlight).toFixed(2),
        target: UNKNOWN_TARGETS[channel],
      };
    }),
    row(
      '  seconds from the start to the next send',
      `${seconds(median(resumed))} in the middle, ${seconds(Math.max(...resumed))} at most`,
      '5',
    ),
  ];
}
