import { and, eq, sql } from 'drizzle-orm';
import { addresses, people, peopleAddresses } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { Keys } from '../trust/vault.ts';
import { intern, internKey } from './intern.ts';
import { type Address, identityOf } from './person.ts';
import { cellOf, roundDegrees } from './place.ts';
import { refreshReach } from './reach.ts';

/** A person as told, with addresses in their one form. Absent fields say nothing. */
export interface Registration {
  externalId?: string;
  name?: string;
  languages?: string[];
  nationalities?: string[];
  country?: string;
  area?: string;
  latitude?: number;
  longitude?: number;
  tags?: string[];
  profile?: 'normal' | 'discreet' | 'anonymous';
  basis?: string;
  addresses: Address[];
}

export interface Registered {
  /** internal number and public id */
  id: number;
  uid: string;
  outcome: 'created' | 'updated';
  /** somebody else is reached at one of these addresses too */
  sharedAddress: boolean;
}

interface Prepared {
  input: Registration;
  externalIdIndex: string | null;
  addressKeys: string[];
}

interface Holder {
  person: number;
  uid: string;
  name: string | null;
}

/**
 * Makes or updates people, at most some hundreds at once: by externalId; without one by an address that one
 * person with the same or no name holds; otherwise a new person (DESIGN section 10). Given fields win,
 * addresses are added.
 * @param dryRun says what would come of it and writes nothing
 */
export async function registerPeople(
  g: Gateway,
  organisation: string,
  inputs: Registration[],
  dryRun = false,
): Promise<Registered[]> {
  if (inputs.length === 0) return [];
  const keys = await g.vault.keys(organisation);
  const prepared: Prepared[] = [];
  for (const input of inputs) {
    const externalIdIndex = input.externalId === undefined ? null : await keys.index('externalId', input.externalId);
    const addressKeys: string[] = [];
    for (const address of input.addresses)
      addressKeys.push(`${address.channel} ${await keys.index('address', identityOf(address))}`);
    prepared.push({ input, externalIdIndex, addressKeys });
  }
  const byExternalId = await findByExternalId(g, organisation, prepared);
  const holders = await findHolders(g, organisation, keys, prepared);

  const results: Registered[] = [];
  const now = g.clock.now();
  const upserts: Upsert[] = [];
  const links: { uid: string; key: string }[] = [];
  const fresh = new Map<string, { key: string; address: Address }>();
  for (const { input, externalIdIndex, addressKeys } of prepared) {
    const known =
      externalIdIndex === null ? onlyHolder(holders, addressKeys, input.name) : byExternalId.get(externalIdIndex);
    const uid = known?.uid ?? g.ids.next('per');
    const others = addressKeys.some((key) => (holders.get(key) ?? []).some((holder) => holder.uid !== uid));
    results.push({ id: known?.person ?? 0, uid, outcome: known ? 'updated' : 'created', sharedAddress: others });
    upserts.push({ uid, known: known !== undefined, input, externalIdIndex });
    if (externalIdIndex !== null && !known)
      byExternalId.set(externalIdIndex, { person: 0, uid, name: input.name ?? null });
    addressKeys.forEach((key, i) => {
      const list = holders.get(key) ?? [];
      if (!list.some((holder) => holder.uid === uid)) list.push({ person: 0, uid, name: input.name ?? null });
      holders.set(key, list);
      links.push({ uid, key });
      fresh.set(key, { key, address: input.addresses[i]! });
    });
  }
  if (dryRun) return results;
  await write(g, organisation, keys, now, upserts, [...fresh.values()], links);
  const made = await rows<{ id: number; uid: string }>(
    g.store,
    sql`select id, uid from ${people} where uid in (select value from json_each(${JSON.stringify(results.map((r) => r.uid))}))`,
  );
  const ids = new Map(made.map((row) => [row.uid, row.id]));
  for (const result of results) result.id = ids.get(result.uid)!;
  return results;
}

/** One holder with the same name, or where one of the two names is not known. */
function onlyHolder(holders: Map<string, Holder[]>, keys: string[], name: string | undefined): Holder | undefined {
  for (const key of keys) {
    const list = holders.get(key) ?? [];
    if (list.length !== 1) continue;
    const [holder] = list;
    if (!name || !holder!.name || sameName(name, holder!.name)) return holder;
  }
  return undefined;
}

function sameName(one: string, other: string): boolean {
  const fold = (name: string) => name.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();
  return fold(one) === fold(other);
}

async function findByExternalId(g: Gateway, organisation: string, prepared: Prepared[]): Promise<Map<string, Holder>> {
  const wanted = prepared.flatMap((p) => (p.externalIdIndex === null ? [] : [p.externalIdIndex]));
  if (wanted.length === 0) return new Map();
  const found = await rows<{ id: number; uid: string; idx: string }>(
    g.store,
    sql`select id, uid, external_id_index as idx from ${people}
        where organisation = ${organisation} and external_id_index in (select value from json_each(${JSON.stringify(wanted)}))`,
  );
  return new Map(found.map((row) => [row.idx, { person: row.id, uid: row.uid, name: null }]));
}

async function findHolders(
  g: Gateway,
  organisation: string,
  keys: Keys,
  prepared: Prepared[],
): Promise<Map<string, Holder[]>> {
  const wanted = JSON.stringify(prepared.flatMap((p) => p.addressKeys));
  const found = await rows<{ key: string; person: number; uid: string; name: string | null }>(
    g.store,
    sql`select a.channel || ' ' || a.value_index as key, p.id as person, p.uid as uid, p.name_sealed as name
        from json_each(${wanted}) j
        join ${addresses} a on a.organisation = ${organisation}
          and a.channel = substr(j.value, 1, instr(j.value, ' ') - 1)
          and a.value_index = substr(j.value, instr(j.value, ' ') + 1)
        join ${peopleAddresses} pa on pa.address = a.id
        join ${people} p on p.id = pa.person
        group by key, p.id order by p.id`,
  );
  const holders = new Map<string, Holder[]>();
  for (const row of found) {
    const name = row.name === null ? null : await keys.open('name', row.name);
    holders.set(row.key, [...(holders.get(row.key) ?? []), { person: row.person, uid: row.uid, name }]);
  }
  return holders;
}

interface Upsert {
  uid: string;
  known: boolean;
  input: Registration;
  externalIdIndex: string | null;
}

async function write(
  g: Gateway,
  organisation: string,
  keys: Keys,
  now: number,
  upserts: Upsert[],
  fresh: { key: string; address: Address }[],
  links: { uid: string; key: string }[],
): Promise<void> {
  const interned = {
    languages: await intern(
      g.store,
      'languages',
      upserts.map((u) => internKey('languages', u.input.languages ?? [])),
    ),
    nationalities: await intern(
      g.store,
      'nationalities',
      upserts.map((u) => internKey('nationalities', u.input.nationalities ?? [])),
    ),
    tags: await intern(
      g.store,
      'tags',
      upserts.map((u) => internKey('tags', u.input.tags ?? [])),
    ),
  };
  const records = [];
  for (const { uid, input, externalIdIndex } of upserts) {
    const place = placeColumns(input, now);
    records.push({
      uid,
      externalIdIndex,
      externalIdSealed: input.externalId === undefined ? null : await keys.seal('externalId', input.externalId),
      nameSealed: input.name === undefined ? null : await keys.seal('name', input.name.normalize('NFC')),
      languages: interned.languages.get(internKey('languages', input.languages ?? []))!,
      nationalities: interned.nationalities.get(internKey('nationalities', input.nationalities ?? []))!,
      tags: interned.tags.get(internKey('tags', input.tags ?? []))!,
      hasLanguages: input.languages !== undefined && input.languages.length > 0,
      hasNationalities: input.nationalities !== undefined && input.nationalities.length > 0,
      hasTags: input.tags !== undefined && input.tags.length > 0,
      ...place,
      profile: input.profile ?? null,
      basis: input.basis ?? null,
    });
  }
  const sealed: Record<string, unknown>[] = [];
  for (const { key, address } of fresh)
    sealed.push({
      channel: address.channel,
      index: key.slice(key.indexOf(' ') + 1),
      value: await keys.seal('address', address.value),
      country: address.country,
    });
  const people$ = JSON.stringify(records);
  const get = (name: string) => sql.raw(`value ->> '${name}'`);
  await g.store.atomic((db) => [
    db
      .insert(people)
      .select(
        sql`select null, ${get('uid')}, ${organisation}, ${get('externalIdIndex')}, ${get('externalIdSealed')},
              ${get('nameSealed')}, ${get('languages')}, ${get('nationalities')}, ${get('tags')}, 0,
              ${get('country')}, ${get('area')}, ${get('latitude')}, ${get('longitude')}, ${get('cell')},
              ${get('locatedAt')}, coalesce(${get('profile')}, 'normal'), coalesce(${get('basis')}, 'public-task'),
              ${now}, ${now}
            from json_each(${people$}) where true`,
      )
      .onConflictDoUpdate({
        target: people.uid,
        set: {
          externalIdIndex: sql`coalesce(excluded.external_id_index, ${people.externalIdIndex})`,
          externalIdSealed: sql`coalesce(excluded.external_id_sealed, ${people.externalIdSealed})`,
          nameSealed: sql`coalesce(excluded.name_sealed, ${people.nameSealed})`,
          country: sql`case when excluded.located_at is null then ${people.country} else excluded.country end`,
          area: sql`case when excluded.located_at is null then ${people.area} else excluded.area end`,
          latitude: sql`case when excluded.located_at is null then ${people.latitude} else excluded.latitude end`,
          longitude: sql`case when excluded.located_at is null then ${people.longitude} else excluded.longitude end`,
          cell: sql`case when excluded.located_at is null then ${people.cell} else excluded.cell end`,
          locatedAt: sql`coalesce(excluded.located_at, ${people.locatedAt})`,
          updatedAt: now,
        },
      }),
    db
      .update(people)
      .set({
        languages: sql`case when j.value ->> 'hasLanguages' then j.value ->> 'languages' else ${people.languages} end`,
        nationalities: sql`case when j.value ->> 'hasNationalities' then j.value ->> 'nationalities' else ${people.nationalities} end`,
        tags: sql`case when j.value ->> 'hasTags' then j.value ->> 'tags' else ${people.tags} end`,
        profile: sql`coalesce(j.value ->> 'profile', ${people.profile})`,
        basis: sql`coalesce(j.value ->> 'basis', ${people.basis})`,
      })
      .from(sql`json_each(${people$}) j`)
      .where(sql`${people.uid} = j.value ->> 'uid'`),
    db
      .insert(addresses)
      .select(
        sql`select null, ${organisation}, ${get('channel')}, ${get('value')}, ${get('index')}, ${get('country')},
              'active', ${now}, null, ${now}
            from json_each(${JSON.stringify(sealed)}) where true`,
      )
      .onConflictDoUpdate({
        target: [addresses.organisation, addresses.channel, addresses.valueIndex],
        // a browser that subscribes again keeps its endpoint and changes its keys
        set: { valueSealed: sql`excluded.value_sealed` },
      }),
    db
      .insert(peopleAddresses)
      .select(
        sql`select p.id, a.id, j.key from json_each(${JSON.stringify(links)}) j
            join ${people} p on p.uid = j.value ->> 'uid'
            join ${addresses} a on a.organisation = ${organisation}
              and a.channel = substr(j.value ->> 'key', 1, instr(j.value ->> 'key', ' ') - 1)
              and a.value_index = substr(j.value ->> 'key', instr(j.value ->> 'key', ' ') + 1)
            where true`,
      )
      .onConflictDoNothing(),
    ...refreshReach(
      db,
      sql`(select p.id from json_each(${people$}) j join ${people} p on p.uid = j.value ->> 'uid'
           union select o.person from json_each(${people$}) j join ${people} p on p.uid = j.value ->> 'uid'
             join ${peopleAddresses} pa on pa.person = p.id join ${peopleAddresses} o on o.address = pa.address)`,
    ),
  ]);
}

/** Location columns; all null when nothing is said of a place. The country of an ISO 3166-2 area is its first half. */
export function placeColumns(
  input: { country?: string | null; area?: string | null; latitude?: number | null; longitude?: number | null },
  now: number,
) {
  const { area = null, latitude = null, longitude = null } = input;
  const country = input.country ?? (area !== null && /^[A-Z]{2}-/.test(area) ? area.slice(0, 2) : null);
  const nothing = country === null && area === null && latitude === null;
  return {
    country,
    area,
    latitude: latitude === null ? null : roundDegrees(latitude),
    longitude: longitude === null ? null : roundDegrees(longitude),
    cell: latitude === null || longitude === null ? null : cellOf(latitude, longitude),
    locatedAt: nothing ? null : now,
  };
}

/** Who is reached at an address: all of them, first registered first. */
export async function findAddress(
  g: Gateway,
  organisation: string,
  address: Address,
): Promise<{ id: number; state: string; people: number[] } | undefined> {
  const keys = await g.vault.keys(organisation);
  const index = await keys.index('address', identityOf(address));
  const [row] = await g.store.db
    .select({ id: addresses.id, state: addresses.state })
    .from(addresses)
    .where(
      and(
        eq(addresses.organisation, organisation),
        eq(addresses.channel, address.channel),
        eq(addresses.valueIndex, index),
      ),
    );
  if (!row) return undefined;
  const held = await g.store.db
    .select({ person: peopleAddresses.person })
    .from(peopleAddresses)
    .where(eq(peopleAddresses.address, row.id))
    .orderBy(peopleAddresses.person);
  return { ...row, people: held.map((h) => h.person) };
}
