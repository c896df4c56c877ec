import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * The order of the engine's folders: each imports from its own row and those above it, never downwards, and within a row
 * never in a circle. The rows are those of the architecture. Only the last two know a platform.
 */
const ROWS: readonly (readonly string[])[] = [
  ['core', 'math'],
  ['audio', 'model'],
  ['diarize', 'voiceprint', 'metrics', 'formats', 'transcript', 'separate', 'draw', 'channels'],
  ['toolkit', 'stream'],
  ['index.ts'],
  ['node', 'browser'],
  ['cli'],
];
const PLATFORM = new Set(['node', 'browser', 'cli']);

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const SERVER = fileURLToPath(new URL('../../server/src', import.meta.url));

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly specifier: string;
  /** The folder it comes from; undefined for packages. */
  readonly target: string | undefined;
}

const files = filesIn(SRC);
const imports = files.flatMap((file) => importsOf(file));

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
}

/** Static and dynamic imports, re-exports, and files named for workers. */
function importsOf(file: string, root: string = SRC): Import[] {
  // Comments hold examples; imports stand at the beginning of a line or in a call.
  const text = readFileSync(join(root, file), 'utf8').replace(/^\s*(\*|\/\/|\/\*).*$/gm, '');
  const found = [
    ...text.matchAll(/^(?:import|export)\b[^'"`;]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/^import\s+'([^']+)'/gm),
    ...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g),
    ...text.matchAll(/\bnew URL\('(\.[^']+\.[jt]s)', import\.meta\.url\)/g),
  ];
  return found.map(([, specifier]) => ({
    file,
    folder: file.split('/')[0],
    specifier,
    target: specifier.startsWith('.') ? pathOf({ file, specifier }, root).split('/')[0] : undefined,
  }));
}

/** The file that is imported, from the root. */
function pathOf({ file, specifier }: Pick<Import, 'file' | 'specifier'>, root: string): string {
  return relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/');
}

const rowOf = (folder: string): number => ROWS.findIndex((row) => row.includes(folder));

/** Takes away what needs nothing that is left, until nothing more goes: a circle stays, and what leads to it. */
function inCircles(needs: Map<string, Set<string>>): string[] {
  for (let size = -1; size !== needs.size; ) {
    size = needs.size;
    for (const [one, targets] of needs) if (![...targets].some((target) => needs.has(target))) needs.delete(one);
  }
  return [...needs.keys()];
}

test('every folder has its place in the order', () => {
  expect([...new Set(files.map((file) => file.split('/')[0]))].filter((folder) => rowOf(folder) === -1)).toEqual([]);
  expect(imports.length).toBeGreaterThan(500); // the pattern above still finds them
});

test('imports point one way', () => {
  const wrong = imports.filter(({ folder, target }) => target !== undefined && rowOf(target) > rowOf(folder));
  expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
});

test('folders do not import each other in a circle, nor node/ and browser/ at all', () => {
  const needs = new Map(files.map((file) => [file.split('/')[0], new Set<string>()]));
  for (const { folder, target } of imports)
    if (target !== undefined && target !== folder) needs.get(folder)!.add(target);
  expect(needs.get('node')!.has('browser') || needs.get('browser')!.has('node')).toBe(false);
  expect(inCircles(needs)).toEqual([]);
});

test.each([
  ['engine', SRC],
  ['server', SERVER],
])('files of the %s do not import each other in a circle, not even for types', (_, root) => {
  const needs = new Map(filesIn(root).map((file) => [file, new Set<string>()]));
  for (const one of [...needs.keys()].flatMap((file) => importsOf(file, root))) {
    const other = pathOf(one, root);
    if (needs.has(other)) needs.get(one.file)!.add(other);
  }
  expect(inCircles(needs)).toEqual([]);
});

test("the server's store and media know nothing of jobs and routes", () => {
  const lower = filesIn(SERVER).filter((file) => /^(store|media|contract|net|voiceprint|webhook)\//.test(file));
  const wrong = lower
    .flatMap((file) => importsOf(file, SERVER))
    .filter(({ target }) => ['jobs', 'live', 'routes'].includes(target ?? ''));
  expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
});

test('only node/ and cli/ import from Node, and browser/ from no folder that does', () => {
  const ofNode = (specifier: string): boolean => specifier.startsWith('node:') || builtinModules.includes(specifier);
  const wrong = imports.filter(({ folder, specifier }) => ofNode(specifier) && folder !== 'node' && folder !== 'cli');
  expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
});

test('pure folders import no package that belongs to a platform', () => {
  const packages = imports.filter(({ folder, target }) => target === undefined && !PLATFORM.has(folder));
  // fflate, saxes: bytes and text. mediabunny: containers.
  const known = new Set(['fflate', 'saxes', 'mediabunny']);
  const wrong = packages.filter(({ specifier }) => !known.has(specifier));
  expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
});
