import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Env } from '../api/endpoint.ts';
import { endonym } from '../text/endonyms.ts';
import type { Names } from '../text/names.ts';
import { direction } from '../text/tags.ts';
import { showPage } from './layout.ts';
import { readerOf } from './reader.ts';

/** `GET /join`: warnings to this phone without a name or a number. Only turning on needs script, and the page says so. */
export function mountJoin(app: Hono<Env>): void {
  app.get('/join', async (c) => {
    const g = c.get('gateway');
    const reader = await readerOf(c);
    const { say } = reader;
    const names = await g.catalog.names(reader.language);
    const countries = sorted(names, names.countries);
    const country = countries.find(([code]) => code === c.req.query('country'))?.[0];
    const areas = sorted(names, { ...names.englishAreas, ...names.areas }).filter(([code]) =>
      code.startsWith(`${country}-`),
    );
    const readable = await readableLanguages(g);
    // a language that has messages and no page yet can be chosen too
    const mine = readable.find((tag) => tag === reader.chosen) ?? reader.language;
    const option = ([code, name]: readonly [string, string]) =>
      html`<option value="${code}" ${code === country ? html`selected` : ''}>${name}</option>`;
    return showPage(c, reader, {
      title: say('join_title'),
      body: html`<h1>${say('join_title')}</h1>
<p>${say('join_why')}</p>
<form id="join" method="get" action="/join">
<label for="language">${say('join_language')}</label>
<select id="language" name="lang">${readable.map(
        (tag) =>
          html`<option value="${tag}" lang="${tag}" dir="${direction(tag)}" ${tag === mine ? html`selected` : ''}>${endonym(tag)}</option>`,
      )}</select>
<label for="country">${say('join_country')}</label>
<select id="country" name="country"><option value="">–</option>${countries.map(option)}</select>
${
  areas.length === 0
    ? ''
    : html`<label for="area">${say('join_area')}</label>
<select id="area" name="area"><option value="">${say('join_leave_out')}</option>${areas.map(option)}</select>`
}
<label for="nationality">${say('join_nationality')}</label>
<select id="nationality" name="nationality"><option value="">${say('join_leave_out')}</option>${countries.map(
        ([code, name]) =>
          html`<option value="${code}" ${code === c.req.query('nationality') ? html`selected` : ''}>${name}</option>`,
      )}</select>
<p class="verdict" data-state="no-script">${say('join_needs_script')}</p>
<p class="verdict" data-state="denied" role="alert" hidden>${say('join_denied')}</p>
<p class="verdict" data-state="slow" role="alert" hidden>${say('check_slow')}</p>
<p class="verdict true" data-state="on" role="status" hidden>${say('join_done')}</p>
<p class="verdict" data-state="number" hidden>${say('join_number', { number: '{number}' })}</p>
<p class="verdict" data-state="stopped" role="status" hidden>${say('stop_done')}</p>
<button type="button" id="turn-on" hidden>${say('join_button')}</button>
<button type="button" id="turn-off" hidden>${say('stop_button')}</button>
</form>`,
    });
  });
}

/** Every language that a page or a message can be in. */
async function readableLanguages(g: Env['Variables']['gateway']): Promise<string[]> {
  const templates = await g.catalog.templates();
  const tags = new Set([...(await g.catalog.languages()), ...templates.flatMap((one) => one.languages)]);
  return [...tags].sort();
}

function sorted(names: Names, table: Record<string, string>): [string, string][] {
  const { compare } = new Intl.Collator(names.language);
  return Object.entries(table).sort(([, one], [, other]) => compare(one, other));
}
