import type { Context, Hono } from 'hono';
import type { Env } from '../api/endpoint.ts';
import { CONTENT_POLICY } from './layout.ts';
import { readerOf } from './reader.ts';
import { APP_SCRIPT, SERVICE_WORKER } from './scripts.ts';
import { STYLE } from './style.ts';

/** Two people under one roof of a message. No letters: it is the same in every script. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" fill="#0a4fa3"/><path d="M12 14h40a4 4 0 0 1 4 4v22a4 4 0 0 1-4 4H30L18 54V44h-6a4 4 0 0 1-4-4V18a4 4 0 0 1 4-4z" fill="#fff"/><circle cx="25" cy="24" r="4.5" fill="#0a4fa3"/><circle cx="40" cy="24" r="4.5" fill="#0a4fa3"/><path d="M17 38a8 8 0 0 1 16 0zM32 38a8 8 0 0 1 16 0z" fill="#0a4fa3"/></svg>`;
const GLOBE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#6b7a90" stroke-width="2"><circle cx="12" cy="12" r="10"/><ellipse cx="12" cy="12" rx="4.5" ry="10"/><path d="M2 12h20M4 6.5h16M4 17.5h16"/></svg>`;

/** What pages are made of beside their words. */
export function mountFiles(app: Hono<Env>): void {
  app.get('/style.css', (c) => file(c, STYLE, 'text/css; charset=utf-8'));
  app.get('/app.js', (c) => file(c, APP_SCRIPT, 'text/javascript; charset=utf-8'));
  app.get('/icon.svg', (c) => file(c, ICON, 'image/svg+xml'));
  app.get('/globe.svg', (c) => file(c, GLOBE, 'image/svg+xml'));
  app.get('/sw.js', (c) => {
    // a worker keeps the policy that it was fetched with
    c.header('Content-Security-Policy', CONTENT_POLICY);
    return file(c, SERVICE_WORKER, 'text/javascript; charset=utf-8');
  });
  app.get('/manifest.webmanifest', async (c) => {
    const { language, direction, say } = await readerOf(c);
    const manifest = {
      name: say('page_title'),
      short_name: 'Musafir',
      lang: language,
      dir: direction,
      id: '/',
      start_url: `/?lang=${language}`,
      scope: '/',
      display: 'standalone',
      background_color: '#ffffff',
      theme_color: '#0a4fa3',
      icons: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
    };
    return file(c, JSON.stringify(manifest), 'application/manifest+json');
  });
}

/** Asked again each time, answered by 304 as long as nothing has changed. */
async function file(c: Context<Env>, text: string, type: string): Promise<Response> {
  const etag = `"${(await c.get('gateway').vault.hash(text)).slice(0, 20)}"`;
  const headers = { 'Cache-Control': 'no-cache', ETag: etag };
  const known = (c.req.header('if-none-match') ?? '').split(/,\s*/).map((tag) => tag.replace(/^W\//, ''));
  if (known.includes(etag)) return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, 'Content-Type': type });
}
