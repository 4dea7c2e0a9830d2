/** The columns of an import, in the spelling of the API. */
export type Column =
  | 'external_id'
  | 'name'
  | 'phone'
  | 'telegram'
  | 'languages'
  | 'nationalities'
  | 'country'
  | 'area'
  | 'latitude'
  | 'longitude'
  | 'tags'
  | 'profile'
  | 'basis';

/** How operators head these columns. Compared without case, accents, punctuation and the Arabic article. */
const ALIASES: Record<Column, string> = {
  external_id: 'external id, id, member, member id, member no, member number, member code, reference, ref',
  name: `name, names, full name, nom, nom complet, nombre, nombre completo, الاسم, الاسم الكامل,
    නම, பெயர், नाम, 氏名, 名前, お名前`,
  phone: `phone, phones, phone no, phone number, mobile, mobile no, mobile number, mobile phone, cell, cell phone, cellphone, tel,
    tel no, telephone, telephone number, number, msisdn, sms, téléphone, portable, numéro de téléphone, teléfono, móvil, celular,
    الهاتف, رقم الهاتف, الجوال, رقم الجوال, දුරකථන, දුරකථන අංකය, தொலைபேசி, தொலைபேசி எண், फोन, फोन नम्बर, मोबाइल,
    電話, 電話番号, 携帯, 携帯電話, 携帯番号`,
  telegram: 'telegram, telegram id, telegram chat, telegram chat id, chat id, chat',
  languages: `languages, language, lang, langs, langue, langues, idioma, idiomas, lengua, اللغة, اللغات,
    භාෂාව, භාෂා, மொழி, மொழிகள், भाषा, भाषाहरू, 言語, 言葉`,
  nationalities: `nationalities, nationality, citizenship, nationalité, nationalités, nacionalidad, nacionalidades, الجنسية,
    ජාතිකත්වය, தேசியம், நாட்டுரிமை, राष्ट्रियता, 国籍`,
  country: 'country, country code, country of residence, pays, país, البلد, الدولة, රට, நாடு, देश, 国, 居住国',
  area: `area, area code, area id, region, state, province, prefecture, région, provincia, región, المنطقة, المحافظة,
    පළාත, மாகாணம், प्रदेश, 都道府県, 地域`,
  latitude: 'latitude, lat, latitud, خط العرض, 緯度',
  longitude: 'longitude, lon, lng, long, longitud, خط الطول, 経度',
  tags: 'tags, tag, labels, label',
  profile: 'profile, profil, perfil',
  basis: 'basis, legal basis, base légale, base legal',
};

/**
 * What an alert never needs and a stolen table could hurt with. Each entry matches at the start of a word, so that
 * `passport` finds `passport_no` and `passportNumber`; up to three Latin letters match a whole word only; Japanese,
 * which writes no spaces, matches anywhere.
 */
const FORBIDDEN: Record<string, string> = {
  passport: `passport, passeport, pasaporte, جواز, باسبور, ගමන් බලපත්‍ර, විදේශ ගමන් බලපත්‍ර, පාස්පෝට්,
    கடவுச்சீட்டு, பாஸ்போர்ட், राहदानी, पासपोर्ट, 旅券, パスポート`,
  identityDocument: `identity, national id, civil id, id card, nic, ssn, dni, driving licen, carte d identité, cédula, documento,
    هوية, හැඳුනුම්පත, ජාතික හැඳුනුම්පත, அடையாள அட்டை, परिचयपत्र, नागरिकता नम्बर, 身分証, 免許, マイナンバー`,
  visa: 'visa, visado, تأشيرة, فيزا, වීසා, விசா, भिसा, वीजा, 査証, ビザ',
  status: `status, statut, estatus, situación migratoria, estado migratorio, condición migratoria, estado civil, immigration,
    residence permit, residency, work permit, permit, iqama, undocumented, overstay, titre de séjour, séjour, permiso de,
    إقامة, وضع, حالة, තත්ත්ව, සංක්‍රමණ, நிலை, குடியேற்ற, स्थिति, अवस्था, हैसियत, 在留, 滞在資格, ステータス`,
  religion: `religi, faith, church, culte, confession, ديانة, الدين, ආගම, மதம், சமயம், धर्म, 宗教, 信仰`,
  ethnicity: `ethnic, ethnie, ethnique, etnia, étnic, race, raza, tribe, tribal, tribu, caste, casta, عرق, قبيلة, اثنية,
    ජනවර්ග, වාර්ගික, ජාතිය, කුලය, இனம், இனக்குழு, சாதி, जात, जनजाति, 民族, 人種`,
  health: `health, medical, disease, illness, disab, hiv, blood, pregnan, santé, maladie, médical, handicap, salud, enfermedad,
    médic, discapacidad, صحة, صحي, مرض, طبي, اعاقة, සෞඛ්‍ය, රෝග, ආබාධිත, உடல்நல, சுகாதார, மருத்துவ, நோய்,
    स्वास्थ्य, रोग, अपाङ्ग, 健康, 病, 障害, 血液`,
  employer: `employ, sponsor, kafeel, kafil, company, workplace, empresa, empleador, entreprise, صاحب العمل, كفيل, جهة العمل, شركة,
    සේවායෝජක, සේව්‍යෝජක, සේව්‍ය, හාම්පුතා, முதலாளி, வேலை வழங்குநர், தொழில் வழங்குநர், நிறுவனம்,
    रोजगारदाता, कम्पनी, मालिक, 雇用, 雇い主, 勤務先, 会社, 派遣先`,
  birth: `birth, born, dob, date of birth, dateofbirth, place of birth, country of birth, naissance, date de naissance, né le,
    née le, nacimiento, fecha de nacimiento, lugar de nacimiento, ميلاد, ولادة, مولد, උපන්, උප්පැන්න, பிறந்த, பிறப்பு, जन्म,
    生年月日, 誕生, 出生, 生まれ`,
  opinion: 'politic, politiq, polític, sexual, criminal, union member, سياس, දේශපාලන, அரசியல், राजनीति, 政治',
};

const columnOf = new Map(
  Object.entries(ALIASES).flatMap(([column, names]) => listed(names).map((name) => [name, column as Column])),
);
const forbiddenStems = Object.values(FORBIDDEN)
  .flatMap(listed)
  .map((stem) =>
    /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u.test(stem) ? stem : ` ${stem}${/^[a-z]{1,3}$/.test(stem) ? ' ' : ''}`,
  );

/** Which column a heading stands for. What is `forbidden` or `unknown` is never stored. */
export function columnFor(heading: string): Column | 'forbidden' | 'unknown' {
  const key = headingKey(heading);
  const words = ` ${key} `;
  return columnOf.get(key) ?? (forbiddenStems.some((stem) => words.includes(stem)) ? 'forbidden' : 'unknown');
}

function listed(names: string): string[] {
  return names.split(',').map(headingKey);
}

/** `Teléfono-Móvil`, `TELEFONO_MOVIL` and `telefonoMovil` are one heading; so are spellings with hamza or joiners. */
function headingKey(heading: string): string {
  return heading
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u0640\u064b-\u0655\ufeff]|\u200c|\u200d/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replace(/(^| )ال/g, '$1')
    .trim();
}
