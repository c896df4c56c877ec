import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What examples take as given. */
const GIVEN = 'declare const input: { readonly files: readonly File[] };\ndeclare const json: string;\n';

/** A strict project that has the package installed, and skips no check of its types. */
const COMPILER_OPTIONS = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  module: 'nodenext',
  target: 'esnext',
  lib: ['esnext', 'dom', 'dom.iterable'],
  types: ['node'],
};

test("the TypeScript of README and docs is right by the packages' types", async () => {
  const pages = ['README.md', 'engine/README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
  const project = mkdtempSync(join(tmpdir(), 'diarist-types-'));
  try {
    mkdirSync(join(project, 'node_modules/@diarist'), { recursive: true });
    symlinkSync(join(ROOT, 'engine'), join(project, 'node_modules/diarist'));
    symlinkSync(join(ROOT, 'server'), join(project, 'node_modules/@diarist/server'));
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project, 'node_modules/@types'));
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
    writeFileSync(join(project, 'given.d.ts'), GIVEN);
    let numExamples = 0;
    for (const page of pages.filter((name) => name.endsWith('.md')))
      for (const [, program] of readFileSync(join(ROOT, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g))
        writeFileSync(join(project, `${page.replaceAll('/', '-')}-${numExamples++}.mts`), `${program}export {};\n`);
    expect(numExamples).toBeGreaterThan(15);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch((error) => error);
    expect(stdout).toBe('');
  } finally {
    rmSync(project, { recursive: true });
  }
}, 60_000);
