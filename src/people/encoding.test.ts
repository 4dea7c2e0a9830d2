import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCsv, looksDamaged } from './encoding.ts';

/** The upper halves of two Windows code pages, 0x80 to 0xFF. */
const PAGES = {
  'windows-1252':
    '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ',
  'windows-1256':
    '€پ‚ƒ„…†‡ˆ‰ٹ‹Œچژڈگ‘’“”•–—ک™ڑ›œ\u200c\u200dں\u00a0،¢£¤¥¦§¨©ھ«¬\u00ad®¯°±²³´µ¶·¸¹؛»¼½¾؟ہءآأؤإئابةتثجحخدذرزسشصض×طظعغـفقكàلâمنهوçèéêëىيîï\u064b\u064c\u064d\u064eô\u064f\u0650÷\u0651ù\u0652ûü\u200e\u200fے',
};

function inPage(page: keyof typeof PAGES, text: string): Uint8Array {
  return Uint8Array.from(text, (char) => (char < '\u0080' ? char.charCodeAt(0) : 0x80 + PAGES[page].indexOf(char)));
}

function inUtf16(text: string, little: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) bytes.setUint16(at * 2, text.charCodeAt(at), little);
  return new Uint8Array(bytes.buffer);
}

const inUtf8 = (text: string) => new TextEncoder().encode(text);

function streamOf(bytes: Uint8Array, size = bytes.length || 1): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

async function decoded(bytes: Uint8Array, size?: number): Promise<{ encoding: string; text: string }> {
  const { encoding, text } = await decodeCsv(streamOf(bytes, size));
  let all = '';
  for await (const piece of text) all += piece;
  return { encoding, text: all };
}

const MIXED =
  'name,phone\nනිමාලි පෙරේරා,+94771234567\nيوسف حداد,+9613123456\nสมชาย ใจดี,+66812345678\n鈴木 花子,090-1234-5678\n';
const ARABIC = 'name;phone\nيوسف حداد;+9613123456\nليلى العلي;+96170123456\nگلچهره;+989121234567\n';
const SPANISH = 'name;phone\nMaría García Núñez;+34612345678\n“Íñigo” Muñoz – 5 €;+34612345679\n';

test.each([
  ['UTF-8', 'utf-8', inUtf8(MIXED), MIXED],
  ['UTF-8 with a byte order mark', 'utf-8', inUtf8(`\ufeff${MIXED}`), MIXED],
  ['UTF-16 little endian with its mark', 'utf-16le', inUtf16(`\ufeff${MIXED}`, true), MIXED],
  ['UTF-16 big endian with its mark', 'utf-16be', inUtf16(`\ufeff${MIXED}`, false), MIXED],
  ['UTF-16 little endian without', 'utf-16le', inUtf16(MIXED, true), MIXED],
  ['UTF-16 big endian without', 'utf-16be', inUtf16(MIXED, false), MIXED],
  ['UTF-16 with hardly a Latin letter', 'utf-16le', inUtf16('නම\nනිමාලි පෙරේරා මැණිකේ\n', true), 'නම\nනිමාලි පෙරේරා මැණිකේ\n'],
  ['Arabic Windows, with Persian letters', 'windows-1256', inPage('windows-1256', ARABIC), ARABIC],
  ['Western Windows, where í is the Arabic ي', 'windows-1252', inPage('windows-1252', SPANISH), SPANISH],
  ['plain ASCII', 'utf-8', inUtf8('name\nNimali\n'), 'name\nNimali\n'],
  ['nothing', 'utf-8', new Uint8Array(), ''],
])('%s is found and decoded, in one piece or byte by byte', async (_, encoding, bytes, text) => {
  expect(await decoded(bytes)).toEqual({ encoding, text });
  expect(await decoded(bytes, 1)).toEqual({ encoding, text });
});

test('every character of both Windows pages is read', async () => {
  for (const page of ['windows-1252', 'windows-1256'] as const) {
    const words = page === 'windows-1252' ? 'é ' : 'محمد '.repeat(40);
    const text = words + PAGES[page].replace(/(.)/gu, '$1 ');
    expect(await decoded(inPage(page, text))).toEqual({ encoding: page, text });
  }
});

test('one broken byte leaves a Sinhala file UTF-8, and only its own line is damaged', async () => {
  const bytes = inUtf8(MIXED);
  bytes[MIXED.indexOf('න') + 1] = 0x41;
  const { encoding, text } = await decoded(bytes);
  const lines = text.split('\n');
  expect(encoding).toBe('utf-8');
  expect(lines.map((line) => looksDamaged(line, 'utf-8'))).toEqual([false, true, false, false, false, false]);
  expect(lines.slice(2)).toEqual(MIXED.split('\n').slice(2));
});

test('bytes that break far below, where the encoding is settled, come out as U+FFFD', async () => {
  const rows = 'නිමාලි,+94771234567\n'.repeat(6000);
  const bytes = new Uint8Array([...inUtf8(`name,phone\n${rows}`), 0xff, 0x0a, 0xe0, 0xb6]);
  const { encoding, text } = await decoded(bytes, 10_000);
  expect(encoding).toBe('utf-8');
  expect(text.endsWith('\n\ufffd\n\ufffd')).toBe(true);
  expect(text.indexOf('\ufffd')).toBe(`name,phone\n${rows}`.length);
});

test('a code page that we do not know is noticed rather than stored as gibberish', () => {
  const thaiAsWestern = 'ÊÁªÒÂ ã¨´Õ';
  expect(looksDamaged(thaiAsWestern, 'windows-1252')).toBe(true);
  expect(looksDamaged('María Çãéê', 'utf-8')).toBe(false);
  expect(looksDamaged('María Núñez – 5 €', 'windows-1252')).toBe(false);
});

test('whatever bytes come in whatever pieces, the text is the same and nothing is thrown', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 80 }).map(inUtf8),
    fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => inUtf16(text, true)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 50 }), async (input, size) => {
      expect(await decoded(input, size)).toEqual(await decoded(input));
    }),
  );
});

test('leaving early cancels the stream, and an error of the stream is passed on', async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(inUtf8('නිමාලි\n'.repeat(1000))),
    cancel: () => {
      cancelled = true;
    },
  });
  const { text } = await decodeCsv(endless);
  for await (const _ of text) break;
  expect(cancelled).toBe(true);

  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('hung up')) });
  await expect(decodeCsv(broken)).rejects.toThrow('hung up');
});
