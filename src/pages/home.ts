import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Env } from '../api/endpoint.ts';
import { showPage } from './layout.ts';
import { readerOf } from './reader.ts';
import { currentWarnings, warningArticles } from './warnings.ts';

/** `GET /`: what holds now, in the reader's language. The service worker keeps the last one for a day without network. */
export function mountHome(app: Hono<Env>): void {
  app.get('/', async (c) => {
    const g = c.get('gateway');
    const reader = await readerOf(c);
    const warnings = await warningArticles(g, reader, await currentWarnings(g));
    return showPage(c, reader, {
      title: reader.say('page_title'),
      body: html`<p id="offline" hidden>${reader.say('page_offline')}</p>
<h1>${reader.say('page_alerts')}</h1>
${warnings.length > 0 ? warnings : html`<p>${reader.say('page_no_alerts')}</p>`}`,
    });
  });
}
