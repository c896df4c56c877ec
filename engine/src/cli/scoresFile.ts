import { join } from 'node:path';
import { type NpyData, writeNpy } from '../model/npy.ts';
import { writeWhole } from '../node/writeWhole.ts';
import type { InputRecording } from './inputs.ts';
import { checkPlace, isFolder, makeFolder, refuseSamePlace, refuseSameTarget } from './outputs.ts';

/** Numbers that a command writes beside its result (--scores): a NumPy array, or JSON that also says where they lie. */
export interface Scores {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
  /** Put into the JSON as it is: grids, names. */
  readonly facts: object;
}

/** Where each recording's scores go: the file itself, or a file each in a folder, and not where its result goes. */
export function scoresPlace(
  path: string,
  inputs: readonly Pick<InputRecording, 'uri' | 'label'>[],
  result: (input: Pick<InputRecording, 'uri'>) => string,
): (input: Pick<InputRecording, 'uri'>) => string {
  if (isFolder(path)) {
    const target = ({ uri }: Pick<InputRecording, 'uri'>) => join(path, `${uri}.npy`);
    refuseSameTarget(inputs, target);
    makeFolder(path);
    return target;
  }
  if (inputs.length > 1)
    throw new RangeError(`Got one file, ${path}, for the scores of ${inputs.length} recordings: name a folder/.`);
  if (!/\.(npy|json)$/i.test(path))
    throw new RangeError(`Got '${path}' for the scores; expected a name that ends in .npy or .json, or a folder/.`);
  refuseSamePlace([path, ...inputs.map(result)]);
  checkPlace(path);
  return () => path;
}

export async function writeScores(path: string, { shape, data, facts }: Scores): Promise<void> {
  if (!path.toLowerCase().endsWith('.json')) {
    const kind = data instanceof Uint8Array ? '|u1' : '<f4';
    return writeWhole(path, writeNpy({ kind, shape, data: data as NpyData }));
  }
  await writeWhole(path, `${JSON.stringify({ ...facts, shape, scores: Array.from(data) })}\n`);
}
