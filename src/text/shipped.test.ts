import { describe, expect, it } from 'vitest';
import { loadCatalog } from './catalog.ts';
import { flatten, localeFaults, localePaths, missingFiles, templateFaults, templatePaths } from './faults.ts';
import { lengthFaults, replyLengthFaults } from './fits.ts';
import { shippedAssets, shippedFiles } from './shipped.fixture.ts';

const catalog = loadCatalog(shippedAssets);
const partsOf = (path: string) => path.match(/^[^/]+\/([^/]+)\/([^/]+)\.json$/)!.slice(1) as [string, string];
const languages = [...new Set(templatePaths(shippedFiles).map((path) => partsOf(path)[1]))].sort();

describe.each(templatePaths(shippedFiles))('%s', (path) => {
  it('says what English says, in its own words and script, and names who wrote it', () => {
    expect(templateFaults(shippedFiles, path)).toEqual([]);
  });

  it('fits into an SMS in every country', async () => {
    expect(await lengthFaults(catalog, ...partsOf(path))).toEqual([]);
  });
});

describe.each(localePaths(shippedFiles))('%s', (path) => {
  it('has the texts of English with the same facts, and names who wrote it', () => {
    expect(localeFaults(shippedFiles, path)).toEqual([]);
  });
});

describe.each(languages)('the language %s', (tag) => {
  it('has every template, words, answers, choices and names', () => {
    expect(missingFiles(shippedFiles, tag)).toEqual([]);
  });

  it('keeps its answers short', () => {
    const replies = shippedFiles.get(`locales/${tag}/replies.json`) as Parameters<typeof flatten>[0];
    expect(replyLengthFaults(flatten(replies), tag)).toEqual([]);
  });
});
