import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { rows } from '../../src/db/store.ts';
import { sweep } from '../../src/work.ts';
import { numberOf, reader, type Stage, stage, words } from '../delivery/stage.ts';

/** Tables that grow with people and messages: a statement that is run often may not read all of one. */
const LARGE = ['people', 'people_addresses', 'addresses', 'deliveries', 'check_ins', 'check_in_history', 'replies'];

interface Query {
  sql: string;
  params: unknown[];
}

/** Every statement that goes to the database while something is done. */
async function recorded(s: Stage, work: () => Promise<unknown>): Promise<Query[]> {
  const { session } = s.g.store.db as unknown as {
    session: { prepareQuery(query: Query, ...rest: unknown[]): unknown };
  };
  const seen = new Map<string, Query>();
  const original = session.prepareQuery;
  session.prepareQuery = function (query, ...rest) {
    seen.set(query.sql, query);
    return original.call(this, query, ...rest);
  };
  try {
    await work();
  } finally {
    session.prepareQuery = original;
  }
  return [...seen.values()];
}

/** `? ... ?` of a prepared text with its values, as a statement that can be asked about. */
function explained({ sql: text, params }: Query) {
  const parts = text.split('?');
  expect(parts).toHaveLength(params.length + 1);
  return sql.join(
    parts.flatMap((part, i) =>
      i === 0 ? [sql.raw(`explain query plan ${part}`)] : [sql`${params[i - 1]}`, sql.raw(part)],
    ),
  );
}

/** What of the plans of these statements reads a large table whole, or skips through an index. */
async function slow(s: Stage, queries: Query[]): Promise<string[]> {
  const found: string[] = [];
  for (const query of queries) {
    const steps = await rows<{ detail: string }>(s.g.store, explained(query));
    const aliases = new Map(LARGE.map((table) => [table, table]));
    for (const [, table, alias] of query.sql.matchAll(/"?\b(\w+)"? (?:as )?"?(\w+)"?/g))
      if (LARGE.includes(table!)) aliases.set(alias!, table!);
    for (const { detail } of steps) {
      const scanned = /^SCAN (\w+)/.exec(detail)?.[1];
      // a partial index holds only what it is made for: walking it is no walk through the table
      const partial = /USING (?:COVERING )?INDEX (deliveries_(?:due|open|under_way)|replies_waiting)\b/.test(detail);
      if ((scanned && aliases.has(scanned) && !partial) || detail.includes('ANY('))
        found.push(`${detail} :: ${query.sql.replace(/\s+/g, ' ')}`);
    }
  }
  return found;
}

/** Some thousands more of everything, so that no plan is chosen because a table is small. */
async function enlarge(s: Stage): Promise<void> {
  const n = sql`with recursive n(i) as (select 10000 union all select i + 1 from n where i < 14000)`;
  const run = (statement: ReturnType<typeof sql>) => s.g.store.db.run(statement);
  await run(sql`${n} insert into people (id, uid, organisation, external_id_index, languages, nationalities, tags, reach, country, area, cell, located_at, profile, basis, created_at, updated_at)
    select i, 'per_' || i, 'lk-tokyo', 'x' || i, p.languages, p.nationalities, p.tags, p.reach, p.country, p.area, i, p.located_at, 'normal', 'consent', 0, 0
    from n, people p where p.id = 1`);
  await run(sql`${n} insert into addresses (id, organisation, channel, value_sealed, value_index, country, state, state_at, created_at)
    select i, 'lk-tokyo', 'sms', 'x', 'x' || i, 'JP', 'active', 0, 0 from n where true`);
  await run(sql`${n} insert into people_addresses (person, address, position) select i, i, 0 from n`);
  await run(sql`${n} insert into check_ins (id, incident, person, created_at) select i, 100 + i % 50, i, 0 from n`);
  await run(sql`${n} insert into replies (id, uid, organisation, channel, provider_id, address, person, incident, alert, from_sealed, text_sealed, received_at, understood_at, meaning)
    select i, 'rep_' || i, 'lk-tokyo', 'sms', 'x' || i, i, i, 1, 1, 'x', 'x', 0, 0, 'safe' from n`);
  for (const state of ['pending', 'sent', 'delivered'])
    await run(sql`${n} insert into deliveries (nonce, organisation, alert, person, address, target, channel, sender, step, language, language_reason, rank, state, provider_id, expires_at, created_at)
      select i, 'lk-tokyo', a.id, i, i, i, 'sms', 'sms', 0, ${state}, 'own', 4000, ${state}, case when ${state} <> 'pending' then ${state} || i end, 0, 0
      from n, alerts a where a.id = 1`);
}

describe('a statement that is run often', () => {
  it('never reads a large table whole nor skips through an index, also after ANALYZE', async () => {
    const s = await stage({ SMS_RATE: '100' });
    const within = [{ circle: { latitude: 38.27, longitude: 140.87, km: 10 } }];
    const story = async (mark: string, n: number) => {
      const done: Record<string, Query[]> = {};
      const note = async (name: string, work: () => Promise<unknown>) => {
        done[name] = await recorded(s, work);
        expect(done[name].length, name).toBeGreaterThan(0);
      };
      await note('registration', () =>
        s.people(
          reader(n, 'si', { nationalities: ['LK'] }),
          reader(n + 1, 'ar', { latitude: 38.27, longitude: 140.87 }),
        ),
      );
      for (const [name, audience] of Object.entries({
        'an area': { areas: ['JP-04'] },
        'a country': { areas: ['JP'], nationalities: ['LK'], languages: ['si'] },
        'many areas': { areas: ['JP-04', 'JP-03', 'JP-02', 'JP-07'] },
        'a shape': { within },
        'an area and a shape': { areas: ['JP-04'], within, unknownLocation: 'include' },
      }))
        await note(`preview of ${name}`, async () => {
          const body = { audience, template: 'earthquake' };
          expect((await s.call('POST', '/api/v1/audiences/preview', { key: s.keys.author, body })).status).toBe(200);
        });
      let id = '';
      await note('approval', async () => {
        id = await s.alert({
          ...words(mark),
          audience: { within, areas: ['JP'], unknownLocation: 'include' },
          channels: ['sms'],
        });
      });
      await note('plan and dispatch', () => s.work());
      expect(s.twilio.sent.length).toBeGreaterThan(0);
      await note('receipt', async () => {
        for (const { sid } of s.twilio.sent)
          expect((await s.hand(await s.twilio.deliver(sid, 'delivered'))).status).toBe(200);
      });
      await note('reply', () => s.text(numberOf(n), '1').then(() => s.work()));
      await note('sweep', () => sweep(s.g));
      await note('board', () => s.board());
      await note('progress', () => s.view(id));
      await note('ledger', () => s.ledger(id));
      return done;
    };
    await story('01', 1);
    await enlarge(s);
    const done = await story('02', 3);
    for (const analyzed of [false, true]) {
      if (analyzed) await s.g.store.db.run(sql`analyze`);
      for (const [name, queries] of Object.entries(done))
        expect.soft(await slow(s, queries), `${name}${analyzed ? ', after ANALYZE' : ''}`).toEqual([]);
    }
  }, 30_000);
});
