import { eq } from 'drizzle-orm';
import type { Context, Hono } from 'hono';
import type { AddressReport, Channel, ChannelName, Incoming, StatusReport } from '../channels/channel.ts';
import { twiml } from '../channels/twilio.ts';
import { organisations } from '../db/schema.ts';
import { count } from '../db/store.ts';
import { wakeCascades } from '../delivery/follow.ts';
import { openReceipts } from '../delivery/receipts.ts';
import type { Gateway } from '../gateway.ts';
import { markAddress } from '../people/addresses.ts';
import { findAddress } from '../people/registry.ts';
import { receive } from '../replies/receive.ts';
import type { Organisation } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Env, readText } from './endpoint.ts';

const LARGEST = 256_000;
const TWIML = twiml();

/** Signed webhooks of providers: verified, stored, answered. They are never rate-limited. */
export function mountWebhooks(app: Hono<Env>, g: Gateway): void {
  const settle = openReceipts(g);
  const twilio = async (c: Context<Env>) => {
    await work(c, g, 'sms', settle);
    return c.body(TWIML, 200, { 'Content-Type': 'text/xml; charset=utf-8' });
  };
  app.post('/webhooks/twilio/messages', twilio);
  app.post('/webhooks/twilio/status', twilio);
  app.post('/webhooks/telegram', async (c) => c.json({ ok: true, ...(await work(c, g, 'telegram', settle)) }));
}

async function work(
  c: Context<Env>,
  g: Gateway,
  name: ChannelName,
  settle: ReturnType<typeof openReceipts>,
): Promise<{ ignored?: string }> {
  const channel = g.senders.get(name);
  if (!channel?.receive) throw new Refusal('wrong_signature', 'This channel has no settings.');
  const url = new URL(c.req.url);
  const received = await channel.receive({
    method: c.req.method,
    url: `${g.config.publicUrl}${url.pathname}${url.search}`,
    headers: c.req.header(),
    body: await readText(c, LARGEST),
  });
  for (const one of received)
    if (one.kind === 'refused') {
      g.log.warning('webhook refused', { channel: name, status: one.status, why: one.why });
      await count(g.store, `webhook_refused_${name}_${one.status}`);
      if (one.status === 401) throw new Refusal('unauthorized', one.why);
      throw new Refusal(one.status === 400 ? 'malformed' : 'wrong_signature', one.why);
    }
  let ignored: string | undefined;
  for (const one of received) {
    let why: string | undefined;
    if (one.kind === 'ignored') why = one.why;
    else if (one.kind === 'status') why = await note(g, settle, one);
    else if (one.kind !== 'refused') why = await hear(g, channel, name, one);
    ignored ??= why;
  }
  return ignored === undefined ? {} : { ignored };
}

async function note(g: Gateway, settle: ReturnType<typeof openReceipts>, report: StatusReport) {
  if (!(await settle(report))) return 'no such message';
  if (report.state === 'failed') await wakeCascades(g);
  return undefined;
}

/** What people say and do: it belongs to the organisation of this sender. */
async function hear(
  g: Gateway,
  channel: Channel,
  name: ChannelName,
  one: Incoming | AddressReport,
): Promise<string | undefined> {
  const organisation = await firstOrganisation(g);
  if (!organisation) return 'not set up';
  if (one.kind === 'address') {
    const address = await findAddress(g, organisation.id, { channel: name, value: one.from, country: null });
    if (address) await markAddress(g, address.id, one.state, 'provider');
    return undefined;
  }
  const { fresh } = await receive(g, organisation, name, one);
  await acknowledge(g, channel, one);
  return fresh ? undefined : 'known already';
}

/** A pressed button stops turning at once; that it could not be told changes nothing. */
async function acknowledge(g: Gateway, channel: Channel, incoming: Incoming): Promise<void> {
  if (!incoming.acknowledge || !channel.acknowledge) return;
  try {
    await channel.acknowledge(incoming.acknowledge, '', g.wire);
  } catch (error) {
    g.log.info('button not acknowledged', { kind: error instanceof Error ? error.name : 'unknown' });
  }
}

/** The settings' senders belong to the organisation that was set up first (DESIGN section 10, Senders). */
async function firstOrganisation(g: Gateway): Promise<Organisation | undefined> {
  const [row] = await g.store.db.select().from(organisations).where(eq(organisations.first, true));
  return row;
}
