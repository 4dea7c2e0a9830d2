import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { perform } from '../../src/work.ts';
import { allWell, GREETING, numberOf, OUR_NUMBER, reader, type Stage, stage, words } from './stage.ts';

const ACCOUNT = 'AC00000000000000000000000000000001';

/** Bodies that Twilio still holds, by number. */
async function held(s: Stage): Promise<Record<string, string[]>> {
  const url = `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Messages.json?From=${encodeURIComponent(OUR_NUMBER)}&PageSize=1000`;
  const headers = { authorization: `Basic ${btoa(`${ACCOUNT}:twilio token`)}` };
  const { messages } = (await (await s.twilio.fetch(new Request(url, { headers }))).json()) as {
    messages: { to: string; body: string }[];
  };
  const bodies: Record<string, string[]> = {};
  for (const { to, body } of messages) bodies[to] = [...(bodies[to] ?? []), body];
  return bodies;
}
const receipt = async (s: Stage, n: number, status: string, code?: number) => {
  const sms = s.twilio.sent.filter(({ to }) => to === numberOf(n)).at(-1)!;
  await s.hand(await s.twilio.deliver(sms.sid, status, code));
};
const posts = (s: Stage) => s.wire.calls.filter(({ method, url }) => method === 'POST' && /Messages\/SM/.test(url));

describe('the text at the provider', () => {
  it('is emptied once the end is known, and only then', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'), reader(3, 'th'));
    await s.tell(words('r1'));
    await receipt(s, 1, 'delivered');
    await receipt(s, 2, 'undelivered', 30003);
    await s.pass(180_000, 20_000);
    const bodies = await held(s);
    expect([bodies[numberOf(1)], bodies[numberOf(2)]]).toEqual([[''], ['']]);
    expect(bodies[numberOf(3)]).toEqual([expect.stringContaining(GREETING.th!)]);
    expect(posts(s)).toHaveLength(2);
    // a day without a report: there will be none; for Twilio it has left
    await s.twilio.deliver(s.twilio.sent.find(({ to }) => to === numberOf(3))!.sid, 'sent');
    await s.pass(24 * 3_600_000, 2 * 3_600_000);
    expect((await held(s))[numberOf(3)]).toEqual(['']);
    await s.pass(24 * 3_600_000, 2 * 3_600_000);
    expect(posts(s)).toHaveLength(3);
    allWell(s);
  });

  it('stays where an outcome is unknown, and is found by it', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    await s.tell(words('r2'));
    await receipt(s, 1, 'delivered');
    await s.pass(120_000, 20_000);
    expect((await held(s))[numberOf(1)]).toEqual(['']);
    // the same words again, and nobody hears whether they were taken
    s.twilio.fail('accept_then_cut');
    const id = await s.alert(words('r2'));
    await s.pass(20_000, 2_000);
    expect(await s.ledger(id)).toMatchObject([{ state: 'sent', attempts: 1 }]);
    expect(s.got(numberOf(1))).toHaveLength(2);
    allWell(s);
  });

  it('is found by an index that costs a message nothing when it goes out', async () => {
    const s = await stage();
    const plan = await rows<{ detail: string }>(
      s.g.store,
      sql`explain query plan select id from deliveries where sender = 'sms' and provider_id is not null and redacted_at is null
          and (state in ('delivered', 'failed') or redact_at is not null) and state = 'delivered' and sent_at <= 1 order by sent_at`,
    );
    expect(plan.map(({ detail }) => detail).join()).toMatch(/deliveries_unredacted \(state=\? AND sent_at<\?\)/);
    await s.people(reader(1, 'si'));
    await s.tell(words('r0'));
    const [entered] = await rows<{ n: number }>(
      s.g.store,
      sql`select count(*) as n from deliveries indexed by deliveries_unredacted where sender = 'sms' and provider_id is not null
          and redacted_at is null and (state in ('delivered', 'failed') or redact_at is not null)`,
    );
    expect(entered!.n).toBe(0);
  });

  it('waits while messages wait to be sent, and while the provider waits', async () => {
    const s = await stage({ SMS_RATE: '1' });
    await s.people(reader(1, 'si'));
    await s.tell(words('r3'));
    await receipt(s, 1, 'delivered');
    s.clock.pass(61_000);
    await s.people(reader(2, 'ar'), reader(3, 'th'));
    await s.planned(words('r3b'));
    await perform(s.g, { type: 'redact' }, { dispatchMs: 60_000, most: 100 });
    expect(posts(s)).toEqual([]);
    await perform(s.g, { type: 'dispatch', sender: 'sms' }, { dispatchMs: 60_000, most: 100 });
    await s.g.store.db.run(sql`insert into senders (name, halted_until, halted_cause) values ('sms', ${s.clock.now() + 60_000}, 'pace')
      on conflict (name) do update set halted_until = excluded.halted_until, halted_cause = 'pace'`);
    await s.pass(50_000, 10_000);
    expect(posts(s)).toEqual([]);
    await s.pass(120_000, 20_000);
    expect(posts(s)).toHaveLength(1);
  });

  it('is tried again as the provider says, slowly, and given up for what it has no more', async () => {
    const s = await stage({ SMS_RATE: '50' });
    await s.people(...Array.from({ length: 30 }, (_, n) => reader(n, ['si', 'ar', 'th'][n % 3]!)));
    await s.tell(words('r4'));
    for (let n = 0; n < 30; n++) await receipt(s, n, 'delivered');
    s.clock.pass(60_000);
    const busy = { answer: { status: 429, headers: { 'Retry-After': '20' }, body: { code: 20429 } } };
    const gone = { answer: { status: 404, body: { code: 20404, message: 'not found', status: 404 } } };
    const early = { answer: { status: 409, body: { code: 20009, message: 'not complete', status: 409 } } };
    s.twilio.fail(busy, gone, early);
    const start = s.clock.now();
    await s.run(0);
    await s.work();
    expect(posts(s)).toHaveLength(1);
    await s.pass(19_000, 19_000);
    expect(posts(s)).toHaveLength(1);
    await s.pass(120_000, 5_000);
    const times = s.clock.now() - start;
    expect(times).toBeGreaterThan(6_000);
    expect(
      Object.values(await held(s))
        .flat()
        .filter((body) => body !== ''),
    ).toHaveLength(2);
    // the one that was not at its end is tried again in an hour; the one that is gone is not
    const left = await rows<{ n: number }>(
      s.g.store,
      sql`select count(*) as n from deliveries where redacted_at is null`,
    );
    expect(left[0]!.n).toBe(1);
    await s.pass(3_700_000, 600_000);
    expect(posts(s)).toHaveLength(32);
    expect(s.log.join()).not.toContain(numberOf(1));
  });
});
