import { describe, expect, test } from 'vitest';
import { assignConstrained } from '../../src/diarize/assign.ts';
import { gatherRows, similarities, unitRows } from '../../src/diarize/centroids.ts';
import { trainingRows } from '../../src/diarize/clustering.ts';
import type { LocalEmbeddings } from '../../src/diarize/embeddings.ts';
import { capCount, clusterVotes, mostVoted } from '../../src/diarize/reconstruct.ts';
import { clusterTurns, nameTurns, speakerNames } from '../../src/diarize/turns.ts';
import { vbx } from '../../src/diarize/vbx.ts';
import { writeRttm } from '../../src/formats/rttm.ts';
import { fcluster } from '../../src/math/fcluster.ts';
import { linkage } from '../../src/math/linkage.ts';
import { boundsOf, clusteringOf, referencePlda } from './clusteringOf.ts';
import {
  arrays,
  base,
  cases,
  embeddingsOf,
  largestDifference,
  manifest,
  type Outcome,
  readJson,
  readText,
  triples,
  unpackFrames,
} from './reference.ts';

// Every stage after the networks, each fed with the reference's own input, so that errors do not travel.

const withSpeech = cases.filter(([name]) => manifest.recordings[name].speech);

describe.each(withSpeech)('%s, %s', (name, configName) => {
  const config = manifest.configs[configName];
  const outcome = readJson<Outcome>(`rec/${name}/${configName}.json`);
  const { activity, arrays: found } = base(name);
  const embeddings = embeddingsOf(activity, found.embeddings.data as Float32Array, found.embeddings.shape[2]);
  const input = { embeddings, activity };
  const clusters = clusteringOf(config)(input, boundsOf(config));

  if (outcome.error !== null) {
    // pyannote fails here (more than 127 clusters overflow its int8, or more speakers asked for than embeddings).
    test('what pyannote cannot do gives a result', () => {
      expect(clusters.labels).toHaveLength(embeddings.numRows);
      expect(clusters.numClusters).toBeGreaterThan(0);
    });
    return;
  }
  const reference = arrays(`rec/${name}/${configName}.npz`);

  test('the same embeddings are learnt from', () => {
    const rows = [...trainingRows(input)];
    expect(rows.map((row) => embeddings.chunk[row])).toEqual(Array.from(reference.train_chunk_idx.data, Number));
    expect(rows.map((row) => embeddings.speaker[row])).toEqual(Array.from(reference.train_speaker_idx.data, Number));
  });

  if (config.clustering === 'VBxClustering' && reference.vbx_gamma !== undefined) {
    test('linkage, initial clusters, PLDA features and VBx', () => {
      const { dimension } = embeddings;
      const train = gatherRows(embeddings, trainingRows(input));
      const unit = unitRows(train, dimension);
      const tree = linkage(unit, unit.length / dimension, dimension, 'centroid');
      expect(largestDifference(tree.rows, reference.linkage.data as Float64Array)).toBeLessThan(1e-6);
      const labels = fcluster(tree, config.params.clustering.threshold!).map((label) => label - 1);
      expect(Array.from(labels)).toEqual(Array.from(reference.ahc_labels.data, Number));

      const features = referencePlda.transform(train);
      if (reference.plda_features !== undefined)
        // A vector's sign is free: compare magnitudes, then the products that VBx sees.
        expect(
          largestDifference(features.map(Math.abs), (reference.plda_features.data as Float64Array).map(Math.abs)),
        ).toBeLessThan(1e-5);
      const { Fa, Fb } = config.params.clustering;
      const result = vbx(features, referencePlda.phi, labels, { Fa: Fa!, Fb: Fb! });
      expect(largestDifference(result.gamma, reference.vbx_gamma.data as Float64Array)).toBeLessThan(1e-6);
      expect(largestDifference(result.pi, reference.vbx_pi.data as Float64Array)).toBeLessThan(1e-6);
    });
  }

  test('every speaker that talks gets the same cluster', () => {
    const expected = Array.from(reference.hard_clusters.data, Number);
    const theirs = Array.from(
      clusters.labels,
      (_, row) => expected[embeddings.chunk[row] * activity.width + embeddings.speaker[row]],
    );
    const twins = twinRows(embeddings);
    const differing = theirs.flatMap((label, row) => (label === clusters.labels[row] || twins.has(row) ? [] : [row]));
    expect(differing).toEqual([]);
    if (reference.centroids !== undefined)
      expect(
        largestDifference(finite(clusters.centroids), finite(reference.centroids.data as Float64Array)),
      ).toBeLessThan(1e-4);
  });

  const centroids = Float64Array.from((reference.centroids?.data as Float64Array | undefined) ?? []);
  const numClusters = centroids.length / embeddings.dimension;
  // k-means is not constrained; without a clean embedding there are no centroids
  const constrained =
    clusters.numClusters === numClusters && Object.keys(config.kw).length === 0 && !Number.isNaN(centroids[0]);
  if (config.clustering === 'VBxClustering' && reference.soft_clusters !== undefined && constrained)
    test("from the reference centroids, also those whose embedding is the same as their neighbour's", () => {
      const similarity = similarities(embeddings.vectors, embeddings.dimension, centroids);
      const expected = Array.from(reference.hard_clusters.data, Number);
      expect(Array.from(assignConstrained(embeddings, activity.width, similarity, numClusters))).toEqual(
        Array.from(embeddings.chunk, (chunk, row) => expected[chunk * activity.width + embeddings.speaker[row]]),
      );
    });

  test('the discrete diarization, the turns and the RTTM are the same', () => {
    // Fed with the reference's clusters.
    const hard = Int32Array.from(reference.hard_clusters.data as ArrayLike<number>, Number);
    const talks = new Set(Array.from(embeddings.chunk, (c, row) => c * activity.width + embeddings.speaker[row]));
    const clusterOf = hard.map((cluster, i) => (talks.has(i) ? cluster : -2));
    const numClusters = clusterOf.reduce((a, b) => Math.max(a, b), -1) + 1;
    const { maxSpeakers, numSpeakers } = boundsOf(config);
    const counted = (found.count.data as Uint8Array).slice();
    const count = capCount(counted, numSpeakers ?? maxSpeakers ?? 255);
    const votes = clusterVotes({ activity, clusterOf, numClusters });
    const discrete = mostVoted(votes, count);
    const exclusive = mostVoted(votes, capCount(count, 1));
    expect([discrete.numFrames, discrete.numSpeakers]).toEqual(outcome.discrete_shape);
    expect(discrete.data).toEqual(unpackFrames(reference.discrete.data as Uint8Array, outcome.discrete_shape));
    expect([exclusive.numFrames, exclusive.numSpeakers]).toEqual(outcome.discrete_exclusive_shape);
    expect(exclusive.data).toEqual(
      unpackFrames(reference.discrete_exclusive.data as Uint8Array, outcome.discrete_exclusive_shape),
    );

    const minDurationOff = config.params.segmentation.min_duration_off;
    const turns = clusterTurns(discrete, { minDurationOff });
    const names = speakerNames(turns);
    const named = nameTurns(turns, names);
    const namedExclusive = nameTurns(clusterTurns(exclusive, { minDurationOff }), names);
    expect(triples(named)).toEqual(outcome.diarization);
    expect(triples(namedExclusive)).toEqual(outcome.exclusive);
    expect(writeRttm({ uri: name, turns: named })).toBe(readText(`rec/${name}/${configName}.rttm`));
    expect(writeRttm({ uri: name, turns: namedExclusive })).toBe(readText(`rec/${name}/${configName}.exclusive.rttm`));
  });
});

/**
 * Local speakers with the very same embedding as another of their chunk (both always talk at once): two assignments are
 * then equally good, and the last bit of the centroids, which is the BLAS library's, decides which one pyannote takes.
 */
function twinRows({ chunk, vectors, dimension, numRows }: LocalEmbeddings): ReadonlySet<number> {
  const twins = new Set<number>();
  const vector = (row: number): Float32Array => vectors.subarray(row * dimension, (row + 1) * dimension);
  for (let a = 0; a < numRows; a++)
    for (let b = a + 1; b < numRows && chunk[b] === chunk[a]; b++)
      if (largestDifference(vector(a), vector(b)) === 0) twins.add(a).add(b);
  return twins;
}

function finite(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}
