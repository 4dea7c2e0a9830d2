/** Web push up to the wire: encryption for each subscription and the VAPID token, by processor time. */
import { randomBytes } from 'node:crypto';
import type { Outgoing, Wire } from '../src/channels/channel.ts';
import { generateVapidKeys, webPush } from '../src/channels/push.ts';
import { median, type Order, perSecond, type Row } from './measures.ts';

const SUBSCRIPTIONS = 500;
const MESSAGES = 5_000;

export async function measurePush({ rounds }: Order): Promise<Row[]> {
  const channel = webPush({
    ...(await generateVapidKeys()),
    subject: 'mailto:duty@example.org',
    allowPrivateHosts: true,
  });
  const subscriptions: string[] = [];
  for (let i = 0; i < SUBSCRIPTIONS; i++) {
    const { publicKey } = await generateVapidKeys();
    const keys = { p256dh: publicKey, auth: randomBytes(16).toString('base64url') };
    subscriptions.push(JSON.stringify({ endpoint: `https://fcm.googleapis.com/fcm/send/${i}`, keys }));
  }
  const wire: Wire = { request: async () => ({ status: 201, headers: {}, text: '' }) };
  const send = (i: number) => channel.send(message(subscriptions[i % SUBSCRIPTIONS]!, i), wire);
  const round = async () => {
    let next = 0;
    const loop = async () => {
      while (next < MESSAGES) await send(next++);
    };
    await Promise.all(Array.from({ length: channel.inFlight }, loop));
  };
  await round();
  const rates: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = process.cpuUsage();
    await round();
    const { user, system } = process.cpuUsage(before);
    rates.push(MESSAGES / ((user + system) / 1e6));
  }
  return [
    {
      measure: 'push messages sealed and signed, a core',
      ours: perSecond(median(rates)),
      ceiling: `installed pace ${perSecond(channel.perSecond)}`,
      ratio: '',
      target: '3,000/s',
    },
  ];
}

function message(to: string, i: number): Outgoing {
  const now = Date.now();
  return {
    token: `${i.toString(36)}-bench`,
    to,
    text: 'Strong earthquake in Miyagi at 14:46. Move away from the coast. Follow local instructions. Musafir '.repeat(
      3,
    ),
    heading: 'Earthquake',
    language: 'en',
    direction: 'ltr',
    ref: 'LK7K3M',
    chain: 'LK7K3M',
    urgency: 'Immediate',
    expires: now + 3_600_000,
    now,
    buttons: [{ label: 'I am safe', data: '1 LK7K3M' }],
    link: 'https://gateway.example.org/check-in/x',
  };
}
