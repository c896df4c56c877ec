import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { clientSource } from '../../bench/generateClient.ts';

test('the types of the client are those of the present OpenAPI document (npm run client -w server)', async () => {
  expect(await readFile(new URL('./operations.ts', import.meta.url), 'utf8')).toBe(clientSource());
});
