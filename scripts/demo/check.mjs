/** Holds what happened against what had to happen. Each failure says what was expected and what came instead. */

const TOLD = ['sent', 'delivered'];
const PARTS = ['safe', 'help', 'moved', 'unclear', 'noAnswer', 'unreachable', 'optedOut'];
const CHANNEL_NAMES = { sms: 'SMS', telegram: 'Telegram', push: 'web push' };

/** @returns one `{name, problems}` for each promise; without problems it was kept */
export function checkAll(happened) {
  return [
    ['The register holds everybody, and refused what is no mobile number', register(happened)],
    ['The count before approval was right, with its fallbacks', counted(happened)],
    ['Everyone was told once at each address, in the expected language', ledger(happened)],
    ['The phones show exactly that, and nobody elsewhere was troubled', phones(happened)],
    ['Every answer was understood as it was meant', understood(happened)],
    ['The board adds up to those who were addressed, each under what they said', board(happened)],
    ['Every cry for help is a case, the bleeding one on top, and is answered with its number', cases(happened)],
    ['The radio script is in Tamil, with its source first and last', radio(happened)],
  ].map(([name, problems]) => ({ name, problems }));
}

function differs(what, expected, got) {
  return expected === got ? [] : [`${what}: expected ${expected}, got ${got}`];
}

/** The first few of a kind, and how many more. */
function few(problems, most = 4) {
  const more = problems.length - most;
  return more > 0 ? [...problems.slice(0, most), `and ${more} more like this`] : problems;
}

function register({ report, expected }) {
  return [
    ...differs('status of the import', 'done', report.status),
    ...differs('people made from the list', expected.listed, report.created),
    ...differs('refused lines', 1, report.rejected.length),
  ];
}

function counted({ preview, expected }) {
  const reasons = (reason) => expected.audience.filter((person) => person.expects.reason === reason).length;
  return [
    ...differs('people', expected.audience.length, preview.people),
    ...differs('readers of a near language', reasons('bridge'), preview.byFallback.bridge ?? 0),
    ...differs(
      'readers of the embassy’s language for want of their own',
      reasons('default'),
      preview.byFallback.default ?? 0,
    ),
    ...differs('people whom these channels do not reach', 0, preview.withoutAddress),
    ...differs('people without any text', 0, preview.withoutText),
  ];
}

function ledger({ ledger, expected }) {
  const problems = [];
  const missed = {};
  for (const person of expected.audience)
    for (const { channel } of person.addresses) {
      const rows = ledger.filter((row) => row.externalId === person.externalId && row.channel === channel);
      const told = rows.filter((row) => TOLD.includes(row.state));
      if (told.length === 0) missed[channel] = [...(missed[channel] ?? []), person.name];
      problems.push(
        ...(rows.length > 1 ? differs(`rows for ${person.name} by ${CHANNEL_NAMES[channel]}`, 1, rows.length) : []),
        ...told.flatMap((row) => differs(`language for ${person.name}`, person.expects.language, row.language)),
        ...told.flatMap((row) => differs(`why ${person.name} got it`, person.expects.reason, row.languageReason)),
      );
    }
  const wanted = (channel) =>
    expected.audience.filter((one) => one.addresses.some((a) => a.channel === channel)).length;
  const nobody = Object.entries(missed).map(
    ([channel, names]) =>
      `by ${CHANNEL_NAMES[channel]} ${wanted(channel)} people had to be told, and ${wanted(channel) - names.length} were; not told: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' ...' : ''}`,
  );
  const addressed = new Set(expected.audience.map((person) => person.externalId));
  const strangers = ledger.filter((row) => !addressed.has(row.externalId));
  return [...nobody, ...few(problems), ...differs('rows for people elsewhere', 0, strangers.length)];
}

function phones({ phones, alert, expected }) {
  const problems = [];
  for (const person of expected.people)
    for (const { channel } of person.addresses) {
      const mine = phones.filter((phone) => phone.owner === person && phone.channel === channel);
      const got = mine.flatMap((phone) => phone.messages);
      const who = `messages on the phone of ${person.name} (${CHANNEL_NAMES[channel]})`;
      problems.push(...differs(who, person.addressed ? 1 : 0, got.length));
      if (!person.addressed || got.length !== 1) continue;
      const { language } = person.expects;
      problems.push(...differs(`language on the phone of ${person.name}`, language, got[0].language));
      const words = alert.texts[language][channel === 'sms' ? 'sms' : 'full'];
      if (!got[0].text.startsWith(words))
        problems.push(`text on the phone of ${person.name}: expected "${words}", got "${got[0].text}"`);
    }
  return few(problems);
}

function understood({ replies, expected }) {
  return expected.replies.flatMap(({ name, text, means }) => {
    // a pressed button arrives with the number of the alert
    const reply = replies.find((one) => (text ? one.text === text : /^1 \w+$/.test(one.text)));
    return reply
      ? differs(`"${reply.text}"`, means, reply.meaning)
      : [`${name} could not answer: nothing came to that phone`];
  });
}

function board({ board, expected }) {
  const said = (meaning) => expected.replies.filter((reply) => reply.means === meaning).length;
  const wanted = {
    safe: said('safe'),
    help: said('help'),
    moved: said('moved'),
    unclear: said('unclear'),
    noAnswer: expected.audience.length - expected.replies.length,
    unreachable: 0,
    optedOut: said('stop'),
  };
  const total = PARTS.reduce((sum, part) => sum + board[part], 0);
  return [
    ...differs('registered', expected.audience.length, board.registered),
    ...differs('the seven parts together', board.registered, total),
    ...PARTS.flatMap((part) => differs(part, wanted[part], board[part])),
  ];
}

function cases({ cases, answer, expected }) {
  const calls = expected.replies.filter((reply) => reply.means === 'help');
  const nameOf = (one) => expected.people.find(({ externalId }) => externalId === one.externalId)?.name;
  const top = calls.find((reply) => reply.first).name;
  return [
    ...differs('open cases', calls.length, cases.length),
    ...calls
      .filter(({ name }) => !cases.some((one) => nameOf(one) === name))
      .map(({ name, text }) => `no case for ${name}, who wrote "${text}"`),
    ...differs('the first case', top, cases[0] ? nameOf(cases[0]) : 'none'),
    ...(cases.some(({ number }) => answer?.text.includes(number))
      ? []
      : [`answer to a call: expected the number of a case in it, got ${answer ? `"${answer.text}"` : 'none'}`]),
  ];
}

function radio({ script, text, expected }) {
  const { name } = expected.embassy;
  const spoken = [script.intro, ...script.body, ...script.repeat, script.outro].join(' ').replaceAll(name, '');
  const letters = spoken.match(/\p{L}/gu)?.length ?? 0;
  const tamil = spoken.match(/(?=\p{L})\p{sc=Taml}/gu)?.length ?? 0;
  const share = letters === 0 ? 0 : Math.round((100 * tamil) / letters);
  return [
    ...(share > 90 ? [] : [`Tamil letters: expected more than 90 of 100, got ${share}`]),
    ...(script.intro.includes(name) ? [] : [`first sentence: expected it to name "${name}", got "${script.intro}"`]),
    ...(script.outro.includes(name) ? [] : [`last sentence: expected it to name "${name}", got "${script.outro}"`]),
    ...(text.includes('NOT AFTER: ') ? [] : ['header: expected NOT AFTER, which is missing']),
  ];
}
