/** Signed status callbacks over HTTP, each on the disk before its 2xx, against a server that only answers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { planChunk } from '../src/delivery/plan.ts';
import { deliveryToken } from '../src/delivery/token.ts';
import { type Child, start } from './child.ts';
import { median, milliseconds, type Order, perSecond, type Row } from './measures.ts';
import type { Callbacks, Posted } from './poster.ts';
import { ACCOUNT, approveAlert, openWorld, PUBLIC_URL, TOKEN, type World } from './world.ts';

const CONNECTIONS = 64;
/** Express 5 with twilio.webhook() on one core, nothing stored: the number of the target */
const EXPRESS = 2_650;

/** The deliveries of one alert as they are when all of it is sent. */
async function sentDeliveries(world: World): Promise<Callbacks['messages']> {
  const alert = await approveAlert(world, {});
  while (await planChunk(world.g, alert));
  world.raw
    .prepare(
      `update deliveries set state = 'sent', attempts = 1, sent_at = created_at, attempted_at = created_at,
         provider_id = 'SM' || printf('%032x', id) where alert = ?`,
    )
    .run(alert);
  world.raw.prepare("update alerts set state = 'sent', finished_at = started_at where id = ?").run(alert);
  const rows = world.raw.prepare('select id, nonce, provider_id as sid from deliveries where alert = ?').all(alert);
  return (rows as { id: number; nonce: number; sid: string }[]).map((row) => ({
    token: deliveryToken(row),
    sid: row.sid,
  }));
}

export async function measureReceipts({ folder, sizes, rounds }: Order): Promise<Row[]> {
  const world = await openWorld(folder, sizes.receipts / 2);
  const poster = start('poster.ts');
  const bare = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  const ours = serve({ fetch: world.app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  const ports = [await portOf(ours), await portOf(bare.listen(0, '127.0.0.1'))] as const;
  const answers: Posted[] = [];
  const floors: Posted[] = [];
  for (let round = 0; round <= rounds; round++) {
    const messages = await sentDeliveries(world);
    const floor = await post(poster, ports[1], messages);
    const answer = await post(poster, ports[0], messages);
    const done = world.raw.prepare("select count(*) from deliveries where state = 'delivered'").pluck().get() as number;
    if (done !== messages.length * (round + 1) || answer.refused > 0)
      throw new Error(`${done} delivered, ${answer.refused} refused`);
    // the first round warms
    if (round > 0) {
      answers.push(answer);
      floors.push(floor);
    }
  }
  poster.end();
  ours.close();
  bare.close();
  await world.home.stop();
  const rate = median(answers.map((answer) => answer.rate));
  return [
    {
      measure: `receipts, signed and stored, ${CONNECTIONS} connections`,
      ours: perSecond(rate),
      ceiling: `${perSecond(median(floors.map((floor) => floor.rate)))} bare node:http`,
      ratio: `${(rate / EXPRESS).toFixed(2)} x Express`,
      target: `${perSecond(2 * EXPRESS)}, 2 x Express + twilio.webhook (${perSecond(EXPRESS)})`,
    },
    {
      measure: `  slowest of 100 (p99), ${CONNECTIONS} connections`,
      ours: milliseconds(median(answers.map((answer) => answer.p99))),
      ceiling: `${milliseconds(median(floors.map((floor) => floor.p99)))} bare node:http`,
      ratio: '',
      target: '250 ms',
    },
  ];
}

function post(poster: Child, port: number, messages: Callbacks['messages']): Promise<Posted> {
  const callbacks: Callbacks = {
    port,
    publicUrl: PUBLIC_URL,
    account: ACCOUNT,
    secret: TOKEN,
    connections: CONNECTIONS,
    messages,
  };
  return poster.ask<Posted>(callbacks);
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}
