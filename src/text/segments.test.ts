import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countSegments, cutToUnits, fit as fitText, fold, shorten, unfold } from './segments.ts';

interface Vector {
  description: string;
  text: string;
  encoding?: string;
  segments?: number;
  messageSize?: number;
}
// as text: the file holds U+2028, on which workerd's test runner stumbles in a JSON module
const [raw] = Object.values(
  import.meta.glob(['../../test/fixtures/spec/sms-segments.json'], { eager: true, import: 'default', query: '?raw' }),
);
const spec = JSON.parse(raw as string) as { vectors: Vector[] };

const anyText = fc.string({ unit: 'grapheme', maxLength: 200 });
const latinText = fc
  .array(fc.constantFrom(...'aeñÑáéíóúçãõêôşğıİưđĐ“”’–…\u00a0 019€[', 'e\u0301'), { maxLength: 120 })
  .map((parts) => parts.join(''));

describe('counting segments', () => {
  it.each([
    ['Sinhala', 'භූමිකම්පාවක්', 'UCS-2', 1, 12],
    ['Arabic', 'زلزال قوي', 'UCS-2', 1, 9],
    ['Thai', 'แผ่นดินไหว', 'UCS-2', 1, 10],
    ['Japanese', '地震です', 'UCS-2', 1, 4],
    ['English', 'Earthquake €5', 'GSM-7', 1, 14],
  ])('counts %s', (_name, text, encoding, segments, units) => {
    expect(countSegments(text)).toMatchObject({ encoding, segments, units });
  });

  const composed = spec.vectors.filter((one) => one.segments !== undefined && one.text === one.text.normalize('NFC'));
  it.each(composed)('equals the provider: $description', (vector) => {
    const count = countSegments(vector.text);
    expect(count.segments).toBe(vector.segments);
    if (vector.encoding) expect(count.encoding).toBe(vector.encoding);
    if (vector.messageSize) expect(count.units * (count.encoding === 'GSM-7' ? 7 : 16)).toBe(vector.messageSize);
  });

  it('leaves out of the golden set only what we never send: texts that are not NFC', () => {
    expect(spec.vectors.filter((one) => one.segments !== undefined).length - composed.length).toBe(2);
  });

  it('names the characters that make a text expensive, once each', () => {
    expect(countSegments('más o más… 😜').expensive).toEqual(['á', '…', '😜']);
    expect(countSegments('mas').expensive).toEqual([]);
  });

  it('counts a decomposed letter as its composed form', () => {
    expect(countSegments('e\u0301')).toMatchObject({ encoding: 'GSM-7', units: 1 });
  });
});

describe('folding', () => {
  it.each([
    ['si', 'භූමිකම්පාව “දැන්”…'],
    ['ar', 'زلزال – الآن'],
    ['th', 'แผ่นดินไหว…'],
    ['ja', '地震です…'],
    ['vi', 'Động đất mạnh ở đây'],
  ])('leaves %s as it is', (tag, text) => {
    expect(fold(text, tag)).toEqual({ text, folded: [], at: [] });
  });

  it('folds Spanish accents that GSM-7 lacks, and no others', () => {
    const result = fold('Mañana habrá más réplicas, ¿está bien?', 'es-MX');
    expect(result.text).toBe('Mañana habra mas réplicas, ¿esta bien?');
    expect(result.folded).toEqual([
      ['á', 'a'],
      ['á', 'a'],
      ['á', 'a'],
    ]);
  });

  it.each([
    ['fr', 'Forêt à côté, ça brûle', 'Foret à coté, ca brule'],
    ['pt', 'Não vá à praia', 'Nao va à praia'],
    ['tr', 'Şimdi çıkın, İzmir ağır', 'Simdi cikin, Izmir agir'],
    ['en', 'Don’t go – “wait”…\u00a0now', 'Don\'t go - "wait"... now'],
  ])('folds %s', (tag, text, folded) => {
    expect(fold(text, tag).text).toBe(folded);
  });

  it('folds nothing when the text stays UCS-2 all the same', () => {
    expect(fold('Está ardiendo 🔥', 'es')).toEqual({ text: 'Está ardiendo 🔥', folded: [], at: [] });
  });

  it('is undone by its record, keeps ñ and digits, and is GSM-7 when it changed anything', () => {
    fc.assert(
      fc.property(latinText, fc.constantFrom('es', 'fr', 'tr', 'vi', 'fil'), (text, tag) => {
        const result = fold(text, tag);
        expect(unfold(result)).toBe(text.normalize('NFC'));
        const kept = (from: string) => from.normalize('NFC').replace(/[^ñÑ0-9]/gu, '');
        expect(kept(result.text)).toBe(kept(text));
        if (result.folded.length > 0) expect(countSegments(result.text).encoding).toBe('GSM-7');
      }),
    );
  });
});

describe('a short form', () => {
  it.each([
    ['Northern coast', 'Northern'],
    ['Beirut southern suburbs, Tyre', 'Beirut'],
    ['San Francisco', 'San Francis.'],
    ['Gate 2, National Stadium', 'Gate 2'],
    ['ශ්‍රී ලංකා ශ්‍රී', 'ශ්‍රී ලංකා'],
    ['ضاحية بيروت الجنوبية', 'ضاحية بيروت'],
    ['สถานีรถไฟฟ้าสนามบิน', 'สถานีรถไฟฟ้า'],
    ['Miyagi', 'Miyagi'],
  ])('of %s is %s', (name, short) => {
    expect(shorten(name, 12)).toBe(short);
  });

  it('is within its limit, never ends inside a grapheme, and inside a word only where the word alone is too long or a stop says so', () => {
    const borders = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 40 }), (text, units) => {
        const whole = text.normalize('NFC').trim();
        const short = shorten(text, units);
        expect(short.length).toBeLessThanOrEqual(units);
        if (short === whole) return;
        const cut = whole.startsWith(short) ? short : short.replace(/\.$/, '');
        expect(whole.startsWith(cut)).toBe(true);
        const ends = Array.from(borders.segment(whole), (one) => one.index + one.segment.length);
        expect([0, ...ends]).toContain(cut.length);
        const inWord = /^[^\s\p{P}]/u.test(whole.slice(cut.length));
        if (inWord) expect(cut !== short || !/\s/u.test(cut)).toBe(true);
      }),
    );
  });
});

describe('fitting', () => {
  it('cuts Sinhala, Thai and flags at grapheme borders', () => {
    expect(cutToUnits('කොළඹ දිස්ත්‍රික්කය', 12)).toBe('කොළඹ දිස්');
    expect(cutToUnits('ศรีลังกา', 4)).toBe('ศรี');
    expect(cutToUnits('🇱🇰🇯🇵', 7)).toBe('🇱🇰');
    expect(fitText('ශ්‍රී'.repeat(20), 1)).toBe('ශ්‍රී'.repeat(14));
  });

  it('is a beginning of the text that fits, and one more grapheme would not', () => {
    const borders = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 3 }), (text, segments) => {
        const composed = text.normalize('NFC');
        const start = fitText(text, segments);
        expect(composed.startsWith(start)).toBe(true);
        expect(countSegments(start).segments).toBeLessThanOrEqual(segments);
        if (start === composed) return;
        const ends = Array.from(borders.segment(composed), (one) => one.index + one.segment.length);
        const next = ends.filter((end) => composed[end - 1] !== '\u200d')[ends.indexOf(start.length) + 1]!;
        expect(countSegments(composed.slice(0, next)).segments).toBeGreaterThan(segments);
      }),
      { numRuns: 40 },
    );
  });
});
