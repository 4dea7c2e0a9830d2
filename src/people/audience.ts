import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { people } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { allInterned } from './intern.ts';
import { Area, Country, Language, Tag } from './person.ts';
import { cellOf, distanceKm, pointOf } from './place.ts';
import { inside as pointInPolygon } from './shape.ts';

const Latitude = z.number().min(-90).max(90);
const Longitude = z.number().min(-180).max(180);

/** A CAP circle, or a CAP polygon of [latitude, longitude] pairs. */
export const Shape = z.union([
  z.strictObject({
    circle: z.strictObject({ latitude: Latitude, longitude: Longitude, km: z.number().positive().max(20_040) }),
  }),
  z.strictObject({
    polygon: z
      .array(z.tuple([Latitude, Longitude]))
      .min(3)
      .max(5000),
  }),
]);
export type Shape = z.output<typeof Shape>;

/** Lists are "any of"; different fields must all hold; `{}` is everybody (DESIGN section 9 and 10). */
export const Audience = z.strictObject({
  nationalities: z.array(Country).max(250).optional(),
  areas: z.array(Area).max(500).optional(),
  within: z.array(Shape).max(50).optional(),
  languages: z.array(Language).max(100).optional(),
  tags: z.array(Tag).max(50).optional(),
  unknownLocation: z.enum(['include', 'exclude']).optional(),
  unknownNationality: z.enum(['include', 'exclude']).optional(),
});
export type Audience = z.output<typeof Audience>;

/** Cells from one latitude to the next; what is left of it is the longitude. */
const ROW = cellOf(-89.99, -180) - cellOf(-90, -180);

/** A location older than this is not known any more. */
const STALE_MS = 90 * 86_400_000;

/** An audience as conditions on `people`, aliased `p`. */
export interface Match {
  /** `people p` by the index that finds those included without looking at others, and without the table */
  indexed: SQL;
  /** whom the alert goes to */
  included: SQL;
  /** those of them who are inside; the others are of unknown place */
  inside: SQL;
  /** a scalar select: how many are of unknown place, else matching, whether or not they are included */
  unknown: SQL;
}

const byPlace = sql`${people} p indexed by people_by_audience`;
const byCell = sql`${people} p indexed by people_by_cell`;
const byAge = sql`${people} p indexed by people_by_age`;

/**
 * Turns an audience into conditions. Where somebody is has three answers: inside (1), outside (0) and not
 * known (null); SQL's own three-valued logic combines areas and shapes.
 */
export async function matchAudience(g: Gateway, organisation: string, audience: Audience): Promise<Match> {
  const fresh = g.clock.now() - STALE_MS;
  const conditions: SQL[] = [sql`p.organisation = ${organisation}`];
  if (audience.nationalities) conditions.push(await nationality(g, audience));
  if (audience.languages) conditions.push(await anyOf(g, 'languages', audience.languages));
  if (audience.tags) conditions.push(await anyOf(g, 'tags', audience.tags));
  const where = sql.join(conditions, sql` and `);

  const places: SQL[] = [];
  // what must hold of everybody inside, in words that an index is searched by
  const bounds: SQL[] = [];
  if (audience.areas) {
    places.push(inAreas(audience.areas));
    bounds.push(await boundAreas(g, organisation, audience.areas));
  }
  if (audience.within) {
    const cells = JSON.stringify(await cellsIn(g, organisation, audience.within));
    const listed = sql`p.cell in (select value from json_each(${cells}))`;
    const nowhere = audience.within.length === 0;
    places.push(nowhere ? sql`0` : sql`(case when p.cell is null then null when ${listed} then 1 else 0 end)`);
    bounds.push(listed);
  }
  if (places.length === 0) return { indexed: byPlace, included: where, inside: sql`1`, unknown: sql`(select 0)` };
  const place = sql`(case when p.located_at >= ${fresh} then (${sql.join(places, sql` and `)}) end)`;
  const inside = sql`${where} and ${sql.join(bounds, sql` and `)} and ${place} = 1`;
  const included = audience.unknownLocation === 'include' ? sql`${where} and coalesce(${place}, 1) = 1` : inside;
  const unknown = sql`(select ${sql.join(
    [
      sql`(select count(*) from ${byAge} where ${where} and p.located_at is null)`,
      sql`(select count(*) from ${byAge} where ${where} and p.located_at < ${fresh})`,
      ...undecided(audience).map(
        (part) =>
          sql`(select count(*) from ${byPlace} where ${where} and ${part} and ${place} is null and p.located_at >= ${fresh})`,
      ),
    ],
    sql` + `,
  )})`;
  const indexed = included === inside && !audience.areas ? byCell : byPlace;
  return { indexed, included, inside, unknown };
}

/**
 * Whose place may be undecided although they have been located lately, in parts that do not overlap, each a range of
 * the index: for codes of ISO 3166-2, those without a country, or in that country at most as near as what is above.
 */
function undecided(audience: Audience): SQL[] {
  const { areas, within } = audience;
  if (within || !areas?.every((code) => /^[A-Z]{2}(-|$)/.test(code))) return [sql`1`];
  const nowhere = sql`p.country is null`;
  const parts = areas.filter((code) => code.length > 2);
  if (parts.length === 0) return [nowhere];
  const countries = JSON.stringify([...new Set(parts.map((code) => code.slice(0, 2)))]);
  const above = new Set(parts.flatMap((code) => [...code.matchAll(/-/g)].map(({ index }) => code.slice(0, index))));
  const there = sql`p.country in (select value from json_each(${countries}))`;
  return [
    nowhere,
    sql`${there} and p.area is null`,
    sql`${there} and p.area in (select value from json_each(${JSON.stringify([...above])}))`,
  ];
}

async function nationality(g: Gateway, audience: Audience): Promise<SQL> {
  const wanted = new Set(audience.nationalities);
  const lists = await allInterned(g.store, 'nationalities');
  const ids = lists
    .filter(({ values }) =>
      values.length === 0 ? audience.unknownNationality === 'include' : values.some((value) => wanted.has(value)),
    )
    .map(({ id }) => id);
  return sql`p.nationalities in (select value from json_each(${JSON.stringify(ids)}))`;
}

async function anyOf(g: Gateway, kind: 'languages' | 'tags', wanted: readonly string[]): Promise<SQL> {
  const lists = await allInterned(g.store, kind);
  const ids = lists.filter(({ values }) => values.some((value) => wanted.includes(value))).map(({ id }) => id);
  return sql`${sql.raw(`p.${kind}`)} in (select value from json_each(${JSON.stringify(ids)}))`;
}

/** A code matches itself and what is below it: `JP` matches `JP-04`, `JP-04` matches `JP-04-SENDAI`. */
function inAreas(areas: readonly string[]): SQL {
  if (areas.length === 0) return sql`0`;
  if (areas.length > FEW_AREAS) return inManyAreas(areas);
  const tests = areas.map((code) => {
    const country = /^[A-Z]{2}$/.test(code);
    if (country) return sql`(p.country = ${code})`;
    const above = /^([A-Z]{2})-/.exec(code)?.[1] ?? null;
    return sql`(case when p.area = ${code} or substr(p.area, 1, ${code.length + 1}) = ${`${code}-`} then 1
                     when p.area is not null and ${code} not like p.area || '-%' then 0
                     when ${above} is not null and p.country <> ${above} then 0 end)`;
  });
  return sql`(${sql.join(tests, sql` or `)})`;
}

/** D1 binds 100 values in a statement, and an alert's plan says its areas twice. */
const FEW_AREAS = 3;

/** The same for many codes, bound as one list. What is named outright is found in a set, the rest code by code. */
function inManyAreas(areas: readonly string[]): SQL {
  const codes = JSON.stringify(areas);
  const test = sql`case
    when j.value glob '[A-Z][A-Z]' then p.country = j.value
    when p.area = j.value or substr(p.area, 1, length(j.value) + 1) = j.value || '-' then 1
    when p.area is not null and substr(j.value, 1, length(p.area) + 1) <> p.area || '-' then 0
    when j.value glob '[A-Z][A-Z]-*' and p.country <> substr(j.value, 1, 2) then 0 end`;
  return sql`(case
    when p.area in (select value from json_each(${codes})) or p.country in (select value from json_each(${codes})) then 1
    else (select case when max(${test}) = 1 then 1 when count(${test}) = count(*) then 0 end from json_each(${codes}) j) end)`;
}

/** True of everybody who can be in one of these areas: a range of the index in place of all people. */
async function boundAreas(g: Gateway, organisation: string, areas: readonly string[]): Promise<SQL> {
  const countries = areas.filter((code) => /^[A-Z]{2}$/.test(code));
  if (countries.length === areas.length)
    return sql`p.country in (select value from json_each(${JSON.stringify(areas)}))`;
  if (countries.length > 0) return sql`1`;
  // `.` comes right after `-`: what is below a code ends before it
  const [first, end] = [
    [...areas].sort()[0],
    areas
      .map((code) => `${code}.`)
      .sort()
      .at(-1),
  ];
  const range = sql`p.area >= ${first} and p.area < ${end}`;
  // somebody in a subdivision of ISO 3166-2 has a country, mostly that one: the index is searched in each that there is
  if (!areas.every((code) => /^[A-Z]{2}-/.test(code))) return range;
  return sql`p.country in (select value from json_each(${JSON.stringify(await allCountries(g, organisation))})) and ${range}`;
}

/** The countries that somebody is in, by one step in the index for each. */
async function allCountries(g: Gateway, organisation: string): Promise<string[]> {
  const found = await rows<{ country: string }>(
    g.store,
    sql`with recursive c(country) as (
          select min(country) from ${people} where organisation = ${organisation}
          union all
          select (select min(country) from ${people} where organisation = ${organisation} and country > c.country)
          from c where c.country is not null)
        select country from c where country is not null`,
  );
  return found.map(({ country }) => country);
}

/** Shapes are tested once for each distinct cell in their box, not for each person. */
async function cellsIn(g: Gateway, organisation: string, shapes: readonly Shape[]): Promise<number[]> {
  const cells = new Set<number>();
  for (const shape of shapes) {
    const box = boxOf(shape);
    const found = await rows<{ cell: number }>(
      g.store,
      sql`select distinct cell from ${people} indexed by people_by_cell
          where organisation = ${organisation} and cell between ${cellOf(box.south, -180)} and ${cellOf(box.north, 180)}
            and (${box.west} <= -180 or cell % ${ROW} between ${cellOf(-90, box.west)} and ${cellOf(-90, box.east)})`,
    );
    for (const { cell } of found) if (contains(shape, pointOf(cell))) cells.add(cell);
  }
  return [...cells];
}

function contains(shape: Shape, point: { latitude: number; longitude: number }): boolean {
  if ('polygon' in shape) return pointInPolygon(shape.polygon, point);
  const { latitude, longitude, km } = shape.circle;
  return distanceKm(latitude, longitude, point.latitude, point.longitude) <= km;
}

function boxOf(shape: Shape) {
  if ('polygon' in shape) {
    const latitudes = shape.polygon.map(([latitude]) => latitude);
    const longitudes = shape.polygon.map(([, longitude]) => longitude);
    return {
      south: Math.min(...latitudes),
      north: Math.max(...latitudes),
      west: Math.min(...longitudes),
      east: Math.max(...longitudes),
    };
  }
  const { latitude, longitude, km } = shape.circle;
  const degrees = (km / 111.195) * 1.001;
  const south = Math.max(-90, latitude - degrees);
  const north = Math.min(90, latitude + degrees);
  const widest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const wide = widest < 0.01 ? 360 : degrees / widest;
  const west = longitude - wide;
  const east = longitude + wide;
  return west < -180 || east > 180 ? { south, north, west: -180, east: 180 } : { south, north, west, east };
}
