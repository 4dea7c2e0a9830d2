import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldToAscii } from './ascii.ts';
import { unfold } from './segments.ts';

describe('plain ASCII', () => {
  it.each([
    [
      'Vietnamese',
      'Động đất mạnh. Hãy rời bờ biển, lên chỗ cao ngay!',
      'Dong dat manh. Hay roi bo bien, len cho cao ngay!',
    ],
    ['Turkish', 'Güçlü deprem: İzmir’de çıkın, ağır eşya', "Guclu deprem: Izmir'de cikin, agir esya"],
    ['Hausa', 'Ku tsaya ƙasa, ɗakin ɓangare, ƴan uwa', 'Ku tsaya kasa, dakin bangare, yan uwa'],
    [
      'Somali',
      'Dhulgariir xooggan: baxa, ha isticmaalina wiishka',
      'Dhulgariir xooggan: baxa, ha isticmaalina wiishka',
    ],
    ['Spanish', '¿Está bien? Niños, mañana', 'Esta bien? Ninos, manana'],
    ['French', 'Forêt à côté : « cœur » d’eau', 'Foret a cote : " coeur " d\'eau'],
    ['Portuguese', 'Não há água, atenção', 'Nao ha agua, atencao'],
    ['German', 'Straße, Übung', 'Strasse, Ubung'],
    ['typed with combining marks', 'Cafe\u0301', 'Cafe'],
  ])('of %s', (_, text, plain) => {
    expect(foldToAscii(text)?.text).toBe(plain);
  });

  it.each([
    ['Sinhala', 'සුනාමි අනතුරක්'],
    ['Tamil', 'சுனாமி ஆபத்து'],
    ['a Sinhala place in an English sentence', 'Flood in ගාල්ල until 18:30'],
    ['Arabic', 'زلزال'],
    ['Cyrillic, whose й must not lose its mark', 'Сильный'],
    ['a flag', 'Fire 🔥'],
  ])('is not made of %s', (_, text) => {
    expect(foldToAscii(text)).toBeNull();
  });

  it('is undone by its record, and changes no digit', () => {
    const letters = fc.constantFrom(...'aZ09 .+:ñçőİıđĐßœɗƙɓƴʼ¿ªêệữ“’—…\u00a0');
    fc.assert(
      fc.property(fc.string({ unit: letters }), (text) => {
        const made = foldToAscii(text)!;
        expect(made.text).toMatch(/^[\n -~]*$/);
        expect(unfold(made)).toBe(text.normalize('NFC'));
        expect(made.text.replace(/\D/g, '')).toBe(text.replace(/\D/g, ''));
      }),
    );
  });
});
