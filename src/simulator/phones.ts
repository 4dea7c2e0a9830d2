import { and, eq, sql } from 'drizzle-orm';
import type { Outgoing } from '../channels/channel.ts';
import type { SimulatedPhones } from '../channels/simulator.ts';
import { deliveries, simulated } from '../db/schema.ts';
import type { Store } from '../db/store.ts';
import { parseDeliveryToken } from '../delivery/token.ts';
import type { Clock } from '../gateway.ts';
import type { Vault } from '../trust/vault.ts';

/** What a simulated phone shows of one message. */
export interface PhoneMessage {
  text: string;
  heading: string;
  language: string;
  direction: 'ltr' | 'rtl';
  buttons: { label: string; data: string }[];
  link?: string;
}

/** Simulated phones in the database: what they got is sealed like everything that was said. */
export function openPhones(store: Store, vault: Vault, clock: Clock): SimulatedPhones {
  return {
    async put(message: Outgoing) {
      const token = parseDeliveryToken(message.token)!;
      const [row] = await store.db
        .select({ organisation: deliveries.organisation, address: deliveries.address })
        .from(deliveries)
        .where(and(eq(deliveries.id, token.id), eq(deliveries.nonce, token.nonce)));
      if (!row || row.address === null) return;
      const { text, heading, language, direction, buttons, link } = message;
      const shown: PhoneMessage = { text, heading, language, direction, buttons, ...(link !== undefined && { link }) };
      const keys = await vault.keys(row.organisation);
      await store.db
        .insert(simulated)
        .values({
          organisation: row.organisation,
          address: row.address,
          delivery: token.id,
          direction: 'to_person',
          messageSealed: await keys.seal('simulated', JSON.stringify(shown)),
          at: clock.now(),
        })
        .onConflictDoNothing();
    },
  };
}

/** Notes on a phone what its owner wrote, so that it shows both sides. */
export async function noteWritten(
  g: { store: Store; vault: Vault; clock: Clock },
  organisation: string,
  address: number,
  text: string,
): Promise<void> {
  const keys = await g.vault.keys(organisation);
  const shown: PhoneMessage = { text, heading: '', language: 'und', direction: 'ltr', buttons: [] };
  await g.store.db.insert(simulated).values({
    organisation,
    address,
    direction: 'from_person',
    messageSealed: await keys.seal('simulated', JSON.stringify(shown)),
    at: g.clock.now(),
  });
}

/** Addresses of an organisation that have a simulated message, with how many. */
export async function busyPhones(
  g: { store: Store },
  organisation: string,
  limit: number,
): Promise<{ address: number; n: number }[]> {
  return g.store.db
    .select({ address: simulated.address, n: sql<number>`count(*)` })
    .from(simulated)
    .where(eq(simulated.organisation, organisation))
    .groupBy(simulated.address)
    .orderBy(sql`max(${simulated.id}) desc`)
    .limit(limit);
}
