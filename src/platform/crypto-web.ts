import type { Crypto } from '../trust/vault.ts';

const NONCE = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const subtle = crypto.subtle;

/** Sealing by WebCrypto, for Workers. Equal byte for byte to the one by node:crypto. */
export const webCrypto: Crypto = {
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  async derive(key, info) {
    const base = await subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(info) };
    return new Uint8Array(await subtle.deriveBits(parameters, base, 256));
  },
  async cipher(raw) {
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return {
      async seal(text, additional) {
        const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
        const parameters = { name: 'AES-GCM', iv: nonce, additionalData: encoder.encode(additional) };
        const sealed = new Uint8Array(await subtle.encrypt(parameters, key, encoder.encode(text)));
        const bytes = new Uint8Array(NONCE + sealed.length);
        bytes.set(nonce);
        bytes.set(sealed, NONCE);
        return toBase64Url(bytes);
      },
      async open(sealed, additional) {
        const bytes = fromBase64Url(sealed);
        const parameters = {
          name: 'AES-GCM',
          iv: bytes.subarray(0, NONCE),
          additionalData: encoder.encode(additional),
        };
        return decoder.decode(await subtle.decrypt(parameters, key, bytes.subarray(NONCE)));
      },
    };
  },
  async indexer(raw) {
    const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return async (text) =>
      toBase64Url(new Uint8Array(await subtle.sign('HMAC', key, encoder.encode(text))).subarray(0, 16));
  },
  async hash(text) {
    const digest = new Uint8Array(await subtle.digest('SHA-256', encoder.encode(text)));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
};

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += 8192)
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
