import type { Diarization } from '../core/diarization.ts';
import type { Seconds } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';
import { NOBODY, trainingRows } from '../diarize/clustering.ts';
import { clusterTurns, speakerNames } from '../diarize/turns.ts';
import type { Envelope } from './envelope.ts';
import { evenly, project } from './project.ts';
import type { RunRecord } from './runRecorder.ts';
import { NO_SPEAKER, speakerIndex } from './speakerIndex.ts';
import { type PicturedSpeaker, type TimelinePicture, timelinePicture } from './timelinePicture.ts';
import { type WindowsPicture, windowsPicture } from './windowsPicture.ts';

/**
 * What the pictures of a run show, in numbers small enough for a page: bytes instead of floats, and of a long recording
 * a bounded number of bins, windows and points. Nothing here is drawn yet.
 */
export interface RunPicture {
  readonly name: string;
  readonly duration: Seconds;
  readonly model: Diarization['model'];
  readonly warnings: readonly string[];
  /** Named speakers in the order of their names, then clusters that are never chosen. */
  readonly speakers: readonly PicturedSpeaker[];
  readonly wave: WavePicture;
  readonly windows?: WindowsPicture;
  readonly timeline?: TimelinePicture;
  readonly points?: PointsPicture;
  readonly turns: readonly PicturedTurn[];
  readonly exclusiveTurns: readonly PicturedTurn[];
}

export type PicturedTurn = readonly [start: Seconds, end: Seconds, speaker: number];

export interface WavePicture {
  readonly binDuration: Seconds;
  /** Loudest sample: what 0 and 255 stand for. */
  readonly peak: number;
  /** (bin, least and greatest) */
  readonly data: Uint8Array;
}

export interface PointsPicture {
  readonly dimension: number;
  readonly numRows: number;
  readonly numTraining: number;
  readonly explained: readonly [number, number];
  readonly points: readonly PicturedPoint[];
}

export interface PicturedPoint {
  readonly x: number;
  readonly y: number;
  /** Index of the speaker, or {@link NO_SPEAKER}. */
  readonly speaker: number;
  /** Whether the clustering learnt from it, or it was only assigned afterwards. */
  readonly training: boolean;
  readonly start: Seconds;
  readonly chunk: number;
  readonly local: number;
}

const MAX_POINTS = 1500;

export function runPicture(
  record: RunRecord,
  result: Diarization,
  { name, sampleRate = 16000 }: { readonly name: string; readonly sampleRate?: number },
): RunPicture {
  const speakers = picturedSpeakers(record, result);
  const speakerOf = new Map(speakers.map(({ cluster }, index) => [cluster, index]));
  const indexOf = new Map(speakers.map(({ label }, index) => [label, index]));
  const pictured = (turns: readonly Turn[]): PicturedTurn[] =>
    turns.map(({ start, end, speaker }) => [milli(start), milli(end), indexOf.get(speaker) ?? NO_SPEAKER]);
  const { activity, embeddings, clusters } = record;
  return {
    name,
    duration: result.duration,
    model: result.model,
    warnings: result.warnings,
    speakers,
    wave: wavePicture(record.envelope, sampleRate),
    ...(activity && { windows: windowsPicture(record.scores, activity, { embeddings, clusters, speakerOf }) }),
    ...(activity && { timeline: timelinePicture(record, activity, speakers) }),
    ...(clusters && { points: pointsPicture(record, speakerOf) }),
    turns: pictured(result.turns),
    exclusiveTurns: pictured(result.exclusiveTurns),
  };
}

/** Whose cluster is whose is named as the pipeline does it. */
function picturedSpeakers({ discrete, clusters }: RunRecord, { speakers }: Diarization): PicturedSpeaker[] {
  if (!discrete) return [];
  const clusterNamed = new Map([...speakerNames(clusterTurns(discrete))].map(([cluster, label]) => [label, cluster]));
  const named = speakers.map(({ label, speechDuration }) => ({
    label,
    speechDuration,
    cluster: clusterNamed.get(label) ?? NOBODY,
  }));
  const talking = new Set(named.map(({ cluster }) => cluster));
  const silent = Array.from({ length: clusters?.numClusters ?? 0 }, (_, cluster) => cluster)
    .filter((cluster) => !talking.has(cluster))
    .map((cluster) => ({ label: `cluster ${cluster}, never chosen`, speechDuration: 0, cluster }));
  return [...named, ...silent].slice(0, NO_SPEAKER);
}

function wavePicture({ binNumSamples, data }: Envelope, sampleRate: number): WavePicture {
  const peak = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const bytes = Uint8Array.from(data, (value) => Math.round((peak > 0 ? value / peak + 1 : 1) * 127.5));
  return { binDuration: binNumSamples / sampleRate, peak, data: bytes };
}

function pointsPicture(
  { embeddings, activity, clusters }: RunRecord,
  speakerOf: ReadonlyMap<number, number>,
): PointsPicture | undefined {
  if (!embeddings || !activity || !clusters) return undefined;
  const { vectors, dimension, numRows, chunk, speaker: local } = embeddings;
  const training = new Set(trainingRows({ embeddings, activity }));
  const { points, explained } = project(vectors, dimension);
  const rows = Array.from({ length: numRows }, (_, row) => row).filter((row) => !Number.isNaN(points[2 * row]));
  return {
    dimension,
    numRows,
    numTraining: training.size,
    explained,
    points: evenly(rows, MAX_POINTS).map((row) => ({
      x: points[2 * row],
      y: points[2 * row + 1],
      speaker: speakerIndex(clusters, row, speakerOf),
      training: training.has(row),
      start: activity.chunks.start + chunk[row] * activity.chunks.step,
      chunk: chunk[row],
      local: local[row],
    })),
  };
}

function milli(time: Seconds): Seconds {
  return Math.round(time * 1000) / 1000;
}
