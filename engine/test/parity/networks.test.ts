import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { centre, fbank } from '../../src/audio/fbank.ts';
import { streamOf } from '../../src/audio/samples.ts';
import { type Stretch, stretches } from '../../src/audio/stretches.ts';
import { diarize } from '../../src/diarize/diarize.ts';
import { minSoloFrames, soloMasks } from '../../src/diarize/masks.ts';
import type { DiarizationModels, DiarizeOptions } from '../../src/diarize/options.ts';
import { speakerCount } from '../../src/diarize/speakerCount.ts';
import { writeRttm } from '../../src/formats/rttm.ts';
import { diarizationErrorRate } from '../../src/metrics/der.ts';
import { maskedGraph } from '../../src/model/embed/maskedGraph.ts';
import { windowedTrunk } from '../../src/model/embed/windowedTrunk.ts';
import type { EmbeddingModel, Voice } from '../../src/model/embedding.ts';
import { splitEmbedding } from '../../src/model/onnx/split.ts';
import { withWinograd } from '../../src/model/onnx/winograd.ts';
import { type SegmentationModel, segmentationModel } from '../../src/model/segmentation.ts';
import { createRuntime } from '../../src/node/runtime/device.ts';
import { boundsOf, clusteringOf } from './clusteringOf.ts';
import {
  base,
  type Config,
  largestDifference,
  manifest,
  modelFolder,
  type Outcome,
  readJson,
  recordings,
  samplesOf,
  triples,
} from './reference.ts';

// The networks and what feeds them, and the whole pipeline from samples to turns.

const runtime = await createRuntime({ device: 'cpu', threads: 2 });
const segmentation = segmentationModel(await runtime.load({ path: join(modelFolder, 'segmentation.onnx') }));
const parts = splitEmbedding(readFileSync(join(modelFolder, 'embedding-tail.onnx')));
const trunk = await runtime.load({ bytes: withWinograd(parts.trunk) }); // as the engine runs it
const head = await runtime.load({ bytes: parts.head });
const DIMENSION = 256;
const embedding = windowedTrunk({ trunk, head, dimension: DIMENSION, margin: 128, stride: 8 });
const uncropped = windowedTrunk({ trunk, head, dimension: DIMENSION });
const NETWORKS = [segmentation, embedding] as const;

// The plain way, to hold exact mode against: one thread, a chunk at a time, the whole network once for each voice.
const oneThread = await createRuntime({ device: 'cpu', threads: 1 });
const plainSegmentation = {
  ...segmentationModel(await oneThread.load({ path: join(modelFolder, 'segmentation.onnx') })),
  batchSize: 1,
};
const plainEmbedding = maskedGraph({
  session: await oneThread.load({ path: join(modelFolder, 'embedding-tail.onnx') }),
  input: 'fbank',
  soundName: 'fbank',
  maskName: 'weights',
  dimension: DIMENSION,
});
afterAll(() => Promise.all([runtime.close(), oneThread.close()]));

/** Where the reference's two best classes are closer than this, float noise decides between them. */
const MARGIN = 0.02;
/** What flipped frames may change, as a diarization error rate against the reference's result. */
const MOST_DER = 0.05;
const NUM_CLASSES = 7;

describe.each(recordings)('%s', (name) => {
  const samples = samplesOf(name);
  const reference = base(name);
  const { arrays, activity, numChunks, numFrames, classes } = reference;

  test('frames and chunks', async () => {
    expect(samples).toHaveLength(manifest.recordings[name].num_samples);
    for await (const stretch of cut(samples, embedding)) expect(stretch.numChunks).toBe(numChunks);
  });

  const { fbank_chunk_idx: indices } = arrays;
  if (indices !== undefined)
    test('log-mel features', () => {
      const expected = arrays.fbank.data as Float32Array;
      const size = expected.length / indices.data.length;
      Array.from(indices.data, Number).forEach((chunk, i) => {
        const window = new Float32Array(160000);
        window.set(samples.subarray(chunk * 16000, chunk * 16000 + 160000));
        expect(largestDifference(centre(fbank(window)), expected.subarray(i * size, (i + 1) * size))).toBeLessThan(
          1e-3,
        );
      });
    });

  test('the speaker count, from the reference segmentation', () => {
    expect(speakerCount(activity)).toEqual(arrays.count.data);
  });

  test('the masks, from the reference segmentation', () => {
    if (!manifest.recordings[name].speech) return expect(arrays.masks_packed).toBeUndefined();
    const packed = arrays.masks_packed.data as Uint8Array;
    const bytesPerMask = Math.ceil(numFrames / 8);
    const masks = masksOf(reference);
    for (let mask = 0; mask < numChunks * activity.width; mask++) {
      const expected = Uint8Array.from(
        { length: numFrames },
        (_, frame) => (packed[mask * bytesPerMask + (frame >> 3)] >> (7 - (frame & 7))) & 1,
      );
      expect(masks.subarray(mask * numFrames, (mask + 1) * numFrames)).toEqual(expected);
    }
  });

  test('the embeddings, under the reference masks; cropping the trunk changes no bit', {
    timeout: 300_000,
  }, async () => {
    if (!manifest.recordings[name].speech) return expect(activity.talking.some((set) => set !== 0)).toBe(false);
    const expected = arrays.embeddings.data as Float32Array;
    const masks = masksOf(reference);
    const voices = voicesOf(reference, masks);
    for await (const stretch of cut(samples, embedding)) {
      const vectors = await embedding.embed(stretch, voices);
      let leastCosine = 1;
      let most = 0;
      voices.forEach(({ row }, i) => {
        const mine = vectors.subarray(i * DIMENSION, (i + 1) * DIMENSION);
        const theirs = expected.subarray(row * DIMENSION, (row + 1) * DIMENSION);
        most = Math.max(most, largestDifference(mine, theirs));
        leastCosine = Math.min(leastCosine, cosine(mine, theirs));
      });
      expect(most).toBeLessThan(1e-3);
      expect(leastCosine).toBeGreaterThan(1 - 1e-5);
      const few = voices.slice(0, 12);
      const [cropped, whole] = [await embedding.embed(stretch, few), await uncropped.embed(stretch, few)];
      expect(largestDifference(cropped, whole)).toBe(0);
    }
  });

  test('from samples to turns', { timeout: 600_000 }, async () => {
    const scores = new Float32Array(classes.length * NUM_CLASSES);
    const vectors = new Map<number, Float32Array>();
    let heard = false;
    for (const [configName, config, outcome] of outcomesOf(name)) {
      // The networks are the same for every configuration: they run for the first, the others get what it got.
      const models = modelsOf(config, heard ? { scores, vectors } : { vectors });
      const result = await diarize({ samples, sampleRate: 16000 }, models, {
        ...optionsOf(config),
        observe: (event) => {
          if (event.type === 'scores') scores.set(event.scores, event.firstChunk * numFrames * NUM_CLASSES);
        },
      });
      heard = true;
      const { flips, widest } = flipsOf(scores, classes);
      expect(widest, 'a frame flipped that float noise does not explain').toBeLessThan(MARGIN);
      expect(flips).toBeLessThanOrEqual(Math.ceil(classes.length * 1e-3));
      // Where no frame flipped, everything after it must be the same to the last bit.
      if (flips === 0) {
        expect(triples(result.turns), configName).toEqual(outcome.diarization);
        expect(triples(result.exclusiveTurns), configName).toEqual(outcome.exclusive);
      } else {
        const der = derOf(outcome, result.turns);
        console.info(
          `${name}, ${configName}: ${flips} of ${classes.length} frames flip, DER ${(100 * der).toFixed(2)} %`,
        );
        expect(der, configName).toBeLessThan(MOST_DER);
      }
    }
  });

  test('exact mode on two threads gives the turns of the plain way', { timeout: 900_000 }, async () => {
    const ways = [
      { networks: NETWORKS, concurrency: 2 },
      { networks: [plainSegmentation, plainEmbedding] as const, concurrency: 1 },
    ].map((way) => ({
      ...way,
      scores: new Float32Array(classes.length * NUM_CLASSES),
      vectors: new Map<number, Float32Array>(),
    }));
    let heard = false;
    for (const [configName, config] of outcomesOf(name)) {
      const written: string[] = [];
      for (const { networks, concurrency, scores, vectors } of ways) {
        const models = modelsOf(config, heard ? { scores, vectors } : { vectors, networks });
        const { turns } = await diarize(
          { samples, sampleRate: 16000 },
          { ...models, concurrency: heard ? 2 : concurrency },
          {
            ...optionsOf(config),
            observe: (event) => {
              if (event.type === 'scores') scores.set(event.scores, event.firstChunk * numFrames * NUM_CLASSES);
            },
          },
        );
        written.push(writeRttm({ uri: name, turns }));
      }
      heard = true;
      expect(written[0], configName).toBe(written[1]);
    }
  });

  test('from samples to turns, those frames aside', { timeout: 600_000 }, async () => {
    const scores = new Float32Array(classes.length * NUM_CLASSES);
    classes.forEach((index, frame) => {
      scores[frame * NUM_CLASSES + index] = 1;
    });
    const vectors = new Map<number, Float32Array>();
    for (const [configName, config, outcome] of outcomesOf(name)) {
      const models = modelsOf(config, { scores, vectors });
      const result = await diarize({ samples, sampleRate: 16000 }, models, optionsOf(config));
      expect(triples(result.turns), configName).toEqual(outcome.diarization);
      expect(triples(result.exclusiveTurns), configName).toEqual(outcome.exclusive);
    }
  });
});

/** The whole recording as one stretch. */
function cut(samples: Float32Array, model: EmbeddingModel): AsyncGenerator<Stretch, number> {
  return stretches(streamOf({ samples, sampleRate: 16000 }), {
    chunkNumSamples: 160000,
    stepNumSamples: 16000,
    chunksPerStretch: 1_000_000,
    contextFrames: model.contextFrames,
  });
}

/** (chunk, speaker, frame) */
function masksOf({ activity, numChunks, numFrames }: ReturnType<typeof base>): Uint8Array {
  const { width, talking } = activity;
  const size = numFrames * width;
  const masks = new Uint8Array(numChunks * size);
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const found = soloMasks(
      talking.subarray(chunk * numFrames, (chunk + 1) * numFrames),
      numFrames,
      width,
      minSoloFrames(numFrames, 400, 160000),
    );
    masks.set(found.masks, chunk * size);
  }
  return masks;
}

function voicesOf(
  { activity, numChunks, numFrames }: ReturnType<typeof base>,
  masks: Uint8Array,
): (Voice & { row: number })[] {
  const voices: (Voice & { row: number })[] = [];
  for (let chunk = 0; chunk < numChunks; chunk++)
    for (let speaker = 0; speaker < activity.width; speaker++) {
      const row = chunk * activity.width + speaker;
      const mask = masks.subarray(row * numFrames, (row + 1) * numFrames);
      if (mask.includes(1)) voices.push({ chunk, startSample: chunk * 16000, numSamples: 160000, mask, row });
    }
  return voices;
}

/** The configurations in which pyannote itself gives a result. */
function outcomesOf(name: string): [string, Config, Outcome][] {
  return Object.keys(manifest.recordings[name].configs)
    .map((config): [string, Config, Outcome] => [
      config,
      manifest.configs[config],
      readJson<Outcome>(`rec/${name}/${config}.json`),
    ])
    .filter(([, , outcome]) => outcome.error === null);
}

function optionsOf(config: Config): DiarizeOptions {
  return { ...boundsOf(config), minDurationOff: config.params.segmentation.min_duration_off };
}

/**
 * The models of a configuration; with `scores`, (chunk, frame, class), these instead of the network's; vectors that are
 * known by the first chunk of their stretch are not computed again.
 */
function modelsOf(
  config: Config,
  { scores, vectors, networks: [segmentation, embedding] = NETWORKS }: Heard,
): DiarizationModels {
  let next = 0; // chunks are asked for in order
  return {
    clustering: clusteringOf(config),
    label: { name: 'reference', version: '', licence: '' },
    segmentation: {
      ...segmentation,
      run: async (waveforms, count) => {
        if (scores === undefined) return segmentation.run(waveforms, count);
        const size = segmentation.numFrames * NUM_CLASSES;
        next += count;
        return scores.slice((next - count) * size, next * size);
      },
    },
    embedding: {
      ...embedding,
      embed: async (stretch, voices) => {
        const known = vectors.get(stretch.firstChunk) ?? (await embedding.embed(stretch, voices));
        vectors.set(stretch.firstChunk, known);
        return known;
      },
    },
  };
}

interface Heard {
  readonly scores?: Float32Array;
  readonly vectors: Map<number, Float32Array>;
  readonly networks?: readonly [SegmentationModel, EmbeddingModel];
}

interface Flips {
  readonly flips: number;
  /** How far apart our two best classes are where ours is not the reference's. */
  readonly widest: number;
}

function flipsOf(scores: Float32Array, classes: Uint8Array): Flips {
  let flips = 0;
  let widest = 0;
  for (let frame = 0; frame < classes.length; frame++) {
    const row = scores.subarray(frame * NUM_CLASSES, (frame + 1) * NUM_CLASSES);
    const best = row.indexOf(Math.max(...row));
    if (best === classes[frame]) continue;
    flips++;
    widest = Math.max(widest, row[best] - row[classes[frame]]);
  }
  return { flips, widest };
}

function derOf(outcome: Outcome, turns: Parameters<typeof triples>[0]): number {
  const reference = { turns: outcome.diarization.map(([start, end, speaker]) => ({ start, end, speaker })) };
  return diarizationErrorRate(reference, { turns }).der;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}
