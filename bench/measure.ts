/** One measure in a process of its own: nothing that another has loaded or warmed is left over. */
import { answer } from './child.ts';
import { MEASURES, type Order } from './measures.ts';

answer<{ name: string; order: Order }>(async ({ name, order }) => {
  try {
    return { rows: await (await MEASURES[name]!())(order) };
  } catch (error) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
});
