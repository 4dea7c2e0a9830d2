/** Approval to the last message recorded, against a bare undici loop with the same bodies to the same far end. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Child, start } from './child.ts';
import type { FarEndQuestion, Received } from './far-end.ts';
import { count, median, milliseconds, type Order, perSecond, type Row, share } from './measures.ts';
import { approveAlert, openWorld, type World } from './world.ts';

const IN_FLIGHT = 64;

interface Run {
  /** messages a second, from approval to the last outcome recorded */
  rate: number;
  /** milliseconds from approval to the end of the plan, and to the first message at the far end */
  planned: number;
  first: number;
  received: Received;
}

const ask = <T>(farEnd: Child, question: FarEndQuestion) => farEnd.ask<T>(question);

export async function openFarEnd(): Promise<{ farEnd: Child; url: string }> {
  const farEnd = start('far-end.ts');
  return { farEnd, url: (await ask<{ url: string }>(farEnd, { listen: true })).url };
}

/** One alert all the way: the loops of the process do what they do in production. */
export async function sendAlert(world: World, farEnd: Child, audience: unknown, latency = 0): Promise<Run> {
  await ask(farEnd, { reset: { latency } });
  const alert = await approveAlert(world, audience);
  const read = world.raw.prepare(
    'select approved_at as approved, planned_at as planned, finished_at as finished from alerts where id = ?',
  );
  let times: Record<'approved' | 'planned' | 'finished', number | null>;
  // planned_at is when its last chunk began
  let planned = 0;
  do {
    await sleep(5);
    times = read.get(alert) as typeof times;
    if (times.planned !== null) planned ||= Date.now();
  } while (times.finished === null);
  const received = await ask<Received>(farEnd, { read: true });
  const sent = world.raw
    .prepare("select count(*) from deliveries where alert = ? and state = 'sent'")
    .pluck()
    .get(alert);
  if (sent !== received.count) throw new Error(`${sent} recorded as sent, ${received.count} received`);
  const seconds = (times.finished - times.approved!) / 1000;
  return {
    rate: received.count / seconds,
    planned: planned - times.approved!,
    first: received.first - times.approved!,
    received,
  };
}

/** The ceiling: nothing but the requests. */
async function bareLoop(url: string, like: Received, messages: number): Promise<number> {
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = like.headers;
  let left = messages;
  const began = performance.now();
  const loop = async () => {
    while (left-- > 0) {
      const answer = await pool.request({ path: like.path, method: 'POST', headers, body: like.body });
      await answer.body.text();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  const rate = messages / ((performance.now() - began) / 1000);
  await pool.close();
  return rate;
}

export async function measureDispatch({ folder, sizes, rounds }: Order): Promise<Row[]> {
  const { farEnd, url } = await openFarEnd();
  const world = await openWorld(folder, sizes.messages, url);
  await world.home.start();
  const warm = await sendAlert(world, farEnd, { areas: ['JP'] });
  await bareLoop(url, warm.received, 10_000);
  const ceilings: number[] = [];
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    ceilings.push(await bareLoop(url, warm.received, sizes.messages));
    runs.push(await sendAlert(world, farEnd, {}));
  }
  await world.home.stop();
  farEnd.end();
  const ratio = median(runs.map((run, i) => run.rate / ceilings[i]!));
  const inFlight = world.g.senders.get('sms')!.inFlight;
  const of = `${count(sizes.messages)} SMS`;
  return [
    {
      measure: `dispatch of ${of}, ${inFlight} in flight`,
      ours: perSecond(median(runs.map((run) => run.rate))),
      ceiling: `${perSecond(median(ceilings))} bare undici, ${IN_FLIGHT} in flight`,
      ratio: share(ratio),
      target: '35 %',
    },
    {
      measure: `  approval to all ${count(sizes.messages)} planned`,
      ours: milliseconds(median(runs.map((run) => run.planned))),
      ceiling: '',
      ratio: '',
      target: '1,000 ms at 100,000',
    },
    {
      measure: '  approval to the first message out',
      ours: milliseconds(median(runs.map((run) => run.first))),
      ceiling: '',
      ratio: '',
      target: '1,000 ms',
    },
  ];
}

/** With a far end that takes 50 ms: how near to what that many connections can carry. */
export async function measureLatency({ folder, sizes }: Order): Promise<Row[]> {
  const { farEnd, url } = await openFarEnd();
  const world = await openWorld(folder, sizes.waited, url);
  await world.home.start();
  const channel = world.g.senders.get('sms')!;
  const own = channel.inFlight;
  await sendAlert(world, farEnd, { areas: ['JP'] });
  const lines: Row[] = [];
  for (const [inFlight, target] of [
    [own, ''],
    [64, '95 %'],
    [256, '85 %'],
  ] as const) {
    // the width has no setting: it is what the channel says
    Object.assign(channel, { inFlight });
    const { rate } = await sendAlert(world, farEnd, {}, 50);
    lines.push({
      measure: `dispatch at 50 ms, ${inFlight} in flight${inFlight === own ? ' (as installed)' : ''}`,
      ours: perSecond(rate),
      ceiling: `${perSecond(inFlight / 0.05)} = ${inFlight}/0.05 s`,
      ratio: share(rate / (inFlight / 0.05)),
      target,
    });
  }
  await world.home.stop();
  farEnd.end();
  return lines;
}
