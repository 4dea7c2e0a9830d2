import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { SendErrorCode, StatusReport } from '../channels/channel.ts';
import { addresses, deliveries } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { type AddressNews, isLasting, noteNews } from '../people/addresses.ts';
import { gather } from './gather.ts';
import { isOver } from './outcome.ts';
import { parseDeliveryToken } from './token.ts';

/** States only move forward, whatever the order of receipts: a higher number never gives way to a lower one. */
const FORWARD = { sent: 1, failed: 2, delivered: 3 } as const;
/** One commit holds no more: a longer one would keep the dispatcher waiting. */
const MOST_TOGETHER = 500;

/** One receipt as the statement reads it. */
interface Receipt {
  byToken: boolean;
  /** of its token; 0, which is no row, when it has none that can be read */
  id: number;
  nonce: number;
  providerId: string;
  state: StatusReport['state'];
  rank: number;
  code: SendErrorCode | null;
  reason: string;
}

/**
 * Takes receipts one by one. On Node those that arrive in the same turn of the event loop are one commit, and each
 * is answered when it is on the disk. A Worker may not wait for what another request has begun
 * (https://developers.cloudflare.com/workers/observability/errors/#cannot-perform-io-on-behalf-of-a-different-request),
 * so there each receipt is a statement of its own.
 * @returns what `settle` says of one receipt
 */
export function openReceipts(g: Gateway): (report: StatusReport) => Promise<boolean> {
  if (g.home === 'workers') return async (report) => (await settle(g, [report]))[0]!;
  return gather(g.clock, MOST_TOGETHER, (reports) => settle(g, reports));
}

/**
 * Writes what the provider says of messages of ours, as if the receipts came one after the other in this order.
 * Duplicates, early and late receipts change nothing that is further on; a receipt with our token settles an unknown
 * outcome, also of a row that would have been tried again. The failure of a message that was replaced by a later
 * attempt says nothing.
 * @returns for each receipt, false when it is of no message of ours
 */
export async function settle(g: Gateway, reports: readonly StatusReport[]): Promise<boolean[]> {
  const known: boolean[] = [];
  for (let rest = reports.map(read); rest.length > 0; ) {
    const together = inOneStatement(rest);
    known.push(...(await settleTogether(g, together)));
    rest = rest.slice(together.length);
  }
  return known;
}

/** The first of them that surely are of different messages: one statement changes a row once. */
function inOneStatement(receipts: readonly Receipt[]): readonly Receipt[] {
  const rows = new Set<string | number>();
  const [first] = receipts;
  const end = receipts.findIndex(({ byToken, id, providerId }) => {
    const row = byToken ? id : providerId;
    // a row may be named in both ways, and only the database knows it
    if (byToken !== first!.byToken || rows.has(row)) return true;
    rows.add(row);
    return false;
  });
  return end < 0 ? receipts : receipts.slice(0, end);
}

async function settleTogether(g: Gateway, receipts: readonly Receipt[]): Promise<boolean[]> {
  const [{ byToken }] = receipts as [Receipt];
  const get = (name: keyof Receipt): SQL => sql.raw(`(j.value ->> '${name}')`);
  const { state, providerId } = deliveries;
  const mine = byToken
    ? sql`${deliveries.id} = ${get('id')} and ${deliveries.nonce} = ${get('nonce')}
          and (${get('state')} <> 'failed' or coalesce(${providerId}, ${get('providerId')}) = ${get('providerId')})`
    : sql`${providerId} = ${get('providerId')}`;
  const now = g.clock.now();
  const ranks = Object.entries(FORWARD).map(([name, rank]) => `when '${name}' then ${rank}`);
  const further = sql`case ${state} ${sql.raw(ranks.join(' '))} else 0 end >= ${get('rank')}`;
  const rows = await g.store.db
    .update(deliveries)
    .set({
      state: sql`case when ${further} then ${state} else ${get('state')} end`,
      errorCode: sql`case when ${further} then ${deliveries.errorCode} else ${get('code')} || ':' || ${get('reason')} end`,
      providerId: sql`coalesce(${providerId}, ${get('providerId')})`,
      lookUpAt: null,
      leaseUntil: null,
      sentAt: sql`coalesce(${deliveries.sentAt}, ${now})`,
      deliveredAt: sql`case when ${get('state')} = 'delivered' then coalesce(${deliveries.deliveredAt}, ${now}) else ${deliveries.deliveredAt} end`,
    })
    .from(sql`json_each(${JSON.stringify(receipts)}) j`)
    // what was never handed to the wire has no receipt
    .where(sql`${mine} and ${deliveries.attempts} > 0`)
    .returning({
      id: deliveries.id,
      providerId: sql<string>`${providerId}`,
      state,
      address: deliveries.address,
      standing: sql<string | null>`(select a.state from ${addresses} a where a.id = ${sql.raw('deliveries.address')})`,
    });
  const found = new Map(rows.map((row) => [byToken ? row.id : row.providerId, row]));
  const changed = receipts.map((receipt) => found.get(byToken ? receipt.id : receipt.providerId));
  await noteNews(g, newsOf(receipts, changed));
  return changed.map((row) => row !== undefined);
}

function read({ token, providerId, state, error }: StatusReport): Receipt {
  const { id, nonce } = (token === undefined ? null : parseDeliveryToken(token)) ?? { id: 0, nonce: 0 };
  const { code = null, reason = '' } = error ?? {};
  return { byToken: token !== undefined, id, nonce, providerId, state, rank: FORWARD[state], code, reason };
}

interface Changed {
  id: number;
  state: string;
  address: number | null;
  /** of the address, before these receipts */
  standing: string | null;
}

/** What the receipts say of the addresses themselves, in their order. Most say nothing new. */
function newsOf(receipts: readonly Receipt[], changed: readonly (Changed | undefined)[]): AddressNews[] {
  const news: AddressNews[] = [];
  const unreachable = new Set(changed.flatMap((row) => (row?.standing === 'unreachable' ? [row.address] : [])));
  for (const [i, { state, code, reason }] of receipts.entries()) {
    const row = changed[i];
    if (!row || row.address === null) continue;
    if (code === 'address_stopped') news.push({ id: row.address, is: 'stopped', reason });
    if (code === 'address_unreachable' && row.state === 'failed' && isLasting(reason)) {
      news.push({ id: row.address, is: 'unreachable', reason, delivery: row.id });
      unreachable.add(row.address);
    }
    if (state === 'delivered' && unreachable.delete(row.address))
      news.push({ id: row.address, is: 'reached', reason: 'delivered' });
  }
  return news;
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
