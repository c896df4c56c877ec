import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalJson, chainHash } from './audit.ts';

test('canonical JSON sorts keys at every depth and has no blanks', () => {
  expect(canonicalJson({ b: [2, { z: 1, a: null }], a: 'é' })).toBe('{"a":"é","b":[2,{"a":null,"z":1}]}');
});

test('a hash is SHA-256 over the previous hash and the canonical rest', () => {
  const previous = '0'.repeat(64);
  const wanted = createHash('sha256').update(`${previous}{"action":"key.create","seq":1}`).digest('hex');
  expect(chainHash(previous, { seq: 1, action: 'key.create' })).toBe(wanted);
});
