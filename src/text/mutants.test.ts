import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { loadCatalog } from './catalog.ts';
import { findDifferences, type LockedTexts, lockTemplate, lockTexts, readersOf } from './lock.ts';
import { KINDS, mutate, STATED, seeded } from './mutants.fixture.ts';
import { renderParameters } from './parameters.ts';
import { renderTexts } from './render.ts';
import { shippedAssets } from './shipped.fixture.ts';
import type { Meta } from './template.ts';

const catalog = loadCatalog(shippedAssets);
const CONTEXT = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M' };
/** Of each kind, both ways: 2,400 in all. workerd reads some of the same ones, to show that it reads alike. */
const EACH = home.name === 'node' ? 150 : 20;

/** Three crises; a place that every language has a word for, one whose name is cut in a flash, one in Latin letters. */
const CRISES: Record<string, string>[] = [
  {
    ...{ place: 'LB', time: '2026-01-12T18:30:00+02:00', until: '2026-01-13T20:00:00+02:00', phone: '+9611234567' },
    ...{ point: 'Gate 2, National Stadium', day: '2026-03-13', road: 'airport road', query: 'A7K3' },
    ...{ items: 'papers', disease: 'cholera', fee: 'free', scale: 'red' },
  },
  {
    ...{
      place: 'JP-04',
      time: '2026-05-02T23:15:00+09:00',
      until: '2026-05-03T06:00:00+09:00',
      phone: '+819012345678',
    },
    ...{ point: 'Sendai port', day: '2026-12-31', road: 'Route 9', query: 'B2M9' },
    ...{ items: 'water_food', disease: 'dengue', fee: 'paid', scale: 'orange' },
  },
  {
    ...{ place: 'Beirut southern suburbs, Tyre', time: '2026-09-10T10:00:00+02:00', phone: '+41441234567' },
    ...{ until: '2026-10-11T09:00:00+02:00', point: 'Hamra Street 12', day: '2026-08-01', road: 'A1', query: 'C4C4' },
    ...{ items: 'warm_clothes', disease: 'measles', fee: 'free', scale: 'yellow' },
  },
];

interface Base {
  texts: LockedTexts;
  /** by language, what can be dropped or change places */
  facts: Record<string, string[]>;
  meta?: Meta;
}

const LENGTHS = ['full', 'sms', 'radio', 'flash', 'neutral'];

/** Two of the lengths, so that thousands are soon read; each ends with what every kind can change. */
function stated(texts: LockedTexts, lengths: string[]): LockedTexts {
  return Object.fromEntries(
    Object.entries(texts).map(([tag, text]) => [
      tag,
      Object.fromEntries(lengths.flatMap((length) => (text[length] ? [[length, text[length] + STATED]] : []))),
    ]),
  );
}

async function originals(): Promise<{ template: Base; own: Base }[]> {
  const bases: { template: Base; own: Base }[] = [];
  for (const { id, languages } of await catalog.templates()) {
    if (languages.length < 20) continue;
    const meta = await catalog.meta(id);
    for (const [index, crisis] of CRISES.entries()) {
      const lengths = [LENGTHS[index % 2]!, LENGTHS[2 + index]!];
      const values = Object.fromEntries(Object.keys(meta.parameters).map((name) => [name, crisis[name]!]));
      const files: LockedTexts = {};
      const [placeholders, facts]: [Base['facts'], Base['facts']] = [{}, {}];
      for (const tag of languages) {
        files[tag] = (await catalog.text(id, tag))!.texts;
        placeholders[tag] = ['org', 'ref', ...Object.keys(meta.parameters)].map((name) => `{{${name}}}`);
        const [names, choices] = [await catalog.names(tag), await catalog.choices(tag)];
        const said = renderParameters(meta, values, names, choices, { ...CONTEXT, language: tag, form: 'long' });
        // words of the language itself are no facts that another could be compared with
        facts[tag] = Object.entries(said).flatMap(([name, value]) =>
          ['items', 'disease', 'fee', 'scale'].includes(name) ? [] : [value],
        );
      }
      const rendered = (await renderTexts(catalog, id, values, CONTEXT)) as unknown as LockedTexts;
      bases.push({
        template: { texts: stated(files, lengths), facts: placeholders, meta },
        own: { texts: stated(rendered, lengths), facts },
      });
    }
  }
  return bases;
}

describe('the fact lock', () => {
  it('lets every template pass as it is shipped, and as it is filled in', { timeout: 120_000 }, async () => {
    for (const { id } of await catalog.templates()) {
      const meta = await catalog.meta(id);
      expect(await lockTemplate(catalog, id)).toEqual([]);
      for (const crisis of CRISES) {
        const values = Object.fromEntries(Object.keys(meta.parameters).map((name) => [name, crisis[name]!]));
        const rendered = (await renderTexts(catalog, id, values, CONTEXT)) as unknown as LockedTexts;
        expect(await lockTexts(catalog, rendered), id).toEqual([]);
      }
    }
  });

  it('refuses every text with one fact changed in one language', { timeout: 300_000 }, async () => {
    const random = seeded(20_261_122);
    const readers = await readersOf(catalog, await catalog.languages());
    const bases = await originals();
    const missed: string[] = [];
    const table: Record<string, string> = {};
    for (const { template, own } of bases)
      for (const base of [template, own]) expect(findDifferences(base.texts, readers, base.meta)).toEqual([]);
    for (const way of ['own', 'template'] as const)
      for (const kind of KINDS) {
        let [made, refused] = [0, 0];
        for (let turn = 0; made < EACH && turn < 40 * EACH; turn++) {
          const base = bases[Math.floor(random() * bases.length)]![way];
          const mutant = mutate(kind, base.texts, base.facts, random);
          if (!mutant) continue;
          made++;
          const found = findDifferences(mutant.texts, readers, base.meta);
          // of two languages with the same text either may be the copy
          const named = found.some(({ language }) => language === mutant.language || kind === 'same');
          if (named) refused++;
          else missed.push(`${way} ${kind} ${mutant.language} ${mutant.what}`);
        }
        table[`${way} ${kind}`] = `${refused} of ${made}`;
      }
    console.log(table);
    expect(missed).toEqual([]);
    expect(Object.values(table)).toEqual(Array(2 * KINDS.length).fill(`${EACH} of ${EACH}`));
  });
});
