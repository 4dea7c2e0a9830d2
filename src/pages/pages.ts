import type { Hono } from 'hono';
import { compress } from 'hono/compress';
import type { Env } from '../api/endpoint.ts';
import { mountCheck } from './check.ts';
import { mountCheckIn } from './check-in.ts';
import { mountFiles } from './files.ts';
import { mountHome } from './home.ts';
import { mountJoin } from './join.ts';
import { mountPush } from './push.ts';

/** Public pages with many words. Pages about one person are left as they are: their size would tell. */
const LONG = ['/', '/join', '/style.css', '/app.js', '/sw.js'];

/** Migrants' pages: small, and useful without script. */
export function mountPages(app: Hono<Env>): void {
  const packed = compress();
  // Cloudflare compresses by itself
  for (const path of LONG) app.use(path, (c, next) => (c.get('gateway').home === 'workers' ? next() : packed(c, next)));
  mountHome(app);
  mountJoin(app);
  mountCheck(app);
  mountCheckIn(app);
  mountPush(app);
  mountFiles(app);
}
