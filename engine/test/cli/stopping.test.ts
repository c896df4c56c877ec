import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { run, SAMPLE } from './runCli.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Standard input is being written to a temporary file: the program is at work and waits for more. */
async function spooling(temporary: string): Promise<void> {
  while (!readdirSync(temporary).some((name) => existsSync(join(temporary, name, 'input'))))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

test('Ctrl-C while standard input is read ends with 130 and leaves nothing', async () => {
  const output = join(folder, 'stdin.rttm');
  const { code, stdout, stderr, leftovers } = await run(['-', '-o', output], {
    during(child, temporary) {
      child.stdin?.write(readFileSync(SAMPLE).subarray(0, 100_000));
      void spooling(temporary).then(() => child.kill('SIGINT'));
    },
  });
  expect({ code, stdout, stderr, leftovers }).toEqual({
    code: 130,
    stdout: '',
    stderr: 'diarist: stopped.\n',
    leftovers: [],
  });
  expect(existsSync(output)).toBe(false);
});

test('a polite kill ends with 143', async () => {
  const { code, stderr, leftovers } = await run(['-'], {
    during: (child, temporary) => void spooling(temporary).then(() => child.kill('SIGTERM')),
  });
  expect([code, stderr, leftovers]).toEqual([143, 'diarist: stopped.\n', []]);
});

test('Ctrl-C at any moment: the output is whole or not there, no temporary file stays', async () => {
  const whole = (await run([SAMPLE, '-q'])).stdout;
  for (const afterMs of [20, 150, 300, 500, 800, 1200]) {
    const output = join(folder, `after-${afterMs}.rttm`);
    const { code, stderr, leftovers } = await run([SAMPLE, '-q', '-o', output], {
      during: (child) => setTimeout(() => child.kill('SIGINT'), afterMs),
    });
    expect(leftovers).toEqual([]);
    expect(stderr).toMatch(/^(diarist: stopped\.\n)?$/);
    if (existsSync(output)) expect(readFileSync(output, 'utf8')).toBe(whole);
    else expect(code).toBe(130);
  }
});

test('Ctrl-C among several recordings, and twice in a row, ends without a crash of native code', async () => {
  // Eight minutes of sound: more than any machine is through with at the latest of these moments.
  const copies = Array.from({ length: 8 }, (_, i) => join(folder, `copy-${i}.flac`));
  for (const copy of copies) copyFileSync(SAMPLE, copy);
  for (const [afterMs, again] of [
    [700, false],
    [1300, false],
    [1000, true],
  ] as const) {
    const { code, leftovers } = await run([...copies, '-q', '--json'], {
      during(child) {
        setTimeout(() => child.kill('SIGINT'), afterMs);
        if (again) setTimeout(() => child.kill('SIGINT'), afterMs + 50);
      },
    });
    expect([code, leftovers]).toEqual([130, []]);
  }
});

test('Ctrl-C is heard at once while JavaScript computes without a pause', async () => {
  const { spawn } = await import('node:child_process');
  const interrupts = new URL('../../dist/cli/interrupts.js', import.meta.url).href;
  const script = `import { interruptSignal, stopListening } from ${JSON.stringify(interrupts)};
    interruptSignal(); stopListening(); process.stdout.write('busy');
    for (const end = Date.now() + 20_000; Date.now() < end;);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const began = performance.now();
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  expect(signal).toBe('SIGINT');
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('a reader that has seen enough (| head) is no error', async () => {
  for (const args of [[SAMPLE, '-q'], ['--help'], ['models', 'list']]) {
    const { code, stderr } = await run(args, { during: (child) => child.stdout?.destroy(), input: '' });
    expect([code, stderr]).toEqual([0, '']);
  }
});
