import type { Context, Hono } from 'hono';
import * as z from 'zod';
import type { Gateway } from '../gateway.ts';
import { authenticate, type Caller } from '../trust/operators.ts';
import { type FieldProblem, Refusal } from '../trust/refusal.ts';
import type { Role } from '../trust/roles.ts';
import { remember } from './idempotency.ts';
import { takeCall } from './limit.ts';
import { answerProblem } from './problem.ts';

/** Hono's environment: the gateway of this process or isolate. */
export interface Env {
  Variables: { gateway: Gateway; requestId: string };
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Call<B, Q> {
  g: Gateway;
  caller: Caller;
  /** path parameters by name */
  params: Record<string, string>;
  body: B;
  query: Q;
  request: Request;
}

/**
 * One address of the API: who may call it, what it takes and what it answers. The list of all of them is
 * the table of roles, the router and the OpenAPI description at once.
 */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** OpenAPI form: `/api/v1/people/{id}` */
  path: string;
  summary: string;
  /** any of these roles; `anyone` needs no key */
  roles: readonly Role[] | 'anyone';
  body?: z.ZodType;
  query?: z.ZodType;
  /** the handler reads the body itself, of this media type */
  rawBody?: string;
  answers: Record<number, z.ZodType | null>;
  handle(call: Call<unknown, unknown>): Promise<Answer>;
}

/** Declares an endpoint with its types. */
export function endpoint<B extends z.ZodType = z.ZodNever, Q extends z.ZodType = z.ZodNever>(
  definition: Omit<Endpoint, 'handle' | 'body' | 'query'> & {
    body?: B;
    query?: Q;
    handle(call: Call<z.output<B>, z.output<Q>>): Promise<Answer>;
  },
): Endpoint {
  return definition as unknown as Endpoint;
}

const LARGEST_JSON = 1_000_000;
/** A file with an Idempotency-Key is read whole, to tell it from another of the same length. */
const LARGEST_REMEMBERED = 20_000_000;
const NOBODY: Caller = { operator: 'nobody', organisation: undefined as never, roles: [] };

/** Puts endpoints on the router: key, role, pace, idempotency, validation, handler, in this order. */
export function mount(app: Hono<Env>, endpoints: readonly Endpoint[]): void {
  for (const definition of endpoints) {
    const path = definition.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(definition.method, path, (c) => serve(c, definition));
  }
}

async function serve(c: Context<Env>, definition: Endpoint): Promise<Response> {
  const g = c.get('gateway');
  const caller = definition.roles === 'anyone' ? NOBODY : await authenticate(g, c.req.header('authorization'));
  if (definition.roles !== 'anyone') {
    if (!definition.roles.some((role) => caller.roles.includes(role))) throw new Refusal('forbidden');
    for (const [name, value] of Object.entries(takeCall(g, caller.operator))) c.header(name, value);
  }
  const params = c.req.param() as Record<string, string>;
  const query = definition.query ? check(definition.query, c.req.query(), '') : undefined;
  if (definition.body) refuseOtherTypes(c);
  const text = definition.body ? await readText(c, LARGEST_JSON) : '';
  const key = c.req.header('idempotency-key');
  const file = key !== undefined && definition.rawBody ? await readBytes(c.req.raw, LARGEST_REMEMBERED) : undefined;
  const run = async (): Promise<Answer> => {
    const body = definition.body ? check(definition.body, parseJson(text), '') : undefined;
    const { headers } = c.req.raw;
    const request = file ? new Request(c.req.url, { method: 'POST', headers, body: file }) : c.req.raw;
    return definition.handle({ g, caller, params, body, query, request });
  };
  const answer =
    definition.method === 'POST' && key !== undefined && caller !== NOBODY
      ? await remember(g, caller, key, fingerprint(c, file ? await hashBytes(g, file) : text), run, (error) =>
          answerProblem(g, error, c.get('requestId')),
        )
      : await run();
  if (answer.body === undefined) return c.body(null, answer.status as 204, answer.headers ?? {});
  // what is no JSON says what it is
  const isWritten = typeof answer.body === 'string' && answer.headers?.['Content-Type'] !== undefined;
  const written = isWritten ? (answer.body as string) : JSON.stringify(answer.body);
  return c.body(written, answer.status as 200, {
    'Content-Type': 'application/json; charset=utf-8',
    ...answer.headers,
  });
}

/** @throws Refusal `unsupported_media_type` for a body that says it is no JSON */
function refuseOtherTypes(c: Context<Env>): void {
  const type = c.req.header('content-type');
  const empty = c.req.header('content-length') === '0' || c.req.raw.body === null;
  // text/plain is what fetch says of a string when nobody told it better
  if (type && !empty && !/^(application\/([\w.-]+\+)?json|text\/plain)\b/i.test(type))
    throw new Refusal('unsupported_media_type', 'Send application/json.');
}

/** What makes two requests the same. */
function fingerprint(c: Context<Env>, body: string): string {
  const url = new URL(c.req.url);
  return `${c.req.method} ${url.pathname}${url.search}\n${body}`;
}

async function hashBytes(g: Gateway, bytes: Uint8Array): Promise<string> {
  return g.vault.hash(new TextDecoder('windows-1252').decode(bytes, { stream: true }));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** @throws Refusal `too_large`, `malformed` */
export async function readText(c: Context<Env>, largest: number): Promise<string> {
  const bytes = await readBytes(c.req.raw, largest);
  try {
    return utf8.decode(bytes);
  } catch {
    // a name that is stored with its letters replaced is lost
    throw new Refusal('malformed', 'The body is not UTF-8.');
  }
}

/** @throws Refusal `too_large`, as soon as it is known: a body that names no length is not read to its end */
export async function readBytes(request: Request, largest: number): Promise<Uint8Array<ArrayBuffer>> {
  const told = request.headers.get('content-length');
  if (Number(told ?? 0) > largest) throw new Refusal('too_large');
  if (told !== null && Number(told) <= largest) {
    // the server reads no further than that; a stream costs several times as much
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > largest) throw new Refusal('too_large');
    return bytes;
  }
  const reader = request.body?.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    pieces.push(piece.value);
    length += piece.value.byteLength;
    if (length > largest) {
      await reader?.cancel();
      throw new Refusal('too_large');
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('malformed', 'The body is not JSON.');
  }
}

/** @throws Refusal `invalid` with a pointer to each field that is wrong */
export function check<T extends z.ZodType>(schema: T, value: unknown, base: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => problemsOf(issue, base));
  throw new Refusal('invalid', undefined, { errors });
}

function problemsOf(issue: z.core.$ZodIssue, base: string): FieldProblem[] {
  const here = pointer(base, issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointer(here, [key]), detail: 'This field is not known.' }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // of several forms the one that was meant is the one that is least wrong
    const nearest = issue.errors.reduce((best, next) => (next.length < best.length ? next : best));
    return nearest.flatMap((inner) => problemsOf(inner, here));
  }
  return [{ pointer: here, detail: issue.message }];
}

/** JSON Pointer (RFC 6901). */
function pointer(base: string, path: readonly PropertyKey[]): string {
  return base + path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** `?cursor=&limit=`: the cursor is the number of the last item seen. */
export const Page = z.object({
  cursor: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** `{items, next}`: `next` is the cursor of the next page, null at the end. */
export const pageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), next: z.union([z.string(), z.number()]).nullable() });
