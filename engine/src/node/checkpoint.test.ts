import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { ahcClustering } from '../diarize/ahc.ts';
import { diarize } from '../diarize/diarize.ts';
import type { DiarizationModels } from '../diarize/options.ts';
import { openCheckpoint } from './checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
const recording = join(folder, 'recording.wav');
writeFileSync(recording, 'stands for a recording');
afterEach(() => rmSync(join(folder, 'kept'), { recursive: true, force: true }));

const SAMPLE_RATE = 16000;
/** Two minutes in which two "voices", loud and soft, take turns of seven seconds with pauses of two. */
const samples = Float32Array.from({ length: 120 * SAMPLE_RATE }, (_, i) => {
  const second = i / SAMPLE_RATE;
  if (second % 9 > 7) return 0;
  return (Math.floor(second / 9) % 2 === 0 ? 0.5 : 0.1) * Math.sin(i);
});

/** Networks that hear loudness: speaker 1 where it is loud, 2 where it is soft. `runs` counts what they were asked for. */
function fakeModels(runs: { chunks: number; voices: number }): DiarizationModels {
  const numFrames = 589;
  return {
    label: { name: 'fake', version: '0', licence: '' },
    clustering: ahcClustering({ threshold: 0.5, minClusterSize: 1 }),
    segmentation: {
      sampleRate: SAMPLE_RATE,
      chunkNumSamples: 160000,
      numFrames,
      grid: { start: 0, duration: 0.0619375, step: 0.016875 },
      numSpeakers: 3,
      maxSimultaneous: 2,
      numClasses: 7,
      batchSize: 2,
      run: async (waveforms, numChunks) => {
        runs.chunks += numChunks;
        const scores = new Float32Array(numChunks * numFrames * 7);
        for (let frame = 0; frame < numChunks * numFrames; frame++) {
          const from = Math.floor(frame / numFrames) * 160000 + (frame % numFrames) * 270;
          let loudest = 0;
          for (let i = 0; i < 270; i++) loudest = Math.max(loudest, waveforms[from + i]);
          scores[frame * 7 + (loudest > 0.3 ? 1 : loudest > 0.05 ? 2 : 0)] = 1;
        }
        return scores;
      },
    },
    embedding: {
      dimension: 2,
      minNumSamples: 400,
      contextFrames: -1,
      chunksPerStretch: 5,
      embed: async (stretch, voices) => {
        runs.voices += voices.length;
        return Float32Array.from(
          voices.flatMap(({ mask, startSample }) => {
            const at = startSample - stretch.startSample + mask.indexOf(1) * 270;
            const loud = stretch.samples.subarray(at, at + 540).some((value) => value > 0.3);
            return loud ? [1, 0.01] : [0.01, 1];
          }),
        );
      },
    },
  };
}

const audio = { samples, sampleRate: SAMPLE_RATE };
const whole = { chunks: 0, voices: 0 };
const expected = await diarize(audio, fakeModels(whole));

test('turns come back as they were kept', async () => {
  const checkpoint = await openCheckpoint(join(folder, 'kept'), recording, {});
  const speech = {
    firstChunk: 0,
    talking: Uint8Array.of(1, 2),
    chunk: Int32Array.of(0),
    speaker: Int32Array.of(1),
    numSolo: Int32Array.of(2),
    vectors: Float32Array.of(0.5, -1),
    turns: { spans: Int32Array.of(0, 1, 0, 2), weights: Float32Array.of(3.5), vectors: Int8Array.of(-127, 64) },
  };
  await checkpoint.save(speech);
  expect(await checkpoint.load(0)).toEqual(speech);
});

test('the recording of these tests has two speakers and many turns', () => {
  expect(expected.speakers).toHaveLength(2);
  expect(expected.turns).toHaveLength(14);
});

test.each([1, 3, 4, 8, 13, 17, 20, 22])(
  'stopped after %i stretches, the next run does the rest, with the same result',
  async (stretches) => {
    const controller = new AbortController();
    const first = { chunks: 0, voices: 0 };
    const checkpoint = await openCheckpoint(join(folder, 'kept'), recording, {});
    let saved = 0;
    const stopping = {
      ...checkpoint,
      save: async (speech: Parameters<typeof checkpoint.save>[0]) => {
        await checkpoint.save(speech);
        if (++saved === stretches) controller.abort(new Error('killed'));
      },
    };
    await expect(
      diarize(audio, fakeModels(first), { checkpoint: stopping, signal: controller.signal }),
    ).rejects.toThrow('killed');

    const second = { chunks: 0, voices: 0 };
    const again = await openCheckpoint(join(folder, 'kept'), recording, {});
    expect(await diarize(audio, fakeModels(second), { checkpoint: again })).toEqual(expected);
    expect(second.chunks).toBeLessThanOrEqual(whole.chunks - 5 * stretches);
    await again.remove();
    expect(readdirSync(join(folder, 'kept'))).toEqual([]);
  },
);

test('a half-written file is not taken for a stretch', async () => {
  const checkpoint = await openCheckpoint(join(folder, 'kept'), recording, {});
  const [place] = readdirSync(join(folder, 'kept'));
  writeFileSync(join(folder, 'kept', place, '00000000.npz.part'), 'half');
  expect(await checkpoint.load(0)).toBeUndefined();
});

test('another recording, another model and another step are kept apart; a changed file is another recording', async () => {
  const speech = {
    firstChunk: 0,
    talking: Uint8Array.of(1),
    chunk: Int32Array.of(0),
    speaker: Int32Array.of(2),
    numSolo: Int32Array.of(1),
    vectors: Float32Array.of(0.5),
  };
  const options = { step: 1 };
  await (await openCheckpoint(join(folder, 'kept'), recording, options)).save(speech);
  expect(await (await openCheckpoint(join(folder, 'kept'), recording, options)).load(0)).toEqual(speech);
  expect(await (await openCheckpoint(join(folder, 'kept'), recording, { step: 2 })).load(0)).toBeUndefined();
  utimesSync(recording, 1, 1);
  expect(await (await openCheckpoint(join(folder, 'kept'), recording, options)).load(0)).toBeUndefined();
});

test('a file: URL is the file that it names, whoever continues the run', async () => {
  const url = pathToFileURL(recording);
  const speech = {
    firstChunk: 0,
    talking: Uint8Array.of(1),
    chunk: Int32Array.of(0),
    speaker: Int32Array.of(0),
    numSolo: Int32Array.of(1),
    vectors: Float32Array.of(1, 2),
  };
  await (await openCheckpoint(join(folder, 'kept'), url, { by: 'url' })).save(speech);
  for (const same of [recording, url, url.href])
    expect(await (await openCheckpoint(join(folder, 'kept'), same, { by: 'url' })).load(0)).toEqual(speech);
  await expect(openCheckpoint(join(folder, 'kept'), new URL('https://example.org/a.wav'), {})).rejects.toThrow(
    'A checkpoint needs a recording that is a file',
  );
});

test('samples cannot be known again by a later run', async () => {
  await expect(openCheckpoint(join(folder, 'kept'), { samples, sampleRate: 1 }, {})).rejects.toThrow(
    'A checkpoint needs a recording that is a file',
  );
  expect(existsSync(join(folder, 'kept'))).toBe(false);
});

test('a recording that is not there, or is a URL, is refused as it is without a checkpoint', async () => {
  const missing = join(folder, 'missing.wav');
  await expect(openCheckpoint(join(folder, 'kept'), missing, {})).rejects.toMatchObject({
    code: 'audio_not_found',
    message: `There is no file ${missing}.`,
  });
  await expect(openCheckpoint(join(folder, 'kept'), 'https://example.org/a.wav', {})).rejects.toThrow(
    'A checkpoint needs a recording that is a file',
  );
});

test('a folder that cannot be written to is named, at the start and on the way', async () => {
  await expect(openCheckpoint(recording, recording, {})).rejects.toMatchObject({
    code: 'output_unwritable',
    message: expect.stringMatching(/^Can't write .*recording\.wav.*: its folder is a file\.$/),
  });
  const checkpoint = await openCheckpoint(join(folder, 'kept'), recording, {});
  await checkpoint.remove();
  await expect(diarize(audio, fakeModels({ chunks: 0, voices: 0 }), { checkpoint })).rejects.toMatchObject({
    code: 'output_unwritable',
    message: expect.stringMatching(/^Can't write .*\.npz: its folder does not exist\.$/),
  });
});
