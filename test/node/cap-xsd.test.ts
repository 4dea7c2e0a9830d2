import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readCap } from '../../src/cap/read.ts';
import { type CapAlert, type CapInfo, capXml } from '../../src/cap/write.ts';

const fixtures = fileURLToPath(new URL('../fixtures/spec/cap/', import.meta.url).href);
const schema = join(fixtures, 'CAP-v1.2.xsd');
const installed = spawnSync('xmllint', ['--version']).error === undefined;
if (!installed)
  console.warn('Skipped: CAP is not checked against the schema, xmllint is not installed (Debian: libxml2-utils).');

const folder = mkdtempSync(join(tmpdir(), 'cap-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** '' when every document is valid, else what xmllint says. */
function faults(documents: string[]): string {
  const files = documents.map((document, index) => {
    const file = join(folder, `${index}.xml`);
    writeFileSync(file, document);
    return file;
  });
  const run = spawnSync('xmllint', ['--nonet', '--noout', '--schema', schema, ...files], { encoding: 'utf8' });
  return run.status === 0 ? '' : run.stderr.replace(/^.* validates\n/gm, '');
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('සුනාමි', 'تسونامي', '津波', ']]>', '&', '<'),
);
const time = fc.date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2099-01-01') });
const place = fc.tuple(fc.double(), fc.double());
const info: fc.Arbitrary<CapInfo> = fc.record(
  {
    language: fc.oneof(text, fc.constantFrom('si', 'ja-simple', 'zh-Hans')),
    category: fc.array(fc.oneof(text, fc.constantFrom('Geo', 'Met'))),
    event: text,
    responseType: fc.array(fc.oneof(text, fc.constantFrom('Evacuate', 'None'))),
    urgency: fc.oneof(text, fc.constant('Immediate')),
    severity: text,
    certainty: text,
    eventCode: text,
    effective: time,
    expires: time,
    senderName: text,
    headline: text,
    description: text,
    instruction: text,
    web: fc.oneof(
      text,
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      text.map((path) => `https://example.org/${path}`),
    ),
    contact: text,
    areas: fc.array(
      fc.record({
        areaDesc: text,
        polygons: fc.array(fc.array(place)),
        circles: fc.array(fc.record({ latitude: fc.double(), longitude: fc.double(), km: fc.double() })),
        geocodes: fc.array(fc.record({ valueName: fc.constantFrom('ISO 3166-1', 'ISO 3166-2'), value: text })),
      }),
      { maxLength: 3 },
    ),
  },
  {
    requiredKeys: [
      'language',
      'category',
      'event',
      'responseType',
      'urgency',
      'severity',
      'certainty',
      'eventCode',
      'expires',
      'senderName',
      'headline',
      'description',
      'areas',
    ],
  },
);
const alert: fc.Arbitrary<CapAlert> = fc.record({
  identifier: text,
  sender: text,
  senderName: text,
  sent: time,
  status: fc.constantFrom('Actual', 'Exercise', 'Test'),
  msgType: fc.constantFrom('Alert', 'Update', 'Cancel'),
  scope: fc.constant('Public'),
  references: fc.array(fc.record({ sender: text, identifier: text, sent: time })),
  infos: fc.array(info, { maxLength: 4 }),
});

describe.skipIf(!installed)('against the OASIS schema', () => {
  test('whatever we write is valid, and our reader has nothing to say about its form', () => {
    const documents = fc.sample(alert, 400).map(capXml);
    expect(faults(documents)).toBe('');
    const aboutForm =
      / has no (?!info|expires)| unknown element|wrong place|more than once|CAP does not know|form that CAP asks/;
    for (const document of documents) {
      const read = readCap(document);
      expect('refused' in read ? read.refused : read.warnings.filter((warning) => aboutForm.test(warning))).toEqual([]);
    }
  }, 60_000);

  test('our reader warns of every document that the schema refuses', () => {
    const files = readdirSync(fixtures).filter((file) => file.endsWith('.xml'));
    expect(files.length).toBeGreaterThan(7);
    for (const file of files) {
      const document = readFileSync(join(fixtures, file), 'utf8');
      const read = readCap(document);
      const clean = !('refused' in read) && read.warnings.every((warning) => warning.includes('no expires'));
      expect(clean, file).toBe(faults([document]) === '');
    }
  });

  test('a good document with anything in it bent is refused or warned of when the schema refuses it', () => {
    const document = readFileSync(join(fixtures, '19-seychelles-sma-2024-en-signed.xml'), 'utf8');
    const lines = document.split('\n');
    const signature = lines.findIndex((line) => line.includes('Signature'));
    const bent = lines.slice(3, signature).flatMap((line, index) => {
      const at = index + 3;
      const changed = (to: string[]) => [...lines.slice(0, at), ...to, ...lines.slice(at + 1)].join('\n');
      return [
        changed([]),
        changed([line, line]),
        changed([line.replace(/>[^<]+</, '>x<')]),
        changed([line.replace(/>[^<]+</, '><')]),
      ];
    });
    for (const document of bent) {
      const read = readCap(document);
      const silent = !('refused' in read) && read.warnings.length === 0;
      if (silent) expect(faults([document])).toBe('');
    }
  }, 60_000);
});
