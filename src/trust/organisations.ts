import { sql } from 'drizzle-orm';
import { audit, operators, organisations } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Refusal } from './refusal.ts';

export interface SetupInput {
  token: string;
  organisation: { id: string; name: string; shortName?: string | undefined; country: string; defaultLanguage: string };
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

/** Makes an organisation with an admin key. @throws Refusal `already_set_up` when it cannot be the first any more */
export async function addOrganisation(
  g: Gateway,
  input: {
    id: string;
    name: string;
    /** in flash texts; made from the name when absent */
    shortName?: string | undefined;
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
  const { id, name, shortName, country, defaultLanguage, mode, first } = input;
  // said in each statement: of two set-ups at the same moment one is the first, and the other leaves nothing
  const may = first ? sql`not exists (select 1 from ${organisations})` : sql`true`;
  const [, , made] = await g.store.atomic((db) => [
    db
      .insert(operators)
      .select(sql`select ${key}, ${id}, 'set-up', 'admin', ${keyHash}, ${now}, ${now}, null where ${may}`),
    db
      .insert(audit)
      .select(
        sql`select null, ${id}, ${now}, ${key}, 'organisation.create', ${id}, ${JSON.stringify({ mode })} where ${may}`,
      ),
    db
      .insert(organisations)
      .select(
        sql`select ${id}, ${name}, ${shortName ?? null}, ${country}, ${defaultLanguage}, ${mode}, ${first ? 1 : 0}, ${now} where ${may}`,
      )
      .returning({ id: organisations.id }),
  ]);
  if (made.length === 0) throw new Refusal('already_set_up');
  const organisation = { id, name, ...(shortName !== undefined && { shortName }), country, defaultLanguage, mode };
  return { organisation, apiKey };
}
