import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SmsPrice } from '../../src/alerts/price.ts';
import { countSegments } from '../../src/text/segments.ts';
import { allWell, type Stage, stage, words } from '../delivery/stage.ts';

const PRICES: Record<string, number> = {
  US: 0.01,
  JP: 0.09,
  LK: 0.15,
  PH: 0.12,
  NP: 0.14,
  IN: 0.05,
  LB: 0.12,
  AE: 0.08,
};
const NUMBERS: Record<string, (n: number) => string> = {
  JP: (n) => `+8180${12_340_000 + n}`,
  AE: (n) => `+97150${1_234_000 + n}`,
  KR: (n) => `+8210${12_340_000 + n}`,
  LB: (n) => `+96171${123_000 + n}`,
};
const TAGS = ['si', 'ar', 'th', 'ja', 'en'];

const previewOf = async (s: Stage, more: object): Promise<SmsPrice> => {
  const body = { audience: {}, channels: ['sms'], ...more };
  const answer = await s.call('POST', '/api/v1/audiences/preview', { key: s.keys.author, body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.sms;
};

describe('the price before approval', () => {
  it('is the sum over countries and languages of messages, segments and price, and what is sent then', async () => {
    const someone = fc.record({ country: fc.constantFrom(...Object.keys(NUMBERS)), tag: fc.constantFrom(...TAGS) });
    const crowd = fc.array(someone, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(crowd, fc.constantFrom('default', 'bilingual'), async (people, languagePolicy) => {
        const s = await stage();
        await s.people(
          ...people.map(({ country, tag }, n) => ({
            externalId: `p-${n}`,
            languages: [tag],
            addresses: [{ channel: 'sms', value: NUMBERS[country]!(n) }],
          })),
        );
        const { texts } = words('15:00'.repeat(9), TAGS);
        const price = await previewOf(s, { texts, languagePolicy });
        await s.tell({ texts, languagePolicy });
        let [segments, cost] = [0, 0];
        for (const { to, body } of s.twilio.sent) {
          const country =
            people[
              Object.keys(people)
                .map(Number)
                .find((n) => NUMBERS[people[n]!.country]!(n) === to)!
            ]!.country;
          const each = countSegments(body).segments;
          segments += each;
          cost += each * (PRICES[country] ?? 0.08);
        }
        expect(price.segments).toBe(segments);
        expect(price.cost).toBeCloseTo(cost, 2);
        for (const by of [price.byLanguage, price.byCountry]) {
          const sums = Object.values(by) as { messages: number; segments: number; cost: number }[];
          const total = (name: 'messages' | 'segments' | 'cost') => sums.reduce((sum, one) => sum + one[name], 0);
          expect(total('messages')).toBe(people.length);
          expect(total('segments')).toBe(segments);
          // each is rounded to a cent
          expect(Math.abs(total('cost') - cost)).toBeLessThanOrEqual(0.005 * (sums.length + 1));
        }
        allWell(s);
      }),
      { numRuns: 6, seed: 20260311 },
    );
  });

  it('says for each country which rule acts and what it changes, and when somebody looked', async () => {
    const s = await stage();
    const at = (country: string, n: number, tag: string) => ({
      externalId: `p-${n}`,
      languages: [tag],
      addresses: [{ channel: 'sms', value: NUMBERS[country]!(n) }],
    });
    await s.people(at('JP', 1, 'si'), at('AE', 2, 'si'), at('KR', 3, 'ar'), at('KR', 4, 'vi'), at('LB', 5, 'ar'));
    const price = await previewOf(s, {
      template: 'civil_unrest',
      parameters: { place: 'JP-04', until: '2026-03-11T22:00:00+09:00' },
    });
    expect(price.rulesCheckedOn).toBe('2026-10-01');
    expect(price.pricesCheckedOn).toBeNull();
    const changes = Object.entries(price.byCountry).map(([country, one]) => [country, one.messages, one.changes]);
    expect(Object.fromEntries(changes.map(([country, ...rest]) => [country, rest]))).toEqual({
      JP: [1, []],
      AE: [1, ['neutral', 'one_way_bare']],
      KR: [2, ['ascii', 'english', 'one_way_number']],
      LB: [1, ['one_way_number']],
    });
    expect(price.byCountry.AE!.rule).toEqual({
      ...{ replyPath: 'one_way_bare', noUrl: true, noNumber: true, neutral: true, charset: null },
    });
    expect(price.byLanguage.si).toMatchObject({ messages: 2, encoding: 'UCS-2' });
    expect(price.byLanguage.en).toMatchObject({ messages: 1, encoding: 'GSM-7' });
    expect(price.unverifiedCountries).toEqual([]);
  });

  it('names the characters of a text that make it expensive, and tells what was folded', async () => {
    const s = await stage();
    await s.people(
      { externalId: 'a', languages: ['en'], addresses: [{ channel: 'sms', value: NUMBERS.JP!(1) }] },
      { externalId: 'b', languages: ['si'], addresses: [{ channel: 'sms', value: NUMBERS.JP!(2) }] },
    );
    const quoted = `The ${'river '.repeat(10)}is high. Don’t go – wait…`;
    const folded = await previewOf(s, { texts: { en: { full: quoted } } });
    expect(folded.warnings).toEqual([]);
    expect(folded.folded).toEqual({
      en: [
        ['’', "'"],
        ['–', '-'],
        ['…', '...'],
      ],
    });
    expect(folded.byLanguage.en).toMatchObject({ encoding: 'GSM-7', segmentsEach: 1 });

    const dear = await previewOf(s, { texts: { en: { full: `Go to Gdańsk 🔥. ${quoted}` }, si: { full: 'යන්න 🔥' } } });
    expect(dear.warnings).toEqual([
      {
        ...{ language: 'en', parameter: null, characters: ['ń', '🔥', '’', '–', '…'], at: [10, 14, 93, 99, 105] },
        detail: 'ń at 10, 🔥 at 14, ’ at 93, – at 99 and … at 105 make this UCS-2: 2 segments instead of 1',
      },
    ]);
    expect(dear.folded).toEqual({});
  });

  it('finds them in a parameter of a template, and names it', async () => {
    const s = await stage();
    const tags = ['en', 'fil', 'si', 'ar'];
    await s.people(
      ...tags.map((tag, n) => ({
        externalId: tag,
        languages: [tag],
        addresses: [{ channel: 'sms', value: NUMBERS.JP!(n) }],
      })),
    );
    const time = '2026-03-11T14:46:00+09:00';
    const curly = await previewOf(s, { template: 'earthquake', parameters: { place: 'St. John’s', time } });
    expect(curly.warnings).toEqual([]);
    expect(curly.folded).toEqual({ en: [['’', "'"]], fil: [['’', "'"]] });
    const polish = await previewOf(s, { template: 'earthquake', parameters: { place: 'Gdańsk', time } });
    expect(polish.warnings.map(({ language, parameter, characters }) => [language, parameter, characters])).toEqual([
      ['en', 'place', ['ń']],
      ['fil', 'place', ['ń']],
    ]);
    expect(polish.warnings[0]!.detail).toMatch(/^ń at \d+ makes this UCS-2: \d segments instead of \d$/);
  });
});
