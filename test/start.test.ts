import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { createApp } from '../src/app.ts';
import { parseConfig } from '../src/config.ts';
import { openGateway } from '../src/platform/gateway.ts';
import { openIds } from '../src/platform/ids.ts';
import { openLog } from '../src/platform/log.ts';

/** A gateway as each home opens it, with a list of the assets that were read. */
async function started() {
  const read: string[] = [];
  const { config } = parseConfig({ PUBLIC_URL: 'https://musafir.test', SETUP_TOKEN: 'set me up' }, 'node');
  const g = await openGateway({
    home: home.name,
    config,
    store: await home.open(),
    crypto: home.crypto,
    masterKey: new Uint8Array(32).fill(7),
    outbox: { wake: async () => {} },
    wire: { request: () => Promise.reject(new Error('nobody is called at the start')) },
    assets: {
      read: (path) => {
        read.push(path);
        return home.assets.read(path);
      },
    },
    clock: { now: () => 0, sleep: async () => {}, turn: async () => {} },
    ids: openIds((bytes) => crypto.getRandomValues(bytes)),
    log: openLog('error', () => {}),
  });
  return { g, app: createApp(g), read };
}

describe('the start', () => {
  it('reads no language, and no template', async () => {
    const { app, read } = await started();
    expect((await app.request('/readyz')).status).toBe(200);
    expect(read).toEqual([]);
  });

  it('is followed by reading what is asked for, once, and nothing of other languages', async () => {
    const { g, read } = await started();
    for (let time = 0; time < 2; time++) {
      await g.catalog.word('si', 'button_safe');
      await g.catalog.reply('si', 'stop_done', { org: 'Embassy of Sri Lanka' });
      await g.catalog.names('si');
      await g.catalog.text('earthquake', 'si');
    }
    expect(read.sort()).toEqual([
      ...['index.json', 'locales/en/names.json', 'locales/si/interface.json', 'locales/si/names.json'],
      ...['locales/si/replies.json', 'templates/earthquake/si.json'],
    ]);
  });
});
