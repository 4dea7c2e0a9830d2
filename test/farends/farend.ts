import { type Wire, WireError } from '../../src/channels/channel.ts';

/** What a far end does instead of answering: once, for the next request that it would have accepted. */
export type Fault =
  | { answer: { status: number; headers?: Record<string, string>; body?: unknown } }
  /** the request is accepted and recorded, then the connection is cut before an answer */
  | 'accept_then_cut'
  /** nothing is accepted, the connection is cut */
  | 'cut'
  /** the request is accepted and recorded, the answer is not readable */
  | 'garbage'
  /** the request is accepted and recorded, no answer ever comes */
  | 'accept_then_hang';

/** Thrown by `fetch` of a far end that cuts or hangs; a server in front of it destroys or keeps the socket. */
export class Broken extends Error {
  readonly how: 'cut' | 'hang';
  constructor(how: 'cut' | 'hang') {
    super(how);
    this.how = how;
  }
}

/**
 * A strict stand-in for a provider. It accepts only what the official description allows, and keeps a
 * list of everything that it had to refuse. The same object serves in-process (as a `Wire`) and over HTTP.
 */
export interface FarEnd {
  /** the origin that the real provider would have, for example `https://api.twilio.com` */
  readonly origin: string;
  fetch(request: Request): Promise<Response>;
  /** one sentence for each request that broke the description; a journey ends with this list empty */
  readonly violations: string[];
  /** queue faults for the next requests, in order */
  fail(...faults: Fault[]): void;
  /** forget everything */
  reset(): void;
}

/** A `Wire` that ends in the given far ends and nowhere else: a call to another origin is a failed test. */
export function wireTo(...farEnds: FarEnd[]): Wire & { calls: { method: string; url: string; body: string }[] } {
  const calls: { method: string; url: string; body: string }[] = [];
  return {
    calls,
    async request(url, init) {
      const body = typeof init.body === 'string' ? init.body : init.body ? `[${init.body.byteLength} bytes]` : '';
      calls.push({ method: init.method, url, body });
      const farEnd = farEnds.find((end) => url.startsWith(`${end.origin}/`) || url === end.origin);
      if (!farEnd) throw new Error(`A call to ${new URL(url).origin}, which no far end of this test plays`);
      try {
        const answer = await farEnd.fetch(
          new Request(url, { method: init.method, headers: init.headers ?? {}, body: init.body ?? null }),
        );
        return {
          status: answer.status,
          headers: Object.fromEntries(answer.headers),
          text: await answer.text(),
        };
      } catch (error) {
        if (error instanceof Broken) throw new WireError('unknown', error.how);
        throw error;
      }
    },
  };
}
