import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJsonFixture } from '../../../test/readFixture.ts';
import { fixturePath } from '../../../test/toolkit/fixtures.ts';
import { streamOf } from '../../audio/samples.ts';
import type { AudioStream } from '../../core/audio.ts';
import { CATALOG } from '../../model/catalog.ts';
import { readNpz } from '../../model/npy.ts';
import { floats, type Session } from '../../model/runtime.ts';
import { createRuntime } from '../../node/runtime/device.ts';
import { detectSpeechSilero } from './detectSpeech.ts';
import { sileroModel } from './sileroModel.ts';
import { speechEvents } from './speechEvents.ts';
import { type SpeechSpansOptions, speechSpans } from './speechSpans.ts';

// Reference: silero-vad 6.2.3 on a synthetic recording. The network is that of the npm package @ricky0123/vad-web,
// byte for byte the file of the release.
interface Reference {
  readonly timestamps: Record<string, readonly { readonly start: number; readonly end: number }[]>;
  readonly vad_iterator_events: readonly { readonly start?: number; readonly end?: number }[];
}
interface SileroCase {
  readonly rate: 8000 | 16000;
  readonly length: number;
  readonly probabilities: readonly number[];
  readonly options: {
    readonly threshold: number;
    readonly neg_threshold?: number;
    readonly min_speech_duration_ms: number;
    readonly min_silence_duration_ms: number;
    readonly speech_pad_ms: number;
    readonly max_speech_duration_s?: number;
    readonly min_silence_at_max_speech: number;
    readonly use_max_poss_sil_at_max_speech: boolean;
  };
  readonly spans: readonly (readonly [number, number])[];
}
const reference = JSON.parse(readFileSync(fixturePath('toolkit/silero/silero_vad_synth.json'), 'utf8')) as Reference;
const arrays = readNpz(readFileSync(fixturePath('toolkit/silero/silero_vad_synth.npz')));
const samples = Float32Array.from(arrays.audio_int16.data as Int16Array, (sample) => sample / 32768);
const probabilities = arrays.probs_16k.data as Float32Array;
const input = { probabilities, sampleRate: 16000, stepNumSamples: 512, numSamples: samples.length };

const packaged = dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web/package.json'));
const path = join(packaged, 'dist', 'silero_vad_v6.onnx');
let runtime: Awaited<ReturnType<typeof createRuntime>>;
let session: Session;
beforeAll(async () => {
  runtime = await createRuntime({ device: 'cpu', threads: 1 });
  session = await runtime.load({ path });
});
afterAll(() => runtime.close());

/** Times are whole samples, and a quotient of two integers comes back to its numerator but for rounding. */
const inSamples = (time: number): number => {
  const samples = Math.round(time * 16000);
  expect(time).toBe(samples / 16000);
  return samples;
};
const inSteps = (time: number): number => inSamples(time) / 512;

const greatestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test('the file tested is the one that the catalogue fetches', () => {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  expect(CATALOG.find(({ name }) => name === 'silero-vad')?.files.vad?.sha256).toBe(sha256);
});

test('probabilities at 16 kHz are those of silero-vad, however the samples come in', async () => {
  const model = sileroModel(session);
  const { scores } = await detectSpeechSilero(streamOf({ sampleRate: 16000, samples }), model);
  expect(scores.numFrames).toBe(750);
  expect(greatestDifference(scores.data, probabilities)).toBeLessThan(1e-5);
  async function* blocks(): AsyncGenerator<Float32Array> {
    for (let from = 0, size = 1; from < samples.length; from += size, size = (size * 7) % 5003)
      yield samples.slice(from, from + size);
  }
  const broken = await detectSpeechSilero({ sampleRate: 16000, blocks: blocks() }, model);
  expect(broken.scores.data).toEqual(scores.data);
});

test('probabilities at 8 kHz are those of silero-vad', async () => {
  const audio: AudioStream = {
    sampleRate: 8000,
    blocks: (async function* () {
      yield samples.filter((_, i) => i % 2 === 0);
    })(),
  };
  const { scores } = await detectSpeechSilero(audio, sileroModel(session, { sampleRate: 8000 }));
  const expected = arrays.probs_8k_every2nd_sample.data as Float32Array;
  expect(scores.numFrames).toBe(expected.length);
  expect(greatestDifference(scores.data, expected)).toBeLessThan(1e-5);
});

/** The streaming network in the clothes of the sequence one: state is h, then c. */
const asSequence = (streaming: Session): Session => ({
  inputs: ['input', 'h', 'c'].map((name) => ({ name, type: 'float32', dims: [] })),
  outputs: ['speech_probs', 'hn', 'cn'].map((name) => ({ name, type: 'float32', dims: [] })),
  release: async () => {},
  run: async ({ input: rows, h, c }) => {
    const [numSteps, width] = rows.dims;
    expect(width).toBe(576);
    let state = Float32Array.of(...(h.data as Float32Array), ...(c.data as Float32Array));
    const found = new Float32Array(numSteps);
    for (let i = 0; i < numSteps; i++) {
      const { output, stateN } = await streaming.run({
        input: floats((rows.data as Float32Array).slice(i * width, (i + 1) * width), [1, width]),
        state: floats(state, [2, 1, 128]),
        sr: { type: 'int64', data: BigInt64Array.of(16000n), dims: [] },
      });
      [found[i]] = output.data as Float32Array;
      state = (stateN.data as Float32Array).slice();
    }
    return {
      speech_probs: floats(found, [numSteps]),
      hn: floats(state.slice(0, 128), [1, 1, 128]),
      cn: floats(state.slice(128), [1, 1, 128]),
    };
  },
});

test('the form of the network that takes many steps at once gives the same', async () => {
  const audio = () => streamOf({ sampleRate: 16000, samples });
  const one = await detectSpeechSilero(audio(), sileroModel(session));
  const many = await detectSpeechSilero(audio(), sileroModel(asSequence(session)));
  expect(many.scores.data).toEqual(one.scores.data);
});

// The names and values of silero-vad's own parameters are in the fixture beside the results.
const SETTINGS: Record<string, SpeechSpansOptions> = {
  default: {},
  strict: { threshold: 0.6, minSpeech: 0.4, minSilence: 0.3, pad: 0.1 },
  maxspeech: { maxSpeech: 3 },
  maxspeech_legacy: { maxSpeech: 3, cutAt: 'last' },
  low: { threshold: 0.3, negThreshold: 0.1, minSilence: 0.05, pad: 0.01 },
};

test.each(Object.entries(SETTINGS))('get_speech_timestamps, %s', (name, options) => {
  const found = speechSpans(input, options).map(({ start, end }) => ({ start: inSamples(start), end: inSamples(end) }));
  expect(found).toEqual(reference.timestamps[name]);
});

test('240 random rows of probabilities, cut as silero-vad cuts them', () => {
  const cases = readJsonFixture<readonly SileroCase[]>('toolkit/silero/spans.json.gz');
  expect(cases.length).toBe(240);
  for (const { rate, length, options, spans, ...one } of cases) {
    const found = speechSpans(
      {
        probabilities: one.probabilities,
        sampleRate: rate,
        stepNumSamples: rate / 31.25,
        numSamples: length,
      },
      {
        threshold: options.threshold,
        negThreshold: options.neg_threshold,
        minSpeech: options.min_speech_duration_ms / 1000,
        minSilence: options.min_silence_duration_ms / 1000,
        pad: options.speech_pad_ms / 1000,
        maxSpeech: options.max_speech_duration_s,
        minSilenceAtMaxSpeech: options.min_silence_at_max_speech / 1000,
        cutAt: options.use_max_poss_sil_at_max_speech ? 'longest' : 'last',
      },
    );
    expect(found.map(({ start, end }) => [Math.round(start * rate), Math.round(end * rate)])).toEqual(spans);
  }
});

test('get_speech_timestamps in seconds, rounded to milliseconds', () => {
  const found = speechSpans(input).map(({ start, end }) => ({ start: +start.toFixed(3), end: +end.toFixed(3) }));
  expect(found).toEqual(reference.timestamps.seconds);
});

test('the iterator finds the starts and ends that VADIterator finds', () => {
  const listen = speechEvents();
  const events = Array.from(probabilities, listen)
    .filter((event) => event !== undefined)
    .map(({ type, time }) => ({ [type]: inSamples(time) }));
  expect(events).toEqual(reference.vad_iterator_events);
});

test('a long stretch is cut at its longest pause, at its last one, or where it stands', () => {
  // Counted by hand in steps of 32 ms: speech for 50, a pause of 6 steps, speech for 20, a pause of 5, speech for 62.
  const steps = [50, 6, 20, 5, 60].flatMap((count, i) => Array<number>(count).fill(i % 2 === 0 ? 0.9 : 0.1));
  const made = { ...input, probabilities: Float32Array.from(steps), numSamples: steps.length * 512 };
  const options = { maxSpeech: 3, minSilence: 1, pad: 0 };
  const cut = (cutAt: 'longest' | 'last') =>
    speechSpans(made, { ...options, cutAt }).map(({ start, end }) => [inSteps(start), inSteps(end)]);
  expect(cut('longest')).toEqual([
    [0, 50],
    [56, 141],
  ]);
  expect(cut('last')).toEqual([
    [0, 76],
    [81, 141],
  ]);
  const unbroken = { ...made, probabilities: new Float32Array(141).fill(0.9) };
  // 3 s less a step are 92.75 steps: the 93rd is the first that is too far
  expect(speechSpans(unbroken, options).map(({ start, end }) => [inSteps(start), inSteps(end)])).toEqual([
    [0, 93],
    [94, 141],
  ]);
});

test('wrong options and other networks are refused by name', async () => {
  expect(() => speechSpans(input, { threshold: 2 })).toThrow('threshold of 2');
  expect(() => speechSpans(input, { threshold: 0.5, negThreshold: 0.6 })).toThrow('must not exceed');
  expect(() => speechSpans(input, { minSpeech: Number.NaN })).toThrow('minSpeech of NaN');
  expect(() => speechEvents({ minSilence: Number.NaN })).toThrow('minSilence of NaN');
  expect(() => sileroModel(session, { sampleRate: 44100 as 8000 })).toThrow('16000 or 8000');
  const old = await runtime.load({ path: join(packaged, 'dist', 'silero_vad_legacy.onnx') });
  expect(() => sileroModel(old)).toThrow('not Silero VAD 5 or 6');
  const empty = streamOf({ sampleRate: 16000, samples: new Float32Array() });
  await expect(detectSpeechSilero(empty, sileroModel(session))).rejects.toThrow('holds no samples');
});
