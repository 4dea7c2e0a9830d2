import type { Script } from './compose.ts';
import { xmlLanguage, xmlText } from './xml.ts';

const BETWEEN_PARTS = '<break time="800ms"/>';
const BETWEEN_LINES = '<break time="400ms"/>';

/** The script for a synthetic voice: SSML 1.1. Nothing that anyone wrote stands in an attribute but the language. */
export function scriptSsml(script: Script): string {
  const parts = [[script.intro], script.body, script.repeat, [script.outro]].filter((lines) => lines.length > 0);
  const paragraphs = parts.map((lines) => {
    const sentences = lines.map((line) => `<s>${xmlText(line)}</s>`);
    return `<p>\n${sentences.join(`${BETWEEN_LINES}\n`)}\n</p>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${xmlLanguage(script.language)}">`,
    paragraphs.join(`\n${BETWEEN_PARTS}\n`),
    '</speak>',
    '',
  ].join('\n');
}
