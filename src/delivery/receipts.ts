import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { StatusReport } from '../channels/channel.ts';
import { deliveries } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress } from '../people/addresses.ts';
import { parseDeliveryToken } from './token.ts';

/** States only move forward, whatever the order of receipts: a higher number never gives way to a lower one. */
const FORWARD = { sent: 1, failed: 2, delivered: 3 } as const;

/**
 * Writes what the provider says of a message of ours. Duplicates, early and late receipts change nothing
 * that is further on; a receipt with our token settles an unknown outcome.
 * @returns false when the receipt is of no message of ours
 */
export async function settle(g: Gateway, report: StatusReport): Promise<boolean> {
  const token = report.token === undefined ? null : parseDeliveryToken(report.token);
  const mine =
    token === null
      ? eq(deliveries.providerId, report.providerId)
      : and(eq(deliveries.id, token.id), eq(deliveries.nonce, token.nonce));
  const now = g.clock.now();
  const behind = Object.entries(FORWARD)
    .filter(([, rank]) => rank >= FORWARD[report.state])
    .map(([state]) => state);
  const errorCode = report.error ? `${report.error.code}:${report.error.reason}` : null;
  const [row] = await g.store.db
    .update(deliveries)
    .set({
      state: sql`case when ${deliveries.state} in (select value from json_each(${JSON.stringify(behind)})) then ${deliveries.state} else ${report.state} end`,
      errorCode: sql`case when ${report.state} = 'failed' and ${deliveries.state} <> 'delivered' then ${errorCode}
                         when ${report.state} = 'delivered' then null else ${deliveries.errorCode} end`,
      providerId: sql`coalesce(${deliveries.providerId}, ${report.providerId})`,
      lookUpAt: null,
      leaseUntil: null,
      sentAt: sql`coalesce(${deliveries.sentAt}, ${now})`,
      deliveredAt: sql`case when ${report.state} = 'delivered' then coalesce(${deliveries.deliveredAt}, ${now}) else ${deliveries.deliveredAt} end`,
    })
    .where(and(mine, inArray(deliveries.state, ['sending', 'sent', 'delivered', 'failed', 'indeterminate', 'pending'])))
    .returning({
      id: deliveries.id,
      address: deliveries.address,
      state: deliveries.state,
      providerId: deliveries.providerId,
    });
  if (!row) return false;
  if (report.error && row.address !== null) {
    const { code, reason } = report.error;
    if (code === 'address_stopped') await markAddress(g, row.address, 'stopped', reason);
    if (code === 'address_unreachable' && row.state === 'failed')
      await markAddress(g, row.address, 'unreachable', reason);
  }
  return true;
}

/** An operator's decision on what cannot be known: treat as sent, or send again. @returns false when it is not indeterminate */
export async function resolve(
  g: Gateway,
  organisation: string,
  token: string,
  as: 'sent' | 'resend',
): Promise<boolean> {
  const parsed = parseDeliveryToken(token);
  if (!parsed) return false;
  const changed = await g.store.db
    .update(deliveries)
    .set(
      as === 'sent'
        ? { state: 'sent', errorCode: null, sentAt: sql`coalesce(${deliveries.sentAt}, ${deliveries.attemptedAt})` }
        : { state: 'pending', errorCode: null, dueAt: 0, lookUpAt: null },
    )
    .where(
      and(
        eq(deliveries.id, parsed.id),
        eq(deliveries.nonce, parsed.nonce),
        eq(deliveries.organisation, organisation),
        eq(deliveries.state, 'indeterminate'),
        isNull(deliveries.deliveredAt),
      ),
    )
    .returning({ sender: deliveries.sender });
  if (changed.length > 0 && as === 'resend')
    await g.outbox.wake({ type: 'dispatch', sender: changed[0]!.sender as 'sms' });
  return changed.length > 0;
}
