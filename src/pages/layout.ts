import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Env } from '../api/endpoint.ts';
import { endonym } from '../text/endonyms.ts';
import { direction } from '../text/tags.ts';
import type { Reader } from './reader.ts';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Nothing from elsewhere, no inline script, no inline style. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

export interface PageOptions {
  title: string;
  body: Html;
  status?: number;
  /** holds something about one person: kept nowhere, found by nobody */
  personal?: boolean;
  /** words that tell nothing to who looks over the shoulder (DW-1): no name, no menu */
  discreet?: boolean;
  headers?: Record<string, string>;
}

/** One of the migrants' pages, whole. */
export async function showPage(c: Context<Env>, reader: Reader, options: PageOptions): Promise<Response> {
  const { title, body, status = 200, personal = false, discreet = false, headers = {} } = options;
  const { language, direction: way, say } = reader;
  const kept = keepLanguage(reader);
  const page = html`<!doctype html>
<html lang="${language}" dir="${way}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${personal ? html`<meta name="robots" content="noindex">` : ''}
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
${discreet ? '' : html`<link rel="manifest" href="/manifest.webmanifest?lang=${language}">`}
<script src="/app.js" defer></script>
</head>
<body>
${
  discreet
    ? ''
    : html`<header>
<p class="brand"><a href="/${kept}">${say('page_title')}</a></p>
${languageMenu(c, reader)}
${personal ? '' : html`<nav>${links(c, reader)}</nav>`}
</header>`
}
<main>
${body}
</main>
</body>
</html>`;
  const answer = await page;
  return c.body(String(answer), status as 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Content-Security-Policy': CONTENT_POLICY,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': personal ? 'no-store' : 'no-cache',
    Vary: 'Accept-Language',
    ...(personal && { 'X-Robots-Tag': 'noindex' }),
    ...headers,
  });
}

/** The query that carries a chosen language on to the next page. */
export function keepLanguage(reader: Reader): string {
  return reader.chosen === undefined ? '' : `?lang=${reader.chosen}`;
}

/** The other pages, few and short. */
function links(c: Context<Env>, reader: Reader): Html[] {
  const pages = [
    ['/', 'page_alerts'],
    ['/join', 'join_title'],
    ['/check', 'check_title'],
  ] as const;
  return pages
    .filter(([path]) => path !== c.req.path)
    .map(([path, key]) => html`<a href="${path}${keepLanguage(reader)}">${reader.say(key)}</a> `);
}

/** Open where the page had to guess: who cannot read it finds their own script without reading. */
function languageMenu(c: Context<Env>, reader: Reader): Html {
  const others = Object.entries(c.req.query()).filter(([name]) => name !== 'lang');
  const href = (tag: string) => `?${new URLSearchParams([...others, ['lang', tag]])}`;
  return html`<details class="languages" ${reader.guessed ? html`open` : ''}>
<summary aria-label="${reader.say('button_language')}"><img src="/globe.svg" alt="" width="20" height="20"> <span>${endonym(reader.language)}</span></summary>
<ul>${reader.languages.map(
    (tag) =>
      html`<li><a href="${href(tag)}" lang="${tag}" dir="${direction(tag)}" hreflang="${tag}" ${tag === reader.language ? html`aria-current="true"` : ''}>${endonym(tag)}</a></li>`,
  )}</ul>
</details>`;
}

/** Text of a message: lines stay lines, and a number can be tapped. */
export function proseOf(text: string): Html[] {
  return text
    .split(/(\+\d[\d -]{5,}\d)/)
    .map((part, i) =>
      i % 2 === 0
        ? html`${part}`
        : html`<a class="phone" href="tel:${part.replace(/[ -]/g, '')}"><bdi dir="ltr">${part}</bdi></a>`,
    );
}
