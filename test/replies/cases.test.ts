import { describe, expect, it } from 'vitest';
import { allWell, numberOf, reader, type Stage, stage, words } from '../delivery/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Case {
  id: string;
  number: string;
  state: string;
  priority: string;
  late: boolean;
  reminded: boolean;
  alarmed: boolean;
  owner: string | null;
  former: { id: string; reason: string; objects: boolean } | null;
  together: string[];
}
const listed = async (s: Stage): Promise<Case[]> =>
  (await s.call('GET', '/api/v1/cases', { key: s.keys.caseworker })).json.items;
const lines = (s: Stage, event: string) => s.log.filter((line) => line.includes(`"${event}"`));
const act = (s: Stage, key: string, id: string, verb: string, body: object = {}) =>
  s.call('POST', `/api/v1/cases/${id}/${verb}`, { key, body });
const deputy = async (s: Stage): Promise<string> =>
  (await s.call('POST', '/api/v1/keys', { key: s.keys.admin, body: { name: 'deputy', roles: ['caseworker'] } })).json
    .apiKey;

describe('a call for help that nobody takes', () => {
  it('reminds the desk, then sounds the alarm, each once, and stands before all others', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    await s.tell({ ...words('60'), severity: 'Severe', ladder: 'off' });
    // bread and water within the hour; a doctor within a quarter of it
    await s.text(numberOf(1), '5');
    await s.work();
    await s.pass(29 * MINUTE, MINUTE);
    expect(lines(s, 'case waits')).toEqual([]);
    await s.pass(2 * MINUTE, MINUTE);
    expect(lines(s, 'case waits')).toHaveLength(1);
    expect(await s.board()).toMatchObject({ openCases: 1, lateCases: 0 });
    await s.pass(30 * MINUTE, MINUTE);
    await s.text(numberOf(2), '3');
    await s.pass(3 * MINUTE, MINUTE);
    const [first, second] = await listed(s);
    expect(first).toMatchObject({ priority: 'P2', late: true, reminded: true, alarmed: true });
    expect(second).toMatchObject({ priority: 'P1', late: false, reminded: false, alarmed: false });
    expect(lines(s, 'case is overdue')).toHaveLength(1);
    expect(lines(s, 'case is overdue')[0]).toContain(first!.id);
    expect(await s.board()).toMatchObject({ openCases: 2, lateCases: 1 });
    const metrics = await s.call('GET', '/metrics', { headers: { 'cf-connecting-ip': '127.0.0.1' } });
    expect(metrics.text).toContain('musafir_cases_late 1');
    await act(s, s.keys.caseworker, first!.id, 'take');
    expect(await s.board()).toMatchObject({ openCases: 2, lateCases: 0 });
    await s.pass(20 * MINUTE, MINUTE);
    expect(lines(s, 'case is overdue')).toHaveLength(2);
    allWell(s);
  }, 30_000);

  it('is told once that it is not forgotten, when that is true, and not at night or where somebody reads along', async () => {
    const s = await stage();
    await s.people(reader(1, 'th'), reader(2, 'ja', { profile: 'discreet' }));
    await s.tell({ ...words('61'), severity: 'Severe', ladder: 'off' });
    await s.text(numberOf(1), '2');
    await s.text(numberOf(2), '2');
    await s.pass(2 * HOUR, 10 * MINUTE);
    const [hers, theirs] = await listed(s);
    const late = (await s.g.catalog.reply('th', 'ack_help_late', { case: hers!.number })).text;
    expect(s.got(numberOf(1))).not.toContain(late);
    await s.pass(10 * HOUR, 20 * MINUTE);
    expect(s.got(numberOf(1)).filter((body) => body === late)).toHaveLength(1);
    const all = s.got(numberOf(2)).join('\n');
    expect(all).not.toContain(theirs!.number);
    // who calls in the evening hears it in the morning
    await s.people(reader(3, 'ar'));
    await s.text(numberOf(3), '2');
    const third = (await listed(s)).at(-1)!;
    const words3 = (await s.g.catalog.reply('ar', 'ack_help_late', { case: third.number })).text;
    await s.pass(4 * HOUR, 10 * MINUTE);
    expect(s.got(numberOf(3))).not.toContain(words3);
    await s.pass(2 * HOUR, 10 * MINUTE);
    expect(s.got(numberOf(3)).filter((body) => body === words3)).toHaveLength(1);
  }, 30_000);
});

describe('a case in somebody’s hands', () => {
  it('goes back with a note, or by itself when it is left alone, and never to two', async () => {
    const s = await stage();
    await s.people(reader(1, 'ar'));
    await s.tell({ ...words('62'), severity: 'Severe', ladder: 'off' });
    await s.text(numberOf(1), '3');
    await s.work();
    const [one, two] = [s.keys.caseworker, await deputy(s)];
    const { id } = (await listed(s))[0]!;
    expect((await act(s, one, id, 'return', { text: 'x' })).status).toBe(409);
    const both = await Promise.all([act(s, one, id, 'take'), act(s, two, id, 'take')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [owner, other] = both[0]!.status === 200 ? [one, two] : [two, one];
    expect((await act(s, other!, id, 'return', { text: 'not mine' })).json.code).toBe('already_taken');
    expect((await act(s, owner!, id, 'return', {})).status).toBe(422);
    const given = await act(s, owner!, id, 'return', { text: 'وعدتها بمكالمة في السادسة' });
    expect(given.json).toMatchObject({ state: 'open', owner: null, priority: 'P1' });
    expect(given.json.notes.map((note: { text: string }) => note.text)).toEqual(['وعدتها بمكالمة في السادسة']);
    await act(s, two, id, 'take');
    // a sign of life every twenty minutes keeps it
    for (let i = 0; i < 3; i++) {
      await s.pass(20 * MINUTE, 10 * MINUTE);
      await act(s, two, id, 'note', { text: 'still on the phone' });
    }
    expect((await listed(s))[0]).toMatchObject({ state: 'taken' });
    await s.pass(31 * MINUTE, MINUTE);
    expect((await listed(s))[0]).toMatchObject({ state: 'open', owner: null, alarmed: true });
    expect(lines(s, 'case left alone is for anyone again')).toHaveLength(1);
  }, 30_000);

  it('that is closed is heard of again when the person objects, and shows who shares the phone', async () => {
    const s = await stage();
    const phone = { addresses: [{ channel: 'sms', value: numberOf(9) }] };
    await s.people(
      reader(1, 'si', { addresses: [{ channel: 'sms', value: numberOf(1) }, ...phone.addresses] }),
      reader(2, 'si', { name: 'අමරා', ...phone }),
    );
    await s.tell({ ...words('63'), severity: 'Severe', ladder: 'off' });
    await s.text(numberOf(1), '2');
    await s.text(numberOf(9), '2');
    await s.work();
    const [hers, shared] = await listed(s);
    expect(hers!.together).toEqual([shared!.id]);
    expect(shared!.together).toEqual([hers!.id]);
    await act(s, s.keys.caseworker, hers!.id, 'take');
    await act(s, s.keys.caseworker, hers!.id, 'close', { reason: 'unreachable' });
    s.clock.pass(24 * HOUR);
    await s.text(numberOf(1), 'උදව් ඕනේ');
    await s.work();
    const open = (await listed(s)).filter((one) => one.state === 'open');
    const again = open.find((one) => one.id !== shared!.id)!;
    expect(again.former).toEqual({ id: hers!.id, reason: 'unreachable', objects: true });
    expect(again.together).toEqual([shared!.id]);
    expect(shared!.former).toBeNull();
  });
});
