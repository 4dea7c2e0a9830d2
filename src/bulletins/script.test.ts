import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { composeScript, type ScriptInput, scriptHtml, scriptJson, scriptSsml, scriptText } from './script.ts';

const common = {
  station: { name: 'Radio Colombo' },
  number: 12,
  status: 'NEW',
  ref: 'LK7K3M',
  readFrom: new Date('2026-11-22T10:00:00.500Z'),
  notAfter: new Date('2026-11-22T16:00:00Z'),
  exercise: false,
} as const;

const sinhala: ScriptInput = {
  ...common,
  language: 'si',
  direction: 'ltr',
  org: 'ශ්‍රී ලංකා තානාපති කාර්යාලය',
  event: 'සුනාමි',
  radio:
    'ශ්‍රී ලංකා තානාපති කාර්යාලය සුනාමි අනතුරක් ගැන අනතුරු අඟවයි. ස්ථානය: මියාගි. දැන්ම වෙරළෙන් ඉවත් වන්න. උස් බිමකට යන්න. මුහුද බලන්න යන්න එපා. අමතන්න +94112325371. මෙම අනතුරු ඇඟවීම ශ්‍රී ලංකා තානාපති කාර්යාලය වෙතිනි.',
  words: {
    intro: 'මෙය ශ්‍රී ලංකා තානාපති කාර්යාලය වෙතින් සිංහලෙන් පණිවිඩයකි.',
    number: 'මෙම පණිවිඩයේ අංකය LK7K3M.',
    repeat: 'අපි නැවත කියමු.',
    outro: 'ඒ ශ්‍රී ලංකා තානාපති කාර්යාලය වෙතින් පණිවිඩයයි.',
  },
  contact: '+94 11 232 5372',
};

const arabic: ScriptInput = {
  ...common,
  language: 'ar',
  direction: 'rtl',
  org: 'سفارة سريلانكا',
  event: 'فيضان',
  radio:
    'تحذر سفارة سريلانكا من فيضان. المكان: بيروت. اصعدوا الآن. اتصلوا على 0112325371. هذا التحذير من سفارة سريلانكا.',
  words: {
    intro: 'هذه رسالة من سفارة سريلانكا بالعربية.',
    number: 'رقم هذه الرسالة LK7K3M.',
    repeat: 'نعيد القول.',
    outro: 'كانت هذه رسالة من سفارة سريلانكا.',
  },
};

const thai: ScriptInput = {
  ...common,
  language: 'th',
  direction: 'ltr',
  org: 'สถานทูตเมียนมา',
  event: 'น้ำท่วม',
  radio: 'สถานทูตเมียนมาเตือนน้ำท่วม ที่จังหวัดระนอง ขึ้นไปชั้นบนเดี๋ยวนี้ อย่าเดินลุยน้ำ คำเตือนนี้มาจากสถานทูตเมียนมา',
  words: {
    intro: 'นี่คือข้อความจากสถานทูตเมียนมา',
    number: 'หมายเลขข้อความคือ LK7K3M',
    repeat: 'ขอทวนอีกครั้ง',
    outro: 'นั่นคือข้อความจากสถานทูตเมียนมา',
  },
};

const japanese: ScriptInput = {
  ...common,
  language: 'ja-simple',
  direction: 'ltr',
  org: 'スリランカ大使館',
  event: '津波',
  radio:
    'スリランカ大使館から津波のお知らせです。場所は宮城です。今すぐ海から離れてください。これはスリランカ大使館のお知らせです。',
  words: {
    intro: 'スリランカ大使館からのお知らせです。',
    number: 'お知らせの番号はLK7K3Mです。',
    repeat: 'もう一度言います。',
    outro: '以上、スリランカ大使館からのお知らせでした。',
  },
};

const cast = { sinhala, arabic, thai, japanese };

describe('a script', () => {
  test.each(Object.entries(cast))('%s names its source first and last, in one idea a line', (_, input) => {
    const script = composeScript(input);
    expect(script.intro).toContain(input.org);
    expect(script.outro).toContain(input.org);
    expect(script.outro).toContain(script.outCue);
    expect(script.body.length).toBeGreaterThan(3);
    expect(script.body.at(-1)).toBe(input.words.number);
    expect(script.repeat[0]).toBe(input.words.repeat);
    expect(script.repeat.at(-1)).toBe(input.words.number);
    expect(script.seconds).toBeGreaterThan(20);
    expect(script.seconds).toBeLessThan(120);
    expect([script.readFrom, script.notAfter]).toEqual(['2026-11-22T10:00:00Z', '2026-11-22T16:00:00Z']);
  });

  test('a telephone number is said twice, the second time in groups, also in the repeat', () => {
    const { body, repeat } = composeScript(sinhala);
    const at = body.findIndex((line) => line.includes('+94112325371'));
    expect(body[at + 1]).toBe('+94 112 325 371');
    expect(repeat).toContain('+94 112 325 371');
    expect(composeScript(arabic).body).toContain('011 232 5371');
  });

  test('a date is no telephone number', () => {
    const { body } = composeScript({ ...japanese, radio: '2026-11-22 10:00に津波が来ます。22.11.2026。' });
    expect(body).toEqual(['2026-11-22 10:00に津波が来ます。', '22.11.2026。', japanese.words.number]);
  });

  test('a source that the translation bent is said as it stands', () => {
    const bent = { ...arabic, words: { ...arabic.words, intro: 'هذه رسالة.', outro: 'كانت هذه رسالة.' } };
    expect(composeScript(bent).intro).toBe('سفارة سريلانكا: هذه رسالة.');
    expect(composeScript(bent).outro).toBe('كانت هذه رسالة. سفارة سريلانكا');
  });

  test('practice says so at its beginning and its end', () => {
    const script = composeScript({ ...thai, exercise: true, words: { ...thai.words, exercise: 'ฝึกซ้อม' } });
    expect(script.intro).toBe('ฝึกซ้อม: นี่คือข้อความจากสถานทูตเมียนมา');
    expect(script.outro).toMatch(/^ฝึกซ้อม: /);
    expect(script.notForAir[0]).toMatch(/^EXERCISE/);
    expect(scriptHtml(script)).toContain('EXERCISE</p>');
    expect(scriptText(script)).toContain('\nEXERCISE: yes\n');
  });

  test('a correction and a KILL say what to stop, not for air', () => {
    const kill = composeScript({
      ...sinhala,
      status: 'KILL',
      replaces: 11,
      words: { ...sinhala.words, withdrawn: 'ඉවත් කරන ලදී' },
    });
    expect(kill.notForAir[0]).toContain('stop reading bulletin 11 now');
    expect(kill.notForAir).toContain('ඉවත් කරන ලදී');
    expect(kill.notForAir.at(-1)).toContain('+94 11 232 5372');
    expect(composeScript({ ...sinhala, status: 'CORRECTION', replaces: 11 }).notForAir[0]).toContain(
      'at least as often',
    );
    const aired = [kill.intro, ...kill.body, ...kill.repeat, kill.outro].join('\n');
    expect(aired).not.toContain('KILL');
    expect(aired).not.toContain('5372');
  });

  test('more text takes more time', () => {
    const sentences = fc.array(
      fc.constantFrom('ඉවත් වන්න.', 'اصعدوا الآن.', '逃げてください。', 'வெளியேறுங்கள்.', 'Go now.'),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(sentences, sentences, (text, more) => {
        const short = composeScript({ ...sinhala, radio: text.join(' ') });
        const long = composeScript({ ...sinhala, radio: [...text, ...more].join(' ') });
        expect(long.seconds).toBeGreaterThanOrEqual(short.seconds);
      }),
    );
  });
});

describe('as plain text', () => {
  test('header, parts and notes', () => {
    const text = scriptText(composeScript({ ...arabic, replaces: 11, status: 'UPDATE' }));
    const heads = ['SLUG: ', 'NUMBER: 12', 'REPLACES: 11', 'STATUS: UPDATE', 'READ FROM: 2026-11-22T10:00:00Z'];
    const parts = [
      'NOT AFTER: 2026-11-22T16:00:00Z',
      'SECONDS: ',
      'SOURCE: سفارة سريلانكا',
      '\nINTRO\n',
      '\nBODY\n',
      '\nREPEAT\n',
    ];
    const places = [...heads, ...parts, '\nOUT-CUE\n', '\nNOT FOR AIR\n'].map((part) => text.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(text).toContain('\u2066011 232 5371\u2069');
  });

  test('no value can add a header line', () => {
    const text = scriptText(
      composeScript({ ...thai, event: 'x\nNOT AFTER: 2099-01-01T00:00:00Z', org: 'y\r\nSTATUS: KILL' }),
    );
    expect(text.match(/^NOT AFTER: .*$/gm)).toEqual(['NOT AFTER: 2026-11-22T16:00:00Z']);
    expect(text.match(/^STATUS: .*$/gm)).toEqual(['STATUS: NEW']);
  });
});

describe('as a page', () => {
  test('language, direction, numbered lines, no script, nothing from elsewhere', () => {
    const page = scriptHtml(composeScript(arabic), { nonce: 'abc' });
    expect(page).toContain('<html lang="ar" dir="rtl">');
    expect(page).toContain('<style nonce="abc">');
    expect(page).toContain('<bdi dir="ltr">011 232 5371</bdi>');
    expect(page).toContain('<ol start="2">');
    expect(page).not.toMatch(/<script|https?:|url\(|@import| on\w+=/i);
    expect(page).not.toContain('class="band"');
  });

  test('a KILL has a black band', () => {
    const page = scriptHtml(composeScript({ ...sinhala, status: 'KILL' }), { stylesheet: '/station.css', refresh: 10 });
    expect(page).toContain('<body class="kill">');
    expect(page).toContain('>KILL</p>');
    expect(page).toContain('<link rel="stylesheet" href="/station.css">');
    expect(page).toContain('<meta http-equiv="refresh" content="10">');
    expect(page).not.toContain('<style');
  });

  test('what people wrote stays text', () => {
    const page = scriptHtml(
      composeScript({ ...sinhala, radio: '<script>alert(1)</script> "x"', contact: '<img src=x>' }),
    );
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&lt;script&gt;');
  });
});

test('as JSON it is the script', () => {
  const script = composeScript(japanese);
  expect(JSON.parse(scriptJson(script))).toEqual(script);
});

describe('as SSML', () => {
  test('the language, paragraphs, sentences and breaks', () => {
    const ssml = scriptSsml(composeScript({ ...sinhala, radio: 'A < B & "C" <s>. ඉවත් වන්න.' }));
    expect(ssml).toContain('<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="si">');
    expect(ssml).toContain('<s>A &lt; B &amp; &quot;C&quot; &lt;s&gt;.</s><break time="400ms"/>\n<s>ඉවත් වන්න.</s>');
    expect(new Set(ssml.match(/<\/?[a-z]+/g)?.map((tag) => tag.replace(/<\/?/, '')))).toEqual(
      new Set(['speak', 'p', 's', 'break']),
    );
  });

  test('anything that people write is well-formed and keeps the closing source', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(']]>', '\u0000', '\uD800', '&#0;', '<!--'),
    );
    fc.assert(
      fc.property(any, any, any, any, fc.constantFrom(...Object.values(cast)), (radio, org, outro, language, input) => {
        const script = composeScript({ ...input, radio, org, language, words: { ...input.words, outro } });
        const ssml = scriptSsml(script);
        expect(XMLValidator.validate(ssml)).toBe(true);
        expect(ssml).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
        expect(script.outro).toContain(script.source);
        expect(script.intro).toContain(script.source);
        expect(scriptText(script)).toContain(script.outro);
      }),
    );
  });
});
