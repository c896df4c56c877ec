/**
 * The segmentation network names a *set* of speakers a frame: nobody, one of them, or a pair.
 * This turns its scores into one column a speaker:
 *
 *   class   0   1    2    3    4      5      6
 *   set     {}  {0}  {1}  {2}  {0,1}  {0,2}  {1,2}      (3 speakers, at most 2 at a time)
 *
 * pyannote.audio 4.0.7 `utils/powerset.py:Powerset`; Plaquet & Bredin 2023, "Powerset multi-class cross entropy loss".
 */

export interface Powerset {
  readonly numSpeakers: number;
  readonly numClasses: number;
  /** Row-major membership: `mapping[class * numSpeakers + speaker]` is 1 where the set holds the speaker. */
  readonly mapping: Uint8Array;
}

/** The sets of up to `maxSimultaneous` of `numSpeakers` speakers: smaller sets first, then in lexical order. */
export function powerset(numSpeakers: number, maxSimultaneous: number): Powerset {
  if (!(maxSimultaneous >= 1 && maxSimultaneous <= numSpeakers))
    throw new RangeError(`Got ${maxSimultaneous} speakers at a time when there are ${numSpeakers} in a chunk.`);
  const sets: number[][] = [];
  for (let size = 0; size <= maxSimultaneous; size++) sets.push(...combinations(numSpeakers, size));
  const mapping = new Uint8Array(sets.length * numSpeakers);
  sets.forEach((set, index) => {
    for (const speaker of set) mapping[index * numSpeakers + speaker] = 1;
  });
  return { numSpeakers, numClasses: sets.length, mapping };
}

/** All sets of `size` out of 0..n-1, in lexical order (Python's `itertools.combinations`). */
function combinations(n: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  const sets: number[][] = [];
  for (let first = from; first <= n - size; first++)
    for (const rest of combinations(n, size - 1, first + 1)) sets.push([first, ...rest]);
  return sets;
}

/**
 * Hard decision: the most likely set of each frame (the first of equals), as 0/1 a speaker.
 * `scores[frame * numClasses + class]` → `active[frame * numSpeakers + speaker]`; `to_multilabel(soft=False)`.
 */
export function decodeHard({ numSpeakers, numClasses, mapping }: Powerset, scores: Float32Array): Uint8Array {
  const numFrames = scores.length / numClasses;
  const active = new Uint8Array(numFrames * numSpeakers);
  for (let frame = 0; frame < numFrames; frame++) {
    const row = frame * numClasses;
    let best = 0;
    for (let c = 1; c < numClasses; c++) if (scores[row + c] > scores[row + best]) best = c;
    for (let s = 0; s < numSpeakers; s++) active[frame * numSpeakers + s] = mapping[best * numSpeakers + s];
  }
  return active;
}
