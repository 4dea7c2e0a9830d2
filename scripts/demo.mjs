/**
 * A seeded embassy with simulated phones: npm run demo [-- --once] [-- --port 8788]
 *
 *   --once             plays one crisis in the terminal, checks its own result and exits
 *   --port N           listens there instead of on PORT or 8787
 *   --without CHANNEL  leaves sms, telegram or push out of the alert, to see the check fail
 *
 * It starts the real server on a database of its own and speaks to it over HTTP, as anybody would.
 */
import { parseArgs } from 'node:util';
import { checkAll } from './demo/check.mjs';
import { openScreen } from './demo/screen.mjs';
import { DemoError, findPort, startServer } from './demo/server.mjs';
import {
  answerAlert,
  fillRegister,
  followDeliveries,
  lookAtPhones,
  openEmbassy,
  raiseAlert,
  readBoard,
  readRadio,
} from './demo/story.mjs';

/** What was asked for; leaves with 2 and a sentence when it is not understood. */
function readArguments() {
  const refuse = (sentence) => {
    console.error(`${sentence}\nUsage: npm run demo -- [--once] [--port N] [--without sms|telegram|push]`);
    process.exit(2);
  };
  let values;
  try {
    const options = { once: { type: 'boolean' }, port: { type: 'string' }, without: { type: 'string' } };
    values = parseArgs({ options }).values;
  } catch (error) {
    refuse(error.message);
  }
  const { once = false, without } = values;
  const port = Number(values.port ?? process.env.PORT ?? (once ? 0 : 8787));
  if (!Number.isInteger(port) || port < 0 || port > 65535) refuse(`"${values.port ?? process.env.PORT}" is no port.`);
  if (without !== undefined && !['sms', 'telegram', 'push'].includes(without)) refuse(`"${without}" is no channel.`);
  return { once, without, port };
}

/** The crisis from the empty register to the radio; what happened, to be checked. */
async function play(server, embassy, screen, without) {
  const { expected } = embassy;
  const register = await fillRegister(server, embassy, screen);
  const raised = await raiseAlert(embassy, screen, without);
  const sent = await followDeliveries(embassy, raised, screen);
  const seen = await lookAtPhones(embassy, screen);
  const answers = await answerAlert(embassy, seen, screen);
  const read = await readBoard(embassy, raised, answers, screen);
  const aired = await readRadio(server, register, screen);
  return { expected, ...register, ...raised, ...sent, ...seen, ...read, ...aired };
}

/** @returns whether all that had to happen did */
function judge(happened, screen) {
  screen.chapter('Was it so?');
  const checks = checkAll(happened);
  for (const { name, problems } of checks) {
    if (problems.length === 0) screen.passed(name);
    else screen.failed(name);
    for (const problem of problems) screen.say(`        ${problem}`);
  }
  return checks.every(({ problems }) => problems.length === 0);
}

/** Where to look while it runs. The keys open this demo's database and nothing else. */
async function showAddresses(server, { keys, desks }, { station, alert }, screen) {
  const { url } = await desks.viewer('POST', '/api/v1/simulator/tickets', {});
  screen.chapter('Look around');
  screen.table([
    ['phones, which can answer', `${server.publicUrl}/simulator`],
    ['  signed in already', url],
    ['page for migrants', `${server.publicUrl}/`],
    ['is this alert real?', `${server.publicUrl}/check/${alert.ref}`],
    ['the alert as CAP', `${server.publicUrl}/cap/${alert.ref}.xml`],
    ['the radio script', `${server.publicUrl}/radio/${station.id}/ta.html?key=${station.token}`],
    ['the API', `${server.publicUrl}/docs`],
    ...Object.entries(keys).map(([role, key]) => [`key of the ${role} desk`, key]),
  ]);
  screen.say();
  screen.say('   The keys open this demo only; its database goes when it ends. Ctrl-C ends it.');
}

const { once, without, port } = readArguments();
// a terminal that does not tell its width is none to draw on
const tty = process.stdout.columns > 40 && process.env.CI !== 'true' && process.env.TERM !== 'dumb';
const screen = openScreen({ tty, print: (line) => console.log(line) });

let server;
let finished = false;
const leave = async (code) => {
  finished = true;
  await server?.stop();
  process.exit(code);
};
process.once('SIGINT', () => leave(once ? 130 : 0));
process.once('SIGTERM', () => leave(once ? 143 : 0));
// a bar that is interrupted by Ctrl-C leaves by itself, with 0
process.once('exit', () => {
  if (!finished) process.exitCode = 130;
});

try {
  if (Number(process.versions.node.split('.')[0]) < 24)
    throw new DemoError(`This is Node ${process.versions.node}. Start with \`npm run demo\`, which brings its own.`);
  screen.title('Musafir: one crisis, from the first shaking to the radio');
  screen.say(screen.dim('All people and numbers here are invented.'));
  server = await startServer(await findPort(port));
  const embassy = await openEmbassy(server, screen);
  const happened = await play(server, embassy, screen, without);
  const good = judge(happened, screen);
  if (once) {
    screen.end(good ? 'All of it was so.' : 'NOT as it had to be: see FAIL above.');
    await leave(good ? 0 : 1);
  }
  await showAddresses(server, embassy, happened, screen);
  await server.ended;
  if (!finished) throw new DemoError(`The server ended by itself:\n${server.said()}`);
} catch (error) {
  // what fails while it is being stopped is no news
  if (!finished) {
    console.error(error instanceof DemoError ? `\n${error.message}` : error);
    await leave(1);
  }
}
