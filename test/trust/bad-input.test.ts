import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../../src/app.ts';
import * as schema from '../../src/db/schema.ts';
import { REFUSALS } from '../../src/trust/refusal.ts';
import { type TestAnswer, type TestGateway, testGateway } from '../gateway.ts';
import { bodyFor, crisis, must, pathIn, type World } from './world.ts';

const WITH_BODY = ENDPOINTS.filter(({ body }) => body !== undefined);
const TABLES = [
  ...[schema.people, schema.addresses, schema.imports, schema.incidents, schema.alerts, schema.operators],
  ...[schema.stations, schema.cases, schema.caseNotes, schema.deliveries, schema.audit, schema.organisations],
];

/** Every refusal is a problem (RFC 9457) with a code of the catalogue and pointers into the body. */
function expectProblem(answer: TestAnswer, seen: string) {
  expect(answer.status, `${seen}: ${answer.text}`).toBeLessThan(500);
  expect(answer.headers.get('content-type'), seen).toMatch(/^application\/problem\+json/);
  const { type, title, status, code, detail, requestId, errors = [] } = answer.json;
  expect(Object.keys(REFUSALS), seen).toContain(code);
  expect([status, type], seen).toEqual([answer.status, `/docs#${code}`]);
  expect(REFUSALS[code as 'invalid'][0], seen).toBe(answer.status);
  expect([title.length > 0, detail.length > 0, requestId.length > 0], seen).toEqual([true, true, true]);
  expect(answer.headers.get('x-request-id'), seen).toBe(requestId);
  for (const error of errors) {
    expect(error.pointer, seen).toMatch(/^(\/([^~/]|~0|~1)*)*$/);
    expect(error.detail.length, seen).toBeGreaterThan(0);
  }
}

describe('bad input', () => {
  let t: TestGateway;
  let world: World;
  beforeEach(async () => {
    t = await testGateway();
    world = await crisis(t);
  });
  const roleKey = (roles: readonly string[] | 'anyone') =>
    roles === 'anyone' ? undefined : world.keys[roles.find((role) => role in world.keys) as 'viewer'];
  const send = (row: (typeof WITH_BODY)[number], body: unknown, headers: Record<string, string> = {}) => {
    t.clock.pass(100);
    const alert = /(submit|update|cancel)$/.test(row.path) ? 'sent' : 'submitted';
    const path = pathIn(world, row.path, alert);
    return t.call(row.method, path, { key: roleKey(row.roles), body, headers });
  };
  const counts = async () => {
    const found = [];
    for (const table of TABLES) found.push(await t.g.store.db.$count(table));
    return found;
  };

  const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
  const BROKEN: [string, string | Uint8Array, number, string][] = [
    ['half an object', '{"name": "Nimali"', 400, 'malformed'],
    ['a word', 'hello', 400, 'malformed'],
    ['a form', 'name=Nimali&phone=%2B81', 400, 'malformed'],
    ['XML', '<?xml version="1.0"?><person/>', 400, 'malformed'],
    ['two objects', '{}{}', 400, 'malformed'],
    ['a trailing comma', '{"name":"x",}', 400, 'malformed'],
    ['NaN', '{"latitude": NaN}', 400, 'malformed'],
    [
      'Windows-1252',
      new Uint8Array([...'{"name":"Zo'].map((c) => c.charCodeAt(0)).concat(0xeb, 0x22, 0x7d)),
      400,
      'malformed',
    ],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), 400, 'malformed'],
    ['a list', '[]', 422, 'invalid'],
    ['null', 'null', 422, 'invalid'],
    ['a number', '7', 422, 'invalid'],
    ['a text', '"{}"', 422, 'invalid'],
    ['a field that nobody knows', '{"a/b~c": 1, "immigrationStatus": "expired"}', 422, 'invalid'],
    ['__proto__', '{"__proto__": {"roles": ["admin"]}}', 422, 'invalid'],
    ['constructor', '{"constructor": {"prototype": {"x": 1}}}', 422, 'invalid'],
    ['lists in lists in lists', deep('[', ']', 50_000), 422, 'invalid'],
    ['more than a megabyte', `{"name":"${'x'.repeat(1_000_001)}"}`, 413, 'too_large'],
    ['a megabyte of letters of three bytes', `{"name":"${'ක'.repeat(400_000)}"}`, 413, 'too_large'],
  ];

  it('what no address can read is refused by each that takes a body, and writes nothing', async () => {
    const before = await counts();
    for (const [name, body, status, code] of BROKEN)
      for (const row of WITH_BODY) {
        const answer = await send(row, body, { 'Content-Type': 'application/json' });
        const seen = `${name} to ${row.method} ${row.path}`;
        expectProblem(answer, seen);
        expect([answer.status, answer.json.code], seen).toEqual([status, code]);
      }
    expect(await counts()).toEqual(before);
  });

  it('an unknown field is named by a pointer in which / and ~ are escaped', async () => {
    const answer = await send(WITH_BODY[0]!, '{"a/b~c": 1}');
    expect(answer.json.errors.map((error: { pointer: string }) => error.pointer)).toContain('/a~1b~0c');
  });

  it('a body without an end is not read to its end', async () => {
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 65_536;
        if (given > 50_000_000) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const answer = await t.app.request('/api/v1/setup', {
      method: 'POST',
      body: endless,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(given).toBeLessThan(5_000_000);
  });

  it('every field of every body refuses every wrong type by its pointer', async () => {
    const wrong = [null, 7.5, true, [], {}, 'x'.repeat(100_000), '\u0000', '\ud800', [[null]], -1, 1e308];
    const before = await counts();
    for (const row of WITH_BODY) {
      const good = bodyFor(world, row.method, row.path) as Record<string, unknown>;
      for (const field of Object.keys(good))
        for (const value of wrong) {
          const answer = await send(row, { ...good, [field]: value });
          const seen = `${row.method} ${row.path} ${field}=${JSON.stringify(value).slice(0, 40)}`;
          if (answer.status >= 300) expectProblem(answer, seen);
          else
            expect(
              PLAUSIBLE.some((one) => one.test(seen)),
              seen,
            ).toBe(true);
          if (answer.json?.code === 'invalid')
            expect(
              answer.json.errors.some((e: { pointer: string }) => e.pointer.split('/')[1] === field),
              seen,
            ).toBe(true);
        }
    }
    const after = await counts();
    expect(after[0]! - before[0]!).toBeLessThan(5);
  });

  it('whatever is sent, no address fails', { timeout: 60_000 }, async () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'JP-04', '+818012345671', '👩‍👩‍👧', '\u202e', '2026-03-12T14:46:00+09:00', ''),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        odd,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('si', 'full', 'channel', 'value', 'circle')), tie('any'), {
          maxKeys: 4,
        }),
      ),
    })).any;
    const cases = fc.tuple(fc.constantFrom(...WITH_BODY), fc.array(fc.tuple(fc.nat(20), value), { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(cases, async ([row, changes]) => {
        const body = { ...(bodyFor(world, row.method, row.path) as Record<string, unknown>) };
        const names = [...Object.keys(body), ...MORE_FIELDS];
        for (const [at, changed] of changes) body[names[at % names.length]!] = changed;
        const answer = await send(row, body);
        if (answer.status >= 300) expectProblem(answer, JSON.stringify(body));
      }),
      { numRuns: t.g.home === 'node' ? 600 : 150, seed: 20260311 },
    );
  });

  it('a cursor and a limit from anywhere are refused or harmless, and never skip anybody', async () => {
    const lists = ENDPOINTS.filter(isList);
    expect(lists.length).toBeGreaterThan(5);
    const wild = ['-1', '1.5', 'abc', '1e400', '9007199254740993', '%00', '%E0%A4%A', "1'--", '[]', 'NaN', ' ', '😀'];
    for (const row of lists)
      for (const text of wild)
        for (const name of ['cursor', 'limit']) {
          t.clock.pass(100);
          const path = `${pathIn(world, row.path)}?${name}=${text}`;
          const answer = await t.call(row.method, path, { key: roleKey(row.roles) });
          if (answer.status !== 200) expectProblem(answer, path);
          else expect(text.trim() === '' || name === 'cursor', path).toBe(true);
        }
    for (const limit of ['0', '501', '1000000'])
      expect((await t.call('GET', `/api/v1/people?limit=${limit}`, { key: world.keys.registrar })).status).toBe(422);
  });

  it('a list read in pages of one is the list', async () => {
    await must(t, 201, 'POST', '/api/v1/stations', world.keys.admin, { name: 'Radio Ishinomaki', languages: ['en'] });
    for (const row of ENDPOINTS.filter(isList)) {
      const path = pathIn(world, row.path);
      const key = roleKey(row.roles);
      const whole = (await t.call('GET', path, { key })).json.items;
      const paged = [];
      for (let cursor: number | null | undefined; cursor !== null; ) {
        t.clock.pass(100);
        const page = (await t.call('GET', `${path}?limit=1${cursor ? `&cursor=${cursor}` : ''}`, { key })).json;
        expect(page.items.length, path).toBeLessThan(2);
        paged.push(...page.items);
        cursor = page.next;
        expect(paged.length, path).toBeLessThan(50);
      }
      const ids = (items: Record<string, unknown>[]) => items.map((item) => item.id ?? item.personId);
      expect(ids(paged), path).toEqual(ids(whole));
    }
  });

  it('an id that is none is of nothing', async () => {
    const ids = ['%E0%A4%A', '%00', '..%2F..%2Fetc', '__proto__', 'x'.repeat(4000), "' or 1=1 --", '%F0%9F%98%80', '0'];
    for (const id of ids)
      for (const row of ENDPOINTS.filter(({ path }) => path.includes('{id}'))) {
        t.clock.pass(100);
        const body = bodyFor(world, row.method, row.path);
        const path = row.path.replace('{id}', id);
        const answer = await t.call(row.method, path, { key: roleKey(row.roles), ...(body !== undefined && { body }) });
        expectProblem(answer, path);
        expect([answer.status, answer.json.code], `${row.method} ${path}`).toEqual([404, 'not_found']);
      }
  });

  it('addresses that are none are each named', async () => {
    const values = ['📞', '+81 80 1234', '', 'tel:', `+${'9'.repeat(30)}`, '\u0000', '8.18012E+11', 'ක'.repeat(50)];
    const addresses = [
      ...values.map((value) => ({ channel: 'sms', value })),
      { channel: 'push', value: '{"endpoint":"https://127.0.0.1/"}' },
      { channel: 'telegram', value: '@nimali' },
    ].filter(({ value }) => value !== '');
    const answer = await t.call('POST', '/api/v1/people', {
      key: world.keys.registrar,
      body: { name: 'X', addresses },
    });
    expectProblem(answer, 'addresses');
    expect(answer.json.errors.map((error: { pointer: string }) => error.pointer)).toEqual(
      addresses.map((_, i) => `/addresses/${i}/value`),
    );
  });

  it('a push address on a private host, another port or with a password is refused', async () => {
    const keys = { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) };
    for (const endpoint of [
      ...['http://fcm.googleapis.com/x', 'https://localhost/x', 'https://[::1]/x', 'https://169.254.169.254/latest'],
      ...['https://fcm.googleapis.com:8443/x', 'https://u:p@fcm.googleapis.com/x', 'https://evilpush.apple.com/x'],
      ...['https://fcm.googleapis.com.evil.example/x', 'file:///etc/passwd', 'https://2130706433/x'],
    ]) {
      const addresses = [{ channel: 'push', value: { endpoint, keys } }];
      const answer = await t.call('POST', '/api/v1/people', { key: world.keys.registrar, body: { addresses } });
      expect([answer.status, answer.json.errors?.[0].code], endpoint).toEqual([422, 'push_host']);
    }
  });
});

/** Fields that are optional somewhere, so that they are tried everywhere. */
const MORE_FIELDS = [
  ...['audience', 'texts', 'parameters', 'expires', 'addresses', 'latitude', 'longitude', 'languages', 'name'],
  ...['channels', 'undoSeconds', 'expectedPeople', 'profile', 'contacts', 'externalId', 'reason', 'country'],
];

/** Wrong types that are not wrong there: an empty list of tags, a null that empties, a true exercise. */
const PLAUSIBLE = [
  /stations areas=\[\]/,
  /people (languages|nationalities|tags|addresses)=\[\]/,
  /\{id\} tags=\[\]/,
  /(preview audience|alerts audience|parameters)=\{\}/,
  /(interpret|messages) text=/,
  /approve undoSeconds=/,
  /sitreps lines=\{\}/,
];

/** Answers pages of something: other queries choose how one thing is shown. */
function isList({ method, query }: (typeof ENDPOINTS)[number]): boolean {
  return method === 'GET' && query !== undefined && 'limit' in (query as unknown as { shape: object }).shape;
}
