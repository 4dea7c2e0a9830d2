import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Command } from 'commander';
import { eq } from 'drizzle-orm';
import { type Config, parseConfig } from './config.ts';
import { imports, operators, organisations } from './db/schema.ts';
import { examine } from './doctor.ts';
import { readImport, takeImport, workImport } from './people/imports.ts';
import { Line } from './people/person.ts';
import { openLog } from './platform/log.ts';
import { type NodeHome, openNode } from './platform/node.ts';
import { SHORT_ORG } from './text/parameters.ts';
import type { Caller } from './trust/operators.ts';
import { addOrganisation } from './trust/organisations.ts';

/** The command line works on the SQLite file of DATABASE_PATH while no server has it open. */
async function withHome(run: (home: NodeHome, config: Config) => Promise<void>): Promise<void> {
  const { config, problems } = parseConfig(process.env, 'node');
  for (const { setting, problem, repair } of problems) console.error(`${setting} ${problem}. ${repair}`);
  if (problems.length > 0) process.exit(1);
  let home: NodeHome;
  try {
    home = await openNode(
      config,
      openLog('warning', (line) => console.error(line)),
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  try {
    await run(home, config);
  } finally {
    await home.stop();
  }
}

const program = new Command('musafir').description(
  'Works on the database of DATABASE_PATH while the server is stopped',
);

program
  .command('doctor')
  .description('what is wrong with this installation, and how to repair it')
  .action(() =>
    withHome(async ({ gateway }, config) => {
      const findings = await examine(gateway, config);
      for (const { state, what, repair } of findings)
        console.log(
          `${state === 'ok' ? 'ok  ' : state === 'note' ? 'note' : 'FAIL'} ${what}${repair ? `\n     ${repair}` : ''}`,
        );
      process.exitCode = findings.some(({ state }) => state === 'fail') ? 1 : 0;
    }),
  );

const organisation = program.command('organisations').description('tenants of this installation');
organisation
  .command('add')
  .requiredOption('--id <id>')
  .requiredOption('--name <name>')
  .requiredOption('--country <code>', 'ISO 3166-1')
  .requiredOption('--language <tag>', 'default language, BCP 47')
  .option('--short-name <name>', 'at most 12 characters, for flash texts; otherwise made from the name')
  .option('--live', 'reaches people for real; otherwise training')
  .action((o) =>
    withHome(async ({ gateway }) => {
      const [existing] = await gateway.store.db.select().from(organisations).limit(1);
      const made = await addOrganisation(gateway, {
        id: o.id,
        name: o.name,
        shortName: o.shortName === undefined ? undefined : Line(SHORT_ORG).parse(o.shortName),
        country: o.country.toUpperCase(),
        defaultLanguage: o.language,
        mode: o.live ? 'live' : 'training',
        first: existing === undefined,
      });
      console.log(JSON.stringify(made, null, 2));
    }),
  );

program
  .command('keys')
  .description('API keys of an organisation, without their secrets')
  .requiredOption('--organisation <id>')
  .action((o) =>
    withHome(async ({ gateway }) => {
      const found = await gateway.store.db.select().from(operators).where(eq(operators.organisation, o.organisation));
      for (const row of found)
        console.log(
          `${row.id}  ${row.roles}  ${row.revokedAt ? 'revoked' : row.confirmedAt ? 'works' : 'waits'}  ${row.name}`,
        );
    }),
  );

program
  .command('import <file>')
  .description('people from CSV; nothing is sent to anyone')
  .requiredOption('--organisation <id>')
  .option('--dry-run')
  .action((file, o) =>
    withHome(async ({ gateway }, config) => {
      const [row] = await gateway.store.db.select().from(organisations).where(eq(organisations.id, o.organisation));
      if (!row) throw new Error(`There is no organisation ${o.organisation}.`);
      const caller: Caller = { operator: 'command line', organisation: row, roles: ['registrar'] };
      const stream = Readable.toWeb(createReadStream(file)) as unknown as ReadableStream<Uint8Array>;
      const defaultCountry = config.defaultCountry ?? row.country;
      const { id } = await takeImport(gateway, caller, stream, { dryRun: o.dryRun === true, defaultCountry });
      const [stored] = await gateway.store.db.select({ id: imports.id }).from(imports).where(eq(imports.uid, id));
      while (await workImport(gateway, stored!.id)) process.stderr.write('.');
      process.stderr.write('\n');
      console.log(JSON.stringify(await readImport(gateway, caller, id), null, 2));
    }),
  );

await program.parseAsync();
