/**
 * How well the interpreter reads the labelled replies, by language: npm run replies [-- file.jsonl ...]
 * Node runs the TypeScript as it is, so the program that starts here must be the one in node_modules.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

if (Number(process.versions.node.split('.')[0]) < 24) {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
}

const { compileLexicon, interpret } = await import('../src/replies/interpret.ts');
const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const files = readdirSync(new URL('locales/', root))
  .map((tag) => `locales/${tag}/lexicon.json`)
  .filter((path) => existsSync(new URL(path, root)))
  .map((path) => JSON.parse(read(path)));
const lexicon = compileLexicon(files);

const percent = (part, whole) => (whole === 0 ? '     -' : `${((100 * part) / whole).toFixed(1)}%`.padStart(6));
const columns = ['help', 'safe', 'stop', 'moved', 'start', 'info', 'unclear'];

for (const path of process.argv.length > 2
  ? process.argv.slice(2)
  : ['test/fixtures/replies/dev.jsonl', 'test/fixtures/replies/own.jsonl']) {
  const cases = read(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const rows = new Map();
  const errors = [];
  const started = performance.now();
  for (const one of cases) {
    const row = rows.get(one.lang) ?? {
      right: {},
      all: {},
      lost: 0,
      hasty: 0,
      people: 0,
      peopleAll: 0,
      place: 0,
      placeAll: 0,
      behalf: 0,
      behalfAll: 0,
    };
    rows.set(one.lang, row);
    const got = interpret(one.text, { language: one.lang }, lexicon);
    row.all[one.label] = (row.all[one.label] ?? 0) + 1;
    if (got.meaning === one.label) row.right[one.label] = (row.right[one.label] ?? 0) + 1;
    else
      errors.push(
        `${one.label} read as ${got.meaning}: ${JSON.stringify(one.text)} (${one.id}; ${one.gloss})\n    ${got.because.join('; ')}`,
      );
    if (one.label === 'help' && ['safe', 'moved', 'stop'].includes(got.meaning)) row.lost++;
    if (one.label === 'unclear' && got.meaning === 'safe') row.hasty++;
    const detail = (name, same) => {
      if (one[name] === undefined) return;
      row[`${name === 'onBehalf' ? 'behalf' : name}All`]++;
      if (same) row[name === 'onBehalf' ? 'behalf' : name]++;
      else if (process.env.DETAILS) errors.push(`${name} ${one[name]} read as ${got[name]}: ${one.text} (${one.id})`);
    };
    detail('people', got.people === one.people);
    detail('onBehalf', got.onBehalf === true);
    const inside = (a, b) =>
      a !== undefined &&
      b !== undefined &&
      (a.toLowerCase().includes(b.toLowerCase()) || b.toLowerCase().includes(a.toLowerCase()));
    detail('place', inside(got.place, one.place));
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${path}: ${cases.length} replies`);
  console.log(`lang  ${columns.map((name) => `${name.padStart(12)}`).join('')}   help lost  unclear as safe`);
  const total = {
    right: {},
    all: {},
    lost: 0,
    hasty: 0,
    people: 0,
    peopleAll: 0,
    place: 0,
    placeAll: 0,
    behalf: 0,
    behalfAll: 0,
  };
  const print = (lang, row) => {
    const cells = columns.map((name) =>
      `${percent(row.right[name] ?? 0, row.all[name] ?? 0)}/${String(row.all[name] ?? 0).padEnd(3)}`.padStart(12),
    );
    console.log(`${lang.padEnd(6)}${cells.join('')}${String(row.lost).padStart(12)}${String(row.hasty).padStart(16)}`);
  };
  for (const [lang, row] of rows) {
    print(lang, row);
    for (const name of columns) {
      total.right[name] = (total.right[name] ?? 0) + (row.right[name] ?? 0);
      total.all[name] = (total.all[name] ?? 0) + (row.all[name] ?? 0);
    }
    for (const name of ['lost', 'hasty', 'people', 'peopleAll', 'place', 'placeAll', 'behalf', 'behalfAll'])
      total[name] += row[name];
  }
  print('all', total);
  console.log(
    `people ${total.people}/${total.peopleAll}, place ${total.place}/${total.placeAll}, on behalf ${total.behalf}/${total.behalfAll}; ${Math.round(cases.length / seconds)} replies/s in this run`,
  );
  for (const error of errors) console.log(`  ${error}`);
}
