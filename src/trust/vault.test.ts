import { describe, expect, it } from 'vitest';
import { home } from '#home';
import { dataKeys } from '../db/schema.ts';
import { webCrypto } from '../platform/crypto-web.ts';
import { openVault } from './vault.ts';

const MASTER = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);

describe('the vault', () => {
  it('opens what it sealed, in any script, and never seals the same twice alike', async () => {
    const vault = openVault(await home.open(), home.crypto, MASTER);
    const keys = await vault.keys('lk-tokyo');
    for (const text of ['නිමාලි පෙරේරා', 'يوسف', 'สมชาย', '太郎', '+818012345671', '', '😀'.repeat(3000)]) {
      const sealed = await keys.seal('name', text);
      expect(await keys.open('name', sealed)).toBe(text);
      expect(await keys.seal('name', text)).not.toBe(sealed);
    }
  });

  it('does not open a value that was moved to another column or organisation', async () => {
    const vault = openVault(await home.open(), home.crypto, MASTER);
    const tokyo = await vault.keys('lk-tokyo');
    const sealed = await tokyo.seal('name', 'නිමාලි');
    await expect((async () => tokyo.open('note', sealed))()).rejects.toThrow();
    const doha = await vault.keys('np-doha');
    await expect((async () => doha.open('name', sealed))()).rejects.toThrow();
  });

  it('finds the same address by its index, and tells two organisations nothing of each other', async () => {
    const vault = openVault(await home.open(), home.crypto, MASTER);
    const [tokyo, doha] = [await vault.keys('lk-tokyo'), await vault.keys('np-doha')];
    const index = await tokyo.index('address', '+818012345671');
    expect(await tokyo.index('address', '+818012345671')).toBe(index);
    expect(await tokyo.index('externalId', '+818012345671')).not.toBe(index);
    expect(await doha.index('address', '+818012345671')).not.toBe(index);
    expect(index).toMatch(/^[\w-]{22}$/);
  });

  it('keeps data keys wrapped: another master key opens nothing, the previous one still does', async () => {
    const store = await home.open();
    const sealed = await (await openVault(store, home.crypto, MASTER).keys('lk-tokyo')).seal('name', 'நிமாலி');
    await expect(openVault(store, home.crypto, OTHER).keys('lk-tokyo')).rejects.toThrow('MASTER_KEY does not open');
    const changed = await openVault(store, home.crypto, OTHER, MASTER).keys('lk-tokyo');
    expect(await changed.open('name', sealed)).toBe('நிமாலி');
    expect(await store.db.select().from(dataKeys)).toHaveLength(1);
  });

  it('makes a secret of the installation once', async () => {
    const store = await home.open();
    const vault = openVault(store, home.crypto, MASTER);
    expect(await vault.secret('vapid', async () => 'first')).toBe('first');
    expect(await openVault(store, home.crypto, MASTER).secret('vapid', async () => 'second')).toBe('first');
  });

  it('is equal in both homes: what one sealed the other opens', async () => {
    const key = await home.crypto.derive(MASTER, 'musafir seal');
    expect(key).toEqual(await webCrypto.derive(MASTER, 'musafir seal'));
    const [own, web] = [await home.crypto.cipher(key), await webCrypto.cipher(key)];
    expect(await web.open(await own.seal('สวัสดี', 'a'), 'a')).toBe('สวัสดี');
    expect(await own.open(await web.seal('สวัสดี', 'a'), 'a')).toBe('สวัสดี');
    expect(await (await home.crypto.indexer(key))('x')).toBe(await (await webCrypto.indexer(key))('x'));
    expect(await home.crypto.hash('x')).toBe(await webCrypto.hash('x'));
  });
});
