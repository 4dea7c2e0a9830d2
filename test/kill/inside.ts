/**
 * Loaded before the server by `node --import`: watches the public entry points of better-sqlite3 and undici for the
 * steps of a delivery and ends the process at the one that `KILL` names, and alters the build as `MUTANT` says. The
 * server itself knows nothing of it.
 */
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import Database from 'better-sqlite3';
import { Pool } from 'undici';
import { MUTANTS } from './mutants.ts';
import type { InnerKill } from './steps.ts';

const wanted: InnerKill | undefined = process.env.KILL ? JSON.parse(process.env.KILL) : undefined;
let seen = 0;

/** Something has just happened. When it is what we wait for, nothing happens any more. */
function happened(step: InnerKill['step'], sender?: string): void {
  if (step !== wanted?.step || (wanted.sender !== undefined && sender !== wanted.sender) || ++seen < wanted.nth) return;
  writeSync(2, `${JSON.stringify({ killedAt: step, time: Date.now() })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

// ---- commits

type Event = [step: InnerKill['step'], sender?: string];
/** What a statement comes to once it is committed. */
type Reading = (parameters: unknown[], found: unknown) => Event | undefined;

function readingOf(source: string): Reading | undefined {
  const sql = source.trimStart().toLowerCase();
  if (sql.startsWith('update "alerts" set "plan_cursor"'))
    return (parameters) => (parameters[1] === null ? ['planned half'] : undefined);
  if (!sql.startsWith('update "deliveries" set')) return undefined;
  const returns = sql.includes(' returning ');
  if (returns && sql.includes('"lease_until" = '))
    return (parameters, found) => {
      const sender = parameters.find((value) => value === 'sms' || value === 'telegram' || value === 'push');
      return Array.isArray(found) && found.length > 0 ? ['claimed', String(sender)] : undefined;
    };
  if (!returns && sql.includes(' from json_each('))
    return (parameters) => (parameters.some((value) => String(value).includes(',"sent",')) ? ['recorded'] : undefined);
  return undefined;
}

let uncommitted: Event[] = [];
const commit = () => {
  const events = uncommitted;
  uncommitted = [];
  for (const event of events) happened(...event);
};

interface Prepared {
  [method: string]: (...parameters: unknown[]) => unknown;
}
const raw = Database.prototype as unknown as {
  prepare(this: Database.Database, source: string): Prepared;
  transaction(this: Database.Database, work: () => unknown): (...parameters: unknown[]) => unknown;
};
const { prepare, transaction } = raw;
raw.prepare = function (source) {
  const statement = prepare.call(this, source);
  const reading = readingOf(source);
  if (!reading) return statement;
  for (const method of ['run', 'all', 'get', 'values']) {
    const original = statement[method];
    if (!original) continue;
    statement[method] = (...parameters) => {
      const found = original.apply(statement, parameters);
      const event = reading(parameters.flat(), found);
      if (event) uncommitted.push(event);
      if (!this.inTransaction) commit();
      return found;
    };
  }
  return statement;
};
raw.transaction = function (work) {
  const run = transaction.call(this, work);
  return (...parameters) => {
    const result = run(...parameters);
    if (!this.inTransaction) commit();
    return result;
  };
};

// ---- answers

const SENDS: [RegExp, string][] = [
  [/^POST .*\/Messages\.json/, 'sms'],
  [/^POST .*\/sendMessage/, 'telegram'],
  [/^POST .*\/wpush\//, 'push'],
  [/^GET .*\/Messages\.json/, 'list'],
];

const { dispatch } = Pool.prototype;
Pool.prototype.dispatch = function (this: Pool, options, handler) {
  const sender = SENDS.find(([pattern]) => pattern.test(`${options.method} ${options.path}`))?.[1];
  if (sender) {
    let status = 0;
    const { onResponseStart, onResponseEnd } = handler;
    handler.onResponseStart = (...told) => {
      status = told[1];
      onResponseStart?.apply(handler, told);
    };
    handler.onResponseEnd = (...told) => {
      onResponseEnd?.apply(handler, told);
      if (status < 300) happened(sender === 'list' ? 'looked up' : 'answered', sender);
    };
  }
  return dispatch.call(this, options, handler);
};

// ---- alterations

const mutant = process.env.MUTANT ? MUTANTS[process.env.MUTANT] : undefined;
if (process.env.MUTANT && !mutant) throw new Error(`No mutant is called ${process.env.MUTANT}`);
if (mutant)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(mutant.file)) return loaded;
      const source = new TextDecoder().decode(
        typeof loaded.source === 'string' ? new TextEncoder().encode(loaded.source) : (loaded.source as Uint8Array),
      );
      const altered = source.replace(mutant.from, () => mutant.to);
      if (altered === source) throw new Error(`${mutant.file} has nothing of: ${mutant.from}`);
      writeSync(2, `${JSON.stringify({ altered: mutant.file })}\n`);
      return { ...loaded, source: altered };
    },
  });
