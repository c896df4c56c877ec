import type { Stretch } from '../audio/stretches.ts';
import type { Seconds } from '../core/segment.ts';
import type { Signal } from '../core/signal.ts';
import type { Pool, Voice } from '../model/embedding.ts';
import { cosineWeight, type LocalTurn, localTurns, type RegroupOptions, regroup, regrouped } from './regroup.ts';
import { type HeardTurn, type TurnVoices, turnVoices } from './turnVoices.ts';

/** Every chunk of a stretch with its turns grouped anew: each turn that is long enough is embedded by itself. */

export interface RegroupStretchOptions extends RegroupOptions {
  readonly numFrames: number;
  readonly numSpeakers: number;
  readonly chunkNumSamples: number;
  readonly stepNumSamples: number;
  readonly signal?: Signal;
}

/** Turns with less than this alone have no vector. */
const SHORTEST: Seconds = 0.4;

export interface RegroupedStretch {
  /** (chunk, frame), a bit a group: at most MOST_LOCAL_SPEAKERS. */
  readonly talking: Uint8Array;
  /** Of chunks with more than one turn. */
  readonly turns: TurnVoices;
}

/** @param talking (chunk, frame), a bit a local speaker */
export async function regroupStretch(
  stretch: Stretch,
  talking: Uint8Array,
  pool: Pool,
  options: RegroupStretchOptions,
): Promise<RegroupedStretch> {
  const { dimension, likeness, numFrames, numSpeakers, frameStep, chunkNumSamples, stepNumSamples, signal } = options;
  const chunkOf = (i: number): Uint8Array => talking.subarray(i * numFrames, (i + 1) * numFrames);
  const turnsOf: LocalTurn[][] = [];
  const voices: Voice[] = [];
  const rowOf = new Map<LocalTurn, number>();
  for (let i = 0; i < stretch.numChunks; i++) {
    const turns = localTurns(chunkOf(i), numSpeakers, frameStep);
    turnsOf.push(turns);
    if (turns.length < 2) continue;
    for (const turn of turns) {
      if (turn.numSolo * frameStep < SHORTEST) continue;
      rowOf.set(turn, voices.length);
      voices.push({
        chunk: stretch.firstChunk + i,
        startSample: stretch.startSample + i * stepNumSamples,
        numSamples: chunkNumSamples,
        mask: soloMask(chunkOf(i), turn),
      });
    }
  }
  const vectors = await pool(voices, { signal });

  const anew = new Uint8Array(talking.length);
  const heard: HeardTurn[] = [];
  turnsOf.forEach((turns, i) => {
    const own = new Float32Array(turns.length * dimension);
    turns.forEach((turn, k) => {
      const row = rowOf.get(turn);
      if (row !== undefined) own.set(vectors.subarray(row * dimension, (row + 1) * dimension), k * dimension);
    });
    const groupOf = regroup(turns, own, options);
    anew.set(regrouped(chunkOf(i), turns, groupOf), i * numFrames);
    turns.forEach((turn, k) => {
      if (!rowOf.has(turn)) return;
      heard.push({
        ...turn,
        chunk: stretch.firstChunk + i,
        speaker: groupOf[k],
        weight: cosineWeight(turn.numSolo * frameStep, likeness),
        vector: own.subarray(k * dimension, (k + 1) * dimension),
      });
    });
  });
  return { talking: anew, turns: turnVoices(heard, dimension) };
}

/** 1 in the frames of a turn where nobody else talks. */
function soloMask(talking: Uint8Array, { speaker, first, end }: LocalTurn): Uint8Array {
  const mask = new Uint8Array(talking.length);
  for (let frame = first; frame < end; frame++) mask[frame] = Number(talking[frame] === 1 << speaker);
  return mask;
}
