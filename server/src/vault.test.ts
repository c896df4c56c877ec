import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVault } from './vault.ts';

const plain = Buffer.from('a vector of a voice');

test('what is sealed opens with its context and with no other', () => {
  const vault = createVault([randomBytes(32)]);
  const sealed = vault.seal(plain, 'voiceprint:a');
  expect(sealed.includes(plain)).toBe(false);
  expect(vault.open(sealed, 'voiceprint:a')).toEqual(plain);
  expect(() => vault.open(sealed, 'voiceprint:b')).toThrow();
});

test('a flipped bit anywhere is noticed', () => {
  const vault = createVault([randomBytes(32)]);
  const sealed = vault.seal(plain, 'c');
  for (let i = 0; i < sealed.length; i++) {
    const bad = Buffer.from(sealed);
    bad[i] ^= 1;
    expect(() => vault.open(bad, 'c')).toThrow();
  }
});

test('after a rotation the new key seals and both open; the old value is stale', () => {
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
  const sealed = createVault([oldKey]).seal(plain, 'c');
  const both = createVault([newKey, oldKey]);
  expect(both.open(sealed, 'c')).toEqual(plain);
  expect(both.isStale(sealed)).toBe(true);
  expect(both.isStale(both.seal(plain, 'c'))).toBe(false);
  expect(() => createVault([newKey]).open(sealed, 'c')).toThrow('encryption key');
});
