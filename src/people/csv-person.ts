import { foldDigits, type PhoneProblem, parsePhone } from '../text/phone.ts';
import { countryCode, nationalityCode } from './country-codes.ts';
import type { Column } from './csv-columns.ts';
import { languageTag } from './language-names.ts';

/** One person as a file describes them; everything in it has been checked. */
export interface PersonRow {
  externalId?: string;
  /** NFC, as typed: a leading `=` or `+` stays, exports neutralise it */
  name?: string;
  /** BCP 47, canonical, best first */
  languages: string[];
  /** ISO 3166-1 alpha-2 */
  nationalities: string[];
  country?: string;
  area?: string;
  latitude?: number;
  longitude?: number;
  tags: string[];
  profile?: 'normal' | 'discreet' | 'anonymous';
  basis?: 'public-task' | 'consent' | 'vital-interest';
  addresses: { channel: 'sms' | 'telegram'; value: string }[];
}

/** Why a cell, or with `column: null` a row as a whole, is not taken. */
export type CellProblem =
  | Exclude<PhoneProblem, 'empty'>
  | 'characters'
  | 'too_many'
  | 'unknown_language'
  | 'unknown_country'
  | 'area'
  | 'other_country'
  | 'range'
  | 'unpaired'
  | 'tag'
  | 'profile'
  | 'basis'
  | 'empty';

type ReadCell = (cell: string, person: PersonRow, defaultCountry: string | undefined) => CellProblem | null;

const MOST = { addresses: 10, languages: 10, nationalities: 10, tags: 20 };
const LONGEST = 200;
/** What a spreadsheet makes of a long number; the digits behind it are gone. */
const ROUNDED = /^[+-]?\d+([.,]\d+)?E\+?\d+$/i;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const READ: Record<Column, ReadCell> = {
  external_id(cell, person) {
    // two rounded numbers look the same and would make one person of two
    if (ROUNDED.test(cell)) return 'excel_damage';
    const id = cell.normalize('NFC');
    if (CONTROL.test(id)) return 'characters';
    if ([...id].length > LONGEST) return 'too_long';
    person.externalId = id;
    return null;
  },

  name(cell, person) {
    const name = cell.normalize('NFC').replace(/\s*[\t\r\n]+\s*/g, ' ');
    if (CONTROL.test(name)) return 'characters';
    if ([...name].length > LONGEST) return 'too_long';
    person.name = name;
    return null;
  },

  phone(cell, person, defaultCountry) {
    // a space is part of a number, so it separates none
    for (const raw of parts(cell, /[;|\r\n]+/)) {
      const phone = parsePhone(raw, defaultCountry);
      if ('problem' in phone) return phone.problem === 'empty' ? 'not_a_number' : phone.problem;
      addAddress(person, 'sms', phone.e164);
    }
    return person.addresses.length > MOST.addresses ? 'too_many' : null;
  },

  telegram(cell, person) {
    for (const raw of parts(cell, /[\s;|]+/)) {
      const id = foldDigits(raw);
      if (ROUNDED.test(id)) return 'excel_damage';
      if (!/^-?[1-9]\d{0,18}$/.test(id)) return 'not_a_number';
      addAddress(person, 'telegram', id);
    }
    return person.addresses.length > MOST.addresses ? 'too_many' : null;
  },

  languages(cell, person) {
    const tags = eachKnown(cell, languageTag);
    if (!tags) return 'unknown_language';
    person.languages = [...new Set([...person.languages, ...tags])];
    return person.languages.length > MOST.languages ? 'too_many' : null;
  },

  nationalities(cell, person) {
    const codes = eachKnown(cell, nationalityCode);
    if (!codes) return 'unknown_country';
    person.nationalities = [...new Set([...person.nationalities, ...codes])];
    return person.nationalities.length > MOST.nationalities ? 'too_many' : null;
  },

  country(cell, person) {
    person.country = countryCode(cell) ?? undefined;
    return person.country ? null : 'unknown_country';
  },

  area(cell, person) {
    const area = cell.toUpperCase();
    if (!/^[A-Z0-9][A-Z0-9_-]{1,39}$/.test(area)) return 'area';
    person.area = area;
    return null;
  },

  latitude(cell, person) {
    const degrees = readDegrees(cell);
    if (degrees === null) return 'not_a_number';
    person.latitude = degrees;
    return Math.abs(degrees) > 90 ? 'range' : null;
  },

  longitude(cell, person) {
    const degrees = readDegrees(cell);
    if (degrees === null) return 'not_a_number';
    person.longitude = degrees;
    return Math.abs(degrees) > 180 ? 'range' : null;
  },

  tags(cell, person) {
    const tags = parts(cell.toLowerCase(), /[\s;|,]+/);
    if (!tags.every((tag) => /^[a-z0-9][a-z0-9_-]{0,31}$/.test(tag))) return 'tag';
    person.tags = [...new Set([...person.tags, ...tags])];
    return person.tags.length > MOST.tags ? 'too_many' : null;
  },

  profile(cell, person) {
    const profile = cell.toLowerCase();
    if (profile !== 'normal' && profile !== 'discreet' && profile !== 'anonymous') return 'profile';
    person.profile = profile;
    return null;
  },

  basis(cell, person) {
    const basis = cell.toLowerCase().replace(/[\s_]+/g, '-');
    if (basis !== 'public-task' && basis !== 'consent' && basis !== 'vital-interest') return 'basis';
    person.basis = basis;
    return null;
  },
};

/**
 * Makes a person of the cells of one row; the first cell that cannot be taken as it stands refuses the row. Nothing is
 * guessed: a cell is taken, or it is named.
 * @param columns what each cell is; null for a dropped column
 * @param defaultCountry of phone numbers without a country code; never taken for where somebody is
 */
export function readPerson(
  cells: string[],
  columns: (Column | null)[],
  defaultCountry: string | undefined,
): PersonRow | { column: Column | null; problem: CellProblem } {
  const person: PersonRow = { languages: [], nationalities: [], tags: [], addresses: [] };
  for (const [index, column] of columns.entries()) {
    const cell = cells[index];
    if (!column || !cell) continue;
    const problem = READ[column](cell, person, defaultCountry);
    if (problem) return { column, problem };
  }
  if (person.latitude === undefined && person.longitude !== undefined)
    return { column: 'latitude', problem: 'unpaired' };
  if (person.longitude === undefined && person.latitude !== undefined)
    return { column: 'longitude', problem: 'unpaired' };
  const areaCountry = person.area?.match(/^([A-Z]{2})(-[A-Z0-9]{1,3})?$/)?.[1];
  if (person.country && areaCountry && countryCode(areaCountry) && areaCountry !== person.country)
    return { column: 'area', problem: 'other_country' };
  if (!person.addresses.length && !person.externalId && !person.name) return { column: null, problem: 'empty' };
  return person;
}

function parts(cell: string, separator: RegExp): string[] {
  return cell
    .split(separator)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Names hold spaces, so each piece is first tried whole (`Sri Lanka`), then word by word (`LK NP`). */
function eachKnown(cell: string, find: (text: string) => string | null): string[] | null {
  const whole = find(cell);
  if (whole) return [whole];
  const found = parts(cell, /[;|,\r\n]+/).flatMap((piece) => find(piece) ?? parts(piece, /\s+/).map(find));
  return found.every((one) => one !== null) ? found : null;
}

function addAddress(person: PersonRow, channel: 'sms' | 'telegram', value: string): void {
  if (!person.addresses.some((known) => known.channel === channel && known.value === value))
    person.addresses.push({ channel, value });
}

/** Decimal degrees with a point, or the comma of spreadsheets that separate cells with semicolons. */
function readDegrees(cell: string): number | null {
  const degrees = foldDigits(cell).replace(',', '.');
  return /^[+-]?\d{1,3}(\.\d{1,20})?$/.test(degrees) ? Number(degrees) : null;
}
