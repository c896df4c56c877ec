import { mostShared } from 'diarist';
import type { EngineConfidence, EngineResult, EngineTurn } from './engine.ts';

/**
 * The engine's confidence (docs/confidence.md) in the shape of a job's output: a score every 20 ms, and in every turn a
 * share for each speaker of the file.
 */
export interface FrameScores {
  /** 0..100 */
  readonly score: readonly number[];
  readonly resolution: number;
}

export const RESOLUTION = 0.02;

/** The score of the frame whose middle is nearest, every 20 ms over the recording. */
export function frameScores({ frames: { grid, values } }: EngineConfidence, duration: number): FrameScores {
  const count = Math.max(0, Math.round(duration / RESOLUTION));
  const score = Array.from({ length: count }, (_, i) => {
    const frame = Math.round(((i + 0.5) * RESOLUTION - grid.start - 0.5 * grid.duration) / grid.step);
    return Math.round(100 * (values[Math.min(values.length - 1, Math.max(0, frame))] ?? 0));
  });
  return { score, resolution: RESOLUTION };
}

/**
 * Shares for turns that a run of the engine gave, or that were cut out of its turns under other names (channels heard
 * apart): each has those of the run's turn that it lies in, and the run's speakers are called as they are here.
 */
export function turnShares(
  turns: readonly EngineTurn[],
  run: Pick<EngineResult, 'turns' | 'confidence'>,
): (Readonly<Record<string, number>> | undefined)[] {
  const { confidence } = run;
  if (!confidence) return turns.map(() => undefined);
  const places = new Map(run.turns.map((turn, i) => [turn, i]));
  const wholeOf = mostShared(run.turns);
  const from = turns.map((turn) => places.get(turn) ?? wholeOf(turn));
  const names = new Map<string, string>();
  for (const [i, turn] of turns.entries()) if (from[i] >= 0) names.set(run.turns[from[i]].speaker, turn.speaker);
  return from.map((whole) => {
    if (whole < 0) return undefined;
    const shares: Record<string, number> = {};
    for (const [label, share] of Object.entries(confidence.shares[whole])) {
      const name = names.get(label);
      if (name !== undefined) shares[name] = (shares[name] ?? 0) + share;
    }
    return shares;
  });
}
