import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { audit } from '../../src/db/schema.ts';
import { allWell, GREETING, numberOf, reader, type Stage, stage, words } from './stage.ts';

const MINUTE = 60_000;
const NEPALI = 'अग्लो ठाउँमा जानुहोस्';
const TAMIL = GREETING.ta!;

/** An update of an alert, approved by the other person and done. */
async function update(s: Stage, id: string, texts: object) {
  const body = { texts, expires: '2026-03-11T21:00:00+09:00' };
  const draft = await s.call('POST', `/api/v1/alerts/${id}/update`, { key: s.keys.author, body });
  if (draft.status !== 201) return draft;
  const path = `/api/v1/alerts/${draft.json.id}/approve`;
  const approved = await s.call('POST', path, { key: s.keys.approver, body: { undoSeconds: 0 } });
  await s.work();
  return approved;
}
const told = (s: Stage, n: number) => s.got(numberOf(n)).map((body) => body.split('\n')[0]);

describe('an alert that holds for a text', () => {
  const { texts } = words('15:00', ['si', 'en']);
  const more = { ...texts, ne: { full: `${NEPALI} 15:00` } };

  it('tells in their own words those for whom one arrives, at once, and nobody twice', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ne'), reader(3, 'mn'), reader(4, 'en'));
    const id = await s.tell({ texts, languagePolicy: 'hold' });
    expect([1, 2, 3, 4].map((n) => told(s, n).length)).toEqual([1, 0, 0, 1]);
    await s.pass(12 * MINUTE, 6 * MINUTE);
    expect(s.twilio.sent).toHaveLength(2);

    const approved = await update(s, id, more);
    expect(approved.json).toMatchObject({ adds: true, people: 2, gate: { byLanguage: { ne: { own: 1 } } } });
    expect(told(s, 2)[0]).toContain(NEPALI);
    // who waits for a language that did not come is told in the organisation's now, and not forgotten
    expect(told(s, 3)[0]).toContain(GREETING.si);
    await s.pass(40 * MINUTE, 5 * MINUTE);
    expect([1, 2, 3, 4].map((n) => told(s, n).length)).toEqual([1, 1, 1, 1]);
    const rows = (await s.ledger(approved.json.id)) as { languageReason?: string; externalId: string | null }[];
    expect(rows.map(({ externalId, languageReason }) => [externalId, languageReason]).sort()).toEqual([
      ['p-2', 'own'],
      ['p-3', 'default'],
    ]);
    allWell(s);
  });

  it('tells them the default after half an hour when none arrives, and their own words when one arrives later', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ne'), reader(3, 'mn'));
    const id = await s.tell({ texts, languagePolicy: 'hold' });
    await s.pass(29 * MINUTE, 10 * MINUTE);
    expect(s.twilio.sent).toHaveLength(1);
    await s.pass(2 * MINUTE, MINUTE);
    expect([1, 2, 3].map((n) => told(s, n).length)).toEqual([1, 1, 1]);
    expect((await update(s, id, more)).json.people).toBe(1);
    expect(told(s, 2)[1]).toContain(NEPALI);
    expect([1, 2, 3].map((n) => told(s, n).length)).toEqual([1, 2, 1]);
    allWell(s);
  });

  it('is not a way round a correction: changed words go to who got the wrong ones, and to who waited', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ne'));
    const id = await s.tell({ texts, languagePolicy: 'hold' });
    await s.pass(5 * MINUTE, MINUTE);
    const approved = await update(s, id, words('16:00', ['si', 'en']).texts);
    expect(approved.json).toMatchObject({ adds: false, people: 2 });
    expect([1, 2].map((n) => told(s, n).map((body) => /1[56]:00/.exec(body!)?.[0]))).toEqual([
      ['15:00', '16:00'],
      ['16:00'],
    ]);
    await s.pass(40 * MINUTE, 5 * MINUTE);
    expect(s.twilio.sent).toHaveLength(3);
    allWell(s);
  });

  it('does not wait longer than half of its life', async () => {
    const s = await stage();
    await s.people(reader(2, 'ne'));
    await s.tell({ texts, languagePolicy: 'hold', expires: '2026-03-11T15:06:00+09:00' });
    await s.pass(9 * MINUTE, 3 * MINUTE);
    expect(told(s, 2)).toEqual([]);
    await s.pass(2 * MINUTE, MINUTE);
    expect(told(s, 2)[0]).toContain(GREETING.si);
    allWell(s);
  });

  it('cancelled while they wait, says nothing to them', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ne'));
    const id = await s.tell({ texts, languagePolicy: 'hold' });
    const cancel = await s.call('POST', `/api/v1/alerts/${id}/cancel`, { key: s.keys.author, body: {} });
    const body = { undoSeconds: 0 };
    await s.call('POST', `/api/v1/alerts/${cancel.json.id}/approve`, { key: s.keys.approver, body });
    await s.pass(40 * MINUTE, 5 * MINUTE);
    expect([1, 2].map((n) => told(s, n).length)).toEqual([2, 0]);
    allWell(s);
  });
});

describe('an update that only adds a language', () => {
  it('also finds those who were still in the queue, and those who could be told nothing', async () => {
    const s = await stage();
    await s.people(reader(1, 'ja'), reader(2, 'ta'), reader(3, 'ta'));
    const { texts } = words('15:00', ['ja']);
    const id = await s.tell({ texts });
    expect(s.twilio.sent).toHaveLength(1);
    expect((await s.view(id)).deliveries).toMatchObject({ suppressed: 2 });
    await update(s, id, { ...texts, ta: { full: `${TAMIL} 15:00` } });
    expect([1, 2, 3].map((n) => told(s, n).length)).toEqual([1, 1, 1]);
    expect(told(s, 3)[0]).toContain(TAMIL);
    allWell(s);
  });

  it('that nobody reads is refused', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'));
    const { texts } = words('15:00', ['si', 'en']);
    const id = await s.tell({ texts });
    const refused = await update(s, id, { ...texts, ta: { full: `${TAMIL} 15:00` } });
    expect(refused.json.code).toBe('empty_audience');
    expect(s.twilio.sent).toHaveLength(1);
  });
});

describe('the gate', () => {
  it('shows the approver who reads what and why, keeps it with the approval, and the log says it', async () => {
    const s = await stage();
    await s.people(...[reader(1, 'si'), reader(2, 'tl'), reader(3, 'mn'), reader(4, 'km'), reader(5, 'si')], {
      externalId: 'none',
      languages: [],
      addresses: [{ channel: 'sms', value: numberOf(6) }],
    });
    const body = {
      ...{ incident: s.incident, audience: {}, urgency: 'Immediate', languagePolicy: 'hold' },
      ...{ expires: '2026-03-11T20:00:00+09:00' },
      texts: { ...words('15:00', ['si', 'en']).texts, fil: { full: 'Umakyat sa mataas na lugar 15:00' } },
    };
    const preview = await s.call('POST', '/api/v1/audiences/preview', {
      key: s.keys.author,
      body: { audience: {}, texts: body.texts, languagePolicy: 'hold', channels: ['sms'] },
    });
    const gate = {
      ...{ policy: 'hold', people: 6, withoutText: 0, waiting: 3 },
      byLanguage: { si: { own: 2, default: 3 }, fil: { own: 1 } },
      lacking: { mn: { default: 1 }, km: { default: 1 }, '': { default: 1 } },
    };
    expect(preview.json.gate).toEqual(gate);
    const { id } = (await s.call('POST', '/api/v1/alerts', { key: s.keys.author, body })).json;
    expect((await s.view(id)).gate).toBeUndefined();
    await s.call('POST', `/api/v1/alerts/${id}/submit`, { key: s.keys.author });
    const shown = await s.call('GET', `/api/v1/alerts/${id}`, { key: s.keys.approver });
    expect(shown.json.gate).toMatchObject({
      ...gate,
      sms: { byLanguage: { si: { messages: 5 }, fil: { messages: 1 } } },
    });
    const body2 = { undoSeconds: 0 };
    const approved = await s.call('POST', `/api/v1/alerts/${id}/approve`, { key: s.keys.approver, body: body2 });
    expect(approved.json.gate).toEqual(shown.json.gate);
    s.clock.pass(1_000);
    await s.people(reader(9, 'si'));
    expect((await s.view(id)).gate).toEqual(shown.json.gate);
    const [row] = await s.g.store.db.select().from(audit).where(eq(audit.action, 'alert.approve'));
    expect(JSON.parse(row!.detail)).toMatchObject({
      ...{ policy: 'hold', withoutText: 0, waiting: 3, people: 6, smsCost: shown.json.gate.sms.cost },
      languages: ['si own 2', 'si default 3', 'fil own 1'],
    });
    await s.work();
    await s.pass(31 * MINUTE, 5 * MINUTE);
    // what was counted is what the ledger says
    const reasons = ((await s.ledger(id)) as unknown as { language: string; languageReason: string }[])
      .map(({ language, languageReason }) => `${language} ${languageReason}`)
      .sort();
    expect(reasons).toEqual(['fil own', 'si default', 'si default', 'si default', 'si own', 'si own']);
    allWell(s);
  });

  it('passes nobody over whose languages are not known, even where neither the default nor English is there', async () => {
    const s = await stage();
    await s.people({ externalId: 'none', languages: [], addresses: [{ channel: 'sms', value: numberOf(1) }] });
    const id = await s.tell(words('15:00', ['th']));
    expect(told(s, 1)[0]).toContain(GREETING.th);
    expect(await s.ledger(id)).toMatchObject([{ language: 'th', languageReason: 'any' }]);
  });

  it('gives plain words to who reads Japanese, by the policy `plain`, and the usual ones to the others', async () => {
    const s = await stage();
    await s.people(reader(1, 'ja'), reader(2, 'si'));
    const { texts } = words('15:00', ['ja', 'si', 'en']);
    const plain = { ...texts, 'ja-simple': { full: 'たかい ところへ いって ください 15:00' } };
    const id = await s.tell({ texts: plain, languagePolicy: 'plain' });
    expect(told(s, 1)[0]).toContain('たかい ところへ');
    expect(told(s, 2)[0]).toContain(GREETING.si);
    expect((await s.ledger(id)).map(({ language }) => language).sort()).toEqual(['ja-simple', 'si']);
  });

  it('keeps two languages in one message within six segments, with English short where it must be', async () => {
    const s = await stage();
    await s.people(reader(1, 'si'), reader(2, 'ar'));
    const long = (greeting: string, times: number) => Array(times).fill(`${greeting}.`).join(' ');
    const english = { full: long(GREETING.en!, 14), flash: GREETING.en! };
    const texts = {
      si: { full: long(GREETING.si!, 11), flash: GREETING.si! },
      ar: { full: GREETING.ar!, flash: GREETING.ar! },
      en: english,
    };
    await s.tell({ texts, languagePolicy: 'bilingual' });
    for (const sms of s.twilio.sent) expect(Math.ceil(sms.body.length / 67)).toBeLessThanOrEqual(6);
    expect(s.got(numberOf(1))[0]).toContain(`${texts.si.full}\n${english.flash}`);
    expect(s.got(numberOf(1))[0]).not.toContain(english.full);
    expect(s.got(numberOf(2))[0]).toContain(`${GREETING.ar}\n${english.full}`);
    allWell(s);
  });
});
