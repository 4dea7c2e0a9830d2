import { html, raw } from 'hono/html';
import type { Script } from './compose.ts';
import { isNumberLine } from './phones.ts';

/** Where the page's style comes from: a linked file, or its own with the nonce of the response. */
export interface PageOptions {
  nonce?: string;
  /** path of a style sheet on our own host, in place of the page's own style */
  stylesheet?: string;
  /** seconds after which an open page asks again, so that a KILL shows without script */
  refresh?: number;
}

/** The style of the sheet, for a caller that serves it as a file. Borders make the black bands: printers leave backgrounds out. */
export const STATION_CSS = `@page{size:A4;margin:12mm}
*{box-sizing:border-box}
body{margin:0 auto;max-width:190mm;padding:4mm;background:#fff;color:#000;font:16pt/1.45 "Noto Sans",system-ui,sans-serif}
body.long{font-size:14pt}
dl{display:grid;grid-template-columns:repeat(4,auto 1fr);gap:0 .6em;margin:0 0 .6em;font-size:10pt;line-height:1.4}
dt{font-weight:700}
dd{margin:0}
h1{margin:0 0 .3em;font-size:12pt;line-height:1.4}
h2{margin:.5em 0 0;font-size:10pt;line-height:1.4}
ol{margin:0;padding-inline-start:2.2em}
li{padding-inline-start:.2em;break-inside:avoid}
li::marker{font-size:10pt}
.air{border-block:1px solid #000;padding-block:.2em}
.notes{margin-top:.8em;border:1px dashed #000;padding:.3em .8em;font-size:10pt;line-height:1.4}
.notes p{margin:0}
.band{margin:0 0 .4em;color:#000;font-weight:700;font-size:20pt;line-height:1.3;text-align:center;letter-spacing:.1em}
.kill .band{border-block:12mm solid #000}
.kill{border:6mm solid #000}
.exercise .band{border-block:2mm double #000}
@media print{body{max-width:none;padding:0}.kill{padding:2mm}}
@media(max-width:40em){dl{grid-template-columns:auto 1fr}}`;

/** Beyond this the sheet is set in 14 pt, still within the 14-18 pt of RP-1, to stay on one page. */
const CHARACTERS_AT_16_POINT = 1000;

/** The script as a page that prints on one sheet: black on white, numbered lines, no script, nothing from elsewhere. */
export function scriptHtml(script: Script, options: PageOptions = {}): string {
  const air: [string, string[]][] = [
    ['INTRO', [script.intro]],
    ['BODY', script.body],
    ['REPEAT', script.repeat],
    ['OUTRO', [script.outro]],
  ];
  const length = air.flatMap(([, lines]) => lines).join('').length;
  const classes = [
    script.status.toLowerCase(),
    script.exercise ? 'exercise' : '',
    length > CHARACTERS_AT_16_POINT ? 'long' : '',
  ];
  const band = [script.exercise ? 'EXERCISE' : '', script.status === 'KILL' ? 'KILL' : ''].filter(
    (word) => word !== '',
  );
  let line = 1;
  const sections = air.map(([name, lines]) => {
    const start = line;
    line += lines.length;
    return html`<h2 lang="en" dir="ltr">${name}</h2>
<ol start="${start}">
${lines.map((text) => html`<li>${isNumberLine(text) ? html`<bdi dir="ltr">${text}</bdi>` : text}</li>\n`)}</ol>
`;
  });
  const page = html`<!doctype html>
<html lang="${script.language}" dir="${script.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
${options.refresh ? html`<meta http-equiv="refresh" content="${options.refresh}">\n` : ''}<title>${script.status} ${script.slug}</title>
${style(options)}
</head>
<body class="${classes.filter((name) => name !== '').join(' ')}">
${band.length > 0 ? html`<p class="band" lang="en" dir="ltr">${band.join(' ')}</p>\n` : ''}<header>
<h1>${script.slug}</h1>
<dl lang="en" dir="ltr">
${facts(script).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
</header>
<main class="air">
${sections}</main>
<footer lang="en" dir="ltr">
<h2>OUT-CUE</h2>
<p lang="${script.language}"><bdi>${script.outCue}</bdi></p>
<section class="notes">
<h2>NOT FOR AIR</h2>
${script.notForAir.map((note) => html`<p><bdi>${note}</bdi></p>\n`)}</section>
</footer>
</body>
</html>
`;
  return page.toString();
}

function style(options: PageOptions) {
  if (options.stylesheet !== undefined) return html`<link rel="stylesheet" href="${options.stylesheet}">`;
  return options.nonce === undefined
    ? html`<style>${raw(STATION_CSS)}</style>`
    : html`<style nonce="${options.nonce}">${raw(STATION_CSS)}</style>`;
}

function facts(script: Script) {
  const all: [string, unknown][] = [
    ['NUMBER', script.number],
    ['STATUS', html`<b>${script.status}</b>`],
    ['READ FROM', html`<time datetime="${script.readFrom}">${script.readFrom}</time>`],
    ['NOT AFTER', html`<time datetime="${script.notAfter}">${script.notAfter}</time>`],
    ['SECONDS', script.seconds],
    ['REPLACES', script.replaces],
    ['MESSAGE', script.ref],
    ['SOURCE', html`<bdi>${script.source}</bdi>`],
  ];
  return all.filter(([, value]) => value !== undefined);
}
