import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type NpyData, writeNpy } from '../model/npy.ts';
import { writeWhole } from '../node/writeWhole.ts';

/** Numbers that a command writes beside its result (--scores): a NumPy array, or JSON that also says where they lie. */
export interface Scores {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
  /** Put into the JSON as it is: grids, names. */
  readonly facts: object;
}

/** Where each recording's scores go: the file itself, or a file each in a folder. */
export function scoresPlace(path: string, numRecordings: number): (uri: string) => string {
  const folder = /[/\\]$/.test(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (folder) {
    mkdirSync(path, { recursive: true });
    return (uri) => join(path, `${uri}.npy`);
  }
  if (numRecordings > 1)
    throw new RangeError(`Got one file, ${path}, for the scores of ${numRecordings} recordings: name a folder/.`);
  if (!/\.(npy|json)$/i.test(path))
    throw new RangeError(`Got '${path}' for the scores; expected a name that ends in .npy or .json, or a folder/.`);
  return () => path;
}

export async function writeScores(path: string, { shape, data, facts }: Scores): Promise<void> {
  if (!path.toLowerCase().endsWith('.json')) {
    const kind = data instanceof Uint8Array ? '|u1' : '<f4';
    return writeWhole(path, writeNpy({ kind, shape, data: data as NpyData }));
  }
  await writeWhole(path, `${JSON.stringify({ ...facts, shape, scores: Array.from(data) })}\n`);
}
