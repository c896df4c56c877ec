import { createHash } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SpeechStore, StretchSpeech } from '../diarize/keptSpeech.ts';
import { readNpz, writeNpz } from '../model/npy.ts';
import { openingFailed, webUrl } from './decode/input.ts';
import { makeFolders } from './makeFolders.ts';
import type { Recording } from './recording.ts';
import { outputError } from './writeWhole.ts';

/**
 * A run of hours that can be killed at any moment: what the networks found is written to a folder, a file for each
 * stretch of a minute or so, and a later run of the same recording with the same model and options reads it instead.
 *
 *   FOLDER/<hash of recording, model and options>/00000064.npz
 *
 * A file appears whole or not at all (it is written beside and renamed). When the run has ended its folder is removed.
 */
export interface Checkpoint extends SpeechStore {
  /** Forgets everything: the run has ended. */
  remove(): Promise<void>;
}

/** Of the arrays in a file: what was kept in another one is not looked at. */
const LAYOUT = 3;

/** The path of a recording that is a file, named by it or by a file: URL. */
function fileNameOf(recording: Recording): string | undefined {
  const url = recording instanceof URL ? recording : typeof recording === 'string' ? webUrl(recording) : undefined;
  if (url !== undefined) return url.protocol === 'file:' ? fileURLToPath(url) : undefined;
  return typeof recording === 'string' ? recording : undefined;
}

/** @param options whatever else the networks' results depend on; anything that JSON can hold */
export async function openCheckpoint(folder: string, recording: Recording, options: object): Promise<Checkpoint> {
  const named = fileNameOf(recording);
  if (named === undefined)
    throw new RangeError('A checkpoint needs a recording that is a file: only then can a later run know it again.');
  const path = resolve(named);
  const { size, mtimeMs } = await stat(path).catch((cause) => {
    throw openingFailed(named, cause);
  });
  const key = JSON.stringify({ layout: LAYOUT, path, size, mtimeMs, ...options });
  const place = join(folder, createHash('sha256').update(key).digest('hex').slice(0, 24));
  try {
    makeFolders(place);
  } catch (cause) {
    throw outputError(place, cause);
  }
  const fileOf = (firstChunk: number): string => join(place, `${String(firstChunk).padStart(8, '0')}.npz`);

  async function load(firstChunk: number): Promise<StretchSpeech | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(fileOf(firstChunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const { talking, chunk, speaker, numSolo, vectors, ...turns } = readNpz(bytes, { name: fileOf(firstChunk) });
    return {
      firstChunk,
      talking: talking.data as Uint8Array,
      chunk: chunk.data as Int32Array,
      speaker: speaker.data as Int32Array,
      numSolo: numSolo.data as Int32Array,
      vectors: vectors.data as Float32Array,
      ...(turns['turnSpans'] === undefined
        ? {}
        : {
            turns: {
              spans: turns['turnSpans'].data as Int32Array,
              weights: turns['turnWeights'].data as Float32Array,
              vectors: turns['turnVectors'].data as Int8Array,
            },
          }),
    };
  }

  async function save({ firstChunk, talking, chunk, speaker, numSolo, vectors, turns }: StretchSpeech): Promise<void> {
    const file = fileOf(firstChunk);
    const integers = (data: Int32Array) => ({ kind: '<i4', shape: [data.length], data }) as const;
    const floats = (data: Float32Array) => ({ kind: '<f4', shape: [data.length], data }) as const;
    const bytes = writeNpz({
      talking: { kind: '|u1', shape: [talking.length], data: talking },
      chunk: integers(chunk),
      speaker: integers(speaker),
      numSolo: integers(numSolo),
      vectors: floats(vectors),
      ...(turns && {
        turnSpans: integers(turns.spans),
        turnWeights: floats(turns.weights),
        turnVectors: { kind: '|i1', shape: [turns.vectors.length], data: turns.vectors },
      }),
    });
    try {
      await writeFile(`${file}.part`, bytes);
      await rename(`${file}.part`, file);
    } catch (cause) {
      throw outputError(file, cause);
    }
  }

  return { load, save, remove: () => rm(place, { recursive: true, force: true }) };
}
