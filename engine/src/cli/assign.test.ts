import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assignCommand, formatOf } from './assign.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/transcripts/${name}`, import.meta.url));

let folder = '';
let rttm = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-assign-'));
  rttm = join(folder, 'turns.rttm');
  writeFileSync(
    rttm,
    'SPEAKER talk 1 0.400 1.200 <NA> <NA> SPEAKER_00 <NA> <NA>\nSPEAKER talk 1 2.000 3.000 <NA> <NA> SPEAKER_01 <NA> <NA>\n',
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => assignCommand().exitOverride().parseAsync(args, { from: 'user' });

test('a transcript and turns become subtitles with names', async () => {
  const out = join(folder, 'talk.srt');
  await run(fixture('deepgram.json'), '--rttm', rttm, '--names', 'SPEAKER_00=Ada,SPEAKER_01=Ben', '-o', out);
  expect(readFileSync(out, 'utf8')).toContain('Ada: Hello, how are you?');
  expect(readFileSync(out, 'utf8')).toContain("Ben: I'm fine, 42 euros well-known 😀.");
});

test('the same format can be given back, with speakers in it', async () => {
  const out = join(folder, 'same.json');
  await run(fixture('whisper_cpp.json'), '--rttm', rttm, '--format', 'same', '--output', out);
  const { transcription } = JSON.parse(readFileSync(out, 'utf8')) as { transcription: { speaker: string }[] };
  expect(transcription.map(({ speaker }) => speaker)).toEqual(['SPEAKER_00', 'SPEAKER_01']);
});

test('the same format has the names that are given, and a name that nobody has is refused', async () => {
  const out = join(folder, 'same.json');
  const args = [fixture('whisper_cpp.json'), '--rttm', rttm, '--format', 'same', '--output', out];
  await run(...args, '--names', 'SPEAKER_00=Ada');
  const { transcription } = JSON.parse(readFileSync(out, 'utf8')) as { transcription: { speaker: string }[] };
  expect(transcription.map(({ speaker }) => speaker)).toEqual(['Ada', 'SPEAKER_01']);
  await expect(run(...args, '--names', 'SPEAKER_0=Ada')).rejects.toThrow(
    "Got a name for 'SPEAKER_0' when the speakers are SPEAKER_00, SPEAKER_01. Did you mean 'SPEAKER_00'?",
  );
});

test('every word of the JSON output has a speaker', async () => {
  const out = join(folder, 'talk.json');
  await run(fixture('whisperx.json'), '--rttm', rttm, '--output', out);
  const { words, stats } = JSON.parse(readFileSync(out, 'utf8')) as { words: { speaker: string }[]; stats: object };
  expect(words.map(({ speaker }) => speaker.slice(-1)).join('')).toBe('0000111111');
  expect(stats).toEqual({ words: 10, unassigned: 0, filledNearest: 0, interpolatedTimes: 2 });
});

test('an output has the format of its name, JSON where that says none, and no other ending', () => {
  const names = ['a.srt', 'a.VTT', 'a.md', 'a.markdown', 'a.b.gladia', '-', 'talk', '/dev/null'];
  expect(names.map(formatOf)).toEqual(['srt', 'vtt', 'md', 'md', 'gladia', 'json', 'json', 'json']);
  expect(() => formatOf('a.xyz')).toThrow(
    "Can't tell the format from 'a.xyz': say --format with one of json, txt, md, srt, vtt, pyannoteai,",
  );
});

test('a wrong name, recording or number is refused', async () => {
  await expect(run(fixture('words.json'), '--rttm', rttm, '--names', 'Ada')).rejects.toThrow(
    'a pair like SPEAKER_00=Ada',
  );
  await expect(run('-', '--rttm', '-')).rejects.toThrow("Got '-' twice, and standard input can be read once");
  await expect(run(fixture('words.json'), '--rttm', rttm, '--uri', 'x')).rejects.toThrow("Got no recording 'x'");
  await expect(run(fixture('words.json'), '--rttm', rttm, '--max-gap', 'x')).rejects.toThrow('a number from 0');
});

test('the turns are not written over, nor the transcript but with itself', async () => {
  const words = join(folder, 'words.json');
  const original = readFileSync(fixture('whisper_cpp.json'), 'utf8');
  writeFileSync(words, original);
  const turns = join(folder, 'turns.json');
  writeFileSync(turns, '{"turns": [{"start": 0, "end": 9, "speaker": "A"}]}');
  const lost = 'which is also read and would be lost';
  await expect(run(words, '--rttm', turns, '-o', turns)).rejects.toThrow(lost);
  await expect(run(words, '--rttm', turns, '-o', words)).rejects.toThrow(lost);
  expect(readFileSync(words, 'utf8')).toBe(original);
  await run(words, '--rttm', turns, '--format', 'same', '-o', words);
  expect(JSON.parse(readFileSync(words, 'utf8')).transcription[0].speaker).toBe('A');
});
