import countries from './iso-countries.json' with { type: 'json' };

const byCode = new Map(countries.flatMap((c) => [c.alpha2, c.alpha3].map((code) => [code, c.alpha2])));
const byName = new Map(countries.flatMap((c) => [c.name, ...(c.others ?? [])].map((n) => [nameKey(n), c.alpha2])));
const byPeople = new Map(countries.flatMap((c) => (c.people ?? []).map((n) => [nameKey(n), c.alpha2])));

/** ISO 3166-1 alpha-2 for a code of two or three letters or an unambiguous English name, else null: `Congo` is two states. */
export function countryCode(text: string): string | null {
  return byCode.get(text.trim().toUpperCase()) ?? byName.get(nameKey(text)) ?? null;
}

/** Like `countryCode`, and also by what its people are called: `Sri Lankan`, `Nepalese`. */
export function nationalityCode(text: string): string | null {
  return countryCode(text) ?? byPeople.get(nameKey(text)) ?? null;
}

/** `The Gambia`, `St. Lucia`, `Cote d’Ivoire` and `Côte d'Ivoire` compare equal to their entries. */
function nameKey(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/\./g, '')
    .replace(/[^a-z]+/g, ' ')
    .trim()
    .replace(/^the /, '')
    .replace(/^st /, 'saint ');
}
