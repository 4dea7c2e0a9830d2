import { and, asc, eq, gt, inArray, ne, or, type SQL, sql } from 'drizzle-orm';
import {
  addresses,
  calls,
  caseNotes,
  cases,
  checkInHistory,
  checkIns,
  deliveries,
  dialogues,
  incidents,
  interned,
  people,
  peopleAddresses,
  replies,
  simulated,
  startLinks,
} from '../db/schema.ts';
import { type Db, isUniqueViolation, rows, type Statement } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { type FieldProblem, Refusal } from '../trust/refusal.ts';
import { intern, internKey } from './intern.ts';
import { type Address, identityOf, type PersonInput, type PersonPatch, parseAddress } from './person.ts';
import { holdersOf, refreshReach } from './reach.ts';
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
  const register = () => registerPeople(g, caller.organisation.id, [registration]);
  const [done] = await register().catch((error) => {
    // the same externalId was registered at this moment: now it is known
    if (isUniqueViolation(error)) return register();
    throw error;
  });
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
    ...(moves && placeColumns(placeAfter(row, patch), now)),
  };
  const replace = wanted && (await replaceAddresses(g, caller.organisation.id, row.id, wanted));
  try {
    await g.store.atomic((db) => [
      db.update(people).set(changes).where(mine),
      auditRow(db, caller, now, 'person.change', uid, { fields: Object.keys(patch) }),
      ...(replace ? replace(db) : []),
    ]);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const errors = [{ pointer: '/externalId', detail: 'Somebody else has this externalId.' }];
    throw new Refusal('invalid', undefined, { errors });
  }
  return readPerson(g, caller, uid);
}

/** The writes that leave a person with these addresses, in this order. */
async function replaceAddresses(g: Gateway, organisation: string, person: number, wanted: Address[]) {
  const keys = await g.vault.keys(organisation);
  const now = g.clock.now();
  const sealed: Record<string, string | null>[] = [];
  for (const address of wanted)
    sealed.push({
      channel: address.channel,
      country: address.country,
      index: await keys.index('address', identityOf(address)),
      value: await keys.seal('address', address.value),
    });
  const given = JSON.stringify(sealed);
  const before = await heldBy(g, person);
  return (db: Db): Statement[] => [
    db.delete(peopleAddresses).where(eq(peopleAddresses.person, person)),
    db
      .insert(addresses)
      .select(
        sql`select null, ${organisation}, value ->> 'channel', value ->> 'value', value ->> 'index', value ->> 'country',
              'active', ${now}, null, ${now}
            from json_each(${given}) where true`,
      )
      .onConflictDoUpdate({
        target: [addresses.organisation, addresses.channel, addresses.valueIndex],
        set: { valueSealed: sql`excluded.value_sealed` },
      }),
    db
      .insert(peopleAddresses)
      .select(
        sql`select ${person}, a.id, j.key from json_each(${given}) j
            join ${addresses} a on a.organisation = ${organisation}
              and a.channel = j.value ->> 'channel' and a.value_index = j.value ->> 'index' where true`,
      )
      .onConflictDoNothing(),
    // what nobody holds, nobody asked to stop and nothing was sent to is forgotten; a correction may still go to the rest
    db
      .delete(addresses)
      .where(
        and(
          sql`${addresses.id} ${unheldOf(before)}`,
          eq(addresses.state, 'active'),
          sql`not exists (select 1 from ${deliveries} where ${deliveries.address} = ${addresses.id})`,
          sql`not exists (select 1 from ${dialogues} where ${dialogues.address} = ${addresses.id})`,
        ),
      ),
    ...refreshReach(
      db,
      sql`(select ${person} union select h.person from ${peopleAddresses} h
           where h.address in (select value from json_each(${JSON.stringify(before)}))
             or h.address in (select address from ${peopleAddresses} where person = ${person}))`,
    ),
  ];
}

async function heldBy(g: Gateway, person: number): Promise<number[]> {
  const held = await g.store.db
    .select({ address: peopleAddresses.address })
    .from(peopleAddresses)
    .where(eq(peopleAddresses.person, person));
  return held.map(({ address }) => address);
}

/** `in` those of these addresses that nobody holds at that moment. */
function unheldOf(ids: number[]): SQL {
  return sql`in (select j.value from json_each(${JSON.stringify(ids)}) j where not exists (select 1 from ${peopleAddresses} pa where pa.address = j.value))`;
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
  const now = g.clock.now();
  const held = await heldBy(g, row.id);
  const unheld = unheldOf(held);
  const theirs = or(eq(cases.person, row.id), sql`${cases.address} ${unheld}`);
  const ofOurs = g.store.db
    .select({ id: incidents.id })
    .from(incidents)
    .where(eq(incidents.organisation, caller.organisation.id));
  await g.store.atomic((db) => [
    db.delete(peopleAddresses).where(eq(peopleAddresses.person, row.id)),
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: 'erased' })
      .where(and(sql`${deliveries.address} ${unheld}`, eq(deliveries.state, 'pending'))),
    // SQLite gives the number of a row that is gone to the next one: nothing may point at it any more
    db.update(deliveries).set({ address: null }).where(sql`${deliveries.address} ${unheld}`),
    db.update(deliveries).set({ person: null }).where(eq(deliveries.person, row.id)),
    db.delete(simulated).where(sql`${simulated.address} ${unheld}`),
    db.delete(dialogues).where(sql`${dialogues.address} ${unheld}`),
    db.delete(replies).where(or(eq(replies.person, row.id), sql`${replies.address} ${unheld}`)),
    db
      .update(checkIns)
      .set({ person: null })
      .where(and(inArray(checkIns.incident, ofOurs), eq(checkIns.person, row.id))),
    db
      .update(checkInHistory)
      .set({ person: null })
      .where(and(inArray(checkInHistory.incident, ofOurs), eq(checkInHistory.person, row.id))),
    db.delete(caseNotes).where(inArray(caseNotes.case, db.select({ id: cases.id }).from(cases).where(theirs))),
    db
      .update(cases)
      .set({ state: 'closed', closedAt: now, closedReason: 'erased' })
      .where(and(theirs, ne(cases.state, 'closed'))),
    db.update(cases).set({ person: null, address: null }).where(theirs),
    db.delete(calls).where(eq(calls.person, row.id)),
    db.delete(addresses).where(sql`${addresses.id} ${unheld}`),
    db.delete(startLinks).where(eq(startLinks.person, row.id)),
    db.delete(people).where(eq(people.id, row.id)),
    ...refreshReach(db, holdersOf(sql`(select value from json_each(${JSON.stringify(held)}))`)),
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

/** A place is one place: what is finer than the part that changed is forgotten, unless it is told too. */
function placeAfter(row: typeof people.$inferSelect, patch: PersonPatch) {
  const elsewhere = patch.country !== undefined && patch.country !== row.country;
  const area = patch.area !== undefined ? patch.area : elsewhere || patch.latitude !== undefined ? null : row.area;
  const stays = !elsewhere && area === row.area;
  return {
    country: patch.country !== undefined ? patch.country : patch.area ? null : row.country,
    area,
    latitude: patch.latitude !== undefined ? patch.latitude : stays ? row.latitude : null,
    longitude: patch.longitude !== undefined ? patch.longitude : stays ? row.longitude : null,
  };
}
