import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ffmpegCommand } from '../../src/node/decode/ffmpeg.ts';
import { openAudio, openChannels } from '../../src/node/decode/openAudio.ts';
import { collect, collectChannels, fixture } from './signal.ts';

// The way through the user's ffmpeg, with a program that says and writes what ffmpeg would (programs/ffmpeg.js), so
// that it is proved on machines without it. `node engine/bench/decode.ts --compare` does it with the real one.

const fake = new URL('./programs/ffmpeg.js', import.meta.url).pathname;
const kept = { ...process.env };
beforeEach(() => {
  process.env.FFMPEG_PATH = fake;
  delete process.env.DIARIST_NO_FFMPEG;
});
afterEach(() => {
  process.env = { ...kept };
});

function pretend(how: string): void {
  process.env.FAKE_FFMPEG = how;
}

test('samples, rate and channels come from the WAV on the pipe; the rest from what ffmpeg says', async () => {
  pretend('sound=01.00');
  const audio = await openChannels(fixture('video.mp4'), { sampleRate: 8000 });
  expect(audio.source).toEqual({ container: 'mov', codec: 'aac', sampleRate: 8000, numChannels: 2, decoder: 'ffmpeg' });
  expect(audio.duration).toBe(1);
  const channels = await collectChannels(audio.blocks);
  expect(channels.map((samples) => [samples.length, samples.at(0), samples.at(-1)])).toEqual([
    [8000, 0.125, 0.125],
    [8000, 0.25, 0.25],
  ]);
  expect(audio.warnings).toEqual([]);
});

test('fewer samples than the container announces give a warning', async () => {
  pretend('sound=03.00');
  const audio = await openAudio(fixture('video.mp4'));
  expect((await collect(audio.blocks)).length).toBe(16000);
  expect(audio.warnings).toEqual(['video.mp4 was cut off: 1.00 s of the announced 3.00 s are there and are used.']);
});

test('pictures may run on for a moment after the sound, which is no cut; a cover has no length', async () => {
  for (const [how, warnings] of [
    ['sound=01.90', []],
    ['cover=01.90', ['video.mp4 was cut off: 1.00 s of the announced 1.90 s are there and are used.']],
  ] as const) {
    pretend(how);
    const audio = await openAudio(fixture('video.mp4'));
    await collect(audio.blocks);
    expect(audio.warnings).toEqual(warnings);
  }
});

describe('what ffmpeg cannot do is one sentence', () => {
  const cases = [
    ['soundless', 'audio_no_sound_track', 'video.mp4 is a video without sound.'],
    ['indexless', 'audio_truncated', 'video.mp4 was cut off: the index at the end of an MP4 is missing.'],
    [
      'nonsense',
      'audio_not_audio',
      'video.mp4 is not a recording that ffmpeg can read: Invalid data found when processing input',
    ],
  ] as const;
  for (const [how, code, message] of cases) {
    test(how, async () => {
      pretend(how);
      await expect(openAudio(fixture('video.mp4'))).rejects.toMatchObject({ name: 'AudioError', code, message });
    });
  }
});

describe('an ffmpeg that would never end', () => {
  const numRunning = (): number =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter((line) => line.includes(fake) && line.includes(`file:${fixture('video.mkv')}`)).length;

  test('is killed when the stream is closed', async () => {
    pretend('endless');
    const audio = await openAudio(fixture('video.mkv'));
    expect(numRunning()).toBe(1);
    await audio.close();
    expect(numRunning()).toBe(0);
  });

  test('is killed when the loop over the blocks is left', async () => {
    pretend('endless');
    for await (const _ of (await openAudio(fixture('video.mkv'))).blocks) break;
    expect(numRunning()).toBe(0);
  });

  test('is killed by the signal, which throws its reason', async () => {
    pretend('endless');
    const controller = new AbortController();
    const audio = await openAudio(fixture('video.mkv'), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(collect(audio.blocks)).rejects.toThrow('enough');
    expect(numRunning()).toBe(0);
  });
});

describe('which decoder runs', () => {
  test('FFMPEG_PATH names the program', () => {
    expect(ffmpegCommand({ FFMPEG_PATH: '/opt/ffmpeg' })).toBe('/opt/ffmpeg');
    expect(ffmpegCommand({})).toBe('ffmpeg');
  });

  test('DIARIST_NO_FFMPEG=1 keeps it out', async () => {
    process.env.DIARIST_NO_FFMPEG = '1';
    const audio = await openAudio(fixture('mono.opus'));
    expect(audio.source.decoder).toBe('wasm');
    await audio.close();
  });

  test('without an ffmpeg on the PATH the packages decode', async () => {
    delete process.env.FFMPEG_PATH;
    process.env.PATH = '/nowhere';
    const audio = await openAudio(fixture('mono.opus'));
    expect(audio.source.decoder).toBe('wasm');
    await audio.close();
  });

  test('nor does it matter that a folder of the PATH may not be looked into', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'diarist-path-'));
    writeFileSync(join(folder, 'ffmpeg'), '', { mode: 0o644 }); // no program: EACCES, which a closed folder gives too
    delete process.env.FFMPEG_PATH;
    process.env.PATH = folder;
    try {
      const audio = await openAudio(fixture('mono.opus'));
      expect(audio.source.decoder).toBe('wasm');
      await audio.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('an FFMPEG_PATH that is wrong is said, not passed over', async () => {
    process.env.FFMPEG_PATH = '/nowhere/ffmpeg';
    await expect(openAudio(fixture('mono.opus'))).rejects.toMatchObject({
      code: 'audio_decoder_missing',
      message: expect.stringMatching(/^\/nowhere\/ffmpeg, which FFMPEG_PATH .* could not be started \(ENOENT\)/),
    });
  });
});
