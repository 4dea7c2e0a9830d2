/** One crisis, chapter by chapter, over the same HTTP that everybody uses. What happened is kept to be checked. */
import { cast, expectedLanguage, languageName, REPLIES, registerCsv, tally } from './people.mjs';
import { all, waitFor } from './server.mjs';

const EMBASSY = {
  id: 'lk-tokyo',
  name: 'Embassy of Sri Lanka in Tokyo',
  country: 'LK',
  defaultLanguage: 'si',
};
const DESKS = ['author', 'approver', 'registrar', 'caseworker', 'viewer'];
const CHANNELS = ['sms', 'telegram', 'push'];
const CHANNEL_NAMES = { sms: 'SMS', telegram: 'Telegram', push: 'web push' };
const AUDIENCE = { areas: ['JP-04'], unknownLocation: 'include' };
/** Whose phones are shown: four scripts, all channels. */
const SHOWN = ['නිමාලි පෙරේරා', 'கவிதா ராஜன்', 'مريم سالم', '佐藤 由美'];
/** Whose answer from the gateway is shown. */
const CALLS = 'නිමාලි පෙරේරා';

/** An organisation in training, with a key for each desk. */
export async function openEmbassy(server, screen) {
  screen.chapter('An embassy opens its gateway');
  const { apiKey } = await server.as()('POST', '/api/v1/setup', {
    token: server.setupToken,
    organisation: EMBASSY,
    mode: 'training',
  });
  const keys = { admin: apiKey };
  for (const role of DESKS) {
    const made = await server.as(apiKey)('POST', '/api/v1/keys', { name: `${role} desk`, roles: [role] });
    keys[role] = made.apiKey;
  }
  const desks = Object.fromEntries(Object.entries(keys).map(([role, key]) => [role, server.as(key)]));
  screen.text(
    `${EMBASSY.name}, in training: nothing leaves this computer.`,
    'Six desks with a key each. Who writes an alert cannot approve it.',
  );
  return { keys, desks, expected: { embassy: EMBASSY } };
}

/** The register: most from the office's list, some by themselves in a browser; and a radio station. */
export async function fillRegister(server, { desks, expected }, screen) {
  screen.chapter('Its register');
  const people = cast();
  const browsers = people.filter((person) => person.addresses.some((one) => one.channel === 'push'));
  const listed = people.filter((person) => !browsers.includes(person));
  const { id } = await desks.registrar('POST', '/api/v1/imports', registerCsv(listed));
  for (const person of browsers) {
    const { number } = await server.as()('POST', '/push/subscriptions', {
      subscription: person.addresses[0].value,
      languages: person.languages,
      nationalities: [person.nationality],
      area: person.area,
    });
    // who comes by themselves gives no name, and is known by the number that the page shows them
    person.externalId = `web-${number}`;
  }
  const report = await screen.wait('The office imports its list', () =>
    waitFor('the import is done', async () => {
      const now = await desks.registrar('GET', `/api/v1/imports/${id}`);
      return ['done', 'failed'].includes(now.status) && now;
    }),
  );
  const station = await desks.admin('POST', '/api/v1/stations', {
    name: 'Sendai FM',
    languages: ['ta', 'si', 'ja'],
    areas: ['JP-04'],
  });
  const first = tally(people.map((person) => person.languages[0])).map(([tag, n]) => `${languageName(tag)} ${n}`);
  screen.text(`${people.length} people, whose first languages are ${first.join(', ')}.`);
  for (const { line, column, reason } of report.rejected)
    screen.text(`Line ${line} of the list was refused: ${column || 'row'}, ${reason}.`);
  for (const { name } of report.droppedColumns) screen.text(`The column ${name} was not stored: no alert needs it.`);
  screen.text(
    `${browsers.length} came by themselves, on a page that asks for no name. The rest are on the office’s list.`,
  );
  screen.text('Sendai FM will read warnings on air in Tamil, Sinhala and Japanese.');
  Object.assign(expected, { people, listed: listed.length });
  return { report, station };
}

/** The alert is written, counted, submitted, and approved by somebody else. */
export async function raiseAlert({ desks, expected }, screen, without) {
  const now = Date.now();
  const quake = inJapan(now - 4 * 60_000);
  screen.chapter(`${quake.slice(11, 16)} in Japan: the ground shakes in Miyagi`);
  const incident = await desks.author('POST', '/api/v1/incidents', { name: 'Earthquake off Miyagi' });
  const channels = CHANNELS.filter((channel) => channel !== without);
  const draft = await desks.author('POST', '/api/v1/alerts', {
    incident: incident.id,
    template: 'earthquake',
    parameters: { place: 'JP-04', time: quake },
    audience: AUDIENCE,
    channels,
    expires: new Date(now + 6 * 3_600_000).toISOString(),
  });
  const preview = await desks.author('POST', '/api/v1/audiences/preview', {
    audience: AUDIENCE,
    template: 'earthquake',
    channels,
  });
  const available = Object.keys(draft.texts);
  const audience = expected.people.filter((person) => person.addressed);
  for (const person of audience) person.expects = expectedLanguage(person, available, EMBASSY.defaultLanguage);
  const own = preview.people - sum(preview.byFallback) - preview.withoutText;
  screen.text(
    `The author fills place and time into the earthquake template, which has ${available.length} languages.`,
    'Before anybody says yes, the gateway counts:',
  );
  screen.table([
    ['people in Miyagi, or of unknown place', preview.people],
    ['  read their own language', own],
    ['  read one near their own', preview.byFallback.bridge ?? 0],
    ['  read neither, and get the embassy’s Sinhala', preview.byFallback.default ?? 0],
    ['  cannot be reached by these channels', preview.withoutAddress],
    ['SMS segments, and their price', `${preview.sms.segments}, ${preview.sms.cost} ${preview.sms.currency}`],
  ]);
  const unread = audience.filter((person) => person.expects.reason === 'default').map(({ languages }) => languages[0]);
  screen.text(`Those few read only ${list(unread)}: texts for a translator to make.`);
  await desks.author('POST', `/api/v1/alerts/${draft.id}/submit`, {});
  const approval = { undoSeconds: 0, expectedPeople: preview.people };
  await desks.approver('POST', `/api/v1/alerts/${draft.id}/approve`, approval);
  screen.text(`The approver, who is another person, has read ${draft.ref} and says yes.`);
  Object.assign(expected, { audience, available });
  return { incident, alert: draft, preview, channels };
}

/** To the minute, with Japan's offset. */
const inJapan = (at) => `${new Date(at + 9 * 3_600_000).toISOString().slice(0, 16)}:00+09:00`;

const list = (tags) => [...new Set(tags)].map(languageName).join(', ');
const sum = (counts) => Object.values(counts).reduce((total, n) => total + n, 0);

/** Bars for each channel and each language, while the engine works. */
export async function followDeliveries({ desks, expected }, { alert, channels }, screen) {
  screen.chapter('On its way');
  const began = Date.now();
  let state;
  let ledger = [];
  const look = async () => {
    state = (await desks.viewer('GET', `/api/v1/alerts/${alert.id}`)).state;
    ledger = await all(desks.viewer, `/api/v1/alerts/${alert.id}/deliveries`);
  };
  const follow = (label, max, belongs) =>
    screen.bar(label, max, async () => {
      const over = state === 'sent' || Date.now() - began > 10_000;
      if (!over) await look();
      const done = ledger.filter((row) => belongs(row) && ['sent', 'delivered'].includes(row.state)).length;
      return done < max && over ? null : done;
    });
  const expects = expected.audience.flatMap((person) =>
    person.addresses.map(({ channel }) => ({ channel, language: person.expects.language })),
  );
  const wanted = expects.filter(({ channel }) => channels.includes(channel));
  for (const [channel, n] of tally(wanted.map((one) => one.channel)))
    await follow(CHANNEL_NAMES[channel], n, (row) => row.channel === channel);
  for (const [language, n] of tally(wanted.map((one) => one.language)))
    await follow(languageName(language), n, (row) => row.language === language);
  return { ledger };
}

/** What the simulated phones have received, with whose they are; a few of them are shown. */
export async function lookAtPhones({ desks, expected }, screen) {
  screen.chapter('On the phones');
  const phones = [];
  for (const phone of await all(desks.viewer, '/api/v1/simulator/phones')) {
    const owner = expected.people.find((person) => ownerOf(phone, person));
    const messages = await readPhone(desks, phone);
    phones.push({ ...phone, owner, messages });
  }
  for (const name of SHOWN) {
    const phone = phones.find((one) => one.owner?.name === name);
    const [got] = phone?.messages ?? [];
    if (!got) continue;
    const buttons = (got.buttons ?? []).map(({ label }) => `[ ${label} ]`).join('  ');
    screen.phone(
      `${name}, ${CHANNEL_NAMES[phone.channel]}, in ${languageName(got.language)}`,
      `${got.text}\n${buttons}`,
    );
  }
  return { phones };
}

async function readPhone(desks, phone) {
  const { messages } = await desks.viewer('GET', `/api/v1/simulator/phones/${encodeURIComponent(phone.id)}`);
  return messages.filter(({ direction }) => direction === 'to_person');
}

/** A phone tells what its owner reads, their nationality and their place, and no name. */
function ownerOf(phone, person) {
  const told = phone.label.split(' · ').slice(-2).join(' ');
  return (
    person.addresses.some(({ channel }) => channel === phone.channel) &&
    person.languages.join() === phone.languages.join() &&
    told === `${person.nationality} ${person.area ?? 'JP'}`
  );
}

/** People answer on their phones, in whatever words they have. */
export async function answerAlert({ desks, expected }, { phones }, screen) {
  screen.chapter('They answer');
  const shown = [];
  for (const reply of REPLIES) {
    const phone = phones.find((one) => one.owner?.name === reply.name);
    // who was told nothing has nothing to answer
    if (!phone || phone.messages.length === 0) continue;
    const button = phone.messages[0].buttons[reply.button];
    const words = button ? { button: button.data } : { text: reply.text };
    await desks.viewer('POST', `/api/v1/simulator/phones/${encodeURIComponent(phone.id)}/messages`, words);
    shown.push([reply.name, button ? `[ ${button.label} ]` : reply.text, reply.gloss && `(${reply.gloss})`]);
  }
  screen.table(shown);
  expected.replies = REPLIES;
  return { phones, answered: shown.length };
}

/** The board once everything that was said is understood, and the calls for help. */
export async function readBoard({ desks, expected }, { incident }, { phones, answered }, screen) {
  screen.chapter('What the embassy sees');
  const replies = await screen.wait('The gateway reads the answers', () =>
    waitFor('all answers are understood', async () => {
      const found = await all(desks.caseworker, '/api/v1/replies');
      return found.length >= answered && found.every((reply) => reply.meaning) && found;
    }),
  );
  const board = await desks.viewer('GET', `/api/v1/incidents/${incident.id}/board`);
  const cases = await all(desks.caseworker, `/api/v1/cases?incident=${incident.id}`);
  screen.say(`   ${screen.strong(boardLine(board))}`);
  screen.text(`of ${board.registered} addressed. Families who are safe speak for ${board.claimedHeads} heads.`);
  screen.say();
  screen.text('Calls for help, the most urgent first:');
  const said = (one) =>
    replies.find((reply) => reply.personId === one.personId && reply.meaning === 'help')?.text ?? '';
  const name = (one) => expected.people.find(({ externalId }) => externalId === one.externalId)?.name ?? '?';
  screen.table(cases.map((one) => [one.number, one.priority, name(one), said(one)]));
  const answer = await readAnswer({ desks }, phones, screen);
  return { board, cases, replies, answer };
}

/** What came back to somebody who called for help; undefined when nothing did. */
async function readAnswer({ desks }, phones, screen) {
  const phone = phones.find((one) => one.owner?.name === CALLS);
  if (!phone || phone.messages.length === 0) return undefined;
  const answer = await waitFor(
    `${CALLS} has an answer`,
    async () => (await readPhone(desks, phone))[phone.messages.length] ?? false,
  );
  screen.say();
  screen.phone(`${CALLS} reads, a moment after calling for help`, answer.text);
  return answer;
}

/** The seven parts, in the order of the board. */
export function boardLine(board) {
  const parts = { ...board, 'no answer': board.noAnswer, 'opted out': board.optedOut };
  return ['safe', 'help', 'moved', 'unclear', 'no answer', 'unreachable', 'opted out']
    .map((part) => `${part} ${parts[part]}`)
    .join('  ');
}

/** What a presenter of Sendai FM reads out in Tamil. */
export async function readRadio(server, { station }, screen) {
  screen.chapter('On the air');
  const path = `/radio/${station.id}/ta`;
  const ask = server.as(station.token);
  const script = await ask('GET', `${path}.json`);
  const text = await ask('GET', `${path}.txt`);
  const spoken = text.split('\n--------------------')[0].trimEnd();
  screen.phone('Sendai FM, bulletin in Tamil', spoken);
  return { script, text };
}
