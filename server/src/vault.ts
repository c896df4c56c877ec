import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * What is secret at rest is sealed with AES-256-GCM: vectors of voices, outputs of jobs, voices and words of their requests,
 * webhooks and their secrets.
 *
 *   version 1 | key id 4 bytes | nonce 12 | tag 16 | ciphertext
 *
 * `context` (for example `voiceprint:vp_…`) is authenticated, so a sealed value copied to another row does not open.
 * Two keys may be known at a time, which is how a key is rotated: everything is sealed anew, then the old one goes.
 */
export interface Vault {
  seal(plain: Buffer, context: string): Buffer;
  open(sealed: Buffer, context: string): Buffer;
  /** Whether a value was sealed with a key that is not the current one. */
  isStale(sealed: Buffer): boolean;
}

/** What was sealed cannot be opened any more: its key is gone. */
export class UnknownKey extends Error {}

const VERSION = 1;
const HEAD = 1 + 4 + 12 + 16;

/** Makes a vault that seals with the first key (32 bytes) and opens with any. */
export function createVault(keys: readonly Buffer[]): Vault {
  const known = keys.map((key) => {
    if (key.length !== 32) throw new RangeError(`Got an encryption key of ${key.length} bytes when it takes 32.`);
    return { key, id: createHash('sha256').update('diarist key').update(key).digest().subarray(0, 4) };
  });
  const [current] = known;
  return {
    seal(plain, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), current.id, nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      const found = known.find(({ id }) => sealed[0] === VERSION && id.equals(sealed.subarray(1, 5)));
      if (!found || sealed.length < HEAD)
        throw new UnknownKey('A sealed value was made with an encryption key that this server does not have.');
      const decipher = createDecipheriv('aes-256-gcm', found.key, sealed.subarray(5, 17))
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(17, HEAD));
      return Buffer.concat([decipher.update(sealed.subarray(HEAD)), decipher.final()]);
    },
    isStale: (sealed) => !current.id.equals(sealed.subarray(1, 5)),
  };
}

/** Seals a value as JSON. */
export function sealJson(vault: Vault, value: unknown, context: string): Buffer {
  return vault.seal(Buffer.from(JSON.stringify(value)), context);
}

/** Opens what sealJson made. */
export function openJson<T>(vault: Vault, sealed: Buffer, context: string): T {
  return JSON.parse(vault.open(sealed, context).toString('utf8')) as T;
}
