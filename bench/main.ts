/**
 * Measures the gateway as it runs on Node: the real database file, the real wire, far ends on loopback.
 * Numbers are printed and never asserted; targets stand beside them. Each measure has a process of its own.
 *
 *   npm run bench                              quick, under four minutes
 *   npm run bench -- --full                    the sizes that the targets speak of
 *   npm run bench -- --only dispatch,receipts  some measures
 *   npm run bench -- --only kills --seed 7     a hundred random kills, some minutes; --kills says how many
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { start } from './child.ts';
import { LONG, MEASURES, type Order, type Row, type Sizes } from './measures.ts';

const QUICK: Sizes = {
  messages: 20_000,
  waited: 12_000,
  people: 200_000,
  largest: 60_000,
  memory: [10_000, 40_000],
  receipts: 8_000,
  spoken: 8_000,
  kills: 100,
};
const FULL: Sizes = {
  messages: 100_000,
  waited: 40_000,
  people: 1_000_000,
  largest: 60_000,
  memory: [100_000, 400_000],
  receipts: 40_000,
  spoken: 100_000,
  kills: 100,
};

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
  },
});
const only = options.only?.split(',') ?? Object.keys(MEASURES).filter((name) => options.full || !LONG.includes(name));
const unknown = only.filter((name) => !(name in MEASURES));
if (unknown.length > 0) {
  console.error(`No measure is called ${unknown.join(', ')}. There are: ${Object.keys(MEASURES).join(', ')}.`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'musafir-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const sizes = options.full ? FULL : QUICK;
const order: Order = {
  folder,
  sizes: { ...sizes, kills: Number(options.kills ?? sizes.kills) },
  rounds: Number(options.rounds ?? 3),
  seed: Number(options.seed ?? Date.now() % 1_000_000),
};
console.log(
  `${cpus()[0]?.model ?? 'CPU'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]!.toFixed(1)}, ` +
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${options.full ? 'full' : 'quick'} sizes\n`,
);
const TITLES: Row = { measure: 'measure', ours: 'ours', ceiling: 'compared with', ratio: 'ratio', target: 'target' };
const rows: Row[] = [TITLES];
for (const name of only) {
  const began = Date.now();
  const child = start('measure.ts');
  const answer = await child.ask<{ rows: Row[] } | { problem: string }>({ name, order });
  child.end();
  const found = 'rows' in answer ? answer.rows : [{ ...blank(name), ours: `failed: ${answer.problem}` }];
  rows.push(...found);
  if (process.stderr.isTTY) console.error(`${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
printTable(rows);

function blank(measure: string): Row {
  return { measure, ours: '', ceiling: '', ratio: '', target: '' };
}

function printTable(lines: readonly Row[]): void {
  const columns = Object.keys(TITLES) as (keyof Row)[];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  for (const [i, line] of lines.entries()) {
    console.log(
      columns
        .map((column, c) => line[column].padEnd(widths[c]!))
        .join('  ')
        .trimEnd(),
    );
    if (i === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  }
}
