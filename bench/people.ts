import { sql } from 'drizzle-orm';
import type { openSqlite } from '../src/db/sqlite.ts';
import type { Gateway } from '../src/gateway.ts';
import { intern } from '../src/people/intern.ts';
import { cellOf, roundDegrees } from '../src/people/place.ts';
import { refreshReach } from '../src/people/reach.ts';

const LISTS = ['si en', 'si', 'ta', 'ta en', 'en', 'ne', 'vi', 'fil en', 'id', 'my', 'zh-Hans', 'pt', 'ar', 'hi en'];
const NATIONS = ['LK', 'LK', 'NP', 'VN', 'PH'];
const COUNTRIES = ['LB', 'AE', 'SA', 'KR', 'MY', 'SG', 'QA', 'KW', 'IT', 'TH'];
/** Countries of numbers: those of an SMS rule each. */
const NUMBERS: [string, string][] = [
  ['JP', '+8180'],
  ['LB', '+9617'],
  ['AE', '+97150'],
  ['LK', '+9471'],
];

/** Of any number of people: 21 % are in Japan, 3 % in Miyagi, and 5/6 of those in the box below with a known place. */
export const MIYAGI = { south: 38, north: 38.5, west: 140.7, east: 141.2 };

/** Set-based, as fast as the file takes it; the values are sealed and indexed as the registry does it. */
export async function insertPeople(
  g: Gateway,
  raw: ReturnType<typeof openSqlite>['raw'],
  organisation: string,
  count: number,
): Promise<void> {
  const keys = await g.vault.keys(organisation);
  const languages = [...(await intern(g.store, 'languages', LISTS)).values()];
  const nations = await intern(g.store, 'nationalities', NATIONS);
  const none = (await intern(g.store, 'tags', [''])).get('')!;
  const now = g.clock.now() - 60_000;
  const person = raw.prepare(
    `insert into people (id, uid, organisation, languages, nationalities, tags, country, area, latitude, longitude, cell,
       located_at, profile, basis, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'normal', 'public-task', ?, ?)`,
  );
  const address = raw.prepare(
    `insert into addresses (id, organisation, channel, value_sealed, value_index, country, state, state_at, created_at)
     values (?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
  );
  const link = raw.prepare('insert into people_addresses (person, address, position) values (?, ?, ?)');
  const random = generator(20_261_122);
  raw.pragma('synchronous = OFF');
  let addresses = 0;
  for (let from = 1; from <= count; from += 20_000) {
    raw.transaction(() => {
      for (let id = from; id < from + 20_000 && id <= count; id++) {
        const home = random();
        const japan = home < 0.21;
        const miyagi = home < 0.03;
        const country = japan ? 'JP' : COUNTRIES[Math.floor(random() * COUNTRIES.length)]!;
        const area = miyagi ? 'JP-04' : japan ? 'JP-13' : null;
        const placed = miyagi ? home < 0.025 : random() < 0.3;
        const latitude = placed ? roundDegrees(miyagi ? MIYAGI.south + random() * 0.5 : -30 + random() * 60) : null;
        const longitude = placed ? roundDegrees(miyagi ? MIYAGI.west + random() * 0.5 : -90 + random() * 200) : null;
        person.run(
          id,
          g.ids.next('per'),
          organisation,
          languages[Math.floor(random() * languages.length)],
          nations.get(NATIONS[Math.floor(random() * NATIONS.length)]!),
          none,
          country,
          area,
          latitude,
          longitude,
          latitude === null ? null : cellOf(latitude, longitude!),
          now,
          now,
          now,
        );
        const [of, prefix] = NUMBERS[Math.floor(random() * NUMBERS.length)]!;
        const number = prefix + String(id).padStart(12 - prefix.length, '0');
        const held: ['sms' | 'telegram', string, string | null][] = [['sms', number, of]];
        if (random() < 0.2) held.push(['telegram', String(700_000_000 + id), null]);
        for (const [position, [channel, value, from]] of held.entries()) {
          addresses++;
          const [sealed, index] = [keys.seal('address', value), keys.index('address', value)];
          address.run(addresses, organisation, channel, sealed, index, from, now, now);
          link.run(id, addresses, position);
        }
      }
    })();
    await g.store.atomic((db) => refreshReach(db, sql`(select id from people where id >= ${from})`));
  }
  raw.pragma('synchronous = FULL');
}

/** mulberry32: the same people in every run */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
