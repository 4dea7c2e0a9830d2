/**
 * Writes locales/<tag>/names.json from CLDR 48: countries, our languages, months, weekdays, a date
 * pattern and the first-level areas of the countries that our people live in.
 *
 *   npm exec -- node scripts/bake-names.mjs
 *
 * The packages go into a temporary folder: as devDependencies they would cost every clone 130 MB.
 * Area names come from CLDR's XML, where most are `provisional`: good enough to name a place, and
 * each code that a language lacks is left out here and shown by its English name at run time.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLDR_JSON = ['cldr-dates-full@48.2.0', 'cldr-localenames-full@48.2.0'];
const CLDR_XML = 'cldr@8.0.0';
const TAGS =
  'en ar fr es pt ru uk zh-Hans ja ja-simple ko hi bn ur ne si ta fil id vi my am so ha fa fa-AF th km sw ti ps tr'.split(
    ' ',
  );
const MORE_LANGUAGES = 'zh-Hant lo ms ml te pa om ht uz tg ro wo yo'.split(' ');
const AREA_COUNTRIES = 'JP LK LB AE SA TH KR MY PH NP IN SD UA TR'.split(' ');

/** CLDR 48 has the Buddhist lunar months here; Sri Lankans read a Gregorian date with these (CLDR 47). */
const MONTHS = {
  si: ['ජන', 'පෙබ', 'මාර්තු', 'අප්‍රේල්', 'මැයි', 'ජූනි', 'ජූලි', 'අගෝ', 'සැප්', 'ඔක්', 'නොවැ', 'දෙසැ'],
};
/** Joiners that the XML lost. */
const MENDS = [
  ['දිස්ත් රික්', 'දිස්ත්‍රික්'],
  ['ශ් රී', 'ශ්‍රී'],
];
/** CLDR's Chinese file mixes both scripts. */
const SIMPLER = pairs(
  '達达納纳爾尔維维烏乌島岛縣县宮宫馬马葉叶東东靜静岡冈愛爱鳥鸟沖冲繩绳廣广羅罗濟济別别貝贝倫伦區区盧卢蘭兰萊莱漢汉賈贾諾诺亞亚賴赖庫库魯鲁內内訥讷' +
    '薩萨凱凯靂雳樓楼會会茲兹霧雾聯联詩诗開开剎刹錫锡蘇苏祿禄貢贡轆辘寶宝顏颜麥麦紅红欖榄統统華华標标繳缴輦辇瑪玛軍军儂侬邁迈順顺來来興兴龍龙侖仑奧奥熱热輔辅',
);
/** The provinces of Nepal got their names between 2018 and 2023; CLDR still numbers some. */
const NEPAL = ['Koshi', 'Madhesh', 'Bagmati', 'Gandaki', 'Lumbini', 'Karnali', 'Sudurpashchim'];
const STALE_AREAS = {
  ja: 'NP-P1 NP-P3 NP-P5 NP-P7',
  'ja-simple': 'NP-P1 NP-P3 NP-P5 NP-P7',
  'zh-Hans': 'NP-P1 NP-P3 NP-P7',
  uk: 'NP-P1',
};
/**
 * Where hours are counted from sunrise too: with these words a time of 24 hours cannot be read on the other clock
 * (a test goes through all hours). Ours, not CLDR's: its morning reaches over both.
 */
const DAY_PARTS = {
  am: { 0: 'ሌሊት', 3: 'ንጋት', 6: 'ጠዋት', 12: 'ቀን', 18: 'ምሽት' },
  ti: { 0: 'ለይቲ', 3: 'ወጋሕታ', 6: 'ንግሆ', 12: 'ቀትሪ', 18: 'ምሸት' },
};
/** CLDR's `en` is American; day before month is read everywhere. */
const DATE_SOURCE = { en: 'en-001', 'ja-simple': 'ja' };
/** CLDR has no order of its own for these and falls back to month before day. */
const ORDER_SOURCE = { 'fa-AF': 'fa', ps: 'fa' };
const XML_SOURCE = { 'zh-Hans': 'zh', 'ja-simple': 'ja', 'fa-AF': 'fa' };
const AREA = /<subdivision type="([a-z0-9]+)"[^>]*>([^<&]+)</g;
/** the `maxLength` of a place in templates */
const LONGEST_AREA = 40;
const NO_COUNTRY = ['EU', 'EZ', 'UN', 'QO', 'ZZ', 'XA', 'XB'];
/** `Hong Kong`, not `Hong Kong SAR China`. */
const SHORT_NAMES = ['HK', 'MO', 'PS'];

const root = new URL('..', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'cldr-'));
try {
  fetchCldr();
  const valid = readAreaCodes();
  for (const tag of TAGS) {
    const names = bake(tag, valid);
    mkdirSync(join(root, 'locales', tag), { recursive: true });
    writeFileSync(join(root, 'locales', tag, 'names.json'), `${JSON.stringify(names, null, 1)}\n`);
    console.log(tag, Object.keys(names.countries).length, Object.keys(names.areas).length, names.pattern.dayTime);
  }
} finally {
  rmSync(work, { recursive: true });
}

function fetchCldr() {
  writeFileSync(join(work, 'package.json'), '{"private":true}');
  const run = (command, ...args) => execFileSync(command, args, { cwd: work, stdio: ['ignore', 'pipe', 'inherit'] });
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...CLDR_JSON);
  const tarball = run('npm', 'pack', '--silent', CLDR_XML).toString().trim();
  const inside = 'package/3rdparty/cldr/common';
  run('tar', '-xzf', tarball, `${inside}/subdivisions`, `${inside}/validity/subdivision.xml`);
}

function readJson(name, tag, file) {
  return JSON.parse(readFileSync(join(work, 'node_modules', name, 'main', tag, file), 'utf8')).main[tag];
}

/** Codes in use today, as in `lk11`; CLDR writes `lk11~3` for three of them. */
function readAreaCodes() {
  const xml = readFileSync(join(work, 'package/3rdparty/cldr/common/validity/subdivision.xml'), 'utf8');
  const regular = xml.replace(/<!--.*?-->/gs, '').match(/idStatus='regular'>([^<]*)</)[1];
  const codes = new Set();
  for (const item of regular.trim().split(/\s+/)) {
    const [from, to] = item.split('~');
    codes.add(from);
    if (!to) continue;
    for (let c = from.charCodeAt(from.length - 1); c <= to.charCodeAt(0); c++) {
      codes.add(from.slice(0, -1) + String.fromCharCode(c));
    }
  }
  return codes;
}

function bake(tag, valid) {
  const source = tag === 'ja-simple' ? 'ja' : tag;
  const display = (file) => readJson('cldr-localenames-full', source, file).localeDisplayNames;
  const territories = display('territories.json').territories;
  const countries = {};
  for (const code of Object.keys(territories).sort()) {
    // CLDR writes the code itself where a language has no name
    if (!/^[A-Z]{2}$/.test(code) || NO_COUNTRY.includes(code) || territories[code] === code) continue;
    const short = SHORT_NAMES.includes(code) && territories[`${code}-alt-short`];
    countries[code] = clean(short || territories[code]);
  }
  const known = display('languages.json').languages;
  const inside = { ...territories, ...display('scripts.json').scripts, simple: 'やさしい日本語' };
  const pattern = display('localeDisplayNames.json').localeDisplayPattern.localePattern;
  const languages = {};
  for (const code of [...TAGS, ...MORE_LANGUAGES]) languages[code] = clean(nameLanguage(code, known, pattern, inside));
  if (source === 'ja') languages['ja-simple'] = 'やさしい日本語';
  return {
    language: tag,
    source: 'CLDR 48.2',
    countries,
    languages,
    ...bakeDates(tag),
    areas: bakeAreas(tag, valid, territories),
  };
}

/** `zh-Hans`, `fa-AF` and `ja-simple` are put together where CLDR has no name for the whole. */
function nameLanguage(code, known, pattern, inside) {
  if (known[code] && known[code] !== code) return known[code];
  const [language, detail] = code.split('-');
  return pattern.replace('{0}', known[language]).replace('{1}', inside[detail]);
}

function bakeDates(tag) {
  const source = DATE_SOURCE[tag] ?? tag;
  const gregorian = readJson('cldr-dates-full', source, 'ca-gregorian.json').dates.calendars.gregorian;
  const months = MONTHS[tag] ?? Object.values(gregorian.months.format.abbreviated);
  const days = gregorian.days.format.abbreviated;
  const order = readJson('cldr-dates-full', ORDER_SOURCE[tag] ?? source, 'ca-gregorian.json').dates.calendars.gregorian;
  const day = readPattern(order.dateTimeFormats.availableFormats.MMMEd, tag);
  const joined = clean(gregorian.dateTimeFormats.medium).replace(/\s*[,،፣]\s*/u, ' ');
  return {
    months: months.map(clean),
    weekdays: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((name) => clean(days[name])),
    pattern: { day, dayTime: joined.replace('{1}', day).replace('{0}', '{time}') },
    ...(DAY_PARTS[tag] && {
      dayParts: Object.entries(DAY_PARTS[tag]).map(([from, word]) => ({ from: Number(from), word })),
    }),
  };
}

/** `E, d MMM` -> `{weekday} {day} {month}`. The comma goes: a time stands inside a sentence of commas. */
function readPattern(cldr, tag) {
  const pattern = cldr
    .replace(/'([^']*)'/g, (_, literal) => [...literal].map((c) => `\\${c}`).join(''))
    .replace(/(?<!\\)(E+|c+)/g, '{weekday}')
    .replace(/(?<!\\)(MMM|LLL|M月)/g, '{month}')
    .replace(/(?<![\\{a-z])d(?![a-z])/g, '{day}')
    .replace(/\\/g, '');
  // a Vietnamese weekday may end in a digit: `Thứ 4, 12 thg 1`
  return clean(tag === 'vi' ? pattern : pattern.replace(/\s*[,،፣]\s*/gu, ' '));
}

function bakeAreas(tag, valid, territories) {
  const file = `${(XML_SOURCE[tag] ?? tag).replace('-', '_')}.xml`;
  const path = join(work, 'package/3rdparty/cldr/common/subdivisions', file);
  const areas = {};
  for (const [, id, name] of existsSync(path) ? readFileSync(path, 'utf8').matchAll(AREA) : []) {
    const country = id.slice(0, 2).toUpperCase();
    const code = `${country}-${id.slice(2).toUpperCase()}`;
    if (!AREA_COUNTRIES.includes(country) || !valid.has(id) || STALE_AREAS[tag]?.includes(code)) continue;
    const short = shortenArea(clean(name), clean(territories[country]));
    if (short) areas[code] = tag === 'zh-Hans' ? [...short].map((c) => SIMPLER[c] ?? c).join('') : short;
  }
  for (const [i, name] of tag === 'en' ? NEPAL.entries() : []) areas[`NP-P${i + 1}`] = name;
  return Object.fromEntries(Object.entries(areas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Without `(Sri Lanka)` and `, Sri Lanka`. A numbered name or a list of names is no name: null. */
function shortenArea(name, country) {
  const plain = name
    .replace(/\s*[(（][^)）]*[)）]/gu, '')
    .replace(/[¹²³]/gu, '')
    .trim();
  const [first, rest] = plain.split(/\s*[,،、]\s*/u);
  const known = rest === undefined || country.startsWith(rest) || rest.startsWith(country);
  return first && known && !/\p{N}/u.test(first) && first.length <= LONGEST_AREA ? first : null;
}

/** Plain spaces, no direction marks (playbook MS-11), composed; the joiners that words need stay. */
function clean(text) {
  let mended = text;
  for (const [from, to] of MENDS) mended = mended.replaceAll(from, to);
  return mended
    .normalize('NFC')
    .replace(/[\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

function pairs(text) {
  const map = {};
  for (let i = 0; i < text.length; i += 2) map[text[i]] = text[i + 1];
  return map;
}
