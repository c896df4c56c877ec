import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isSoundName } from '../audio/soundNames.ts';
import { FormatError } from '../core/errors.ts';
import { scoreAt } from '../toolkit/verification/calibration.ts';
import type { Voiceprint } from '../voiceprint/identify.ts';
import { readText } from './readText.ts';
import { openToolkit, type ToolkitOptions } from './toolkit.ts';

/**
 * Enrolled voices: a folder with a recording of each person (`Ada.wav`; several with `Ada.1.wav`, `Ada.2.wav`), one such
 * recording, or the vectors that `diarist embed voices/*.wav -o voices.json` made of them. Names are the files' names.
 */
export interface Voiceprints {
  readonly voiceprints: readonly Voiceprint[];
  /** Cosine at which two voices are as likely one person as two, by the model's calibration; 0.5 where it has none. */
  readonly threshold: number;
}

export async function readVoiceprints(path: string, options: ToolkitOptions = {}): Promise<Voiceprints> {
  const toolkit = await openToolkit(options);
  try {
    const { name: model, verification } = await toolkit.embeddingModel();
    const threshold = verification === undefined ? 0.5 : scoreAt(0.5, verification);
    if (extname(path).toLowerCase() === '.json') return { voiceprints: await readVectors(path, model), threshold };
    const voiceprints: Voiceprint[] = [];
    for (const file of await recordingsOf(path)) {
      const { vector } = await toolkit.embed(file, { signal: options.signal });
      voiceprints.push({ name: nameOf(file), vector });
    }
    return { voiceprints, threshold };
  } finally {
    await toolkit.close();
  }
}

async function recordingsOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new RangeError(`Got --voiceprints ${path}, which is neither a file nor a folder.`);
  if (!found.isDirectory()) return [path];
  const files = (await readdir(path)).filter(isSoundName).sort();
  if (files.length === 0) throw new RangeError(`Got the folder ${path} without a recording of a voice in it.`);
  return files.map((file) => join(path, file));
}

/** `Ada.wav` and `Ada.2.wav` are Ada. */
function nameOf(file: string): string {
  return basename(file, extname(file)).replace(/\.\d+$/, '');
}

async function readVectors(file: string, model: string): Promise<Voiceprint[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readText(file));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new FormatError(`is not JSON: ${cause.message}`, { file }, { cause });
    throw cause;
  }
  const documents = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  const voiceprints = documents.flatMap((document) => {
    const { uri, model: made, embeddings } = (document ?? {}) as Partial<EmbeddingDocument>;
    if (typeof uri !== 'string' || !Array.isArray(embeddings))
      throw new FormatError('holds no voiceprints: expected what `diarist embed voices/*.wav -o voices.json` writes', {
        file,
      });
    if (made !== model)
      throw new RangeError(`Got voiceprints of the model ${made} in ${file} when ${model} listens: make them again.`);
    return embeddings.flatMap((embedding) => {
      const vector = embedding?.vector;
      if (vector === null) return [];
      if (!Array.isArray(vector) || !vector.every(Number.isFinite))
        throw new FormatError(`holds a vector of ${uri} that is not an array of numbers`, { file });
      return [{ name: nameOf(`${uri}.json`), vector: Float32Array.from(vector) }];
    });
  });
  if (voiceprints.length === 0) throw new FormatError('holds no voiceprints', { file });
  return voiceprints;
}

interface EmbeddingDocument {
  readonly uri: string;
  readonly model: string;
  readonly embeddings: readonly ({ readonly vector?: unknown } | null)[];
}
