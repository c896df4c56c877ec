import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CATALOG } from '../../src/model/catalog.ts';
import { DEFAULT_PARAMETERS, PIPELINES, parameterNames } from '../../src/model/parameters.ts';
import { parseManifest } from '../../src/model/parseManifest.ts';

const page = readFileSync(new URL('../../../docs/models.md', import.meta.url), 'utf8');

test('the manifest shown in docs/models.md is valid', () => {
  const [, json] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  expect(parseManifest(JSON.parse(json)).name).toBe('our-meetings');
});

test('docs/models.md names every model, parameter and default', () => {
  for (const { name } of CATALOG) expect(page).toContain(`\`${name}\``);
  for (const pipeline of PIPELINES) {
    for (const name of parameterNames(pipeline)) {
      expect(page, name).toContain(`\`${name}\``);
      expect(page, name).toContain(String(DEFAULT_PARAMETERS[pipeline][name]));
    }
  }
});
