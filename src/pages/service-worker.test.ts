import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { SERVICE_WORKER } from './scripts.ts';

interface Shown {
  title: string;
  options: { body: string; tag: string; lang: string; dir: string; data: { url: string } };
}
type Listener = (event: Record<string, unknown>) => void;

const NOW = Date.parse('2026-03-11T15:00:00+09:00');
const PUSH = {
  title: 'භූමිකම්පාව',
  body: 'බිමට පහත් වන්න',
  ref: 'LKAAAAA',
  chain: 'LKAAAAA',
  lang: 'si',
  dir: 'ltr',
  url: 'https://musafir.test/check-in/1-2',
  expires: NOW + 3_600_000,
};

/** The worker as a browser would run it, with a server that answers like this; undefined: it cannot be reached. */
function browser(answers: (path: string) => { status?: number; body: string } | undefined, now = NOW) {
  const listeners = new Map<string, Listener>();
  const shown: Shown[] = [];
  const opened: string[] = [];
  const kept = new Map<string, Response>();
  const ask = async (request: string | Request) => {
    const url = new URL(typeof request === 'string' ? request : request.url, 'https://musafir.test');
    const answer = answers(url.pathname + url.search);
    if (!answer) throw new TypeError('no network');
    return new Response(answer.body, { status: answer.status ?? 200 });
  };
  const cache = {
    addAll: async (paths: string[]) => {
      for (const path of paths) kept.set(path, await ask(path));
    },
    put: async (path: string, response: Response) => void kept.set(path, response),
    match: async (path: string) => kept.get(path)?.clone(),
  };
  const self = {
    addEventListener: (name: string, listener: Listener) => listeners.set(name, listener),
    location: { origin: 'https://musafir.test' },
    registration: {
      showNotification: async (title: string, options: Shown['options']) => void shown.push({ title, options }),
    },
    clients: { openWindow: async (url: string) => void opened.push(url), claim: async () => {} },
    skipWaiting: async () => {},
  };
  const clock = { now: () => now };
  new Function('self', 'caches', 'fetch', 'Date', SERVICE_WORKER)(self, { open: async () => cache }, ask, clock);
  const fire = async (name: string, event: Record<string, unknown> = {}) => {
    const waits: Promise<unknown>[] = [];
    let answer: Promise<Response> | undefined;
    listeners.get(name)!({
      ...event,
      waitUntil: (work: Promise<unknown>) => waits.push(work),
      respondWith: (response: Promise<Response>) => {
        answer = response;
      },
    });
    await Promise.all(waits);
    return answer;
  };
  const push = (message: unknown) => fire('push', { data: { json: () => structuredClone(message) } });
  return { fire, push, shown, opened };
}

const saying = (state: object) => (path: string) =>
  path.startsWith('/alerts/') ? { body: JSON.stringify(state) } : { body: 'a page' };

// workerd runs no code out of a string
describe.runIf(home.name === 'node')('the service worker', () => {
  it('shows a message that holds, one for each chain, and opens its page', async () => {
    const phone = browser(saying({ state: 'current' }));
    await phone.push(PUSH);
    expect(phone.shown).toMatchObject([
      { title: 'භූමිකම්පාව', options: { body: 'බිමට පහත් වන්න', tag: 'LKAAAAA', lang: 'si', dir: 'ltr' } },
    ]);
    const notification = { close() {}, data: phone.shown[0]!.options.data };
    await phone.fire('notificationclick', { notification });
    expect(phone.opened).toEqual(['https://musafir.test/check-in/1-2']);
  });

  it('never shows a message that was withdrawn while it was under way', async () => {
    const phone = browser(saying({ state: 'withdrawn', title: 'ඉවත් කළා', lang: 'si', dir: 'ltr' }));
    await phone.push(PUSH);
    expect(phone.shown).toMatchObject([{ title: 'ඉවත් කළා', options: { body: '', tag: 'LKAAAAA', data: { url: '/' } } }]);
    expect(JSON.stringify(phone.shown)).not.toContain('බිමට');
  });

  it('shows what came when it cannot ask, until its own end', async () => {
    const alone = () => undefined;
    const early = browser(alone);
    await early.push(PUSH);
    expect(early.shown).toHaveLength(1);
    const late = browser(alone, PUSH.expires);
    await late.push(PUSH);
    expect(late.shown).toHaveLength(0);
  });

  it('shows a discreet message without a title by its words, and an answer without asking', async () => {
    const asked: string[] = [];
    const phone = browser((path) => {
      asked.push(path);
      return { body: '{"state":"current"}' };
    });
    await phone.push({ ...PUSH, title: '', body: 'Shop opens at 5' });
    expect(phone.shown[0]).toMatchObject({ title: 'Shop opens at 5', options: { body: '' } });
    asked.length = 0;
    await phone.push({ ...PUSH, title: '', ref: '', chain: 'answer-1', url: 'https://musafir.test' });
    expect(asked.filter((path) => path.startsWith('/alerts/'))).toEqual([]);
  });

  it('opens the last warnings without a network, and says so', async () => {
    let network = true;
    const phone = browser(() => (network ? { body: '<p id="offline" hidden>offline</p> last warnings' } : undefined));
    await phone.fire('install');
    network = false;
    for (const path of ['/?lang=ar', '/check/LKAAAAA', '/check-in/1-2']) {
      const request = { method: 'GET', mode: 'navigate', url: `https://musafir.test${path}` };
      const page = await (await phone.fire('fetch', { request }))!;
      expect(await page.text()).toBe('<p id="offline">offline</p> last warnings');
    }
    const request = { method: 'GET', mode: 'navigate', url: 'https://musafir.test/console' };
    expect(await phone.fire('fetch', { request })).toBeUndefined();
  });
});
