import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ChunkedActivity, packSpeakers } from '../../src/core/frames.ts';
import type { Turn } from '../../src/core/turn.ts';
import type { LocalEmbeddings } from '../../src/diarize/embeddings.ts';
import { powerset } from '../../src/diarize/powerset.ts';
import { type NpyArray, readNpz } from '../../src/model/npy.ts';

/**
 * Reference outputs of pyannote.audio 4.0.7, stage by stage, as fixtures/parity/README.md lays them out. The folder is
 * PARITY_DIR, or the subset in fixtures/parity. What the manifest names and the folder lacks makes a test fail.
 */
export const FOLDER: string = resolve(process.env.PARITY_DIR ?? join(import.meta.dirname, '../../../fixtures/parity'));

export interface Config {
  readonly clustering: 'VBxClustering' | 'AgglomerativeClustering' | 'KMeansClustering';
  readonly params: {
    readonly segmentation: { readonly min_duration_off: number };
    readonly clustering: {
      readonly threshold?: number;
      readonly Fa?: number;
      readonly Fb?: number;
      readonly method?: 'centroid';
      readonly min_cluster_size?: number;
    };
  };
  readonly kw: { readonly num_speakers?: number; readonly min_speakers?: number; readonly max_speakers?: number };
}

export interface Outcome {
  readonly error: string | null;
  readonly diarization: readonly [number, number, string][];
  readonly exclusive: readonly [number, number, string][];
  readonly discrete_shape: readonly [number, number];
  readonly discrete_exclusive_shape: readonly [number, number];
}

interface Manifest {
  readonly recordings: Readonly<
    Record<
      string,
      { num_samples: number; source: string | string[]; speech: boolean; configs: Record<string, unknown> }
    >
  >;
  readonly configs: Readonly<Record<string, Config>>;
}

export const manifest: Manifest = readJson('MANIFEST.json');
export const recordings: readonly string[] = Object.keys(manifest.recordings);

/** Every recording with each of its configurations. */
export const cases: readonly (readonly [string, string])[] = recordings.flatMap((name) =>
  Object.keys(manifest.recordings[name].configs).map((config) => [name, config] as const),
);

/** The networks: the folder's own, or those that the tests of this repository share. */
export const modelFolder: string = only(existsSync(join(FOLDER, 'models')) ? 'models' : '../models');
export const pldaFolder: string = join(FOLDER, readdirSync(FOLDER).find((name) => name.startsWith('plda'))!);

function only(folder: string): string {
  const [name] = readdirSync(join(FOLDER, folder));
  return join(FOLDER, folder, name);
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as T;
}

export function readText(path: string): string {
  return readFileSync(join(FOLDER, path), 'utf8');
}

export function arrays(path: string): Record<string, NpyArray> {
  return readNpz(readFileSync(join(FOLDER, path)), { name: path });
}

/** 16 kHz mono samples; a recording made of others is put together from them. */
export function samplesOf(name: string): Float32Array {
  const { source } = manifest.recordings[name];
  if (typeof source === 'string') return readWav(join(FOLDER, source));
  const parts = source.map((part) => {
    const path = ['audio', 'audio-longcat'].map((folder) => join(FOLDER, folder, `${part}.wav`));
    return readWav(path.find((file) => readdirSync(join(file, '..')).includes(`${part}.wav`)) ?? path[0]);
  });
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** PCM16 with a 44-byte or longer header; deliberately not our own reader. */
function readWav(path: string): Float32Array {
  const bytes = readFileSync(path);
  const from = bytes.indexOf('data', 12, 'latin1') + 8;
  const size = Math.min(bytes.readUInt32LE(from - 4), bytes.length - from);
  return Float32Array.from({ length: size >> 1 }, (_, i) => bytes.readInt16LE(from + 2 * i) / 32768);
}

export interface Base {
  readonly numChunks: number;
  readonly numFrames: number;
  readonly classes: Uint8Array;
  readonly activity: ChunkedActivity;
  readonly arrays: Record<string, NpyArray>;
}

const NUM_SPEAKERS = 3;
const SETS = powerset(NUM_SPEAKERS, 2);

/** The reference's own segmentation. */
export function base(name: string): Base {
  const found = arrays(`rec/${name}/base.npz`);
  const [numChunks, numFrames] = found.seg_class.shape;
  const classes = found.seg_class.data as Uint8Array;
  const data = new Uint8Array(classes.length * NUM_SPEAKERS);
  classes.forEach((index, frame) => {
    data.set(SETS.mapping.subarray(index * NUM_SPEAKERS, (index + 1) * NUM_SPEAKERS), frame * NUM_SPEAKERS);
  });
  const activity: ChunkedActivity = {
    chunks: { start: 0, duration: 10, step: 1 },
    numChunks,
    grid: { start: 0, duration: 0.0619375, step: 0.016875 },
    numFrames,
    width: NUM_SPEAKERS,
    talking: packSpeakers(data, NUM_SPEAKERS),
  };
  return { numChunks, numFrames, classes, activity, arrays: found };
}

/** (chunk, speaker, dimension) → rows for those who talk. */
export function embeddingsOf(activity: ChunkedActivity, embeddings: Float32Array, dimension: number): LocalEmbeddings {
  const { numChunks, numFrames, width, talking } = activity;
  const chunk: number[] = [];
  const speaker: number[] = [];
  const numSolo: number[] = [];
  const rows: number[] = [];
  for (let c = 0; c < numChunks; c++)
    for (let s = 0; s < width; s++) {
      let active = 0;
      let solo = 0;
      for (let frame = 0; frame < numFrames; frame++) {
        const set = talking[c * numFrames + frame];
        if (((set >> s) & 1) === 0) continue;
        active++;
        if (set === 1 << s) solo++;
      }
      if (active === 0) continue;
      chunk.push(c);
      speaker.push(s);
      numSolo.push(solo);
      rows.push(c * width + s);
    }
  const vectors = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) => {
    vectors.set(embeddings.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  });
  return {
    dimension,
    numRows: rows.length,
    chunk: Int32Array.from(chunk),
    speaker: Int32Array.from(speaker),
    numSolo: Int32Array.from(numSolo),
    vectors,
  };
}

/** np.packbits(…, axis=0) of (frame, column) undone. */
export function unpackFrames(packed: Uint8Array, [numFrames, width]: readonly [number, number]): Uint8Array {
  const data = new Uint8Array(numFrames * width);
  for (let frame = 0; frame < numFrames; frame++)
    for (let column = 0; column < width; column++)
      data[frame * width + column] = (packed[(frame >> 3) * width + column] >> (7 - (frame & 7))) & 1;
  return data;
}

export const triples = (turns: readonly Turn[]): [number, number, string][] =>
  turns.map(({ start, end, speaker }) => [start, end, speaker]);

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= most)) most = difference;
  }
  return most;
}
