/**
 * The table of languages and templates: lengths, segments of the SMS with typical values, and review states.
 * With `--check si ta` everything that is wrong with the files of Sinhala and Tamil; with `--check` of all languages.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileAssets } from '../src/platform/assets-node.ts';
import { loadCatalog } from '../src/text/catalog.ts';
import { estimateTexts } from '../src/text/estimate.ts';
import { flatten, localeFaults, localePaths, missingFiles, templateFaults, templatePaths } from '../src/text/faults.ts';
import { lengthFaults, replyLengthFaults } from '../src/text/fits.ts';
import { lockTemplate } from '../src/text/lock.ts';
import { countSegments } from '../src/text/segments.ts';

const root = new URL('..', import.meta.url);
const catalog = loadCatalog(fileAssets(root));
const languages = await catalog.languages();

const [first, ...tags] = process.argv.slice(2);
if (first === '--check') process.exitCode = (await check(tags.length > 0 ? tags : languages)) === 0 ? 0 : 1;
else if (first === undefined) await printTable();
else {
  console.error('npm run translations [-- --check [language ...]]');
  process.exitCode = 2;
}

/** @returns how many faults there are */
async function check(wanted) {
  const { files, broken } = readFiles();
  let faults = 0;
  const print = (path, found) => {
    for (const fault of found) console.log(`${path}: ${fault}`);
    faults += found.length;
  };
  for (const tag of wanted) {
    for (const [path, why] of broken)
      if (path.includes(`/${tag}.json`) || path.includes(`/${tag}/`)) print(path, [why]);
    for (const path of missingFiles(files, tag)) print(path, ['is missing']);
    for (const path of templatePaths(files, tag)) {
      print(path, templateFaults(files, path));
      const differs = await lockTemplate(catalog, path.split('/')[1]).catch(() => []);
      print(
        path,
        differs.filter(({ language }) => language === tag).map(({ detail }) => detail),
      );
      print(path, await lengthFaults(catalog, path.split('/')[1], tag).catch(said));
    }
    for (const path of localePaths(files, tag)) {
      print(path, localeFaults(files, path));
      if (path.endsWith('replies.json')) print(path, replyLengthFaults(flatten(files.get(path)), tag));
    }
  }
  console.log(faults === 0 ? `no fault in ${wanted.join(', ')}` : `${faults} faults in ${wanted.join(', ')}`);
  return faults;
}

/** A placeholder that does not exist: the file's other check names it. */
function said(error) {
  return [error.message];
}

function readFiles() {
  const files = new Map();
  const broken = [];
  for (const folder of ['templates', 'locales'])
    for (const name of readdirSync(new URL(folder, root), { recursive: true })) {
      if (!name.endsWith('.json')) continue;
      try {
        files.set(`${folder}/${name}`, JSON.parse(readFileSync(new URL(`${folder}/${name}`, root), 'utf8')));
      } catch (error) {
        broken.push([`${folder}/${name}`, `is not JSON: ${error.message}`]);
      }
    }
  return { files, broken };
}

async function printTable() {
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
}
