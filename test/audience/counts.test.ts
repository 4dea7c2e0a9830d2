import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { markAddress, markReached } from '../../src/people/addresses.ts';
import { numberOf, type Stage, stage } from '../delivery/stage.ts';

/** Few of each, so that phones are shared, taken over and left. */
const PHONES = [1, 2, 3, 4].map((n) => ({ channel: 'sms', value: numberOf(n) }));
const ABROAD = { channel: 'sms', value: '+94771234567' };
const CHATS = ['801', '802'].map((value) => ({ channel: 'telegram', value }));
const someAddresses = fc.uniqueArray(fc.constantFrom(...PHONES, ABROAD, ...CHATS), { maxLength: 3 });
const somewhere = fc.constantFrom<object[]>(
  {},
  { country: 'JP' },
  { area: 'JP-04' },
  { area: 'JP-04-SENDAI' },
  { area: 'KR-11' },
  { area: 'CAMP-7' },
  { latitude: 38.27, longitude: 140.87 },
  { area: 'JP-04', latitude: 35, longitude: 135 },
);
const whom = fc.constantFrom('නිමාලි', 'يوسف', 'มาลี', 'さくら');
const deed = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), whom, addresses: someAddresses, place: somewhere }),
  fc.record({ kind: fc.constant('change' as const), whom, addresses: someAddresses }),
  fc.record({ kind: fc.constant('erase' as const), whom }),
  fc.record({ kind: fc.constant('mark' as const), state: fc.constantFrom('active', 'stopped', 'unreachable') }),
  fc.record({ kind: fc.constant('reached' as const) }),
  fc.record({ kind: fc.constant('says' as const), text: fc.constantFrom('STOP', 'START') }),
  fc.record({ kind: fc.constant('months' as const) }),
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const LANGUAGE: Record<string, string> = { නිමාලි: 'si', يوسف: 'ar', มาลี: 'th', さくら: 'ja' };
const CIRCLE = { circle: { latitude: 38.27, longitude: 140.87, km: 10 } };
const AUDIENCES = [
  {},
  { languages: ['si', 'ar'] },
  { areas: ['JP'] },
  { areas: ['JP-04'] },
  { areas: ['JP-04', 'KR-11'], languages: ['th'] },
  { areas: ['CAMP-7'] },
  { within: [CIRCLE] },
  { areas: ['JP-04'], within: [CIRCLE] },
].flatMap((audience) => [audience, { ...audience, unknownLocation: 'include' }]);

interface Person {
  id: number;
  languages: string;
  reach: string;
  country: string | null;
  area: string | null;
  cell: number | null;
  located: number | null;
}
interface Link {
  person: number;
  address: number;
  channel: string;
  state: string;
  country: string | null;
}

async function everything(s: Stage) {
  const people = await rows<Person>(
    s.g.store,
    sql`select p.id, l.value as languages, coalesce(r.value, '?') as reach, p.country, p.area, p.cell, p.located_at as located
        from people p join interned l on l.id = p.languages left join interned r on r.id = p.reach and r.kind = 'reach' order by p.id`,
  );
  const links = await rows<Link>(
    s.g.store,
    sql`select pa.person, a.id as address, a.channel, a.state, a.country
        from people_addresses pa join addresses a on a.id = pa.address`,
  );
  return { people, links };
}

/** The words of `people.reach`, from the two tables that it stands for. */
function wordsOf(person: Person, links: Link[]): string {
  const shared = (address: number) => links.some((link) => link.address === address && link.person !== person.id);
  return links
    .filter((link) => link.person === person.id)
    .map((link) => `${link.channel}/${link.state}/${link.country ?? ''}${shared(link.address) ? '/shared' : ''}`)
    .sort()
    .join(' ');
}

/** Inside, outside, or not known. */
function isInside(person: Person, audience: { areas?: string[]; within?: unknown[] }, now: number): boolean | null {
  const { areas, within } = audience;
  if (!areas && !within) return true;
  if (person.located === null || person.located < now - 90 * 86_400_000) return null;
  const inArea = (code: string) => {
    if (code.length === 2) return person.country === null ? null : person.country === code;
    if (person.area === code || person.area?.startsWith(`${code}-`)) return true;
    if (person.area !== null && !code.startsWith(`${person.area}-`)) return false;
    if (/^[A-Z]{2}-/.test(code) && person.country !== null && person.country !== code.slice(0, 2)) return false;
    return null;
  };
  const any = (found: (boolean | null)[]) => (found.includes(true) ? true : found.includes(null) ? null : false);
  const parts: (boolean | null)[] = [];
  if (areas) parts.push(any(areas.map(inArea)));
  // everybody with coordinates is at the one place or far from it
  if (within) parts.push(person.cell === null ? null : person.area === null);
  return parts.includes(false) ? false : parts.includes(null) ? null : true;
}

/** What a preview must say, counted by hand. */
function byHand(
  all: { people: Person[]; links: Link[] },
  audience: Record<string, unknown>,
  channels: string[],
  now: number,
) {
  const languages = audience.languages as string[] | undefined;
  const asked = all.people.filter((person) => !languages || languages.includes(person.languages));
  const unknown = asked.filter((person) => isInside(person, audience, now) === null);
  const matched = asked.filter((person) => {
    const inside = isInside(person, audience, now);
    return inside === true || (inside === null && audience.unknownLocation === 'include');
  });
  const ids = new Set(matched.map(({ id }) => id));
  const links = all.links.filter((link) => ids.has(link.person) && channels.includes(link.channel));
  const count = (state: string, channel?: string) =>
    new Set(
      links
        .filter((link) => link.state === state && (!channel || link.channel === channel))
        .map((link) => link.address),
    ).size;
  const reached = new Set(links.map((link) => link.person));
  return {
    people: matched.length,
    unknownLocation: unknown.length,
    addresses: count('active'),
    byChannel: Object.fromEntries(
      ['sms', 'telegram'].flatMap((name) => (count('active', name) > 0 ? [[name, count('active', name)]] : [])),
    ),
    stopped: count('stopped'),
    unreachable: count('unreachable'),
    withoutAddress: matched.filter(({ id }) => !reached.has(id)).length,
  };
}

describe('what a preview counts', () => {
  it('is what counting by hand gives, whatever happened to people and their phones', async () => {
    const s = await stage();
    const must = async (method: string, path: string, body?: unknown) => {
      const answer = await s.call(method, path, { key: s.keys.registrar, ...(body !== undefined && { body }) });
      expect(answer.status, answer.text).toBeLessThan(300);
      return answer.json;
    };
    const uidOf = async (name: string) => {
      const { items } = await must('GET', '/api/v1/people?limit=100');
      return items.find((person: { externalId: string }) => person.externalId === name)?.id as string | undefined;
    };
    const act = async (one: Deed, address: { id: number } | undefined) => {
      if (one.kind === 'register')
        return void (await s.people({
          externalId: one.whom,
          languages: [LANGUAGE[one.whom]],
          addresses: one.addresses,
          ...one.place,
        }));
      if (one.kind === 'months') return s.clock.pass(40 * 86_400_000);
      if (one.kind === 'mark') return address && markAddress(s.g, address.id, one.state as 'active', 'test');
      if (one.kind === 'reached') return address && markReached(s.g, address.id, 'test');
      if (one.kind === 'says') {
        await s.text(PHONES[0]!.value, one.text);
        return s.work();
      }
      const uid = await uidOf(one.whom);
      if (!uid) return;
      if (one.kind === 'erase') await must('DELETE', `/api/v1/people/${uid}`);
      else await must('PATCH', `/api/v1/people/${uid}`, { addresses: one.addresses });
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(deed, fc.nat()), { minLength: 3, maxLength: 8 }),
        fc.constantFrom(...AUDIENCES),
        fc.constantFrom<string[]>(['sms', 'telegram', 'push'], ['sms'], ['telegram']),
        async (deeds, audience, channels) => {
          for (const [one, pick] of deeds) {
            const known = await rows<{ id: number }>(s.g.store, sql`select id from addresses order by id`);
            await act(one, known[pick % known.length]);
            const { people, links } = await everything(s);
            expect(people.map(({ reach }) => reach)).toEqual(people.map((person) => wordsOf(person, links)));
          }
          const { json, status, text } = await s.call('POST', '/api/v1/audiences/preview', {
            key: s.keys.author,
            body: { audience, channels, template: 'earthquake' },
          });
          expect(status, text).toBe(200);
          expect(json).toMatchObject(byHand(await everything(s), audience, channels, s.clock.now()));
        },
      ),
      { numRuns: 40, seed: 311 },
    );
  }, 30_000);
});
