import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/channels/channel.ts';
import { rows } from '../../src/db/store.ts';
import { openReceipts, settle } from '../../src/delivery/receipts.ts';
import { deliveryToken } from '../../src/delivery/token.ts';
import { noteNews } from '../../src/people/addresses.ts';
import { reader, stage, words } from './stage.ts';

/** What a receipt says, in the words of Twilio's errors. */
const SAYS = {
  sent: { state: 'sent' },
  delivered: { state: 'delivered' },
  off: { state: 'failed', error: { code: 'address_unreachable', reason: '30003' } },
  gone: { state: 'failed', error: { code: 'address_unreachable', reason: '30005' } },
  stop: { state: 'failed', error: { code: 'address_stopped', reason: '21610' } },
  filtered: { state: 'failed', error: { code: 'message_invalid', reason: '30007' } },
} as const satisfies Record<string, Pick<StatusReport, 'state' | 'error'>>;
type Said = keyof typeof SAYS;

/** How each of five messages stands when the receipts come. */
const STANDS = [
  // its outcome is not written yet: the receipt is early
  { state: 'sending', attempts: 1, providerId: null, knownBy: ['token'] },
  { state: 'sent', attempts: 1, providerId: 'SM-1', knownBy: ['token', 'id'] },
  // the second attempt: a first one is still spoken of
  { state: 'sent', attempts: 2, providerId: 'SM-2', knownBy: ['token', 'id', 'former'] },
  // looked for in vain, and about to be sent again
  { state: 'pending', attempts: 1, providerId: null, knownBy: ['token'] },
  // never handed to the wire
  { state: 'pending', attempts: 0, providerId: null, knownBy: [] },
] as const;
type By = 'token' | 'id' | 'former' | 'wrong nonce' | 'nobody';

interface Told {
  row: number;
  by: By;
  says: Said;
}

interface Ledger {
  id: number;
  nonce: number;
  address: number;
}

/** Five readers with a message each, and a second alert that waits for all of them, in the same order. */
async function told() {
  const s = await stage();
  await s.people(...['si', 'ar', 'th', 'ja', 'en'].map((language, i) => reader(i + 1, language)));
  await s.planned(words('60'));
  await s.planned(words('61'));
  const ledger = await rows<Ledger>(s.g.store, sql`select id, nonce, address from deliveries order by alert, target`);
  const former = ledger.slice(0, 5);
  const reset = async (oneAddress: boolean) => {
    await s.g.store.db.run(sql`update addresses set state = 'active', state_reason = null, state_at = 0`);
    await s.g.store.db.run(sql`update deliveries set state = 'pending', error_code = null`);
    for (const [i, { state, attempts, providerId }] of STANDS.entries())
      await s.g.store.db.run(sql`update deliveries set state = ${state}, attempts = ${attempts}, provider_id = ${providerId},
        sent_at = null, delivered_at = null, lease_until = 9e15, look_up_at = 5, address = ${former[oneAddress ? 0 : i]!.address} where id = ${former[i]!.id}`);
  };
  const report = ({ row, by, says }: Told): StatusReport => {
    const { id, nonce } = former[row]!;
    const own = STANDS[row]!.providerId ?? `SM-${row}`;
    const token = by === 'wrong nonce' ? deliveryToken({ id, nonce: nonce + 1 }) : deliveryToken({ id, nonce });
    return {
      kind: 'status',
      providerId: by === 'former' ? `SM-of-the-first-attempt-${row}` : by === 'nobody' ? 'SM-of-nobody' : own,
      ...(by !== 'id' && by !== 'nobody' && { token }),
      ...SAYS[says],
    };
  };
  const snapshot = async () => ({
    deliveries: await rows<{ state: string; errorCode: string | null; providerId: string | null }>(
      s.g.store,
      sql`select state, error_code as "errorCode", provider_id as "providerId", lease_until as lease, look_up_at as look,
            sent_at as sent, delivered_at as delivered from deliveries order by alert, target`,
    ),
    addresses: await rows<{ state: string }>(
      s.g.store,
      sql`select state, state_reason as reason from addresses order by id`,
    ),
  });
  return { s, reset, report, snapshot };
}

const event = fc.record<Told>({
  row: fc.nat(4),
  by: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<By>('token') },
    { weight: 5, arbitrary: fc.constantFrom<By>('id', 'former', 'wrong nonce', 'nobody') },
  ),
  says: fc.constantFrom(...(Object.keys(SAYS) as Said[])),
});
/** Some receipts, some of them twice or three times. */
const history = fc
  .array(fc.tuple(event, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 7 })
  .chain((events) => {
    const all = events.flatMap(([one, times]) => Array<Told>(times).fill(one));
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

/** One receipt of each of the first messages. */
const said = (...all: Said[]): Told[] => all.map((says, row) => ({ row, by: 'token', says }));

/** Cuts a list after the places that are true. */
function split<T>(list: readonly T[], cuts: readonly boolean[]): T[][] {
  const parts: T[][] = [[]];
  for (const [i, one] of list.entries()) {
    parts.at(-1)!.push(one);
    if (cuts[i % cuts.length]) parts.push([]);
  }
  return parts;
}

describe('receipts that come together', () => {
  it('do what they do one after the other, however they are split', async () => {
    const { s, reset, report, snapshot } = await told();
    await fc.assert(
      // messages to one address speak of it in turn
      fc.asyncProperty(history, fc.array(fc.boolean(), { minLength: 1 }), fc.boolean(), async (events, cuts, one) => {
        const reports = events.map(report);
        const play = async (parts: StatusReport[][]) => {
          await reset(one);
          const known: boolean[] = [];
          for (const part of parts) known.push(...(await settle(s.g, part)));
          return { known, ...(await snapshot()) };
        };
        const alone = await play(reports.map((one) => [one]));
        expect(await play([reports])).toEqual(alone);
        expect(await play(split(reports, cuts))).toEqual(alone);
        // as they come over HTTP; at the edge each request goes its own way
        await reset(one);
        const receive = openReceipts(s.g);
        const known = await Promise.all(reports.map(receive));
        if (s.g.home === 'node') expect({ known, ...(await snapshot()) }).toEqual(alone);
      }),
      {
        numRuns: s.g.home === 'node' ? 150 : 25,
        examples: [
          [said('gone', 'delivered'), [false], true],
          [said('delivered', 'gone'), [false], true],
          [said('stop', 'gone', 'delivered'), [false], true],
        ],
      },
    );
  }, 60_000);

  it('end in the same state whatever their order', async () => {
    const { s, reset, report, snapshot } = await told();
    // a message whose id is not known yet is spoken of by its token, and under one id
    const possible = history.map((events) =>
      events.filter(({ row, by }) => {
        const { providerId, attempts } = STANDS[row]!;
        return (by !== 'id' || providerId !== null) && (by !== 'former' || (providerId !== null && attempts > 1));
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        possible.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        fc.boolean(),
        async ([events, shuffled], together) => {
          await reset(false);
          if (together) await Promise.all(shuffled.map(report).map(openReceipts(s.g)));
          else for (const one of shuffled) await settle(s.g, [report(one)]);
          const { deliveries, addresses } = await snapshot();
          for (const [row, { state, knownBy, providerId }] of STANDS.entries()) {
            const counted = events.filter(({ row: of, by, says }) => {
              if (of !== row || !(knownBy as readonly By[]).includes(by)) return false;
              return by !== 'former' || SAYS[says].state !== 'failed';
            });
            const has = (...said: Said[]) => counted.some(({ says }) => said.includes(says));
            const failed = has('off', 'gone', 'stop', 'filtered');
            const end = has('delivered') ? 'delivered' : failed ? 'failed' : has('sent') ? 'sent' : state;
            const stop = has('stop');
            const gone = has('gone') && end === 'failed';
            const address = stop ? 'stopped' : gone ? 'unreachable' : 'active';
            expect(deliveries[row]!.state).toBe(end);
            expect(addresses[row]!.state).toBe(address);
            if (counted.length > 0) expect(deliveries[row]!.providerId).toBe(providerId ?? `SM-${row}`);
            if (end === 'delivered' || end === 'sent') expect(deliveries[row]!.errorCode).toBeNull();
            const codes = counted.flatMap(({ says }) => {
              const { error } = SAYS[says] as Partial<StatusReport>;
              return error ? [`${error.code}:${error.reason}`] : [];
            });
            if (end === 'failed') expect(codes).toContain(deliveries[row]!.errorCode);
            // the second alert
            if (address !== 'active') expect(deliveries[5 + row]!.state).toBe('suppressed');
            else if (!has('gone')) expect(deliveries[5 + row]!.state).toBe('pending');
          }
        },
      ),
      { numRuns: s.g.home === 'node' ? 300 : 40 },
    );
  }, 60_000);

  it('say nothing of an address by a failure that was overtaken by its delivery', async () => {
    const { s, reset, report, snapshot } = await told();
    const [address] = await rows<{ id: number }>(s.g.store, sql`select id from addresses order by id`);
    const [delivery] = await rows<{ id: number }>(s.g.store, sql`select id from deliveries order by alert, target`);
    const overtaken = { id: address!.id, is: 'unreachable' as const, reason: '30005', delivery: delivery!.id };
    for (const [says, state, waiting] of [
      ['gone', 'unreachable', 'suppressed'],
      ['delivered', 'active', 'pending'],
    ] as const) {
      await reset(false);
      await settle(s.g, [report({ row: 0, by: 'token', says })]);
      await noteNews(s.g, [overtaken]);
      const { addresses, deliveries } = await snapshot();
      expect([addresses[0]!.state, deliveries[5]!.state]).toEqual([state, waiting]);
    }
  });
});
