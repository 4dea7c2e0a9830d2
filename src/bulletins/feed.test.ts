import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { type FeedBulletin, stationFeed } from './feed.ts';
import { composeScript } from './script.ts';

const readFrom = new Date('2026-11-22T10:00:00Z');

function bulletin(number: number, radio: string): FeedBulletin {
  const script = composeScript({
    station: { name: 'வானொலி' },
    language: 'ta',
    direction: 'ltr',
    number,
    status: 'NEW',
    ref: 'LK7K3M',
    org: 'இலங்கைத் தூதரகம்',
    event: 'சுனாமி',
    radio,
    words: {
      intro: 'இது இலங்கைத் தூதரகம் தரும் செய்தி.',
      number: 'எண் LK7K3M.',
      repeat: 'மீண்டும்.',
      outro: 'அது இலங்கைத் தூதரகம் தந்த செய்தி.',
    },
    readFrom,
    notAfter: new Date('2026-11-22T16:00:00Z'),
    exercise: false,
  });
  return {
    script,
    address: `https://example.org/radio/s1/ta/${number}`,
    updated: new Date(readFrom.getTime() + number * 60_000),
  };
}

const feed = {
  station: { name: 'வானொலி' },
  address: 'https://example.org/radio/s1/feed.atom',
  created: readFrom,
  withdrawn: [],
};

describe('the feed of a station', () => {
  test('bulletins with all their forms, the newest first', () => {
    const atom = stationFeed({
      ...feed,
      bulletins: [
        bulletin(1, 'வெளியேறுங்கள்.'),
        { ...bulletin(2, 'வாருங்கள்.'), cap: 'https://example.org/cap/LK7K3M.xml' },
      ],
    });
    expect(XMLValidator.validate(atom)).toBe(true);
    expect(atom.indexOf('/ta/2<')).toBeLessThan(atom.indexOf('/ta/1<'));
    for (const ending of ['html', 'txt', 'json', 'ssml'])
      expect(atom).toContain(`href="https://example.org/radio/s1/ta/1.${ending}"`);
    expect(atom).toContain(
      '<link rel="related" type="application/cap+xml" href="https://example.org/cap/LK7K3M.xml"/>',
    );
    expect(atom).toContain('<entry xml:lang="ta">');
    expect(atom).toContain('NOT AFTER 2026-11-22T16:00:00Z');
    expect(atom).toContain('<updated>2026-11-22T10:02:00Z</updated>\n<link rel="self"');
  });

  test('what was withdrawn is a tombstone and no entry', () => {
    const address = 'https://example.org/radio/s1/ta/1';
    const when = new Date('2026-11-22T12:00:00Z');
    const atom = stationFeed({
      ...feed,
      bulletins: [bulletin(1, 'வெளியேறுங்கள்.')],
      withdrawn: [{ address, when, reason: 'திரும்பப் பெறப்பட்டது' }],
    });
    expect(XMLValidator.validate(atom)).toBe(true);
    expect(atom).not.toContain('<entry');
    expect(atom).toContain(
      `<at:deleted-entry ref="${address}" when="2026-11-22T12:00:00Z">\n<at:comment>திரும்பப் பெறப்பட்டது</at:comment>`,
    );
    expect(atom).toContain('<updated>2026-11-22T12:00:00Z</updated>\n<link rel="self"');
  });

  test('the same bulletins give the same bytes; any text is well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (radio, name) => {
        const whole = { ...feed, station: { name }, bulletins: [bulletin(1, radio)] };
        expect(XMLValidator.validate(stationFeed(whole))).toBe(true);
        expect(stationFeed(whole)).toBe(stationFeed(whole));
      }),
    );
  });
});
