import { and, eq, ne } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { addresses, alerts, cases, deliveries, organisations, people, peopleAddresses, replies } from '../db/schema.ts';
import { parseDeliveryToken } from '../delivery/token.ts';
import type { Gateway } from '../gateway.ts';
import { markReached } from '../people/addresses.ts';
import type { Organisation } from '../trust/operators.ts';
import { noteSaysSafe, openCase, priorityOf } from './cases.ts';
import { whoIsMeant, writeStatement } from './check-ins.ts';
import { type Interpretation, interpret } from './interpret.ts';
import { lexiconOf } from './lexicons.ts';

/** A link lives as long as an answer joins its alert (CK-5). */
const BINDS_MS = 72 * 3_600_000;
const LONGEST = 2000;

/** The delivery that a check-in link names, and whom it asked. */
export interface Asked {
  delivery: number;
  organisation: Organisation;
  channel: ChannelName;
  address: number;
  /** the address itself, sealed */
  fromSealed: string;
  /** where the person is known to be, else the country of the number */
  country: string | null;
  alert: number;
  incident: number;
  severity: string;
  language: string;
  holders: number[];
  discreet: boolean;
}

/** What was tapped and written on the check-in page. */
export interface Press {
  /** of one sent form: the same twice is one answer */
  id: string;
  answer: '1' | '2' | '';
  people: number | undefined;
  words: string;
}

/** Where that leaves the person: what the page says next. */
export interface Heard {
  meaning: 'safe' | 'help' | 'moved' | 'unclear';
  /** number of the open case, as `H12` */
  case: string | undefined;
  /** a shared phone: "safe" counts for nobody until it counts them all */
  askCount: boolean;
}

/** @returns undefined for a token that is wrong, or whose alert ended too long ago */
export async function whoWasAsked(g: Gateway, token: string): Promise<Asked | undefined> {
  const parsed = parseDeliveryToken(token);
  if (!parsed) return undefined;
  const [row] = await g.store.db
    .select({ delivery: deliveries, alert: alerts, address: addresses, organisation: organisations })
    .from(deliveries)
    .innerJoin(alerts, eq(alerts.id, deliveries.alert))
    .innerJoin(addresses, eq(addresses.id, deliveries.address))
    .innerJoin(organisations, eq(organisations.id, deliveries.organisation))
    .where(and(eq(deliveries.id, parsed.id), eq(deliveries.nonce, parsed.nonce)));
  if (!row || row.alert.expiresAt + BINDS_MS <= g.clock.now()) return undefined;
  const held = await g.store.db
    .select({ id: people.id, profile: people.profile, country: people.country })
    .from(peopleAddresses)
    .innerJoin(people, eq(people.id, peopleAddresses.person))
    .where(eq(peopleAddresses.address, row.address.id))
    .orderBy(people.id);
  return {
    delivery: row.delivery.id,
    organisation: row.organisation,
    channel: row.address.channel,
    address: row.address.id,
    fromSealed: row.address.valueSealed,
    country: held[0]?.country ?? row.address.country,
    alert: row.alert.id,
    incident: row.alert.incident,
    severity: row.alert.severity,
    language: row.delivery.language,
    holders: held.map((person) => person.id),
    discreet: held.some((person) => person.profile === 'discreet'),
  };
}

/**
 * Stores what was sent from the page before it is understood (promise 2), once for each form. The page itself
 * answers, so nothing is queued.
 */
export async function receivePress(g: Gateway, asked: Asked, press: Press): Promise<Heard> {
  const keys = await g.vault.keys(asked.organisation.id);
  const words = press.words.trim().slice(0, LONGEST);
  const tapped = [press.answer, press.people].filter((part) => part !== '' && part !== undefined).join(' ');
  const now = g.clock.now();
  const providerId = `web-${asked.delivery}-${press.id}`;
  const [stored] = await g.store.db
    .insert(replies)
    .values({
      uid: g.ids.next('rep'),
      organisation: asked.organisation.id,
      channel: asked.channel,
      providerId,
      address: asked.address,
      person: onlyHolder(asked),
      incident: asked.incident,
      alert: asked.alert,
      fromSealed: asked.fromSealed,
      // read by itself this says the same, so that the sweep can understand it like any other reply
      textSealed: await keys.seal('reply', [tapped, words].filter((part) => part !== '').join('\n')),
      receivedAt: now,
    })
    .onConflictDoNothing()
    .returning({ id: replies.id });
  let read: Reading | undefined;
  if (stored) {
    try {
      read = await understandPress(g, asked, stored.id, { ...press, words }, now);
    } catch (error) {
      // it is stored: the sweep tries again, and a person can read it meanwhile
      g.log.error('reply not understood yet', {
        reply: stored.id,
        kind: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
  return whatIsKnown(g, asked, press, providerId, read);
}

const onlyHolder = (asked: Asked): number | null => (asked.holders.length === 1 ? asked.holders[0]! : null);

interface Reading {
  said: Interpretation;
  /** words that nobody understood beside a "safe": a person reads them */
  doubt: boolean;
}

/** A tap is clear; words beside it may say more. A cry for help in them outweighs a tapped "safe" (promise 2). */
async function readPress(g: Gateway, press: Press, language: string): Promise<Reading> {
  const written = press.words === '' ? undefined : interpret(press.words, { language }, await lexiconOf(g));
  const people = press.people ?? written?.people;
  const counted = people === undefined ? {} : { people };
  if (press.answer === '2' || written?.meaning === 'help') {
    const base: Interpretation = written?.meaning === 'help' ? written : { meaning: 'help', because: [] };
    return { said: { ...base, ...counted, because: [`tapped ${press.answer}`, ...base.because] }, doubt: false };
  }
  if (press.answer === '1') {
    if (written?.meaning === 'moved') return { said: { ...written, ...counted }, doubt: false };
    const doubt = written !== undefined && written.meaning !== 'safe';
    return { said: { meaning: 'safe', code: '1', ...counted, because: ['tapped 1'] }, doubt };
  }
  const said: Interpretation =
    written?.meaning === 'safe' || written?.meaning === 'moved' ? written : { meaning: 'unclear', because: [] };
  return { said: { ...said, ...counted }, doubt: false };
}

async function understandPress(g: Gateway, asked: Asked, id: number, press: Press, at: number): Promise<Reading> {
  const read = await readPress(g, press, asked.language);
  const { said } = read;
  const meaning = said.meaning as Heard['meaning'];
  await markReached(g, asked.address, 'heard');
  const meant = whoIsMeant(asked.holders, said);
  const statement = {
    incident: asked.incident,
    reply: id,
    // one of several on a phone speaks for the others: safe, claimed
    source: said.onBehalf || asked.holders.length > 1 ? ('family' as const) : ('self' as const),
    at,
  };
  if (meant.length > 0)
    await writeStatement(g, {
      ...statement,
      people: meant,
      meaning,
      code: said.code,
      movement: said.movement,
      heads: said.people,
    });
  if (read.doubt && asked.holders.length > 0)
    await writeStatement(g, { ...statement, people: asked.holders, meaning: 'unclear' });
  if (meaning === 'help')
    await openCase(g, {
      organisation: asked.organisation.id,
      incident: asked.incident,
      person: onlyHolder(asked),
      address: asked.address,
      need: said.need,
      priority: priorityOf(said, asked.severity === 'Extreme'),
      at,
    });
  if (meaning === 'safe' || meaning === 'moved') await noteSaysSafe(g, asked.incident, asked.holders);
  await g.store.db
    .update(replies)
    .set({
      understoodAt: g.clock.now(),
      // a doubt is listed as unclear, so that a person finds it
      meaning: read.doubt ? 'unclear' : meaning,
      code: said.code ?? null,
      need: said.need ?? null,
      people: said.people ?? null,
      onBehalf: said.onBehalf ?? false,
    })
    .where(eq(replies.id, id));
  return read;
}

/** Out of the database, so that the same form sent twice shows the same page. */
async function whatIsKnown(
  g: Gateway,
  asked: Asked,
  press: Press,
  providerId: string,
  read: Reading | undefined,
): Promise<Heard> {
  const [reply] = await g.store.db
    .select({ meaning: replies.meaning })
    .from(replies)
    .where(and(eq(replies.channel, asked.channel), eq(replies.providerId, providerId)));
  const tapped = press.answer === '2' ? 'help' : press.answer === '1' ? 'safe' : 'unclear';
  const stored = (reply?.meaning ?? tapped) as Heard['meaning'];
  const before = stored === 'unclear' && press.answer === '1' ? 'safe' : stored;
  const meaning = read ? (read.said.meaning as Heard['meaning']) : before;
  const [open] =
    meaning === 'help'
      ? await g.store.db
          .select({ id: cases.id })
          .from(cases)
          .where(
            and(
              eq(cases.organisation, asked.organisation.id),
              eq(cases.incident, asked.incident),
              eq(cases.subject, onlyHolder(asked) ?? -asked.address),
              ne(cases.state, 'closed'),
            ),
          )
      : [];
  const shared = meaning === 'safe' && asked.holders.length > 1;
  return {
    meaning,
    case: open && `H${open.id}`,
    askCount: shared && (press.people ?? read?.said.people ?? 0) < asked.holders.length,
  };
}
