import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as core from './index.ts';

const exported: Record<string, unknown> = { ...core };
const page = readFileSync(new URL('../../../docs/annotations.md', import.meta.url), 'utf8');

test('the example in docs/annotations.md prints what it says', () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(page)!;
  const [, imported] = /import \{([^}]*)\} from 'diarist\/core';/.exec(example)!;
  const names = imported
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const printed: string[] = [];
  const body = example.replace(/import \{[^}]*\} from 'diarist\/core';/, '');
  const run = new Function('console', ...names, body);
  run({ log: (value: unknown) => printed.push(JSON.stringify(value)) }, ...names.map((name) => exported[name]));
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map(([, value]) => value));
  expect(printed.length).toBe(7);
});

test('every name in the table of docs/annotations.md is exported, and every exported function is in the page', () => {
  const table = page.slice(page.indexOf('## Names'), page.indexOf('## Rules'));
  const named = [...table.matchAll(/^\|.*\| (.*) \|$/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`!?([A-Za-z]+)/g)])
    .map(([, name]) => name)
    .filter((name) => name !== 'annotation');
  expect(named.length).toBeGreaterThan(70);
  for (const name of named) expect(core, name).toHaveProperty(name);
  const helpers = new Set(['compareSegments', 'compareText', 'compareTurns', 'middleOf', 'SEGMENT_PRECISION']);
  const missing = Object.keys(exported).filter(
    (name) => !helpers.has(name) && !new RegExp(`\`[^\`]*\\b${name}\\b`).test(page),
  );
  expect(missing).toEqual([]);
});
