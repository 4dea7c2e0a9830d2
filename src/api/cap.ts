import type { Hono } from 'hono';
import { capEntries, capOf, findPublic } from '../cap/publish.ts';
import { capFeed } from '../cap/write.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Env } from './endpoint.ts';

/** Public alerts as CAP 1.2, for everybody. */
export function mountCap(app: Hono<Env>): void {
  app.get('/cap/feed.atom', async (c) => {
    const g = c.get('gateway');
    const feed = {
      address: `${g.config.publicUrl}/cap/feed.atom`,
      title: 'Musafir',
      author: 'Musafir',
      created: new Date(0),
    };
    return c.body(capFeed(feed, await capEntries(g)), 200, {
      'Content-Type': 'application/atom+xml; charset=utf-8',
      'Cache-Control': 'public, max-age=30',
    });
  });
  app.get('/cap/:file', async (c) => {
    const ref = /^([A-Z0-9]{4,12})\.xml$/.exec(c.req.param('file'))?.[1];
    const g = c.get('gateway');
    const alert = ref ? await findPublic(g, ref) : undefined;
    if (!alert) throw new Refusal('not_found');
    return c.body(await capOf(g, alert), 200, {
      'Content-Type': 'application/cap+xml; charset=utf-8',
      'Cache-Control': 'public, max-age=30',
    });
  });
}
