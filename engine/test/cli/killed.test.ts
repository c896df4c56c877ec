import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { wav16 } from '../../bench/wav16.ts';
import { openAudio } from '../../src/node/decode/openAudio.ts';
import { type RunOptions, run, SAMPLE } from './runCli.ts';

// The program, killed without warning ten times at random points of its work: each time the next run ends as if nothing had been.

const folder = mkdtempSync(join(tmpdir(), 'killed-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Four minutes: the sample four times over, five stretches of work. */
const recording = join(folder, 'recording.wav');
const minute: Float32Array[] = [];
for await (const block of (await openAudio(SAMPLE)).blocks) minute.push(block.slice());
writeFileSync(recording, wav16([...minute, ...minute, ...minute, ...minute]));

const kept = join(folder, 'kept');
const args = [recording, '--checkpoint', kept, '--format', 'rttm', '--output', '-', '--quiet'];

const started = performance.now();
const whole = await run([recording, '--format', 'rttm', '--output', '-', '--quiet']);
const duration = performance.now() - started;

/** Seeded numbers in [0, 1). */
const random = (
  (state: number) => () =>
    (state = (state * 48271) % 2147483647) / 2147483647
)(20261122);
const points = Array.from({ length: 10 }, random).map((share) => [Math.round(100 * share)]);

test('the recording has many turns of several people', () => {
  expect(whole.code).toBe(0);
  expect(whole.stdout.split('\n').length).toBeGreaterThan(40);
});

test.each(points)(
  'killed %i percent of the way, the next run gives the same turns',
  { timeout: 120_000 },
  async (percent) => {
    rmSync(kept, { recursive: true, force: true });
    const killed = await run(args, {
      during: (child) => setTimeout(() => child.kill('SIGKILL'), (percent / 100) * duration),
    });
    // It may be quicker than the first run: at its end, or killed between its last word and its end.
    expect(killed.code === 0 ? [whole.stdout] : ['', whole.stdout]).toContain(killed.stdout);
    const next = await run(args);
    expect(next.code).toBe(0);
    expect(next.stdout).toBe(whole.stdout);
    expect(readdirSync(kept)).toEqual([]); // nothing is left of either run
  },
);

test('what was heard before it was killed is not heard again', { timeout: 120_000 }, async () => {
  rmSync(kept, { recursive: true, force: true });
  const first = await run(args, { during: killAfter(2) });
  expect(first.code).not.toBe(0);
  const before = heard();
  expect(before.size).toBeGreaterThanOrEqual(2);
  const second = await run(args, { during: killAfter(before.size + 1) });
  expect(second.code).not.toBe(0);
  for (const [stretch, written] of before) expect(heard().get(stretch), stretch).toBe(written);
  expect((await run(args)).stdout).toBe(whole.stdout);
});

/** Kills the program once so many stretches are on the disk. */
function killAfter(stretches: number): NonNullable<RunOptions['during']> {
  return (child) => {
    const timer = setInterval(() => {
      if (heard().size >= stretches) child.kill('SIGKILL');
    }, 2);
    child.on('close', () => clearInterval(timer));
  };
}

/** When each stretch on the disk was written. */
function heard(): Map<string, number> {
  if (!existsSync(kept)) return new Map();
  const files = readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.npz'));
  return new Map(files.map((name) => [name, statSync(join(kept, name)).mtimeMs]));
}
