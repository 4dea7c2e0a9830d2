import type { Ids } from '../gateway.ts';

/** RFC 4648 base32 in lower case. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Digits and consonants that are not mistaken for each other when read aloud or off a small screen. */
const CODE = '23456789BCDFGHJKMNPQRSTVWXYZ';

/** @param random fills with random bytes; seeded in tests */
export function openIds(random: (bytes: Uint8Array<ArrayBuffer>) => void): Ids {
  const draw = (length: number) => {
    const bytes = new Uint8Array(length);
    random(bytes);
    return bytes;
  };
  const letters = (length: number, alphabet: string) => {
    let text = '';
    // bytes past the last whole multiple are drawn again, so that every letter is as likely
    const limit = 256 - (256 % alphabet.length);
    while (text.length < length)
      for (const byte of draw(length))
        if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    return text;
  };
  return {
    next: (prefix) => `${prefix}_${letters(26, BASE32)}`,
    code: (length) => letters(length, CODE),
    secret: (bytes) =>
      btoa(String.fromCharCode(...draw(bytes)))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', ''),
  };
}
