/**
 * The scores of some windows of a recording of unknown length: as many as there is room for, at equal distances. When
 * the room is used up, every other one is let go and from then on half as many are kept.
 */
export interface WindowScores {
  /** Scores of consecutive windows, (window, …), in any order of batches. */
  add(firstChunk: number, numChunks: number, scores: Float32Array): void;
  /** Windows that are a multiple of this are kept. */
  every(): number;
  /** Kept windows in order, each with its scores. */
  kept(): readonly (readonly [chunk: number, scores: Float32Array])[];
}

export function windowScores({ maxWindows = 180 }: { readonly maxWindows?: number } = {}): WindowScores {
  const windows = new Map<number, Float32Array>();
  let every = 1;

  function add(firstChunk: number, numChunks: number, scores: Float32Array): void {
    const size = scores.length / numChunks;
    for (let i = 0; i < numChunks; i++) {
      if ((firstChunk + i) % every !== 0) continue;
      windows.set(firstChunk + i, scores.slice(i * size, (i + 1) * size));
      while (windows.size > maxWindows) {
        every *= 2;
        for (const chunk of [...windows.keys()]) if (chunk % every !== 0) windows.delete(chunk);
      }
    }
  }

  return {
    add,
    every: () => every,
    kept: () => [...windows].sort(([a], [b]) => a - b),
  };
}
