import { and, asc, eq, isNull, lte } from 'drizzle-orm';
import type { ChannelName, Incoming } from '../channels/channel.ts';
import { replies } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { numberCountry } from '../text/phone.ts';
import type { Organisation } from '../trust/operators.ts';
import { understand } from './understand.ts';

/** What came with a message beside its text. */
export interface Extra {
  location?: { latitude: number; longitude: number };
  startToken?: string;
  languageHint?: string;
  button?: boolean;
}

/**
 * Stores a message before it is understood (promise 2), once for each provider id, then understands it.
 * What fails after storing is found by the sweep.
 * @returns whether it was new
 */
export async function receive(
  g: Gateway,
  organisation: Organisation,
  channel: ChannelName,
  incoming: Incoming,
): Promise<{ fresh: boolean }> {
  const keys = await g.vault.keys(organisation.id);
  const extra: Extra = {
    ...(incoming.location && { location: incoming.location }),
    ...(incoming.startToken && { startToken: incoming.startToken }),
    ...(incoming.languageHint && { languageHint: incoming.languageHint }),
    ...(incoming.acknowledge && { button: true }),
  };
  const now = g.clock.now();
  const [stored] = await g.store.db
    .insert(replies)
    .values({
      uid: g.ids.next('rep'),
      organisation: organisation.id,
      channel,
      providerId: incoming.id,
      fromSealed: await keys.seal('address', incoming.from),
      textSealed: await keys.seal('reply', incoming.text),
      extraSealed: Object.keys(extra).length > 0 ? await keys.seal('reply', JSON.stringify(extra)) : null,
      receivedAt: now,
    })
    .onConflictDoNothing()
    .returning({ id: replies.id });
  if (!stored) return { fresh: false };
  const country = channel === 'sms' ? numberCountry(incoming.from) : null;
  try {
    await understand(g, stored.id, {
      organisation,
      from: { channel, value: incoming.from, country },
      text: incoming.text,
      extra,
      at: now,
    });
  } catch (error) {
    // it is stored: the sweep tries again, and a person can read it meanwhile
    g.log.error('reply not understood yet', {
      reply: stored.id,
      kind: error instanceof Error ? error.name : 'unknown',
    });
  }
  return { fresh: true };
}

/** The request that stored a reply understands it itself, if it lives: nobody else tries before. */
const OWN_MS = 15_000;
/** What cannot be understood for so long is left to a person, and no longer stands before the others. */
const GIVEN_UP_MS = 600_000;

/** Understands what was stored and never was: a process died in between. One that fails does not hold up the others. */
export async function understandWaiting(
  g: Gateway,
  organisationOf: (id: string) => Promise<Organisation>,
): Promise<number> {
  const now = g.clock.now();
  const waiting = await g.store.db
    .select()
    .from(replies)
    .where(and(isNull(replies.understoodAt), lte(replies.receivedAt, now - OWN_MS)))
    .orderBy(asc(replies.id))
    .limit(50);
  for (const row of waiting) {
    try {
      const keys = await g.vault.keys(row.organisation);
      const value = await keys.open('address', row.fromSealed);
      const channel = row.channel as ChannelName;
      await understand(g, row.id, {
        organisation: await organisationOf(row.organisation),
        from: { channel, value, country: channel === 'sms' ? numberCountry(value) : null },
        text: await keys.open('reply', row.textSealed),
        extra: row.extraSealed === null ? {} : JSON.parse(await keys.open('reply', row.extraSealed)),
        at: row.receivedAt,
      });
    } catch (error) {
      g.log.error('reply not understood yet', { reply: row.id, kind: error instanceof Error ? error.name : 'unknown' });
      if (row.receivedAt <= now - GIVEN_UP_MS)
        await g.store.db
          .update(replies)
          .set({ meaning: 'unclear', understoodAt: now })
          .where(and(eq(replies.id, row.id), isNull(replies.understoodAt)));
    }
  }
  return waiting.length;
}
