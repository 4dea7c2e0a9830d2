import { parse } from 'csv-parse/sync';

/** A line of the file as an editor shows it; lines count from 1. */
export interface Line {
  number: number;
  text: string;
}

/** `line` is where the row starts: a quoted cell may go on over several lines. */
export type CellRow = { line: number; cells: string[] } | { line: number; problem: 'quote' | 'line_too_long' };

/** A row longer than this is no person; the limits keep memory flat when a quote is never closed. */
const MAX_CHARACTERS = 16_384;
const MAX_LINES = 50;

/** Cuts text into lines at CR LF, LF or CR, however it comes in pieces. Of an endless line only the start is kept. */
export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<Line, void, undefined> {
  let number = 0;
  let rest = '';
  for await (const piece of text) {
    // a CR at the very end may be half of a CR LF: it waits
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    if (rest.length > MAX_CHARACTERS + 2) rest = rest.slice(0, MAX_CHARACTERS + 1) + rest.at(-1);
    for (const line of lines) yield { number: ++number, text: line };
  }
  if (rest !== '') yield { number: ++number, text: rest.replace(/\r$/, '') };
}

/**
 * Cuts lines into rows of trimmed cells and leaves blank lines out.
 *
 * csv-parse decides about quotes, one row at a time: over a whole file it counts a CR LF within quotes as two lines and
 * lets a quote that is never closed swallow everything below. Here such a quote costs its own line, and reading goes on
 * with the next one.
 */
export async function* readCells(
  first: Line,
  lines: AsyncGenerator<Line, void, undefined>,
  delimiter: string,
): AsyncGenerator<CellRow, void, undefined> {
  const waiting: Line[] = [first];
  const next = async () => waiting.shift() ?? ((await lines.next()).value as Line | undefined);
  try {
    for (let line = await next(); line; line = await next()) {
      if (line.text.length > MAX_CHARACTERS) yield { line: line.number, problem: 'line_too_long' };
      else if (!line.text.includes('"')) {
        if (/\S/.test(line.text)) yield { line: line.number, cells: line.text.split(delimiter).map((c) => c.trim()) };
      } else {
        const below: Line[] = [];
        let text = line.text;
        let cells = splitQuoted(text, delimiter);
        while (cells === 'open' && below.length < MAX_LINES) {
          const more = await next();
          if (!more) break;
          below.push(more);
          text += `\n${more.text}`;
          if (text.length > MAX_CHARACTERS) break;
          if (more.text.includes('"')) cells = splitQuoted(text, delimiter);
        }
        if (typeof cells !== 'string') yield { line: line.number, cells };
        else {
          waiting.unshift(...below);
          yield { line: line.number, problem: 'quote' };
        }
      }
    }
  } finally {
    await lines.return();
  }
}

/** A quote within a cell (`Nimali "Nim" Perera`) is a character like any other; one that closes a cell too early is not. */
function splitQuoted(text: string, delimiter: string): string[] | 'open' | 'broken' {
  try {
    const rows: string[][] = parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: true,
      trim: true,
    });
    return rows.length === 1 ? rows[0]!.map((cell) => cell.trim()) : 'broken';
  } catch (error) {
    return (error as { code?: string }).code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : 'broken';
  }
}
