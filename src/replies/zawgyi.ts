/**
 * Older Burmese phones send Zawgyi: the same code points, other letters. It shows itself by signs that
 * cannot stand so in Unicode: the vowel E before its consonant, or the stacker U+1039 at the end of a syllable.
 */
const zawgyi = /(?:^|[^က-ဪျ-ှဿ္])ေ|္(?![က-ဪ])|[\u105a\u1060-\u1085\u1087-\u108f]/;

const letters: [RegExp, string][] = [
  [/\u106a/g, '\u1009'],
  [/\u106b/g, '\u100a'],
  [/\u1090/g, '\u101b'],
  [/\u1040(?=[\u102d\u102e\u103a-\u103e])/g, '\u101d'],
  [/[\u103d\u1087]/g, '\u103e\u200d'],
  [/\u103c/g, '\u103d'],
  [/[\u103b\u107e-\u1084]/g, '\u103c'],
  [/[\u103a\u107d]/g, '\u103b'],
  [/\u1039/g, '\u103a'],
  [/\u200d/g, ''],
  [/\u105a/g, '\u102b\u103a'],
  [/\u1088/g, '\u103e\u102f'],
  [/\u1089/g, '\u103e\u1030'],
  [/\u108a/g, '\u103d\u103e'],
  [/\u1033/g, '\u102f'],
  [/\u1034/g, '\u1030'],
  [/[\u1094\u1095]/g, '\u1037'],
  [/\u108f/g, '\u1014'],
  [/\u1086/g, '\u103f'],
  [/\u104e(?!\u1004)/g, '\u104e\u1004\u103a\u1038'],
  [/\u1060/g, '\u1039\u1000'],
  [/\u1061/g, '\u1039\u1001'],
  [/\u1062/g, '\u1039\u1002'],
  [/\u1063/g, '\u1039\u1003'],
  [/\u1065/g, '\u1039\u1005'],
  [/[\u1066\u1067]/g, '\u1039\u1006'],
  [/\u1068/g, '\u1039\u1007'],
  [/[\u1071\u1072]/g, '\u1039\u1010'],
  [/[\u1073\u1074]/g, '\u1039\u1011'],
  [/\u1075/g, '\u1039\u1012'],
  [/\u1076/g, '\u1039\u1013'],
  [/\u1077/g, '\u1039\u1014'],
  [/\u1078/g, '\u1039\u1015'],
  [/\u1079/g, '\u1039\u1016'],
  [/\u107a/g, '\u1039\u1017'],
  [/[\u107b\u1093]/g, '\u1039\u1018'],
  [/\u107c/g, '\u1039\u1019'],
  [/\u1085/g, '\u1039\u101c'],
];

export function unicodeFromZawgyi(text: string): string {
  if (!zawgyi.test(text)) return text;
  let out = text;
  for (const [from, to] of letters) out = out.replace(from, to);
  const consonant = '[\\u1000-\\u102a\\u103f](?:\\u1039[\\u1000-\\u1021])?';
  return out
    .replace(new RegExp(`\\u103c(${consonant})`, 'g'), '$1\u103c')
    .replace(new RegExp(`\\u1031((?:${consonant})\\u103c?)`, 'g'), '$1\u1031')
    .replace(/\u1031([\u103b-\u103e]+)/g, '$1\u1031')
    .replace(/([\u103c-\u103e])\u103b/g, '\u103b$1')
    .replace(/\u103e\u103d/g, '\u103d\u103e')
    .replace(/\u103a\u1037/g, '\u1037\u103a');
}
