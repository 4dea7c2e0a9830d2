/** The least that can be called Twilio: takes a message, answers 201 with a number of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './child.ts';

export interface Received {
  count: number;
  /** epoch milliseconds of the first and last one */
  first: number;
  last: number;
  /** the latest request as it came, so that the ceiling can send the same */
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type FarEndQuestion = { listen: true } | { reset: { latency: number } } | { read: true };

let latency = 0;
let received: Received;
const forget = () => {
  received = { count: 0, first: 0, last: 0, path: '', headers: {}, body: '' };
};
forget();

let next = 0;
const MESSAGE = {
  account_sid: 'AC00000000000000000000000000000000',
  api_version: '2010-04-01',
  body: 'Sent.',
  date_created: 'Sun, 22 Nov 2026 09:00:00 +0000',
  date_sent: null,
  date_updated: 'Sun, 22 Nov 2026 09:00:00 +0000',
  direction: 'outbound-api',
  error_code: null,
  error_message: null,
  from: '+815012345678',
  messaging_service_sid: null,
  num_media: '0',
  num_segments: '1',
  price: null,
  price_unit: 'USD',
  sid: '?',
  status: 'queued',
  subresource_uris: { media: '/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/Media.json' },
  to: '+818012345671',
  uri: '/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/SM.json',
};
const [before, after] = JSON.stringify(MESSAGE).split('?') as [string, string];

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    received.last = Date.now();
    if (received.count++ === 0) {
      received.first = received.last;
      received.path = request.url!;
      received.headers = request.headers as Record<string, string>;
      received.body = Buffer.concat(parts).toString();
    }
    const text = `${before}SM${(next++).toString(16).padStart(32, '0')}${after}`;
    const reply = () =>
      response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': text.length }).end(text);
    if (latency > 0) setTimeout(reply, latency);
    else reply();
  });
});
server.keepAliveTimeout = 60_000;

answer<FarEndQuestion>((question) => {
  if ('reset' in question) {
    latency = question.reset.latency;
    forget();
    return undefined;
  }
  if ('read' in question) return received;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 1024, () =>
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
  });
});
