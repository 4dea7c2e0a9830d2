import { html, raw } from 'hono/html';
import { COUNTS, LINES, type Sitrep } from './sitrep.ts';

/** Words of the report: it goes to a capital and is English, like the codes beside it. */
const WORDS: Record<string, string> = {
  registered: 'Registered',
  safe: 'Safe',
  help: 'Need help',
  moved: 'Moved',
  unclear: 'Answered, not yet read',
  noAnswer: 'No answer',
  unreachable: 'Unreachable',
  optedOut: 'Opted out',
  reached: 'Reached',
  askedAgain: 'Asked again',
  toCall: 'To be called',
  deceased: 'Deceased, verified',
  claimedHeads: 'Heads claimed, never added',
  openCases: 'Cases open',
  openP1: 'of these P1',
  openP2: 'of these P2',
  openP3: 'of these P3',
  openP4: 'of these P4',
  lateCases: 'of these late',
  closedCases: 'Cases closed',
  situation: 'Situation',
  movement: 'Movement',
  done: 'Done',
  next: 'Next 12 hours',
  needed: 'Needed from the capital',
  media: 'Lines for media and families',
  nextReport: 'Next report',
};

const shown = (n: number | null | undefined) => (n === null ? 'fewer than 10' : String(n ?? 0));
const signed = (n: number) => (n > 0 ? `+${n}` : String(n));

/** Name, count, what it is a part of, change since the last report: one row each (RFC 4180). */
export function sitrepCsv(report: Sitrep): string {
  const lines = [['name', 'count', 'of', 'change']];
  for (const [name, of] of Object.entries(COUNTS))
    lines.push([
      name,
      String(report.numbers[name] ?? ''),
      of === null ? '' : String(report.numbers[of] ?? ''),
      report.changes === null ? '' : String(report.changes[name] ?? 0),
    ]);
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}

/** One page to print, fax or save; needs nothing from anywhere. */
export async function sitrepHtml(report: Sitrep): Promise<string> {
  const { incident, changes } = report;
  const title = `SITREP No ${report.number} ${incident.name}`;
  const rows = Object.entries(COUNTS).map(([name, of]) => {
    const part = of === null ? '' : `of ${shown(report.numbers[of])}`;
    const change = changes?.[name] ? signed(changes[name]) : '';
    return html`<tr><th scope="row">${WORDS[name]}</th><td>${shown(report.numbers[name])}</td><td>${part}</td><td>${change}</td></tr>`;
  });
  const sent = report.sent.map(
    (one) =>
      html`<li>${one.ref} ${one.event}, ${one.at ?? ''}: ${one.languages} languages, delivered ${one.delivered} of ${one.told}</li>`,
  );
  const lines = LINES.filter((name) => report.lines[name] !== undefined).map(
    (name) => html`<h2>${WORDS[name]}</h2><p dir="auto">${report.lines[name]}</p>`,
  );
  return String(
    await html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<style>${raw(
      'body{font:11pt/1.4 sans-serif;max-width:18cm;margin:1cm auto}th{text-align:start;font-weight:normal}td{text-align:end;padding-inline-start:1em}h1{font-size:14pt}h2{font-size:11pt;margin-bottom:0}p{white-space:pre-line;margin-top:0}',
    )}</style></head>
<body><h1>${incident.exercise ? 'EXERCISE ' : ''}${title}</h1>
<p>${report.organisation}
as of ${report.asOf}</p>
<table><thead><tr><th scope="col">People and cases</th><th scope="col">Now</th><th scope="col">Part</th><th scope="col">Change</th></tr></thead>
<tbody>${rows}</tbody></table>
<h2>Sent</h2><ul>${sent}</ul>
${lines}
</body></html>`,
  );
}
