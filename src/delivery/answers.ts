import { sql } from 'drizzle-orm';
import type { Button, ChannelName } from '../channels/channel.ts';
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

/**
 * The questions of a dialogue follow at once on each answer, so they have bounds of their own: a registration is
 * eight of them. They do not use up what other answers may be given.
 */
const STEPS_IN_A_WHILE = 12;
const A_WHILE_MS = 600_000;
const STEPS_A_DAY = 30;

/** `always` for the first acknowledgement of a cry for help, `step` for a question of a dialogue. */
export type Pace = 'limited' | 'step' | 'always';

/** What `deliveries.step` says of an answer: alerts count their cascade there. */
const STEP = { limited: 0, always: 0, step: 1 } as const;

export interface AnswerTo {
  organisation: Organisation;
  channel: ChannelName;
  address: number;
  person: number | null;
}

/**
 * Queues one message to one address, ahead of all alerts, in the same ledger.
 * @returns false when the limits hold it back, or the channel is off
 */
export async function answer(
  g: Gateway,
  to: AnswerTo,
  words: { text: string; language: string; buttons?: Button[] },
  pace: Pace = 'limited',
): Promise<boolean> {
  const sender = senderFor(to.organisation, to.channel, g.senders);
  if (sender === 'off') return false;
  const now = g.clock.now();
  if (pace !== 'always' && (await isEnough(g, to.address, now, pace))) return false;
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
    step: STEP[pace],
    language: words.language,
    languageReason: 'own',
    rank: LANES.answer,
    state: 'pending',
    bodySealed: await keys.seal('answer', writeBody(words)),
    expiresAt: now + ANSWER_LIFE_MS,
    createdAt: now,
  });
  await g.outbox.wake({ type: 'dispatch', sender });
  return true;
}

async function isEnough(g: Gateway, address: number, now: number, pace: 'limited' | 'step'): Promise<boolean> {
  const [sent] = await rows<{ n: number; lately: number; latest: number | null }>(
    g.store,
    sql`select count(*) as n, sum(created_at > ${now - A_WHILE_MS}) as lately, max(created_at) as latest from ${deliveries}
        where address = ${address} and alert is null and step = ${STEP[pace]} and created_at > ${now - 86_400_000}`,
  );
  if (pace === 'step') return sent!.n >= STEPS_A_DAY || (sent!.lately ?? 0) >= STEPS_IN_A_WHILE;
  return sent!.n >= A_DAY || (sent!.latest ?? 0) > now - BETWEEN_MS;
}

/** Words, and what can be pressed below them, as they are sealed. */
function writeBody(words: { text: string; buttons?: Button[] }): string {
  return JSON.stringify({ text: words.text, ...(words.buttons?.length && { buttons: words.buttons }) });
}

/** Reads what an answer's `bodySealed` held. */
export function readBody(body: string): { text: string; buttons: Button[] } {
  return { buttons: [], ...JSON.parse(body) };
}
