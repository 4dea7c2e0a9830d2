/** The encodings that spreadsheets of the embassies we write for are saved in. */
export type CsvEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'windows-1256';

export interface DecodedCsv {
  encoding: CsvEncoding;
  /** read it once; leaving it early cancels the stream of bytes */
  text: AsyncGenerator<string, void, undefined>;
}

/** How much of a file is looked at before its encoding is settled. */
const LOOK = 65_536;

/**
 * Finds out how a file is encoded and decodes it piece by piece, so that memory does not grow with the file.
 *
 * Nothing is refused here. What does not decode comes out as U+FFFD, and `looksDamaged` tells which row has it.
 */
export async function decodeCsv(bytes: ReadableStream<Uint8Array>): Promise<DecodedCsv> {
  const reader = bytes.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length < LOOK && !ended) {
    const { done, value } = await reader.read();
    ended = done;
    if (value) {
      pieces.push(value);
      length += value.byteLength;
    }
  }
  const start = joined(pieces, length);
  const encoding = detectEncoding(start.subarray(0, LOOK), ended && length <= LOOK);
  return { encoding, text: decodePieces(encoding, start, reader) };
}

/**
 * Characters that no typed row holds: what could not be decoded, and control characters, which are what the unused
 * bytes of a Windows code page become. A long run of accented letters in Windows-1252 is another code page, misread.
 */
export function looksDamaged(text: string, encoding: CsvEncoding): boolean {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/.test(text)) return true;
  return encoding === 'windows-1252' && /[\u00a1-\uffff]{4}/.test(text);
}

function detectEncoding(start: Uint8Array, whole: boolean): CsvEncoding {
  const [a, b, c] = start;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return utf16ByZeros(start) ?? (isUtf8(start, whole) ? 'utf-8' : windowsPage(start));
}

/** Digits, delimiters and line breaks have a zero byte in UTF-16, always on the same side; no other text has any. */
function utf16ByZeros(start: Uint8Array): CsvEncoding | null {
  const zeros = [0, 0];
  for (let at = 0; at < start.length; at++) if (start[at] === 0) zeros[at % 2]!++;
  const [even, odd] = zeros as [number, number];
  if (Math.max(even, odd) * 40 < start.length) return null;
  if (odd > even * 4) return 'utf-16le';
  return even > odd * 4 ? 'utf-16be' : null;
}

/**
 * One broken byte in a file of Sinhala names must not turn all of them into Windows-1252 gibberish: text of a code page
 * hardly ever forms a valid sequence, so the file is UTF-8 as long as more sequences are whole than broken.
 */
function isUtf8(start: Uint8Array, whole: boolean): boolean {
  const decoder = new TextDecoder('utf-8');
  const text = decoder.decode(start, { stream: true }) + (whole ? decoder.decode() : '');
  const broken = text.match(/\ufffd/g)?.length ?? 0;
  if (broken === 0) return true;
  const sound = text.match(/[^\u0000-\u007f\ufffd]/gu)?.length ?? 0;
  return sound > broken;
}

/** The two pages share their bytes: Arabic letters stand in words, the accented ones of Latin words stand alone. */
function windowsPage(start: Uint8Array): CsvEncoding {
  let inWords = 0;
  let alone = 0;
  const text = new TextDecoder('windows-1256').decode(start, { stream: true });
  for (const [run] of text.matchAll(/\p{Script=Arabic}+/gu)) {
    if (run.length > 1) inWords += run.length;
    else alone++;
  }
  return inWords > alone ? 'windows-1256' : 'windows-1252';
}

async function* decodePieces(
  encoding: CsvEncoding,
  start: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  // Always with `stream`: without it Node 24 reads windows-1252 as ISO-8859-1 and loses € and the curly quotes.
  const decoder = new TextDecoder(encoding);
  try {
    let piece: Uint8Array | undefined = start;
    while (piece) {
      for (let at = 0; at < piece.byteLength; at += LOOK) {
        yield decoder.decode(piece.subarray(at, at + LOOK), { stream: true });
      }
      piece = (await reader.read()).value;
    }
    yield decoder.decode();
  } finally {
    await reader.cancel();
  }
}

function joined(pieces: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}
