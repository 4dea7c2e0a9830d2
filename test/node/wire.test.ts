import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WireError } from '../../src/channels/channel.ts';
import { nodeWire } from '../../src/platform/wire-node.ts';

const CRLF = '\r\n';
const wires: ReturnType<typeof nodeWire>[] = [];
const servers: Server[] = [];
const sockets = new Set<Socket>();

/** A far end that speaks bytes: what it does with each request is said by the test. */
async function farEnd(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function openWire() {
  const wire = nodeWire();
  wires.push(wire);
  return wire;
}

const problem = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error) => error as WireError,
  );
const head = (status: string, ...headers: string[]) => [`HTTP/1.1 ${status}`, ...headers, '', ''].join(CRLF);

afterEach(async () => {
  for (const wire of wires.splice(0)) await wire.close();
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

describe('the wire on Node', () => {
  it('reads an answer whole, a letter that is cut by a packet too, and joins a header that comes twice', async () => {
    const words = Buffer.from('සුනාමි');
    const url = await farEnd((socket) => {
      socket.write(head('200 OK', `Content-Length: ${words.length}`, 'X-Note: one', 'X-Note: two'));
      socket.write(words.subarray(0, 4));
      setTimeout(() => socket.write(words.subarray(4)), 20);
    });
    const answer = await openWire().request(`${url}/a?b=c`, { method: 'GET' });
    expect(answer).toMatchObject({ status: 200, text: 'සුනාමි', headers: { 'x-note': 'one, two' } });
  });

  it('passes over an early answer that is not the last', async () => {
    const url = await farEnd((socket) => {
      socket.write(head('103 Early Hints', 'Link: </s>; rel=preload'));
      socket.write(`${head('201 Created', 'Content-Length: 2')}ok`);
    });
    expect(await openWire().request(url, { method: 'POST', body: 'x' })).toMatchObject({ status: 201, text: 'ok' });
  });

  it('says that nothing left when nobody listens, or when a header cannot be written', async () => {
    const url = await farEnd(() => {});
    servers.pop()!.close();
    expect(await problem(openWire().request(url, { method: 'POST', body: 'x' }))).toMatchObject({ reached: 'no' });
    const broken = { method: 'POST' as const, headers: { 'X-Note': 'a\r\nX-Other: b' } };
    expect(await problem(openWire().request(await farEnd(() => {}), broken))).toMatchObject({ reached: 'no' });
  });

  it.each([
    ['is cut off after the request', (socket: Socket) => socket.destroy()],
    ['is cut off in the answer', (socket: Socket) => socket.end(`${head('200 OK', 'Content-Length: 9')}half`)],
    ['gets no HTTP back', (socket: Socket) => socket.write('220 smtp.example.org ready\r\n\r\n')],
    ['gets no answer in time', () => {}],
    ['gets an answer that never ends', (socket: Socket) => socket.write(head('200 OK', 'Content-Length: 9'))],
  ])('does not know what became of a request that %s', async (_, answer) => {
    const url = await farEnd(answer);
    const found = await problem(openWire().request(url, { method: 'POST', body: 'x', timeoutMs: 300 }));
    expect(found).toBeInstanceOf(WireError);
    expect(found).toMatchObject({ reached: 'unknown' });
  });

  it('goes on after a cut connection', async () => {
    let asked = 0;
    const url = await farEnd((socket) => {
      if (asked++ === 0) socket.destroy();
      else socket.write(`${head('200 OK', 'Content-Length: 2')}ok`);
    });
    const wire = openWire();
    await problem(wire.request(url, { method: 'POST', body: 'x' }));
    expect(await wire.request(url, { method: 'POST', body: 'x' })).toMatchObject({ text: 'ok' });
  });
});
