/** The tables that an operator may edit, and what is wrong with them. */

import * as z from 'zod';
import { canonicalTag } from './tags.ts';

const Day = z.iso.date('Write a day as 2026-10-01, or null.').nullable();
const Country = z.string().regex(/^[A-Z]{2}$/, 'Write a country as two capitals, such as LK.');
const Price = z
  .number('Write a price for one segment as a number.')
  .nonnegative('A price is not below zero.')
  .max(5, 'A price for one segment is below 5: it is not in cents.');
const Tag = z.string().refine((tag) => canonicalTag(tag) !== null, 'This is no language tag.');
const YesNo = z.boolean('Write true or false, without quotes.');

const Rules = z.looseObject({
  checkedOn: Day,
  countries: z.array(
    z.looseObject({
      cc: Country,
      twoWay: YesNo.nullable(),
      noUrl: YesNo,
      noNumber: YesNo,
      neutral: YesNo,
      charset: z.enum(['EUC-KR', 'ascii'], 'Write "EUC-KR", "ascii" or null.').nullable(),
    }),
  ),
});
const Prices = z.strictObject({
  note: z.string().optional(),
  checkedOn: Day,
  currency: z.string().regex(/^[A-Z]{3}$/, 'Write a currency as three capitals, such as USD.'),
  perSegment: Price,
  countries: z.record(Country, Price),
});
const Bridges = z.strictObject({ note: z.string().optional(), bridges: z.record(Tag, z.array(Tag).min(1)) });

export const TABLES = {
  'locales/sms-countries.json': Rules,
  'locales/sms-prices.json': Prices,
  'locales/bridges.json': Bridges,
} as const;

/** @returns a sentence for each fault, such as `countries 3 (JP) noUrl: Write true or false, without quotes.` */
export function tableFaults(path: keyof typeof TABLES, table: unknown): string[] {
  const read = TABLES[path].safeParse(table);
  const faults = (read.error?.issues ?? []).map(({ path: at, message }) => {
    const [list, i] = at;
    const row =
      list === 'countries' && typeof i === 'number' ? (table as z.infer<typeof Rules>).countries[i] : undefined;
    const where = at.map((part) => (part === i && row ? `${Number(i) + 1} (${row.cc})` : String(part))).join(' ');
    return `${where || 'the table'}: ${message}`;
  });
  if (path !== 'locales/sms-countries.json' || !read.success) return faults;
  const codes = (read.data as z.infer<typeof Rules>).countries.map(({ cc }) => cc);
  const twice = codes.filter((code, i) => codes.indexOf(code) !== i);
  return twice.map((code) => `countries: ${code} stands there twice.`);
}
