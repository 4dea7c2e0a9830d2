/** What languages cost: rendering, the words of each message, and an alert in thirty languages against one in one. */
import { performance } from 'node:perf_hooks';
import { planChunk } from '../src/delivery/plan.ts';
import { type Claimed, openWordings } from '../src/delivery/wording.ts';
import { intern } from '../src/people/intern.ts';
import { fileAssets } from '../src/platform/assets-node.ts';
import { loadCatalog } from '../src/text/catalog.ts';
import { compileText } from '../src/text/compile.ts';
import { renderTexts } from '../src/text/render.ts';
import { openFarEnd, sendAlert } from './dispatch.ts';
import { count, median, milliseconds, type Order, perSecond, type Row, share } from './measures.ts';
import { approveAlert, openWorld } from './world.ts';

const PEOPLE = 20_000;
const LANGUAGES =
  'en ar fr es pt ru uk zh-Hans ja ko hi bn ur ne si ta fil id vi my am so ha fa th km sw ti ps tr'.split(' ');
const row = (measure: string, ours: string, ceiling = '', ratio = '', target = ''): Row => ({
  ...{ measure, ours, ceiling, ratio, target },
});

export async function measureTexts(order: Order): Promise<Row[]> {
  const composing = await measureComposing(order);
  const spoken = await measureLanguages(order);
  const each = composing.text / 1000;
  return [
    row('text for 1,000 messages, processor time', `${composing.text.toFixed(2)} ms`, composing.unsealing, '', '2 ms'),
    row(
      '  of the time that dispatch takes for each',
      share(each / (1000 / spoken.rate)),
      `${perSecond(spoken.rate)} sent`,
    ),
    row(
      `${count(order.sizes.spoken)} SMS in ${LANGUAGES.length} languages, time`,
      milliseconds(spoken.many),
      `${milliseconds(spoken.one)} in one, alternating`,
      (spoken.many / spoken.one).toFixed(2),
      '1.1 of 100,000',
    ),
    ...(await measureRendering()),
  ];
}

/** From a claimed row to the words on the wire. */
async function measureComposing({ folder, rounds }: Order): Promise<{ text: number; unsealing: string }> {
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
  return { text: all - unsealing, unsealing: `${unsealing.toFixed(2)} ms more to unseal the numbers` };
}

/** The same people, who all read Sinhala or one of thirty languages each: approval to the last outcome recorded. */
async function measureLanguages({ folder, sizes, rounds }: Order) {
  const { farEnd, url } = await openFarEnd();
  const world = await openWorld(folder, sizes.spoken, url);
  await world.home.start();
  const ids = await intern(world.g.store, 'languages', LANGUAGES);
  const speak = world.raw.prepare(
    'update people set languages = (select value from json_each(?) where key = people.id % ?)',
  );
  const run = async (languages: string[]) => {
    speak.run(JSON.stringify(languages.map((tag) => ids.get(tag))), languages.length);
    const { rate, received } = await sendAlert(world, farEnd, {});
    return { rate, took: (received.count / rate) * 1000 };
  };
  await run(LANGUAGES);
  const [ones, manies]: [number[], { rate: number; took: number }[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ones.push((await run(['si'])).took);
    manies.push(await run(LANGUAGES));
  }
  await world.home.stop();
  farEnd.end();
  return {
    one: median(ones),
    many: median(manies.map(({ took }) => took)),
    rate: median(manies.map(({ rate }) => rate)),
  };
}

/** An alert rendered in all its languages and lengths, one compiled text, and a language that is read for the first time. */
async function measureRendering(): Promise<Row[]> {
  const assets = fileAssets(new URL('..', import.meta.url));
  const facts = { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' };
  const from = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M' };
  const catalog = loadCatalog(assets);
  const texts = await renderTexts(catalog, 'earthquake', facts, from);
  const lengths = Object.values(texts).reduce((sum, text) => sum + Object.keys(text).length, 0);
  const alerts = await repeat(2000, () => renderTexts(catalog, 'earthquake', facts, from));

  const fill = compileText((await catalog.text('earthquake', 'si'))!.texts.sms);
  const values = { ...from, place: 'Miyagi', time: '14:46' };
  let made = 0;
  const fills = await repeat(1000, async () => {
    for (let i = 0; i < 10_000; i++) made += fill(values).length;
  });
  if (made === 0) throw new Error('nothing was filled');

  const loads: number[] = [];
  for (const tag of LANGUAGES) {
    const fresh = loadCatalog(assets);
    await fresh.languages();
    const began = performance.now();
    await Promise.all([
      fresh.words(tag),
      fresh.reply(tag, 'unclear').catch(() => {}),
      fresh.names(tag),
      fresh.choices(tag),
    ]);
    loads.push(performance.now() - began);
  }
  return [
    row('an alert rendered in all languages', perSecond(alerts), `${lengths} texts, ${perSecond(alerts * lengths)}`),
    row('  one compiled text filled', perSecond(fills * 10_000), '', '', '5,000,000/s'),
    row(
      'a language read when first asked for',
      milliseconds(median(loads)),
      'none is read at the start',
      '',
      '20 ms for all',
    ),
  ];
}

/** Times a second, in about the given milliseconds, after a fifth of it to warm up. */
async function repeat(time: number, work: () => Promise<unknown>): Promise<number> {
  for (const [span, counts] of [
    [time / 5, false],
    [time, true],
  ] as const) {
    const began = performance.now();
    let times = 0;
    while (performance.now() - began < span) {
      await work();
      times++;
    }
    if (counts) return times / ((performance.now() - began) / 1000);
  }
  return 0;
}

/** Milliseconds for a thousand. */
async function processorTime(work: () => Promise<void>, times: number): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
