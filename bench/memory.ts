/** Peak memory of planning and sending must not follow the audience: each size in a process of its own. */
import { start } from './child.ts';
import { count, megabytes, type Order, type Row } from './measures.ts';

export async function measureMemory({ folder, sizes }: Order): Promise<Row[]> {
  const peaks: number[] = [];
  for (const people of sizes.memory) {
    const child = start('memory-run.ts');
    peaks.push((await child.ask<{ peak: number }>({ folder, people })).peak);
    child.end();
  }
  const [small, large] = sizes.memory;
  return [
    {
      measure: `peak memory, ${count(large)} planned and sent`,
      ours: megabytes(peaks[1]!),
      ceiling: `${megabytes(peaks[0]!)} with ${count(small)}`,
      ratio: (peaks[1]! / peaks[0]!).toFixed(2),
      target: '1.10, 300 MB (100,000 to 400,000)',
    },
  ];
}
