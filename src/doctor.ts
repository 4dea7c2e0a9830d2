import { sql } from 'drizzle-orm';
import type { Config } from './config.ts';
import { rows } from './db/store.ts';
import { readHalts, sayHalt } from './delivery/standing.ts';
import type { Gateway } from './gateway.ts';
import { TABLES, tableFaults } from './text/tables.ts';

/** One thing that was looked at. */
export interface Finding {
  state: 'ok' | 'note' | 'fail';
  what: string;
  repair?: string;
}

const ok = (what: string): Finding => ({ state: 'ok', what });
const note = (what: string, repair: string): Finding => ({ state: 'note', what, repair });
const fail = (what: string, repair: string): Finding => ({ state: 'fail', what, repair });

/** Looks at keys, organisations, channels, queue and texts, and names the repair of each fault (SY-4). */
export async function examine(g: Gateway, config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const organisations = await rows<{ id: string; mode: string }>(g.store, sql`select id, mode from organisations`);
  if (organisations.length === 0) findings.push(note('not set up yet', 'Start the server and POST /api/v1/setup.'));
  for (const { id, mode } of organisations) {
    try {
      const keys = await g.vault.keys(id);
      await keys.open('note', await keys.seal('note', 'doctor'));
      findings.push(ok(`${id} (${mode}): its data key opens`));
    } catch {
      findings.push(
        fail(`${id}: its data key does not open`, 'Set MASTER_KEY to the key that this database was made with.'),
      );
    }
  }
  const live = organisations.some(({ mode }) => mode === 'live');
  for (const [channel, on, names] of [
    ['sms', config.twilio !== undefined, 'TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM'],
    ['telegram', config.telegram !== undefined, 'TELEGRAM_BOT_TOKEN'],
  ] as const)
    findings.push(
      on
        ? ok(`${channel} has settings`)
        : note(`${channel} is off${live ? ': its addresses are not reached' : ''}`, `Set ${names}.`),
    );
  if (!config.publicUrl.startsWith('https://'))
    findings.push(
      note(
        'PUBLIC_URL is not https',
        'Providers and browsers call back over https only: set PUBLIC_URL to your address.',
      ),
    );

  const [queue] = await rows<{ n: number; oldest: number | null }>(
    g.store,
    sql`select count(*) as n, min(created_at) as oldest from deliveries where state = 'pending' and due_at <= ${g.clock.now()}`,
  );
  const minutes = queue!.oldest === null ? 0 : Math.floor((g.clock.now() - queue!.oldest) / 60_000);
  findings.push(
    minutes > 10
      ? fail(
          `${queue!.n} deliveries wait, the oldest for ${minutes} minutes`,
          'Start the server; look at GET /metrics.',
        )
      : ok(`${queue!.n} deliveries are due`),
  );
  const [unknown] = await rows<{ n: number }>(
    g.store,
    sql`select count(*) as n from deliveries where state = 'indeterminate'`,
  );
  if (unknown!.n > 0)
    findings.push(
      note(`${unknown!.n} deliveries are indeterminate`, 'Decide each by POST /api/v1/deliveries/{id}/resolve.'),
    );
  for (const halt of await readHalts(g))
    findings.push(
      halt.cause === 'account'
        ? fail(sayHalt(halt, g.clock.now()), 'Repair the account at the provider; it goes on by itself.')
        : note(sayHalt(halt, g.clock.now()), 'Nothing to repair here; it goes on by itself.'),
    );

  for (const path of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
    const faults = tableFaults(path, await g.assets.read(path));
    for (const fault of faults) findings.push(fail(`${path}: ${fault}`, 'Correct the file and start again.'));
    if (faults.length === 0) findings.push(ok(`${path} can be used`));
  }
  const languages = await g.catalog.languages();
  for (const template of await g.catalog.templates()) {
    const missing = languages.filter((tag) => !template.languages.includes(tag));
    if (missing.length > 0)
      findings.push(
        note(
          `template ${template.id} has no text in ${missing.join(', ')}`,
          `Write templates/${template.id}/<language>.json.`,
        ),
      );
  }
  findings.push(ok(`${languages.length} languages have interface and answers`));
  return findings;
}
