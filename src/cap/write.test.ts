import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { readCap } from './read.ts';
import { type CapAlert, type CapInfo, capFeed, capTime, capXml } from './write.ts';

const sent = new Date('2026-11-22T10:00:00Z');
const expires = new Date('2026-11-22T16:00:00Z');

const info: CapInfo = {
  language: 'si',
  category: ['Geo'],
  event: 'සුනාමි',
  responseType: ['Evacuate'],
  urgency: 'Immediate',
  severity: 'Extreme',
  certainty: 'Likely',
  eventCode: 'OET-203',
  effective: sent,
  expires,
  senderName: 'ශ්‍රී ලංකා තානාපති කාර්යාලය',
  headline: 'සුනාමි අනතුර',
  description: 'දැන්ම වෙරළෙන් ඉවත් වන්න.',
  instruction: 'උස් බිමකට යන්න.',
  web: 'https://example.org/check/LK7K3M',
  contact: '+94 11 232 5371',
  areas: [
    {
      areaDesc: 'මියාගි',
      polygons: [
        [
          [38.9, 140.3],
          [38.9, 141.7],
          [37.7, 141.7],
          [37.7, 140.3],
        ],
      ],
      circles: [{ latitude: 38.27, longitude: 140.87, km: 25 }],
      geocodes: [{ valueName: 'ISO 3166-2', value: 'JP-04' }],
    },
  ],
};

const alert: CapAlert = {
  identifier: 'LK7K3M',
  sender: 'embassy.example.org',
  senderName: 'ශ්‍රී ලංකා තානාපති කාර්යාලය',
  sent,
  status: 'Actual',
  msgType: 'Alert',
  scope: 'Public',
  references: [],
  infos: [
    info,
    { ...info, language: 'ar', event: 'تسونامي', description: 'غادروا الشاطئ الآن.' },
    { ...info, language: 'ja-simple', event: '津波', description: '海から離れてください。' },
    { ...info, language: 'ta', event: 'சுனாமி', description: 'கடற்கரையை விட்டு வெளியேறுங்கள்.' },
    { ...info, language: 'en', event: 'Tsunami', description: 'Leave the beach now.' },
  ],
};

/** What our own reader finds in what our writer wrote. */
function reread(written: CapAlert) {
  const read = readCap(capXml(written));
  if ('refused' in read) throw new Error(read.refused);
  return read;
}

describe('an alert as CAP', () => {
  test('reads back the same, with nothing to warn of', () => {
    const { alert: read, warnings } = reread(alert);
    expect(warnings).toEqual([]);
    expect(read).toMatchObject({
      version: '1.2',
      identifier: 'LK7K3M',
      status: 'Actual',
      msgType: 'Alert',
      scope: 'Public',
      sent,
    });
    expect(read.infos.map((one) => one.language)).toEqual(['si', 'ar', 'ja-simple', 'ta', 'en']);
    expect(read.infos[0]).toMatchObject({
      event: 'සුනාමි',
      eventCodes: [{ valueName: 'OET:v1.2', value: 'OET-203' }],
      expires,
      instruction: 'උස් බිමකට යන්න.',
      areas: [
        {
          polygons: [
            [
              [38.9, 140.3],
              [38.9, 141.7],
              [37.7, 141.7],
              [37.7, 140.3],
              [38.9, 140.3],
            ],
          ],
          circles: [{ latitude: 38.27, longitude: 140.87, km: 25 }],
          geocodes: [{ valueName: 'ISO 3166-2', value: 'JP-04' }],
        },
      ],
    });
  });

  test('UTC is -00:00, never Z', () => {
    expect(capTime(sent)).toBe('2026-11-22T10:00:00-00:00');
    expect(capXml(alert)).toContain('<sent>2026-11-22T10:00:00-00:00</sent>');
    expect(capXml(alert)).not.toMatch(/\dZ</);
  });

  test('a Cancel names what it takes back; spaces and commas cannot break the reference', () => {
    const { alert: read } = reread({
      ...alert,
      msgType: 'Cancel',
      infos: [],
      references: [
        { sender: 'embassy of, LK', identifier: 'A1', sent },
        { sender: 'embassy.example.org', identifier: 'A2', sent: expires },
      ],
    });
    expect(read.references).toEqual([
      { sender: 'embassy_of_LK', identifier: 'A1', sent },
      { sender: 'embassy.example.org', identifier: 'A2', sent: expires },
    ]);
  });

  test('what CAP does not know is not written', () => {
    const odd = {
      ...info,
      category: ['Weather'],
      responseType: ['Run'],
      urgency: 'Now',
      severity: '',
      certainty: 'Maybe',
      web: 'javascript:alert(1)',
    };
    const { alert: read, warnings } = reread({ ...alert, infos: [odd] });
    expect(warnings).toEqual([]);
    expect(read.infos[0]).toMatchObject({
      category: ['Other'],
      responseType: [],
      urgency: 'Unknown',
      severity: 'Unknown',
      certainty: 'Unknown',
      web: '',
    });
  });

  test('half a polygon and a place outside of the world are left out', () => {
    const area = {
      ...info.areas[0]!,
      polygons: [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2],
          [3, 400],
          [5, 6],
        ],
        [],
      ] as [number, number][][],
      circles: [{ latitude: Number.NaN, longitude: 0, km: 1 }],
    };
    const { alert: read, warnings } = reread({ ...alert, infos: [{ ...info, areas: [area] }] });
    expect(warnings).toEqual([]);
    expect(read.infos[0]!.areas[0]).toMatchObject({ areaDesc: 'මියාගි', polygons: [], circles: [] });
  });

  test('any text is well-formed and comes back, but for characters that XML forbids', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(']]>', '\u0000ආ', '\uD800', '&lt;', '<!--'),
    );
    fc.assert(
      fc.property(any, any, any, (description, identifier, language) => {
        const written = { ...alert, identifier, infos: [{ ...info, description, language, event: description }] };
        expect(XMLValidator.validate(capXml(written))).toBe(true);
        const legal = description
          .replace(/\r\n?/g, '\n')
          .replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
        expect(reread(written).alert.infos[0]!.description).toBe(legal.trim());
      }),
    );
  });
});

describe('the feed of CAP documents', () => {
  const feed = { address: 'https://example.org/cap/feed.atom', title: 'ශ්‍රී ලංකා', author: 'ශ්‍රී ලංකා', created: sent };

  test('newest first, each with its document', () => {
    const atom = capFeed(feed, [
      { address: 'https://example.org/cap/A1.xml', title: 'فيضان & <سيل>', language: 'ar', updated: sent },
      { address: 'https://example.org/cap/A2.xml', title: '津波', language: 'ja', updated: expires },
    ]);
    expect(XMLValidator.validate(atom)).toBe(true);
    expect(atom).toContain('<updated>2026-11-22T16:00:00Z</updated>\n<link rel="self"');
    expect(atom.indexOf('A2.xml')).toBeLessThan(atom.indexOf('A1.xml'));
    expect(atom).toContain('<link rel="alternate" type="application/cap+xml" href="https://example.org/cap/A1.xml"/>');
    expect(atom).toContain('<entry xml:lang="ar">');
    expect(atom).toContain('فيضان &amp; &lt;سيل&gt;');
  });

  test('an empty feed is a feed, and the same each time', () => {
    expect(capFeed(feed, [])).toBe(capFeed(feed, []));
    expect(capFeed(feed, [])).toContain('<updated>2026-11-22T10:00:00Z</updated>');
  });
});
