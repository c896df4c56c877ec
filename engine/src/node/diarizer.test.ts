import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { DiarizeEvent } from '../diarize/options.ts';
import { wavBytes } from '../draw/wavBytes.ts';
import { diarizeChannels } from './channels/diarizeChannels.ts';
import { openAudio } from './decode/openAudio.ts';
import { createDiarizer, type DiarizerOptions, diarize } from './diarizer.ts';
import { openToolkit, readSamples } from './toolkit.ts';

const audio = { samples: new Float32Array(16000), sampleRate: 16000 };
/** What JavaScript lets through. */
const untyped = (options: object) => options as DiarizerOptions;
/** A model that is not there: what is refused before it is looked for is refused before it is fetched. */
const model = 'no-such-model';

test('a speed that there is not is refused before the model is looked for', async () => {
  await expect(createDiarizer(untyped({ model, speed: 'fast' }))).rejects.toThrow(
    new RangeError("Got the speed 'fast' when 'exact', 'balanced' or 'turbo' was expected."),
  );
});

test('a signal that is aborted stops loading with its reason', async () => {
  const reason = new Error('the user left');
  await expect(createDiarizer({ model, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const loading = createDiarizer({ model: 'embedded-v0', threads: 1, signal: controller.signal });
  controller.abort(reason);
  await expect(loading).rejects.toBe(reason);
});

test('a resampler that there is not is refused, though there may be nothing to resample', async () => {
  const sentence = new RangeError("Got the resampler 'sinc' when 'torchaudio' or 'hq' was expected.");
  await expect(diarize(audio, untyped({ model: 'embedded-v0', threads: 1, resampler: 'sinc' }))).rejects.toThrow(
    sentence,
  );
  await expect(openAudio('there-is-no.wav', untyped({ resampler: 'sinc' }))).rejects.toThrow(sentence);
});

test('samples of a stream that are not numbers are silence, as they are in samples; 16-bit ones are refused', async () => {
  const diarizer = await createDiarizer({ model: 'embedded-v0', threads: 1 });
  const clip = join(import.meta.dirname, '../../../fixtures/parity/audio/clip3s.wav');
  const { samples, sampleRate } = await readSamples(clip);
  samples[8000] = Number.NaN;
  samples[9000] = Number.POSITIVE_INFINITY;
  const stream = (...blocks: Float32Array[]) => ({ sampleRate, blocks: Readable.from(blocks) });
  const expected = await diarizer.diarize({ samples: samples.map((x) => (Number.isFinite(x) ? x : 0)), sampleRate });
  expect(expected.turns.length).toBeGreaterThan(0);
  const found = await diarizer.diarize(stream(samples.subarray(0, 8500), samples.subarray(8500)));
  expect(found.turns).toEqual(expected.turns);
  expect(found.warnings).toContain('2 samples were not numbers (NaN or infinite) and were taken as silence.');
  expect(samples[8000]).toBeNaN();
  const bits = new Int16Array(16000) as unknown as Float32Array;
  await expect(diarizer.diarize(stream(bits))).rejects.toThrow('Got samples as Int16Array when a Float32Array');
  await diarizer.close();
});

test('what an observer throws, or its promise is rejected with, is what the run ends with', async () => {
  const full = new Error('the table is full');
  const observe = async () => {
    throw full;
  };
  for (const confidence of [false, true])
    await expect(diarize(audio, { model: 'embedded-v0', threads: 1, confidence, observe })).rejects.toBe(full);
  const toolkit = await openToolkit({ model: 'embedded-v0', threads: 1 });
  await expect(toolkit.speech(audio, { observe })).rejects.toBe(full);
  await toolkit.close();
});

test('who gives up during the last steps is given no result', async () => {
  const reason = new Error('the user left');
  const speech = join(import.meta.dirname, '../../../fixtures/parity/audio/clip3s.wav');
  for (const [recording, last] of [
    [audio, 'count'], // in silence nothing is clustered
    [speech, 'discrete'],
  ] as const) {
    const controller = new AbortController();
    const { signal } = controller;
    const observe = ({ type }: DiarizeEvent): void => {
      if (type === last) controller.abort(reason);
    };
    await expect(diarize(recording, { model: 'embedded-v0', threads: 1, signal, observe })).rejects.toBe(reason);
  }
});

test('bounds that contradict each other are refused before a recording is opened', async () => {
  const bounds = { numSpeakers: 2, minSpeakers: 3 };
  await expect(diarize('there-is-no.wav', { model: 'embedded-v0', threads: 1, ...bounds })).rejects.toThrow(
    'Got numSpeakers 2 when minSpeakers is 3.',
  );
  const none = undefined as unknown as Parameters<typeof diarizeChannels>[1];
  await expect(diarizeChannels('there-is-no.wav', none, bounds)).rejects.toThrow(
    'Got numSpeakers 2 when minSpeakers is 3.',
  );
});

test('channels heard apart say what a recording heard at once says: no speech, or fewer speakers than asked for', async () => {
  const diarizer = await createDiarizer({ model: 'embedded-v0', threads: 1 });
  const silence = wavBytes([audio.samples, audio.samples], 16000);
  const { turns, warnings } = await diarizeChannels(silence, diarizer, { channels: 'split' });
  expect(turns).toEqual([]);
  expect(warnings).toContain('No speech was found.');
  const { samples } = await readSamples(join(import.meta.dirname, '../../../fixtures/parity/audio/clip3s.wav'));
  const [first, second] = [samples.map((x, i) => (i < 24000 ? x : 0)), samples.map((x, i) => (i < 24000 ? 0 : x))];
  const found = await diarizeChannels(wavBytes([first, second], 16000), diarizer, {
    channels: 'hybrid',
    minSpeakers: 9,
  });
  expect(found.warnings.join()).toMatch(/^Found \d speakers? where 9 were asked for: [^.]*\.$/);
  expect(found.turns.length).toBeGreaterThan(0);
  await diarizer.close();
});
