import { and, eq, inArray, sql } from 'drizzle-orm';
import { type AlertRow, readParameters } from '../alerts/alert.ts';
import { ledgerStep } from '../alerts/ladder.ts';
import { smsFor } from '../alerts/sms.ts';
import type { Button, Outgoing } from '../channels/channel.ts';
import type { SenderName } from '../channels/index.ts';
import { alerts, alertTexts, deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { RenderedText } from '../text/render.ts';
import { direction } from '../text/tags.ts';
import { eventClock, zoneLine } from '../text/zones.ts';
import type { Keys } from '../trust/vault.ts';
import { readBody } from './answers.ts';
import { deliveryToken } from './token.ts';

/** A claimed ledger row with what sending it needs. */
export interface Claimed {
  id: number;
  nonce: number;
  organisation: string;
  alert: number | null;
  person: number | null;
  address: number;
  channel: 'sms' | 'telegram' | 'push';
  step: number;
  language: string;
  rank: number;
  attempts: number;
  expiresAt: number;
  bodySealed: string | null;
  /** null when the address was forgotten since */
  value: string | null;
  /** of the number; of the person where the address has none */
  country: string | null;
  discreet: number;
}

/** What of a ledger row sending needs, for `returning`. */
export const forSending = {
  id: deliveries.id,
  nonce: deliveries.nonce,
  organisation: deliveries.organisation,
  alert: deliveries.alert,
  person: deliveries.person,
  address: sql<number>`address`,
  channel: sql<'sms'>`channel`,
  step: deliveries.step,
  language: deliveries.language,
  rank: deliveries.rank,
  attempts: deliveries.attempts,
  expiresAt: deliveries.expiresAt,
  bodySealed: deliveries.bodySealed,
  value: sql<string | null>`(select a.value_sealed from addresses a where a.id = deliveries.address)`,
  country: sql<string | null>`coalesce((select a.country from addresses a where a.id = deliveries.address),
    (select coalesce(p.country, case when p.area glob '[A-Z][A-Z]-*' then substr(p.area, 1, 2) end)
       from people p where p.id = deliveries.person and deliveries.channel <> 'sms'))`,
  // on a phone that is shared, the one who must not be seen counts
  discreet: sql<number>`exists (select 1 from people_addresses h join people p on p.id = h.person
    where h.address = deliveries.address and p.profile = 'discreet')`,
};

/** The step that asks again in few words. */
const FLASH = ledgerStep(2);

/** The words of one group of deliveries: alert, language, channel, country and discretion are equal. */
interface Wording {
  text: string;
  heading: string;
  language: string;
  ref: string;
  chain: string;
  urgency: Outgoing['urgency'];
  buttons: Button[];
  asksCheckIn: boolean;
  corrects: boolean;
}

export interface Wordings {
  /** the complete message for one claimed row */
  compose(row: Claimed, now: number): Promise<Outgoing>;
}

/** Words are made once for each group and kept: the texts of an approved alert are frozen. */
export function openWordings(g: Gateway, sender: SenderName): Wordings {
  const groups = new Map<string, Promise<Wording & Pick<Outgoing, 'direction'>>>();
  const loaded = new Map<number, Promise<AlertRow>>();

  const alertOf = (id: number) => {
    let alert = loaded.get(id);
    if (!alert) {
      alert = Promise.resolve(g.store.db.select().from(alerts).where(eq(alerts.id, id))).then(([row]) => row!);
      loaded.set(id, alert);
    }
    return alert;
  };

  return {
    async compose(row, now) {
      const keys = await g.vault.keys(row.organisation);
      const to = await keys.open('address', row.value!);
      const token = deliveryToken(row);
      const common = {
        token,
        to,
        now,
        expires: row.expiresAt,
        statusUrl: `${g.config.publicUrl}/webhooks/twilio/status?t=${token}`,
      };
      if (row.alert === null) return { ...common, ...(await composeAnswer(g, keys, row)) };
      const key = `${row.alert}|${row.language}|${row.channel}|${row.country}|${row.discreet}|${row.step === FLASH}`;
      let group = groups.get(key);
      if (!group) {
        if (groups.size > 2000) groups.clear();
        group = alertOf(row.alert).then(async (alert) => {
          const words = await wordAlert(g, alert, row, sender);
          return { ...words, direction: direction(words.language) };
        });
        groups.set(key, group);
        group.catch(() => groups.delete(key));
      }
      const words = await group;
      const link = row.channel === 'push' ? linkOf(g, words, token) : undefined;
      return {
        ...common,
        text: words.text,
        heading: words.heading,
        language: words.language,
        direction: words.direction,
        ref: words.ref,
        chain: words.chain,
        urgency: words.urgency,
        buttons: words.buttons,
        ...(link !== undefined && { link }),
        ...(words.corrects && row.channel === 'telegram' && (await formerMessage(g, keys, row, words.language))),
      };
    },
  };
}

function linkOf(g: Gateway, words: Wording, token: string): string {
  return words.asksCheckIn ? `${g.config.publicUrl}/check-in/${token}` : `${g.config.publicUrl}/check/${words.ref}`;
}

async function wordAlert(g: Gateway, alert: AlertRow, row: Claimed, sender: SenderName): Promise<Wording> {
  const keys = await g.vault.keys(alert.organisation);
  const stored = await g.store.db
    .select()
    .from(alertTexts)
    .where(and(eq(alertTexts.alert, alert.id), inArray(alertTexts.language, [row.language, 'en'])));
  const texts: Record<string, RenderedText> = {};
  for (const { language, textsSealed } of stored) texts[language] = JSON.parse(await keys.open('texts', textsSealed));
  if (row.step === FLASH)
    for (const text of Object.values(texts)) Object.assign(text, { full: text.flash, sms: text.flash });
  const own = texts[row.language]!;
  const [chain] =
    alert.chain === null
      ? [alert]
      : await g.store.db.select({ ref: alerts.ref }).from(alerts).where(eq(alerts.id, alert.chain));
  const bilingual = alert.languagePolicy === 'bilingual' && row.language !== 'en' ? texts.en : undefined;
  const known = new Set(await g.catalog.languages());
  const speaks = known.has(row.language) ? row.language : 'en';
  const clock = eventClock(await readParameters(g, alert));
  const common = {
    heading: row.discreet ? '' : own.event,
    language: row.language,
    ref: alert.ref,
    chain: chain!.ref,
    urgency: alert.urgency as Outgoing['urgency'],
    asksCheckIn: alert.asksCheckIn,
    // who is told in their own language at last was told nothing wrong
    corrects: alert.former !== null && !alert.adds,
  };
  if (row.channel === 'sms') {
    const chosen = await smsFor(
      g,
      texts,
      { language: row.language, country: row.country, discreet: row.discreet === 1 },
      {
        asks: alert.asksCheckIn,
        bilingual: alert.languagePolicy === 'bilingual',
        simulated: sender === 'simulator',
        clock,
      },
    );
    return { ...common, language: chosen.language, text: chosen.text, buttons: [] };
  }
  const fullOf = async (text: RenderedText, tag: string) => {
    const full = row.discreet ? (text.neutral ?? text.full) : text.full;
    const zone = zoneLine(await g.catalog.names(tag), clock, row.country, full, 'named');
    return zone ? `${full}\n${zone}` : full;
  };
  const buttons: Button[] = alert.asksCheckIn
    ? [
        { label: await g.catalog.word(speaks, 'button_safe'), data: `1 ${alert.ref}` },
        { label: await g.catalog.word(speaks, 'button_help'), data: `2 ${alert.ref}` },
      ]
    : [];
  const text = await fullOf(own, row.language);
  return { ...common, text: bilingual ? `${text}\n\n${await fullOf(bilingual, 'en')}` : text, buttons };
}

async function composeAnswer(g: Gateway, keys: Keys, row: Claimed) {
  const { text, buttons } = readBody(await keys.open('answer', row.bodySealed!));
  return {
    text,
    heading: '',
    language: row.language,
    direction: direction(row.language),
    ref: '',
    // an answer replaces only an earlier answer on a lock screen, never an alert
    chain: `answer-${row.address.toString(36)}`,
    urgency: 'Immediate' as const,
    buttons: row.channel === 'telegram' ? buttons : [],
    link: row.channel === 'push' ? g.config.publicUrl : undefined,
  } satisfies Partial<Outgoing> as Omit<Outgoing, 'token' | 'to' | 'now' | 'expires' | 'statusUrl'>;
}

/** The message of the former alert in this chat, to be struck out (TG-3). */
async function formerMessage(g: Gateway, keys: Keys, row: Claimed, language: string) {
  const [former] = await rows<{ provider_id: string; alert: number; language: string }>(
    g.store,
    sql`select provider_id, alert, language from ${deliveries}
        where address = ${row.address} and alert is not null and alert <> ${row.alert} and provider_id is not null
          and alert in (select a.id from ${alerts} a, ${alerts} mine where mine.id = ${row.alert}
                        and (a.id = mine.chain or a.chain = mine.chain))
        order by id desc limit 1`,
  );
  if (!former) return {};
  const [text] = await g.store.db
    .select({ sealed: alertTexts.textsSealed })
    .from(alertTexts)
    .where(sql`${alertTexts.alert} = ${former.alert} and ${alertTexts.language} = ${former.language}`);
  if (!text) return {};
  const known = new Set(await g.catalog.languages());
  const withdrawn = await g.catalog.word(known.has(language) ? language : 'en', 'withdrawn');
  const { full } = JSON.parse(await keys.open('texts', text.sealed)) as RenderedText;
  return { replaces: former.provider_id, replacesText: `${withdrawn}\n${full}` };
}
