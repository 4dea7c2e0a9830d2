import * as z from 'zod';
import { pushEndpointAllowed } from '../channels/push.ts';
import { parsePhone } from '../text/phone.ts';
import { canonicalTag } from '../text/tags.ts';
import type { FieldProblem } from '../trust/refusal.ts';

const Code = (pattern: RegExp, example: string) =>
  z.string().trim().toUpperCase().regex(pattern, `Write a code such as ${example}.`);

/** ISO 3166-1 alpha-2. */
export const Country = Code(/^[A-Z]{2}$/, 'JP');
/** ISO 3166-1, ISO 3166-2, or the id of an imported area. */
export const Area = Code(/^[A-Z0-9][A-Z0-9_-]{1,39}$/, 'JP-04');

/** BCP 47, put into its canonical form (tl becomes fil). */
export const Language = z
  .string()
  .max(35)
  .transform((tag, context) => {
    const canonical = canonicalTag(tag);
    if (canonical === null) context.addIssue({ code: 'custom', message: 'Write a BCP 47 tag such as si or zh-Hans.' });
    return canonical ?? z.NEVER;
  });

export const Tag = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'Write letters, digits, - and _, at most 32.');

const UNFIT = 'There are control characters or halves of characters in this.';

/** One line of words. A lone surrogate is refused: a database keeps one sign for all of them. */
export const Line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, UNFIT);

/** Words on any number of lines. */
export const Words = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u, UNFIT);

export const AddressInput = z.strictObject({
  channel: z.enum(['sms', 'telegram', 'push']),
  /** E.164 number, Telegram chat id, or a push subscription as JSON text or object */
  value: z.union([z.string().min(1).max(4000), z.number().int(), z.record(z.string(), z.unknown())]),
});

const fields = {
  externalId: Line(200),
  name: Line(200),
  languages: z.array(Language).max(10),
  nationalities: z.array(Country).max(10),
  country: Country,
  area: Area,
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  tags: z.array(Tag).max(20),
  profile: z.enum(['normal', 'discreet', 'anonymous']),
  basis: z.enum(['public-task', 'consent', 'vital-interest']),
  addresses: z.array(AddressInput).max(10),
};

const together = (value: { latitude?: unknown; longitude?: unknown }) =>
  (value.latitude == null) === (value.longitude == null);
const TOGETHER = { message: 'Latitude and longitude come together.', path: ['longitude'] };

/** What a registrar says about a person. There is no field for immigration status, and none may be added (IR-1). */
export const PersonInput = z.strictObject(fields).partial().refine(together, TOGETHER);
export type PersonInput = z.output<typeof PersonInput>;

/** Null empties a field. Given addresses replace the former ones. */
export const PersonPatch = z
  .strictObject({
    ...fields,
    externalId: fields.externalId.nullable(),
    name: fields.name.nullable(),
    country: fields.country.nullable(),
    area: fields.area.nullable(),
    latitude: fields.latitude.nullable(),
    longitude: fields.longitude.nullable(),
  })
  .partial()
  .refine(together, TOGETHER);
export type PersonPatch = z.output<typeof PersonPatch>;

export interface Address {
  channel: 'sms' | 'telegram' | 'push';
  value: string;
  /** country of the number's plan; null for the others */
  country: string | null;
}

const PHONE_PROBLEMS: Record<string, string> = {
  empty: 'The number is empty.',
  not_a_number: 'This is not a phone number.',
  too_short: 'The number is too short.',
  too_long: 'The number is too long.',
  no_country: 'The country is missing: begin with +, or set the person’s country.',
  invalid: 'There is no such number.',
  landline: 'This is a landline, which takes no SMS.',
  excel_damage: 'A spreadsheet has damaged this number. Take it from the source again.',
};

/** An address in its one form, or what is wrong with it. */
export function parseAddress(
  input: z.output<typeof AddressInput>,
  defaultCountry: string | undefined,
  allowPrivateHosts: boolean,
): Address | Omit<FieldProblem, 'pointer'> {
  const { channel, value } = input;
  if (channel === 'sms') {
    const phone = parsePhone(String(value), defaultCountry);
    if ('problem' in phone) return { detail: PHONE_PROBLEMS[phone.problem]!, code: phone.problem };
    return { channel, value: phone.e164, country: phone.country };
  }
  if (channel === 'telegram') {
    if (!/^-?[1-9]\d{0,18}$/.test(String(value).trim()))
      return { detail: 'A Telegram chat id is a number.', code: 'not_a_chat' };
    return { channel, value: String(value).trim(), country: null };
  }
  const subscription = parseSubscription(value);
  if (!subscription)
    return { detail: 'A push subscription has endpoint, keys.p256dh and keys.auth.', code: 'not_a_subscription' };
  if (!pushEndpointAllowed(subscription.endpoint, allowPrivateHosts))
    return { detail: 'The endpoint is not of a known push service.', code: 'push_host' };
  return { channel, value: JSON.stringify(subscription), country: null };
}

const Subscription = z.object({
  endpoint: z.url().max(2000),
  keys: z.object({
    p256dh: z.string().regex(/^[\w-]{87,88}=?$/),
    auth: z.string().regex(/^[\w-]{22}(==)?$/),
  }),
});

function parseSubscription(value: unknown): z.output<typeof Subscription> | undefined {
  try {
    const result = Subscription.safeParse(typeof value === 'string' ? JSON.parse(value) : value);
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** What makes an address the same one: a push subscription is its endpoint. */
export function identityOf(address: Address): string {
  return address.channel === 'push' ? JSON.parse(address.value).endpoint : address.value;
}
