import { describe, expect, it } from 'vitest';
import type { openSqlite } from '../../src/db/sqlite.ts';
import { openReceipts, settle } from '../../src/delivery/receipts.ts';
import { reader, stage, words } from '../delivery/stage.ts';

/** Five people have a message, and each statement from here on is written down. */
async function watched() {
  const s = await stage();
  await s.people(...['si', 'ar', 'th', 'ja', 'en'].map((language, i) => reader(i + 1, language)));
  const id = await s.tell(words('90'));
  const ledger = await s.ledger(id);
  const { raw } = s.g.store as ReturnType<typeof openSqlite>;
  const prepare = raw.prepare.bind(raw);
  const statements: string[] = [];
  raw.prepare = ((text: string) => {
    statements.push(text);
    return prepare(text);
  }) as typeof raw.prepare;
  const planOf = (text: string) => {
    const parameters = Array(text.split('?').length - 1).fill('[]');
    return (prepare(`explain query plan ${text}`).all(...parameters) as { detail: string }[]).map((row) => row.detail);
  };
  return { s, id, ledger, statements, planOf };
}

describe('receipts on a SQLite file', () => {
  it('of one moment are one statement, and most say nothing of their addresses', async () => {
    const { s, id, ledger, statements } = await watched();
    const receive = openReceipts(s.g);
    const reports = ledger.map((row) => ({
      kind: 'status' as const,
      providerId: row.providerId!,
      token: row.id,
      state: 'delivered' as const,
    }));
    expect(await Promise.all(reports.map(receive))).toEqual([true, true, true, true, true]);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatch(/^update "deliveries"/);
    expect((await s.ledger(id)).map(({ state }) => state)).toEqual(ledger.map(() => 'delivered'));
  });

  it('find their rows by an index, however long the ledger is', async () => {
    const { s, ledger, statements, planOf } = await watched();
    const { id: token, providerId } = ledger[0]!;
    const ours = { kind: 'status' as const, providerId: providerId! };
    const fails = (code: 'address_stopped' | 'address_unreachable', reason: string) =>
      ({ ...ours, state: 'failed', error: { code, reason } }) as const;
    await settle(s.g, [{ ...fails('address_unreachable', '30005'), token }]);
    await settle(s.g, [{ ...ours, state: 'delivered' }]);
    await settle(s.g, [fails('address_stopped', '21610')]);
    const plans = new Map(statements.filter((text) => text.startsWith('update')).map((text) => [text, planOf(text)]));
    // by token, by id, unreachable, reached, stopped, what waits for an address, and how its holders are reached
    expect(plans.size).toBe(7);
    // what is given is walked through, and no table is
    const scans = [...plans.values()].flat().filter((step) => /^SCAN (?!\(|.* VIRTUAL TABLE)/.test(step));
    expect(scans).toEqual([]);
  });
});
