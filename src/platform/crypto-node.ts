import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Crypto } from '../trust/vault.ts';

const NONCE = 12;
const TAG = 16;

/** Sealing by node:crypto: synchronous, a few microseconds a value. */
export const nodeCrypto: Crypto = {
  random: (bytes) => Uint8Array.from(randomBytes(bytes)),
  derive: async (key, info) => new Uint8Array(hkdfSync('sha256', key, '', info, 32)),
  async cipher(key) {
    return {
      seal(text, additional) {
        const nonce = randomBytes(NONCE);
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(additional));
        const sealed = cipher.update(text, 'utf8');
        return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64url');
      },
      open(sealed, additional) {
        const bytes = Buffer.from(sealed, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
        decipher.setAAD(Buffer.from(additional)).setAuthTag(bytes.subarray(bytes.length - TAG));
        const text = decipher.update(bytes.subarray(NONCE, bytes.length - TAG));
        // throws when the tag does not fit; GCM has nothing left to give
        decipher.final();
        return text.toString('utf8');
      },
    };
  },
  async indexer(key) {
    return (text) => createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');
  },
  hash: (text) => createHash('sha256').update(text).digest('hex'),
};
