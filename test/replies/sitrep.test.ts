import { describe, expect, it } from 'vitest';
import { allWell, numberOf, reader, type Stage, stage, words } from '../delivery/stage.ts';

const keep = async (s: Stage, lines: object = {}) => {
  const made = await s.call('POST', `/api/v1/incidents/${s.incident}/sitreps`, { key: s.keys.author, body: { lines } });
  expect(made.status, made.text).toBe(201);
  return made.json;
};
const read = (s: Stage, id: string, query = '') =>
  s.call('GET', `/api/v1/sitreps/${id}${query}`, { key: s.keys.viewer });

describe('a situation report', () => {
  it('is kept as it was, with what has changed since the one before, and the lines that nobody rewrote', async () => {
    const s = await stage();
    await s.people(...[1, 2, 3, 4, 5].map((n) => reader(n, ['si', 'ar', 'th', 'ja', 'en'][n - 1]!)));
    const alert = await s.tell({ ...words('70'), ladder: 'off' });
    await s.text(numberOf(1), '1');
    await s.text(numberOf(2), '3');
    await s.work();
    const first = await keep(s, { situation: 'جسر هيروسيه مغلق', next: 'Boats at six' });
    expect(first).toMatchObject({
      number: 1,
      changes: null,
      numbers: { registered: 5, safe: 1, help: 1, noAnswer: 3, openCases: 1, openP1: 1, openP2: 0 },
      sent: [{ ref: (await s.view(alert)).ref, languages: 5, told: 5, delivered: 0 }],
      lines: { situation: 'جسر هيروسيه مغلق', next: 'Boats at six' },
    });
    await s.text(numberOf(3), '1');
    await s.text(numberOf(4), 'STOP');
    await s.work();
    expect((await s.call('GET', `/api/v1/incidents/${s.incident}/sitrep`, { key: s.keys.viewer })).json).toMatchObject({
      registered: 5,
      safe: 2,
      last: 1,
      changes: { registered: 0, safe: 1, optedOut: 1, noAnswer: -2 },
    });
    const second = await keep(s, { next: 'Buses at nine' });
    expect(second).toMatchObject({
      number: 2,
      changes: { safe: 1, help: 0, noAnswer: -2, optedOut: 1 },
      lines: { situation: 'جسر هيروسيه مغلق', next: 'Buses at nine' },
    });
    // the first one stays what it was
    expect((await read(s, first.id)).json).toEqual(first);
    const list = await s.call('GET', `/api/v1/incidents/${s.incident}/sitreps`, { key: s.keys.viewer });
    expect(list.json.items.map((one: { number: number }) => one.number)).toEqual([1, 2]);
    for (const { numbers } of [first, second]) {
      const { safe, help, moved, unclear, noAnswer, unreachable, optedOut, registered } = numbers;
      expect(safe + help + moved + unclear + noAnswer + unreachable + optedOut).toBe(registered);
    }
    allWell(s);
  });

  it('is numbered once for each of two who ask at the same moment', async () => {
    const s = await stage();
    const both = await Promise.all([keep(s), keep(s)]);
    expect(both.map(({ number }) => number).sort()).toEqual([1, 2]);
  });

  it('prints with denominators, and its page runs nothing that somebody wrote into it', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    await s.tell({ ...words('71'), ladder: 'off' });
    await s.text(numberOf(1), '1');
    await s.work();
    const { id } = await keep(s, { situation: '<script>alert(1)</script> පාලම & ගඟ' });
    const page = await read(s, id, '?format=html');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('SITREP No 1 Sendai');
    expect(page.text).toMatch(/Safe<\/th><td>1<\/td><td>of 2<\/td>/);
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; පාලම &amp; ගඟ');
    expect(page.text).not.toContain('<script');
    const csv = await read(s, id, '?format=csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.text.split('\r\n').slice(0, 3)).toEqual(['name,count,of,change', 'registered,2,,', 'safe,1,2,']);
  });

  it('for partners has no small number and no exact one, in cells or totals, and no lines of ours', async () => {
    const s = await stage();
    await s.people(...Array.from({ length: 33 }, (_, n) => reader(n, ['si', 'ar', 'th', 'ja'][n % 4]!)));
    await s.tell({ ...words('72'), ladder: 'off' });
    for (let n = 0; n < 21; n++) await s.text(numberOf(n), '1');
    await s.text(numberOf(21), '2');
    await s.work();
    const { id } = await keep(s, { situation: 'Nimali waits under the bridge' });
    const partners = (await read(s, id, '?for=partners')).json;
    expect(partners.numbers).toMatchObject({ registered: 35, safe: 20, noAnswer: 10, help: null, moved: 0 });
    expect([partners.changes, partners.lines]).toEqual([null, {}]);
    const cells = Object.values(partners.numbers) as (number | null)[];
    for (const n of cells) if (n !== null) expect([n % 5, n === 5]).toEqual([0, false]);
    const printed = await read(s, id, '?for=partners&format=html');
    expect(printed.text).toContain('fewer than 10');
    expect(printed.text).not.toContain('Nimali');
    expect((await read(s, id)).json.numbers).toMatchObject({ registered: 33, safe: 21, help: 1, noAnswer: 11 });
  });
});
