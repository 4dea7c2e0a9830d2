import type { Wire } from '../channels/channel.ts';
import { openSenders } from '../channels/index.ts';
import type { Config } from '../config.ts';
import type { Store } from '../db/store.ts';
import type { Clock, Gateway, Ids, Log, Outbox } from '../gateway.ts';
import { openPhones } from '../simulator/phones.ts';
import type { Assets } from '../text/assets.ts';
import { loadCatalog } from '../text/catalog.ts';
import { openLibreTranslate } from '../text/libretranslate.ts';
import type { Translator } from '../text/machine.ts';
import { type Crypto, openVault } from '../trust/vault.ts';

/** What differs between the homes. */
export interface Home {
  home: 'node' | 'workers';
  config: Config;
  store: Store;
  crypto: Crypto;
  masterKey: Uint8Array<ArrayBuffer>;
  outbox: Outbox;
  wire: Wire;
  assets: Assets;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** where the home has one; TRANSLATE_URL goes before it */
  translator?: Translator | undefined;
}

/** Builds the one object that everything is handed. */
export async function openGateway(parts: Home): Promise<Gateway> {
  const { home, config, store, crypto, masterKey, outbox, wire, assets, clock, ids, log } = parts;
  const vault = openVault(store, crypto, masterKey, config.masterKeyPrevious, () => clock.now());
  const senders = await openSenders(config, vault, openPhones(store, vault, clock));
  const catalog = loadCatalog(assets);
  const translator = config.translate ? openLibreTranslate(config.translate, wire) : (parts.translator ?? null);
  return { home, config, store, vault, senders, outbox, wire, assets, catalog, translator, clock, ids, log };
}
