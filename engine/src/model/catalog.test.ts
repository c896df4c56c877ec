import { expect, test } from 'vitest';
import { CATALOG } from './catalog.ts';
import { parseManifest } from './parseManifest.ts';

test.each(CATALOG.map((entry) => [entry.name, entry] as const))('%s is a valid manifest', (name, entry) => {
  const json: unknown = JSON.parse(JSON.stringify(entry));
  expect(JSON.parse(JSON.stringify(parseManifest(json, name)))).toEqual(json);
});

test('every file of the catalogue can be fetched, and is pinned or said not to be', () => {
  for (const { name, files, unverified } of CATALOG) {
    for (const file of Object.values(files)) {
      expect(file.source, name).toBeDefined();
      const pinned = /^[0-9a-f]{40}$/.test(file.source?.revision ?? '') || file.sha256 !== undefined;
      expect(pinned || unverified !== undefined, `${name}: ${file.path}`).toBe(true);
      if (file.sha256 === undefined) expect(unverified, `${name}: ${file.path}`).toBeDefined();
    }
  }
});

test('names are unique, and the pipelines that pyannote publishes are there', () => {
  const names = CATALOG.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['community-1', '3.1', 'silero-vad']));
});

test('each Whisper has the licence that its own page gives it', () => {
  const whispers = CATALOG.filter(({ name }) => name.startsWith('whisper-'));
  expect(whispers.length).toBe(7);
  for (const { name, licences } of whispers) {
    expect(licences.map(({ id, url }) => [id, url])).toEqual([
      [name === 'whisper-large-v3-turbo' ? 'MIT' : 'Apache-2.0', `https://huggingface.co/openai/${name}`],
    ]);
  }
});
