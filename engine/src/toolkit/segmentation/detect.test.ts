import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixturePath, readSamples } from '../../../test/toolkit/fixtures.ts';
import { scriptedModel } from '../../../test/toolkit/scriptedModel.ts';
import { streamOf } from '../../audio/samples.ts';
import { segmentationModel } from '../../model/segmentation.ts';
import { createRuntime } from '../../node/runtime/device.ts';
import { detectOverlap, detectSpeech, segmentsOf } from './detect.ts';

// Reference: pyannote.audio 4.0.7 VoiceActivityDetection on three recordings, with the random network of the fixtures.
interface Reference {
  readonly num_frames: number;
  readonly scores: readonly number[];
  readonly [settings: `on=${string}`]: readonly (readonly [number, number])[];
}
const { files } = JSON.parse(readFileSync(fixturePath('toolkit/vad.json'), 'utf8')) as {
  files: Record<string, Reference>;
};

let runtime: Awaited<ReturnType<typeof createRuntime>>;
beforeAll(async () => {
  runtime = await createRuntime({ device: 'cpu', threads: 1 });
});
afterAll(() => runtime.close());

test.each(Object.keys(files))('%s: scores and segments are those of VoiceActivityDetection', async (name) => {
  const model = segmentationModel(await runtime.load({ path: fixturePath('models/seedA-small/segmentation.onnx') }));
  const { scores, duration } = await detectSpeech(streamOf(readSamples(name)), model);
  const reference = files[name];
  expect(scores.numFrames).toBe(reference.num_frames);
  // 5e-7 is what a port of the specification reaches: the order of float32 additions
  for (let i = 0; i < reference.num_frames; i++)
    expect(Math.abs(scores.data[i] - reference.scores[i])).toBeLessThan(5e-7);
  expect(duration).toBe(readSamples(name).samples.length / 16000);
  const settings = Object.keys(reference).filter((key): key is `on=${string}` => key.startsWith('on='));
  expect(settings.length).toBe(2);
  for (const key of settings) {
    const [, on, off] = /^on=(.*),off=(.*)$/.exec(key)!;
    const found = segmentsOf(scores, { minDurationOn: Number(on), minDurationOff: Number(off) });
    expect(found.map(({ start, end }) => [start, end])).toEqual(reference[key]);
  }
});

// A network of one chunk's classes, the same in every window: 3 speakers, at most 2 at a time; 4 is the pair {0, 1}.
const classes = (frame: number): number => (frame < 100 ? 0 : frame < 200 ? 1 : frame < 300 ? 4 : 2);

test('one window: speech is every class but the first, overlap the pairs', async () => {
  const model = scriptedModel(classes);
  const audio = () => streamOf({ sampleRate: 16000, samples: new Float32Array(160000) });
  const middle = (frame: number): number => frame * 0.016875 + 0.5 * 0.0619375;
  const [speech] = (await detectSpeech(audio(), model)).segments;
  expect(speech.start).toBeCloseTo(middle(100), 12);
  const overlap = (await detectOverlap(audio(), model)).segments;
  expect(overlap.length).toBe(1);
  expect(overlap[0].start).toBeCloseTo(middle(200), 12);
  expect(overlap[0].end).toBeCloseTo(middle(300), 12);
});

test('soft scores are the probabilities of the sets that hold enough speakers', async () => {
  const model = scriptedModel(classes, { confidence: 0.7 }); // 0.05 for each of the six other classes
  const audio = streamOf({ sampleRate: 16000, samples: new Float32Array(160000) });
  const { scores } = await detectOverlap(audio, model, { soft: true });
  expect(scores.data[50]).toBeCloseTo(3 * 0.05, 6);
  expect(scores.data[250]).toBeCloseTo(0.7 + 2 * 0.05, 6);
});

test('an empty recording, wrong thresholds and wrong steps are refused by name', async () => {
  const model = scriptedModel(classes);
  const second = () => streamOf({ sampleRate: 16000, samples: new Float32Array(16000) });
  const empty = streamOf({ sampleRate: 16000, samples: new Float32Array() });
  await expect(detectSpeech(empty, model)).rejects.toThrow('holds no samples');
  await expect(detectSpeech(second(), model, { onset: 0.4, offset: 0.6 })).rejects.toThrow('must not exceed the onset');
  await expect(detectSpeech(second(), model, { onset: Number.NaN })).rejects.toThrow('onset');
  await expect(detectSpeech(second(), model, { minDurationOn: -1 })).rejects.toThrow('minDurationOn of -1');
  await expect(detectSpeech(second(), model, { step: 0.125 })).rejects.toThrow('multiple of 0.01');
  const narrow = { ...second(), sampleRate: 8000 };
  await expect(detectSpeech(narrow, model)).rejects.toThrow('8000 Hz');
});

test('a signal stops the work and progress reaches the end of the recording', async () => {
  const model = scriptedModel(classes);
  const minute = () => streamOf({ sampleRate: 16000, samples: new Float32Array(60 * 16000) });
  const done: number[] = [];
  await detectSpeech(minute(), model, { observe: (event) => done.push(event.done) });
  expect(done.at(-1)).toBe(60);
  const controller = new AbortController();
  const stopped = detectSpeech(minute(), model, {
    signal: controller.signal,
    observe: () => controller.abort(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
});

test.each([
  [{ onset: 2 }, 'Got an onset of 2; expected a score from 0 to 1.'],
  [{ offset: -1 }, 'Got an offset of -1; expected a score from 0 to 1.'],
  [{ onset: 0.4, offset: 0.5 }, 'Got an offset of 0.5, which must not exceed the onset 0.4.'],
])('thresholds that cannot be meant are refused before the network runs: %o', async (options, message) => {
  const silence = { samples: new Float32Array(16000), sampleRate: 16000 };
  const model = scriptedModel(() => 0);
  await expect(detectSpeech(streamOf(silence), model, options)).rejects.toThrow(message);
});
