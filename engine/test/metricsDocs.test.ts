import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { scoreCommand } from '../src/cli/score.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');

test('the command of docs/metrics.md prints what is printed there', async () => {
  const [, command, shown] = /\$ npx diarist score ([^\n]*)\n([\s\S]*?)```/.exec(page)!;
  const folder = mkdtempSync(join(tmpdir(), 'diarist-docs-'));
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  try {
    const words = command.split(' ').map((word) => (word.startsWith('fixtures/') ? join(root, word) : word));
    await scoreCommand().parseAsync([...words, '--output', join(folder, 'table')], { from: 'user' });
    expect(said + readFileSync(join(folder, 'table'), 'utf8')).toBe(shown);
  } finally {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  }
});

test('the program of docs/metrics.md prints what its comment says', () => {
  const [, program] = /```ts\n([\s\S]*?)```/.exec(page)!;
  const [, expected] = /\/\/ (0\.4 .*)\n/.exec(program)!;
  const folder = mkdtempSync(join(tmpdir(), 'diarist-docs-'));
  try {
    const file = join(folder, 'example.ts');
    const source = new URL('../src/metrics/index.ts', import.meta.url).href;
    writeFileSync(file, program.replace('diarist/metrics', source));
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe(`${expected}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
