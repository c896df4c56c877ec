import type { EngineGrid, EngineTurn } from './engine.ts';

/**
 * How sure the pipeline is, from its own posteriors.
 *
 * Frames: the segmentation network gives every frame of every chunk a probability for each set of speakers; the
 * largest is how sure it is of that frame, and a frame's score is the mean over the chunks that hear it.
 *
 * Turns: every chunk that hears a frame votes for the speakers that it hears there; a speaker's share of the votes in
 * a turn is how much of that turn the pipeline gives to that speaker.
 */
export interface FrameScores {
  readonly score: readonly number[];
  readonly resolution: number;
}

export const RESOLUTION = 0.02;

/** Collects the best class probability of every frame of every chunk, from log-probabilities as they come. */
export function createFrameConfidence() {
  const chunks: Float32Array[] = [];
  return {
    addScores(firstChunk: number, numChunks: number, scores: Float32Array, numClasses: number): void {
      const numFrames = scores.length / numChunks / numClasses;
      for (let c = 0; c < numChunks; c++) {
        const best = new Float32Array(numFrames);
        for (let f = 0; f < numFrames; f++) {
          let most = Number.NEGATIVE_INFINITY;
          const row = (c * numFrames + f) * numClasses;
          for (let k = 0; k < numClasses; k++) most = Math.max(most, scores[row + k]);
          best[f] = Math.exp(Math.min(0, most));
        }
        chunks[firstChunk + c] = best;
      }
    },
    /** Scores 0..100 every 20 ms over the recording. */
    read({
      chunkGrid,
      frameGrid,
      duration,
    }: {
      chunkGrid: EngineGrid;
      frameGrid: EngineGrid;
      duration: number;
    }): FrameScores {
      const count = Math.max(0, Math.round(duration / RESOLUTION));
      const sum = new Float64Array(count);
      const hits = new Uint32Array(count);
      for (const [c, best] of chunks.entries()) {
        if (!best) continue;
        const start = chunkGrid.start + c * chunkGrid.step;
        const first = Math.max(0, Math.round(start / RESOLUTION));
        const last = Math.min(count, Math.round((start + best.length * frameGrid.step) / RESOLUTION));
        for (let i = first; i < last; i++) {
          const frame = Math.min(
            best.length - 1,
            Math.max(0, Math.floor(((i + 0.5) * RESOLUTION - start) / frameGrid.step)),
          );
          sum[i] += best[frame];
          hits[i]++;
        }
      }
      return {
        score: Array.from(sum, (total, i) => (hits[i] ? Math.round((100 * total) / hits[i]) : 0)),
        resolution: RESOLUTION,
      };
    },
  };
}

export interface Votes {
  readonly grid: EngineGrid;
  readonly numFrames: number;
  readonly numSpeakers: number;
  readonly data: Float32Array;
}

/** Each speaker's share of the votes within each turn, 0..1, in the order of the turns. */
export function turnShares(
  turns: readonly EngineTurn[],
  labels: readonly string[],
  votes: Votes,
): Readonly<Record<string, number>>[] {
  const { grid, numFrames, numSpeakers, data } = votes;
  const frameAt = (time: number) => Math.min(numFrames, Math.max(0, Math.round((time - grid.start) / grid.step)));
  const inTurn = (turn: EngineTurn) => {
    const total = new Float64Array(numSpeakers);
    const first = frameAt(turn.start);
    const last = Math.max(first + 1, frameAt(turn.end));
    for (let f = first; f < Math.min(last, numFrames); f++)
      for (let s = 0; s < numSpeakers; s++) total[s] += data[f * numSpeakers + s];
    return total;
  };
  const totals = turns.map(inTurn);
  // The votes know clusters, the turns know labels: a label is the cluster that has the most votes in its turns.
  const columnOf = new Map(
    labels.map((label) => {
      const sum = new Float64Array(numSpeakers);
      for (const [t, turn] of turns.entries())
        if (turn.speaker === label) for (let s = 0; s < numSpeakers; s++) sum[s] += totals[t][s];
      return [label, sum.indexOf(Math.max(...sum))] as const;
    }),
  );
  return totals.map((total) => {
    const all = total.reduce((a, b) => a + b, 0);
    return Object.fromEntries(labels.map((label) => [label, all > 0 ? total[columnOf.get(label)!] / all : 0]));
  });
}
