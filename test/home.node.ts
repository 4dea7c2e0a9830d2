import { fileURLToPath } from 'node:url';
import { openSqlite } from '../src/db/sqlite.ts';
import { fileAssets } from '../src/platform/assets-node.ts';
import { nodeCrypto } from '../src/platform/crypto-node.ts';

const assets = fileAssets(fileURLToPath(new URL('..', import.meta.url).href));

/** Node: an empty database in memory, migrated, for each test. */
export const home = {
  name: 'node' as const,
  crypto: nodeCrypto,
  assets,
  open: async () => openSqlite(':memory:'),
};
