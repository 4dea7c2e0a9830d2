import { html } from 'hono/html';
import { type Html, proseOf } from '../pages/layout.ts';
import type { Phone, ShownMessage } from './shelf.ts';

const PROBLEMS = {
  key: 'This key does not open the simulator. It needs the role viewer, author or caseworker.',
  live: 'This organisation is live. Simulated phones exist only for an organisation in training.',
  ticket: 'This link is used or too old. Ask for another one, or sign in with a key.',
  slow: 'Too many tries. Wait a minute.',
};

export function signInPage(problem?: keyof typeof PROBLEMS): Html {
  return shell(
    html`<main class="sign-in"><h1>Simulated phones</h1>
${problem === undefined ? '' : html`<p role="alert" class="problem">${PROBLEMS[problem]}</p>`}
<form method="post" action="/simulator/sign-in">
<label for="key">API key of an organisation in training</label>
<input id="key" name="key" type="password" required autocomplete="off" maxlength="220" spellcheck="false">
<button>Open</button>
</form></main>`,
    false,
  );
}

type OnTable = Phone & { messages: ShownMessage[] };

export function shelfPage(organisation: string, version: string, phones: readonly OnTable[]): Html {
  return shell(
    html`<main data-version="${version}"><h1>Phones of ${organisation}</h1>
<form method="post" action="/simulator/sign-out"><button class="quiet">Sign out</button></form>
${phones.length === 0 ? html`<p>Nobody is registered yet. Register people, and their phones lie here.</p>` : ''}
<div class="table">${phones.map(phoneOn)}</div></main>`,
    true,
  );
}

/** Without script the page comes anew by itself; with it only what has changed does. */
function shell(body: Html, refreshes: boolean): Html {
  return html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${refreshes ? html`<noscript><meta http-equiv="refresh" content="5"></noscript>` : ''}
<title>SIMULATOR – Musafir</title>
<link rel="stylesheet" href="/simulator/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
${refreshes ? html`<script src="/simulator/app.js" defer></script>` : ''}
</head>
<body>
<p class="banner">SIMULATOR <span>Nobody outside is told anything here.</span></p>
${body}
</body>
</html>`;
}

const KINDS = { sms: 'SMS', telegram: 'Telegram', push: 'Web push' };

function phoneOn(phone: OnTable): Html {
  return html`<section class="phone ${phone.channel}" id="${phone.id}" aria-label="${KINDS[phone.channel]} ${phone.label}">
<h2><b>${KINDS[phone.channel]}</b> <bdi>${phone.label}</bdi></h2>
<ol class="screen" tabindex="0">${phone.messages.map((message) => messageOn(phone, message))}</ol>
<form method="post" action="/simulator/phones/${phone.id}">
<input name="text" aria-label="Answer" placeholder="${phone.channel === 'push' ? '1 or 2' : 'Answer'}" maxlength="2000" dir="auto" autocomplete="off">
<button>Send</button>
</form>
</section>`;
}

function messageOn(phone: OnTable, message: ShownMessage): Html {
  const time = html`<time datetime="${message.at}">${message.at.slice(11, 16)} UTC</time>`;
  if (message.direction === 'from_person')
    return html`<li class="sent"><p dir="auto">${message.text}</p><small>${time}</small></li>`;
  const cost = message.sms
    ? html` · ${message.sms.segments} ${message.sms.segments === 1 ? 'segment' : 'segments'} ${message.sms.encoding}`
    : '';
  // an SMS has no title
  const heading = message.heading === '' || phone.channel === 'sms' ? '' : html`<b>${message.heading}</b>`;
  const text = phone.channel === 'push' ? short(message.text) : message.text;
  return html`<li class="got"><div lang="${message.language}" dir="${message.dir}">${heading}<p>${proseOf(text)}</p>
${message.buttons.length === 0 ? '' : buttonsOf(phone, message)}</div>
<small>${time}${cost}${message.link === undefined ? '' : html` · <a href="${message.link}" target="_blank" rel="noopener">open</a>`}</small></li>`;
}

function buttonsOf(phone: OnTable, message: ShownMessage): Html {
  return html`<form method="post" action="/simulator/phones/${phone.id}" class="buttons">${message.buttons.map(
    (button) => html`<button name="button" value="${button.data}">${button.label}</button>`,
  )}</form>`;
}

const LOCK_SCREEN = 240;

/** A lock screen shows some lines, and never half a letter. */
function short(text: string): string {
  if (text.length <= LOCK_SCREEN) return text;
  const end = text.lastIndexOf(' ', LOCK_SCREEN);
  return `${text.slice(0, end > 0 ? end : LOCK_SCREEN).toWellFormed()} …`;
}
