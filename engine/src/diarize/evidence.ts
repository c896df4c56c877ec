import type { ChunkedActivity } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import type { SlidingWindow } from '../core/window.ts';
import { firstFrameOf, numAggregatedFrames } from './aggregate.ts';
import type { Clusters } from './clustering.ts';
import type { LocalEmbeddings } from './embeddings.ts';
import type { DiarizeEvent } from './options.ts';
import type { DiscreteDiarization } from './reconstruct.ts';
import { type ClusterTurn, clusterTurns, type TurnOptions } from './turns.ts';

/**
 * How sure the pipeline is, from its own posteriors; raw, so only an order (confidence.ts makes probabilities of it).
 *
 *   frame     every chunk that hears it gave the set of speakers that it decided on a probability; it counts where that
 *             set is the result's, and as 0 where it is another: the mean over the chunks
 *   turn      the same of the turn's speaker, chunk by chunk and frame by frame, times how much more the voice heard
 *             there is like this speaker's than like the next one's: mean of p · σ(SHARPNESS · (own − next cosine))
 *   speaker   the mean of its turns by their length, times d / (d + HALF) for d seconds of speech in all: who is heard
 *             for a moment only is more often somebody else cut in two
 *
 * Listens to a run as an observer, so the pipeline knows nothing of it. It keeps a byte a frame of each chunk.
 */
export interface Evidence {
  /** 0..1 for each frame of `grid`. */
  readonly frames: { readonly grid: SlidingWindow; readonly values: Float32Array };
  /** In the order of {@link clusterTurns}. */
  readonly turns: readonly TurnEvidence[];
  /** By cluster. */
  readonly speakers: ReadonlyMap<number, number>;
}

export interface TurnEvidence extends ClusterTurn {
  readonly own: number;
  /** (cluster) how much the voice is like each cluster's; 1 in sum, 0 in all where no voice was heard. */
  readonly voice: Float64Array;
}

/** Of a difference of cosines: 0.2 makes it e times likelier. */
const SHARPNESS = 5;
/** Seconds of speech that make half a speaker. */
const HALF: Seconds = 5;

interface Shape {
  readonly numFrames: number;
  readonly numSpeakers: number;
  readonly numClasses: number;
}

export interface EvidenceGatherer {
  observe(event: DiarizeEvent): void;
  /** Undefined before a run has heard anything. */
  read(options?: TurnOptions): Evidence | undefined;
}

export function gatherEvidence(segmentation: Shape): EvidenceGatherer {
  const certain: Uint8Array[] = [];
  let heard: ChunkedActivity | undefined;
  let voices: LocalEmbeddings | undefined;
  let clusters: Clusters | undefined;
  let discrete: DiscreteDiarization | undefined;
  return {
    observe(event) {
      if (event.type === 'scores')
        for (let i = 0; i < event.numChunks; i++)
          certain[event.firstChunk + i] = decidedProbability(event.scores, i, segmentation);
      else if (event.type === 'activity') heard = event.activity;
      else if (event.type === 'embeddings') voices = event.embeddings;
      else if (event.type === 'clusters') clusters = event.clusters;
      else if (event.type === 'discrete') discrete = event.discrete;
    },
    read({ minDurationOff, minDurationOn } = {}) {
      if (!heard) return undefined;
      const found = discrete ?? nobody(heard);
      const local = voices && clusters ? voiceOf(heard, voices, clusters) : [];
      const run = { heard, certain, local, numClusters: clusters?.numClusters ?? 0 };
      const turns = clusterTurns(found, { minDurationOff, minDurationOn }).map((turn) =>
        turnEvidence(turn, run, found.grid),
      );
      return {
        frames: { grid: found.grid, values: frameEvidence(run, found) },
        turns,
        speakers: speakerEvidence(turns),
      };
    },
  };
}

/** Where there is no speech the pipeline ends before anybody is decided on. */
function nobody({ chunks, numChunks, grid }: ChunkedActivity): DiscreteDiarization {
  const ofRecording = { ...grid, start: chunks.start };
  const numFrames = numAggregatedFrames(chunks, numChunks, ofRecording);
  return { grid: ofRecording, numFrames, numSpeakers: 0, data: new Uint8Array(0) };
}

/** Of every frame of a chunk, the probability of what is decided there; in 255ths. */
function decidedProbability(scores: Float32Array, chunk: number, shape: Shape): Uint8Array {
  const { numFrames, numSpeakers, numClasses } = shape;
  const bytes = new Uint8Array(numFrames);
  for (let frame = 0; frame < numFrames; frame++) {
    const row = (chunk * numFrames + frame) * numClasses;
    let p = 1;
    if (numClasses === numSpeakers) {
      // a probability a speaker
      for (let k = 0; k < numClasses; k++) p *= Math.max(scores[row + k], 1 - scores[row + k]);
    } else {
      // log-probabilities of sets
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < numClasses; k++) best = Math.max(best, scores[row + k]);
      p = Math.exp(Math.min(0, best));
    }
    bytes[frame] = Math.round(255 * p);
  }
  return bytes;
}

/** A local speaker of a chunk, as its voice was clustered. */
interface LocalVoice {
  readonly cluster: number;
  /** σ of how much nearer its own cluster is than the next. */
  readonly margin: number;
  readonly likeness: Float64Array;
}

interface Run {
  readonly heard: ChunkedActivity;
  readonly certain: readonly (Uint8Array | undefined)[];
  /** `local[chunk * width + speaker]` */
  readonly local: readonly (LocalVoice | undefined)[];
  readonly numClusters: number;
}

function voiceOf(
  { numChunks, width }: ChunkedActivity,
  { chunk, speaker }: LocalEmbeddings,
  { labels, similarity, numClusters }: Clusters,
): (LocalVoice | undefined)[] {
  const local: (LocalVoice | undefined)[] = new Array(numChunks * width);
  labels.forEach((cluster, row) => {
    if (cluster < 0) return;
    const cosine = (k: number): number => similarity[row * numClusters + k] - 1 || 0; // NaN: nothing to compare with
    let next = 0;
    for (let k = 0; k < numClusters; k++) if (k !== cluster) next = Math.max(next, cosine(k));
    const likeness = Float64Array.from({ length: numClusters }, (_, k) => Math.exp(SHARPNESS * cosine(k)));
    const sum = likeness.reduce((a, b) => a + b, 0);
    const margin = 1 / (1 + Math.exp(-SHARPNESS * (cosine(cluster) - next)));
    local[chunk[row] * width + speaker[row]] = { cluster, margin, likeness: likeness.map((value) => value / sum) };
  });
  return local;
}

function frameEvidence({ heard, certain, local }: Run, discrete: DiscreteDiarization): Float32Array {
  const { chunks, numChunks, numFrames: framesPerChunk, width, talking } = heard;
  const { grid, numFrames, numSpeakers, data: result } = discrete;
  const sum = new Float32Array(numFrames);
  const hits = new Uint16Array(numFrames);
  const clusterAt = (chunk: number, s: number): number => local[chunk * width + s]?.cluster ?? -1;
  /** Whether another local speaker of the set, before this one, is of the same cluster: they are one person. */
  function earlier(chunk: number, set: number, s: number, cluster: number): boolean {
    for (let other = 0; other < s; other++) if ((set >> other) & 1 && clusterAt(chunk, other) === cluster) return true;
    return false;
  }
  for (let chunk = 0; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    for (let f = 0; f < framesPerChunk && first + f < numFrames; f++) {
      const at = (first + f) * numSpeakers;
      const set = talking[chunk * framesPerChunk + f];
      let [missing, wrong] = [0, false];
      for (let k = 0; k < numSpeakers; k++) missing += result[at + k];
      for (let s = 0; s < width; s++) {
        if (((set >> s) & 1) === 0) continue;
        const cluster = clusterAt(chunk, s);
        if (cluster < 0 || result[at + cluster] === 0) wrong = true;
        else if (!earlier(chunk, set, s, cluster)) missing--;
      }
      hits[first + f]++;
      if (!wrong && missing === 0) sum[first + f] += probability(certain, chunk, f);
    }
  }
  return sum.map((total, i) => (hits[i] ? total / hits[i] : 0));
}

function turnEvidence(turn: ClusterTurn, run: Run, grid: SlidingWindow): TurnEvidence {
  const { heard, certain, local, numClusters } = run;
  const { chunks, numChunks, numFrames: framesPerChunk, width, talking } = heard;
  const from = Math.round((turn.start - grid.start - 0.5 * grid.duration) / grid.step);
  const to = Math.max(from + 1, Math.round((turn.end - grid.start - 0.5 * grid.duration) / grid.step));
  const voice = new Float64Array(numClusters);
  let [sure, near, numHeard, numOwn] = [0, 0, 0, 0];
  const firstChunk = Math.max(0, Math.floor((turn.start - chunks.start - chunks.duration) / chunks.step));
  for (let chunk = firstChunk; chunk < numChunks; chunk++) {
    const first = firstFrameOf(chunks, chunk, grid);
    if (first >= to) break;
    for (let f = Math.max(0, from - first); f < Math.min(framesPerChunk, to - first); f++) {
      numHeard++;
      for (let s = 0; s < width; s++) {
        if (((talking[chunk * framesPerChunk + f] >> s) & 1) === 0) continue;
        const who = local[chunk * width + s];
        if (who?.cluster !== turn.cluster) continue;
        sure += probability(certain, chunk, f);
        near += who.margin;
        numOwn++;
        for (let k = 0; k < numClusters; k++) voice[k] += who.likeness[k];
        break;
      }
    }
  }
  const own = numOwn === 0 ? 0 : ((sure / numHeard) * near) / numOwn;
  return { ...turn, own, voice: voice.map((sum) => (numOwn === 0 ? 0 : sum / numOwn)) };
}

/** A chunk that was not segmented in this run (a checkpoint's) has its decisions without their probabilities. */
function probability(certain: Run['certain'], chunk: number, frame: number): number {
  const bytes = certain[chunk];
  return bytes === undefined ? 1 : bytes[frame] / 255;
}

function speakerEvidence(turns: readonly TurnEvidence[]): Map<number, number> {
  const sums = new Map<number, { seconds: number; own: number }>();
  for (const { cluster, start, end, own } of turns) {
    const sum = sums.get(cluster) ?? { seconds: 0, own: 0 };
    sums.set(cluster, { seconds: sum.seconds + end - start, own: sum.own + own * (end - start) });
  }
  return new Map([...sums].map(([cluster, { seconds, own }]) => [cluster, own / (seconds + HALF)]));
}
