import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import hsas from '../../test/fixtures/spec/cap/16-oasis-example-hsas.xml?raw';
import thunderstorm from '../../test/fixtures/spec/cap/17-oasis-example-thunderstorm.xml?raw';
import amber from '../../test/fixtures/spec/cap/18-oasis-example-amber.xml?raw';
import seychelles from '../../test/fixtures/spec/cap/19-seychelles-sma-2024-en-signed.xml?raw';
import togo from '../../test/fixtures/spec/cap/20-togo-meteo-fr.xml?raw';
import noScope from '../../test/fixtures/spec/cap/90-bad-google-invalid.xml?raw';
import noCertainty from '../../test/fixtures/spec/cap/93-bad-togo-invalid-schema.xml?raw';
import noaa from '../../test/fixtures/spec/cap/95-cap11-noaa-errors.xml?raw';
import { readCap } from './read.ts';

function good(xml: string | Uint8Array) {
  const read = readCap(xml);
  if ('refused' in read) throw new Error(read.refused);
  return read;
}

function refused(xml: string | Uint8Array): string {
  const read = readCap(xml);
  return 'refused' in read ? read.refused : '';
}

const info = `<info><language>si</language><category>Geo</category><event>සුනාමි</event><urgency>Immediate</urgency>
<severity>Extreme</severity><certainty>Likely</certainty><expires>2026-11-22T16:00:00+05:30</expires></info>`;

/** A small good alert; `change` is applied to its text. */
function cap(inside = info, change: (xml: string) => string = (xml) => xml): string {
  return change(`<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>A1</identifier><sender>a@example.org</sender>
<sent>2026-11-22T15:30:00+05:30</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>${inside}</alert>`);
}

/** One byte a character. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

describe('the fixtures', () => {
  test.each([
    ['Togo, French, signed', togo, 'fr', 'Rain/Wet Spell'],
    ['Seychelles, signed', seychelles, 'en', 'Strong Winds'],
    ['OASIS thunderstorm', thunderstorm, 'en-US', 'SEVERE THUNDERSTORM'],
  ])('%s is read without a warning', (_, xml, language, event) => {
    const { alert, warnings } = good(xml);
    expect(warnings).toEqual([]);
    expect(alert.infos[0]).toMatchObject({ language, event });
    expect(alert.infos[0]!.areas[0]!.polygons[0]!.length).toBeGreaterThanOrEqual(4);
    expect(alert.signed).toBe(xml.includes('Signature'));
  });

  test('two languages in one alert, without an end', () => {
    const { alert, warnings } = good(amber);
    expect(alert.infos.map((one) => [one.language, one.event])).toEqual([
      ['en-US', 'Child Abduction'],
      ['es-US', 'Abducción de Niño'],
    ]);
    expect(warnings).toEqual([
      'alert/info has no expires: it does not say when it ends.',
      'alert/info[2] has no expires: it does not say when it ends.',
    ]);
    expect(good(hsas).warnings).toEqual(['alert/info has no expires: it does not say when it ends.']);
  });

  test('what is missing is said', () => {
    expect(good(noScope).warnings).toContain('alert has no scope.');
    expect(good(noCertainty).warnings).toEqual(['alert/info has no certainty.']);
    expect(good(noCertainty).alert.infos[0]!.certainty).toBe('Unknown');
  });

  test('CAP 1.1 with empty words and a bad polygon', () => {
    const { alert, warnings } = good(noaa);
    expect(alert).toMatchObject({ version: '1.1', references: [] });
    expect(alert.infos[0]).toMatchObject({
      urgency: 'Unknown',
      severity: 'Unknown',
      certainty: 'Unknown',
      areas: [{ polygons: [] }],
    });
    expect(warnings).toContain('alert/info/urgency is "", which CAP does not know.');
    expect(warnings.filter((warning) => warning.includes('polygon'))).toHaveLength(2);
  });
});

describe('what breaks the schema', () => {
  test('a good small alert has no warning', () => expect(good(cap()).warnings).toEqual([]));

  test.each(['identifier', 'sender', 'sent', 'status', 'msgType', 'scope'])('no %s', (name) => {
    const { warnings } = good(cap(info, (xml) => xml.replace(new RegExp(`<${name}>[^<]*</${name}>`), '')));
    expect(warnings).toContain(`alert has no ${name}.`);
  });

  test.each([
    ['unknown status', '>Actual<', '>Real<', 'alert/status is "Real"'],
    ['unknown urgency', '>Immediate<', '>Now<', 'alert/info/urgency is "Now"'],
    ['a time with Z', '+05:30</sent>', 'Z</sent>', 'alert/sent is'],
    ['a time that is none', '2026-11-22T15', '2026-02-30T15', 'alert/sent is not a time'],
    ['a stranger element', '<scope>', '<colour>red</colour><scope>', 'unknown element colour'],
    [
      'the wrong order',
      '<status>Actual</status><msgType>Alert</msgType>',
      '<msgType>Alert</msgType><status>Actual</status>',
      'alert/status stands in the wrong place.',
    ],
    ['twice', '<scope>', '<msgType>Cancel</msgType><scope>', 'alert/msgType stands there more than once.'],
    ['an attribute', '<status>', '<status kind="x">', 'alert/status has an attribute kind.'],
    ['loose text', '<status>', 'x<status>', 'alert has text outside of its elements.'],
    ['bad references', '</scope>', '</scope><references>x</references>', 'which is not sender,identifier,sent'],
    ['a bad tag', '>si<', '>සිංහල<', 'alert/info/language is'],
    ['Private to nobody', '>Public<', '>Private<', 'A Private alert has no addresses.'],
  ])('%s', (_, from, to, warning) => {
    expect(good(cap(info, (xml) => xml.replace(from, to))).warnings.join('\n')).toContain(warning);
  });

  test.each([
    ['not closed', '<polygon>1,2 3,4 5,6 7,8</polygon>', 1],
    ['a point alone', '<polygon>1,2 3 5,6 1,2</polygon>', 0],
    ['outside of the world', '<polygon>1,2 95,4 5,6 1,2</polygon>', 0],
    ['a line', '<polygon>1,2 3,4 1,2</polygon>', 0],
    ['a bad circle', '<circle>1,2</circle>', 0],
  ])('an area with %s', (_, shape, kept) => {
    const { alert, warnings } = good(
      cap(info.replace('</info>', `<area><areaDesc>බේරූට්</areaDesc>${shape}</area></info>`)),
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('alert/info/area "බේරූට්" has a');
    expect(alert.infos[0]!.areas[0]!.polygons).toHaveLength(kept);
  });

  test('a Cancel without info is good, an Alert without info and a Cancel of nothing are not', () => {
    const cancel = (xml: string) => xml.replace('>Alert<', '>Cancel<');
    const of = '<references>a@example.org,A0,2026-11-22T15:00:00+05:30</references>';
    expect(good(cap(of, cancel)).warnings).toEqual([]);
    expect(good(cap(of, cancel)).alert.references).toEqual([
      { sender: 'a@example.org', identifier: 'A0', sent: new Date('2026-11-22T09:30:00Z') },
    ]);
    expect(good(cap('', cancel)).warnings).toEqual(['The Cancel does not say which alert it refers to.']);
    expect(good(cap('')).warnings).toEqual(['The Alert has no info.']);
  });
});

describe('forms of the same', () => {
  test('prefixes', () => {
    const prefixed = cap()
      .replace(/<(\/?)(?=[a-z])/g, '<$1c:')
      .replace('xmlns=', 'xmlns:c=');
    expect(good(prefixed)).toEqual(good(cap()));
  });

  test('an element of another namespace is not ours', () => {
    const { alert, warnings } = good(cap(`${info}<x:identifier xmlns:x="urn:x">evil</x:identifier>`));
    expect(alert.identifier).toBe('A1');
    expect(warnings).toEqual(['alert has an unknown element identifier.']);
  });

  test('entities, numeric references and CDATA', () => {
    const text = '<event>&lt;b&gt; &amp;amp; &#3543;&#xDC3; <![CDATA[&lt; <x> & ]]>!<!-- no --></event>';
    expect(good(cap(info.replace('<event>සුනාමි</event>', text))).alert.infos[0]!.event).toBe('<b> &amp; ෗ස &lt; <x> & !');
  });

  test('a thousand and more references are no bomb', () => {
    const text = '&#3523;'.repeat(20_000);
    expect(good(cap(info.replace('සුනාමි', text))).alert.infos[0]!.event).toBe('ස'.repeat(20_000));
  });

  test('ISO-8859-1 as declared, UTF-16 and UTF-8 by their mark', () => {
    const latin = cap(info.replace('සුනාමි', 'Inondation à Lomé'), (xml) => xml.replace('UTF-8', 'ISO-8859-1'));
    expect(good(bytes(latin)).alert.infos[0]!.event).toBe('Inondation à Lomé');
    const wide = cap(info, (xml) => xml.replace('UTF-8', 'UTF-16'));
    const utf16 = Uint8Array.from(`\uFEFF${wide}`, (character) => character.charCodeAt(0) & 255);
    const pairs = new Uint8Array(utf16.length * 2);
    [...`\uFEFF${wide}`].forEach((character, index) => {
      pairs[index * 2] = character.charCodeAt(0) & 255;
      pairs[index * 2 + 1] = character.charCodeAt(0) >> 8;
    });
    expect(good(pairs).alert.infos[0]!.event).toBe('සුනාමි');
    expect(good(new TextEncoder().encode(`\uFEFF${cap()}`)).alert.infos[0]!.event).toBe('සුනාමි');
  });

  test('Latin letters that call themselves UTF-8 are read with a warning', () => {
    const { alert, warnings } = good(bytes(cap(info.replace('සුනාමි', 'Inondation à Lomé'))));
    expect(alert.infos[0]!.event).toBe('Inondation à Lomé');
    expect(warnings).toHaveLength(1);
  });
});

describe('refused', () => {
  const bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>';
  test.each([
    ['an entity bomb', cap(info, (xml) => xml.replace('?>', `?>${bomb}`)), 'DOCTYPE'],
    [
      'an external entity',
      cap(info, (xml) => xml.replace('?>', '?><!DOCTYPE a SYSTEM "file:///etc/passwd">')),
      'DOCTYPE',
    ],
    [
      'a DOCTYPE behind an instruction',
      cap(info, (xml) => xml.replace('?>', '?><?x <!-- ?><!DOCTYPE a []><!-- -->')),
      'DOCTYPE',
    ],
    ['an entity of nobody', cap(info.replace('සුනාමි', '&xxe;')), 'entity'],
    ['an HTML entity', cap(info.replace('සුනාමි', '&eacute;')), 'entity'],
    ['a bare &', cap(info.replace('සුනාමි', 'a & b')), 'entity'],
    ['a character that XML forbids', cap(info.replace('සුනාමි', '\u0001')), 'forbids'],
    ['a reference to none', cap(info.replace('සුනාමි', '&#0;')), 'no character'],
    ['a truncated file', cap().slice(0, -20), 'Not well-formed'],
    ['crossed tags', cap(info.replace('</event>', '</evnt>')), 'Not well-formed'],
    ['two outermost elements', `${cap()}<alert/>`, 'Not well-formed'],
    ['two empty outermost elements', '<a/><b/>', 'outermost'],
    ['an open comment', `${cap()}<!-- `, 'not closed'],
    ['a prefix of nobody', cap(info.replace('<event>', '<x:event>').replace('</event>', '</x:event>')), 'prefix x'],
    ['a hundred levels', cap('<info>'.repeat(150) + '</info>'.repeat(150)), 'Not well-formed'],
    ['nothing', '', 'Not well-formed'],
    ['JSON', '{"alert":1}', 'Not well-formed'],
    ['another language of XML', '<rss xmlns="urn:x"/>', 'Not a CAP'],
    ['CAP 1.0', cap(info, (xml) => xml.replace('cap:1.2', 'cap:1.0')), 'Not a CAP'],
    ['no namespace', cap(info, (xml) => xml.replace(/ xmlns="[^"]*"/, '')), 'Not a CAP'],
    ['more than 2 MB', cap(`${info}${' '.repeat(2 * 1024 * 1024)}`), '2 MB'],
  ])('%s', (_, xml, why) => expect(refused(xml)).toContain(why));

  test('an encoding that nobody knows, and bytes that are not in theirs', () => {
    expect(refused(bytes(cap('', (xml) => xml.replace('UTF-8', 'x-klingon'))))).toContain('encoding');
    expect(refused(Uint8Array.of(0xff, 0xfe, 0x00, 0xd8, 0x3c, 0x00))).toContain('encoding');
  });

  test('two hostile megabytes are answered within seconds', () => {
    for (const piece of ['<!--', '<![CDATA[', '<a>', '&', '<info/>', '<a x="', '1,2 ', ' <?x']) {
      const started = performance.now();
      readCap(cap(piece.repeat(Math.floor((2 * 1024 * 1024 - 600) / piece.length))));
      expect(performance.now() - started).toBeLessThan(5000);
    }
  });

  test('no bytes make it throw', () => {
    const pieces = fc.constantFrom(
      '<a',
      '>',
      '</alert>',
      '<!',
      '<?',
      '&',
      '&#x',
      ';',
      '"',
      "'",
      '=',
      '<info>',
      '</info>',
      ']]>',
      '\uD800',
      ' ',
      'xmlns:',
      '__proto__',
    );
    fc.assert(fc.property(fc.uint8Array(), (some) => void expect(readCap(some)).toBeDefined()));
    fc.assert(fc.property(fc.array(pieces), (some) => void expect(readCap(cap(some.join('')))).toBeDefined()));
  });
});
