import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const include = ['src/**/*.test.ts', 'test/**/*.test.ts'];
/** Tests of what only Node has: processes, files, sockets, xmllint. */
const nodeOnly = ['test/node/**'];

export default defineConfig({
  test: {
    globalSetup: ['./test/global.ts'],
    reporters: ['./test/counts.ts', 'default'],
    expect: { requireAssertions: true },
    // a machine that does much else is slow, and no test is about that
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'node', isolate: false, include } },
      {
        extends: true,
        plugins: [
          cloudflareTest(async () => ({
            main: './src/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { TEST_MIGRATIONS: await readD1Migrations('./src/db/migrations') } },
          })),
        ],
        // on a busy machine the emptying of D1 between two tests was seen to reach into the second one, once in four thousand
        test: { name: 'workers', retry: 1, isolate: false, include, exclude: ['**/node_modules/**', ...nodeOnly] },
      },
    ],
  },
});
