import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Broken, type FarEnd } from './farend.ts';

export interface Served {
  /** http://127.0.0.1:port */
  url: string;
  /** requests that arrived, answered or not */
  readonly requests: number;
  close(): Promise<void>;
}

/** A server that listens already, so that a far end can be made with its address as the origin. */
export interface Door {
  url: string;
  /** puts the far end behind it */
  open(farEnd: FarEnd): Served;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(): Promise<Door> {
  let farEnd: FarEnd | undefined;
  let requests = 0;
  const server = createServer((request, response) => {
    void (async () => {
      requests++;
      try {
        const answer = await farEnd!.fetch(await readRequest(request, url));
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
      } catch (error) {
        // a cut destroys the connection, a hang keeps it and says nothing
        if (error instanceof Broken && error.how === 'hang') return;
        request.socket.destroy();
      }
    })();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    open(end) {
      farEnd = end;
      return {
        url,
        get requests() {
          return requests;
        },
        close: () => close(server),
      };
    },
  };
}

async function readRequest(request: IncomingMessage, url: string): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !['connection', 'transfer-encoding'].includes(name)) headers.set(name, String(value));
  const method = request.method ?? 'GET';
  const body = method === 'GET' || method === 'HEAD' ? null : new Uint8Array(Buffer.concat(parts));
  return new Request(url + request.url, { method, headers, body });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
