import { expect, test } from 'vitest';
import { streamOf } from '../audio/samples.ts';
import { localSpeech } from './localSpeech.ts';

/** Networks that hear everybody they can tell apart, all the time. */
const models = (numSpeakers: number) => ({
  segmentation: {
    sampleRate: 16000,
    chunkNumSamples: 160000,
    numFrames: 2,
    grid: { start: 0, duration: 5, step: 5 },
    numSpeakers,
    maxSimultaneous: 0,
    numClasses: numSpeakers,
    batchSize: 1,
    run: async () => new Float32Array(2 * numSpeakers).fill(1),
  },
  embedding: {
    dimension: 1,
    minNumSamples: 400,
    contextFrames: -1,
    chunksPerStretch: 1,
    embed: async (_: unknown, voices: readonly unknown[]) => new Float32Array(voices.length),
  },
});
const tenSeconds = () => streamOf({ sampleRate: 16000, samples: new Float32Array(160000) });

test('eight speakers of a chunk are kept, a bit each', async () => {
  const { activity, embeddings } = await localSpeech(tenSeconds(), models(8), {});
  expect([...activity.talking]).toEqual([255, 255]);
  expect([...embeddings.speaker]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('networks that tell more apart are refused', async () => {
  await expect(localSpeech(tenSeconds(), models(9), {})).rejects.toThrow(
    'Got a segmentation of 9 speakers a chunk when 8',
  );
});

// pyannote.audio's Inference: "Step between consecutive chunks is set to …s, while chunks are only …s long".
test.each([0, -1, 1e-9, 10.01, 1e9, Number.NaN])('a step of %f s is refused', async (step) => {
  await expect(localSpeech(tenSeconds(), models(1), { step })).rejects.toThrow(
    `Got a step of ${step} s when more than 0 and at most a chunk's 10 s was expected.`,
  );
});

test('chunks side by side are not', async () => {
  const { activity } = await localSpeech(tenSeconds(), models(1), { step: 10 });
  expect([...activity.talking]).toEqual([1, 1]);
});

const likeness = { slope: 10, middle: 0.5, half: 1, same: 1, other: 1 };

/** One local speaker who talks in frames 0 to 3 and 6 to 9 of ten, a second each; the sound of frame f is at angle voices[f]. */
function oneSpeaker(voices: readonly number[], hears = true) {
  const talks = Float32Array.of(1, 1, 1, 1, 0, 0, 1, 1, 1, 1);
  const pool = async (asked: readonly { mask: Uint8Array }[]) =>
    Float32Array.from(
      asked.flatMap(({ mask }) => {
        const sum = (part: (angle: number) => number) =>
          mask.reduce((total, on, frame) => total + on * part(voices[frame]), 0);
        return [sum(Math.cos), sum(Math.sin)];
      }),
    );
  const { segmentation, embedding } = models(1);
  return {
    segmentation: { ...segmentation, numFrames: 10, grid: { start: 0, duration: 1, step: 1 }, run: async () => talks },
    embedding: {
      ...embedding,
      dimension: 2,
      embed: async (_: unknown, asked: readonly { mask: Uint8Array }[]) => pool(asked),
      ...(hears ? { hear: async () => pool } : {}),
    },
  };
}
const [ANN, BEN] = [0, Math.PI / 2];
const twoVoices = [ANN, ANN, ANN, ANN, 0, 0, BEN, BEN, BEN, BEN];

test('one local speaker of two voices is heard as two, each with a vector of its own', async () => {
  // Of 4 s each the cosine 0 says 10 · 4/5 · (0 - 0.5) = -4, and one local speaker +1.
  const { activity, embeddings } = await localSpeech(tenSeconds(), oneSpeaker(twoVoices), { regroup: likeness });
  expect([...activity.talking]).toEqual([1, 1, 1, 1, 0, 0, 2, 2, 2, 2]);
  expect([...embeddings.speaker]).toEqual([0, 1]);
  expect([...embeddings.numSolo]).toEqual([4, 4]);
  expect([...embeddings.vectors].map(Math.round)).toEqual([4, 0, 0, 4]);
});

test('its turns are told one by one, with what their sound says and the group they are in', async () => {
  const { turns } = await localSpeech(tenSeconds(), oneSpeaker(twoVoices), { regroup: likeness });
  expect([...turns!.spans]).toEqual([0, 0, 0, 4, 0, 1, 6, 10]);
  expect([...turns!.weights]).toEqual([8, 8]); // 10 · 4 s / (4 s + 1)
  expect([...turns!.vectors]).toEqual([127, 0, 0, 127]);
  expect((await localSpeech(tenSeconds(), oneSpeaker(twoVoices), {})).turns).toBeUndefined();
});

test('one of one voice stays one', async () => {
  const { activity } = await localSpeech(tenSeconds(), oneSpeaker(new Array(10).fill(ANN)), { regroup: likeness });
  expect([...activity.talking]).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 1, 1]);
});

test('nothing is grouped anew where it is not asked for, or the network cannot hear a stretch once', async () => {
  const asHeard = [1, 1, 1, 1, 0, 0, 1, 1, 1, 1];
  const { activity } = await localSpeech(tenSeconds(), oneSpeaker(twoVoices), {});
  expect([...activity.talking]).toEqual(asHeard);
  const unable = await localSpeech(tenSeconds(), oneSpeaker(twoVoices, false), { regroup: likeness });
  expect([...unable.activity.talking]).toEqual(asHeard);
});
