import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvHeader, type CsvOptions, openCsv, type PersonRow, type Row } from './csv.ts';

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

async function readAll(
  file: string | Uint8Array,
  options?: CsvOptions,
  size?: number,
): Promise<{ header: CsvHeader; rows: Row[] }> {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  const { header, rows } = await openCsv(streamOf(bytes, size), options);
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return { header, rows: all };
}

/** `[line, name]` of a person, `[line, column, reason]` of a refused row. */
async function outcomes(file: string, options?: CsvOptions): Promise<(number | string | null | undefined)[][]> {
  const { rows } = await readAll(file, options);
  return rows.map((row) => (row.kind === 'person' ? [row.line, row.person.name] : [row.line, row.column, row.reason]));
}

/** The one person of a file with one row. */
async function onlyPerson(file: string, options?: CsvOptions): Promise<PersonRow> {
  const { rows } = await readAll(file, options);
  expect(rows).toMatchObject([{ kind: 'person' }]);
  return (rows[0] as { person: PersonRow }).person;
}

const none = { languages: [], nationalities: [], tags: [], addresses: [] };

test('people of many scripts, every column', async () => {
  const file = [
    'external_id,name,phone,telegram,languages,nationalities,country,area,latitude,longitude,tags,profile,basis',
    'LK-7,නිමාලි පෙරේරා,+961 71 123 456,,si;ta,LK,LB,,33.89,35.50,priority,discreet,consent',
    ',يوسف حداد,,123456789,ar,SYR,JP,JP-13,,,,,',
    'TH1,สมชาย ใจดี,+66812345678,,th en,Thailand,,,,,"farm south|north_2",,vital interest',
    ',鈴木 花子,090-1234-5678,,ja,日本,,,,,,,',
    ',Abebe,,,,,,,,,,,',
  ].join('\r\n');
  const { header, rows } = await readAll(file, { defaultCountry: 'JP' });
  expect(header).toMatchObject({ encoding: 'utf-8', delimiter: ',', droppedColumns: [], problem: null });
  expect(header.columns).toHaveLength(13);
  expect(rows).toEqual([
    {
      line: 2,
      kind: 'person',
      person: {
        externalId: 'LK-7',
        name: 'නිමාලි පෙරේරා',
        languages: ['si', 'ta'],
        nationalities: ['LK'],
        country: 'LB',
        latitude: 33.89,
        longitude: 35.5,
        tags: ['priority'],
        profile: 'discreet',
        basis: 'consent',
        addresses: [{ channel: 'sms', value: '+96171123456' }],
      },
    },
    {
      line: 3,
      kind: 'person',
      person: {
        ...none,
        name: 'يوسف حداد',
        languages: ['ar'],
        nationalities: ['SY'],
        country: 'JP',
        area: 'JP-13',
        addresses: [{ channel: 'telegram', value: '123456789' }],
      },
    },
    {
      line: 4,
      kind: 'person',
      person: {
        externalId: 'TH1',
        name: 'สมชาย ใจดี',
        languages: ['th', 'en'],
        nationalities: ['TH'],
        tags: ['farm', 'south', 'north_2'],
        basis: 'vital-interest',
        addresses: [{ channel: 'sms', value: '+66812345678' }],
      },
    },
    {
      line: 5,
      kind: 'rejected',
      column: 'nationalities',
      reason: 'unknown_country',
      message: 'Write ISO 3166 codes such as LK or LKA, or the English name of one country.',
    },
    { line: 6, kind: 'person', person: { ...none, name: 'Abebe' } },
  ]);
});

test.each([
  ['semicolons', 'Full Name;Mobile;Lang\nනිමාලි;+94771234567;si\n', ';'],
  ['tabs', 'NAME\tTEL\tLANGUAGE\r\nනිමාලි\t+94771234567\tsi\r\n', '\t'],
  ['commas within semicolons', '"name, as in office";phone;nom;lang\n;+94771234567;නිමාලි;si\n', ';'],
  ['a line that tells the delimiter', 'sep=;\nlang;name;phone\nsi;නිමාලි;+94771234567\n', ';'],
  ['old Mac line ends', 'name,phone,lang\rනිමාලි,+94771234567,si\r', ','],
  ['headings in Sinhala, Japanese, Arabic', 'නම,電話番号,اللغة\nනිමාලි,+94771234567,si', ','],
])('%s are understood', async (_, file, delimiter) => {
  const { header, rows } = await readAll(file);
  expect(header.delimiter).toBe(delimiter);
  expect(rows).toMatchObject([
    {
      kind: 'person',
      person: { name: 'නිමාලි', languages: ['si'], addresses: [{ channel: 'sms', value: '+94771234567' }] },
    },
  ]);
});

test('a file in UTF-16 is read like any other', async () => {
  const text = '\ufeffname\tphone\r\nනිමාලි\t+94771234567\r\n';
  const bytes = new Uint8Array(new Uint16Array(Array.from(text, (char) => char.charCodeAt(0))).buffer);
  const { header, rows } = await readAll(bytes, {}, 3);
  expect(header).toMatchObject({ encoding: 'utf-16le', delimiter: '\t', columns: ['name', 'phone'] });
  expect(rows).toMatchObject([{ line: 2, person: { name: 'නිමාලි' } }]);
});

test('lines are counted as an editor shows them, through quoted line breaks and blank lines', async () => {
  const file = [
    '"name",\t"phone"',
    '"නිමාලි\r\nපෙරේරා","+94771234567"',
    '',
    ' ',
    '"يوسف ""أبو علي"" حداد",none',
    'สมชาย "ชาย" ใจดี,+66812345678',
    '"鈴木, 花子" , "+819012345678"',
    'Abebe,nowhere',
  ].join('\r\n');
  expect(await outcomes(file)).toEqual([
    [2, 'නිමාලි පෙරේරා'],
    [6, 'phone', 'not_a_number'],
    [7, 'สมชาย "ชาย" ใจดี'],
    [8, '鈴木, 花子'],
    [9, 'phone', 'not_a_number'],
  ]);
});

test('too many or too few cells refuse their row and no other', async () => {
  const file = 'name,phone,languages\nනිමාලි,+94771234567\nيوسف,+9613123456,ar,x\nสมชาย,+66812345678,th,,\n,,,\n鈴木,,ja';
  expect(await outcomes(file)).toEqual([
    [2, null, 'columns'],
    [3, null, 'columns'],
    [4, 'สมชาย'],
    [5, null, 'empty'],
    [6, '鈴木'],
  ]);
});

test('a quote that is never closed costs its own line', async () => {
  const file = `name,phone\n"නිමාලි,+94771234567\n${'يوسف,+9613123456\n'.repeat(200)}"鈴木"x,\n"花子,`;
  const rows = await outcomes(file);
  expect(rows).toHaveLength(203);
  expect(rows[0]).toEqual([2, null, 'quote']);
  expect(rows.slice(1, 201).every(([, name]) => name === 'يوسف')).toBe(true);
  expect(rows.slice(201)).toEqual([
    [203, null, 'quote'],
    [204, null, 'quote'],
  ]);
});

test('a line without end is refused without being kept', async () => {
  const file = `name\nනිමාලි\n${'x'.repeat(100_000)}\n鈴木`;
  expect(await outcomes(file)).toEqual([
    [2, 'නිමාලි'],
    [3, null, 'line_too_long'],
    [4, '鈴木'],
  ]);
});

test('characters that cannot be read refuse the row and name the column', async () => {
  const bytes = new TextEncoder().encode('name,church\nනිමාලි,\nيوسف,X\nX,\n鈴木,\n').map((b) => (b === 0x58 ? 0xff : b));
  const { rows } = await readAll(bytes);
  expect(rows.map((row) => (row.kind === 'person' ? row.person.name : [row.line, row.column, row.reason]))).toEqual([
    'නිමාලි',
    [3, 'church', 'encoding'],
    [4, 'name', 'encoding'],
    '鈴木',
  ]);
});

test('what an alert never needs is dropped and counted', async () => {
  const file = [
    'නම,Passport No,宗教,visaStatus,الحالة الصحية,Date of Birth,colour,employer,ජාතිය,மதம்,जन्म मिति,état de santé,phone',
    'නිමාලි,N1234567,,overstay,,1990-01-01,red,Hotel,,,,,+94771234567',
    'يوسف,N7654321,,,,,,,,,,,+9613123456',
  ].join('\n');
  const { header, rows } = await readAll(file);
  expect(rows.map((row) => row.kind)).toEqual(['person', 'person']);
  expect(JSON.stringify(rows)).not.toMatch(/N1234567|overstay|1990|Hotel/);
  expect(header.columns).toEqual(['name', 'phone']);
  expect(header.droppedColumns.map(({ name, reason, cells }) => [name, reason, cells])).toEqual([
    ['Passport No', 'forbidden', 2],
    ['宗教', 'forbidden', 0],
    ['visaStatus', 'forbidden', 1],
    ['الحالة الصحية', 'forbidden', 0],
    ['Date of Birth', 'forbidden', 1],
    ['colour', 'unknown', 1],
    ['employer', 'forbidden', 1],
    ['ජාතිය', 'forbidden', 0],
    ['மதம்', 'forbidden', 0],
    ['जन्म मिति', 'forbidden', 0],
    ['état de santé', 'forbidden', 0],
  ]);
});

const FORBIDDEN = `
  passport, PASSPORT_NUMBER, passportNo, Numéro de passeport, pasaporte, رقم جواز السفر,
  ගමන් බලපත්‍ර අංකය, கடவுச்சீட்டு எண், राहदानी नम्बर, 旅券番号, Visa type, نوع التأشيرة, වීසා, விசா, भिसा,
  在留資格, ビザの種類, immigration status, Statut, situación migratoria, الإقامة, نوع الإقامة, religion, Religión,
  الديانة, ආගම, धर्म, ethnicity, Ethnie, العرق, இனம், जातजाति, 民族, health, salud, الصحة, සෞඛ්‍ය තත්ත්වය,
  மருத்துவ நிலை, स्वास्थ्य, 健康状態, Employeur, empleador, اسم صاحب العمل, الكفيل, සේවායෝජක, முதலாளி,
  रोजगारदाता, 雇用主, birth_date, country of birth, DOB, fecha de nacimiento, تاريخ الميلاد, උපන් දිනය,
  பிறந்த தேதி, 生年月日, NIC`;

test.each(FORBIDDEN.trim().split(/,\s*/))('%s is a forbidden column', async (heading) => {
  const { header } = await readAll(`name,${heading}\nනිමාලි,x`);
  expect(header.droppedColumns).toEqual([{ name: heading, reason: 'forbidden', cells: 1 }]);
});

test.each([
  ['state', 'area'],
  ['Member', 'external_id'],
  ['Chat_ID', 'telegram'],
  ['الجنسية', 'nationalities'],
  ['国籍', 'nationalities'],
  ['TÉLÉPHONE', 'phone'],
  ['Lat', 'latitude'],
  ['lng', 'longitude'],
  ['nickname', undefined],
  ['email', undefined],
])('%s is %s', async (heading, column) => {
  const { header } = await readAll(`${heading},basis,name`);
  expect(header.columns[0]).toBe(column ?? 'basis');
});

test('phones: two in a cell, two columns, native digits; damage and nonsense is named', async () => {
  expect(await onlyPerson('name,phone,mobile\nනිමාලි,+94 77 123 4567 ; 0094712345678,+٩٤٧٧١٢٣٤٥٦٧')).toMatchObject({
    addresses: [
      { channel: 'sms', value: '+94771234567' },
      { channel: 'sms', value: '+94712345678' },
    ],
  });
  const cells = ['9.41E+10', '"9,41E+10"', '+1 😀', 'ask her', '+94112345678', '0771234567', '+9477'];
  expect(await outcomes(`name,phone\n${cells.map((cell) => `නිමාලි,${cell}`).join('\n')}`)).toEqual([
    [2, 'phone', 'excel_damage'],
    [3, 'phone', 'excel_damage'],
    [4, 'phone', 'not_a_number'],
    [5, 'phone', 'not_a_number'],
    [6, 'phone', 'landline'],
    [7, 'phone', 'no_country'],
    [8, 'phone', 'too_short'],
  ]);
  const local = await onlyPerson('phone\n077-123 4567', { defaultCountry: 'LK' });
  expect(local).toEqual({ ...none, addresses: [{ channel: 'sms', value: '+94771234567' }] });
});

test('languages: tags, English and own names, in the order given; nothing is guessed', async () => {
  const languages = async (cell: string) => (await onlyPerson(`name,languages\nනිමාලි,"${cell}"`)).languages;
  expect(await languages('Sinhala')).toEqual(['si']);
  expect(await languages('සිංහල; தமிழ் | en')).toEqual(['si', 'ta', 'en']);
  expect(await languages('tl zh prs')).toEqual(['fil', 'zh-Hans', 'fa-AF']);
  expect(await languages('Bahasa Indonesia;Tiếng Việt')).toEqual(['id', 'vi']);
  expect(await languages('やさしい日本語, SI,si')).toEqual(['ja-simple', 'si']);
  expect(await outcomes('name,languages\nනිමාලි,Klingon\nيوسف,si;?')).toEqual([
    [2, 'languages', 'unknown_language'],
    [3, 'languages', 'unknown_language'],
  ]);
});

test('countries: two or three letters, or a name that means one country', async () => {
  const nationalities = async (cell: string) => (await onlyPerson(`name,nationalities\nනිමාලි,"${cell}"`)).nationalities;
  expect(await nationalities('lk NPL|Sri Lanka')).toEqual(['LK', 'NP']);
  expect(await nationalities('Sri Lankan; Filipina')).toEqual(['LK', 'PH']);
  expect(await nationalities('Korea, Republic of')).toEqual(['KR']);
  expect(await nationalities('Cote d’Ivoire; The Gambia; St. Lucia')).toEqual(['CI', 'GM', 'LC']);
  expect(await outcomes('name,nationalities,country\nA,Congo,\nB,XX,\nC,,Korea\nD,,Japanese\nE,LK,UAE')).toEqual([
    [2, 'nationalities', 'unknown_country'],
    [3, 'nationalities', 'unknown_country'],
    [4, 'country', 'unknown_country'],
    [5, 'country', 'unknown_country'],
    [6, 'E'],
  ]);
});

test.each([
  ['area', 'jp-13', { area: 'JP-13' }],
  ['area', 'camp_7', { area: 'CAMP_7' }],
  ['area', 'by the river', 'area'],
  ['country,area', 'LB,JP-13', 'other_country'],
  ['lat,lon', '35.68,139.69', { latitude: 35.68, longitude: 139.69 }],
  ['lat,lon', '"35,68","-139,69"', { latitude: 35.68, longitude: -139.69 }],
  ['lat,lon', '٣٥.٥,٣٦', { latitude: 35.5, longitude: 36 }],
  ['lat,lon', '91,0', 'range'],
  ['lat,lon', '0,-180.5', 'range'],
  ['lat,lon', '35.68,', 'unpaired'],
  ['lat,lon', 'N35,E139', 'not_a_number'],
  ['profile', 'Anonymous', { profile: 'anonymous' }],
  ['profile', 'secret', 'profile'],
  ['basis', 'public_task', { basis: 'public-task' }],
  ['basis', 'overstayed', 'basis'],
  ['tags', 'Priority;camp-7', { tags: ['priority', 'camp-7'] }],
  ['tags', 'née', 'tag'],
  ['telegram', '@nimali', 'not_a_number'],
  ['telegram', '1.23E+09', 'excel_damage'],
  ['telegram', '111 222;111', { addresses: [111, 222].map((id) => ({ channel: 'telegram', value: String(id) })) }],
  ['id', '1.23E+12', 'excel_damage'],
  ['id', 'N1234567', { externalId: 'N1234567' }],
])('%s: %s', async (headings, cells, expected) => {
  const { rows } = await readAll(`name,${headings}\nනිමාලි,${cells}`);
  expect(rows).toMatchObject([
    typeof expected === 'string' ? { kind: 'rejected', reason: expected } : { kind: 'person', person: expected },
  ]);
});

test('names are kept as typed in NFC, formulas too, up to 200 characters', async () => {
  expect(await onlyPerson('name\n=cmd()')).toMatchObject({ name: '=cmd()' });
  expect(await onlyPerson('name\nJose\u0301')).toMatchObject({ name: 'José' });
  expect(await onlyPerson('name\nශ්\u200dරී ලංකා')).toMatchObject({ name: 'ශ්\u200dරී ලංකා' });
  expect(await outcomes(`name\n${'ක'.repeat(200)}\n${'ක'.repeat(201)}`)).toEqual([
    [2, 'ක'.repeat(200)],
    [3, 'name', 'too_long'],
  ]);
});

test('a row that names nobody is empty; a person without an address is not', async () => {
  expect(await outcomes('languages,name,id\nsi,,\nsi,නිමාලි,\nsi,,7')).toEqual([
    [2, null, 'empty'],
    [3, 'නිමාලි'],
    [4, undefined],
  ]);
});

test('a file without a header says so and repeats nothing of it', async () => {
  const { header, rows } = await readAll('නිමාලි,+94771234567\nيوسف,+9613123456');
  expect(header).toMatchObject({ problem: 'no_known_column', columns: [], droppedColumns: [] });
  expect(rows).toMatchObject([{ line: 2, kind: 'rejected', column: null, reason: 'header' }]);
  expect((await readAll('')).header.problem).toBe('empty');
  expect((await readAll('\n \n')).header.problem).toBe('empty');
});

test('rows past the limit are not read, and one row says so', async () => {
  const file = `name\n${'නිමාලි\n'.repeat(10)}`;
  expect(await outcomes(file, { maxRows: 10 })).toHaveLength(10);
  expect((await outcomes(file, { maxRows: 3 })).slice(2)).toEqual([
    [4, 'නිමාලි'],
    [5, null, 'too_many_rows'],
  ]);
});

test('a large file streams: 10,000 rows in a fraction of the allowed time, and reading stops when nobody listens', async () => {
  const header = new TextEncoder().encode('name,phone,languages,nationalities,religion\n');
  const row = new TextEncoder().encode('"නිමාලි පෙරේරා",077 123 4567,si;ta,LK,x\n'.repeat(100));
  let given = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(given++ === 0 ? header : row),
    cancel: () => {
      cancelled = true;
    },
  });
  const started = Date.now();
  const { rows } = await openCsv(endless, { defaultCountry: 'LK' });
  let people = 0;
  for await (const one of rows) {
    if (one.kind === 'person') people++;
    if (people === 10_000) break;
  }
  expect(people).toBe(10_000);
  expect(Date.now() - started).toBeLessThan(5000);
  expect(cancelled).toBe(true);
  // what is read ahead is bounded: the look at the encoding, and no more
  expect(given).toBeLessThan(130);
});

const cell = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('"', '""', '"a\nb"', 'නිමාලි', '+94771234567', '9.41E+10', 'si;ta', '', ' ', 'JP-13', '\r', '"x', 'y"'),
);
const table = fc
  .record({
    headings: fc.subarray([
      'name',
      'phone',
      'languages',
      'country',
      'area',
      'lat',
      'lon',
      'tags',
      'id',
      'passport',
      '?',
    ]),
    cells: fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 8 }),
    delimiter: fc.constantFrom(',', ';', '\t'),
    end: fc.constantFrom('\n', '\r\n', '\r'),
  })
  .map(({ headings, cells, delimiter, end }) => [headings, ...cells].map((row) => row.join(delimiter)).join(end));

test('whatever comes in, every row that is not blank comes out once, in order, and chunk borders change nothing', async () => {
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    table.map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 40 }), async (bytes, size) => {
      const whole = await readAll(bytes);
      expect(await readAll(bytes, {}, size)).toEqual(whole);
      const lines = whole.rows.map((row) => row.line);
      expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});

test('without quotes, each line below the header is a person or a refused row', async () => {
  const file = table.map((text) => `name,phone\n${text.replaceAll('"', '')}`);
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      const { rows } = await readAll(text);
      const expected = text
        .split(/\r\n|\n|\r/)
        .flatMap((line, index) => (index > 0 && /\S/.test(line) ? [index + 1] : []));
      expect(rows.map((row) => row.line)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
