import { and, desc, eq, sql } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { addresses, interned, people, peopleAddresses, simulated } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { receive } from '../replies/receive.ts';
import { endonym } from '../text/endonyms.ts';
import { countSegments } from '../text/segments.ts';
import type { Organisation } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { busyPhones, noteWritten, type PhoneMessage } from './phones.ts';

/** One phone on the table: an address of a person in training. Who that is stays sealed. */
export interface Phone {
  /** opaque, and of no use in another organisation */
  id: string;
  channel: ChannelName;
  /** what tells it apart: languages in their own script, nationalities, place */
  label: string;
  languages: string[];
  /** messages on it, both ways */
  n: number;
}

export interface ShownMessage extends Omit<PhoneMessage, 'direction'> {
  id: number;
  direction: 'to_person' | 'from_person';
  dir: 'ltr' | 'rtl';
  at: string;
  /** what an SMS costs */
  sms?: { encoding: string; segments: number };
}

const PHONES = 100;
const MESSAGES = 30;

/** Busy phones first to be chosen, then the first registered; always in the same order. */
export async function listPhones(g: Gateway, organisation: string): Promise<Phone[]> {
  const busy = await busyPhones(g, organisation, PHONES);
  const quiet = await rows<{ id: number }>(
    g.store,
    sql`select a.id as id from ${addresses} a
        where a.organisation = ${organisation} and a.state = 'active'
          and exists (select 1 from ${peopleAddresses} pa where pa.address = a.id)
        order by a.id limit ${PHONES}`,
  );
  const chosen = [...new Set([...busy.map((phone) => phone.address), ...quiet.map((row) => row.id)])].slice(0, PHONES);
  const found = await rows<{ id: number; channel: ChannelName; languages: string | null; about: string | null }>(
    g.store,
    sql`select a.id as id, a.channel as channel, l.value as languages,
          trim(coalesce(n.value, '') || ' ' || coalesce(p.area, p.country, '')) as about
        from json_each(${JSON.stringify(chosen)}) j join ${addresses} a on a.id = j.value
        left join ${people} p on p.id = (select min(pa.person) from ${peopleAddresses} pa where pa.address = a.id)
        left join ${interned} l on l.id = p.languages left join ${interned} n on n.id = p.nationalities
        where a.organisation = ${organisation} order by a.id`,
  );
  const phones: Phone[] = [];
  for (const row of found) {
    const languages = (row.languages ?? '').split(' ').filter((tag) => tag !== '');
    phones.push({
      id: await phoneId(g, organisation, row.id),
      channel: row.channel,
      label: [...languages.map(endonym), ...(row.about ?? '').split(' ')].filter((part) => part !== '').join(' · '),
      languages,
      n: busy.find((phone) => phone.address === row.id)?.n ?? 0,
    });
  }
  return phones;
}

async function phoneId(g: Gateway, organisation: string, address: number): Promise<string> {
  const keys = await g.vault.keys(organisation);
  return `ph_${address.toString(36)}_${(await keys.index('simulated', `phone ${address}`)).slice(0, 12)}`;
}

/** @throws Refusal `not_found` for a phone that is not there, or another organisation's */
export async function findPhone(g: Gateway, organisation: string, id: string) {
  const number = Number.parseInt(/^ph_([0-9a-z]{1,10})_[\w-]{12}$/.exec(id)?.[1] ?? '', 36);
  if (Number.isNaN(number) || (await phoneId(g, organisation, number)) !== id) throw new Refusal('not_found');
  const [row] = await g.store.db
    .select()
    .from(addresses)
    .where(and(eq(addresses.id, number), eq(addresses.organisation, organisation)));
  if (!row) throw new Refusal('not_found');
  return row;
}

/** The latest messages of one phone, oldest first. */
export async function messagesOn(g: Gateway, organisation: string, id: string): Promise<ShownMessage[]> {
  const { id: address, channel } = await findPhone(g, organisation, id);
  return readShown(g, organisation, address, channel);
}

async function readShown(g: Gateway, organisation: string, address: number, channel: ChannelName) {
  const keys = await g.vault.keys(organisation);
  const found = await g.store.db
    .select()
    .from(simulated)
    .where(and(eq(simulated.organisation, organisation), eq(simulated.address, address)))
    .orderBy(desc(simulated.id))
    .limit(MESSAGES);
  const shown: ShownMessage[] = [];
  for (const row of found.reverse()) {
    const { direction: dir, ...message } = JSON.parse(await keys.open('simulated', row.messageSealed)) as PhoneMessage;
    shown.push({
      id: row.id,
      direction: row.direction,
      at: new Date(row.at).toISOString(),
      ...message,
      dir,
      ...(channel === 'sms' && row.direction === 'to_person' && { sms: costOf(message.text) }),
    });
  }
  return shown;
}

function costOf(text: string) {
  const { encoding, segments } = countSegments(text);
  return { encoding, segments };
}

/** Every phone with what is on it. */
export async function shelfOf(g: Gateway, organisation: string) {
  const phones = [];
  for (const phone of await listPhones(g, organisation))
    phones.push({ ...phone, messages: phone.n === 0 ? [] : await messagesOn(g, organisation, phone.id) });
  return phones;
}

/** Changes whenever something new is on a phone of the organisation. */
export async function versionOf(g: Gateway, organisation: string): Promise<string> {
  const [latest] = await g.store.db
    .select({ id: simulated.id })
    .from(simulated)
    .where(eq(simulated.organisation, organisation))
    .orderBy(desc(simulated.id))
    .limit(1);
  return String(latest?.id ?? 0);
}

/**
 * The owner of a phone writes, or presses a button that is on it. Understood like any message.
 * @throws Refusal `not_found`, `invalid` for a button that is not there
 */
export async function writeOn(
  g: Gateway,
  organisation: Organisation,
  id: string,
  said: { text: string } | { button: string },
): Promise<void> {
  const { id: address, channel, valueSealed } = await findPhone(g, organisation.id, id);
  const from = await (await g.vault.keys(organisation.id)).open('address', valueSealed);
  const incoming = { kind: 'incoming' as const, id: `sim-${g.ids.secret(12)}`, from, to: '' };
  if ('text' in said) {
    await noteWritten(g, organisation.id, address, said.text);
    await receive(g, organisation, channel, { ...incoming, text: said.text });
    return;
  }
  const shown = await readShown(g, organisation.id, address, channel);
  const button = shown.flatMap((message) => message.buttons).find((one) => one.data === said.button);
  if (!button)
    throw new Refusal('invalid', undefined, {
      errors: [{ pointer: '/button', detail: 'There is no such button on this phone.' }],
    });
  await noteWritten(g, organisation.id, address, button.label);
  await receive(g, organisation, channel, { ...incoming, text: button.data, acknowledge: incoming.id });
}
