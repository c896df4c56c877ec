import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rotateEncryption } from '../src/rotate.ts';
import { checkSeal } from '../src/store/seal.ts';
import { createVault } from '../src/vault.ts';
import { type Harness, startHarness } from './harness.ts';

let service: Harness;
beforeAll(async () => {
  service = await startHarness();
});
afterAll(() => service.close());

test('a process with another encryption key is refused; one that rotates has both, and then the old one is refused', async () => {
  const { db } = service.deps;
  const [old, next] = [randomBytes(32), randomBytes(32)];
  await checkSeal(db, createVault([old]));
  await checkSeal(db, createVault([old]));
  await expect(checkSeal(db, createVault([next]))).rejects.toThrow('is not the one that this database is sealed with');
  const both = createVault([next, old]);
  await checkSeal(db, both);
  expect(await rotateEncryption(db, both)).toBe(1);
  await checkSeal(db, createVault([next]));
  await expect(checkSeal(db, createVault([old]))).rejects.toThrow('encryption key');
});
