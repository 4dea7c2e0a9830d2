import type { ChannelName } from '../../src/channels/channel.ts';
import type { Client, Keys, Registered } from '../node/embassy.ts';
import { CHANNELS, type PerChannel, type Witness } from './witness.ts';

/** One row of the ledger, as the API shows it. */
export interface Row {
  id: string;
  externalId: string;
  channel: ChannelName;
  language: string;
  state: string;
  errorCode: string | null;
  providerId: string | null;
}

/** What the far ends and the ledger say of a crisis, person by person. */
export interface Books {
  people: number;
  /** nobody told them */
  lost: PerChannel;
  /** told more than once */
  twice: PerChannel;
  /** pushes beyond the first for a person */
  pushRepeats: number;
  /** where a repeat did not take the first one's place: another Topic */
  pushBeside: number;
  /** ledger rows without an end: pending or sending */
  open: number;
  /** one sentence for each place where the ledger and the far end disagree */
  disagreements: string[];
}

interface Arrived {
  providerId: string | null;
  text: string;
}

/** What each person has at the far end, by their address. */
export function arrivals(witness: Witness): Map<string, Arrived[]> {
  const found = new Map<string, Arrived[]>();
  const add = (address: string, arrived: Arrived) => {
    const held = found.get(address);
    if (held) held.push(arrived);
    else found.set(address, [arrived]);
  };
  for (const { to, sid, body } of witness.twilio.sent) add(to, { providerId: sid, text: body });
  for (const { chatId, messageId, text } of witness.telegram.sent)
    add(String(chatId), { providerId: String(messageId), text });
  for (const { endpoint, payload } of witness.push.received)
    add(endpoint, { providerId: null, text: JSON.parse(payload).body });
  return found;
}

export const addressOf = ({ channel, value }: Registered): string =>
  channel === 'push' ? JSON.parse(value).endpoint : value;

/** The whole ledger of an alert by the API. */
export async function ledger({ must }: Client, keys: Keys, alert: string, state?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor = ''; ; ) {
    const filter = state === undefined ? '' : `&state=${state}`;
    const path = `/api/v1/alerts/${alert}/deliveries?limit=500${filter}${cursor}`;
    const page = await must(200, 'GET', path, keys.viewer);
    rows.push(...page.items);
    if (page.next === null) return rows;
    cursor = `&cursor=${page.next}`;
  }
}

/**
 * Balances the ledger with the far ends.
 * @param decided deliveries that an operator has called sent: they carry no number of the provider
 * @param texts words by language, as they were approved
 */
export function balance(
  people: readonly Registered[],
  rows: readonly Row[],
  witness: Witness,
  decided: ReadonlySet<string>,
  texts: Record<string, { full: string; sms: string }>,
): Books {
  const none = (): PerChannel => ({ sms: 0, telegram: 0, push: 0 });
  const books: Books = {
    people: people.length,
    lost: none(),
    twice: none(),
    pushRepeats: 0,
    pushBeside: 0,
    open: 0,
    disagreements: [],
  };
  const disagree = (person: Registered, what: string) =>
    books.disagreements.push(`${person.id} (${person.channel}): ${what}`);
  const arrived = arrivals(witness);
  const byPerson = new Map<string, Row[]>();
  for (const row of rows) byPerson.set(row.externalId, [...(byPerson.get(row.externalId) ?? []), row]);

  for (const person of people) {
    const { channel } = person;
    const address = addressOf(person);
    const got = arrived.get(address) ?? [];
    arrived.delete(address);
    if (got.length === 0) books.lost[channel]++;
    if (got.length > 1) books.twice[channel]++;
    if (channel === 'push' && got.length > 1) {
      books.pushRepeats += got.length - 1;
      if (witness.push.waiting(address).length !== 1) books.pushBeside++;
    }
    const own = byPerson.get(person.id) ?? [];
    byPerson.delete(person.id);
    const [row] = own;
    if (!row || own.length > 1) {
      disagree(person, `${own.length} rows in the ledger`);
      continue;
    }
    if (row.state === 'pending' || row.state === 'sending') books.open++;
    else if (row.state !== 'sent') disagree(person, `ends as ${row.state}, ${row.errorCode}`);
    else if (got.length === 0) disagree(person, 'sent, and nothing arrived');
    else if (channel !== 'push' && !decided.has(row.id) && !got.some((one) => one.providerId === row.providerId))
      disagree(person, `sent as ${row.providerId}, arrived as ${got.map((one) => one.providerId)}`);
    const { full, sms } = texts[row.language] ?? texts.en!;
    const due = (channel === 'sms' ? [sms, full] : [full]).map((text) => text.slice(0, 30));
    for (const { text } of got)
      if (!due.some((start) => text.includes(start))) disagree(person, `not the words of ${row.language}`);
  }
  for (const address of arrived.keys()) books.disagreements.push(`${address} is nobody's address and got a message`);
  for (const id of byPerson.keys()) books.disagreements.push(`${id} is in the ledger and nobody`);
  return books;
}

export const total = (per: PerChannel): number => CHANNELS.reduce((sum, channel) => sum + per[channel], 0);
