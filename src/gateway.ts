import type { Wire } from './channels/channel.ts';
import type { SenderName, Senders } from './channels/index.ts';
import type { Config } from './config.ts';
import type { Store } from './db/store.ts';
import type { Assets, Catalog } from './text/catalog.ts';
import type { Translator } from './text/machine.ts';
import type { Vault } from './trust/vault.ts';

/** Epoch milliseconds. A fake one drives the tests. */
export interface Clock {
  now(): number;
  /** resolves after that many milliseconds of this clock */
  sleep(milliseconds: number): Promise<void>;
  /** resolves after what is ready now has run */
  turn(): Promise<void>;
}

/** Random identifiers; seeded in tests. */
export interface Ids {
  /** `prefix_` and 128 random bits in base32 */
  next(prefix: string): string;
  /** `length` characters of an alphabet without look-alikes and vowels */
  code(length: number): string;
  /** base64url of `bytes` random bytes */
  secret(bytes: number): string;
}

/** Never a name, number, chat id, endpoint or text: only what is in `LogFields`. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warning(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Work that can be done at any time, by anyone, more than once. The database says what is really due. */
export type Task =
  | { type: 'plan'; alert: number }
  | { type: 'dispatch'; sender: SenderName }
  | { type: 'reconcile' }
  | { type: 'follow' }
  | { type: 'ladder' }
  | { type: 'redact' }
  | { type: 'import'; import: number }
  | { type: 'answer'; reply: number };

/** Says that there is work. It may lose or repeat what it is told: the sweep finds what was left. */
export interface Outbox {
  wake(task: Task, delayMs?: number): Promise<void>;
}

/** What everything is handed: built once per process or isolate by `platform/`. */
export interface Gateway {
  home: 'node' | 'workers';
  config: Config;
  store: Store;
  vault: Vault;
  senders: Senders;
  outbox: Outbox;
  wire: Wire;
  assets: Assets;
  catalog: Catalog;
  /** null: no machine translates */
  translator: Translator | null;
  clock: Clock;
  ids: Ids;
  log: Log;
}
