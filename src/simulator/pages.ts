import type { Context, Hono } from 'hono';
import type { Env } from '../api/endpoint.ts';
import { readForm } from '../pages/form.ts';
import { CONTENT_POLICY, type Html } from '../pages/layout.ts';
import { secondsToWait } from '../pages/pace.ts';
import { Refusal } from '../trust/refusal.ts';
import { redeemTicket, signedInTo, signIn, signOut } from './access.ts';
import { shelfOf, versionOf, writeOn } from './shelf.ts';
import { SIMULATOR_SCRIPT, SIMULATOR_STYLE } from './style.ts';
import { shelfPage, signInPage } from './table.ts';

const TRIES = 20;
const A_MINUTE = 60_000;

/** `/simulator`: phones side by side for an organisation in training, behind a sign-in by API key or a one-time link. */
export function mountSimulator(app: Hono<Env>): void {
  app.get('/simulator/style.css', (c) => c.body(SIMULATOR_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/simulator/app.js', (c) =>
    c.body(SIMULATOR_SCRIPT, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/simulator', async (c) => {
    const ticket = c.req.query('ticket');
    const organisation = await signedInTo(c);
    if (ticket !== undefined && (organisation || (await redeemTicket(c, ticket)))) return away(c, '/simulator');
    if (!organisation) return show(c, signInPage(ticket === undefined ? undefined : 'ticket'), 401);
    const g = c.get('gateway');
    const version = await versionOf(g, organisation.id);
    return show(c, shelfPage(organisation.name, version, await shelfOf(g, organisation.id)));
  });
  app.get('/simulator/state.json', async (c) => {
    const organisation = await signedInTo(c);
    if (!organisation) throw new Refusal('unauthorized');
    const version = await versionOf(c.get('gateway'), organisation.id);
    return c.json({ version }, 200, { 'Cache-Control': 'no-store' });
  });
  app.post('/simulator/sign-in', async (c) => {
    if (secondsToWait(c, 'simulator sign-in', TRIES, A_MINUTE) > 0) return show(c, signInPage('slow'), 429);
    try {
      await signIn(c, (await readForm(c)).get('key') ?? '');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return show(c, signInPage(error.code === 'not_found' ? 'live' : 'key'), error.status);
    }
    return away(c, '/simulator');
  });
  app.post('/simulator/sign-out', (c) => {
    signOut(c);
    return away(c, '/simulator');
  });
  app.post('/simulator/phones/:id', async (c) => {
    const organisation = await signedInTo(c);
    if (!organisation) return away(c, '/simulator');
    const id = c.req.param('id');
    const form = await readForm(c);
    const [text, button] = [(form.get('text') ?? '').trim().slice(0, 2000), form.get('button')];
    if (button !== undefined || text !== '')
      await writeOn(c.get('gateway'), organisation, id, button === undefined ? { text } : { button });
    return away(c, `/simulator#${id}`);
  });
}

/** After a POST, so that going back or reloading sends nothing again. */
function away(c: Context<Env>, to: string): Response {
  c.header('Cache-Control', 'no-store');
  c.header('Referrer-Policy', 'no-referrer');
  return c.redirect(to, 303);
}

async function show(c: Context<Env>, page: Html, status = 200): Promise<Response> {
  return c.body(String(await page), status as 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': CONTENT_POLICY,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex',
  });
}
