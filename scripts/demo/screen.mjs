/** What a reader sees: colours, boxes and moving bars on a terminal, plain lines anywhere else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { intro, log, outro, progress, spinner } from '@clack/prompts';

const WIDTH = 76;
const BAR = 24;
/** A bar that is full at once would not be seen. */
const SHOWN_MS = 160;

/**
 * @param tty whether somebody is looking at it live
 * @param print takes a line
 */
export function openScreen({ tty, print }) {
  const style = (format, text) => (tty ? styleText(format, text, { validateStream: false }) : text);
  let chapters = 0;
  const say = (text = '') => (tty ? log.message(text, { spacing: 0 }) : print(text));
  return {
    title: (text) => (tty ? intro(style(['bgBlue', 'white'], ` ${text} `)) : print(`${text}\n`)),
    end: (text) => (tty ? outro(style('green', text)) : print(`\n${text}`)),
    say,
    dim: (text) => style('dim', text),
    strong: (text) => style('bold', text),
    chapter(text) {
      const heading = `${++chapters}  ${text}`;
      if (tty) log.step(style('bold', heading));
      else print(`\n${heading}`);
    },
    passed: (text) => (tty ? log.success(text, { spacing: 0 }) : print(`   ok  ${text}`)),
    failed: (text) => (tty ? log.error(text, { spacing: 0 }) : print(`FAIL  ${text}`)),

    /** A paragraph, broken to the width of a page. */
    text(...sentences) {
      for (const line of wrap(sentences.join(' '), WIDTH - 3)) say(`   ${line}`);
    },

    /** Rows with their columns below each other. */
    table(rows) {
      if (rows.length === 0) return;
      const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => columns(String(row[at])))));
      for (const row of rows)
        say(
          `   ${row.map((cell, at) => pad(String(cell), at === row.length - 1 ? 0 : widths[at])).join('  ')}`.trimEnd(),
        );
    },

    /** A message as it stands on a phone, under the name of who holds it. */
    phone(owner, text) {
      say(`   ${style('cyan', owner)}`);
      for (const line of wrap(text.trimEnd(), WIDTH - 5)) say(`   │ ${line}`);
      say();
    },

    /** Waits for something without an end in sight. */
    async wait(text, work) {
      if (!tty) return work();
      const turning = spinner();
      turning.start(text);
      try {
        const result = await work();
        turning.stop(text);
        return result;
      } catch (error) {
        turning.error(text);
        throw error;
      }
    },

    /**
     * One bar that fills while `ask` tells how many are done.
     * @returns how many were done when all were, or when `ask` gave up with null
     */
    async bar(label, max, ask) {
      const moving = tty ? progress({ max: Math.max(1, max), size: BAR, style: 'block' }) : undefined;
      moving?.start(label);
      const began = Date.now();
      let done = 0;
      for (;;) {
        const now = await ask();
        if (now === null) break;
        if (now > done) moving?.advance(now - done, label);
        done = now;
        if (done >= max && (!tty || Date.now() - began > SHOWN_MS)) break;
        await sleep(60);
      }
      const filled = Math.round((BAR * Math.min(done, max)) / Math.max(1, max));
      const line = `${pad(label, 22)}${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}  ${done} of ${max}`;
      if (moving) moving.stop(line);
      else print(`   ${pad(label, 22)}${done} of ${max}`);
      return done;
    },
  };
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const WIDE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hangul}\u3000-\u303f\uff00-\uff60]|\p{Emoji_Presentation}/u;

/** Columns on a terminal, as near as can be said without asking it. */
function columns(text) {
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) sum += WIDE.test(segment) ? 2 : 1;
  return sum;
}

const pad = (text, width) => text + ' '.repeat(Math.max(0, width - columns(text)));

/** Lines of at most this many columns, broken between words, or between signs where there are no words. */
function wrap(text, width) {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
      if (columns(longer) <= width) lines[lines.length - 1] = longer;
      else if (columns(word) <= width) lines.push(word);
      else
        for (const { segment } of graphemes.segment(longer.slice(lines.at(-1).length)))
          if (columns(lines.at(-1) + segment) <= width) lines[lines.length - 1] += segment;
          else lines.push(segment);
    }
    return lines;
  });
}
