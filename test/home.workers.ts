import { applyD1Migrations, env, reset } from 'cloudflare:test';
import { openD1 } from '../src/db/d1.ts';
import { bindingAssets } from '../src/platform/cloudflare.ts';
import { webCrypto } from '../src/platform/crypto-web.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      DB: D1Database;
      ASSETS: Fetcher;
      WORK: Queue;
      TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
    }
  }
}

const assets = bindingAssets(env.ASSETS);

/** workerd: an empty D1, migrated, for each test. */
export const home = {
  name: 'workers' as const,
  crypto: webCrypto,
  assets,
  open: async () => {
    await reset();
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    return openD1(env.DB);
  },
};
