import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberOf, reader, type Stage, stage, words } from '../delivery/stage.ts';

const PARTS = ['safe', 'help', 'moved', 'unclear', 'noAnswer', 'unreachable', 'optedOut'];
const PHONES = 5;
/** Asked again after half an hour and two, called after twelve. */
const EXTREME = (mark: string) => ({ ...words(mark), severity: 'Extreme', expires: '2026-03-31T00:00:00+09:00' });

type Event =
  | { kind: 'text'; phone: number; body: string }
  | { kind: 'receipt'; phone: number; status: string; code?: number }
  | { kind: 'close' }
  | { kind: 'read' }
  | { kind: 'alert' }
  | { kind: 'time' }
  | { kind: 'ladder'; hours: number }
  | { kind: 'call'; outcome: string };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('text' as const),
      phone: fc.nat(PHONES),
      body: fc.constantFrom('1', '2', '43', 'STOP', 'START', '1 2', '1 3', 'ආරක්ෂිතයි', 'ساعدوني', 'ไม่รู้', '無事です', '?'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('receipt' as const),
      phone: fc.nat(PHONES - 1),
      status: fc.constantFrom('delivered', 'undelivered'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('ladder' as const), hours: fc.constantFrom(1, 3, 13) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      outcome: fc.constantFrom('safe', 'help', 'no_contact', 'wrong_number'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Event>({ kind: 'close' }, { kind: 'read' }, { kind: 'alert' }, { kind: 'time' }),
  },
);

async function happen(s: Stage, what: Event): Promise<void> {
  if (what.kind === 'text') await s.text(numberOf(what.phone), what.body);
  if (what.kind === 'receipt') {
    const sms = s.twilio.sent.find((one) => one.to === numberOf(what.phone));
    if (sms)
      await s.hand(await s.twilio.deliver(sms.sid, what.status, what.status === 'delivered' ? undefined : 30005));
  }
  if (what.kind === 'close') {
    const { items } = (await s.call('GET', '/api/v1/cases?state=open', { key: s.keys.caseworker })).json;
    if (items[0])
      await s.call('POST', `/api/v1/cases/${items[0].id}/close`, {
        key: s.keys.caseworker,
        body: { reason: 'helped' },
      });
  }
  if (what.kind === 'read') {
    const { items } = (await s.call('GET', '/api/v1/replies?unread=true', { key: s.keys.caseworker })).json;
    if (items[0])
      await s.call('POST', `/api/v1/replies/${items[0].id}/read`, {
        key: s.keys.caseworker,
        body: { meaning: 'safe' },
      });
  }
  if (what.kind === 'ladder')
    for (let hour = 0; hour < what.hours; hour++) {
      s.clock.pass(3_600_000);
      await s.work();
    }
  if (what.kind === 'call') {
    const key = s.keys.caseworker;
    const { items } = (await s.call('GET', `/api/v1/incidents/${s.incident}/call-list`, { key })).json;
    if (items[0]) await s.call('POST', `/api/v1/calls/${items[0].id}/close`, { key, body: { outcome: what.outcome } });
  }
  if (what.kind === 'alert') await s.tell(EXTREME('again'));
  if (what.kind === 'time') s.clock.pass(20_000);
}

describe('the board', () => {
  it('has everybody who was addressed in exactly one part, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 12 }), async (events) => {
        const s = await stage();
        // the last two share a phone, and one has none
        await s.people(
          ...[0, 1, 2, 3].map((n) => reader(n, ['si', 'ar', 'th', 'ja'][n]!)),
          reader(10, 'si', { name: 'එක', addresses: [{ channel: 'sms', value: numberOf(4) }] }),
          reader(11, 'si', { name: 'දෙක', addresses: [{ channel: 'sms', value: numberOf(4) }] }),
          reader(12, 'si', { addresses: [] }),
        );
        await s.tell(EXTREME('board'));
        for (const what of events) {
          await happen(s, what);
          const board = await s.board();
          expect(board.registered).toBe(7);
          expect(PARTS.reduce((sum, part) => sum + board[part]!, 0)).toBe(7);
          // only those of whom nothing is known are called
          expect(board.toCall).toBeLessThanOrEqual(7 - board.safe! - board.moved!);
          expect(board.askedAgain).toBeLessThanOrEqual(7);
        }
        // of any day: those that went out, and those that may go out
        const crowded = (await s.g.store.db.all(
          sql`select d.address, count(*) as n from deliveries d join deliveries o on o.address = d.address and o.step > 10
                and o.state in ('sent', 'delivered', 'indeterminate')
                and o.created_at between d.created_at and d.created_at + 86400000
              where d.step > 10 group by d.id having count(*) > 3`,
        )) as unknown[];
        expect(crowded).toEqual([]);
        // a call for help that nobody has closed is never out of sight
        const [open] = (await s.g.store.db.all(
          sql`select count(distinct person) as n from cases where state <> 'closed' and person is not null and incident <> 0`,
        )) as { n: number }[];
        expect((await s.board()).help).toBeGreaterThanOrEqual(open!.n);
      }),
      { numRuns: 8 },
    );
  }, 30_000);
});
