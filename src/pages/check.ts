import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Env } from '../api/endpoint.ts';
import { findMessage, type Message, sentAt, timeIn } from '../delivery/ours.ts';
import { type Html, showPage } from './layout.ts';
import { secondsToWait } from './pace.ts';
import { type Reader, readerOf } from './reader.ts';
import { STATE_WORDS, warningArticles } from './warnings.ts';

const A_MINUTE = 60_000;
/** A person asks once or twice; whoever tries numbers asks often. */
const CHECKS = 60;
/** A whole shelter behind one address gets its pushes in the same minute. */
const STATES = 600;

/** `/check`: is this message ours? And the same for the service worker, which asks before it shows a push. */
export function mountCheck(app: Hono<Env>): void {
  app.get('/check', (c) => check(c, c.req.query('ref')));
  app.get('/check/:ref', (c) => check(c, c.req.param('ref')));
  app.get('/alerts/current.json', currentState);
}

/** As a person may have copied it: small letters, spaces, a full stop. */
function asRef(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 12);
}

async function check(c: Context<Env>, asked: string | undefined): Promise<Response> {
  const reader = await readerOf(c);
  const { say } = reader;
  const form = (ref: string) => html`<h1>${say('check_title')}</h1>
<form method="get" action="/check">
<label for="ref">${say('check_number')}</label>
<input id="ref" name="ref" value="${ref}" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" dir="ltr">
${reader.chosen === undefined ? '' : html`<input type="hidden" name="lang" value="${reader.chosen}">`}
<button>${say('check_button')}</button>
</form>`;
  const ref = asRef(asked ?? '');
  if (ref === '') return showPage(c, reader, { title: say('check_title'), body: form('') });
  const wait = secondsToWait(c, 'check', CHECKS, A_MINUTE);
  if (wait > 0)
    return showPage(c, reader, {
      title: say('check_title'),
      status: 429,
      headers: { 'Retry-After': String(wait), 'Cache-Control': 'no-store' },
      body: html`${form(ref)}<p class="verdict" role="status">${say('check_slow')}</p>`,
    });
  const message = await findMessage(c.get('gateway'), ref);
  return showPage(c, reader, {
    title: say('check_title'),
    status: message ? 200 : 404,
    headers: { 'Cache-Control': 'no-store' },
    body: html`${form(ref)}${await verdict(c, reader, ref, message)}`,
  });
}

/** Ours or not, and when it was sent; the words themselves only when everybody may read them. */
async function verdict(c: Context<Env>, reader: Reader, ref: string, message: Message | undefined): Promise<Html> {
  const g = c.get('gateway');
  const { say } = reader;
  if (!message) return html`<p class="verdict false" role="status">${say('check_false', { ref })}</p>`;
  const { alert, state } = message;
  const time = await timeIn(g, alert, reader.language, sentAt(alert));
  const now = state === 'current' ? '' : html`<p class="verdict old">${say(STATE_WORDS[state])}</p>`;
  return html`<p class="verdict true" role="status">${say('check_true', { ref, time })}</p>
${now}${alert.scope === 'Public' ? await warningArticles(g, reader, [alert]) : ''}`;
}

/**
 * `{ref, state}`, and in `title` what to show in place of a message that no longer holds. Unknown numbers and
 * drafts look the same; what a push carried in such a case is shown as it came.
 */
async function currentState(c: Context<Env>): Promise<Response> {
  const wait = secondsToWait(c, 'state', STATES, A_MINUTE);
  const headers = { 'Cache-Control': 'no-store' };
  if (wait > 0) return c.json({ state: 'unknown' }, 429, { ...headers, 'Retry-After': String(wait) });
  const ref = asRef(c.req.query('ref') ?? '');
  const reader = await readerOf(c);
  const message = await findMessage(c.get('gateway'), ref);
  if (!message) return c.json({ ref, state: 'unknown' }, 200, headers);
  const { state } = message;
  if (state === 'current') return c.json({ ref, state }, 200, headers);
  const title = reader.say(STATE_WORDS[state]);
  return c.json({ ref, state, title, lang: reader.language, dir: reader.direction }, 200, headers);
}
