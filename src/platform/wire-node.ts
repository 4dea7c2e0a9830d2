import { type Dispatcher, Pool } from 'undici';
import { type Wire, type WireAnswer, WireError, type WireRequest } from '../channels/channel.ts';

const TIMEOUT_MS = 15_000;
/** Provider answers are small; what is longer is none. */
const LARGEST = 16_000_000;
/** Errors of undici and the system that say that nothing left us. */
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_INVALID_ARG',
]);

/** Addresses that are kept taken apart: a provider's few, not each browser's push endpoint. */
const MOST_KNOWN = 64;

/** One pool of connections for each origin. */
export function nodeWire(connections = 256): Wire & { close(): Promise<void> } {
  const pools = new Map<string, Pool>();
  const known = new Map<string, { pool: Pool; path: string }>();
  const locate = (url: string) => {
    const { origin, pathname, search } = new URL(url);
    let pool = pools.get(origin);
    if (!pool) {
      pool = new Pool(origin, { connections, pipelining: 1, connect: { timeout: 5_000 } });
      pools.set(origin, pool);
    }
    const place = { pool, path: pathname + search };
    if (known.size < MOST_KNOWN) known.set(url, place);
    return place;
  };
  return {
    async request(url, init) {
      const { pool, path } = known.get(url) ?? locate(url);
      return exchange(pool, path, init);
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** `Pool.request` without its stream: an answer is read whole anyway. */
function exchange(pool: Pool, path: string, init: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const timeout = init.timeoutMs ?? TIMEOUT_MS;
    const parts: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: Record<string, string> = {};
    const handler: Dispatcher.DispatchHandler = {
      // undici tells a handler by this method
      onRequestStart() {},
      onResponseStart(_controller, statusCode, told) {
        if (statusCode < 200) return;
        status = statusCode;
        headers = asText(told);
      },
      onResponseData(controller, part) {
        size += part.length;
        if (size > LARGEST) controller.abort(new Error('answer too large'));
        else parts.push(part);
      },
      onResponseEnd() {
        const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
        resolve({ status, headers, text: body.toString('utf8') });
      },
      onResponseError(_controller, error) {
        const code = String((error as { code?: unknown }).code ?? '');
        reject(new WireError(NEVER_LEFT.has(code) ? 'no' : 'unknown', code || 'connection lost'));
      },
    };
    try {
      pool.dispatch(
        {
          path,
          method: init.method,
          headers: init.headers ?? {},
          body: init.body ?? null,
          headersTimeout: timeout,
          bodyTimeout: timeout,
        },
        handler,
      );
    } catch {
      // what undici refuses to write, such as a line break in a header, has not left
      reject(new WireError('no', 'invalid request'));
    }
  });
}

/** A header that comes twice is one, as HTTP says (RFC 9110, section 5.3). */
function asText(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== 'string') headers[name] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return headers as Record<string, string>;
}
