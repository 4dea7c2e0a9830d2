import { and, eq, sql } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { addresses, alerts, deliveries, dialogues, interned, people, peopleAddresses, replies } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import { answer } from '../delivery/answers.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress, markReached } from '../people/addresses.ts';
import { useStartLink } from '../people/links.ts';
import type { Address } from '../people/person.ts';
import { identityOf } from '../people/person.ts';
import { placeColumns, registerPeople } from '../people/registry.ts';
import { canonicalTag } from '../text/tags.ts';
import type { Organisation } from '../trust/operators.ts';
import { noteSaysSafe, openCase, priorityOf } from './cases.ts';
import { whoIsMeant, writeStatement } from './check-ins.ts';
import { askOn, converse, type Message } from './converse.ts';
import { openState, type Stored, type Talker, type Words } from './dialogues.ts';
import { hear, refIn, withoutRef } from './hear.ts';
import type { Interpretation } from './interpret.ts';
import { findWords } from './lexicon.ts';
import { lexiconOf } from './lexicons.ts';
import { normalise } from './normalise.ts';
import type { Extra } from './receive.ts';

/** An answer joins the latest alert that the address got, until this long after the alert's end (CK-5). */
const BINDS_MS = 72 * 3_600_000;

/** So long "how many are with you" stays open. */
const COUNT_OPEN_MS = 3_600_000;

export interface Heard {
  organisation: Organisation;
  from: Address;
  text: string;
  extra: Extra;
  at: number;
}

interface Bound {
  alert: number;
  incident: number;
  severity: string;
  language: string;
  ref: string;
}

interface Speaker extends Talker {
  discreet: boolean;
  /** the open dialogue, as it is kept */
  dialogue: Stored;
}

/** Works a stored reply: whose it is, what it answers, what it means, and what follows. */
export async function understand(g: Gateway, id: number, heard: Heard): Promise<void> {
  const speaker = await findSpeaker(g, heard);
  const bound = await bind(g, heard, speaker);
  const open = await openState(g, heard.organisation.id, speaker.dialogue, id, heard.at);
  const countAsked = open?.state.step === 'count' || (await isCountAsked(g, id, heard, speaker));
  const said = await readMeaning(g, heard, speaker, bound, countAsked);
  const meant = whoIsMeant(speaker.holders, said);
  const { store } = g;

  await markReached(g, speaker.address, 'heard');
  if (heard.extra.location && speaker.holders.length === 1) await moveTo(g, speaker.holders[0]!, heard);

  const message: Message = {
    reply: id,
    text: heard.text,
    said,
    at: heard.at,
    alert: bound?.alert ?? null,
    incident: bound?.incident ?? null,
    state: open?.state ?? null,
    done: open?.done ?? false,
    pressed: heard.extra.button === true,
  };
  // whoever looks over the shoulder of a discreet person sees no dialogue
  const turn = speaker.discreet || heard.extra.location ? undefined : await converse(g, speaker, message);

  if (said.meaning === 'stop' && !turn) await markAddress(g, speaker.address, 'stopped', 'asked');
  if (said.meaning === 'start') await markAddress(g, speaker.address, 'active', 'asked');

  const isStatement = said.meaning === 'safe' || said.meaning === 'help' || said.meaning === 'moved';
  const forPerson = said.meaning === 'unclear' || said.meaning === 'info';
  if (bound && meant.length > 0 && (isStatement || forPerson) && !heard.extra.location && !turn?.heard)
    await writeStatement(g, {
      incident: bound.incident,
      people: meant,
      reply: id,
      meaning: isStatement ? (said.meaning as 'safe') : 'unclear',
      code: said.code,
      movement: said.movement,
      heads: said.people,
      // one of several on a phone speaks for the others: safe, claimed
      source: said.onBehalf || speaker.holders.length > 1 ? 'family' : 'self',
      at: heard.at,
    });
  let caseNumber: { id: number; fresh: boolean } | undefined;
  if (said.meaning === 'help')
    caseNumber = await openCase(g, {
      organisation: heard.organisation.id,
      incident: bound?.incident ?? 0,
      person: speaker.holders.length === 1 ? speaker.holders[0]! : null,
      address: speaker.address,
      need: said.need,
      priority: priorityOf(said, bound?.severity === 'Extreme'),
      at: heard.at,
    });
  if (bound && !turn && (said.meaning === 'safe' || said.meaning === 'moved'))
    await noteSaysSafe(g, bound.incident, speaker.holders);

  const after: Talker = turn?.talker ?? speaker;
  await store.db
    .update(replies)
    .set({
      address: after.address,
      person: after.holders.length === 1 ? after.holders[0]! : null,
      incident: bound?.incident ?? null,
      alert: bound?.alert ?? null,
      understoodAt: g.clock.now(),
      // what a dialogue understood needs no person; a START and a practised 1 stay what they are
      meaning: turn?.heard && said.meaning !== 'start' && said.code !== '1' ? 'dialogue' : said.meaning,
      code: said.code ?? null,
      need: said.need ?? null,
      people: said.people ?? null,
      onBehalf: said.onBehalf ?? false,
    })
    .where(eq(replies.id, id));
  if (turn) return sayAll(g, heard, after, turn.say);
  await answerTo(g, heard, speaker, message, meant, caseNumber);
}

/** Buttons carry the code and the alert's number; everything else is read by the interpreter. */
async function readMeaning(
  g: Gateway,
  heard: Heard,
  speaker: Speaker,
  bound: Bound | undefined,
  countAsked: boolean,
): Promise<Interpretation> {
  if (heard.extra.startToken !== undefined || /^\/start\b/.test(heard.text))
    return { meaning: 'start', because: ['/start'] };
  if (heard.extra.location) return { meaning: 'unclear', because: ['a location'] };
  const button = heard.extra.button ? /^([12])\b/.exec(heard.text)?.[1] : undefined;
  if (button) return { meaning: button === '1' ? 'safe' : 'help', code: button, because: [`button ${button}`] };
  const text = bound ? withoutRef(heard.text, bound.ref) : heard.text;
  const languages = [...(bound ? [bound.language] : []), ...speaker.languages, speaker.language];
  return hear(text, languages, countAsked ? 'count' : null, await lexiconOf(g));
}

/** From a shared phone came "safe" without a count, so that we asked: a bare 3 may now be a number of people. */
async function isCountAsked(g: Gateway, id: number, heard: Heard, speaker: Speaker): Promise<boolean> {
  if (speaker.holders.length < 2) return false;
  const [former] = await rows<{ meaning: string | null; people: number | null; at: number }>(
    g.store,
    sql`select meaning, people, received_at as at from ${replies}
        where address = ${speaker.address} and id < ${id} order by id desc limit 1`,
  );
  return former?.meaning === 'safe' && former.people === null && former.at > heard.at - COUNT_OPEN_MS;
}

/** The address and who is reached there. A stranger's address is kept too, so that they can be answered. */
async function findSpeaker(g: Gateway, heard: Heard): Promise<Speaker> {
  const organisation = heard.organisation.id;
  const keys = await g.vault.keys(organisation);
  const valueIndex = await keys.index('address', identityOf(heard.from));
  const find = () =>
    g.store.db
      .select({
        id: addresses.id,
        kind: dialogues.kind,
        step: dialogues.step,
        toldSealed: dialogues.toldSealed,
        reply: dialogues.reply,
        expiresAt: dialogues.expiresAt,
      })
      .from(addresses)
      .leftJoin(dialogues, eq(dialogues.address, addresses.id))
      .where(
        and(
          eq(addresses.organisation, organisation),
          eq(addresses.channel, heard.from.channel),
          eq(addresses.valueIndex, valueIndex),
        ),
      );
  const token = heard.from.channel === 'telegram' ? heard.extra.startToken : undefined;
  if (token !== undefined) await useStartLink(g, heard.organisation, token, heard.from);
  let [address] = await find();
  if (!address && heard.from.channel === 'telegram' && /^\/start\b/.test(heard.text)) {
    const hint = heard.extra.languageHint ? canonicalTag(heard.extra.languageHint) : null;
    await registerPeople(g, organisation, [
      { languages: hint ? [hint] : [], profile: 'anonymous', basis: 'consent', addresses: [heard.from] },
    ]);
    [address] = await find();
  }
  if (!address) {
    const now = g.clock.now();
    await g.store.db
      .insert(addresses)
      .values({
        organisation,
        channel: heard.from.channel,
        valueSealed: await keys.seal('address', heard.from.value),
        valueIndex,
        country: heard.from.country,
        stateAt: now,
        createdAt: now,
      })
      .onConflictDoNothing();
    [address] = await find();
  }
  const held = await rows<{ person: number; languages: string; profile: string; country: string | null }>(
    g.store,
    sql`select p.id as person, i.value as languages, p.profile as profile, p.country as country from people_addresses pa
        join ${people} p on p.id = pa.person join ${interned} i on i.id = p.languages
        where pa.address = ${address!.id} order by p.id`,
  );
  const hinted = heard.extra.languageHint ? canonicalTag(heard.extra.languageHint) : null;
  const wanted = (held[0]?.languages ?? hinted ?? '').split(' ').filter((tag) => tag !== '');
  const spoken = await g.catalog.languages();
  return {
    organisation: heard.organisation,
    from: heard.from,
    dialogue: address!.kind === null ? null : (address as NonNullable<Stored>),
    address: address!.id,
    holders: held.map((row) => row.person),
    language: wanted.find((tag) => spoken.includes(tag)) ?? heard.organisation.defaultLanguage,
    languages: wanted.slice(0, 4),
    discreet: held.some((row) => row.profile === 'discreet'),
    country: held[0]?.country ?? null,
  };
}

/**
 * The alert that is answered: the one that a button names, else the latest that this address got, else the
 * latest that went to somebody who holds the address, who may have read it elsewhere.
 */
async function bind(g: Gateway, heard: Heard, speaker: Speaker): Promise<Bound | undefined> {
  const ref = refIn(heard.text);
  const holders = sql`select value from json_each(${JSON.stringify(speaker.holders)})`;
  const [found] = await rows<Bound>(
    g.store,
    sql`select al.id as alert, al.incident as incident, al.severity as severity, d.language as language, al.ref as ref
        from ${deliveries} d join ${alerts} al on al.id = d.alert
        where (d.address = ${speaker.address}
               or d.address in (select pa.address from ${peopleAddresses} pa where pa.person in (${holders}))
               or d.target in (select -value from json_each(${JSON.stringify(speaker.holders)})))
          and al.organisation = ${heard.organisation.id} and al.expires_at > ${heard.at - BINDS_MS}
          and al.state in ('sending', 'sent', 'stopped', 'expired', 'cancelled', 'replaced')
        order by coalesce(al.ref = ${ref ?? null}, 0) desc,
          (coalesce(d.address, 0) = ${speaker.address} and d.state in ('sending', 'sent', 'delivered', 'indeterminate', 'failed')) desc,
          d.id desc limit 1`,
  );
  return found ?? (speaker.holders.length === 0 ? bindStranger(g, heard, speaker, ref) : undefined);
}

/** Somebody unknown answers what they were shown or heard on the radio: the alert they name, else the latest. */
async function bindStranger(
  g: Gateway,
  heard: Heard,
  speaker: Speaker,
  ref: string | undefined,
): Promise<Bound | undefined> {
  const [found] = await rows<Omit<Bound, 'language'>>(
    g.store,
    sql`select id as alert, incident, severity, ref from ${alerts}
        where organisation = ${heard.organisation.id} and expires_at > ${heard.at - BINDS_MS}
          and state in ('sending', 'sent', 'stopped', 'expired', 'cancelled', 'replaced')
        order by coalesce(ref = ${ref ?? null}, 0) desc, id desc limit 1`,
  );
  return found ? { ...found, language: speaker.language } : undefined;
}

async function moveTo(g: Gateway, person: number, heard: Heard): Promise<void> {
  const { latitude, longitude } = heard.extra.location!;
  const { country: _, area: __, ...place } = placeColumns({ latitude, longitude }, heard.at);
  await g.store.db
    .update(people)
    .set({ ...place, area: null })
    .where(eq(people.id, person));
}

/** Twilio itself confirms these and blocks what we would send after them. */
const TOLD_BY_PROVIDER = /^\s*(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)\s*$/i;

async function answerTo(
  g: Gateway,
  heard: Heard,
  speaker: Speaker,
  message: Message,
  meant: number[],
  opened: { id: number; fresh: boolean } | undefined,
): Promise<void> {
  const { said } = message;
  const say = async (key: string, values: Record<string, string | number> = {}, always = false) => {
    const words = await g.catalog.reply(speaker.language, key, values);
    await answer(g, answerOf(heard, speaker), words, always ? 'always' : 'limited');
  };
  switch (said.meaning) {
    case 'help': {
      if (speaker.discreet) return say('ack_help_discreet', {}, opened!.fresh);
      const localEmergency = await emergencyNumber(g, speaker.country ?? heard.from.country);
      const acknowledge = () => say('ack_help', { case: `H${opened!.id}`, localEmergency }, opened!.fresh);
      if (opened!.fresh) await acknowledge();
      const we = await saysWe(g, speaker, heard.text);
      const question = await askOn(g, speaker, message, { case: opened!.id, fresh: opened!.fresh, we });
      if (question) return sayAll(g, heard, speaker, [question]);
      if (!opened!.fresh) await acknowledge();
      return;
    }
    case 'safe':
    case 'moved':
      if (speaker.discreet) return say('ack_safe_discreet');
      if (meant.length === 0 && speaker.holders.length > 1) return say('ask_count');
      return (said.people ?? 1) > 1 ? say('ack_safe_group', { n: said.people! }) : say('ack_safe');
    case 'stop':
      if (heard.from.channel === 'sms' && TOLD_BY_PROVIDER.test(heard.text)) return;
      if (speaker.discreet) return say('ack_safe_discreet', {}, true);
      return say('stop_done', { org: heard.organisation.name }, true);
    case 'start': {
      if (speaker.discreet) return say('ack_safe_discreet');
      if (speaker.holders.length === 0) return say('not_registered');
      if (speaker.country === null) return say('ask_where');
      const names = await g.catalog.names(speaker.language);
      return say('start_done', {
        org: heard.organisation.name,
        place: names.countries[speaker.country] ?? speaker.country,
        lang: names.languages[speaker.language] ?? speaker.language,
      });
    }
    default:
      // whoever looks over the shoulder learns nothing from the answer
      if (speaker.discreet) return say('ack_help_discreet');
      if (heard.extra.location && speaker.holders.length === 1) return say('ack_where');
      if (said.because.some((why) => why.startsWith('1 2'))) return say('ask_one_two');
      if (speaker.holders.length === 0 && !(await isKnown(g, speaker.address))) return say('not_registered');
      return say((await unclearInARow(g, speaker.address)) > 1 ? 'menu_unclear_2' : 'menu_unclear');
  }
}

const answerOf = (heard: Heard, to: Talker) => ({
  organisation: heard.organisation,
  channel: heard.from.channel as ChannelName,
  address: to.address,
  person: to.holders.length === 1 ? to.holders[0]! : null,
});

/** What a dialogue says: one message for each. */
async function sayAll(g: Gateway, heard: Heard, to: Talker, list: Words[]): Promise<void> {
  for (const words of list) await answer(g, answerOf(heard, to), words, 'step');
}

/** "We need help": how many they are is worth a question. */
async function saysWe(g: Gateway, speaker: Speaker, text: string): Promise<boolean> {
  const lexicon = await lexiconOf(g);
  const languages = [...new Set([speaker.language, ...speaker.languages])]
    .map((tag) => lexicon.language(tag))
    .filter((language) => language !== undefined);
  return findWords(normalise(text), languages).some((hit) => hit.roles.has('we'));
}

async function isKnown(g: Gateway, address: number): Promise<boolean> {
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from ${deliveries} where address = ${address} and alert is not null`,
  );
  return row!.n > 0;
}

async function unclearInARow(g: Gateway, address: number): Promise<number> {
  const latest = await rows<{ meaning: string | null }>(
    g.store,
    sql`select meaning from ${replies} where address = ${address} order by id desc limit 3`,
  );
  const other = latest.findIndex((row) => row.meaning !== 'unclear' && row.meaning !== 'info' && row.meaning !== null);
  return other === -1 ? latest.length : other;
}

async function emergencyNumber(g: Gateway, country: string | null): Promise<string> {
  const numbers = (await g.assets.read('locales/emergency-numbers.json')) as {
    default: string;
    countries: Record<string, string>;
  };
  return numbers.countries[country ?? ''] ?? numbers.default;
}
