import fc from 'fast-check';
import { isValidPhoneNumber as isMobile } from 'libphonenumber-js/mobile';
import { describe, expect, it } from 'vitest';
import { foldDigits, numberCountry, parsePhone } from './phone.ts';

describe('reading a phone number', () => {
  it.each([
    ['Sinhala Lith digits', '+෯෪෭෭෧෨෩෪෫෬෭', undefined, '+94771234567'],
    ['Arabic digits', '٠٧٧١٢٣٤٥٦٧', 'LK', '+94771234567'],
    ['Persian digits with 00', '۰۰۹۴ ۷۷ ۱۲۳ ۴۵۶۷', undefined, '+94771234567'],
    ['Thai digits', '๐๘๑ ๒๓๔ ๕๖๗๘', 'TH', '+66812345678'],
    ['Japanese full width', '＋８１（９０）１２３４－５６７８', undefined, '+819012345678'],
    ['a right-to-left mark in front', '\u200f+961 3 123 456', undefined, '+9613123456'],
    ['a Japanese number dialled at home', '090-1234-5678', 'JP', '+819012345678'],
    ['010 from Japan', '010 94 77 123 4567', 'JP', '+94771234567'],
    ['011 from North America', '011 94 77 123 4567', 'US', '+94771234567'],
    ['00 with no default', '0094771234567', undefined, '+94771234567'],
    ['011 with no default', '01194771234567', undefined, '+94771234567'],
    ['00 where another prefix is the rule', '0094771234567', 'JP', '+94771234567'],
    ['a Korean mobile that looks like 010 abroad', '010-2345-6789', 'KR', '+821023456789'],
    ['the apostrophe of a spreadsheet', "'+94771234567", undefined, '+94771234567'],
    ['a number that a spreadsheet made decimal', '94771234567.0', 'LK', '+94771234567'],
    ['(0) in the middle', '+94 (0)77-123.4567', undefined, '+94771234567'],
    ['an unknown default country', '+94771234567', 'XX', '+94771234567'],
  ])('takes %s', (_name, raw, country, e164) => {
    expect(parsePhone(raw, country)).toMatchObject({ e164 });
  });

  it.each([
    ['', 'empty'],
    [' \u200f\u00a0', 'empty'],
    ['අංකයක් නැත', 'not_a_number'],
    ['رقم 5', 'not_a_number'],
    ['+94 77 CALL ME', 'not_a_number'],
    ['📞 +94771234567', 'not_a_number'],
    ['+94771234567 / 8', 'too_long'],
    ['++94771234567', 'not_a_number'],
    ['9.41E+10', 'excel_damage'],
    ['9,47712E+10', 'excel_damage'],
    ['٩.٤١E+١٠', 'excel_damage'],
    ['########', 'excel_damage'],
    ['0771234567', 'no_country'],
    ['+9477', 'too_short'],
    ['+94771234567890', 'too_long'],
    ['+999123456', 'invalid'],
    ['+447700900123', 'invalid'],
    ['+94112338812', 'landline'],
    ['+81312345678', 'landline'],
    ['+9611123456', 'landline'],
  ])('refuses %s: %s', (raw, problem) => {
    expect(parsePhone(raw)).toEqual({ problem });
  });

  it('reads 011 in Sri Lanka as Colombo, not as a way abroad', () => {
    expect(parsePhone('011 2338812', 'LK')).toEqual({ problem: 'landline' });
  });

  it('is E.164 or a problem, never an exception', () => {
    const messy = fc.array(fc.constantFrom(...'0123456789+٠෧๕ -()eE.\'"x☎ක', '00', '011', '+94', '77'), {
      maxLength: 24,
    });
    fc.assert(
      fc.property(messy, fc.constantFrom(undefined, 'LK', 'JP', 'US', 'ZZ'), (parts, country) => {
        const result = parsePhone(parts.join(''), country);
        if ('e164' in result) expect(result.e164).toMatch(/^\+[1-9]\d{6,14}$/);
        else expect(result.problem).toMatch(/^[a-z_]+$/);
      }),
    );
  });

  it('is the same number however its digits are written', () => {
    const zeros = ['0', '٠', '۰', '०', '০', '௦', '෦', '๐', '၀', '០', '０'];
    fc.assert(
      fc.property(fc.integer({ min: 700_000_000, max: 799_999_999 }), fc.constantFrom(...zeros), (n, zero) => {
        const native = [...`+94${n}`]
          .map((c) => (c === '+' ? c : String.fromCodePoint(zero.codePointAt(0)! + Number(c))))
          .join('');
        expect(parsePhone(native)).toEqual(parsePhone(`+94${n}`));
      }),
    );
  });

  it('takes exactly what the mobile metadata takes', () => {
    const codes = [
      '94',
      '961',
      '971',
      '966',
      '974',
      '965',
      '81',
      '82',
      '66',
      '60',
      '852',
      '63',
      '977',
      '44',
      '1',
      '39',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.integer({ min: 1_000_000, max: 99_999_999_999 }), (code, rest) => {
        const e164 = `+${code}${rest}`;
        expect('e164' in parsePhone(e164)).toBe(isMobile(e164));
      }),
      { numRuns: 500 },
    );
  });
});

describe('digits', () => {
  it('folds every decimal digit of Unicode to its value', () => {
    expect(foldDigits('෧෨෩ ١٢٣ ۴۵۶ ๗๘๙ ०१२ ၃၄၅ ៦៧៨ １２３ 𝟗𝟎')).toBe('123 123 456 789 012 345 678 123 90');
    expect(foldDigits('½ ² Ⅳ 五 12')).toBe('½ ² Ⅳ 五 12');
  });
});

describe('the country of a number', () => {
  it.each([
    ['+94771234567', 'LK'],
    ['+819012345678', 'JP'],
    ['+971501234567', 'AE'],
    ['+447700900123', 'GB'],
    ['+870771234567', null],
    ['nonsense', null],
  ])('of %s is %s', (e164, country) => {
    expect(numberCountry(e164)).toBe(country);
  });
});
