/** The table of languages and templates: lengths, segments of the SMS with typical values, and review states. */
import { fileAssets } from '../src/platform/assets-node.ts';
import { loadCatalog } from '../src/text/catalog.ts';
import { estimateTexts } from '../src/text/estimate.ts';
import { countSegments } from '../src/text/segments.ts';

const catalog = loadCatalog(fileAssets(new URL('..', import.meta.url)));
const languages = await catalog.languages();
const templates = await catalog.templates();
const sender = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M' };

const cells = {};
const states = {};
for (const { id } of templates) {
  const texts = await estimateTexts(catalog, id, {}, sender);
  for (const tag of languages) {
    const source = await catalog.text(id, tag);
    if (!source) continue;
    const { segments } = countSegments(texts[tag].sms);
    cells[`${tag} ${id}`] = `${segments}/${Object.keys(source.texts).length}`;
    states[tag] ??= {};
    states[tag][source.review.state] = (states[tag][source.review.state] ?? 0) + 1;
  }
}

const columns = templates.map(({ id }) => id);
const width = (name) => Math.max(name.length, 5);
console.log('segments of the SMS / lengths that are there; - is missing\n');
console.log(['language '.padEnd(10), ...columns.map((name) => name.padEnd(width(name))), 'review'].join('  '));
for (const tag of languages) {
  const review = Object.entries(states[tag] ?? {}).map(([state, n]) => `${n} ${state}`);
  const row = columns.map((id) => (cells[`${tag} ${id}`] ?? '-').padEnd(width(id)));
  console.log([tag.padEnd(10), ...row, review.join(', ')].join('  '));
}
console.log(`\n${languages.length} languages, ${templates.length} templates`);
