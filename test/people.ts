/** The cast: few people, in many languages, who turn up in every story. */
export const NIMALI = {
  externalId: 'lk-0001',
  name: 'Nimali Perera',
  languages: ['si', 'en'],
  nationalities: ['LK'],
  area: 'JP-04',
  addresses: [{ channel: 'sms', value: '+818012345671' }],
};
export const KUMARAN = {
  externalId: 'lk-0002',
  name: 'குமரன்',
  languages: ['ta'],
  nationalities: ['LK'],
  area: 'JP-04',
  addresses: [{ channel: 'sms', value: '+818012345672' }],
};
export const YUSUF = {
  externalId: 'sy-0001',
  name: 'يوسف',
  languages: ['ar'],
  nationalities: ['SY'],
  area: 'JP-13',
  addresses: [{ channel: 'telegram', value: '700100200' }],
};
export const SOMCHAI = {
  externalId: 'th-0001',
  name: 'สมชาย',
  languages: ['th'],
  nationalities: ['TH'],
  area: 'JP-04',
  addresses: [{ channel: 'sms', value: '+818012345674' }],
};
/** Reads a language that Musafir does not speak yet. */
export const BATBAYAR = {
  externalId: 'mn-0001',
  name: 'Батбаяр',
  languages: ['mn'],
  nationalities: ['MN'],
  area: 'JP-04',
  addresses: [{ channel: 'sms', value: '+818012345675' }],
};
