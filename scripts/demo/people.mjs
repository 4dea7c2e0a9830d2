/**
 * The cast: invented people, how they are reached, what they read, and what some of them answer.
 * Nobody here exists, and no number is called: in training the simulator plays every channel.
 */
import { createECDH, randomBytes } from 'node:crypto';

/** Where the ground shakes, by ISO 3166, and towns in it. */
const MIYAGI = 'JP-04';
const TOWNS = 'SENDAI ISHINOMAKI NATORI SHIOGAMA KESENNUMA TAGAJO IWANUMA TOME OSAKI MATSUSHIMA'.split(' ');

/**
 * name | languages, best first | nationality | channels (sms with its country) | place when it is not Miyagi;
 * `-` is somebody whose place in Japan nobody knows. At most 100 addresses: so many phones are on the simulator's table.
 */
const CAST = `
නිමාලි පෙරේරා        | si en | LK | sms:JP
රුවන් ජයසූරිය         | si    | LK | sms:JP
චතුරි සිල්වා          | si    | LK | telegram
කසුන් බණ්ඩාර         | si    | LK | sms:JP
දිනූෂා ප්‍රනාන්දු        | si    | LK | push
මාලනී ගුණරත්න       | si    | LK | sms:LK
සුනිල් රත්නායක        | si en | LK | sms:JP
තරිඳු විජේසිංහ         | si    | LK | telegram
හිරුණි අබේසේකර       | si    | LK | sms:JP telegram
අනූෂා කරුණාරත්න      | si ja | LK | sms:JP
සමන් ඒකනායක        | si    | LK | sms:JP  | -
குமரன் சிவராஜா        | ta    | LK | sms:JP
கவிதா ராஜன்           | ta en | LK | telegram
சுதர்சன் நடராஜா        | ta    | LK | sms:JP
பிரியா கணேசன்         | ta    | IN | push
ஜெயந்தன் அருள்        | ta    | LK | telegram
தர்ஷினி மகேந்திரன்     | ta    | LK | sms:LK
佐藤 由美             | ja    | JP | sms:JP
田中 ホセ             | ja    | BR | telegram
林 リン               | ja    | CN | sms:JP
山本 真理             | ja    | JP | push
Maria Santos          | fil   | PH | sms:JP
Jun Villanueva        | fil en| PH | telegram
Analyn Abella         | ceb   | PH | sms:PH
Rosario Cruz          | fil   | PH | push
Marlon Dizon          | en fil| PH | sms:JP
सुनिता गुरुङ           | ne    | NP | sms:JP
विकास तामाङ          | ne    | NP | telegram
सीता थापा             | ne    | NP | sms:JP
राजेश श्रेष्ठ            | ne    | NP | push
अनिता राई             | ne en | NP | sms:JP
يوسف الحداد           | ar    | SY | telegram
ليلى منصور            | ar    | SY | sms:JP
عمر خليل              | arz   | EG | sms:JP
مريم سالم             | ar    | MA | push
هدى ناصر              | ar fr | TN | telegram
Lucía Quispe          | es    | PE | sms:JP
Diego Rojas           | es    | PE | telegram
Carmen Flores         | es    | BO | push
Chidinma Okafor       | en    | NG | sms:JP
Blessing Mensah       | en    | GH | telegram
عبدالکریم             | ur en | PK | push
အောင်ကို               | my en | MM | sms:JP
Linh Trần             | vi en | VN | telegram
สมชาย ใจดี            | th    | TH | sms:JP
มาลี ศรีสุข            | th    | TH | telegram
Nguyễn Văn An         | vi    | VN | sms:JP
မြမြဝင်း               | my    | MM | sms:JP
ကိုကိုလွင်              | my    | MM | telegram
አበበ ከበደ              | am    | ET | sms:JP
Fatou Diallo          | fr    | SN | telegram
عائشہ خان             | ur    | PK | sms:JP
Бат-Эрдэнэ            | mn    | MN | sms:JP
Dilnoza Karimova      | uz    | UZ | telegram
राहुल शर्मा             | hi en | IN | sms:JP
রহিমা খাতুন            | bn    | BD | sms:JP
김지훈                 | ko    | KR | telegram
王小丽                 | zh-Hans | CN | sms:JP
Putri Lestari         | id    | ID | telegram
Иван Соколов          | ru    | RU | telegram
Оксана Коваль         | uk    | UA | sms:JP
Ana Souza             | pt    | BR | sms:JP
Mehmet Yılmaz         | tr    | TR | push
رضا احمدی             | fa    | IR | telegram
فرشته نوری            | fa-AF | AF | sms:JP
ګل مینه               | ps    | AF | sms:JP
សុខ ចាន់ថា             | km    | KH | telegram
ሰላም ተስፋይ            | ti    | ER | sms:JP
Ayaan Warsame         | so    | SO | sms:JP
Juma Mwangi           | sw    | KE | telegram
Zainab Sani           | ha    | NG | sms:JP
ගයාන් මෙන්ඩිස්         | si    | LK | sms:JP  | JP-27
சிவா அருணாசலம்        | ta    | LK | telegram | JP-13
රසික සේනානායක       | si    | LK | sms:LK  | LK-11
Ana Reyes             | fil   | PH | push    | JP-23
أحمد سعيد             | ar    | SY | sms:JP  | JP-40
`;

/** The agreed bridges that the cast needs: who reads the first can read the second. */
const BRIDGES = { ceb: 'fil', arz: 'ar' };
const NUMBERS = { JP: '+8190123456', LK: '+947712345', PH: '+6391712345' };

/**
 * What people answer, and what it means. `gloss` is for readers of the terminal.
 * Three of the calls for help hold a word for "safe" or "well", or hardly any word at all.
 */
export const REPLIES = [
  { name: 'රුවන් ජයසූරිය', text: 'නිරෝගී', gloss: 'healthy', means: 'safe' },
  { name: 'නිමාලි පෙරේරා', text: 'surakshitai nae, udaw karanna', gloss: 'not safe, please help', means: 'help' },
  { name: 'කසුන් බණ්ඩාර', text: '1', gloss: 'the digit for safe', means: 'safe' },
  { name: 'චතුරි සිල්වා', button: 0, gloss: 'presses the first button', means: 'safe' },
  { name: 'சுதர்சன் நடராஜா', text: '2', gloss: 'the digit for help', means: 'help' },
  {
    name: 'குமரன் சிவராஜா',
    text: 'சுவர் இடிந்து விழுந்தது, இரத்தம் வருகிறது. உதவி!',
    gloss: 'a wall fell down, there is blood, help!',
    means: 'help',
    first: true,
  },
  { name: 'கவிதா ராஜன்', text: 'நான் பாதுகாப்பாக இருக்கிறேன்', gloss: 'I am safe', means: 'safe' },
  { name: '佐藤 由美', text: '家族3人、無事です', gloss: 'family of 3, unhurt', means: 'safe' },
  { name: 'Maria Santos', text: 'Ligtas kami, apat kami', gloss: 'we are safe, four of us', means: 'safe' },
  { name: 'सुनिता गुरुङ', text: 'म सुरक्षित छु', gloss: 'I am safe', means: 'safe' },
  { name: 'विकास तामाङ', text: 'म यामागाता सरेँ', gloss: 'I moved to Yamagata', means: 'moved' },
  { name: 'يوسف الحداد', text: 'أنا بخير الحمد لله', gloss: 'I am well, thank God', means: 'safe' },
  { name: 'ليلى منصور', text: 'أنا لست بخير', gloss: 'I am not well', means: 'help' },
  { name: 'Diego Rojas', text: 'me fui a Yamagata con mi hermana', gloss: 'went with my sister', means: 'moved' },
  { name: 'Fatou Diallo', text: 'je vais bien', gloss: 'I am well', means: 'safe' },
  { name: 'Chidinma Okafor', text: 'Is the train to Tokyo running?', gloss: '', means: 'unclear' },
  { name: 'Blessing Mensah', text: 'STOP', gloss: 'wants no more messages', means: 'stop' },
];

/**
 * Everybody, with addresses made from their place in the list. A simulated phone does not tell whose it is, so
 * people who are alike in all that it tells live in different towns.
 */
export function cast() {
  const alike = new Map();
  return CAST.trim()
    .split('\n')
    .map((line, index) => {
      const [name, languages, nationality, channels, place] = line.split('|').map((cell) => cell.trim());
      const twins = place === undefined ? (alike.get(`${languages} ${nationality}`) ?? 0) : 0;
      if (place === undefined) alike.set(`${languages} ${nationality}`, twins + 1);
      const addresses = channels.split(/\s+/).map((channel) => address(channel, index));
      return {
        externalId: `demo-${String(index + 1).padStart(3, '0')}`,
        name,
        languages: languages.split(/\s+/),
        nationality,
        area: place === '-' ? undefined : (place ?? `${MIYAGI}-${TOWNS[twins]}`),
        /** whether the alert is for them: in Miyagi, or nobody knows where */
        addressed: place === '-' || place === undefined,
        addresses,
      };
    });
}

function address(written, index) {
  const [channel, country] = written.split(':');
  if (channel === 'sms') return { channel, value: NUMBERS[country] + String(10 + index) };
  if (channel === 'telegram') return { channel, value: String(700_100_000 + index) };
  return { channel, value: subscription(index) };
}

/** What a browser would have handed over: a real point on the curve, and an endpoint where nobody listens. */
function subscription(index) {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  return {
    endpoint: `http://127.0.0.1:9/push/${index}`,
    keys: { p256dh: browser.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') },
  };
}

/**
 * The language that somebody must get: their own in order, then an agreed bridge, then the embassy's.
 * Written apart from the product's own choice, which is checked against it.
 * @param available languages that the text is there in
 */
export function expectedLanguage(person, available, embassy) {
  const own = person.languages.find((tag) => available.includes(tag));
  if (own) return { language: own, reason: 'own' };
  const bridge = person.languages.map((tag) => BRIDGES[tag]).find((tag) => available.includes(tag));
  return bridge ? { language: bridge, reason: 'bridge' } : { language: embassy, reason: 'default' };
}

/**
 * The list as an office would keep it: those without a browser, one landline that takes no SMS, and a
 * column that has no business here.
 */
export function registerCsv(people) {
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const value = (person, channel) => person.addresses.find((one) => one.channel === channel)?.value ?? '';
  const rows = people.map((person) => [
    person.externalId,
    person.name,
    value(person, 'sms'),
    value(person, 'telegram'),
    person.languages.join(' '),
    person.nationality,
    person.area?.slice(0, 2) ?? 'JP',
    person.area ?? '',
    'N1234567',
  ]);
  const landline = ['demo-999', 'Office in Sendai', '+81222345678', '', 'en', 'LK', 'JP', MIYAGI, ''];
  const heading = 'id,name,mobile,telegram,languages,nationality,country,area,passport_no';
  return `${[heading, ...[...rows, landline].map((row) => row.map(cell).join(','))].join('\n')}\n`;
}

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language' });

/** `si` as Sinhala: for the terminal only. */
export const languageName = (tag) => LANGUAGES.of(tag) ?? tag;

/** How many of each, most first. */
export function tally(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
