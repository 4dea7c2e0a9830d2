/**
 * The two scripts of migrants' pages, as text: they run in browsers and are served as they stand. Kept to what
 * phones of ten years ago understand.
 */

/** `/app.js`: keeps an offline copy on every page, and turns push on and off at /join. */
export const APP_SCRIPT = `(async () => {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  const ready = worker.register('/sw.js').then(() => worker.ready);
  ready.catch(() => {});
  const form = document.getElementById('join');
  if (!form) return;
  const field = (id) => document.getElementById(id);
  field('country').addEventListener('change', () => form.submit());
  field('language').addEventListener('change', () => form.submit());
  if (!('PushManager' in window) || !('Notification' in window)) return;
  const [on, off] = [field('turn-on'), field('turn-off')];
  const show = (...states) => {
    for (const part of form.querySelectorAll('[data-state]')) part.hidden = !states.includes(part.dataset.state);
    on.hidden = states.includes('on');
    off.hidden = !on.hidden;
  };
  const showNumber = (number) => {
    const part = form.querySelector('[data-state=number]');
    part.dataset.text = part.dataset.text || part.textContent;
    part.textContent = part.dataset.text.replace('{number}', number);
  };
  const send = (method, body) =>
    fetch('/push/subscriptions', { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const saved = () => localStorage.getItem('number');
  const showOn = () => {
    if (saved()) showNumber(saved());
    show('on', saved() ? 'number' : '');
  };
  const registration = await ready;
  const known = await registration.pushManager.getSubscription();
  if (known) showOn();
  else show();

  on.addEventListener('click', async () => {
    on.disabled = true;
    let step = 'denied';
    try {
      if ((await Notification.requestPermission()) !== 'granted') throw new Error(step);
      const key = (await (await fetch('/push/key')).json()).publicKey;
      const bytes = Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
      const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes });
      step = 'slow';
      const choice = { languages: [field('language').value] };
      const [country, area, nationality] = ['country', 'area', 'nationality'].map((id) => field(id) && field(id).value);
      if (country) choice.country = country;
      if (area) choice.area = area;
      if (nationality) choice.nationalities = [nationality];
      const answer = await send('POST', { ...choice, subscription: subscription.toJSON() });
      if (!answer.ok) {
        await subscription.unsubscribe();
        throw new Error(step);
      }
      const { number } = await answer.json();
      if (number) localStorage.setItem('number', number);
      const cache = await caches.open('musafir');
      await cache.put('/joined', new Response(JSON.stringify(choice)));
      showOn();
    } catch {
      show(step);
    }
    on.disabled = false;
  });

  off.addEventListener('click', async () => {
    const subscription = await registration.pushManager.getSubscription();
    if (subscription) {
      await send('DELETE', { endpoint: subscription.endpoint }).catch(() => {});
      await subscription.unsubscribe();
    }
    localStorage.removeItem('number');
    show('stopped');
  });
})();
`;

/**
 * `/sw.js`: shows pushes, one for each chain of messages, never one that was withdrawn meanwhile; and keeps a copy
 * of the warnings for a day without network.
 */
export const SERVICE_WORKER = `const STORE = 'musafir';
const FILES = ['/style.css', '/app.js', '/icon.svg', '/globe.svg'];

self.addEventListener('install', (event) => {
  event.waitUntil(keepCopies().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

async function keepCopies() {
  const cache = await caches.open(STORE);
  await cache.addAll(['/', ...FILES]);
}

const isHome = (url) => url.pathname === '/';
const leadsToAMessage = (url) => /^\\/(check|check-in|join)(\\/|$)/.test(url.pathname);

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && (isHome(url) || leadsToAMessage(url))) event.respondWith(openPage(request, url));
  else if (FILES.includes(url.pathname)) event.respondWith(freshFile(request, url));
});

async function openPage(request, url) {
  const cache = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    if (answer.ok && isHome(url)) await cache.put('/', answer.clone());
    return answer;
  } catch (error) {
    const copy = await cache.match('/');
    if (!copy) throw error;
    const page = (await copy.text()).replace('id="offline" hidden', 'id="offline"');
    return new Response(page, { headers: copy.headers });
  }
}

async function freshFile(request, url) {
  const cache = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(url.pathname, answer.clone());
    return answer;
  } catch (error) {
    const copy = await cache.match(url.pathname);
    if (!copy) throw error;
    return copy;
  }
}

self.addEventListener('push', (event) => event.waitUntil(showPush(event.data)));

async function showPush(data) {
  let message;
  try {
    message = data.json();
  } catch {
    return;
  }
  const now = await stateOf(message);
  const old = Boolean(now && now.title);
  if (!old && (!now || now.state !== 'current') && message.expires <= Date.now()) return;
  const title = old ? now.title : message.title || message.body;
  await self.registration.showNotification(title, {
    body: old || !message.title ? '' : message.body,
    lang: old ? now.lang : message.lang,
    dir: old ? now.dir : message.dir,
    tag: message.chain,
    renotify: Boolean(message.chain) && !old,
    requireInteraction: Boolean(message.ref) && !old,
    icon: '/icon.svg',
    data: { url: old ? '/' : message.url || '/' },
  });
  await refreshHome(message.lang);
}

/** What the message is worth now; undefined when we cannot ask, and then its own end counts. */
async function stateOf(message) {
  if (!message.ref) return { state: 'current' };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 4000);
  try {
    const query = new URLSearchParams({ ref: message.ref, lang: message.lang });
    const answer = await fetch('/alerts/current.json?' + query, { cache: 'no-store', signal: stop.signal });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function refreshHome(lang) {
  try {
    const answer = await fetch('/?' + new URLSearchParams({ lang }));
    if (answer.ok) await (await caches.open(STORE)).put('/', answer);
  } catch {
    // the older copy stays
  }
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow((event.notification.data && event.notification.data.url) || '/'));
});

self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(subscribeAgain(event)));

/** The browser has changed the endpoint by itself: the same choice goes to the new one. */
async function subscribeAgain(event) {
  const joined = await (await caches.open(STORE)).match('/joined');
  if (!joined) return;
  const choice = await joined.json();
  const options = event.oldSubscription && event.oldSubscription.options;
  const subscription =
    event.newSubscription || (options ? await self.registration.pushManager.subscribe(options) : undefined);
  if (!subscription) return;
  const send = (method, body) =>
    fetch('/push/subscriptions', { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  await send('POST', { ...choice, subscription: subscription.toJSON() });
  if (event.oldSubscription) await send('DELETE', { endpoint: event.oldSubscription.endpoint });
}
`;
