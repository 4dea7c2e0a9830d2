/** What each language calls itself: a menu in own scripts, without flags (playbook LL-4). */
const ENDONYMS: Record<string, string> = {
  am: 'አማርኛ',
  ar: 'العربية',
  bn: 'বাংলা',
  en: 'English',
  es: 'Español',
  fa: 'فارسی',
  'fa-AF': 'دری',
  fil: 'Filipino',
  fr: 'Français',
  ha: 'Hausa',
  hi: 'हिन्दी',
  id: 'Indonesia',
  ja: '日本語',
  'ja-simple': 'やさしい日本語',
  km: 'ខ្មែរ',
  ko: '한국어',
  my: 'မြန်မာ',
  ne: 'नेपाली',
  ps: 'پښتو',
  pt: 'Português',
  ru: 'Русский',
  si: 'සිංහල',
  so: 'Soomaali',
  sw: 'Kiswahili',
  ta: 'தமிழ்',
  th: 'ไทย',
  ti: 'ትግርኛ',
  tr: 'Türkçe',
  uk: 'Українська',
  ur: 'اردو',
  vi: 'Tiếng Việt',
  'zh-Hans': '简体中文',
};

/** @returns the tag itself when we do not know */
export function endonym(tag: string): string {
  return ENDONYMS[tag] ?? ENDONYMS[tag.split('-')[0]!] ?? tag;
}
