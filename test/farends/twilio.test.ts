import { describe, expect, it } from 'vitest';
import spec from '../fixtures/spec/twilio_api_v2010.json' with { type: 'json' };
import { Broken, type Fault } from './farend.ts';
import { createTwilio, signature, type TwilioOptions } from './twilio.ts';

const accountSid = 'AC00000000000000000000000000000abc';
const authToken = 'token';
const ours = '+15005550006';
const service = 'MG00000000000000000000000000000001';
const nimali = '+94771234567';
const text = 'ඔබ ආරක්ෂිතද? 1 = ඔව්';
const noon = Date.UTC(2026, 3, 1, 12);
const list = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
const one = (sid: string) => `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`;
const callback = 'https://musafir.example/webhooks/twilio/status/tok_1';
const good = { To: nimali, From: ours, Body: text, StatusCallback: callback, ValidityPeriod: '600' };

function start(options: Partial<TwilioOptions> = {}) {
  let time = noon;
  const twilio = createTwilio({
    accountSid,
    authToken,
    senders: [ours],
    services: [service],
    now: () => time,
    ...options,
  });
  async function ask(
    method: string,
    path: string,
    params: Record<string, string | string[]> | string = {},
    auth = authToken,
  ) {
    const form = typeof params === 'string' ? new URLSearchParams(params) : new URLSearchParams();
    if (typeof params !== 'string')
      for (const [name, value] of Object.entries(params)) for (const item of [value].flat()) form.append(name, item);
    const query = method === 'GET' && form.size > 0 ? `?${form}` : '';
    const answer = await twilio.fetch(
      new Request(twilio.origin + path + query, {
        method,
        headers: { authorization: `Basic ${btoa(`${accountSid}:${auth}`)}` },
        ...(method === 'POST' ? { body: form } : {}),
      }),
    );
    const body = await answer.text();
    return { status: answer.status, headers: answer.headers, body: body.startsWith('{') ? JSON.parse(body) : body };
  }
  const later = (ms: number) => {
    time += ms;
  };
  return { twilio, ask, later };
}

describe('refuses', () => {
  const without = (name: keyof typeof good) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

  it.each<[string, string, string, Record<string, string | string[]>, number, number, string?]>([
    ['an unknown parameter', 'POST', list, { ...good, Urgent: 'true' }, 400, 20001],
    ['a parameter in small letters', 'POST', list, { ...without('Body'), body: text }, 400, 20001],
    ['a parameter twice', 'POST', list, { ...good, Body: [text, text] }, 400, 20001],
    ['no To', 'POST', list, without('To'), 400, 21604],
    ['no Body', 'POST', list, without('Body'), 400, 21602],
    ['an empty Body', 'POST', list, { ...good, Body: '' }, 400, 21602],
    ['no sender', 'POST', list, without('From'), 400, 21603],
    ['another sender', 'POST', list, { ...good, From: '+15550001111' }, 400, 21606],
    ['another service', 'POST', list, { ...good, MessagingServiceSid: `MG${'9'.repeat(32)}` }, 400, 21705],
    ['a service that cannot be', 'POST', list, { ...good, MessagingServiceSid: 'MG1' }, 400, 21705],
    ['a number without +', 'POST', list, { ...good, To: '94771234567' }, 400, 21211],
    ['a local number', 'POST', list, { ...good, To: '0771234567' }, 400, 21211],
    ['a name', 'POST', list, { ...good, To: 'Nimali' }, 400, 21211],
    ['1,601 characters', 'POST', list, { ...good, Body: 'ආ'.repeat(1601) }, 400, 21617],
    ['ValidityPeriod 0', 'POST', list, { ...good, ValidityPeriod: '0' }, 400, 90007],
    ['ValidityPeriod 36001', 'POST', list, { ...good, ValidityPeriod: '36001' }, 400, 90007],
    ['ValidityPeriod 1.5', 'POST', list, { ...good, ValidityPeriod: '1.5' }, 400, 90007],
    ['a relative StatusCallback', 'POST', list, { ...good, StatusCallback: '/status' }, 400, 21609],
    ['a StatusCallback of another scheme', 'POST', list, { ...good, StatusCallback: 'ftp://a.example/' }, 400, 21609],
    ['an underscore in the host', 'POST', list, { ...good, StatusCallback: 'https://a_b.example/' }, 400, 21609],
    ['SmartEncoded no', 'POST', list, { ...good, SmartEncoded: 'no' }, 400, 20001],
    ['ContentRetention forever', 'POST', list, { ...good, ContentRetention: 'forever' }, 400, 20001],
    ['MaxPrice cheap', 'POST', list, { ...good, MaxPrice: 'cheap' }, 400, 20001],
    ['SendAt soon', 'POST', list, { ...good, SendAt: 'soon' }, 400, 20001],
    ['PageSize 0', 'GET', list, { PageSize: '0' }, 400, 20001],
    ['PageSize 1001', 'GET', list, { PageSize: '1001' }, 400, 20001],
    ['PageSize many', 'GET', list, { PageSize: 'many' }, 400, 20001],
    ['a filter by status', 'GET', list, { Status: 'sent' }, 400, 20001],
    ['DateSent yesterday', 'GET', list, { 'DateSent>': 'yesterday' }, 400, 20001],
    ['another token', 'POST', list, good, 401, 20003, 'wrong'],
    ['another account', 'POST', list.replace('abc', 'abd'), good, 401, 20003],
    ['an account that cannot be', 'POST', list.replace(accountSid, 'me'), good, 401, 20003],
    ['another path', 'POST', list.replace('.json', ''), good, 404, 20404],
    ['another version', 'GET', list.replace('2010-04-01', 'v1'), {}, 404, 20404],
    ['a message that is not there', 'GET', one(`SM${'0'.repeat(32)}`), {}, 404, 20404],
    ['a message that cannot be', 'GET', one('1'), {}, 404, 20404],
    ['PUT', 'PUT', list, {}, 405, 20004],
    ['DELETE of the list', 'DELETE', list, {}, 405, 20004],
  ])('%s', async (_label, method, path, params, status, code, auth) => {
    const { twilio, ask } = start();
    const answer = await ask(method, path, params, auth);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body).toEqual({
      code,
      message: expect.any(String),
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    });
    expect(twilio.violations).toEqual([expect.stringContaining(`${code} `)]);
    expect(twilio.sent).toEqual([]);
  });

  it('a body that is not a form', async () => {
    const { twilio } = start();
    const request = new Request(twilio.origin + list, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`, 'content-type': 'application/json' },
      body: JSON.stringify(good),
    });
    expect((await twilio.fetch(request)).status).toBe(415);
    expect(twilio.violations).toHaveLength(1);
  });

  it('no credentials', async () => {
    const { twilio } = start();
    expect((await twilio.fetch(new Request(twilio.origin + list))).status).toBe(401);
  });

  it('more in a second than the limit, which is not a violation', async () => {
    const { twilio, ask, later } = start({ limitPerSecond: 2 });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask('POST', list, good)).status);
    const refused = await ask('POST', list, good);
    expect(statuses).toEqual([201, 201, 429]);
    expect([refused.body.code, refused.headers.get('retry-after')]).toEqual([20429, '1']);
    later(1000);
    expect((await ask('POST', list, good)).status).toBe(201);
    expect(twilio.sent).toHaveLength(3);
    expect(twilio.violations).toEqual([]);
  });

  it('a number with an error of its own', async () => {
    const { twilio, ask } = start();
    twilio.errorFor(nimali, 21610);
    expect((await ask('POST', list, good)).body).toMatchObject({ code: 21610, status: 400 });
    expect((await ask('POST', list, { ...good, To: '+962790123456' })).status).toBe(201);
    twilio.errorFor(nimali, undefined);
    expect((await ask('POST', list, good)).status).toBe(201);
    expect(twilio.violations).toEqual([]);
  });
});

describe('messages', () => {
  it('are taken and described as the description says', async () => {
    const { twilio, ask } = start();
    const { status, body } = await ask('POST', list, good);
    expect(status).toBe(201);
    const properties = spec.components.schemas['api.v2010.account.message'].properties;
    expect(Object.keys(body).sort()).toEqual(Object.keys(properties).sort());
    expect(body.sid).toMatch(new RegExp(properties.sid.pattern));
    expect(body).toMatchObject({ status: 'queued', date_created: 'Wed, 01 Apr 2026 12:00:00 +0000', date_sent: null });
    expect(twilio.sent).toEqual([
      { sid: body.sid, to: nimali, from: ours, body: text, statusCallback: callback, validityPeriod: 600, at: noon },
    ]);
    expect((await ask('GET', one(body.sid))).body).toEqual(body);
  });

  it('of a service have no sender until they are sent', async () => {
    const { twilio, ask } = start();
    const { body } = await ask('POST', list, {
      To: nimali,
      Body: text,
      MessagingServiceSid: service,
      StatusCallback: callback,
    });
    expect(body).toMatchObject({ status: 'accepted', from: null, messaging_service_sid: service });
    await twilio.deliver(body.sid, 'sent');
    expect((await ask('GET', one(body.sid))).body).toMatchObject({ status: 'sent', from: ours });
  });

  it('are listed newest first, by number, by day, in pages', async () => {
    const { twilio, ask, later } = start();
    const sids: string[] = [];
    for (let i = 0; i < 5; i++) sids.unshift((await ask('POST', list, { ...good, Body: `${i}` })).body.sid);
    await ask('POST', list, { ...good, To: '+962790123456' });
    const listed = async (path: string, params = {}) => {
      const { body } = await ask('GET', path, params);
      return { sids: body.messages.map((message: { sid: string }) => message.sid), next: body.next_page_uri };
    };

    const first = await listed(list, { To: nimali, PageSize: '2' });
    const second = await listed(first.next);
    const third = await listed(second.next);
    expect([first.sids, second.sids, third.sids]).toEqual([sids.slice(0, 2), sids.slice(2, 4), sids.slice(4)]);
    expect(third.next).toBe(null);
    expect((await listed(list, { From: '+15550001111' })).sids).toEqual([]);

    later(86_400_000);
    await twilio.deliver(sids[0] ?? '', 'sent');
    expect((await listed(list, { 'DateSent>': '2026-04-01' })).sids).toEqual([sids[0]]); // the rest waits: no date_sent
    expect((await listed(list, { DateSent: '2026-04-02' })).sids).toEqual([sids[0]]);
    expect((await listed(list, { 'DateSent<': '2026-04-01' })).sids).toEqual([]);
    expect(twilio.violations).toEqual([]);
  });

  it('are redacted, canceled and deleted when their state allows it', async () => {
    const { twilio, ask } = start();
    const { sid } = (await ask('POST', list, good)).body;
    const { sid: second } = (await ask('POST', list, good)).body;
    expect((await ask('POST', one(sid), { Body: '' })).body.code).toBe(20009);
    expect((await ask('DELETE', one(sid))).body.code).toBe(20009);
    await twilio.deliver(sid, 'delivered');
    expect((await ask('POST', one(sid), { Body: 'other words' })).body.code).toBe(20001);
    expect((await ask('POST', one(sid), { Status: 'sent' })).body.code).toBe(20001);
    expect((await ask('POST', one(sid), { Status: 'canceled' })).body.code).toBe(20409);
    expect(twilio.violations).toHaveLength(5);

    expect((await ask('POST', one(sid), { Body: '' })).body).toMatchObject({ body: '', status: 'delivered' });
    expect((await ask('POST', one(second), { Status: 'canceled' })).body).toMatchObject({ status: 'canceled' });
    expect((await ask('DELETE', one(sid))).status).toBe(204);
    expect(twilio.violations).toHaveLength(5);
    expect((await ask('GET', one(sid))).status).toBe(404);
  });

  it('are forgotten', async () => {
    const { twilio, ask } = start();
    await ask('POST', list, good);
    await ask('PUT', list);
    twilio.fail('cut');
    twilio.errorFor(nimali, 21610);
    twilio.reset();
    expect([twilio.sent, twilio.violations, (await ask('GET', list)).body.messages]).toEqual([[], [], []]);
    expect((await ask('POST', list, good)).status).toBe(201);
  });
});

describe('faults', () => {
  it.each<[Fault, number, string | { status: number; body: unknown }]>([
    ['cut', 0, 'cut'],
    ['accept_then_cut', 1, 'cut'],
    ['accept_then_hang', 1, 'hang'],
    ['garbage', 1, { status: 201, body: '<html>Bad gateway</html>' }],
    [{ answer: { status: 503, body: { code: 20503 } } }, 0, { status: 503, body: { code: 20503 } }],
  ])('%o, once', async (fault, taken, comes) => {
    const { twilio, ask } = start();
    twilio.fail(fault);
    await ask('POST', list, { ...good, Body: '' }); // a call that is refused anyway uses no fault up
    const outcome = await ask('POST', list, good).then(
      ({ status, body }) => ({ status, body }),
      (error) => (error instanceof Broken ? error.how : error),
    );
    expect(outcome).toEqual(comes);
    expect(twilio.sent).toHaveLength(taken);
    expect((await ask('POST', list, good)).status).toBe(201);
  });
});

describe('webhooks', () => {
  const fields = async (request: Request) => Object.fromEntries(await request.formData()) as Record<string, string>;

  it('tell a status, signed', async () => {
    const { twilio, ask } = start();
    const { sid } = (await ask('POST', list, good)).body;
    const request = await twilio.deliver(sid, 'undelivered', 30005);
    expect([request.method, request.url]).toEqual(['POST', callback]);
    const signed = request.headers.get('x-twilio-signature');
    const params = await fields(request);
    expect(params).toMatchObject({ MessageSid: sid, MessageStatus: 'undelivered', ErrorCode: '30005', To: nimali });
    expect(signed).toBe(await signature(authToken, callback, params));
    expect((await ask('GET', one(sid))).body).toMatchObject({ status: 'undelivered', error_code: 30005 });
    await expect(twilio.deliver(sid, 'lost')).rejects.toThrow('MessageStatus');
    await expect(twilio.deliver('SM0', 'sent')).rejects.toThrow('SM0');
  });

  it('bring a message, signed', async () => {
    const { twilio } = start();
    const url = 'https://musafir.example/webhooks/twilio/messages';
    const request = await twilio.incoming(url, nimali, ours, 'ඔව් 1');
    const signed = request.headers.get('x-twilio-signature');
    const params = await fields(request);
    expect(params).toMatchObject({ AccountSid: accountSid, From: nimali, To: ours, Body: 'ඔව් 1', NumMedia: '0' });
    expect(signed).toBe(await signature(authToken, url, params));
    expect((await fields(await twilio.incoming(url, nimali, ours, '1', 'SM1'))).MessageSid).toBe('SM1');
  });
});
