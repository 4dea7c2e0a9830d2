import { and, asc, eq, gt, sql } from 'drizzle-orm';
import {
  addresses,
  cases,
  checkInHistory,
  checkIns,
  deliveries,
  interned,
  people,
  peopleAddresses,
  replies,
  simulated,
} from '../db/schema.ts';
import { rows, type Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { type FieldProblem, Refusal } from '../trust/refusal.ts';
import { intern, internKey } from './intern.ts';
import { type Address, type PersonInput, type PersonPatch, parseAddress } from './person.ts';
import { placeColumns, type Registration, registerPeople } from './registry.ts';

export interface PersonView {
  id: string;
  externalId: string | null;
  name: string | null;
  languages: string[];
  nationalities: string[];
  country: string | null;
  area: string | null;
  latitude: number | null;
  longitude: number | null;
  locatedAt: string | null;
  tags: string[];
  profile: string;
  basis: string;
  addresses: { channel: string; value: string; state: string }[];
  createdAt: string;
  updatedAt: string;
}

/** Addresses in their one form. @throws Refusal `invalid` with a pointer to each that is wrong */
export function readAddresses(g: Gateway, caller: Caller, input: PersonInput | PersonPatch): Address[] {
  const country = input.country ?? g.config.defaultCountry ?? caller.organisation.country;
  const errors: FieldProblem[] = [];
  const found: Address[] = [];
  (input.addresses ?? []).forEach((address, i) => {
    const parsed = parseAddress(address, country, g.config.allowPrivateHosts);
    if ('detail' in parsed) errors.push({ pointer: `/addresses/${i}/value`, ...parsed });
    else found.push(parsed);
  });
  if (errors.length > 0) throw new Refusal('invalid', undefined, { errors });
  return found;
}

/** Makes or updates one person. */
export async function registerPerson(g: Gateway, caller: Caller, input: PersonInput) {
  const { addresses: _, ...rest } = input;
  const registration: Registration = { ...rest, addresses: readAddresses(g, caller, input) };
  const [done] = await registerPeople(g, caller.organisation.id, [registration]);
  await g.store.atomic((db) => [
    auditRow(db, caller, g.clock.now(), done!.outcome === 'created' ? 'person.create' : 'person.update', done!.uid),
  ]);
  const person = await readPerson(g, caller, done!.uid);
  return {
    created: done!.outcome === 'created',
    person: { ...person, ...(done!.sharedAddress && { sharedAddress: true }) },
  };
}

/** @throws Refusal `not_found` */
export async function readPerson(g: Gateway, caller: Caller, uid: string): Promise<PersonView> {
  const found = await g.store.db
    .select()
    .from(people)
    .where(and(eq(people.uid, uid), eq(people.organisation, caller.organisation.id)));
  if (found.length === 0) throw new Refusal('not_found');
  return (await view(g, caller, found))[0]!;
}

/** In the order of registration; the cursor is the last internal number. */
export async function listPeople(g: Gateway, caller: Caller, cursor: number | undefined, limit: number) {
  const found = await g.store.db
    .select()
    .from(people)
    .where(
      and(eq(people.organisation, caller.organisation.id), cursor === undefined ? undefined : gt(people.id, cursor)),
    )
    .orderBy(asc(people.id))
    .limit(limit + 1);
  const page = found.slice(0, limit);
  return { items: await view(g, caller, page), next: found.length > limit ? page.at(-1)!.id : null };
}

/** Changes the given fields. @throws Refusal `not_found`, `invalid` */
export async function changePerson(g: Gateway, caller: Caller, uid: string, patch: PersonPatch): Promise<PersonView> {
  const mine = and(eq(people.uid, uid), eq(people.organisation, caller.organisation.id));
  const [row] = await g.store.db.select().from(people).where(mine);
  if (!row) throw new Refusal('not_found');
  const now = g.clock.now();
  const keys = await g.vault.keys(caller.organisation.id);
  const list = async (kind: 'languages' | 'nationalities' | 'tags', values: string[]) => {
    const key = internKey(kind, values);
    return (await intern(g.store, kind, [key])).get(key)!;
  };
  const moves = patch.country !== undefined || patch.area !== undefined || patch.latitude !== undefined;
  const wanted =
    patch.addresses === undefined
      ? undefined
      : readAddresses(g, caller, { country: row.country ?? undefined, ...patch } as PersonPatch);
  const changes = {
    updatedAt: now,
    ...(patch.externalId !== undefined && {
      externalIdIndex: patch.externalId === null ? null : await keys.index('externalId', patch.externalId),
      externalIdSealed: patch.externalId === null ? null : await keys.seal('externalId', patch.externalId),
    }),
    ...(patch.name !== undefined && { nameSealed: patch.name === null ? null : await keys.seal('name', patch.name) }),
    ...(patch.languages && { languages: await list('languages', patch.languages) }),
    ...(patch.nationalities && { nationalities: await list('nationalities', patch.nationalities) }),
    ...(patch.tags && { tags: await list('tags', patch.tags) }),
    ...(patch.profile && { profile: patch.profile }),
    ...(patch.basis && { basis: patch.basis }),
    ...(moves &&
      placeColumns(
        { country: row.country, area: row.area, latitude: row.latitude, longitude: row.longitude, ...patch },
        now,
      )),
  };
  await g.store.atomic((db) => [
    db.update(people).set(changes).where(mine),
    auditRow(db, caller, now, 'person.change', uid, { fields: Object.keys(patch) }),
  ]);
  if (wanted !== undefined) {
    await g.store.db.delete(peopleAddresses).where(eq(peopleAddresses.person, row.id));
    if (wanted.length > 0) await linkAddresses(g, caller, row.id, wanted);
    await g.store.atomic((db) => [removeUnheld(db, caller.organisation.id)]);
  }
  return readPerson(g, caller, uid);
}

async function linkAddresses(g: Gateway, caller: Caller, person: number, wanted: Address[]): Promise<void> {
  const keys = await g.vault.keys(caller.organisation.id);
  const now = g.clock.now();
  const organisation = caller.organisation.id;
  for (const [position, address] of wanted.entries()) {
    const identity = address.channel === 'push' ? JSON.parse(address.value).endpoint : address.value;
    const valueIndex = await keys.index('address', identity);
    const valueSealed = await keys.seal('address', address.value);
    const [row] = await g.store.db
      .insert(addresses)
      .values({
        organisation,
        channel: address.channel,
        valueSealed,
        valueIndex,
        country: address.country,
        stateAt: now,
        createdAt: now,
      })
      .onConflictDoUpdate({
        target: [addresses.organisation, addresses.channel, addresses.valueIndex],
        set: { valueSealed },
      })
      .returning({ id: addresses.id });
    await g.store.db.insert(peopleAddresses).values({ person, address: row!.id, position }).onConflictDoNothing();
  }
}

/** Addresses that nobody holds and nobody asked to stop are forgotten. A stopped one stays stopped. */
function removeUnheld(db: Gateway['store']['db'], organisation: string): Statement {
  return db
    .delete(addresses)
    .where(
      and(
        eq(addresses.organisation, organisation),
        eq(addresses.state, 'active'),
        sql`not exists (select 1 from ${peopleAddresses} where ${peopleAddresses.address} = ${addresses.id})`,
        sql`not exists (select 1 from ${deliveries} where ${deliveries.address} = ${addresses.id} and ${deliveries.state} in ('pending', 'sending'))`,
      ),
    );
}

/**
 * Erases a person: the record, their addresses that nobody else holds, their replies and what links counts
 * to them. Counts stay, without a person.
 * @throws Refusal `not_found`
 */
export async function erasePerson(g: Gateway, caller: Caller, uid: string): Promise<void> {
  const [row] = await g.store.db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.uid, uid), eq(people.organisation, caller.organisation.id)));
  if (!row) throw new Refusal('not_found');
  const held = await g.store.db
    .select({ address: peopleAddresses.address })
    .from(peopleAddresses)
    .where(eq(peopleAddresses.person, row.id));
  const alone = JSON.stringify(held.map((h) => h.address));
  const now = g.clock.now();
  const unheld = sql`in (select j.value from json_each(${alone}) j where not exists (select 1 from ${peopleAddresses} pa where pa.address = j.value))`;
  await g.store.atomic((db) => [
    db.delete(peopleAddresses).where(eq(peopleAddresses.person, row.id)),
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: 'erased' })
      .where(and(sql`${deliveries.address} ${unheld}`, eq(deliveries.state, 'pending'))),
    db.update(deliveries).set({ person: null }).where(eq(deliveries.person, row.id)),
    db.delete(simulated).where(sql`${simulated.address} ${unheld}`),
    db.delete(replies).where(eq(replies.person, row.id)),
    db.update(checkIns).set({ person: null }).where(eq(checkIns.person, row.id)),
    db.update(checkInHistory).set({ person: null }).where(eq(checkInHistory.person, row.id)),
    db
      .update(cases)
      .set({ person: null, state: 'closed', closedAt: now, closedReason: 'erased' })
      .where(eq(cases.person, row.id)),
    db.delete(addresses).where(sql`${addresses.id} ${unheld}`),
    db.delete(people).where(eq(people.id, row.id)),
    auditRow(db, caller, now, 'person.erase', uid),
  ]);
}

async function view(g: Gateway, caller: Caller, found: (typeof people.$inferSelect)[]): Promise<PersonView[]> {
  const keys = await g.vault.keys(caller.organisation.id);
  const lists = new Map<number, string[]>();
  const listIds = [...new Set(found.flatMap((p) => [p.languages, p.nationalities, p.tags]))];
  if (listIds.length > 0) {
    const named = await rows<{ id: number; value: string }>(
      g.store,
      sql`select id, value from ${interned} where id in (select value from json_each(${JSON.stringify(listIds)}))`,
    );
    for (const row of named) lists.set(row.id, row.value === '' ? [] : row.value.split(' '));
  }
  const held = await rows<{ person: number; channel: string; value: string; state: string }>(
    g.store,
    sql`select pa.person as person, a.channel as channel, a.value_sealed as value, a.state as state
        from ${peopleAddresses} pa join ${addresses} a on a.id = pa.address
        where pa.person in (select value from json_each(${JSON.stringify(found.map((p) => p.id))}))
        order by pa.person, pa.position`,
  );
  const views: PersonView[] = [];
  for (const p of found) {
    const own = [];
    for (const row of held.filter((h) => h.person === p.id))
      own.push({ channel: row.channel, value: await keys.open('address', row.value), state: row.state });
    views.push({
      id: p.uid,
      externalId: p.externalIdSealed === null ? null : await keys.open('externalId', p.externalIdSealed),
      name: p.nameSealed === null ? null : await keys.open('name', p.nameSealed),
      languages: lists.get(p.languages) ?? [],
      nationalities: lists.get(p.nationalities) ?? [],
      country: p.country,
      area: p.area,
      latitude: p.latitude,
      longitude: p.longitude,
      locatedAt: p.locatedAt === null ? null : new Date(p.locatedAt).toISOString(),
      tags: lists.get(p.tags) ?? [],
      profile: p.profile,
      basis: p.basis,
      addresses: own,
      createdAt: new Date(p.createdAt).toISOString(),
      updatedAt: new Date(p.updatedAt).toISOString(),
    });
  }
  return views;
}

/** Internal numbers to public ids and sealed external ids, for lists of other things. */
export async function nameNumbers(g: Gateway, organisation: string, ids: number[]) {
  if (ids.length === 0) return new Map<number, { uid: string; externalId: string | null }>();
  const keys = await g.vault.keys(organisation);
  const found = await g.store.db
    .select({ id: people.id, uid: people.uid, externalId: people.externalIdSealed })
    .from(people)
    .where(
      and(
        eq(people.organisation, organisation),
        sql`${people.id} in (select value from json_each(${JSON.stringify(ids)}))`,
      ),
    );
  const named = new Map<number, { uid: string; externalId: string | null }>();
  for (const row of found)
    named.set(row.id, {
      uid: row.uid,
      externalId: row.externalId === null ? null : await keys.open('externalId', row.externalId),
    });
  return named;
}
