import { describe, expect, it } from 'vitest';
import { areaName, countryName, formatDay, formatTime, languageName, loadNames } from './names.ts';
import { namedLanguages, shippedAssets } from './shipped.fixture.ts';
import { parseTime } from './time.ts';

const names = (tag: string) => loadNames(shippedAssets, tag);
const YEAR = Array.from({ length: 366 }, (_, i) => new Date(Date.UTC(2028, 0, 1 + i)).toISOString().slice(0, 10));

describe('names', () => {
  it.each([
    ['si', 'ලෙබනනය', 'මියාගී ප්‍රාන්තය', 'දෙමළ'],
    ['ar', 'لبنان', 'مياغي', 'التاميلية'],
    ['th', 'เลบานอน', 'จังหวัดมิยะงิ', 'ทมิฬ'],
    ['ja', 'レバノン', '宮城県', 'タミル語'],
    ['zh-Hans', '黎巴嫩', '宫城县', '泰米尔语'],
    ['en', 'Lebanon', 'Miyagi', 'Tamil'],
  ])('are there in %s', async (tag, country, area, language) => {
    const table = await names(tag);
    expect([countryName(table, 'LB'), areaName(table, 'JP-04'), languageName(table, 'ta')]).toEqual([
      country,
      area,
      language,
    ]);
  });

  it('of an area that a language lacks are English, as on the signs; unknown codes are null', async () => {
    const amharic = await names('am');
    expect(areaName(amharic, 'LB-BA')).toBe('Beirut');
    expect(areaName(amharic, 'XX-1')).toBeNull();
    expect(countryName(amharic, 'XX')).toBeNull();
    expect(countryName(amharic, 'constructor')).toBeNull();
    expect(languageName(amharic, 'es-MX')).toBe('ስፓኒሽ');
    expect(languageName(amharic, 'bad tag')).toBeNull();
  });

  it('of a language without a table are English, and say so', async () => {
    expect((await names('xx')).language).toBe('en');
  });

  it('of all 32 languages hold every country, language and month, in plain Western characters where digits stand', async () => {
    expect(namedLanguages).toHaveLength(32);
    const english = await names('en');
    for (const tag of namedLanguages) {
      const { source: _, ...table } = { source: '', ...(await names(tag)) };
      expect(table.language).toBe(tag);
      expect(Object.keys(table.countries), tag).toEqual(Object.keys(english.countries));
      expect(Object.keys(table.languages), tag).toEqual(Object.keys(english.languages));
      expect([table.months.length, table.weekdays.length], tag).toEqual([12, 7]);
      const all = JSON.stringify(table);
      expect(all, tag).toBe(all.normalize('NFC'));
      expect(all.match(/[^\P{Nd}0-9]|[\u00a0\u200b\u200e\u200f\u202a-\u202f\u2066-\u2069]/gu), tag).toBeNull();
    }
  });
});

describe('a time', () => {
  it.each([
    ['si', 'ජන 11 ඉරිදා 18:30'],
    ['ta', 'ஜன. 11 ஞாயி. 18:30'],
    ['ne', 'जनवरी 11 आइत 18:30'],
    ['ar', 'الأحد 11 يناير 18:30'],
    ['fa-AF', 'یکشنبه 11 جنو 18:30'],
    ['th', 'อาทิตย์ 11 ม.ค. 18:30'],
    ['my', 'ဇန် 11 တနင်္ဂနွေ 18:30'],
    ['am', 'እሑድ ጃን 11 18:30'],
    ['ti', 'ሰን 11 ጥሪ 18:30'],
    ['ja', '1月11日(日) 18:30'],
    ['ja-simple', '1月11日(日) 18:30'],
    ['ko', '1월 11일 (일) 18:30'],
    ['zh-Hans', '1月11日周日 18:30'],
    ['vi', '18:30 CN, 11 thg 1'],
    ['pt', 'dom. 11 de jan. 18:30'],
    ['fil', 'Lin Ene 11 18:30'],
    ['en', 'Sun 11 Jan 18:30'],
  ])('is said in %s as %s', async (tag, said) => {
    expect(formatTime(await names(tag), '2026-01-11T18:30:00+09:00', 'full')).toBe(said);
  });

  it('is on the clock of its offset, whatever the clock of the machine', async () => {
    const english = await names('en');
    expect(formatTime(english, '2026-01-11T23:30:00-05:00', 'full')).toBe('Sun 11 Jan 23:30');
    expect(formatTime(english, '2026-01-12T00:05:00.250+05:45', 'full')).toBe('Mon 12 Jan 00:05');
    expect(formatTime(english, '2026-01-11T09:30:00Z', 'full')).toBe('Sun 11 Jan 09:30 UTC');
    expect(formatTime(english, '2026-01-11T09:30:00+02:00', 'short')).toBe('09:30');
  });

  it('cannot be read on the Ethiopian clock, which counts from sunrise', async () => {
    for (const tag of ['am', 'ti']) {
      const table = await names(tag);
      const partAt = (hour: number) => table.dayParts!.findLast(({ from }) => from <= hour)!.word;
      // who reads 5:00 as the fifth hour of the day or of the night means 11:00 or 23:00
      for (let hour = 1; hour <= 12; hour++)
        for (const meant of [(hour + 6) % 24, (hour + 18) % 24])
          expect(partAt(meant), `${tag} ${hour}:00 for ${meant}:00`).not.toBe(partAt(hour));
      const said = formatTime(table, '2026-01-11T08:05:00+03:00', 'full');
      expect(said).toMatch(new RegExp(` ${partAt(8)} 08:05$`));
    }
    expect(formatTime(await names('am'), '2026-01-11T00:30:00+03:00', 'full')).toBe('እሑድ ጃን 11 00:30');
    expect(formatTime(await names('am'), '2026-01-11T08:05:00+03:00', 'short')).toBe('08:05');
  });

  it.each(['2026-01-11T18:30:00', '2026-02-30T18:30:00Z', '2026-01-11T24:30:00Z', '11 Jan', '2026-01-11', ''])(
    'refuses %j',
    async (time) => {
      const english = await names('en');
      expect(() => formatTime(english, time, 'full')).toThrow(expect.objectContaining({ code: 'bad_time' }));
    },
  );

  it('knows its moment', () => {
    expect(parseTime('2026-01-11T18:30:00+09:00')?.at).toBe(Date.UTC(2026, 0, 11, 9, 30));
    expect(parseTime('2026-01-11T18:30:15-03:30')?.at).toBe(Date.UTC(2026, 0, 11, 22, 0, 15));
  });

  it('takes at most 25 units in every language on every day, so that worst cases can be reckoned', async () => {
    for (const tag of namedLanguages) {
      const table = await names(tag);
      for (const day of YEAR) {
        const said = formatTime(table, `${day}T23:59:00+09:00`, 'full');
        expect(said.length, `${tag}: ${said}`).toBeLessThanOrEqual(25);
        expect(said).toContain('23:59');
      }
    }
  });

  it('comes out in the same bytes in both homes', async () => {
    const said: string[] = [];
    for (const tag of namedLanguages) {
      const table = await names(tag);
      said.push(...YEAR.map((day) => formatDay(table, day)), JSON.stringify(table));
      for (let hour = 0; hour < 24; hour++)
        said.push(formatTime(table, `2028-02-29T${hour < 10 ? 0 : ''}${hour}:00:00+05:45`, 'full'));
    }
    const bytes = new TextEncoder().encode(said.join('\n'));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    expect(Array.from(hash.slice(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(
      '7807654a0fb6c041',
    );
  });
});
