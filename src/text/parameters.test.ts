import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import emergency from '../../locales/emergency-numbers.json' with { type: 'json' };
import { loadCatalog } from './catalog.ts';
import {
  checkParameters,
  type RenderContext,
  renderParameters,
  shortName,
  untranslatedParameters,
} from './parameters.ts';
import { shippedAssets } from './shipped.fixture.ts';
import type { Meta, ParameterType } from './template.ts';

const catalog = loadCatalog(shippedAssets);
const flood = await catalog.meta('flood');
const TYPES: ParameterType[] = ['time', 'day', 'phone', 'count', 'place', 'items', 'disease', 'fee', 'scale', 'text'];

/** A template with one parameter of each type, named for its type. */
const every: Meta = {
  ...flood,
  id: 'every',
  parameters: Object.fromEntries(
    TYPES.map((type) => [type, { type, required: type === 'place', maxLength: 40, short: 12 }]),
  ),
};

const check = (given: Record<string, unknown>) =>
  checkParameters(every, { place: 'LB', ...given }).problems.map(({ pointer, code }) => [pointer, code]);

async function render(given: Record<string, unknown>, language: string, context: Partial<RenderContext> = {}) {
  const [names, choices] = [await catalog.names(language), await catalog.choices(language)];
  const whole = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M', form: 'long' as const, language, ...context };
  return renderParameters(every, given, names, choices, whole);
}

describe('checking parameters', () => {
  it('finds nothing wrong with what is right', () => {
    const given = {
      time: '2026-01-11T18:30:00+09:00',
      day: '2026-01-13',
      phone: '+94112338812',
      count: 3,
      place: { si: 'බේරූත්', ar: 'بيروت', en: 'Beirut' },
      items: 'papers',
      fee: 'free',
      text: 'ทางเข้า 2',
    };
    expect(check(given)).toEqual([]);
  });

  it('takes every emergency number that we know, and says it as it was typed', async () => {
    const numbers = new Set([...Object.values(emergency.countries), '119', '112', '110119', '000']);
    expect(numbers.size).toBeGreaterThan(14);
    for (const phone of numbers) {
      expect(check({ phone })).toEqual([]);
      expect((await render({ place: 'LB', phone }, 'ar')).phone).toBe(phone);
    }
  });

  it.each([
    [{ place: undefined }, '/place', 'missing_parameter'],
    [{ place: '' }, '/place', 'missing_parameter'],
    [{ place: '  ' }, '/place', 'missing_parameter'],
    [{ place: 5 }, '/place', 'wrong_type'],
    [{ place: ['බේරූත්'] }, '/place', 'wrong_type'],
    [{ place: {} }, '/place', 'wrong_type'],
    [{ place: { සිංහල: 'බේරූත්' } }, '/place/සිංහල', 'bad_language'],
    [{ place: { si: 7 } }, '/place/si', 'wrong_type'],
    [{ place: 'බ'.repeat(41) }, '/place', 'too_long'],
    [{ place: { ar: 'ب'.repeat(41), en: 'ok' } }, '/place/ar', 'too_long'],
    [{ place: 'بيروت\u200f' }, '/place', 'forbidden_character'],
    [{ place: 'Beirut\n2' }, '/place', 'forbidden_character'],
    [{ place: 'Beirut\ud83d' }, '/place', 'forbidden_character'],
    [{ time: '2026-01-11 18:30' }, '/time', 'bad_time'],
    [{ time: 5 }, '/time', 'bad_time'],
    [{ day: '2026-02-30' }, '/day', 'bad_day'],
    [{ phone: '0112338812' }, '/phone', 'bad_phone'],
    [{ phone: '99' }, '/phone', 'bad_phone'],
    [{ phone: '119119119' }, '/phone', 'bad_phone'],
    [{ phone: '1-19' }, '/phone', 'bad_phone'],
    [{ phone: '١١٩' }, '/phone', 'bad_phone'],
    [{ count: 2.5 }, '/count', 'bad_count'],
    [{ count: -1 }, '/count', 'bad_count'],
    [{ count: 'many' }, '/count', 'bad_count'],
    [{ org: 'Embassy' }, '/org', 'unknown_parameter'],
    [{ ref: 'X' }, '/ref', 'unknown_parameter'],
    [{ lang: 'si' }, '/lang', 'unknown_parameter'],
    [{ 'a/b~c': 1 }, '/a~1b~0c', 'unknown_parameter'],
    [JSON.parse('{"__proto__":"x"}'), '/__proto__', 'unknown_parameter'],
    [{ constructor: 'x' }, '/constructor', 'unknown_parameter'],
  ])('says of %j: %s %s', (given, pointer, code) => {
    expect(checkParameters(every, { place: 'LB', ...given, ...copyProto(given) }).problems).toContainEqual(
      expect.objectContaining({ pointer, code }),
    );
  });

  it('says everything at once, in sentences', () => {
    const { problems } = checkParameters(flood, { until: 'soon', palce: 'LB' });
    expect(problems.map((one) => one.code).sort()).toEqual(['bad_time', 'missing_parameter', 'unknown_parameter']);
    for (const { message } of problems) expect(message.length).toBeGreaterThan(5);
  });

  it('never throws, and what it lets through can be rendered in the form asked for', async () => {
    const [names, choices] = [await catalog.names('si'), await catalog.choices('si')];
    const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.jsonValue(), fc.constantFrom('LB', 'JP-04', 'free'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...TYPES, 'org', 'x'), value), (given) => {
        const { problems } = checkParameters(every, given);
        expect(problems).toBeInstanceOf(Array);
        if (problems.length > 0) return;
        const context = { org: 'ශ්‍රී ලංකා තානාපති කාර්යාලය', ref: 'LK7K3M', form: 'short' as const, language: 'si' };
        const values = renderParameters(every, given, names, choices, context);
        for (const [name, { type, short }] of Object.entries(every.parameters)) {
          if (['place', 'items', 'disease', 'fee', 'scale', 'text'].includes(type))
            expect((values[name] ?? '').length).toBeLessThanOrEqual(short);
        }
        expect(values.org!.length).toBeLessThanOrEqual(12);
      }),
    );
  });
});

/** A spread drops `__proto__`. */
function copyProto(given: object): Record<string, unknown> {
  return Object.hasOwn(given, '__proto__')
    ? Object.defineProperty({}, '__proto__', { value: 'x', enumerable: true })
    : {};
}

describe('an organisation in a flash text', () => {
  it.each([
    ['Embassy of Sri Lanka', 'Embassy'],
    ['International Organization for Migration', 'IOM'],
    ['Red Cross', 'Red Cross'],
    ['Ministerio de Asuntos Exteriores', 'Ministerio'],
    ['ශ්‍රී ලංකා තානාපති කාර්යාලය', 'ශ්‍රී ලංකා'],
    ['سفارة سريلانكا في طوكيو', 'سفارة'],
    ['スリランカ民主社会主義共和国大使館', 'スリランカ民主社会主義共'],
  ])('%s is %s', (name, short) => {
    expect(shortName(name)).toBe(short);
  });
});

describe('rendering parameters', () => {
  const facts = { place: 'JP-04', time: '2026-01-11T18:30:00+09:00', day: '2026-01-13', count: 3, fee: 'free' };

  it.each([
    ['si', 'මියාගී ප්‍රාන්තය', 'ජන 11 ඉරිදා 18:30', 'ජන 13 අඟහ'],
    ['ar', 'مياغي', 'الأحد 11 يناير 18:30', 'الثلاثاء 13 يناير'],
    ['th', 'จังหวัดมิยะงิ', 'อาทิตย์ 11 ม.ค. 18:30', 'อังคาร 13 ม.ค.'],
    ['ja', '宮城県', '1月11日(日) 18:30', '1月13日(火)'],
    ['en', 'Miyagi', 'Sun 11 Jan 18:30', 'Tue 13 Jan'],
  ])('in %s', async (language, place, time, day) => {
    const values = await render(facts, language);
    expect(values).toMatchObject({ org: 'Embassy of Sri Lanka', ref: 'LK7K3M', place, time, day, count: '3' });
  });

  it('in short: names of 12 units cut at a grapheme, the time as HH:MM, the number whole', async () => {
    const typed = { ...facts, place: 'ශ්‍රී ලංකා ශ්‍රී', phone: '+94112338812' };
    expect(await render(typed, 'si', { form: 'short' })).toMatchObject({
      org: 'Embassy',
      ref: 'LK7K3M',
      place: 'ශ්‍රී ලංකා',
      time: '18:30',
      phone: '+94112338812',
    });
    expect(await render(typed, 'si', { form: 'short', shortOrg: 'SL Embassy' })).toMatchObject({ org: 'SL Embassy' });
    expect(await render(typed, 'si', { shortOrg: 'SL Embassy' })).toMatchObject({ org: 'Embassy of Sri Lanka' });
  });

  it('takes the text of the language, a bridge, English, or whatever there is', async () => {
    const place = { si: 'බේරූත්', fa: 'بیروت', tl: 'Beirut PH', en: 'Beirut' };
    const said = async (language: string, one: object = place) => (await render({ place: one }, language)).place;
    expect(await said('si')).toBe('බේරූත්');
    expect(await said('fa-AF')).toBe('بیروت');
    expect(await said('fil')).toBe('Beirut PH');
    expect(await said('am')).toBe('Beirut');
    expect(await said('am', { ar: 'بيروت' })).toBe('بيروت');
  });

  it('knows the choices, shows other text as typed, and escapes nothing', async () => {
    expect((await render({ ...facts }, 'en')).fee).toBe('free');
    expect((await render({ fee: '<b>5 $ & up</b>' }, 'en')).fee).toBe('<b>5 $ & up</b>');
    expect((await render({ place: 'Tyre {{ref}}' }, 'en')).place).toBe('Tyre {{ref}}');
  });

  it('names imported areas, and organisations, by language', async () => {
    const areas = { camp7: { si: 'කඳවුර 7', en: 'Camp 7' } };
    const org = { si: 'ශ්‍රී ලංකා තානාපති', en: 'Embassy' };
    expect(await render({ place: 'camp7' }, 'si', { areas, org })).toMatchObject({
      place: 'කඳවුර 7',
      org: 'ශ්‍රී ලංකා තානාපති',
    });
    expect((await render({ place: 'camp7' }, 'ar', { areas })).place).toBe('Camp 7');
  });

  it('says which languages would read a text that was typed in another one', async () => {
    const [names, choices] = [await catalog.names('en'), await catalog.choices('en')];
    const told = { place: { si: 'බේරූත්', en: 'Beirut' }, text: 'Gate 2', fee: 'free', time: '2026-01-11T18:30:00Z' };
    expect(untranslatedParameters(every, told, names, choices, ['si', 'ar', 'en'])).toEqual([
      { name: 'place', languages: ['ar'] },
      { name: 'text', languages: ['si', 'ar', 'en'] },
    ]);
  });
});
