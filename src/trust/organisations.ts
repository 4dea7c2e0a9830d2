import { audit, operators, organisations } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Refusal } from './refusal.ts';

export interface SetupInput {
  token: string;
  organisation: { id: string; name: string; country: string; defaultLanguage: string };
  mode: 'live' | 'training';
}

/** The secret that the first set-up needs: the setting, or one made at first start and printed (Node). */
export async function setupToken(g: Gateway): Promise<string> {
  return g.config.setupToken ?? g.vault.secret('setup token', async () => g.ids.secret(24));
}

export async function isSetUp(g: Gateway): Promise<boolean> {
  return (await g.store.db.select({ id: organisations.id }).from(organisations).limit(1)).length > 0;
}

/**
 * Makes the first organisation and its admin key, once.
 * @throws Refusal `wrong_setup_token`, `already_set_up`
 */
export async function setUp(g: Gateway, input: SetupInput) {
  const [given, expected] = await Promise.all([g.vault.hash(input.token), setupToken(g).then(g.vault.hash)]);
  if (given !== expected) throw new Refusal('wrong_setup_token');
  if (await isSetUp(g)) throw new Refusal('already_set_up');
  return addOrganisation(g, { ...input.organisation, mode: input.mode, first: true });
}

/** Makes an organisation with an admin key. */
export async function addOrganisation(
  g: Gateway,
  input: {
    id: string;
    name: string;
    country: string;
    defaultLanguage: string;
    mode: 'live' | 'training';
    first: boolean;
  },
) {
  const now = g.clock.now();
  const apiKey = `mus_${g.ids.secret(32)}`;
  const key = g.ids.next('key');
  const keyHash = await g.vault.hash(apiKey);
  await g.store.atomic((db) => [
    db.insert(organisations).values({ ...input, createdAt: now }),
    db.insert(operators).values({
      id: key,
      organisation: input.id,
      name: 'set-up',
      roles: 'admin',
      keyHash,
      confirmedAt: now,
      createdAt: now,
    }),
    db.insert(audit).values({
      organisation: input.id,
      at: now,
      operator: key,
      action: 'organisation.create',
      subject: input.id,
      detail: JSON.stringify({ mode: input.mode }),
    }),
  ]);
  const { id, name, country, defaultLanguage, mode } = input;
  return { organisation: { id, name, country, defaultLanguage, mode }, apiKey };
}
