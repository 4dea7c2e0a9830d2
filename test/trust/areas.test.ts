import { describe, expect, it } from 'vitest';
import { embassy, testGateway } from '../gateway.ts';
import { draftOf, must } from './world.ts';

/** Where people are, as they were registered: area, country, or neither. */
const PEOPLE = [
  ...['JP-04', 'JP-04-SENDAI', 'JP-13', 'JP', 'KR-11', 'KR', 'LK', 'JP-040', 'CAMP-7', 'CAMP-7-NORTH', 'CAMP_7'],
  undefined,
];

describe('an audience of many areas', () => {
  async function registered() {
    const t = await testGateway();
    const keys = await embassy(t, 'training');
    for (const [i, place] of PEOPLE.entries()) {
      const where = place === undefined ? {} : /^[A-Z]{2}$/.test(place) ? { country: place } : { area: place };
      const addresses = [{ channel: 'sms', value: `+8180123457${String(i).padStart(2, '0')}` }];
      const body = { externalId: `p${i}`, languages: ['en'], addresses, ...where };
      await must(t, 201, 'POST', '/api/v1/people', keys.registrar, body);
    }
    const count = async (areas: string[]) => {
      const body = { audience: { areas }, template: 'earthquake' };
      const { json } = await must(t, 200, 'POST', '/api/v1/audiences/preview', keys.author, body);
      return [json.people, json.unknownLocation];
    };
    return { t, keys, count };
  }

  it('is the same audience, however often each area is named', async () => {
    const { count } = await registered();
    for (const areas of [
      ['JP-04'],
      ['JP'],
      ['KR-11', 'LK'],
      ['JP-04-SENDAI'],
      ['CAMP-7'],
      ['CAMP_7', 'JP-13'],
      ['KR-12'],
    ]) {
      // the second list goes another way through the code: it is long
      const often = Array.from({ length: 60 }, (_, i) => areas[i % areas.length]!);
      expect(await count(often), areas.join()).toEqual(await count(areas));
    }
  });

  it('counts who is inside and whose place is not known well enough', async () => {
    const { count } = await registered();
    const tohoku = ['JP-02', 'JP-03', 'JP-04', 'JP-05', 'JP-06', 'JP-07'];
    // JP-04 and Sendai; not known: somewhere in Japan, and nowhere at all
    expect(await count(tohoku)).toEqual([2, 2]);
  });

  it('of all prefectures is counted, planned and sent in both homes', async () => {
    const { t, keys, count } = await registered();
    const areas = Array.from({ length: 47 }, (_, i) => `JP-${String(i + 1).padStart(2, '0')}`);
    const [people] = await count(areas);
    const incident = (await must(t, 201, 'POST', '/api/v1/incidents', keys.author, { name: 'Tokai' })).json.id;
    const body = draftOf(incident, { audience: { areas, unknownLocation: 'include' } });
    const { id } = (await must(t, 201, 'POST', '/api/v1/alerts', keys.author, body)).json;
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/submit`, keys.author);
    await must(t, 200, 'POST', `/api/v1/alerts/${id}/approve`, keys.approver, { undoSeconds: 0 });
    await t.work();
    const sent = (await must(t, 200, 'GET', `/api/v1/alerts/${id}`, keys.viewer)).json;
    expect(sent.state).toBe('sent');
    expect(sent.deliveries.sent).toBe(sent.people);
    expect(sent.people).toBeGreaterThan(people);
  });
});
