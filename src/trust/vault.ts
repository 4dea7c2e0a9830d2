/**
 * Sealing: what a stolen database must not tell (DESIGN promise 5).
 *
 * Each organisation has a random data key, wrapped by MASTER_KEY. From it come a sealing key
 * (AES-256-GCM) and an index key (HMAC-SHA-256) by HKDF (RFC 5869). A sealed value is
 * `<data key id>.<base64url of nonce, ciphertext and tag>`; its purpose and organisation are the
 * additional data, so a value moved to another column or organisation does not open.
 */
import { eq, sql } from 'drizzle-orm';
import { dataKeys, instance } from '../db/schema.ts';
import { isUniqueViolation, type Store } from '../db/store.ts';

type Maybe<T> = T | Promise<T>;

/** AES-GCM and HMAC of the home: node:crypto is a fraction of the cost of WebCrypto on Node. */
export interface Crypto {
  random(bytes: number): Uint8Array<ArrayBuffer>;
  /** HKDF-SHA-256 without salt, 32 bytes */
  derive(key: Uint8Array<ArrayBuffer>, info: string): Promise<Uint8Array<ArrayBuffer>>;
  cipher(key: Uint8Array<ArrayBuffer>): Promise<Cipher>;
  /** base64url of the first 16 bytes of HMAC-SHA-256 */
  indexer(key: Uint8Array<ArrayBuffer>): Promise<(text: string) => Maybe<string>>;
  /** SHA-256 as hex */
  hash(text: string): Maybe<string>;
}

export interface Cipher {
  /** @returns base64url of nonce, ciphertext and tag */
  seal(text: string, additional: string): Maybe<string>;
  /** @throws when the key, the value or the additional data differ */
  open(sealed: string, additional: string): Maybe<string>;
}

/** What a sealed value is: part of its additional data. */
export type Purpose =
  | 'address'
  | 'name'
  | 'externalId'
  | 'import'
  | 'parameters'
  | 'texts'
  | 'reply'
  | 'answer'
  | 'note'
  | 'contacts'
  | 'response'
  | 'simulated';

/** The keys of one organisation, ready for use. */
export interface Keys {
  seal(purpose: Purpose, text: string): Maybe<string>;
  open(purpose: Purpose, sealed: string): Maybe<string>;
  /** keyed hash for look-up and uniqueness */
  index(purpose: Purpose, text: string): Maybe<string>;
}

export interface Vault {
  keys(organisation: string): Promise<Keys>;
  /** A secret of the installation, made once by `make` and kept sealed by the master key. */
  secret(name: string, make: () => Promise<string>): Promise<string>;
  /** A secret that follows from the master key and needs no storage; base64url, 32 bytes. */
  derived(label: string): Promise<string>;
  /** SHA-256 as hex, for tokens of 128 random bits and more */
  hash(text: string): Maybe<string>;
}

interface OrganisationKeys extends Keys {
  id: number;
}

/**
 * @param previous the master key before this one: data keys wrapped by it still open
 */
export function openVault(
  store: Store,
  crypto: Crypto,
  master: Uint8Array<ArrayBuffer>,
  previous?: Uint8Array<ArrayBuffer>,
  now: () => number = Date.now,
): Vault {
  // Only what has arrived is kept: in workerd a promise belongs to the request that made it
  let ciphers: Cipher[] | undefined;
  const known = new Map<string, OrganisationKeys>();

  /** the present master key first, then the one before it */
  async function wrapping(): Promise<Cipher[]> {
    if (ciphers) return ciphers;
    const made: Cipher[] = [];
    for (const key of [master, ...(previous ? [previous] : [])])
      made.push(await crypto.cipher(await crypto.derive(key, 'musafir wrap')));
    ciphers = made;
    return made;
  }

  async function unwrap(value: string, additional: string): Promise<string> {
    let failure: unknown;
    for (const cipher of await wrapping()) {
      try {
        return await cipher.open(value, additional);
      } catch (error) {
        failure = error;
      }
    }
    throw new Error('MASTER_KEY does not open this database. Set the key that it was made with.', { cause: failure });
  }

  async function load(organisation: string): Promise<OrganisationKeys> {
    const additional = `data key|${organisation}`;
    const read = () =>
      store.db.select().from(dataKeys).where(eq(dataKeys.organisation, organisation)).orderBy(dataKeys.id).limit(1);
    let [row] = await read();
    if (!row) {
      // another isolate may make one at this moment: the first stays, and both use it
      const wrapped = await (await wrapping())[0]!.seal(toBase64(crypto.random(32)), additional);
      await store.db.insert(dataKeys).select(
        sql`select null, ${organisation}, ${wrapped}, ${now()}
              where not exists (select 1 from ${dataKeys} where organisation = ${organisation})`,
      );
      [row] = await read();
    }
    const { id, wrapped } = row!;
    const key = fromBase64(await unwrap(wrapped, additional));
    const cipher = await crypto.cipher(await crypto.derive(key, 'musafir seal'));
    const indexer = await crypto.indexer(await crypto.derive(key, 'musafir index'));
    const prefix = `${id}.`;
    return {
      id,
      seal(purpose, text) {
        const sealed = cipher.seal(text, `${organisation}|${purpose}`);
        return typeof sealed === 'string' ? prefix + sealed : sealed.then((value) => prefix + value);
      },
      open(purpose, sealed) {
        if (!sealed.startsWith(prefix)) throw new Error(`No key for a value sealed as ${purpose}`);
        return cipher.open(sealed.slice(prefix.length), `${organisation}|${purpose}`);
      },
      index: (purpose, text) => indexer(`${purpose}|${text}`),
    };
  }

  return {
    async keys(organisation) {
      const keys = known.get(organisation) ?? (await load(organisation));
      known.set(organisation, keys);
      return keys;
    },
    async secret(name, make) {
      const read = async () => {
        const [row] = await store.db.select().from(instance).where(eq(instance.name, name));
        return row ? unwrap(row.valueSealed, `instance|${name}`) : undefined;
      };
      const existing = await read();
      if (existing !== undefined) return existing;
      const value = await make();
      try {
        const valueSealed = await (await wrapping())[0]!.seal(value, `instance|${name}`);
        await store.db.insert(instance).values({ name, valueSealed });
        return value;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return (await read())!;
      }
    },
    async derived(label) {
      const bytes = await crypto.derive(master, `musafir ${label}`);
      return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    },
    hash: (text) => crypto.hash(text),
  };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
