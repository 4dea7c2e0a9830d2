import { describe, expect, it } from 'vitest';
import { chooseSms, type SmsRule, smsRule } from './countries.ts';

const number = { number: true };
const name = { number: false };
const open: SmsRule = smsRule('JP', number);

describe('the SMS rule of a country', () => {
  it.each([
    [
      'JP',
      number,
      { replyPath: 'two_way', neutral: false, noUrl: false, noNumber: false, charset: null, verified: true },
    ],
    ['JP', name, { replyPath: 'one_way_number', verified: true }],
    ['SA', number, { replyPath: 'one_way_number', noNumber: false, verified: true }],
    ['AE', number, { replyPath: 'one_way_bare', noUrl: true, noNumber: true, neutral: true, verified: true }],
    ['MY', number, { replyPath: 'two_way', noUrl: true, noNumber: true, neutral: false, verified: false }],
    ['MY', name, { replyPath: 'one_way_bare', verified: false }],
    ['QA', number, { replyPath: 'one_way_number', neutral: true }],
    ['TH', number, { replyPath: 'one_way_number', neutral: true }],
    ['HK', number, { replyPath: 'two_way', neutral: true }],
    ['KR', number, { replyPath: 'one_way_number', charset: 'EUC-KR' }],
    ['LK', number, { replyPath: 'two_way', verified: false }],
    ['IT', number, { replyPath: 'two_way', neutral: false, charset: null, verified: false }],
    ['IT', name, { replyPath: 'one_way_number', verified: false }],
    [null, number, { replyPath: 'two_way', verified: false }],
    ['constructor', name, { replyPath: 'one_way_number', verified: false }],
  ] as const)('of %s, sender %j', (country, sender, rule) => {
    expect(smsRule(country, sender)).toMatchObject(rule);
  });
});

describe('choosing the SMS for a country', () => {
  const texts = {
    si: { sms: 'භූමිකම්පාවක්', neutral: 'ගෙදර ඉන්න', ascii: 'Bhoomikampawa' },
    ar: { sms: 'زلزال قوي' },
    ja: { sms: '地震です。宮城県' },
    ko: { sms: '강한 지진입니다' },
    vi: { sms: 'Động đất mạnh' },
    fr: { sms: 'Forêt à côté' },
    es: { sms: 'Niños, mañana', ascii: 'Chicos, el otro dia' },
    ru: { sms: 'Сильное землетрясение' },
    uk: { sms: 'Сильний землетрус, ідіть' },
    en: { sms: 'Strong earthquake', neutral: 'Please stay inside' },
  };
  const tails = { si: '1 හොඳයි', ar: '1 بخير', ko: '1 안전', vi: '1 an toàn', en: 'Reply 1' };

  it('takes the sms text and its reply line', () => {
    expect(chooseSms(texts, 'si', open, tails)).toEqual({
      text: 'භූමිකම්පාවක් 1 හොඳයි',
      tail: '1 හොඳයි',
      language: 'si',
      variant: 'sms',
      folded: [],
      problems: [],
    });
    expect(chooseSms(texts, 'ar', open, tails).text).toBe('زلزال قوي\n1 بخير');
    expect(chooseSms(texts, 'ja', open).text).toBe('地震です。宮城県');
  });

  it('takes neutral words where political ones are prohibited, when the alert has them', () => {
    const rule = smsRule('AE', number);
    expect(chooseSms(texts, 'si', rule, tails)).toMatchObject({ text: 'ගෙදර ඉන්න 1 හොඳයි', variant: 'neutral' });
    expect(chooseSms(texts, 'ar', rule, tails)).toMatchObject({ text: 'زلزال قوي\n1 بخير', variant: 'sms' });
  });

  it('takes what the networks of South Korea can carry', () => {
    const rule = smsRule('KR', name);
    expect(chooseSms(texts, 'ko', rule, tails)).toMatchObject({ text: '강한 지진입니다 1 안전', language: 'ko' });
    expect(chooseSms({ ja: { sms: '地震です' } }, 'ja', rule)).toMatchObject({ text: '地震です', language: 'ja' });
    expect(chooseSms(texts, 'ja', rule), 'Korea writes 縣').toMatchObject({
      text: 'Strong earthquake',
      language: 'en',
    });
    expect(chooseSms(texts, 'si', rule, tails)).toMatchObject({ text: 'Bhoomikampawa Reply 1', variant: 'ascii' });
    expect(chooseSms(texts, 'vi', rule, tails)).toMatchObject({ text: 'Dong dat manh 1 an toan', language: 'vi' });
    expect(chooseSms(texts, 'fr', rule)).toMatchObject({ text: 'Foret a cote', language: 'fr', variant: 'ascii' });
    expect(chooseSms(texts, 'es', rule), 'its own ASCII text').toMatchObject({ text: 'Chicos, el otro dia' });
    expect(chooseSms(texts, 'ru', rule), 'KS X 1001 has Russian').toMatchObject({ language: 'ru', variant: 'sms' });
    expect(chooseSms(texts, 'uk', rule), 'and no Ukrainian і').toMatchObject({ language: 'en' });
    expect(chooseSms(texts, 'ar', rule, tails)).toMatchObject({ text: 'Strong earthquake Reply 1', language: 'en' });
  });

  it('prefers neutral English to romanised words that are not neutral', () => {
    const rule: SmsRule = { ...smsRule('AE', number), charset: 'ascii' };
    expect(chooseSms(texts, 'si', rule)).toMatchObject({ text: 'Please stay inside', language: 'en' });
  });

  it('takes the reply line in the letters of the text', () => {
    const rule = smsRule('KR', name);
    expect(chooseSms(texts, 'si', rule, tails).tail).toBe('Reply 1');
    expect(chooseSms(texts, 'vi', rule, tails).tail).toBe('1 an toan');
  });

  it('takes plain letters of neutral words for a discreet reader', () => {
    const rule: SmsRule = { ...smsRule('KR', name), neutral: true };
    const neutral = { vi: { sms: 'Có bạo loạn', neutral: 'Xin ở trong nhà' }, en: texts.en };
    expect(chooseSms(neutral, 'vi', rule)).toMatchObject({ text: 'Xin o trong nha', variant: 'neutral' });
  });

  it('takes the flash, which has no phone, where no number may stand', () => {
    const heat = {
      si: { sms: 'දැඩි රස්නය. අමතන්න +94112338812', flash: 'දැඩි රස්නය. වතුර බොන්න' },
      en: { sms: 'Heat. Call +94112338812', flash: 'Heat. Drink water' },
    };
    const free: SmsRule = smsRule('JP', number);
    expect(chooseSms(heat, 'si', smsRule('MY', number))).toMatchObject({ text: heat.si.flash, variant: 'flash' });
    expect(chooseSms(heat, 'si', free)).toMatchObject({ text: heat.si.sms, variant: 'sms' });
    const quake = { si: { sms: 'භූමිකම්පාවක්. එළියට යන්න', flash: 'භූමිකම්පාවක්' } };
    expect(chooseSms(quake, 'si', smsRule('MY', number)).variant).toBe('sms');
  });

  it('says what the country forbids and the text still holds', () => {
    const rule = smsRule('MY', name);
    const forbidden = { en: { sms: 'See https://example.org or call +94 11 233 8812. Sun 11 Jan 18:30, 1 12' } };
    expect(chooseSms(forbidden, 'en', rule).problems).toEqual(['url', 'number']);
    expect(chooseSms({ en: { sms: 'Sun 11 Jan 18:30, send 1 12. LK7K3M' } }, 'en', rule).problems).toEqual([]);
    expect(chooseSms({ ar: { sms: 'زلزال' } }, 'ar', smsRule('KR', name)).problems).toEqual(['charset']);
  });

  it('records what it folded', () => {
    const sms = { en: { sms: 'Don’t go' } };
    expect(chooseSms(sms, 'en', open)).toMatchObject({ text: "Don't go", folded: [['’', "'"]] });
  });

  it('sends English to readers of a language that the alert lacks, and refuses to send nothing', () => {
    expect(chooseSms(texts, 'am', open, tails)).toMatchObject({ text: 'Strong earthquake Reply 1', language: 'en' });
    expect(() => chooseSms({}, 'am', open)).toThrow(RangeError);
  });

  it.each([
    ['https://mfa.example/a', ['url']],
    ['t.me/embassy', ['url']],
    ['mfa.gov.lk', ['url']],
    ['embassy.org', ['url']],
    ['bit.ly/3xYz', ['url']],
    ['+94 11 232 3015', ['number']],
    ['(011) 232-3015', ['number']],
    ['٠١١٢٣٢٣٠١٥', ['number']],
    ['Sun 11 Jan 18:30, gate 2', []],
    ['Go now.Do not wait', []],
  ])('finds %s where neither address nor number may stand', (words, problems) => {
    expect(chooseSms({ en: { sms: words } }, 'en', smsRule('AE', number)).problems).toEqual(problems);
  });
});
