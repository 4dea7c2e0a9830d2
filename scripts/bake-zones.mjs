/**
 * Writes locales/time-zones.json: the clocks of each country, by the names of the IANA time zone database. Zones of a
 * country that show the same hour all year are one.
 *
 *   npm exec -- node scripts/bake-zones.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;
const { countries } = JSON.parse(readFileSync(`${root}locales/en/names.json`, 'utf8'));
/** No official clock of the country that they are listed under. */
const LEFT_OUT = ['Asia/Urumqi', 'Europe/Simferopol'];
const YEAR = new Date().getUTCFullYear();
const WEEKS = Array.from({ length: 104 }, (_, week) => Date.UTC(YEAR, 0, 1 + 7 * week));

const clocks = {};
for (const code of Object.keys(countries)) {
  const distinct = new Map();
  for (const zone of new Intl.Locale(`und-${code}`).getTimeZones() ?? []) {
    if (LEFT_OUT.includes(zone)) continue;
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    const shown = WEEKS.map((at) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName').value);
    const known = distinct.get(shown.join());
    if (known === undefined) distinct.set(shown.join(), zone);
  }
  if (distinct.size > 0) clocks[code] = [...distinct.values()];
}
writeFileSync(
  `${root}locales/time-zones.json`,
  `${JSON.stringify({ source: `IANA time zone database ${process.versions.tz}`, clocks }, null, 1)}\n`,
);
console.log(Object.keys(clocks).length, 'countries');
