import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import { parseConfig } from './config.ts';
import { openLog } from './platform/log.ts';
import { openNode } from './platform/node.ts';
import { isSetUp, setupToken } from './trust/organisations.ts';

const { config, problems } = parseConfig(process.env, 'node');
if (problems.length > 0) {
  for (const { setting, problem, repair } of problems) console.error(`${setting} ${problem}. ${repair}`);
  process.exit(1);
}
const log = openLog(config.logLevel, (line) => console.log(line));
const home = await openNode(config, log);
const app = createApp(home.gateway);
const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, async ({ port }) => {
  log.info('listening', { host: config.host, port });
  await home.start();
  if (config.setupToken === undefined && !(await isSetUp(home.gateway)))
    console.log(`Not set up yet. POST ${config.publicUrl}/api/v1/setup with token ${await setupToken(home.gateway)}`);
});

const stop = async (signal: string) => {
  log.info('stopping', { signal });
  server.close();
  await home.stop();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
