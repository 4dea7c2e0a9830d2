import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approveAlert,
  checkReceived,
  client,
  type FarEnds,
  finished,
  type Keys,
  OUR_NUMBER,
  openFarEnds,
  register,
  setUp,
  until,
} from './embassy.ts';
import { freePort, type Running, start } from './process.ts';

const DEV_EDGE = 'scripts/dev-edge.mjs';
const isThere = existsSync(DEV_EDGE);
if (!isThere) console.log(`The journey at the edge is left out: there is no ${DEV_EDGE}.`);

describe.skipIf(!isThere)('a crisis over HTTP in workerd, with strict far ends', () => {
  let folder: string;
  let farEnds: FarEnds;
  let server: Running;
  let env: Record<string, string>;
  let keys: Keys;
  let incident: string;

  const open = () =>
    start(['node_modules/.bin/node', DEV_EDGE], env, { port: Number(env.PORT), group: true, ms: 40_000 });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'musafir-edge-'));
    farEnds = await openFarEnds();
    const port = await freePort();
    env = { ...farEnds.settings, PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}`, STATE_DIR: folder };
    server = await open();
  }, 60_000);
  afterAll(async () => {
    await server?.kill();
    await farEnds?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells 200 people once, hears them, and the board sums', async () => {
    const { twilio, telegram, push } = farEnds;
    const api = client(server.url);
    keys = await setUp(api);
    const people = await register(api, keys, farEnds);
    incident = (await api.must(201, 'POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).id;
    const station = await api.must(201, 'POST', '/api/v1/stations', keys.admin, {
      name: 'Radio Sendai',
      languages: ['si', 'ja'],
      areas: ['JP-04'],
    });
    const audience = { nationalities: ['LK'], areas: ['JP-04'] };
    const alert = await approveAlert(api, keys, incident, audience, { scope: 'Public' });
    const after = await finished(api, keys, alert.id, 40_000);
    expect(after).toMatchObject({ state: 'sent', people: 200, deliveries: { sent: 200 } });
    checkReceived(farEnds, people, alert.texts);
    expect((await fetch(`${server.url}/radio/${station.id}/si.txt?key=${station.token}`)).status).toBe(200);
    expect((await fetch(`${server.url}/cap/${alert.ref}.xml`)).status).toBe(200);

    const url = `${env.PUBLIC_URL}/webhooks/twilio/messages`;
    const phones = people.filter(({ channel }) => channel === 'sms');
    const [chat] = people.filter(({ channel }) => channel === 'telegram');
    const hand = async (request: Request) => expect((await fetch(request)).status).toBe(200);
    for (const [i, { value }] of phones.slice(0, 6).entries())
      await hand(await twilio.incoming(url, value, OUR_NUMBER, i < 4 ? '1' : '2'));
    await until('the Telegram webhook', () => telegram.webhook);
    await hand(telegram.update().text(Number(chat!.value), '2'));
    const board = await api.must(200, 'GET', `/api/v1/incidents/${incident}/board`, keys.viewer);
    expect(board).toMatchObject({ registered: 200, safe: 4, help: 3, noAnswer: 193, openCases: 3 });
    await until('the answers', () => (twilio.sent.length >= 140 + 6 ? true : undefined));
    expect([...twilio.violations, ...telegram.violations, ...push.violations]).toEqual([]);
  }, 90_000);

  it('loses nobody and tells nobody twice, when the power is cut in the middle', async () => {
    const { twilio } = farEnds;
    const api = client(server.url);
    const numbers = Array.from({ length: 200 }, (_, n) => `+8190${12_340_000 + n}`);
    const csv = ['external_id,phone,languages,nationalities,country']
      .concat(numbers.map((number, n) => `q-${n},${number},${['si', 'ar', 'ja'][n % 3]},MV,JP`))
      .join('\n');
    const { id } = await api.must(202, 'POST', '/api/v1/imports', keys.registrar, csv, 'text/csv');
    await until('the import', async () => {
      const report = await api.must(200, 'GET', `/api/v1/imports/${id}`, keys.registrar);
      return report.status === 'done' ? report : undefined;
    });
    const alert = await approveAlert(api, keys, incident, { nationalities: ['MV'] });
    const to = (number: string) => twilio.sent.filter((sms) => sms.to === number).length;
    const told = () => numbers.filter((number) => to(number) > 0).length;
    await until('half of it', () => (told() > 60 ? true : undefined), 30_000);
    await server.kill();
    expect(told()).toBeLessThan(200);
    server = await open();
    const after = await finished(client(server.url), keys, alert.id, 90_000);
    expect(after).toMatchObject({ state: 'sent', deliveries: { sent: 200 } });
    expect(numbers.filter((number) => to(number) !== 1)).toEqual([]);
    expect(twilio.violations).toEqual([]);
  }, 180_000);
});
