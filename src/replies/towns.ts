import type { Names } from '../text/names.ts';
import { oneSlip } from './misspelt.ts';
import { normalise } from './normalise.ts';

/** A country, or one of its ISO 3166-2 areas. */
export interface Town {
  country: string;
  area: string | null;
}

/** Where a text says to be: one place for sure, or at most three to be asked back; both empty when unknown. */
export interface Found {
  sure?: Town;
  maybe: Town[];
}

const MOST = 3;

/** What kind of area a name is, in the languages of the tables: people leave it out. */
const KINDS = [
  ...['prefecture', 'province', 'governorate', 'region', 'state', 'district', 'emirate', 'county', 'city', 'division'],
  ...['departement', 'department', 'departamento', 'provincia', 'provinsi', 'estado', 'municipality', 'oblast'],
  ...['県', '府', '都', '省', '市', '州', '自治区', '특별시', '광역시', '도', '주', '시'],
  ...['محافظة', 'إمارة', 'ولاية', 'منطقة', 'مدينة', 'استان', 'صوبہ', 'ولایت'],
  ...['จังหวัด', 'รัฐ', 'เมือง', 'มณฑล', 'เขต', 'ខេត្ត', 'រាជធានី', 'ပြည်နယ်', 'တိုင်းဒေသကြီး'],
  ...['පළාත', 'දිස්ත්‍රික්කය', 'ප්‍රාන්තය', 'එමිරේට්', 'එමිරේටය', 'மாவட்டம்', 'மாகாணம்', 'மாநிலம்', 'ப்ரீபெக்ட்டுர்'],
  ...['प्रान्त', 'प्रांत', 'राज्य', 'जिला', 'প্রদেশ', 'জেলা', 'বিভাগ', 'область', 'край', 'провинция', 'префектура'],
].map((kind) => normalise(kind));

const fold = (text: string): string => normalise(text).replace(/[.,?]/g, ' ').replace(/\s+/g, ' ').trim();

/** The name without the word that says what kind of area it is. */
function bare(folded: string): string {
  for (const kind of KINDS) {
    if (folded.length <= kind.length + 1) continue;
    if (folded.startsWith(`${kind} `) || folded.endsWith(` ${kind}`))
      return folded.replace(kind, '').replace(/\s+/g, ' ').trim();
    if (!/[a-z]/.test(kind)) {
      if (folded.endsWith(kind)) return folded.slice(0, -kind.length).trim();
      if (folded.startsWith(kind)) return folded.slice(kind.length).trim();
    }
  }
  return folded;
}

interface Table {
  /** the longest names first */
  countries: { name: string; code: string }[];
  areas: { name: string; code: string }[];
}

const tables = new WeakMap<Names, Table>();

function tableOf(names: Names): Table {
  let table = tables.get(names);
  if (!table) {
    const list = (from: Record<string, string>, by: (name: string) => string) =>
      Object.entries(from).map(([code, name]) => ({ name: by(fold(name)), code }));
    table = {
      countries: list(names.countries, (name) => name).sort((one, other) => other.name.length - one.name.length),
      areas: list(names.areas, bare),
    };
    tables.set(names, table);
  }
  return table;
}

/** True when `name` stands in the text by itself; in writing without spaces, at its begin or end. */
function cutOut(text: string, name: string): string | null {
  if (text === name) return '';
  if (name.length < 2) return null;
  const spaced = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Arabic} ]+$/u.test(name);
  const edge = spaced ? ' ' : '';
  if (text.startsWith(name + edge)) return text.slice(name.length).trim();
  if (text.endsWith(edge + name)) return text.slice(0, -name.length).trim();
  return null;
}

const LONG = 5;

function isNear(text: string, name: string): boolean {
  if (text.length >= LONG && name.length >= LONG && oneSlip(text, name)) return true;
  // an ending that says "in" or "at" hangs on the name in many languages
  return name.length >= 4 && text.startsWith(name) && text.length <= name.length + 4;
}

/**
 * Reads a place out of names of countries and areas, in the languages whose tables are given.
 * @param tables the likelier first
 * @param near ISO 3166-1: where names are the same, those of this country are asked first; it never decides
 */
export function findTown(text: string, languages: readonly Names[], near: string | null): Found {
  const words = fold(text).slice(0, 100).split(' ');
  const read = languages.map(tableOf);
  // "I am in Tyre": the place stands last in most languages
  for (let from = 0; from < Math.min(words.length, LEAD + 1); from++) {
    const found = readTown(words.slice(from).join(' '), read, near);
    if (found.sure || found.maybe.length > 0) return found;
  }
  return { maybe: [] };
}

/** Words before a place that are looked past. */
const LEAD = 4;

function readTown(said: string, read: readonly Table[], near: string | null): Found {
  if (!/\p{L}.*\p{L}/u.test(said)) return { maybe: [] };
  for (const { countries, areas } of read)
    for (const { name, code } of countries) {
      const rest = cutOut(said, name);
      if (rest === null) continue;
      if (rest === '') return { sure: { country: code, area: null }, maybe: [] };
      return within(rest, code, [{ countries, areas }, ...read]);
    }
  const exact = areasLike(said, read, (name, wanted) => name === wanted);
  if (exact.length === 1) return { sure: exact[0]!, maybe: [] };
  const alike = exact.length > 0 ? exact : areasLike(said, read, (name, wanted) => isNear(wanted, name));
  const lands = exact.length > 0 ? [] : countriesLike(said, read);
  const first = (town: Town) => (town.country === near ? 0 : 1);
  return { maybe: [...lands, ...alike].sort((one, other) => first(one) - first(other)).slice(0, MOST) };
}

/** The country is sure; its area when the rest names one, asked back when the rest is close to some. */
function within(rest: string, country: string, read: readonly Table[]): Found {
  const inside = (list: Town[]) => list.filter((town) => town.country === country);
  const exact = inside(areasLike(rest, read, (name, wanted) => name === wanted));
  if (exact.length === 1) return { sure: exact[0]!, maybe: [] };
  const alike = exact.length > 0 ? exact : inside(areasLike(rest, read, (name, wanted) => isNear(wanted, name)));
  return alike.length > 0 ? { maybe: alike.slice(0, MOST) } : { sure: { country, area: null }, maybe: [] };
}

function areasLike(text: string, read: readonly Table[], same: (name: string, wanted: string) => boolean): Town[] {
  const wanted = bare(text);
  const codes = new Set<string>();
  for (const { areas } of read) for (const { name, code } of areas) if (same(name, wanted)) codes.add(code);
  return [...codes].map((code) => ({ country: code.slice(0, 2), area: code }));
}

function countriesLike(text: string, read: readonly Table[]): Town[] {
  const codes = new Set<string>();
  for (const { countries } of read) for (const { name, code } of countries) if (isNear(text, name)) codes.add(code);
  return [...codes].map((country) => ({ country, area: null }));
}

/** The one country that a text names: as a country, or with an ending as nationalities have ("Sri Lankan"). */
export function findCountry(text: string, languages: readonly Names[]): string | null {
  const said = fold(text).slice(0, 100);
  const read = languages.map(tableOf);
  for (const { countries } of read) {
    const exact = countries.find(({ name }) => name === said);
    if (exact) return exact.code;
  }
  const alike = countriesLike(said, read);
  return alike.length === 1 ? alike[0]!.country : null;
}

/** How a place is shown: the area and its country. */
export function showTown(town: Town, names: Names): string {
  const country = names.countries[town.country] ?? town.country;
  const area = town.area === null ? undefined : (names.areas[town.area] ?? names.englishAreas[town.area] ?? town.area);
  return area === undefined ? country : `${area}, ${country}`;
}
