import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ChunkedActivity, packSpeakers } from '../../src/core/frames.ts';
import { gatherRows, unitRows } from '../../src/diarize/centroids.ts';
import { trainingRows } from '../../src/diarize/clustering.ts';
import type { LocalEmbeddings } from '../../src/diarize/embeddings.ts';
import { decodeHard, powerset } from '../../src/diarize/powerset.ts';
import { clusterVotes, mostVoted } from '../../src/diarize/reconstruct.ts';
import { speakerCount } from '../../src/diarize/speakerCount.ts';
import { clusterTurns, nameTurns, speakerNames } from '../../src/diarize/turns.ts';
import { vbx } from '../../src/diarize/vbx.ts';
import { vbxClustering } from '../../src/diarize/vbxClustering.ts';
import { fcluster } from '../../src/math/fcluster.ts';
import { linkage } from '../../src/math/linkage.ts';
import { type NpyArray, readNpy } from '../../src/model/npy.ts';
import { plda } from '../../src/model/plda.ts';
import { readPlda } from '../../src/model/pldaFiles.ts';
import { embeddingsOf, largestDifference } from './reference.ts';

// Outputs of the real community-1 networks, recorded by the speakrs project; everything after the networks is ours. These
// are always the ones of this repository, with the real PLDA, whatever other reference folder is being compared.

const FIXTURES = join(import.meta.dirname, '../../../fixtures/parity');
const realPlda = plda(
  readPlda({
    plda: readFileSync(join(FIXTURES, 'plda-community-1/plda.npz')),
    'plda-transform': readFileSync(join(FIXTURES, 'plda-community-1/xvec_transform.npz')),
  }),
);

const load = (name: string): NpyArray => readNpy(readFileSync(join(FIXTURES, 'real-model', `${name}.npy`)), name);

function recording(name: string): { activity: ChunkedActivity; embeddings: LocalEmbeddings } {
  const segmentation = load(`${name}_segmentation_data`);
  const [numChunks, numFrames, width] = segmentation.shape;
  const activity: ChunkedActivity = {
    chunks: { start: 0, duration: 10, step: 1 },
    numChunks,
    grid: { start: 0, duration: 0.0619375, step: 0.016875 },
    numFrames,
    width,
    talking: packSpeakers(Uint8Array.from(segmentation.data as Float32Array), width),
  };
  const embeddings = load(`${name}_embeddings_data`);
  return { activity, embeddings: embeddingsOf(activity, embeddings.data as Float32Array, embeddings.shape[2]) };
}

describe.each(['pipeline', '3speakers'])('%s', (name) => {
  const { activity, embeddings } = recording(name);
  const count = speakerCount(activity);
  const clusters = vbxClustering(realPlda)({ embeddings, activity }, {});

  test('the speaker count', () => {
    expect(Array.from(count)).toEqual(Array.from(load(`${name}_speaker_counting_data`).data, Number));
  });

  test('the discrete diarization and the RTTM', () => {
    const clusterOf = new Int32Array(activity.numChunks * activity.width).fill(-2);
    clusters.labels.forEach((label, row) => {
      clusterOf[embeddings.chunk[row] * activity.width + embeddings.speaker[row]] = label;
    });
    const { numClusters } = clusters;
    const discrete = mostVoted(clusterVotes({ activity, clusterOf, numClusters }), count);
    const expected = load(`${name}_discrete_diarization_data`);
    expect([discrete.numFrames, discrete.numSpeakers]).toEqual(expected.shape);
    expect(Array.from(discrete.data)).toEqual(Array.from(expected.data, Number));
    const turns = clusterTurns(discrete);
    const named = nameTurns(turns, speakerNames(turns));
    // speakrs writes six decimals, pyannote three.
    const lines = named.map(
      ({ start, end, speaker }) =>
        `SPEAKER ${name} 1 ${start.toFixed(6)} ${(end - start).toFixed(6)} <NA> <NA> ${speaker} <NA> <NA>`,
    );
    expect(lines).toEqual(
      readFileSync(join(FIXTURES, `real-model/${name}_expected.rttm`), 'utf8')
        .trim()
        .split('\n'),
    );
  });
});

test('training embeddings, AHC labels, PLDA features and VBx of the recording "pipeline"', () => {
  const { activity, embeddings } = recording('pipeline');
  const rows = trainingRows({ embeddings, activity });
  expect(Array.from(rows, (row) => embeddings.chunk[row])).toEqual(
    Array.from(load('pipeline_train_chunk_idx').data, Number),
  );
  expect(Array.from(rows, (row) => embeddings.speaker[row])).toEqual(
    Array.from(load('pipeline_train_speaker_idx').data, Number),
  );
  const train = gatherRows(embeddings, rows);
  const { dimension } = embeddings;
  const labels = fcluster(linkage(unitRows(train, dimension), rows.length, dimension, 'centroid'), 0.6).map(
    (l) => l - 1,
  );
  expect(Array.from(labels)).toEqual(Array.from(load('pipeline_ahc_clusters').data, Number));
  const features = realPlda.transform(train);
  const expected = load('pipeline_plda_features').data as Float64Array;
  expect(largestDifference(features.map(Math.abs), expected.map(Math.abs))).toBeLessThan(1e-5);
  const phi = load('pipeline_plda_phi').data as Float64Array;
  expect(
    largestDifference(
      realPlda.phi.map((value, i) => value / phi[i]),
      phi.map(() => 1),
    ),
  ).toBeLessThan(1e-5);
  const { gamma, pi } = vbx(features, realPlda.phi, labels, { Fa: 0.07, Fb: 0.8 });
  expect(largestDifference(gamma, load('pipeline_vbx_gamma').data as Float64Array)).toBeLessThan(1e-8);
  expect(largestDifference(pi, load('pipeline_vbx_pi').data as Float64Array)).toBeLessThan(1e-8);
});

test('powerset mappings, and the hard decision', () => {
  for (const [numSpeakers, most] of [
    [2, 1],
    [2, 2],
    [3, 1],
    [3, 2],
    [3, 3],
    [4, 1],
    [4, 2],
    [4, 3],
    [4, 4],
  ]) {
    const expected = load(`powerset_mapping_${numSpeakers}_${most}`);
    expect(Array.from(powerset(numSpeakers, most).mapping)).toEqual(Array.from(expected.data, Number));
  }
  const logits = load('powerset_input_logits');
  const hard = load('powerset_hard_output');
  const numSpeakers = hard.shape.at(-1)!;
  const sets = powerset(numSpeakers, 2);
  expect(sets.numClasses).toBe(logits.shape.at(-1));
  expect(Array.from(decodeHard(sets, logits.data as Float32Array))).toEqual(Array.from(hard.data, Number));
});
