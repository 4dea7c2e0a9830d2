import { describe, expect, it } from 'vitest';
import bridges from '../../locales/bridges.json' with { type: 'json' };
import rules from '../../locales/sms-countries.json' with { type: 'json' };
import prices from '../../locales/sms-prices.json' with { type: 'json' };
import { TABLES, tableFaults } from './tables.ts';

const paths = Object.keys(TABLES) as (keyof typeof TABLES)[];
const shipped = { [paths[0]!]: rules, [paths[1]!]: prices, [paths[2]!]: bridges };
// biome-ignore lint/suspicious/noExplicitAny: each case breaks another shape
type Change = (table: any) => void;

describe('the tables that an operator may edit', () => {
  it.each(paths)('%s is right as it is shipped', (path) => {
    expect(tableFaults(path, shipped[path])).toEqual([]);
  });

  it.each<[string, keyof typeof TABLES, unknown, Change, string]>([
    [
      'a yes in quotes',
      paths[0]!,
      rules,
      (t) => (t.countries[1].noUrl = 'true'),
      'countries 2 (AE) noUrl: Write true or false, without quotes.',
    ],
    [
      'a charset that nobody knows',
      paths[0]!,
      rules,
      (t) => (t.countries[0].charset = 'latin'),
      'countries 1 (SA) charset: Write "EUC-KR", "ascii" or null.',
    ],
    [
      'a flag that is missing',
      paths[0]!,
      rules,
      (t) => delete t.countries[0].neutral,
      'countries 1 (SA) neutral: Write true or false, without quotes.',
    ],
    ['a country twice', paths[0]!, rules, (t) => t.countries.push(t.countries[0]), 'countries: SA stands there twice.'],
    [
      'a day as people write it',
      paths[0]!,
      rules,
      (t) => (t.checkedOn = '1.10.2026'),
      'checkedOn: Write a day as 2026-10-01, or null.',
    ],
    [
      'a price in cents',
      paths[1]!,
      prices,
      (t) => (t.countries.JP = 9),
      'countries JP: A price for one segment is below 5: it is not in cents.',
    ],
    ['a price below zero', paths[1]!, prices, (t) => (t.perSegment = -1), 'perSegment: A price is not below zero.'],
    [
      'no list of countries',
      paths[0]!,
      rules,
      (t) => delete t.countries,
      'countries: Invalid input: expected array, received undefined',
    ],
    [
      'a bridge to a name',
      paths[2]!,
      bridges,
      (t) => (t.bridges.jv = ['Bahasa Indonesia']),
      'bridges jv 0: This is no language tag.',
    ],
  ])('are refused with %s', (_, path, table, change, fault) => {
    const broken = structuredClone(table);
    change(broken);
    expect(tableFaults(path, broken)).toEqual([fault]);
  });
});
