import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { explainCommand } from '../../src/cli/explain.ts';
import { diarize } from '../../src/node/diarizer.ts';

/** `diarist explain` on short recordings with the models of the package. */
const audio = join(import.meta.dirname, '../../../fixtures/parity/audio');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-explain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function explained(name: string, ...flags: string[]): Promise<string> {
  const output = join(folder, 'report.html');
  await explainCommand().parseAsync([join(audio, name), '-o', output, '-q', ...flags], { from: 'user' });
  return readFileSync(output, 'utf8');
}

test('the page shows the turns that diarize gives, and its policy names its own script', async () => {
  const page = await explained('dev00.wav');
  const { turns } = await diarize(join(audio, 'dev00.wav'));
  const run = JSON.parse(page.match(/<script type="application\/json" id="run">(.*)<\/script>/)![1]);
  expect(turns.length).toBeGreaterThan(0);
  const shown = run.turns.map(([start, end, speaker]: number[]) => ({
    start,
    end,
    speaker: run.speakers[speaker].label,
  }));
  expect(shown).toEqual(
    turns.map(({ start, end, speaker }) => ({ start: Number(start.toFixed(3)), end: Number(end.toFixed(3)), speaker })),
  );
  expect(page.match(/<tr><td>/g)).toHaveLength(turns.length);
  const script = page.slice(page.lastIndexOf('<script>') + 8, page.lastIndexOf('</script>'));
  expect(page).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
});

test('bounds and a title are heeded; the sound is only there when asked for', async () => {
  const page = await explained('dev00.wav', '--num-speakers', '1', '--title', 'A & B');
  expect(page).toContain('<title>Who spoke when in A &amp; B</title>');
  expect(page).toContain('1 speaker in');
  expect(page).not.toContain('id="sound"');
  const withSound = await explained('clip3s.wav', '--with-audio');
  const wav = Buffer.from(withSound.match(/id="sound">([^<]*)</)![1], 'base64');
  const original = readFileSync(join(audio, 'clip3s.wav'));
  expect(wav.subarray(0, 4).toString()).toBe('RIFF');
  expect(wav.readUInt32LE(24)).toBe(16000);
  expect(wav.length).toBe(44 + original.readUInt32LE(40));
});

test('silence is explained as silence', async () => {
  expect(await explained('silence12s.wav')).toContain('No speech was found.');
});

test('what goes wrong leaves no page behind', async () => {
  await expect(explained('nothing.wav')).rejects.toThrow('There is no file');
  await expect(explained('dev00.wav', '--min-speakers', '3', '--max-speakers', '2')).rejects.toThrow(
    '--max-speakers is 2',
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('a place that cannot be written to is told before the recording is heard', async () => {
  const nowhere = explainCommand().parseAsync(['nothing.wav', '-o', join(folder, 'no/page.html')], { from: 'user' });
  await expect(nowhere).rejects.toThrow('page.html: its folder does not exist.');
});
