import fc from 'fast-check';
import { createInstance } from 'i18next';
import { describe, expect, it } from 'vitest';
import { type Assets, loadCatalog } from './catalog.ts';
import { compileText, placeholders } from './compile.ts';
import { shippedAssets, shippedFiles } from './shipped.fixture.ts';
import type { TemplateText, Values } from './template.ts';

const catalog = loadCatalog(shippedAssets);

describe('the catalog', () => {
  it('lists the templates as the API shows them', async () => {
    const summaries = await catalog.templates();
    expect(summaries.find((one) => one.id === 'earthquake')).toMatchObject({
      parameters: [
        { name: 'place', type: 'place', required: true },
        { name: 'time', type: 'time', required: true },
      ],
      scope: 'Public',
      channels: ['sms', 'telegram', 'push', 'radio'],
    });
    for (const { id, languages } of summaries) expect(languages, id).toContain('en');
  });

  it('has null for a language that a template lacks, and refuses a template that is not there', async () => {
    expect(await catalog.text('flood', 'xx')).toBeNull();
    expect(await catalog.text('flood', '../../package')).toBeNull();
    await expect(catalog.meta('../locales/en')).rejects.toMatchObject({ code: 'unknown_template' });
    await expect(catalog.meta('constructor')).rejects.toMatchObject({ code: 'unknown_template' });
  });

  it('says words and replies, and says when a reply had to be English', async () => {
    expect(await catalog.word('en', 'page_until', { time: '18:30' })).toBe('Valid until 18:30');
    expect(await catalog.reply('xx', 'stay_ack')).toMatchObject({ language: 'en', fallback: true });
    expect(await catalog.reply('en', 'check_true', { ref: 'LK7K3M', time: '18:30' })).toEqual({
      text: 'Yes, message LK7K3M is ours, sent 18:30.',
      language: 'en',
      fallback: false,
    });
  });

  it('throws for a missing language, key or variable', async () => {
    await expect(catalog.word('xx', 'page_title')).rejects.toMatchObject({ code: 'missing_language' });
    await expect(catalog.word('en', 'no_such_key')).rejects.toMatchObject({ code: 'missing_key' });
    await expect(catalog.word('en', 'page_until')).rejects.toMatchObject({ code: 'missing_variable' });
    await expect(catalog.reply('en', 'no_such_key')).rejects.toMatchObject({ code: 'missing_key' });
  });

  it('says values as they are: nothing escaped, nothing nested, no option smuggled in', async () => {
    const ref = '<b>$t(page_title) {{time}} & "x"';
    expect(await catalog.word('en', 'page_number', { ref })).toBe(`Number ${ref}`);
    expect(await catalog.word('en', 'page_number', { ref: 'A', lng: 'si', count: 3, defaultValue: 'no' })).toBe(
      'Number A',
    );
  });

  it('reads each file once', async () => {
    const reads: string[] = [];
    const counting: Assets = {
      read: async (path) => {
        reads.push(path);
        return shippedAssets.read(path);
      },
    };
    const counted = loadCatalog(counting);
    for (let time = 0; time < 2; time++) await counted.text('flood', 'en');
    await counted.words('en');
    await counted.word('en', 'page_title');
    expect(reads.sort()).toEqual(['index.json', 'locales/en/interface.json', 'templates/flood/en.json']);
  });

  it('asks again after a failed read', async () => {
    let broken = true;
    const flaky = loadCatalog({
      read: (path) => (broken ? Promise.reject(new Error('no wire')) : shippedAssets.read(path)),
    });
    await expect(flaky.templates()).rejects.toThrow('no wire');
    broken = false;
    expect((await flaky.templates()).length).toBeGreaterThan(0);
  });
});

describe('compiled texts', () => {
  const i18next = createInstance();
  void i18next.init({
    lng: 'en',
    resources: {},
    initAsync: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  const say = (text: string, values: Values) => {
    i18next.addResource('en', 'translation', 'text', text);
    return i18next.getFixedT('en')('text', { replace: values });
  };
  const spoken = [...shippedFiles].filter(([path]) => /^templates|(?:interface|replies)\.json$/.test(path));
  const texts = spoken.flatMap(([path, content]): [string, string][] => {
    const { texts, words, replies } = content as Partial<TemplateText> & Record<string, Record<string, string>>;
    return Object.entries({ ...texts, ...words, ...replies }).map(([key, text]) => [`${path} ${key}`, text as string]);
  });

  it('equal those of i18next, for every shipped text', () => {
    expect(texts.length).toBeGreaterThan(100);
    for (const [where, text] of texts) {
      const values = Object.fromEntries(placeholders(text).map((name, i) => [name, `«${name} ${i} $& <ක>»`]));
      expect(compileText(text)(values), where).toBe(say(text, values));
    }
  });

  it('equal those of i18next, whatever the values', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }), (place, ref) => {
        const text = '{{place}} භූමිකම්පාව {{ ref }}. {{place}}';
        expect(compileText(text)({ place, ref })).toBe(say(text, { place, ref }));
      }),
    );
  });

  it('throw when a value is missing', () => {
    expect(() => compileText('زلزال {{place}}')({})).toThrow(expect.objectContaining({ code: 'missing_variable' }));
    expect(() => compileText('{{toString}}')({})).toThrow(expect.objectContaining({ code: 'missing_variable' }));
  });
});
