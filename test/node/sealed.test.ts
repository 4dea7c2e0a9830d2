import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { home } from '#home';
import { organisations } from '../../src/db/schema.ts';
import { openSqlite } from '../../src/db/sqlite.ts';
import { receive } from '../../src/replies/receive.ts';
import { createPush } from '../farends/push.ts';
import { createTelegram } from '../farends/telegram.ts';
import { createTwilio } from '../farends/twilio.ts';
import { embassy, type TestGateway, testGateway } from '../gateway.ts';
import { must } from '../trust/world.ts';

const PUSH = {
  endpoint: 'https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ-tamasha-APA91bHun4MxP5egoKMwt2KZFBaFUH',
  keys: { p256dh: `B${'Qx7zKp0m'.repeat(11).slice(0, 86)}`, auth: 'tBHItJI5svbpez7KI4CCXg' },
};
const PEOPLE = [
  { name: 'නිමාලි පෙරේරා', externalId: 'N-7782910', language: 'si', channel: 'sms', value: '+818012345671' },
  { name: 'குமரன் செல்வராஜா', externalId: 'N-7782911', language: 'ta', channel: 'sms', value: '+818012345672' },
  { name: 'يوسف الأحمد', externalId: 'SY-الف-44', language: 'ar', channel: 'telegram', value: '5700100200' },
  { name: 'Nguyễn Thị Mai', externalId: 'VN/0091-xk', language: 'vi', channel: 'push', value: PUSH },
  { name: 'Zoë O\'Brien-"Ruiz"', externalId: 'ES#5523=x', language: 'es', channel: 'sms', value: '+818012345675' },
];
const STRANGER = '+819087654321';
const NOTE = 'Sister waits at Tsutsujigaoka school, gate B; bandages';
const REPLIES = ['උදව් අවශ්‍යයි පාලම යට', 'எனக்கு உதவி தேவை, கால் உடைந்தது', 'نحن بخير مع الأطفال', '2 pierna rota \u{1f198}'];
const OWN = { full: 'Ask for Mr Tanaka at the loading bay', sms: 'Loading bay, ask Tanaka' };
const PLACE = 'Warehouse behind Arahama chapel';
const FILE =
  'external_id,name,phone,telegram\nQ-55102,राम बहादुर थापा,+818012345681,5700100299\nQ-55103,,not-a-phone-66771\n';
const CONTACT = 'Haruka Sato +81 22 555 0199';

/** Everything that a stolen disk must not tell. */
const SECRETS: readonly string[] = [
  ...PEOPLE.flatMap(({ name, externalId, value }) => [name, externalId, ...(typeof value === 'string' ? [value] : [])]),
  ...[PUSH.endpoint, PUSH.endpoint.slice(-30), PUSH.keys.p256dh, PUSH.keys.auth],
  ...[STRANGER, NOTE, ...REPLIES, OWN.full, OWN.sms, PLACE, CONTACT, 'Haruka Sato'],
  ...['Q-55102', 'राम बहादुर थापा', '+818012345681', '5700100299', 'not-a-phone-66771', 'reporter Kenji'],
];

/** The forms in which a text may lie in a file: some byte strings, each of which betrays it. */
function forms(secret: string): [string, Buffer][] {
  const found: [string, Buffer][] = [];
  const add = (form: string, bytes: Buffer | string) => found.push([form, Buffer.from(bytes as string)]);
  const spellings: [string, string][] = [
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in ASCII JSON', secret.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['in a URL', encodeURIComponent(secret)],
    ['in lower case', secret.toLowerCase()],
    ['decomposed', secret.normalize('NFD')],
  ];
  if (/^\+?\d+$/.test(secret)) {
    const digits = secret.replace('+', '');
    spellings.push(['its digits', digits], ['its last seven digits', digits.slice(-7)]);
    const number = Buffer.alloc(8);
    number.writeBigInt64BE(BigInt(digits));
    add('as an integer of SQLite', number.subarray(2));
  }
  for (const [form, text] of spellings) {
    const utf8 = Buffer.from(text, 'utf8');
    const utf16 = Buffer.from(text, 'utf16le');
    add(`UTF-8 ${form}`, utf8);
    add(`UTF-16LE ${form}`, utf16);
    add(`UTF-16BE ${form}`, Buffer.from(utf16).swap16());
    for (const [encoding, bytes] of [
      ['UTF-8', utf8],
      ['UTF-16', utf16],
    ] as const) {
      add(`hex of ${encoding} ${form}`, bytes.toString('hex'));
      add(`HEX of ${encoding} ${form}`, bytes.toString('hex').toUpperCase());
      // base64 looks different at each of three offsets; its ends hang together with the neighbours and are left out
      for (const offset of [0, 1, 2])
        for (const alphabet of ['base64', 'base64url'] as const) {
          const whole = Buffer.concat([Buffer.alloc(offset), bytes])
            .toString(alphabet)
            .replace(/=+$/, '');
          const from = offset === 0 ? 0 : offset + 1;
          const inner = whole.slice(from, whole.length - ((offset + bytes.length) % 3 === 0 ? 0 : 1));
          if (inner.length >= 8) add(`${alphabet} of ${encoding} ${form}`, inner);
        }
    }
    // a number is found by trying them all, so its hash without a key is the number
    for (const algorithm of ['sha256', 'sha1', 'md5'])
      for (const coding of ['hex', 'base64', 'base64url'] as const)
        add(`${algorithm} of it ${form}`, createHash(algorithm).update(text).digest(coding).slice(0, 20));
  }
  const distinct = new Map<string, [string, Buffer]>();
  for (const [form, needle] of found.reverse()) distinct.set(needle.toString('latin1'), [form, needle]);
  return [...distinct.values()];
}

/** Which secrets are there, and in which form. */
function search(bytes: Buffer, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) =>
    forms(secret).flatMap(([form, needle]) => (bytes.includes(needle) ? [`${secret}: ${form}`] : [])),
  );
}

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A gateway on a real file with its WAL, and how to read all that lies on the disk. */
async function onDisk(settings: Record<string, string> = {}, farEnds: Parameters<typeof testGateway>[1] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'musafir-'));
  folders.push(folder);
  const path = join(folder, 'musafir.db');
  vi.spyOn(home, 'open').mockImplementationOnce(async () => openSqlite(path) as never);
  const t = await testGateway(settings, farEnds);
  const disk = () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  return { t, folder, disk, files: () => readdirSync(folder).sort() };
}

const addressOf = ({ channel, value }: (typeof PEOPLE)[number]) => ({ channel, value });

/** From the first registration to a closed case, with whatever can go wrong on the way. */
async function liveThrough(t: TestGateway, mode: 'live' | 'training') {
  const keys = await embassy(t, mode);
  const once = { 'Idempotency-Key': 'registration-1' };
  for (const [i, person] of PEOPLE.entries()) {
    const { name, externalId, language } = person;
    const body = { name, externalId, languages: [language], area: 'JP-04', addresses: [addressOf(person)] };
    const headers = i === 0 ? once : {};
    const first = await t.call('POST', '/api/v1/people', { key: keys.registrar, body, headers });
    expect(first.status, first.text).toBe(201);
    const replay = await t.call('POST', '/api/v1/people', { key: keys.registrar, body, headers });
    expect(replay.status).toBe(i === 0 ? 201 : 200);
    if (i === 0) expect(replay.json).toEqual(first.json);
    // the one place where all of it is shown
    expect(JSON.parse(first.text)).toMatchObject({ name, externalId });
  }
  const station = { name: 'Sendai FM', languages: ['si', 'en'], contacts: [CONTACT] };
  const made = await must(t, 201, 'POST', '/api/v1/stations', keys.admin, station);
  await must(t, 202, 'POST', '/api/v1/imports?dryRun=true', keys.registrar, FILE);
  const file = await must(t, 202, 'POST', '/api/v1/imports', keys.registrar, FILE);
  // not worked yet: the file waits on the disk
  const waiting = await must(t, 200, 'GET', `/api/v1/imports/${file.json.id}`, keys.registrar);
  expect(waiting.json.status).toBe('queued');

  const incident = (await must(t, 201, 'POST', '/api/v1/incidents', keys.author, { name: 'Sendai' })).json.id;
  const alert = { incident, audience: { areas: ['JP-04'] }, scope: 'Private', expires: '2026-03-12T14:46:00+09:00' };
  const time = '2026-03-11T14:46:00+09:00';
  for (const words of [
    { template: 'earthquake', parameters: { place: PLACE, time } },
    { texts: { en: OWN }, urgency: 'Immediate' },
  ]) {
    const body = { ...alert, ...words };
    const headers = { 'Idempotency-Key': `draft-${Object.keys(words)[0]}` };
    const draft = await t.call('POST', '/api/v1/alerts', { key: keys.author, body, headers });
    expect(draft.status, draft.text).toBe(201);
    await must(t, 200, 'POST', `/api/v1/alerts/${draft.json.id}/submit`, keys.author);
    const undo = { undoSeconds: 0 };
    await must(t, 200, 'POST', `/api/v1/alerts/${draft.json.id}/approve`, keys.approver, undo);
    await t.work();
  }
  const public_ = { ...alert, template: 'earthquake', parameters: { place: 'JP-04', time }, scope: 'Public' };
  const draft = await must(t, 201, 'POST', '/api/v1/alerts', keys.author, public_);
  await must(t, 200, 'POST', `/api/v1/alerts/${draft.json.id}/submit`, keys.author);
  await must(t, 200, 'POST', `/api/v1/alerts/${draft.json.id}/approve`, keys.approver, { undoSeconds: 0 });
  await t.work();
  const told = { language: 'si', presenter: 'reporter Kenji' };
  await must(t, 201, 'POST', `/radio/${made.json.id}/aired`, made.json.token, told);

  const [organisation] = await t.g.store.db.select().from(organisations);
  const say = async (channel: 'sms' | 'telegram' | 'push', from: string, text: string, id: string) => {
    await receive(t.g, organisation!, channel, { kind: 'incoming', id, from, to: '', text });
    t.clock.pass(20_000);
    await t.work();
  };
  for (const [i, text] of REPLIES.entries()) {
    const { channel, value } = PEOPLE[i === 3 ? 4 : i]!;
    await say(channel as 'sms', value as string, text, `m${i}`);
    await say(channel as 'sms', value as string, text, `m${i}`);
  }
  await say('sms', STRANGER, REPLIES[0]!, 'm9');
  await say('sms', PEOPLE[1]!.value as string, 'STOP', 'm10');
  const cases = await must(t, 200, 'GET', '/api/v1/cases', keys.caseworker);
  const [{ id }] = cases.json.items;
  await must(t, 200, 'POST', `/api/v1/cases/${id}/take`, keys.caseworker);
  await must(t, 200, 'POST', `/api/v1/cases/${id}/note`, keys.caseworker, { text: NOTE });
  await must(t, 200, 'POST', `/api/v1/cases/${id}/close`, keys.caseworker, { reason: 'helped' });
  await refusals(t, keys.registrar);
  return { keys };
}

/** Bad numbers, a broken file, and a database that fails with the values in its message. */
async function refusals(t: TestGateway, key: string) {
  const value = `${PEOPLE[0]!.value}12345`;
  const body = { name: PEOPLE[0]!.name, addresses: [{ channel: 'sms', value }] };
  expect((await t.call('POST', '/api/v1/people', { key, body })).status).toBe(422);
  expect((await t.call('POST', '/api/v1/people', { key, body: `{"name":"${PEOPLE[2]!.name}"` })).status).toBe(400);
  expect((await t.call('GET', `/api/v1/people/${encodeURIComponent(PEOPLE[2]!.name)}`, { key })).status).toBe(404);
  const failure = new Error(`UNIQUE constraint failed\nparams: ${SECRETS.join('\n   at ')}`, {
    cause: new Error(SECRETS.join()),
  });
  const spy = vi.spyOn(t.g.store, 'atomic').mockRejectedValueOnce(failure).mockRejectedValueOnce(failure);
  const failed = await t.call('POST', '/api/v1/people', { key, body: { name: PEOPLE[3]!.name } });
  expect([failed.status, failed.json.code]).toEqual([500, 'internal']);
  spy.mockRestore();
  expect(search(Buffer.from(failed.text), SECRETS)).toEqual([]);
}

describe('what lies on the disk and in the log after a crisis', () => {
  it('tells no name, number, chat, endpoint, note or word of anybody, in any form', async () => {
    const { t, disk, files } = await onDisk();
    await liveThrough(t, 'training');
    expect(files()).toEqual(expect.arrayContaining(['musafir.db', 'musafir.db-wal']));
    const stolen = disk();
    expect(stolen.byteLength).toBeGreaterThan(200_000);
    expect(search(stolen, SECRETS)).toEqual([]);
    expect(search(Buffer.from(t.log.join('\n')), SECRETS)).toEqual([]);
    t.g.store.close();
    expect(search(disk(), SECRETS)).toEqual([]);
  });

  it('holds no key, no token and no hash of a request that could be guessed', async () => {
    const { t, disk } = await onDisk();
    const { keys } = await liveThrough(t, 'training');
    const body = { name: 'Guess' };
    const headers = { 'Idempotency-Key': 'guess' };
    expect((await t.call('POST', '/api/v1/incidents', { key: keys.author, body, headers })).status).toBe(201);
    const stolen = Buffer.concat([disk(), Buffer.from(t.log.join('\n'))]);
    const request = `POST /api/v1/incidents\n${JSON.stringify(body)}`;
    expect(search(stolen, [request, 'set me up'])).toEqual([]);
    // a key has 256 random bits: its SHA-256 is how it is known again
    const known = Object.values(keys).map((key) => `${key}: sha256 of it as it is`);
    expect(search(stolen, Object.values(keys))).toEqual(known);
    expect(stolen.includes(Buffer.alloc(32, 7)), 'the master key').toBe(false);
  });

  it('finds what was planted: the search can see', async () => {
    const { t, disk } = await onDisk();
    const keys = await embassy(t, 'training');
    const planted = ['+818012345671', 'නිමාලි පෙරේරා', '5700100200', 'blue "folder"'];
    const bytes = (text: string) => Buffer.from(text, 'utf16le').toString('base64');
    for (const [name, secret] of [
      ['Sendai 818012345671 north', planted[0]],
      [`about ${planted[1]}`, planted[1]],
      [`x${Buffer.from(planted[2]!).toString('base64')}`, planted[2]],
      [`y${bytes(planted[3]!)}`, planted[3]],
    ] as const) {
      expect(search(disk(), [secret!])).toEqual([]);
      await must(t, 201, 'POST', '/api/v1/incidents', keys.author, { name });
      expect(search(disk(), [secret!])).not.toEqual([]);
    }
    t.g.log.info('planted', { to: '2345671' });
    expect(search(Buffer.from(t.log.join('\n')), planted)).toEqual(['+818012345671: UTF-8 its last seven digits']);
  });

  it.each(['utf8', 'utf16le', 'hex', 'base64', 'base64url'] as const)('sees %s at every offset', (coding) => {
    for (const secret of SECRETS)
      for (const before of ['', 'a', 'ab', 'abc']) {
        const whole = Buffer.from(`${before}${secret}xyz`, 'utf8');
        const bytes = coding === 'utf8' ? whole : coding === 'utf16le' ? Buffer.from(whole.toString(), coding) : null;
        expect(search(bytes ?? Buffer.from(whole.toString(coding as 'hex')), [secret])).not.toEqual([]);
      }
  });
});

describe('a live embassy with providers', () => {
  const CHATS = PEOPLE.flatMap(({ channel, value }) => (channel === 'telegram' ? [value as string] : []));

  async function afterwards() {
    const now = () => clock();
    let clock = () => 0;
    const twilio = createTwilio({ accountSid: `AC${'0'.repeat(32)}`, authToken: 't0ken'.repeat(6), now });
    const telegram = createTelegram({ token: '700:secret-of-the-bot', openChats: true, now });
    const { t, disk } = await onDisk(
      {
        ...{
          TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
          TWILIO_AUTH_TOKEN: 't0ken'.repeat(6),
          TWILIO_FROM: '+15005550006',
        },
        ...{ TELEGRAM_BOT_TOKEN: '700:secret-of-the-bot', VAPID_SUBJECT: 'mailto:desk@example.org' },
      },
      [twilio, telegram, createPush({ origin: 'https://fcm.googleapis.com', now })],
    );
    clock = t.clock.now;
    await liveThrough(t, 'live');
    expect(twilio.sent.length).toBeGreaterThan(5);
    expect(telegram.sent.length).toBeGreaterThan(1);
    return { disk: disk(), log: Buffer.from(t.log.join('\n')) };
  }

  it('writes down no number, endpoint or word, whatever the providers say back', async () => {
    const { disk, log } = await afterwards();
    const others = SECRETS.filter((secret) => !CHATS.includes(secret));
    expect(search(disk, [...others, 't0kent0ken', 'secret-of-the-bot'])).toEqual([]);
    expect(search(log, [...SECRETS, 't0kent0ken', 'secret-of-the-bot'])).toEqual([]);
  });

  it('writes down no chat id either', async () => {
    expect(search((await afterwards()).disk, CHATS)).toEqual([]);
  });
});
