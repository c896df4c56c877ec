import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Audio, AudioStream } from '../core/audio.ts';
import { observed } from '../core/observed.ts';
import { timelineDuration } from '../core/timeline.ts';
import type { Turn } from '../core/turn.ts';
import { loadEmbedding } from '../model/embed/loadEmbedding.ts';
import type { EmbeddingModel } from '../model/embedding.ts';
import { loadSegmentation } from '../model/loadSegmentation.ts';
import type { ModelManifest, ResolvedModel, Role } from '../model/manifest.ts';
import type { Runtime } from '../model/runtime.ts';
import type { SegmentationModel } from '../model/segmentation.ts';
import {
  embedWhole,
  embedWindows,
  type RecordingEmbedding,
  type WindowEmbeddings,
} from '../toolkit/embedding/embedRecording.ts';
import { embedTurns, type TurnEmbeddings } from '../toolkit/embedding/embedTurns.ts';
import { type Detection, type DetectOptions, detectOverlap, detectSpeech } from '../toolkit/segmentation/detect.ts';
import { type ChangeDetection, type ChangeOptions, detectChanges } from '../toolkit/segmentation/speakerChange.ts';
import {
  type SpeakerSegmentation,
  type SpeakerSegmentationOptions,
  segmentSpeakers,
} from '../toolkit/segmentation/speakerSegmentation.ts';
import type { WindowOptions } from '../toolkit/segmentation/windowScores.ts';
import { detectSpeechSilero } from '../toolkit/silero/detectSpeech.ts';
import { type SileroModel, sileroModel } from '../toolkit/silero/sileroModel.ts';
import type { SpeechSpansOptions } from '../toolkit/silero/speechSpans.ts';
import type { OpenAudioOptions } from './decode/openAudio.ts';
import { filesOf } from './diarizer.ts';
import { isFile } from './models/folder.ts';
import { type ResolveOptions, resolveModels } from './models/resolve.ts';
import { openRecording, type Recording } from './recording.ts';
import { createRuntime } from './runtime/device.ts';
import type { Device } from './runtime/devices.ts';

/**
 * The single tasks around diarization, on files. Networks are loaded when a task first needs them and stay until
 * `close()`.
 */
export interface ToolkitOptions
  extends Pick<ResolveOptions, 'model' | 'segmentation' | 'embedding' | 'acceptLicences' | 'env' | 'onProgress'> {
  /** Silero VAD: a name of the catalogue, a folder or an ONNX file. `silero-vad` where absent. */
  readonly silero?: string;
  readonly device?: Device;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

type Hearing = Pick<OpenAudioOptions, 'resampler' | 'channel' | 'maxBytes'> & { readonly signal?: AbortSignal };

/** What a task found, and one sentence for each oddity of the recording: cut off, damaged, not a number. */
export type Heard<T> = T & { readonly warnings: readonly string[] };

export interface Toolkit {
  speech(recording: Recording, options?: DetectOptions & Hearing): Promise<Heard<Detection>>;
  speechSilero(
    recording: Recording,
    options?: SpeechSpansOptions & Pick<WindowOptions, 'observe'> & Hearing,
  ): Promise<Heard<Detection>>;
  overlap(recording: Recording, options?: DetectOptions & Hearing): Promise<Heard<Detection>>;
  changes(recording: Recording, options?: ChangeOptions & Hearing): Promise<Heard<ChangeDetection>>;
  segment(recording: Recording, options?: SpeakerSegmentationOptions & Hearing): Promise<Heard<SpeakerSegmentation>>;
  embed(recording: Recording, options?: Pick<WindowOptions, 'observe'> & Hearing): Promise<Heard<RecordingEmbedding>>;
  embedWindows(
    recording: Recording,
    options?: WindowOptions & { readonly duration?: number } & Hearing,
  ): Promise<Heard<WindowEmbeddings>>;
  embedTurns(
    recording: Recording,
    turns: readonly Turn[],
    options?: Pick<WindowOptions, 'observe'> & Hearing,
  ): Promise<Heard<TurnEmbeddings>>;
  /** Seconds of speech, heard by the network in the package whatever the model is: is there a voice at all? */
  speechDuration(recording: Recording, options?: Hearing): Promise<number>;
  /** What gives the embeddings: its name, its identity, and how its scores become probabilities, if that is known. */
  embeddingModel(): Promise<LoadedEmbedding>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @example
 * const toolkit = await openToolkit();
 * const { segments } = await toolkit.speech('meeting.mp3', { minDurationOff: 0.3 });
 * await toolkit.close();
 */
export async function openToolkit(options: ToolkitOptions = {}): Promise<Toolkit> {
  const { device = 'auto', threads = availableParallelism() } = options;
  const runtime = await createRuntime({ device, threads });
  const segmentation = once(() => openSegmentationModel(options, runtime));
  const ownSegmentation = once(() => openSegmentationModel({ env: options.env, signal: options.signal }, runtime));
  const embedding = once(() => openEmbeddingModel(options, runtime));
  const silero = once(() => openSileroModel(options, runtime));

  async function hear<T extends object, O extends Hearing & Pick<WindowOptions, 'observe'>>(
    recording: Recording,
    options: O,
    task: (audio: AudioStream, told: O) => Promise<T>,
  ): Promise<Heard<T>> {
    const { resampler, channel, maxBytes, signal } = options;
    const audio = await openRecording(recording, { resampler, channel, maxBytes, signal });
    try {
      const found = await observed(options.observe, (observe) => task(audio, { ...options, observe }));
      return { ...found, warnings: [...(audio.warnings ?? [])] };
    } finally {
      await audio.close?.();
    }
  }

  const close = (): Promise<void> => runtime.close();
  return {
    speech: async (recording, own = {}) => {
      const network = await segmentation();
      return hear(recording, own, (audio, told) => detectSpeech(audio, network, told));
    },
    speechSilero: async (recording, own = {}) => {
      const network = await silero();
      return hear(recording, own, (audio, told) => detectSpeechSilero(audio, network, told));
    },
    overlap: async (recording, own = {}) => {
      const network = await segmentation();
      return hear(recording, own, (audio, told) => detectOverlap(audio, network, told));
    },
    changes: async (recording, own = {}) => {
      const network = await segmentation();
      return hear(recording, own, (audio, told) => detectChanges(audio, network, told));
    },
    segment: async (recording, own = {}) => {
      const network = await segmentation();
      return hear(recording, own, (audio, told) => segmentSpeakers(audio, network, told));
    },
    embed: async (recording, own = {}) => {
      const { network } = await embedding();
      return hear(recording, own, (audio, told) => embedWhole(audio, network, told));
    },
    embedWindows: async (recording, own = {}) => {
      const { network } = await embedding();
      return hear(recording, own, (audio, told) => embedWindows(audio, network, told));
    },
    embedTurns: async (recording, turns, own = {}) => {
      const { network } = await embedding();
      return hear(recording, own, (audio, told) => embedTurns(audio, network, turns, told));
    },
    speechDuration: async (recording, own = {}) => {
      const network = await ownSegmentation();
      const { segments } = await hear(recording, own, (audio) => detectSpeech(audio, network, { signal: own.signal }));
      return timelineDuration(segments);
    },
    embeddingModel: embedding,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export interface LoadedEmbedding {
  /** For people. */
  readonly name: string;
  /** Vectors may be compared where this is the same. */
  readonly id: string;
  readonly network: EmbeddingModel;
  readonly verification: ModelManifest['verification'];
}

type Choice = Omit<ToolkitOptions, 'device' | 'threads'>;

export async function openSegmentationModel(choice: Choice, runtime: Runtime): Promise<SegmentationModel> {
  const resolved = await resolveModels({ ...choice, embedding: undefined, task: 'segmentation' });
  return loadSegmentation(resolved, runtime, filesOf(resolved));
}

/** The frames that masks are given on. Whole stretches of sound have masks of ones, so any will do. */
const MASK_GRID = { start: 0, duration: 991 / 16000, step: 270 / 16000 };

export async function openEmbeddingModel(choice: Choice, runtime: Runtime): Promise<LoadedEmbedding> {
  const resolved = await resolveModels({ ...choice, segmentation: undefined, task: 'embedding' });
  const network = await loadEmbedding(resolved, runtime, filesOf(resolved), { maskGrid: MASK_GRID });
  return { ...identityOf(resolved), network, verification: resolved.manifest.verification };
}

export async function openSileroModel(
  { silero: wanted = 'silero-vad', ...choice }: Choice,
  runtime: Runtime,
): Promise<SileroModel> {
  if (await isFile(wanted)) return sileroModel(await runtime.load({ path: wanted }));
  const resolved = await resolveModels({
    ...choice,
    model: wanted,
    segmentation: undefined,
    embedding: undefined,
    task: 'vad',
  });
  return sileroModel(await runtime.load(await filesOf(resolved).source('vad')));
}

/** The name and version of a model; of single files, the file's name. The contents decide in either case. */
function identityOf({ manifest, files }: ResolvedModel): Pick<LoadedEmbedding, 'name' | 'id'> {
  const roles = (Object.keys(files) as Role[]).filter((role) => role.startsWith('embedding')).sort();
  const hashes = roles.map((role) => manifest.files[role]?.sha256?.slice(0, 12) ?? basename(files[role] ?? ''));
  const given = manifest.version === '0' && manifest.name === 'local files';
  const name = given ? basename(files[roles[0]] ?? '') : `${manifest.name} ${manifest.version}`;
  return { name, id: hashes.join('+') };
}

/** A recording as samples in memory, to be heard more than once. */
export async function readSamples(recording: Recording, options: Hearing = {}): Promise<Heard<Audio>> {
  const audio = await openRecording(recording, options);
  const blocks: Float32Array[] = [];
  try {
    for await (const block of audio.blocks) blocks.push(block);
  } finally {
    await audio.close?.();
  }
  const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return { sampleRate: audio.sampleRate, samples, warnings: [...(audio.warnings ?? [])] };
}

/** Does something when first asked to, and gives its result from then on. What failed is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
