import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { checkResampler } from '../audio/resample.ts';
import type { Diarization } from '../core/diarization.ts';
import { ModelError } from '../core/errors.ts';
import { type Assembled, assemble } from '../diarize/assemble.ts';
import { checkOptions, diarize as runPipeline } from '../diarize/diarize.ts';
import type { DiarizeOptions } from '../diarize/options.ts';
import { checkSpeed, type Speed } from '../model/embed/loadEmbedding.ts';
import type { ModelFiles, ResolvedModel, Role } from '../model/manifest.ts';
import { type LiveDiarization, type LiveOptions, liveDefaults, liveDiarization } from '../stream/live.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { OpenAudioOptions } from './decode/openAudio.ts';
import { modelHashes } from './models/hashes.ts';
import { type ResolveOptions, resolveModels } from './models/resolve.ts';
import { openRecording, type Recording } from './recording.ts';
import { createRuntime } from './runtime/device.ts';
import type { Device } from './runtime/devices.ts';

export interface DiarizerOptions extends ResolveOptions {
  readonly device?: Device;
  /** Inference threads; as many as there are cores where absent. */
  readonly threads?: number;
  readonly speed?: Speed;
}

export interface RecordingOptions
  extends Omit<DiarizeOptions, 'checkpoint'>,
    Pick<OpenAudioOptions, 'resampler' | 'channel' | 'maxBytes'> {
  readonly signal?: AbortSignal;
  /** A folder: a run that was killed goes on where it was, with the same result. Only for files; see checkpoint.ts. */
  readonly checkpoint?: string;
}

/** Models that are loaded, for any number of recordings. Close it to let its threads go. */
export interface Diarizer {
  readonly model: ResolvedModel;
  /** What runs the networks: `cpu`, `cuda` … */
  readonly device: string;
  diarize(recording: Recording, options?: RecordingOptions): Promise<Diarization>;
  /** Who speaks, while they speak: samples in, beginnings and ends of turns out. Any number at a time. */
  live(options?: LiveOptions): LiveDiarization;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Loads a model and keeps it.
 * @example
 * const diarizer = await createDiarizer({ model: 'embedded' });
 * for (const file of files) console.log(writeRttm({ uri: parse(file).name, turns: (await diarizer.diarize(file)).turns }));
 * await diarizer.close();
 */
export async function createDiarizer(options: DiarizerOptions = {}): Promise<Diarizer> {
  const { device = 'auto', threads = availableParallelism(), speed, signal } = options;
  signal?.throwIfAborted();
  checkSpeed(speed); // before a model is fetched for nothing
  const model = await resolveModels(options);
  signal?.throwIfAborted();
  const runtime = await createRuntime({ device, threads });
  let assembled: Assembled;
  try {
    assembled = await assemble(model, runtime, filesOf(model), { speed });
    signal?.throwIfAborted();
  } catch (error) {
    await runtime.close();
    throw error;
  }

  async function diarize(recording: Recording, recordingOptions: RecordingOptions = {}): Promise<Diarization> {
    const { resampler, channel, maxBytes, checkpoint: folder, ...given } = recordingOptions;
    const rest = defined(given);
    const options = { ...assembled.defaults, ...rest };
    checkOptions(options); // before a recording is fetched for nothing
    checkResampler(resampler);
    const { step, excludeOverlap, onset, regroup } = options;
    const checkpoint =
      folder === undefined
        ? undefined
        : await openCheckpoint(folder, recording, {
            models: await modelHashes(model),
            speed,
            step,
            excludeOverlap,
            onset,
            regroup,
            resampler,
            channel,
          });
    const audio = await openRecording(recording, { resampler, channel, maxBytes, signal: rest.signal });
    try {
      const result = await runPipeline(audio, assembled.models, { ...options, checkpoint });
      await checkpoint?.remove();
      return { ...result, warnings: [...(audio.warnings ?? []), ...result.warnings] };
    } finally {
      await audio.close?.();
    }
  }

  const close = (): Promise<void> => runtime.close();
  const live = (liveOptions: LiveOptions = {}): LiveDiarization =>
    liveDiarization(assembled.models, { ...liveDefaults(assembled.defaults), ...defined(liveOptions) });
  return { model, device: runtime.device, diarize, live, close, [Symbol.asyncDispose]: close };
}

/**
 * Who spoke when in one recording; loads the model for it and lets it go.
 * @example
 * const { turns } = await diarize('meeting.mp3', { numSpeakers: 3 });
 */
export async function diarize(
  recording: Recording,
  options: DiarizerOptions & RecordingOptions = {},
): Promise<Diarization> {
  const diarizer = await createDiarizer(options);
  try {
    return await diarizer.diarize(recording, options);
  } finally {
    await diarizer.close();
  }
}

/** Options that were given: an undefined one must not hide a default. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** A resolved model's files, as its networks are loaded from. */
export function filesOf({ manifest, files }: ResolvedModel): ModelFiles {
  const path = (role: Role): string => {
    const found = files[role];
    if (found === undefined)
      throw new ModelError('model_missing', `The model ${manifest.name} has no file for ${role}.`);
    return found;
  };
  return {
    source: async (role) => ({ path: path(role) }),
    bytes: (role) => readFile(path(role)),
    digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  };
}
