import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { readTexts } from '../alerts/alert.ts';
import type { Env } from '../api/endpoint.ts';
import { type Asked, type Heard, receivePress, whoWasAsked } from '../replies/web.ts';
import { endonym } from '../text/endonyms.ts';
import { foldDigits } from '../text/phone.ts';
import { chooseLanguage, direction } from '../text/tags.ts';
import { readForm } from './form.ts';
import { type Html, proseOf, showPage } from './layout.ts';
import { type Reader, readerOf } from './reader.ts';

const MOST_PEOPLE = 5000;

/** `/check-in/{token}`: the token is the capability. Reading the page changes nothing; sending the form does. */
export function mountCheckIn(app: Hono<Env>): void {
  app.get('/check-in/:token', async (c) => {
    const asked = await whoWasAsked(c.get('gateway'), c.req.param('token'));
    const reader = await readerOf(c, asked?.language);
    return asked ? ask(c, reader, asked, {}) : gone(c, reader);
  });
  app.post('/check-in/:token', async (c) => {
    const g = c.get('gateway');
    const asked = await whoWasAsked(g, c.req.param('token'));
    const reader = await readerOf(c, asked?.language);
    if (!asked) return gone(c, reader);
    const form = await readForm(c);
    const answer = /^[12]$/.exec(form.get('answer') ?? '')?.[0] as '1' | '2' | undefined;
    const words = (form.get('words') ?? '').trim();
    const people = countIn(form.get('people') ?? '');
    if (answer === undefined && words === '') return ask(c, reader, asked, { people });
    const id = /^[\w-]{8,40}$/.exec(form.get('press') ?? '')?.[0] ?? g.ids.secret(12);
    const heard = await receivePress(g, asked, { id, answer: answer ?? '', people, words });
    return told(c, reader, asked, heard, people);
  });
}

/** Anything that is not a number of people is left out: it never stands in the way of an answer. */
function countIn(text: string): number | undefined {
  const count = Number(/^\s*(\d{1,4})\s*$/.exec(foldDigits(text))?.[1] ?? 0);
  return count >= 1 && count <= MOST_PEOPLE ? count : undefined;
}

async function gone(c: Context<Env>, reader: Reader): Promise<Response> {
  const { say } = reader;
  return showPage(c, reader, {
    title: say('check_in_title'),
    status: 404,
    personal: true,
    body: html`<h1>${say('check_in_gone')}</h1>`,
  });
}

interface Filled {
  people?: number | undefined;
  /** above the form: what was heard */
  notice?: Html;
}

/**
 * The first button is what Enter presses in a browser: it says nothing, so that a slip of the finger in the number
 * field never reads "safe". The two that speak stay in sight while the page scrolls.
 */
async function ask(c: Context<Env>, reader: Reader, asked: Asked, filled: Filled): Promise<Response> {
  const { say } = reader;
  const { organisation } = asked;
  const texts = await readTexts(c.get('gateway'), { id: asked.alert, organisation: organisation.id });
  const language = chooseLanguage(reader.wanted, Object.keys(texts), asked.language)?.language ?? asked.language;
  const text = texts[language];
  const message =
    text === undefined ? '' : asked.discreet ? (text.neutral ?? '') : html`<h2>${text.event}</h2>${proseOf(text.full)}`;
  return showPage(c, reader, {
    title: asked.discreet ? endonym(reader.language) : say('check_in_title'),
    personal: true,
    discreet: asked.discreet,
    body: html`${filled.notice ?? ''}
<form method="post" class="check-in">
<button class="unseen" name="answer" value="" tabindex="-1" aria-hidden="true">${say('check_in_send')}</button>
<input type="hidden" name="press" value="${c.get('gateway').ids.secret(12)}">
${asked.discreet ? '' : html`<h1>${say('check_in_title')}</h1>`}
${organisation.mode === 'training' && !asked.discreet ? html`<p class="test">${say('exercise_prefix')}</p>` : ''}
<div class="warning prose" lang="${language}" dir="${direction(language)}">${message}</div>
${asked.discreet ? '' : moreFields(reader, filled)}
<div class="choice">
${asked.discreet ? '' : html`<p>${say('check_in_ask')}</p>`}
<button name="answer" value="1" class="safe"><b>1</b>${asked.discreet ? '' : html` ${say('button_safe')}`}</button>
<button name="answer" value="2" class="help"><b>2</b>${asked.discreet ? '' : html` ${say('button_help')}`}</button>
</div>
</form>`,
  });
}

function moreFields({ say }: Reader, filled: Filled): Html {
  return html`<label for="people">${say('check_in_people')}</label>
<input id="people" name="people" inputmode="numeric" maxlength="5" autocomplete="off" value="${filled.people ?? ''}">
<label for="words">${say('check_in_more')}</label>
<textarea id="words" name="words" rows="2" maxlength="2000" dir="auto"></textarea>`;
}

/** What became of the answer. It may be changed on the same page. */
async function told(
  c: Context<Env>,
  reader: Reader,
  asked: Asked,
  heard: Heard,
  people: number | undefined,
): Promise<Response> {
  const g = c.get('gateway');
  const { say } = reader;
  const reply = async (key: string) => {
    const { text, language } = await g.catalog.reply(reader.language, key);
    return html`<p class="verdict" role="status" lang="${language}" dir="${direction(language)}">${text}</p>`;
  };
  if (asked.discreet) {
    const key = heard.meaning === 'help' ? 'ack_help_discreet' : 'ack_safe_discreet';
    return showPage(c, reader, {
      title: endonym(reader.language),
      personal: true,
      discreet: true,
      body: await reply(key),
    });
  }
  if (heard.meaning === 'unclear') return ask(c, reader, asked, { people, notice: await reply('menu_unclear') });
  if (heard.askCount) {
    const notice = html`<p class="verdict" role="status"><label for="people">${say('check_in_people')}</label></p>`;
    return ask(c, reader, asked, { people, notice });
  }
  if (heard.meaning !== 'help') {
    const notice = html`<p class="verdict true" role="status">${say('check_in_safe_done')}</p>`;
    return ask(c, reader, asked, { people, notice });
  }
  const emergency = await emergencyNumber(c, asked);
  const number = heard.case === undefined ? '' : html` <b class="case"><bdi>${heard.case}</bdi></b>`;
  const notice = html`<p class="verdict help" role="status">${say('check_in_help_done')}${number}</p>
<p class="emergency"><a class="phone" href="tel:${emergency}"><bdi dir="ltr">${emergency}</bdi></a></p>`;
  return ask(c, reader, asked, { people, notice });
}

/** Of the country where the person is; the one that mobile networks answer nearly everywhere when that is not known. */
async function emergencyNumber(c: Context<Env>, asked: Asked): Promise<string> {
  const numbers = (await c.get('gateway').assets.read('locales/emergency-numbers.json')) as {
    default: string;
    countries: Record<string, string>;
  };
  return numbers.countries[asked.country ?? ''] ?? numbers.default;
}
