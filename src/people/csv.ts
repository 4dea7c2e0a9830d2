/**
 * The reading side of an import: bytes of a CSV file in, people and refused rows out. Nothing is stored or sent.
 *
 * Memory does not grow with the file, and no content stops the reading: every row that is not blank comes out once,
 * as a person or with the reason why not.
 */

import { type Column, columnFor } from './csv-columns.ts';
import { type CellProblem, type PersonRow, readPerson } from './csv-person.ts';
import { type CellRow, type Line, readCells, readLines } from './csv-rows.ts';
import { type CsvEncoding, decodeCsv, looksDamaged } from './encoding.ts';

export type { Column } from './csv-columns.ts';
export type { PersonRow } from './csv-person.ts';
export type { CsvEncoding } from './encoding.ts';

export interface CsvOptions {
  /** ISO 3166-1 alpha-2, for phone numbers written without a country code */
  defaultCountry?: string;
  /** rows after these are left unread, and one refused row says so */
  maxRows?: number;
}

/** Why a row is refused; the words for each are in `MESSAGES`. */
export type RowProblem = CellProblem | 'columns' | 'quote' | 'line_too_long' | 'encoding' | 'header' | 'too_many_rows';

/** `line` counts from 1 and is where the row starts; the header is line 1. */
export type Row =
  | { line: number; kind: 'person'; person: PersonRow }
  | { line: number; kind: 'rejected'; column: string | null; reason: RowProblem; message: string };

export interface DroppedColumn {
  /** as the file heads it, its start when that is long */
  name: string;
  reason: 'forbidden' | 'unknown';
  /** how many of its cells held something; it grows while the rows are read */
  cells: number;
}

export interface CsvHeader {
  encoding: CsvEncoding;
  delimiter: ',' | ';' | '\t';
  /** the columns that are read, in the order of the file */
  columns: Column[];
  /** empty when no column is known: what was taken for headings may then be somebody's name and number */
  droppedColumns: DroppedColumn[];
  /** nothing can be read: the file is empty, or its first line heads no column that we know */
  problem: null | 'empty' | 'no_known_column';
}

export interface CsvReading {
  header: CsvHeader;
  /** to be read once; leaving it early cancels the stream */
  rows: AsyncGenerator<Row, void, undefined>;
}

const MESSAGES: Record<RowProblem, string> = {
  not_a_number: 'This is not a number.',
  too_short: 'The number is too short.',
  too_long: 'This is too long.',
  no_country: 'The country code is missing: write the number with + or choose a default country.',
  invalid: 'There is no such number.',
  landline: 'This is a landline, which takes no text messages.',
  excel_damage: 'A spreadsheet rounded this number or cut it; format the column as text and type it again.',
  characters: 'There are control characters in this cell.',
  too_many: 'There are too many values in this cell.',
  unknown_language: 'Write language tags such as si or zh-Hans, or the English name of a language.',
  unknown_country: 'Write ISO 3166 codes such as LK or LKA, or the English name of one country.',
  area: 'Write an ISO 3166-2 code such as JP-13, or the id of an imported area.',
  other_country: 'The area is not in the country of this row.',
  range: 'This lies outside the globe: latitude is -90 to 90, longitude -180 to 180.',
  unpaired: 'Latitude and longitude are needed together.',
  tag: 'A tag has 1 to 32 of a-z, 0-9, - and _.',
  profile: 'The profile is normal, discreet or anonymous.',
  basis: 'The basis is public-task, consent or vital-interest.',
  empty: 'The row has no name, no external id and no address.',
  columns: 'The row has more or fewer cells than the header.',
  quote: 'A quoted cell is not closed, or text follows its closing quote.',
  line_too_long: 'The line is too long to be one person.',
  encoding: 'Some characters cannot be read; save the file as UTF-8.',
  header: 'No column of the header is known.',
  too_many_rows: 'The file has more rows than are read at once; this and all below were not read.',
};

/** Reads as far as the header. An error of the stream itself, as when a sender hangs up, is thrown here or by `rows`. */
export async function openCsv(stream: ReadableStream<Uint8Array>, options: CsvOptions = {}): Promise<CsvReading> {
  const { encoding, text } = await decodeCsv(stream);
  const lines = readLines(text);
  const { first, forced } = await firstLine(lines);
  const delimiter = forced ?? detectDelimiter(first.text);
  const cells = readCells(first, lines, delimiter);
  const head: CellRow | undefined = (await cells.next()).value ?? undefined;
  const headings = head && 'cells' in head ? head.cells : [];

  const columns: (Column | null)[] = [];
  const dropped = new Map<number, DroppedColumn>();
  for (const [index, name] of headings.entries()) {
    const column = columnFor(name);
    const kept = column !== 'forbidden' && column !== 'unknown' && (SEVERAL.has(column) || !columns.includes(column));
    columns.push(kept ? column : null);
    if (!kept)
      dropped.set(index, { name: name.slice(0, 80), reason: column === 'forbidden' ? column : 'unknown', cells: 0 });
  }
  const known = [...new Set(columns.filter((column) => column !== null))];
  if (!known.length) dropped.clear();
  const problem = known.length ? null : head ? 'no_known_column' : 'empty';
  return {
    header: { encoding, delimiter, columns: known, droppedColumns: [...dropped.values()], problem },
    rows: readRows(cells, columns, dropped, encoding, options),
  };
}

/** Columns that a file may have twice (`phone` and `mobile`): their values are joined. */
const SEVERAL = new Set<Column>(['phone', 'telegram', 'languages', 'nationalities', 'tags']);

async function* readRows(
  cells: AsyncGenerator<CellRow, void, undefined>,
  columns: (Column | null)[],
  dropped: Map<number, DroppedColumn>,
  encoding: CsvEncoding,
  { defaultCountry, maxRows = Number.POSITIVE_INFINITY }: CsvOptions,
): AsyncGenerator<Row, void, undefined> {
  const hasColumns = columns.some((column) => column !== null);
  let count = 0;
  for await (const row of cells) {
    if (++count > maxRows) {
      yield rejected(row.line, 'too_many_rows');
      return;
    }
    if ('problem' in row) yield rejected(row.line, row.problem);
    else if (!hasColumns) yield rejected(row.line, 'header');
    else if (row.cells.every((cell) => cell === '')) yield rejected(row.line, 'empty');
    // spreadsheets leave empty cells at the end of a row
    else if (row.cells.length < columns.length || row.cells.slice(columns.length).some((cell) => cell !== ''))
      yield rejected(row.line, 'columns');
    else {
      for (const [index, column] of dropped) if (row.cells[index]) column.cells++;
      const damaged = row.cells.findIndex((cell) => looksDamaged(cell, encoding));
      if (damaged >= 0) yield rejected(row.line, 'encoding', columns[damaged] ?? dropped.get(damaged)?.name);
      else {
        const person = readPerson(row.cells, columns, defaultCountry);
        if ('problem' in person) yield rejected(row.line, person.problem, person.column);
        else yield { line: row.line, kind: 'person', person };
      }
    }
  }
}

function rejected(line: number, reason: RowProblem, column: string | null = null): Row {
  return { line, kind: 'rejected', column, reason, message: MESSAGES[reason] };
}

/** The first line with something in it. `sep=;` is how a spreadsheet is told the delimiter: it comes before the header. */
async function firstLine(
  lines: AsyncGenerator<Line, void, undefined>,
): Promise<{ first: Line; forced?: CsvHeader['delimiter'] }> {
  let forced: CsvHeader['delimiter'] | undefined;
  for (;;) {
    const { value: line } = await lines.next();
    if (!line) return { first: { number: 0, text: '' }, forced };
    const separator = /^sep=([,;\t])$/i.exec(line.text)?.[1];
    if (separator && !forced) forced = separator as CsvHeader['delimiter'];
    else if (/\S/.test(line.text)) return { first: line, forced };
  }
}

/** The delimiter that uncovers most of our columns, or else cuts the header into most cells. */
function detectDelimiter(header: string): CsvHeader['delimiter'] {
  const score = (delimiter: string) => {
    const headings = header.split(delimiter).map((heading) => columnFor(heading.replaceAll('"', '')));
    return headings.filter((column) => column !== 'unknown').length * 1000 + Math.min(headings.length, 999);
  };
  const candidates = [',', ';', '\t'] as const;
  return candidates.reduce((best, next) => (score(next) > score(best) ? next : best));
}
