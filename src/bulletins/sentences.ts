// Full stops that need no space after them, and the ASCII ones that do.
const NATIVE_STOP = '\u0964\u0965\u104B\u1362\u1367\u17D4\u17D5\u0F0D\u061F\u06D4\u0589\u3002\uFF01\uFF1F\uFF0E\uFF61';
const CLOSING = `["'\u2019\u201D\u00BB\u300D\u300F)\\]\uFF09]*`;
const STOP = new RegExp(`[${NATIVE_STOP}]+${CLOSING}|[.!?]+${CLOSING}(?=\\s|$)`, 'gu');

// Thai, Lao and Khmer end a thought with a space. A space beside a number or a foreign name is none.
const SPACE_BETWEEN =
  /(?<=[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]) (?=[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}])/u;
const SHORTEST_THOUGHT = 15;

/** One line without control characters, line breaks or runs of spaces. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[^\u0000-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .trim();
}

/**
 * The sentences of a text in any of our scripts, in order, each on one line.
 * Nothing is lost: joined again with spaces they are the text, but for its white space.
 */
export function splitSentences(text: string): string[] {
  return text
    .split(/[\r\n\u2028\u2029]+/)
    .map(oneLine)
    .filter((line) => line !== '')
    .flatMap(sentencesOfLine)
    .flatMap(thoughts);
}

function sentencesOfLine(line: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const stop of line.matchAll(STOP)) {
    const to = stop.index + stop[0].length;
    if (isAbbreviation(line.slice(from, to), line.slice(to))) continue;
    sentences.push(line.slice(from, to).trim());
    from = to;
  }
  sentences.push(line.slice(from).trim());
  return sentences.filter((sentence) => sentence !== '');
}

/** "e.g. the", "S. Perera", "18:00 น.", "1. Leave": a point that ends no sentence. */
function isAbbreviation(sentence: string, rest: string): boolean {
  if (!sentence.endsWith('.')) return false;
  return (
    /^\s\p{Ll}/u.test(rest) || /^\s*\p{Nd}+\.$/u.test(sentence) || /(^|\s)[\p{Lu}\p{Script=Thai}]\.$/u.test(sentence)
  );
}

function thoughts(sentence: string): string[] {
  const lines: string[] = [];
  for (const piece of sentence.split(SPACE_BETWEEN)) {
    const last = lines.at(-1);
    if (last !== undefined && (last.length < SHORTEST_THOUGHT || piece.length < SHORTEST_THOUGHT)) {
      lines[lines.length - 1] = `${last} ${piece}`;
    } else lines.push(piece);
  }
  return lines;
}

const words = new Intl.Segmenter('und', { granularity: 'word' });

/** The last words of a text without its final stop: what a presenter listens for (out-cue). */
export function lastWords(text: string, count: number): string {
  const starts = [...words.segment(text)].filter((segment) => segment.isWordLike).map((segment) => segment.index);
  const from = starts.at(-count) ?? 0;
  return text.slice(from).replace(new RegExp(`[.!?${NATIVE_STOP}\\s]+$`, 'u'), '');
}
