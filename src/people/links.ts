import { and, eq, lte, sql } from 'drizzle-orm';
import { addresses, people, peopleAddresses, startLinks } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller, Organisation } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { erasePerson } from './people.ts';
import { type Address, identityOf } from './person.ts';
import { refreshReach } from './reach.ts';

/** Long enough for a card that is handed over, short enough for one that is lost (playbook TG-1: ten minutes or more). */
const LINK_MS = 24 * 3_600_000;

/**
 * Makes a token that adds the chat which sends it to this person, once.
 * @returns the token, this once, and what a chat sends with it
 * @throws Refusal `not_found`
 */
export async function createStartLink(g: Gateway, caller: Caller, uid: string) {
  const [person] = await g.store.db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.uid, uid), eq(people.organisation, caller.organisation.id)));
  if (!person) throw new Refusal('not_found');
  const token = g.ids.secret(18);
  const tokenHash = await g.vault.hash(token);
  const now = g.clock.now();
  const expiresAt = now + LINK_MS;
  await g.store.atomic((db) => [
    db.delete(startLinks).where(lte(startLinks.expiresAt, now)),
    db.insert(startLinks).values({ tokenHash, organisation: caller.organisation.id, person: person.id, expiresAt }),
    auditRow(db, caller, now, 'person.invite', uid),
  ]);
  return { token, send: `/start ${token}`, expiresAt: new Date(expiresAt).toISOString() };
}

/**
 * Adds the chat that sent a token to the person that it was made for, and uses the token up. Who that chat was
 * before without a name is the same person now.
 * @returns false for a token that is wrong, used or too old
 */
export async function useStartLink(
  g: Gateway,
  organisation: Organisation,
  token: string,
  from: Address,
): Promise<boolean> {
  const now = g.clock.now();
  const tokenHash = await g.vault.hash(token);
  const [link] = await g.store.db
    .select({ person: startLinks.person, expiresAt: startLinks.expiresAt })
    .from(startLinks)
    .where(and(eq(startLinks.tokenHash, tokenHash), eq(startLinks.organisation, organisation.id)));
  if (!link || link.expiresAt <= now) return false;
  const keys = await g.vault.keys(organisation.id);
  const valueIndex = await keys.index('address', identityOf(from));
  const valueSealed = await keys.seal('address', from.value);
  const mine = sql`a.organisation = ${organisation.id} and a.channel = ${from.channel} and a.value_index = ${valueIndex}`;
  const nameless = await rows<{ uid: string }>(
    g.store,
    sql`select p.uid as uid from ${addresses} a join ${peopleAddresses} pa on pa.address = a.id
        join ${people} p on p.id = pa.person
        where ${mine} and p.id <> ${link.person} and p.profile = 'anonymous' and p.name_sealed is null
          and not exists (select 1 from people_addresses o where o.person = p.id and o.address <> a.id)`,
  );
  await g.store.atomic((db) => [
    db
      .insert(addresses)
      .values({
        organisation: organisation.id,
        channel: from.channel,
        valueSealed,
        valueIndex,
        country: from.country,
        stateAt: now,
        createdAt: now,
      })
      .onConflictDoNothing(),
    // two chats that send it at once: only one finds it still there
    db
      .insert(peopleAddresses)
      .select(
        sql`select l.person, a.id, (select count(*) from people_addresses h where h.person = l.person)
            from start_links l join addresses a on ${mine} where l.token_hash = ${tokenHash}`,
      )
      .onConflictDoNothing(),
    db.delete(startLinks).where(eq(startLinks.tokenHash, tokenHash)),
    ...refreshReach(
      db,
      sql`(select o.person from people_addresses o join addresses a on a.id = o.address where ${mine})`,
    ),
  ]);
  const self: Caller = { operator: 'self', organisation, roles: [] };
  for (const { uid } of nameless) await erasePerson(g, self, uid);
  return true;
}
