import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/text/catalog.ts';
import type { LockedTexts } from '../../src/text/lock.ts';
import { KINDS, mutate, STATED, seeded } from '../../src/text/mutants.fixture.ts';
import { shippedAssets, shippedFiles } from '../../src/text/shipped.fixture.ts';
import type { TemplateText } from '../../src/text/template.ts';
import { embassy, type TestGateway, testGateway } from '../gateway.ts';
import { NIMALI } from '../people.ts';

const EXPIRES = '2026-03-12T14:46:00+09:00';
const PARAMETERS = { place: 'JP-04', until: '2026-03-11T20:00:00+09:00' };
const NAMES = ['{{org}}', '{{ref}}', '{{place}}', '{{until}}'];

async function crisis(t: TestGateway) {
  const keys = await embassy(t, 'training');
  await t.call('POST', '/api/v1/people', { key: keys.registrar, body: NIMALI });
  const { id } = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json;
  const draft = (more: Record<string, unknown>) =>
    t.call('POST', '/api/v1/alerts', {
      key: keys.author,
      body: { incident: id, audience: {}, expires: EXPIRES, ...more },
    });
  const submit = (alert: string) => t.call('POST', `/api/v1/alerts/${alert}/submit`, { key: keys.author });
  return { draft, submit, keys };
}

/** The flood as it is shipped, under an id of its own, with other words in some languages. */
function copied(id: string, texts: LockedTexts) {
  const path = (of: string) => of.replace(`templates/${id}/`, 'templates/flood/');
  return loadCatalog({
    read: async (wanted) => {
      const file = await shippedAssets.read(path(wanted));
      if (wanted === 'index.json') {
        const index = file as { templates: Record<string, string[]> };
        index.templates[id] = index.templates.flood!;
      }
      const tag = /^templates\/([^/]+)\/(.+)\.json$/.exec(wanted);
      if (tag?.[1] === id && tag[2] === 'meta') (file as { id: string }).id = id;
      else if (tag?.[1] === id) Object.assign((file as TemplateText).texts, texts[tag[2]!]);
      return file;
    },
  });
}

const flood = Object.fromEntries(
  [...shippedFiles].flatMap(([path, file]) => {
    const tag = /^templates\/flood\/(?!meta)(.+)\.json$/.exec(path)?.[1];
    return tag ? [[tag, (file as TemplateText).texts as LockedTexts[string]]] : [];
  }),
);
const stated = (texts: LockedTexts, lengths: string[]): LockedTexts =>
  Object.fromEntries(
    Object.entries(texts).map(([tag, text]) => [
      tag,
      Object.fromEntries(lengths.map((length) => [length, text[length]! + STATED])),
    ]),
  );

describe('a template in thirty languages with one fact changed in one of them', () => {
  it('is refused when an alert is drafted from it, and passes unchanged', async () => {
    const t = await testGateway();
    const { draft } = await crisis(t);
    const random = seeded(4);
    const original = stated(flood, ['full', 'sms', 'radio']);
    t.g.catalog = copied('flood_copy', original);
    expect((await draft({ template: 'flood_copy', parameters: PARAMETERS })).status).toBe(201);
    const facts = Object.fromEntries(Object.keys(flood).map((tag) => [tag, NAMES]));
    for (const kind of KINDS) {
      let mutant = null;
      while (!mutant) mutant = mutate(kind, original, facts, random);
      t.g.catalog = copied('flood_copy', mutant.texts);
      const refused = await draft({ template: 'flood_copy', parameters: PARAMETERS });
      expect([refused.status, refused.json.code], mutant.what).toEqual([422, 'text_differs']);
      const details = refused.json.errors.map(({ detail }: { detail: string }) => detail.split(':')[0]);
      if (kind !== 'same') expect(details.join(), mutant.what).toContain(`${mutant.language} `);
    }
  });
});

describe('own texts in thirty languages with one fact changed in one of them', () => {
  it('are refused before they are submitted, and pass unchanged', async () => {
    const t = await testGateway();
    const { draft, submit, keys } = await crisis(t);
    const alert = (await draft({ template: 'flood', parameters: PARAMETERS })).json.id;
    const { texts } = (await t.call('GET', `/api/v1/alerts/${alert}`, { key: keys.author })).json;
    const original = stated(texts, ['full', 'sms']);
    const random = seeded(5);
    const unchanged = await draft({ texts: original });
    expect(unchanged.status, unchanged.text).toBe(201);
    const passed = await submit(unchanged.json.id);
    expect(passed.status, passed.text).toBe(200);
    const facts = Object.fromEntries(Object.keys(texts).map((tag) => [tag, ['Embassy of Sri Lanka', '20:00']]));
    for (const kind of KINDS) {
      let mutant = null;
      while (!mutant) mutant = mutate(kind, original, facts, random);
      const refused = await submit((await draft({ texts: mutant.texts })).json.id);
      expect([refused.status, refused.json.code], mutant.what).toEqual([422, 'text_differs']);
      const { pointer, detail } = refused.json.errors.find(
        (one: { pointer: string }) => kind === 'same' || one.pointer.startsWith(`/texts/${mutant.language}/`),
      );
      const [, , language, length] = pointer.split('/');
      expect(detail).toMatch(`${language} ${length}: `);
    }
  });
});
