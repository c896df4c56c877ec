import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVault } from '../vault.ts';
import { openPayload } from './payload.ts';

test('a payload opens with the key and the row that it was sealed to; one from before that is plain', () => {
  const vault = createVault([randomBytes(32)]);
  const plain = Buffer.from('{"jobId":"1"}');
  const body = vault.seal(plain, 'webhook:a');
  expect(openPayload(vault, { id: 'a', body })).toEqual(plain);
  expect(() => openPayload(vault, { id: 'b', body })).toThrow();
  expect(openPayload(vault, { id: 'a', body: plain })).toEqual(plain);
});
