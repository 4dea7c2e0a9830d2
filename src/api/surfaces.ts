/** Addresses that are no calls with a key: for stations, the public, providers and probes. They enter the OpenAPI too. */
export interface Surface {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  summary: string;
  /** station: its token as Bearer or ?key=; signed: by the provider; token: METRICS_TOKEN or loopback */
  who: 'anyone' | 'station' | 'signed' | 'token';
  /** media types of the answer */
  answers: string[];
  statuses: number[];
}

const bulletin = (ending: string, type: string): Surface => ({
  method: 'GET',
  path: `/radio/{station}/{language}.${ending}`,
  summary: `The bulletin to read now, as ${type}; 410 after NOT AFTER or when withdrawn`,
  who: 'station',
  answers: [type],
  statuses: [200, 304, 401, 404, 410],
});

export const SURFACES: readonly Surface[] = [
  bulletin('txt', 'text/plain'),
  bulletin('html', 'text/html'),
  bulletin('json', 'application/json'),
  bulletin('ssml', 'application/ssml+xml'),
  {
    method: 'GET',
    path: '/radio/{station}/feed.atom',
    summary: 'Bulletins of a station, with a tombstone for each that is over',
    who: 'station',
    answers: ['application/atom+xml'],
    statuses: [200, 304, 401, 404],
  },
  {
    method: 'POST',
    path: '/radio/{station}/aired',
    summary: 'A station says what it has read on air: {language, number?, presenter?, at?, repeats?}',
    who: 'station',
    answers: ['application/json'],
    statuses: [201, 401, 404, 410, 422],
  },
  {
    method: 'GET',
    path: '/cap/{ref}.xml',
    summary: 'A public alert as CAP 1.2',
    who: 'anyone',
    answers: ['application/cap+xml'],
    statuses: [200, 404],
  },
  {
    method: 'GET',
    path: '/cap/feed.atom',
    summary: 'Public alerts, newest first',
    who: 'anyone',
    answers: ['application/atom+xml'],
    statuses: [200],
  },
  {
    method: 'POST',
    path: '/webhooks/twilio/messages',
    summary: 'Inbound SMS; X-Twilio-Signature is checked against PUBLIC_URL',
    who: 'signed',
    answers: ['text/xml'],
    statuses: [200, 400, 403],
  },
  {
    method: 'POST',
    path: '/webhooks/twilio/status',
    summary: 'Delivery reports',
    who: 'signed',
    answers: ['text/xml'],
    statuses: [200, 400, 403],
  },
  {
    method: 'POST',
    path: '/webhooks/telegram',
    summary: 'Updates of the bot; the secret header is checked',
    who: 'signed',
    answers: ['application/json'],
    statuses: [200, 400, 401],
  },
  {
    method: 'GET',
    path: '/push/key',
    summary: 'The application server key for browsers',
    who: 'anyone',
    answers: ['application/json'],
    statuses: [200],
  },
  {
    method: 'POST',
    path: '/push/subscriptions',
    summary: 'Web push without an account: {subscription, languages[], nationalities?, country?, area?}',
    who: 'anyone',
    answers: ['application/json'],
    statuses: [201, 422],
  },
  {
    method: 'DELETE',
    path: '/push/subscriptions',
    summary: 'No more messages to this browser: {endpoint}',
    who: 'anyone',
    answers: [],
    statuses: [204, 422],
  },
  {
    method: 'GET',
    path: '/check/{ref}',
    summary: 'Whether a message is ours, for people',
    who: 'anyone',
    answers: ['text/html'],
    statuses: [200, 404, 429],
  },
  {
    method: 'GET',
    path: '/check-in/{token}',
    summary: 'Two buttons, safe and help, for the person who got the link',
    who: 'anyone',
    answers: ['text/html'],
    statuses: [200, 404],
  },
  {
    method: 'POST',
    path: '/check-in/{token}',
    summary: 'The pressed button, as a form',
    who: 'anyone',
    answers: ['text/html'],
    statuses: [200, 404],
  },
  {
    method: 'GET',
    path: '/healthz',
    summary: 'The process answers',
    who: 'anyone',
    answers: ['application/json'],
    statuses: [200],
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'The store is migrated and answers',
    who: 'anyone',
    answers: ['application/json'],
    statuses: [200, 503],
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'The database in numbers (Prometheus text)',
    who: 'token',
    answers: ['text/plain'],
    statuses: [200, 401],
  },
];
