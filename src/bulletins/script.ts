import type { Script } from './compose.ts';
import { isNumberLine } from './phones.ts';

export { type BulletinStatus, composeScript, type Script, type ScriptInput } from './compose.ts';
export { type PageOptions, scriptHtml } from './script-html.ts';
export { scriptSsml } from './script-ssml.ts';

/** The script as plain text: header lines, then what is said, then what is not for air. */
export function scriptText(script: Script): string {
  const header: [string, string | number | undefined][] = [
    ['SLUG', script.slug],
    ['STATION', script.station],
    ['LANGUAGE', script.language],
    ['NUMBER', script.number],
    ['REPLACES', script.replaces],
    ['STATUS', script.status],
    ['EXERCISE', script.exercise ? 'yes' : undefined],
    ['MESSAGE', script.ref],
    ['READ FROM', script.readFrom],
    ['NOT AFTER', script.notAfter],
    ['SECONDS', script.seconds],
    ['SOURCE', script.source],
  ];
  const sections: [string, string[]][] = [
    ['INTRO', [script.intro]],
    ['BODY', script.body],
    ['REPEAT', script.repeat],
    ['OUTRO', [script.outro]],
    ['OUT-CUE', [script.outCue]],
  ];
  return [
    ...header.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`),
    ...sections.flatMap(([name, lines]) => ['', name, ...lines.map((line) => readable(line, script.direction))]),
    '',
    '--------------------',
    'NOT FOR AIR',
    ...script.notForAir,
    '',
  ].join('\n');
}

/** The script as JSON text. */
export function scriptJson(script: Script): string {
  return `${JSON.stringify(script, null, 2)}\n`;
}

/** In a line that runs from right to left the groups of a telephone number would stand in the wrong order. */
function readable(line: string, direction: Script['direction']): string {
  return direction === 'rtl' && isNumberLine(line) ? `\u2066${line}\u2069` : line;
}
