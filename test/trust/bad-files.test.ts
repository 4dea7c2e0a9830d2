import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { alerts, importChunks, imports, incidents, people, replies } from '../../src/db/schema.ts';
import { createTwilio } from '../farends/twilio.ts';
import { type Embassy, embassy, type TestGateway, testGateway } from '../gateway.ts';
import { crisis } from './world.ts';

describe('a file of people', () => {
  let t: TestGateway;
  let keys: Embassy;
  beforeEach(async () => {
    t = await testGateway();
    keys = await embassy(t, 'training');
  });
  const upload = (body: string | Uint8Array | ReadableStream<Uint8Array>, type = 'text/csv') => {
    t.clock.pass(100);
    return t.app.request('/api/v1/imports', {
      method: 'POST',
      headers: { Authorization: `Bearer ${keys.registrar}`, 'Content-Type': type },
      body,
      duplex: 'half',
    } as RequestInit);
  };
  const report = async (id: string) => (await t.call('GET', `/api/v1/imports/${id}`, { key: keys.registrar })).json;

  it.each([
    ['nothing', '', 'malformed'],
    ['white space', '\r\n \r\n', 'malformed'],
    ['JSON', '{"name":"Nimali"}', 'malformed'],
    ['columns that nobody knows', 'a,b,c\n1,2,3\n', 'malformed'],
    ['zeros', '\u0000'.repeat(1000), 'malformed'],
  ])('of %s is refused, and no import is left', async (_, body, code) => {
    const answer = await upload(body);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, code]);
    expect(await t.g.store.db.$count(imports)).toBe(0);
  });

  it.each(['application/json', 'application/vnd.ms-excel', 'multipart/form-data; boundary=x', 'text/html', ''])(
    'sent as "%s" is not read',
    async (type) => {
      const answer = await upload('name\nNimali\n', type);
      expect(answer.status).toBe(415);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('says of each row that it cannot take what is wrong with it, and takes the others', async () => {
    const file = [
      'external_id,name,phone,latitude,longitude,languages',
      'a1,Nimali,+818012345671,38.2,140.8,si',
      'a2,Kumaran,📞📞📞,,,ta',
      'a3,"Somchai,+818012345674,,,th',
      'a4"',
      'a5,Yusuf,+818012345675,95,140,ar',
      'a6,Mai\u0000,+818012345676,,,vi',
      'a7,Abebe,+818012345677,,,12345',
      'a8,Zo,+818012345678,,,en,too,many',
    ].join('\n');
    const { id } = (await (await upload(file)).json()) as { id: string };
    await t.work();
    const done = await report(id);
    expect(done).toMatchObject({ status: 'done', created: 1, updated: 0 });
    const lines = done.rejected.map((row: { line: number }) => row.line);
    expect(done.rows).toBe(1 + lines.length);
    expect(lines.slice(0, 2)).toEqual([3, 4]);
    for (const row of done.rejected) expect(row.reason, JSON.stringify(row)).toMatch(/^[a-z_]+$/);
    expect(JSON.stringify(done)).not.toContain('Kumaran');
  });

  it('whose sender hangs up half way brings nobody, and leaves no waiting rows', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `a${i},Person ${i}`).join('\n');
    let pulls = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulls++ < 12)
          controller.enqueue(new TextEncoder().encode(`${pulls === 1 ? 'external_id,name\n' : ''}${rows}\n`));
        else controller.error(new Error('gone'));
      },
    });
    const answer = await Promise.resolve(upload(broken)).catch(() => undefined);
    expect(answer?.status ?? 500).toBeGreaterThanOrEqual(400);
    await t.work();
    expect(await t.g.store.db.$count(people)).toBe(0);
    expect(await t.g.store.db.$count(importChunks)).toBe(0);
    for (const row of await t.g.store.db.select().from(imports)) expect(row.status).toBe('failed');
  });

  it('of any bytes is answered, and every row is counted once', { timeout: 60_000 }, async () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('+818012345671', '"', '""', 'si ta', 'JP-04', '1e9', '\r\n', ';'),
    );
    const text = fc
      .array(fc.array(cell, { maxLength: 5 }), { maxLength: 8 })
      .map((rows) => ['name,phone,languages,area,tags', ...rows.map((cells) => cells.join(','))].join('\n'));
    const body = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (file) => {
        const answer = await upload(file);
        expect(answer.status).toBeLessThan(500);
        if (answer.status !== 202) return;
        const { id } = (await answer.json()) as { id: string };
        await t.work();
        const done = await report(id);
        expect(done.status).toBe('done');
        expect(done.created + done.updated + new Set(done.rejected.map((r: { line: number }) => r.line)).size).toBe(
          done.rows,
        );
      }),
      { numRuns: t.g.home === 'node' ? 150 : 30, seed: 20260311 },
    );
  });
});

describe('a CAP document', () => {
  const post = async (body: string | Uint8Array, type = 'application/cap+xml') => {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    const answer = await t.call('POST', '/api/v1/cap', { key: keys.author, body, headers: { 'Content-Type': type } });
    const counts = [await t.g.store.db.$count(alerts), await t.g.store.db.$count(incidents)];
    return { ...answer, counts };
  };
  const cap = (inside: string) => `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">${inside}</alert>`;
  const bomb = `<!DOCTYPE a [${Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};">`).join('')}]>`;

  it.each([
    ['nothing', ''],
    ['no XML', 'hello'],
    ['an open element', '<alert>'],
    ['another document', '<feed xmlns="http://www.w3.org/2005/Atom"/>'],
    ['an empty alert', cap('')],
    ['entities within entities', `${bomb}${cap('<identifier>&e20;</identifier>')}`],
    [
      'an entity of a file',
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${cap('<identifier>&x;</identifier>')}`,
    ],
    ['twenty thousand elements deep', cap(`${'<info>'.repeat(20_000)}${'</info>'.repeat(20_000)}`)],
    ['a NUL', cap('<identifier>\u0000</identifier>')],
    ['__proto__', cap('<__proto__><polluted>1</polluted></__proto__>')],
  ])('of %s is refused, and no draft is left', async (_, body) => {
    const answer = await post(body);
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
    expect(answer.status, answer.text).toBeLessThan(500);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.counts).toEqual([0, 0]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('of another type is 415, and one of more than two megabytes is 413', async () => {
    expect((await post(cap(''), 'application/json')).status).toBe(415);
    expect((await post(cap(`<note>${'x'.repeat(2_000_001)}</note>`))).status).toBe(413);
  });
});

describe('a webhook', () => {
  const accountSid = `AC${'0'.repeat(32)}`;
  const authToken = 't0ken'.repeat(6);
  const settings = { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: '+15005550006' };
  const url = 'https://musafir.test/webhooks/twilio/messages';
  const from = '+818012345671';

  it('with a wrong signature is refused with 403, is told in the log, and has no effect', async () => {
    const t = await testGateway({ ...settings, TELEGRAM_BOT_TOKEN: '700:secret' });
    await embassy(t);
    const twilio = createTwilio({ accountSid, authToken });
    const real = await twilio.incoming(url, from, '+15005550006', 'HELP');
    const headers = Object.fromEntries(real.headers);
    const body = await real.text();
    const attempts: [string, Record<string, string>, string][] = [
      ['no signature', { ...headers, 'x-twilio-signature': '' }, body],
      ['another', { ...headers, 'x-twilio-signature': btoa('x'.repeat(20)) }, body],
      ['another text', headers, body.replace('HELP', 'STOP')],
      ['one more field', headers, `${body}&Extra=1`],
      ['broken encoding', headers, `${body}&Body=%E0%A4%A`],
      ['nothing', headers, ''],
    ];
    for (const [name, given, text] of attempts) {
      const answer = await t.call('POST', '/webhooks/twilio/messages', { headers: given, body: text });
      // what is no form cannot be checked against a signature
      const isForm = name !== 'broken encoding' && name !== 'nothing';
      const expected = isForm ? [403, 'wrong_signature'] : [400, 'malformed'];
      expect([answer.status, answer.json.code], name).toEqual(expected);
    }
    const chat = await t.call('POST', '/webhooks/telegram', { body: '{"update_id":1}' });
    expect([401, 403]).toContain(chat.status);
    expect(t.log.filter((line) => line.includes('webhook refused')).length).toBe(attempts.length + 1);
    expect(await t.g.store.db.$count(replies)).toBe(0);
    expect((await t.call('POST', '/webhooks/twilio/messages', { headers, body })).status).toBe(200);
    expect(await t.g.store.db.$count(replies)).toBe(1);
  });

  it('of a channel without settings is refused', async () => {
    const t = await testGateway();
    await embassy(t);
    for (const path of ['/webhooks/twilio/messages', '/webhooks/twilio/status', '/webhooks/telegram']) {
      const answer = await t.call('POST', path, { body: '{}' });
      expect([401, 403], path).toContain(answer.status);
    }
  });

  it('of more than a webhook can be is 413', async () => {
    const t = await testGateway(settings);
    const answer = await t.call('POST', '/webhooks/twilio/messages', { body: 'Body='.padEnd(300_000, 'x') });
    expect([answer.status, answer.json.code]).toEqual([413, 'too_large']);
  });
});

describe('a station', () => {
  it('that says nonsense of what it aired is told so, field by field', async () => {
    const t = await testGateway();
    const world = await crisis(t);
    const tell = (body: unknown) =>
      t.call('POST', `/radio/${world.ids.station}/aired`, { key: world.stationToken, body });
    expect((await tell('{"language":')).json.code).toBe('malformed');
    expect((await tell(' '.repeat(10_001))).json.code).toBe('too_large');
    for (const [body, pointer] of [
      [{}, '/language'],
      [{ language: 'si', repeats: 0 }, '/repeats'],
      [{ language: 'si', repeats: 1e9 }, '/repeats'],
      [{ language: 'si', at: 'noon' }, '/at'],
      [{ language: 'si', number: -1 }, '/number'],
      [{ language: 'si', presenter: 'x'.repeat(101) }, '/presenter'],
      [{ language: 'si', salary: 1 }, '/salary'],
    ] as const)
      expect((await tell(body)).json.errors, pointer).toMatchObject([{ pointer }]);
    expect((await tell({ language: 'xx' })).json.code).toBe('no_bulletin');
    for (const file of ['si.exe', '../si.txt', 'si.txt%00', 'si', '%E0%A4%A.txt', '__proto__.json'])
      expect(
        (await t.call('GET', `/radio/${world.ids.station}/${file}`, { key: world.stationToken })).status,
        file,
      ).toBe(404);
    for (const file of ['cap/x.xml', `cap/${world.ref}.json`, 'cap/%00.xml', 'cap/..%2f', "cap/LK'.xml"])
      expect((await t.call('GET', `/${file}`)).status, file).toBe(404);
  });
});
