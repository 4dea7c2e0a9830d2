import spec from '../fixtures/spec/twilio_api_v2010.json' with { type: 'json' };
import { Broken, type FarEnd, type Fault } from './farend.ts';

/** A message that Twilio took from us. */
export interface SentSms {
  sid: string;
  to: string;
  /** the number, or the service's first number */
  from: string;
  body: string;
  statusCallback: string | undefined;
  validityPeriod: number | undefined;
  /** epoch milliseconds */
  at: number;
}

export interface TwilioOptions {
  accountSid: string;
  authToken: string;
  /** https://api.twilio.com when absent */
  origin?: string;
  /** messages that may be created in one second; no limit when absent */
  limitPerSecond?: number;
  /** numbers of the account; Twilio's own test number when absent */
  senders?: string[];
  /** Messaging Services of the account */
  services?: string[];
  now?: () => number;
}

export interface Twilio extends FarEnd {
  readonly sent: SentSms[];
  /** answer every message to this number with this Twilio error; `undefined` takes it back */
  errorFor(to: string, code: number | undefined): void;
  /** headers and body of a form POST to `url` as Twilio signs it */
  signed(
    url: string,
    params: Record<string, string | string[]>,
  ): Promise<{ headers: Record<string, string>; body: string }>;
  /** the message takes this status; answers the request that Twilio makes to its StatusCallback */
  deliver(sid: string, status: string, errorCode?: number): Promise<Request>;
  /** a person writes to `to`; answers the request that Twilio makes to `url`, the webhook of that number */
  incoming(url: string, from: string, to: string, body: string, sid?: string): Promise<Request>;
}

/**
 * A strict stand-in of Twilio's Messages API. Paths, methods and parameters are checked against the official
 * description; what the description says in prose only is checked by `rules`. Where the real one is lenient (it ignores
 * unknown parameters) this one refuses.
 */
export function createTwilio(options: TwilioOptions): Twilio {
  const { accountSid, authToken, origin = 'https://api.twilio.com', limitPerSecond } = options;
  const senders = options.senders ?? ['+15005550006'];
  const services = options.services ?? [];
  const now = options.now ?? Date.now;

  const violations: string[] = [];
  const sent: SentSms[] = [];
  const resources = new Map<string, Resource>();
  const callbacks = new Map<string, string>();
  const errors = new Map<string, number>();
  const faults: Fault[] = [];
  let recent: number[] = [];

  function refuse(code: number, message: string, headers: Record<string, string> = {}): Response {
    const status = statusOf(code);
    const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
    return Response.json(body, { status, headers });
  }

  function violate(call: string, problem: Problem): Response {
    violations.push(`${call}: ${problem.code} ${problem.message}`);
    return refuse(problem.code, problem.message);
  }

  async function fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const call = `${request.method} ${url.pathname}`;
    const route = findRoute(url.pathname);
    if (!route) return violate(call, new Problem(20404, `The requested resource ${url.pathname} was not found`));
    const operation = route.operations[request.method.toLowerCase()];
    if (!operation) return violate(call, new Problem(20004, 'Method not allowed'));

    const basic = `Basic ${btoa(`${accountSid}:${authToken}`)}`;
    if (request.headers.get('authorization') !== basic || route.path.AccountSid !== accountSid)
      return violate(call, new Problem(20003, 'Authenticate'));

    // not text(): workerd warns about it for every form
    const body = new TextDecoder().decode(await request.arrayBuffer());
    const read = readParameters(request, url, route, operation, body);
    if (read instanceof Problem) return violate(call, read);
    const wrong = operation.operationId === 'CreateMessage' && rules(read, senders, services);
    if (wrong) return violate(call, wrong);

    if (operation.operationId === 'CreateMessage') {
      const at = now();
      recent = recent.filter((time) => time > at - 1000);
      if (limitPerSecond !== undefined && recent.length >= limitPerSecond)
        return refuse(20429, 'Too Many Requests', { 'retry-after': '1' });
      const code = errors.get(text(read.To));
      if (code !== undefined) return refuse(code, `Error ${code} for the number ${text(read.To)}`);
    }

    const act = acts[operation.operationId];
    const resource = route.path.Sid === undefined ? undefined : resources.get(route.path.Sid);
    if (!act || (route.path.Sid !== undefined && !resource))
      return violate(call, new Problem(20404, `The requested resource ${url.pathname} was not found`));
    const fault = faults.shift();
    if (fault === 'cut') throw new Broken('cut');
    if (typeof fault === 'object') return scripted(fault.answer);
    const answer = act(read, resource as Resource);
    if (answer instanceof Response) return answer;
    if (answer instanceof Problem) return violate(call, answer);
    if (fault === 'accept_then_cut') throw new Broken('cut');
    if (fault === 'accept_then_hang') throw new Broken('hang');
    const status = operation.operationId === 'CreateMessage' ? 201 : 200;
    if (fault === 'garbage') return new Response('<html>Bad gateway</html>', { status });
    return Response.json(answer, { status });
  }

  const acts: Record<string, (read: Parameters, resource: Resource) => object> = {
    CreateMessage(read) {
      const at = now();
      recent.push(at);
      const service = optional(read.MessagingServiceSid);
      const resource = newResource(accountSid, at, {
        sid: newSid(),
        body: text(read.Body),
        from: optional(read.From) ?? null,
        to: text(read.To),
        direction: 'outbound-api',
        status: service ? 'accepted' : 'queued',
        messaging_service_sid: service ?? null,
      });
      resources.set(resource.sid, resource);
      const statusCallback = optional(read.StatusCallback);
      if (statusCallback) callbacks.set(resource.sid, statusCallback);
      sent.push({
        sid: resource.sid,
        to: resource.to,
        from: resource.from ?? senders[0] ?? '',
        body: resource.body,
        statusCallback,
        validityPeriod: read.ValidityPeriod === undefined ? undefined : Number(read.ValidityPeriod),
        at,
      });
      return resource;
    },
    ListMessage(read) {
      const size = Number(read.PageSize ?? 50);
      const all = [...resources.values()].reverse().filter((resource) => matches(resource, read));
      const token = optional(read.PageToken);
      const start = token
        ? all.findIndex((resource) => token === `PA${resource.sid}`) + 1
        : Number(read.Page ?? 0) * size;
      const messages = all.slice(start, start + size);
      const page = Number(read.Page ?? 0);
      const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
      const uri = (extra: Record<string, string>) => {
        const { Page, PageToken, ...rest } = read as Record<string, string>;
        return `${path}?${new URLSearchParams({ ...rest, PageSize: String(size), ...extra })}`;
      };
      const last = messages.at(-1);
      const more = last && start + size < all.length;
      return {
        messages,
        page,
        page_size: size,
        start,
        end: Math.max(start, start + messages.length - 1),
        uri: uri({ Page: String(page) }),
        first_page_uri: uri({ Page: '0' }),
        next_page_uri: more ? uri({ Page: String(page + 1), PageToken: `PA${last.sid}` }) : null,
        previous_page_uri: page > 0 ? uri({ Page: String(page - 1) }) : null,
      };
    },
    FetchMessage: (_read, resource) => resource,
    UpdateMessage(read, resource) {
      if (read.Body !== undefined) {
        if (read.Body !== '') return new Problem(20001, 'Body must be empty: a message can only be redacted');
        if (!isFinal(resource)) return new Problem(20009, 'The message is not complete');
        resource.body = '';
      }
      if (read.Status !== undefined) {
        if (!['accepted', 'queued', 'scheduled'].includes(resource.status))
          return new Problem(20409, 'The message cannot be canceled any more');
        resource.status = text(read.Status);
      }
      resource.date_updated = rfc2822(now());
      return resource;
    },
    DeleteMessage(_read, resource) {
      if (!isFinal(resource)) return new Problem(20009, 'The message is not complete');
      resources.delete(resource.sid);
      return new Response(null, { status: 204 });
    },
  };

  async function signed(url: string, params: Record<string, string | string[]>) {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) for (const item of [value].flat()) form.append(name, item);
    return {
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'user-agent': 'TwilioProxy/1.1',
        'x-twilio-signature': await signature(authToken, url, params),
      },
      body: form.toString(),
    };
  }

  async function webhook(url: string, params: Record<string, string>): Promise<Request> {
    return new Request(url, { method: 'POST', ...(await signed(url, params)) });
  }

  return {
    origin,
    fetch,
    violations,
    sent,
    signed,
    fail: (...more) => void faults.push(...more),
    reset() {
      for (const list of [violations, sent, faults, recent]) list.length = 0;
      for (const map of [resources, callbacks, errors]) map.clear();
    },
    errorFor(to, code) {
      if (code === undefined) errors.delete(to);
      else errors.set(to, code);
    },
    async deliver(sid, status, errorCode) {
      const resource = resources.get(sid);
      const url = callbacks.get(sid);
      if (!resource || !url) throw new Error(`No message ${sid} that has a StatusCallback`);
      const wrong = check('MessageStatus', status, schema('message_enum_status'));
      if (wrong) throw new Error(wrong);
      const at = now();
      resource.status = status;
      resource.error_code = errorCode ?? null;
      resource.date_updated = rfc2822(at);
      resource.from ??= senders[0] ?? null;
      if (!['accepted', 'scheduled', 'queued', 'sending', 'canceled'].includes(status))
        resource.date_sent ??= rfc2822(at);
      return webhook(url, {
        AccountSid: accountSid,
        ApiVersion: '2010-04-01',
        ...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
        ...(resource.from === null ? {} : { From: resource.from }),
        MessageSid: sid,
        MessageStatus: status,
        ...(resource.messaging_service_sid === null ? {} : { MessagingServiceSid: resource.messaging_service_sid }),
        SmsSid: sid,
        SmsStatus: status,
        To: resource.to,
      });
    },
    async incoming(url, from, to, body, sid = newSid()) {
      const resource = newResource(accountSid, now(), {
        sid,
        body,
        from,
        to,
        direction: 'inbound',
        status: 'received',
      });
      resources.set(sid, resource);
      return webhook(url, {
        AccountSid: accountSid,
        ApiVersion: '2010-04-01',
        Body: body,
        From: from,
        MessageSid: sid,
        NumMedia: '0',
        NumSegments: '1',
        SmsMessageSid: sid,
        SmsSid: sid,
        SmsStatus: 'received',
        To: to,
      });
    },
  };
}

/**
 * X-Twilio-Signature: HMAC-SHA1 over the address and the sorted parameters.
 * See https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export async function signature(
  authToken: string,
  url: string,
  params: Record<string, string | string[]>,
): Promise<string> {
  let data = url;
  for (const name of Object.keys(params).sort())
    for (const value of [...new Set([params[name] ?? []].flat())].sort()) data += name + value;
  const utf8 = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', utf8.encode(authToken), { name: 'HMAC', hash: 'SHA-1' }, false, [
    'sign',
  ]);
  const mac = await crypto.subtle.sign('HMAC', key, utf8.encode(data));
  return btoa(String.fromCharCode(...new Uint8Array(mac)));
}

// ---- the official description

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; schema: Schema; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const description = spec as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const schema = (name: string): Schema => description.components.schemas[name] ?? {};
const resolve = (of: Schema): Schema => (of.$ref ? schema(of.$ref.split('/').at(-1) ?? '') : of);

interface Route {
  operations: Record<string, Operation>;
  path: Record<string, string>;
}

function findRoute(pathname: string): Route | undefined {
  for (const [template, operations] of Object.entries(description.paths)) {
    const names: string[] = [];
    const pattern = template.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name);
      return '([^/]+?)';
    });
    const found = new RegExp(`^${pattern}$`).exec(pathname);
    if (found) return { operations, path: Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? ''])) };
  }
  return undefined;
}

class Problem {
  readonly code: number;
  readonly message: string;
  constructor(code: number, message: string) {
    this.code = code;
    this.message = message;
  }
}

type Parameters = Record<string, string | string[]>;

/** The request's parameters, each as the description wants it; or what is wrong with them. */
function readParameters(
  request: Request,
  url: URL,
  route: Route,
  operation: Operation,
  body: string,
): Parameters | Problem {
  for (const [name, value] of Object.entries(route.path)) {
    const wrong = check(
      name,
      value,
      operation.parameters.find((p) => p.in === 'path' && p.name === name)?.schema ?? {},
    );
    if (wrong) return new Problem(20404, wrong);
  }
  const filters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const query = collect(url.searchParams, Object.fromEntries(filters.map(({ name, schema }) => [name, schema])));
  const form = operation.requestBody?.content['application/x-www-form-urlencoded']?.schema;
  if (query instanceof Problem || !form?.properties) return query;

  const type = request.headers.get('content-type')?.split(';')[0]?.trim();
  if (type !== 'application/x-www-form-urlencoded') return new Problem(20415, `Content type ${type} is not a form`);
  const fields = collect(new URLSearchParams(body), form.properties);
  if (fields instanceof Problem) return fields;
  for (const name of form.required ?? [])
    if (!fields[name]) return new Problem(codeOfMissing[name] ?? 20001, `Parameter ${name} is required`);
  return fields;
}

/** Twilio's own codes for a parameter that is not in its form, and for one that is missing. */
const codeOf: Record<string, number> = {
  From: 21212,
  StatusCallback: 21609,
  ValidityPeriod: 90007,
  MessagingServiceSid: 21705,
};
const codeOfMissing: Record<string, number> = { To: 21604 };

function collect(given: URLSearchParams, known: Record<string, Schema>): Parameters | Problem {
  const values: Parameters = {};
  for (const name of new Set(given.keys())) {
    const of = known[name];
    if (!of) return new Problem(20001, `Parameter ${name} is unknown`);
    const all = given.getAll(name);
    const value = resolve(of).type === 'array' ? all : (all[0] ?? '');
    if (all.length > 1 && value !== all) return new Problem(20001, `Parameter ${name} is there ${all.length} times`);
    const wrong = check(name, value, of);
    if (wrong) return new Problem(codeOf[name] ?? 20001, wrong);
    values[name] = value;
  }
  return values;
}

/** One sentence when the value does not fit. Messages never repeat the value. */
function check(name: string, value: string | string[] | undefined, unresolved: Schema): string | undefined {
  const of = resolve(unresolved);
  if (Array.isArray(value)) return value.map((item) => check(name, item, of.items ?? {})).find(Boolean);
  if (value === undefined) return undefined;
  if (of.enum && !of.enum.includes(value)) return `${name} is not one of ${of.enum.join(', ')}`;
  if (of.pattern && !new RegExp(of.pattern).test(value)) return `${name} does not have the form ${of.pattern}`;
  if (of.minLength !== undefined && value.length < of.minLength) return `${name} is shorter than ${of.minLength}`;
  if (of.maxLength !== undefined && value.length > of.maxLength) return `${name} is longer than ${of.maxLength}`;
  if (of.type === 'boolean' && value !== 'true' && value !== 'false') return `${name} is not true or false`;
  if (of.type === 'integer' && !/^-?\d+$/.test(value)) return `${name} is not an integer`;
  if (of.type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) return `${name} is not a number`;
  if (of.minimum !== undefined && Number(value) < of.minimum) return `${name} is below ${of.minimum}`;
  if (of.maximum !== undefined && Number(value) > of.maximum) return `${name} is above ${of.maximum}`;
  if (of.format === 'date-time' && !day(value)) return `${name} is not a date`;
  if (of.format === 'uri' && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    return `${name} is not an absolute URL`;
  return undefined;
}

/** What the description says in prose only. */
function rules(read: Parameters, senders: string[], services: string[]): Problem | undefined {
  const e164 = /^\+[1-9]\d{6,14}$/;
  const body = optional(read.Body) ?? '';
  const from = optional(read.From);
  const service = optional(read.MessagingServiceSid);
  const validity = read.ValidityPeriod === undefined ? undefined : Number(read.ValidityPeriod);
  if (!e164.test(text(read.To))) return new Problem(21211, "The 'To' number is not a valid phone number");
  if (body === '' && read.MediaUrl === undefined && read.ContentSid === undefined)
    return new Problem(21602, 'Message body is required');
  if (body.length > 1600) return new Problem(21617, 'The concatenated message body exceeds the 1600 character limit');
  if (!from && !service) return new Problem(21603, "A 'From' phone number is required");
  if (from && !senders.includes(from)) return new Problem(21606, "The 'From' number is not a number of this account");
  if (service && !services.includes(service)) return new Problem(21705, 'The Messaging Service does not exist');
  if (URL.parse(text(read.StatusCallback))?.hostname.includes('_'))
    return new Problem(21609, 'The host of StatusCallback has an underscore');
  if (validity !== undefined && (validity < 1 || validity > 36_000))
    return new Problem(90007, 'ValidityPeriod is not from 1 to 36000');
  return undefined;
}

function statusOf(code: number): number {
  const statuses: Record<number, number> = {
    20003: 401,
    20004: 405,
    20005: 403,
    20006: 403,
    20008: 403,
    20009: 409,
    20404: 404,
    20409: 409,
    20415: 415,
    20429: 429,
    20500: 500,
    20503: 503,
    63038: 429,
  };
  return statuses[code] ?? 400;
}

// ---- messages

interface Resource {
  sid: string;
  account_sid: string;
  api_version: string;
  body: string;
  from: string | null;
  to: string;
  direction: string;
  status: string;
  messaging_service_sid: string | null;
  date_created: string;
  date_updated: string;
  date_sent: string | null;
  error_code: number | null;
  error_message: string | null;
  num_media: string;
  num_segments: string;
  price: string | null;
  price_unit: string;
  uri: string;
  subresource_uris: Record<string, string>;
}

type Given = Pick<Resource, 'sid' | 'body' | 'from' | 'to' | 'direction' | 'status'> & Partial<Resource>;

function newResource(accountSid: string, at: number, given: Given): Resource {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages/${given.sid}`;
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    messaging_service_sid: null,
    date_created: rfc2822(at),
    date_updated: rfc2822(at),
    // a message that waits in the queue has none
    date_sent: given.direction === 'inbound' ? rfc2822(at) : null,
    error_code: null,
    error_message: null,
    num_media: '0',
    num_segments: given.messaging_service_sid ? '0' : '1',
    price: null,
    price_unit: 'USD',
    uri: `${path}.json`,
    subresource_uris: { media: `${path}/Media.json` },
    ...given,
  };
}

const newSid = () => `SM${crypto.randomUUID().replaceAll('-', '')}`;
const rfc2822 = (time: number) => new Date(time).toUTCString().replace('GMT', '+0000');
const isFinal = (resource: Resource) => !['accepted', 'scheduled', 'queued', 'sending'].includes(resource.status);
const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : '');
const optional = (value: string | string[] | undefined) => text(value) || undefined;

/** A filter's date: a whole day in GMT, or a moment. */
function day(value: string | string[] | undefined): { from: number; to: number } | undefined {
  const from = Date.parse(text(value));
  if (Number.isNaN(from)) return undefined;
  return { from, to: from + (/^\d{4}-\d{2}-\d{2}$/.test(text(value)) ? 86_400_000 - 1 : 999) };
}

function matches(resource: Resource, read: Parameters): boolean {
  if (read.To !== undefined && read.To !== resource.to) return false;
  if (read.From !== undefined && read.From !== resource.from) return false;
  const date = resource.date_sent === null ? Number.NaN : Date.parse(resource.date_sent);
  const [on, before, after] = [day(read.DateSent), day(read['DateSent<']), day(read['DateSent>'])];
  if (on && !(date >= on.from && date <= on.to)) return false;
  if (before && !(date <= before.to)) return false;
  if (after && !(date >= after.from)) return false;
  return true;
}

function scripted(answer: { status: number; headers?: Record<string, string>; body?: unknown }): Response {
  const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
  const bare = answer.status === 204 || answer.status === 304;
  return new Response(bare ? null : body, {
    status: answer.status,
    headers: { 'content-type': 'application/json', ...answer.headers },
  });
}
