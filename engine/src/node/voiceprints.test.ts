import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openToolkit } from './toolkit.ts';
import { readVoiceprints } from './voiceprints.ts';

const folder = mkdtempSync(join(tmpdir(), 'voiceprints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = { model: 'embedded-v0', threads: 1 };

/** Reads what a file with these embeddings of Ada's holds. */
async function read(embeddings: readonly unknown[]) {
  const toolkit = await openToolkit(options);
  const { name } = await toolkit.embeddingModel();
  await toolkit.close();
  const file = join(folder, 'voices.json');
  writeFileSync(file, JSON.stringify([{ uri: 'Ada', model: name, embeddings }]));
  return readVoiceprints(file, options);
}

test('vectors of a file are read; where nothing was heard there is none', async () => {
  const { voiceprints } = await read([{ vector: null }, { vector: [0.5, -1] }]);
  expect(voiceprints).toEqual([{ name: 'Ada', vector: Float32Array.of(0.5, -1) }]);
});

test.each([
  ['a Float32Array, which JSON makes an object', { vector: Float32Array.of(0.5, -1) }],
  ['text', { vector: 'x' }],
  ['an array of text', { vector: ['a', 'b'] }],
  ['nothing', {}],
  ['null', null],
])('a vector that is %s is refused, and the file named', async (_, embedding) => {
  await expect(read([embedding])).rejects.toMatchObject({
    name: 'FormatError',
    message: expect.stringMatching(/voices\.json.* holds a vector of Ada that is not an array of numbers/),
  });
});
