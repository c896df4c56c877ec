import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('who opens a file on this machine loads no HTTP client', () => {
  const input = JSON.stringify(new URL('./decode/input.ts', import.meta.url).href);
  const program = `await import(${input}); console.log(process.moduleLoadList.filter((name) => /undici|_http/.test(name)).length)`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(loaded).toBe('0\n');
});
