import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { check, type Env, readText } from '../api/endpoint.ts';
import { cases, organisations, people } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress } from '../people/addresses.ts';
import { erasePerson } from '../people/people.ts';
import { type Address, Area, Country, Language, parseAddress } from '../people/person.ts';
import { findAddress, registerPeople } from '../people/registry.ts';
import type { Organisation } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { secondsToWait } from './pace.ts';

const LARGEST = 20_000;
const AN_HOUR = 3_600_000;
/** A shelter of some hundreds may come through one address. */
const SUBSCRIPTIONS = 600;
/** Marks a person who came by themselves, and is known by nothing else than this number (PU-3). */
const NUMBERED = 'web-';

const Subscribe = z.strictObject({
  subscription: z.record(z.string(), z.unknown()),
  languages: z.array(Language).min(1).max(10),
  nationalities: z.array(Country).max(10).optional(),
  country: Country.optional(),
  area: Area.optional(),
});
const Unsubscribe = z.strictObject({ endpoint: z.url().max(2000) });

/** Web push without an account. */
export function mountPush(app: Hono<Env>): void {
  app.get('/push/key', (c) =>
    c.json({ publicKey: c.get('gateway').senders.vapidPublicKey }, 200, { 'Cache-Control': 'no-cache' }),
  );
  app.post('/push/subscriptions', async (c) => {
    refuseHaste(c);
    const input = check(Subscribe, await readJson(c), '');
    return c.json(await subscribe(c.get('gateway'), input), 201, { 'Cache-Control': 'no-store' });
  });
  app.delete('/push/subscriptions', async (c) => {
    const { endpoint } = check(Unsubscribe, await readJson(c), '');
    await unsubscribe(c.get('gateway'), endpoint);
    return c.body(null, 204);
  });
}

function refuseHaste(c: Context<Env>): void {
  if (c.get('gateway').config.allowPrivateHosts) return;
  const wait = secondsToWait(c, 'subscribe', SUBSCRIPTIONS, AN_HOUR);
  if (wait > 0) throw new Refusal('rate_limited', undefined, { headers: { 'Retry-After': String(wait) } });
}

async function readJson(c: Context<Env>): Promise<unknown> {
  const text = await readText(c, LARGEST);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('malformed', 'The body is not JSON.');
  }
}

/**
 * Makes an anonymous person who is reached at this browser, or changes the one who is.
 * @throws Refusal `invalid`, `push_refused`, `channel_off` before the set-up
 */
async function subscribe(g: Gateway, input: z.output<typeof Subscribe>) {
  const address = parseAddress({ channel: 'push', value: input.subscription }, undefined, g.config.allowPrivateHosts);
  if ('detail' in address) {
    const errors = [{ pointer: '/subscription', ...address }];
    throw address.code === 'push_host'
      ? new Refusal('push_refused', address.detail, { errors })
      : new Refusal('invalid', undefined, { errors });
  }
  const organisation = await firstOrganisation(g);
  if (!organisation) throw new Refusal('channel_off', 'Nobody is set up to send here yet.');
  const { subscription: _, ...said } = input;
  const known = await holderOf(g, organisation, address);
  if (known?.state !== undefined && known.state !== 'active') await markAddress(g, known.address, 'active', 'asked');
  // somebody whom the office registered keeps what it knows: their profile above all (DW-8)
  const anonymous = { profile: 'anonymous', basis: 'consent' } as const;
  const number =
    known?.person && known.number === undefined ? null : (known?.number ?? (await freshNumber(g, organisation)));
  const [done] = await registerPeople(g, organisation.id, [
    {
      ...definedOf(said),
      ...(number !== null && { ...anonymous, externalId: NUMBERED + number }),
      addresses: [address],
    },
  ]);
  return { id: done!.uid, number };
}

/** The person's record goes with the subscription, unless a call for help is open: then only the messages stop. */
async function unsubscribe(g: Gateway, endpoint: string): Promise<void> {
  const organisation = await firstOrganisation(g);
  if (!organisation) return;
  const address: Address = { channel: 'push', value: JSON.stringify({ endpoint }), country: null };
  const known = await holderOf(g, organisation, address);
  if (!known) return;
  const [open] =
    known.person === undefined
      ? []
      : await rows<{ id: number }>(
          g.store,
          sql`select id from ${cases} where organisation = ${organisation.id} and state <> 'closed'
              and subject in (${known.person.id}, ${-known.address}) limit 1`,
        );
  if (known.person && known.number !== undefined && !open)
    await erasePerson(g, { operator: 'self', organisation, roles: [] }, known.person.uid);
  else await markAddress(g, known.address, 'stopped', 'asked');
}

interface Known {
  address: number;
  state: string;
  /** who came by themselves, or the only one who is reached there */
  person: { id: number; uid: string } | undefined;
  /** theirs, when they came by themselves */
  number: string | undefined;
}

async function holderOf(g: Gateway, organisation: Organisation, address: Address): Promise<Known | undefined> {
  const found = await findAddress(g, organisation.id, address);
  if (!found) return undefined;
  const holders = await g.store.db
    .select({ id: people.id, uid: people.uid, sealed: people.externalIdSealed })
    .from(people)
    .where(inArray(people.id, found.people.slice(0, 50)));
  const keys = await g.vault.keys(organisation.id);
  const { id: addressId, state } = found;
  for (const { sealed, ...person } of holders) {
    const externalId = sealed === null ? '' : await keys.open('externalId', sealed);
    if (externalId.startsWith(NUMBERED))
      return { address: addressId, state, person, number: externalId.slice(NUMBERED.length) };
  }
  return { address: addressId, state, person: holders.length === 1 ? holders[0] : undefined, number: undefined };
}

/** Eight digits that nobody has: short enough to read out on the phone, and no letters (LL-1). */
async function freshNumber(g: Gateway, organisation: Organisation): Promise<string> {
  const keys = await g.vault.keys(organisation.id);
  for (;;) {
    const drawn = Number.parseInt((await g.vault.hash(g.ids.secret(16))).slice(0, 12), 16);
    const number = String(10_000_000 + (drawn % 90_000_000));
    const index = await keys.index('externalId', NUMBERED + number);
    const [taken] = await g.store.db
      .select({ id: people.id })
      .from(people)
      .where(and(eq(people.organisation, organisation.id), eq(people.externalIdIndex, index)));
    if (!taken) return number;
  }
}

/** Who comes by themselves comes to the organisation that was set up first. */
async function firstOrganisation(g: Gateway): Promise<Organisation | undefined> {
  const [row] = await g.store.db.select().from(organisations).where(eq(organisations.first, true));
  return row;
}

function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
