import { mkdtempSync, rmSync } from 'node:fs';
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
  type Registered,
  register,
  setUp,
  until,
} from './embassy.ts';
import { freePort, type Running, start } from './process.ts';

const NODE = ['node_modules/.bin/node', 'src/node.ts'];

describe('a crisis over HTTP on Node, with strict far ends', () => {
  let folder: string;
  let farEnds: FarEnds;
  let server: Running;
  let env: Record<string, string>;
  let keys: Keys;
  let people: Registered[];
  let incident: string;
  let api: ReturnType<typeof client>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'musafir-'));
    farEnds = await openFarEnds();
    const port = await freePort();
    env = {
      ...farEnds.settings,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_PATH: join(folder, 'musafir.db'),
    };
    server = await start(NODE, env);
    api = client(server.url);
  }, 20_000);
  afterAll(async () => {
    await server?.kill();
    await farEnds?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells 200 people once, each in their language, over three channels', async () => {
    keys = await setUp(api);
    people = await register(api, keys, farEnds);
    incident = (await api.must(201, 'POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).id;
    const station = await api.must(201, 'POST', '/api/v1/stations', keys.admin, {
      name: 'Radio Sendai',
      languages: ['si', 'ja'],
      areas: ['JP-04'],
    });
    const alert = await approveAlert(
      api,
      keys,
      incident,
      { nationalities: ['LK'], areas: ['JP-04'] },
      { scope: 'Public' },
    );
    const after = await finished(api, keys, alert.id);
    expect(after).toMatchObject({ state: 'sent', people: 200, deliveries: { sent: 200 } });
    checkReceived(farEnds, people, alert.texts);

    const script = await fetch(`${server.url}/radio/${station.id}/si.txt?key=${station.token}`);
    expect(script.status).toBe(200);
    expect(await script.text()).toContain(alert.ref);
    const cap = await fetch(`${server.url}/cap/${alert.ref}.xml`);
    expect(cap.status).toBe(200);
    expect(await cap.text()).toContain('<language>si</language>');
    expect([...farEnds.twilio.violations, ...farEnds.telegram.violations, ...farEnds.push.violations]).toEqual([]);
    expect(farEnds.telegram.throttled).toBe(0);
  }, 30_000);

  it('hears safe and help by signed webhooks, and the board sums', async () => {
    const { twilio, telegram } = farEnds;
    const url = `${env.PUBLIC_URL}/webhooks/twilio/messages`;
    const phones = people.filter(({ channel }) => channel === 'sms');
    const chats = people.filter(({ channel }) => channel === 'telegram');
    const hand = async (request: Request) => expect((await fetch(request)).status).toBe(200);
    for (const [i, { value }] of phones.slice(0, 12).entries())
      await hand(await twilio.incoming(url, value, OUR_NUMBER, i < 8 ? '1' : '2'));
    const update = telegram.update();
    const buttons = telegram.sent.find((sent) => String(sent.chatId) === chats[0]!.value)!.replyMarkup!
      .inline_keyboard!;
    await hand(update.press(Number(chats[0]!.value), buttons.flat()[0]!.callback_data!));
    await hand(update.press(Number(chats[1]!.value), buttons.flat()[1]!.callback_data!));
    for (const sms of twilio.sent.slice(0, 30)) await hand(await twilio.deliver(sms.sid, 'delivered'));
    const board = await api.must(200, 'GET', `/api/v1/incidents/${incident}/board`, keys.viewer);
    expect(board).toMatchObject({ registered: 200, safe: 9, help: 5, noAnswer: 186, openCases: 5 });
    // everyone who wrote is answered
    await until('the answers', () => (twilio.sent.length >= 140 + 12 ? true : undefined));
    expect(telegram.acknowledged).toHaveLength(2);
    const forged = await fetch(url, { method: 'POST', body: 'Body=2', headers: { 'x-twilio-signature': 'x' } });
    expect([400, 401, 403]).toContain(forged.status);
  }, 20_000);

  it('loses nobody and tells nobody twice, when it is killed in the middle of 500 SMS', async () => {
    const { twilio } = farEnds;
    const numbers = Array.from({ length: 500 }, (_, n) => `+8190${12_340_000 + n}`);
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
    await until('half of it', () => (told() > 200 ? true : undefined));
    await server.kill();
    const before = told();
    expect(before).toBeLessThan(500);

    server = await start(NODE, env);
    const after = await finished(client(server.url), keys, alert.id, 30_000);
    expect(after).toMatchObject({ state: 'sent', deliveries: { sent: 500 } });
    expect(numbers.filter((number) => to(number) !== 1)).toEqual([]);
    expect(twilio.violations).toEqual([]);
  }, 40_000);

  it('stops within five seconds when it is asked to, and gives back what it did not send', async () => {
    const ended = new Promise<number | null>((resolve) => server.child.once('exit', (code) => resolve(code)));
    const asked = Date.now();
    server.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5_000);
    expect(server.output()).not.toContain('"level":"error"');
  }, 10_000);
});
