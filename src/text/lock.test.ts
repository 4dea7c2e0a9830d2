import { describe, expect, it } from 'vitest';
import { factsOf, findDifferences } from './lock.ts';

describe('the fact lock', () => {
  it('reads the same facts in every digit system and grouping', () => {
    const facts = { numbers: ['+81312345678', '10:30'], urls: [] };
    expect(factsOf('10:30 ට හමුවන්න. +81 3 1234 5678')).toEqual(facts);
    expect(factsOf('تعالوا ١٠:٣٠ واتصلوا +٨١٣١٢٣٤٥٦٧٨')).toEqual(facts);
    expect(factsOf('พบกัน ๑๐:๓๐ โทร +81-3-1234-5678')).toEqual(facts);
    expect(factsOf('Meet at 10.30. Call +81312345678.')).toEqual(facts);
  });

  it('names the language that says another hour, number or address', () => {
    const english = { full: 'Meet at 10:30. Call +81312345678. https://x.example/a' };
    expect(findDifferences({ en: english, si: { full: '10:30 ට හමුවන්න. +81312345678 https://x.example/a' } })).toEqual(
      [],
    );
    for (const full of [
      '11:30 ට හමුවන්න. +81312345678 https://x.example/a',
      '10:30 ට හමුවන්න. +81399999999 https://x.example/a',
      '10:30 ට හමුවන්න. +81312345678 https://x.example/b',
      'හමුවන්න. +81312345678 https://x.example/a',
    ])
      expect(
        findDifferences({ en: english, si: { full } }).map((d) => d.language),
        full,
      ).toEqual(['si']);
  });

  it('compares like with like: a length that only one language has is free', () => {
    expect(findDifferences({ en: { full: 'Until 18:00', sms: 'Go' }, ta: { full: '18:00 வரை' } })).toEqual([]);
  });
});
