import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSigner } from './signer.ts';

const key = randomBytes(32);
const grant = { tenant: 't', key: 'a/b.wav', method: 'PUT', expires: 2000 } as const;

test('a token gives back its grant until it expires', () => {
  let now = 1_999_000;
  const signer = createSigner(key, () => now);
  const token = signer.sign(grant);
  expect(signer.verify(token)).toEqual(grant);
  now = 2_000_000;
  expect(signer.verify(token)).toBeUndefined();
});

test('a token that was tampered with, or signed by another, is worth nothing', () => {
  const signer = createSigner(key, () => 0);
  const token = signer.sign(grant);
  const other = Buffer.from(JSON.stringify(['other', 'a/b.wav', 'PUT', 2000])).toString('base64url');
  expect(signer.verify(`${other}.${token.split('.')[1]}`)).toBeUndefined();
  expect(createSigner(randomBytes(32), () => 0).verify(token)).toBeUndefined();
  for (const bad of ['', '.', 'a.b', `${token}.x`, token.slice(0, -3)]) expect(signer.verify(bad)).toBeUndefined();
});
