import { sql } from 'drizzle-orm';
import type { ChannelName } from '../channels/channel.ts';
import { senderFor } from '../channels/index.ts';
import { deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { Organisation } from '../trust/operators.ts';
import { LANES } from './plan.ts';

/** An answer that could not be sent for a day helps nobody. */
const ANSWER_LIFE_MS = 24 * 3_600_000;

/** Playbook 4.6: one automatic answer in 15 s and six a day for each address; a fresh cry for help is always acknowledged. */
const BETWEEN_MS = 15_000;
const A_DAY = 6;

export interface AnswerTo {
  organisation: Organisation;
  channel: ChannelName;
  address: number;
  person: number | null;
}

/**
 * Queues one message to one address, ahead of all alerts, in the same ledger.
 * @param always set for the first acknowledgement of a cry for help
 * @returns false when the limits hold it back, or the channel is off
 */
export async function answer(
  g: Gateway,
  to: AnswerTo,
  words: { text: string; language: string },
  always = false,
): Promise<boolean> {
  const sender = senderFor(to.organisation, to.channel, g.senders);
  if (sender === 'off') return false;
  const now = g.clock.now();
  if (!always && (await isEnough(g, to.address, now))) return false;
  const keys = await g.vault.keys(to.organisation.id);
  await g.store.db.insert(deliveries).values({
    nonce: sql`random() & 9007199254740991`,
    organisation: to.organisation.id,
    alert: null,
    person: to.person,
    address: to.address,
    target: to.address,
    channel: to.channel,
    sender,
    language: words.language,
    languageReason: 'own',
    rank: LANES.answer,
    state: 'pending',
    bodySealed: await keys.seal('answer', words.text),
    expiresAt: now + ANSWER_LIFE_MS,
    createdAt: now,
  });
  await g.outbox.wake({ type: 'dispatch', sender });
  return true;
}

async function isEnough(g: Gateway, address: number, now: number): Promise<boolean> {
  const [sent] = await rows<{ n: number; latest: number | null }>(
    g.store,
    sql`select count(*) as n, max(created_at) as latest from ${deliveries}
        where address = ${address} and alert is null and created_at > ${now - 86_400_000}`,
  );
  return sent!.n >= A_DAY || (sent!.latest ?? 0) > now - BETWEEN_MS;
}
