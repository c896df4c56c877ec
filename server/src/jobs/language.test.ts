import { expect, test } from 'vitest';
import { languageCode } from './language.ts';

test.each([
  ['english', 'en'],
  ['English', 'en'],
  ['german', 'de'],
  ['hebrew', 'he'],
  ['maori', 'mi'],
  ['haitian creole', 'ht'],
  ['norwegian', 'no'],
  ['cantonese', 'yue'],
  ['de', 'de'],
  ['pt-BR', 'pt-BR'],
  ['klingonese', 'klingonese'],
])('%s is %s', (name, code) => {
  expect(languageCode(name)).toBe(code);
});
