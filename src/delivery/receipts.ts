import { and, eq, isNull, sql } from 'drizzle-orm';
import type { StatusReport } from '../channels/channel.ts';
import { deliveries } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { isLasting, markAddress, markReached } from '../people/addresses.ts';
import { isOver } from './outcome.ts';
import { parseDeliveryToken } from './token.ts';

/** States only move forward, whatever the order of receipts: a higher number never gives way to a lower one. */
const FORWARD = { sent: 1, failed: 2, delivered: 3 } as const;

/**
 * Writes what the provider says of a message of ours. Duplicates, early and late receipts change nothing
 * that is further on; a receipt with our token settles an unknown outcome, also of a row that would have
 * been tried again. The failure of a message that was replaced by a later attempt says nothing.
 * @returns false when the receipt is of no message of ours
 */
export async function settle(g: Gateway, report: StatusReport): Promise<boolean> {
  const token = report.token === undefined ? null : parseDeliveryToken(report.token);
  const { state, providerId } = deliveries;
  const mine =
    token === null
      ? eq(providerId, report.providerId)
      : and(
          eq(deliveries.id, token.id),
          eq(deliveries.nonce, token.nonce),
          report.state === 'failed'
            ? sql`coalesce(${providerId}, ${report.providerId}) = ${report.providerId}`
            : undefined,
        );
  const now = g.clock.now();
  const rank = FORWARD[report.state];
  const further = sql`coalesce(json_extract(${JSON.stringify(FORWARD)}, '$.' || ${state}), 0) >= ${rank}`;
  const errorCode = report.error ? `${report.error.code}:${report.error.reason}` : null;
  const [row] = await g.store.db
    .update(deliveries)
    .set({
      state: sql`case when ${further} then ${state} else ${report.state} end`,
      errorCode: sql`case when ${further} then ${deliveries.errorCode} else ${errorCode} end`,
      providerId: sql`coalesce(${providerId}, ${report.providerId})`,
      lookUpAt: null,
      leaseUntil: null,
      sentAt: sql`coalesce(${deliveries.sentAt}, ${now})`,
      deliveredAt: sql`case when ${report.state} = 'delivered' then coalesce(${deliveries.deliveredAt}, ${now}) else ${deliveries.deliveredAt} end`,
    })
    // what was never handed to the wire has no receipt
    .where(and(mine, sql`(${deliveries.attempts} > 0)`))
    .returning({ address: deliveries.address, state });
  if (!row) return false;
  if (row.address !== null) {
    const { code, reason = '' } = report.error ?? {};
    if (code === 'address_stopped') await markAddress(g, row.address, 'stopped', reason);
    if (code === 'address_unreachable' && row.state === 'failed' && isLasting(reason))
      await markAddress(g, row.address, 'unreachable', reason);
    if (report.state === 'delivered') await markReached(g, row.address, 'delivered');
  }
  return true;
}

/**
 * An operator's decision on what cannot be known: treat as sent, or send again.
 * @returns false when it is not indeterminate, or when its alert is over and nothing more may go out
 */
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
        as === 'resend' ? sql`(${deliveries.expiresAt} > ${g.clock.now()} and not ${isOver})` : undefined,
      ),
    )
    .returning({ sender: deliveries.sender });
  if (changed.length > 0 && as === 'resend')
    await g.outbox.wake({ type: 'dispatch', sender: changed[0]!.sender as 'sms' });
  return changed.length > 0;
}
