import { answer, start } from './child.ts';
import { sendAlert } from './dispatch.ts';
import { makeSeed, openWorld } from './world.ts';

answer<{ folder: string; people: number } | { folder: string; seed: number }>(async (question) => {
  const { folder } = question;
  if ('seed' in question) return makeSeed(`${folder}/people-${question.seed}.db`, question.seed);
  // the people are made elsewhere: only what a running gateway needs is counted here
  const maker = start('memory-run.ts');
  await maker.ask({ folder, seed: question.people });
  maker.end();
  const farEnd = start('far-end.ts');
  const { url } = await farEnd.ask<{ url: string }>({ listen: true });
  const world = await openWorld(folder, question.people, url);
  await world.home.start();
  await sendAlert(world, farEnd, {});
  const peak = process.resourceUsage().maxRSS;
  await world.home.stop();
  farEnd.end();
  return { peak };
});
