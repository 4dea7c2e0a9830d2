import { canonicalTag } from '../text/tags.ts';

/** The languages we ship, as people write them in a table: in English and in the language itself. */
const NAMES: Record<string, string> = {
  am: 'Amharic, አማርኛ',
  ar: 'Arabic, العربية, عربي, عربية',
  bn: 'Bengali, Bangla, বাংলা',
  en: 'English',
  es: 'Spanish, Español, Castellano',
  fa: 'Persian, Farsi, فارسی',
  'fa-AF': 'Dari, Dari (Persian), دری',
  fil: 'Filipino, Tagalog, Filipino (Tagalog), Wikang Filipino',
  fr: 'French, Français',
  ha: 'Hausa, Harshen Hausa',
  hi: 'Hindi, हिन्दी, हिंदी',
  id: 'Indonesian, Indonesia, Bahasa Indonesia',
  ja: 'Japanese, 日本語',
  'ja-simple': 'Easy Japanese, Plain Japanese, やさしい日本語, 日本語 (やさしい日本語)',
  km: 'Khmer, ខ្មែរ, ភាសាខ្មែរ',
  ko: 'Korean, 한국어',
  my: 'Burmese, Myanmar, မြန်မာ, မြန်မာဘာသာ',
  ne: 'Nepali, नेपाली',
  ps: 'Pashto, پښتو',
  pt: 'Portuguese, Português',
  ru: 'Russian, Русский',
  si: 'Sinhala, Sinhalese, සිංහල',
  so: 'Somali, Soomaali, Af-Soomaali',
  sw: 'Swahili, Kiswahili',
  ta: 'Tamil, தமிழ்',
  th: 'Thai, ไทย, ภาษาไทย',
  ti: 'Tigrinya, ትግርኛ',
  tr: 'Turkish, Türkçe',
  uk: 'Ukrainian, Українська',
  ur: 'Urdu, اردو',
  vi: 'Vietnamese, Tiếng Việt',
  'zh-Hans': 'Chinese, Mandarin, Simplified Chinese, Chinese (simplified), 中文, 简体中文',
};

const tagOf = new Map(
  Object.entries(NAMES).flatMap(([tag, names]) => names.split(', ').map((name) => [nameKey(name), tag])),
);

/** The canonical tag for a BCP 47 tag or the name of a shipped language, null for anything else. */
export function languageTag(text: string): string | null {
  return canonicalTag(languageNamed(text) ?? text);
}

/** The tag of a shipped language by its name in English or in itself; a tag is no name. */
export function languageNamed(text: string): string | null {
  return tagOf.get(nameKey(text)) ?? null;
}

function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();
}
