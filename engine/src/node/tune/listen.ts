import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AudioError, OutputError } from '../../core/errors.ts';
import { type Assembled, assemble } from '../../diarize/assemble.ts';
import { type LocalSpeech, localSpeech } from '../../diarize/localSpeech.ts';
import type { DiarizeOptions } from '../../diarize/options.ts';
import type { Speed } from '../../model/embed/loadEmbedding.ts';
import type { ResolvedModel } from '../../model/manifest.ts';
import type { Runtime } from '../../model/runtime.ts';
import { type OpenAudioOptions, openAudio } from '../decode/openAudio.ts';
import { filesOf } from '../diarizer.ts';
import { makeFolders } from '../makeFolders.ts';
import { digest, modelHashes } from '../models/hashes.ts';
import { createRuntime } from '../runtime/device.ts';
import type { Device } from '../runtime/devices.ts';
import { writeWhole } from '../writeWhole.ts';
import { decodeSpeech, encodeSpeech } from './speechFile.ts';

/**
 * The networks, run once for each recording: what they heard is kept in a folder under a name made of everything that
 * it depends on - the recording's bytes, the model files' bytes, the step and the other options. Nothing there is ever
 * wrong, only unused: the folder may be deleted at any time.
 */
export interface ListenOptions extends Pick<OpenAudioOptions, 'resampler' | 'channel'> {
  readonly device?: Device;
  readonly threads?: number;
  readonly speed?: Speed;
  /** A folder, made if it isn't there; nothing is kept where absent. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
}

export interface Listener {
  /** A number for what was heard, whoever asks: hashes of the models' files and the options. */
  readonly key: string;
  /** Whether the segmentation network gives sets of speakers, for which onset means nothing. */
  powerset(): Promise<boolean>;
  hear(audio: string, onset: number, observe?: DiarizeOptions['observe']): Promise<Heard>;
  close(): Promise<void>;
}

export interface Heard {
  readonly speech: LocalSpeech;
  /** Whether it was found in the cache. */
  readonly cached: boolean;
  /** What was odd about the recording, such as an end that is missing. */
  readonly warnings: readonly string[];
}

export async function createListener(model: ResolvedModel, options: ListenOptions = {}): Promise<Listener> {
  const { device = 'auto', threads = availableParallelism(), speed, cache, signal, ...hearing } = options;
  const { manifest, parameters } = model;
  const depends = {
    version: 2,
    models: await modelHashes(model),
    windowDuration: manifest.windowDuration,
    powerset: manifest.powerset,
    fbankMean: manifest.embedding?.fbankMean,
    minNumSamples: manifest.embedding?.minNumSamples,
    step: parameters.segmentation_step,
    excludeOverlap: parameters.embedding_exclude_overlap,
    regroup: parameters.embedding_regroup_turns ? manifest.embedding?.turns : undefined,
    speed: speed ?? 'exact',
    resampler: hearing.resampler ?? 'torchaudio',
    channel: hearing.channel ?? 'all',
  };
  if (cache !== undefined) makeFolder(cache);
  let runtime: Runtime | undefined;
  let loaded: Promise<Assembled> | undefined;
  const load = (): Promise<Assembled> => {
    loaded ??= (async () => {
      runtime = await createRuntime({ device, threads });
      return assemble(model, runtime, filesOf(model), { speed });
    })();
    return loaded;
  };
  const powerset = async (): Promise<boolean> =>
    (manifest.powerset?.maxSimultaneous ?? (await load()).models.segmentation.maxSimultaneous) > 0;

  async function hear(audio: string, onset: number, observe?: DiarizeOptions['observe']): Promise<Heard> {
    const heardAt = (await powerset()) ? undefined : onset;
    const name = digest(JSON.stringify({ ...depends, onset: heardAt, audio: await fileHash(audio) }));
    const file = cache === undefined ? undefined : join(cache, `${name.slice(0, 32)}.speech`);
    const kept = file === undefined ? undefined : decodeSpeech(await readFile(file).catch(() => Buffer.alloc(0)));
    if (kept !== undefined) return { speech: kept, cached: true, warnings: kept.warnings ?? [] };
    const { models, defaults } = await load();
    const stream = await openAudio(audio, { ...hearing, signal });
    try {
      const speech = await localSpeech(stream, models, { ...defaults, onset, signal, observe });
      const warnings = [...stream.warnings];
      if (file !== undefined) await writeWhole(file, encodeSpeech({ ...speech, warnings }));
      return { speech, cached: false, warnings };
    } finally {
      await stream.close?.();
    }
  }

  return {
    key: digest(JSON.stringify(depends)),
    powerset,
    hear,
    close: async () => {
      await loaded?.catch(() => undefined);
      await runtime?.close();
    },
  };
}

export async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw missing
      ? new AudioError('audio_not_found', `There is no file ${file}.`, { cause: error })
      : new AudioError('audio_unreadable', `${file} can't be read: ${(error as Error).message}.`, { cause: error });
  }
  return hash.digest('hex');
}

function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    throw new OutputError('output_unwritable', `Can't make the folder ${path}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
