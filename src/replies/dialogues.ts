import { and, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Button } from '../channels/channel.ts';
import { addresses, deliveries, dialogues, people, replies, simulated } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { changePerson, erasePerson, readPerson } from '../people/people.ts';
import { type Address, identityOf } from '../people/person.ts';
import { registerPeople } from '../people/registry.ts';
import { languageName, type Names } from '../text/names.ts';
import type { Caller, Organisation } from '../trust/operators.ts';
import { noteOnCase } from './cases.ts';
import {
  advance,
  type Effect,
  numberedTowns,
  type Outcome,
  type Read,
  type Say,
  type State,
  type Told,
} from './steps.ts';
import { languageInWords, languageOfCode, likelyLanguages, menuButtons, showMenu } from './tongues.ts';
import { type Found, findCountry, findTown, showTown } from './towns.ts';
import { yesOrNo } from './yes-no.ts';

/** Playbook CT-12: so long a dialogue can be taken up again. */
const OPEN_MS = 24 * 3_600_000;
/** By then the last word to somebody who was erased is out, or never will be. */
const LAST_WORD_MS = 600_000;

/** Who writes, as a dialogue needs it. */
export interface Talker {
  organisation: Organisation;
  from: Address;
  address: number;
  /** people who are reached at the address */
  holders: number[];
  /** BCP 47 of what they are answered in */
  language: string;
  languages: string[];
  /** where they are known to be */
  country: string | null;
}

/** The sealed row of an address as it was read, or null. */
export type Stored = Pick<typeof dialogues.$inferSelect, 'kind' | 'step' | 'toldSealed' | 'reply' | 'expiresAt'> | null;

/** A message to be said: its words, language and what can be pressed below it. */
export interface Words {
  text: string;
  language: string;
  buttons: Button[];
}

/** @returns the open dialogue of an address, and whether this reply has moved it on already */
export async function openState(
  g: Gateway,
  organisation: string,
  stored: Stored,
  reply: number,
  at: number,
): Promise<{ state: State; done: boolean } | null> {
  if (!stored || stored.expiresAt <= at) return null;
  const keys = await g.vault.keys(organisation);
  const told = JSON.parse(await keys.open('reply', stored.toldSealed));
  return {
    state: { kind: stored.kind as State['kind'], step: stored.step as State['step'], told },
    done: stored.reply === reply,
  };
}

/** Keeps where a dialogue stands now, in place of what was there; null ends it. */
export async function keepState(
  g: Gateway,
  talker: Talker,
  reply: number,
  state: State | null,
  at: number,
): Promise<void> {
  if (state === null) {
    await g.store.db.delete(dialogues).where(eq(dialogues.address, talker.address));
    return;
  }
  const keys = await g.vault.keys(talker.organisation.id);
  const row = {
    kind: state.kind,
    step: state.step,
    toldSealed: await keys.seal('reply', JSON.stringify(state.told)),
    reply,
    expiresAt: at + (state.step === 'done' ? LAST_WORD_MS : OPEN_MS),
  };
  await g.store.db
    .insert(dialogues)
    .values({ address: talker.address, organisation: talker.organisation.id, startedAt: at, ...row })
    .onConflictDoUpdate({ target: dialogues.address, set: row });
}

/** The languages that an address is offered, 71 first. */
export async function menuOf(g: Gateway, talker: Talker): Promise<string[]> {
  const { country, defaultLanguage } = talker.organisation;
  return likelyLanguages(
    { organisationCountry: country, defaultLanguage, numberCountry: talker.from.country },
    await g.catalog.languages(),
  );
}

/** Reads a message for the question that is open, and moves the dialogue on. */
export async function takeStep(
  g: Gateway,
  talker: Talker,
  state: State,
  text: string,
  said: Pick<Read, 'code' | 'people' | 'typed'>,
): Promise<Outcome> {
  const code = said.code ?? yesOrNo(text) ?? undefined;
  const read: Read = { code, people: said.people, typed: said.typed };
  const language = state.told.language ?? talker.language;
  if (state.step === 'language') read.language = await readLanguage(g, talker, text, code, language);
  if (code === undefined && ['place', 'which', 'where'].includes(state.step))
    read.found = await readTown(g, talker, text, language);
  if (code === undefined && state.step === 'nationality')
    read.country = findCountry(text, await likelyNames(g, talker, language));
  return advance(state, read, talker.organisation.country);
}

/** The language that a message chooses, by a code of the menu or by its name; null for none. */
export async function readLanguage(
  g: Gateway,
  talker: Talker,
  text: string,
  code: string | undefined,
  language: string,
): Promise<string | null> {
  if (code !== undefined) return languageOfCode(code, await menuOf(g, talker));
  return languageInWords(text, await likelyNames(g, talker, language), await g.catalog.languages());
}

/** The place that a message names, in a language that the talker is likely to write, else in any. */
export async function readTown(g: Gateway, talker: Talker, text: string, language: string): Promise<Found> {
  const near = talker.country ?? talker.from.country;
  const likely = await likelyNames(g, talker, language);
  const found = findTown(text, likely, near);
  if (found.sure || found.maybe.length > 0) return found;
  const rest: Names[] = [];
  for (const tag of await g.catalog.languages()) rest.push(await g.catalog.names(tag));
  return findTown(text, rest, near);
}

async function likelyNames(g: Gateway, talker: Talker, language: string): Promise<Names[]> {
  const tags = new Set([language, ...talker.languages, 'en', ...(await menuOf(g, talker))]);
  const names: Names[] = [];
  for (const tag of tags) names.push(await g.catalog.names(tag));
  return names;
}

/** People write for themselves: in the audit trail their own changes are theirs. */
const selfOf = (organisation: Organisation): Caller => ({ operator: 'self', organisation, roles: [] });

/**
 * Does what a step decided.
 * @returns the talker as they are afterwards
 */
export async function carryOut(g: Gateway, talker: Talker, effect: Effect): Promise<Talker> {
  const { organisation, holders } = talker;
  switch (effect.does) {
    case 'register': {
      const { language, town: place, nationality } = effect.told;
      const [done] = await registerPeople(g, organisation.id, [
        {
          languages: [language ?? talker.language],
          ...(nationality !== undefined && { nationalities: [nationality] }),
          ...(place && { country: place.country, ...(place.area !== null && { area: place.area }) }),
          profile: effect.discreet ? 'discreet' : 'normal',
          basis: 'consent',
          addresses: [talker.from],
        },
      ]);
      return {
        ...talker,
        holders: [done!.id],
        language: language ?? talker.language,
        country: place?.country ?? talker.country,
      };
    }
    case 'change': {
      if (holders.length !== 1) return talker;
      const { language, town: place } = effect.told;
      const languages = language && [language, ...talker.languages.filter((tag) => tag !== language)].slice(0, 10);
      await changePerson(g, selfOf(organisation), await uidOf(g, holders[0]!), {
        ...(languages && { languages }),
        ...(place && { ...place, latitude: null, longitude: null }),
      });
      return {
        ...talker,
        language: language ?? talker.language,
        languages: languages || talker.languages,
        country: place?.country ?? talker.country,
      };
    }
    case 'erase': {
      for (const person of holders) await erasePerson(g, selfOf(organisation), await uidOf(g, person));
      return { ...talker, holders: [], address: await addressForLastWord(g, talker) };
    }
    case 'note': {
      const words = [
        ...(effect.town ? [showTown(effect.town, await g.catalog.names('en'))] : []),
        ...(effect.people === undefined ? [] : [`people: ${effect.people}`]),
      ];
      if (words.length > 0) await noteOnCase(g, organisation.id, effect.case, words.join('; '));
      if (effect.town && holders.length === 1 && talker.country === null) {
        const { country, area } = effect.town;
        await changePerson(g, selfOf(organisation), await uidOf(g, holders[0]!), { country, area });
      }
      return talker;
    }
  }
}

async function uidOf(g: Gateway, person: number): Promise<string> {
  const [row] = await g.store.db.select({ uid: people.uid }).from(people).where(eq(people.id, person));
  return row!.uid;
}

/** Erasing took the address along; that it is done must still be said. The sweep forgets it once that is out. */
async function addressForLastWord(g: Gateway, talker: Talker): Promise<number> {
  const keys = await g.vault.keys(talker.organisation.id);
  const now = g.clock.now();
  const value = talker.from.value;
  const [row] = await g.store.db
    .insert(addresses)
    .values({
      organisation: talker.organisation.id,
      channel: talker.from.channel,
      valueSealed: await keys.seal('address', value),
      valueIndex: await keys.index('address', identityOf(talker.from)),
      country: talker.from.country,
      stateAt: now,
      createdAt: now,
    })
    .onConflictDoUpdate({
      target: [addresses.organisation, addresses.channel, addresses.valueIndex],
      set: { stateAt: now },
    })
    .returning({ id: addresses.id });
  return row!.id;
}

/** The words of one message, in the language of the talker. */
export async function wordsOf(g: Gateway, talker: Talker, say: Say, told: Told): Promise<Words> {
  const language = told.language ?? talker.language;
  const { values, buttons } = await valuesOf(g, talker, say, told, language);
  const words = await g.catalog.reply(language, say.key, values);
  const pressed = (say.codes ?? []).map((code) => ({ label: code, data: code }));
  return { text: words.text, language: words.language, buttons: buttons ?? pressed };
}

type Values = Record<string, string | number>;

async function valuesOf(
  g: Gateway,
  talker: Talker,
  say: Say,
  told: Told,
  language: string,
): Promise<{ values: Values; buttons?: Button[] }> {
  const names = await g.catalog.names(language);
  switch (say.key) {
    case 'reg_1_lang': {
      const menu = await menuOf(g, talker);
      return { values: { langMenu: showMenu(menu) }, buttons: menuButtons(menu) };
    }
    case 'reg_2b_place':
      return { values: { place: showTown(say.towns![0]!, names) } };
    case 'ask_which_place': {
      const shown = numberedTowns(say.towns!).map(({ code, town }) => ({ data: code, label: showTown(town, names) }));
      return { values: { choices: shown.map(({ data, label }) => `${data} ${label}`).join(' ') }, buttons: shown };
    }
    case 'reg_0_hello':
      return { values: { org: talker.organisation.name } };
    case 'reg_done':
      return { values: { ref: `${talker.organisation.country}7K3M` } };
    case 'delete_confirm':
      return { values: { query: told.code! } };
    case 'start_done':
      return {
        values: {
          org: talker.organisation.name,
          place: await placeOf(g, talker, names),
          lang: languageName(names, language) ?? language,
        },
      };
    case 'data_export':
      return { values: { fields: await fieldsOf(g, talker, names) } };
    default:
      return { values: {} };
  }
}

async function placeOf(g: Gateway, talker: Talker, names: Names): Promise<string> {
  const [row] = await g.store.db
    .select({ country: people.country, area: people.area })
    .from(people)
    .where(eq(people.id, talker.holders[0] ?? 0));
  if (!row?.country) return '-';
  return showTown({ country: row.country, area: row.area }, names);
}

/** All that is held of one person, in their words. It is asked from their own phone, and nobody else shares it. */
async function fieldsOf(g: Gateway, talker: Talker, names: Names): Promise<string> {
  const person = await readPerson(g, selfOf(talker.organisation), await uidOf(g, talker.holders[0]!));
  const place = person.country === null ? null : showTown({ country: person.country, area: person.area }, names);
  return [
    person.name,
    ...person.addresses.map(({ channel, value }) => (channel === 'sms' ? value : channel)),
    place,
    person.latitude === null ? null : `${person.latitude} ${person.longitude}`,
    ...person.languages.map((tag) => languageName(names, tag) ?? tag),
    ...person.nationalities.map((code) => names.countries[code] ?? code),
    ...person.tags,
  ]
    .filter((part) => part !== null && part !== '')
    .join(', ');
}

/** So many are forgotten in one go. */
const MOST = 200;

/** Dialogues that nobody took up again; with the one that erased somebody, what said so is forgotten too. */
export async function forgetDialogues(g: Gateway): Promise<void> {
  const now = g.clock.now();
  const old = await g.store.db
    .select({ address: dialogues.address, kind: dialogues.kind, step: dialogues.step })
    .from(dialogues)
    .where(lte(dialogues.expiresAt, now))
    .limit(MOST);
  if (old.length === 0) return;
  const list = (of: typeof old) => sql`(select value from json_each(${JSON.stringify(of.map((row) => row.address))}))`;
  const ids = list(old.filter(({ kind, step }) => kind === 'erase' && step === 'done'));
  const isFree = (column: SQL | SQLiteColumn) => sql`${column} in ${ids}
    and not exists (select 1 from people_addresses pa where pa.address = ${column})
    and not exists (select 1 from cases c where c.address = ${column})`;
  await g.store.atomic((db) => [
    db
      .update(deliveries)
      .set({ state: 'cancelled', errorCode: 'erased' })
      .where(and(isFree(deliveries.address), eq(deliveries.state, 'pending'))),
    db.update(deliveries).set({ address: null }).where(isFree(deliveries.address)),
    db.delete(simulated).where(isFree(simulated.address)),
    db.delete(replies).where(isFree(replies.address)),
    db.delete(addresses).where(isFree(addresses.id)),
    db.delete(dialogues).where(sql`${dialogues.address} in ${list(old)}`),
  ]);
}
