import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ModelError } from '../../../core/errors.ts';
import { readTranscript } from '../../../transcript/read/readTranscript.ts';
import type { Transcript } from '../../../transcript/transcript.ts';
import { type ModelEnvironment, modelEnvironment } from '../../models/environment.ts';
import { isFile } from '../../models/folder.ts';
import { findModel, presentFiles } from '../../models/store.ts';
import { type RecogniseOptions, type Recogniser, RecogniserError, type Speech } from '../recogniser.ts';
import type { FromRecogniser, Heard, HeardWord, LocalSettings, ToRecogniser } from './messages.ts';

/**
 * Speech to text on this machine by models of transformers.js: a name of `diarist models list` that was pulled, or a folder as
 * the hub has them (config.json, tokenizer.json, onnx/…). The library is big and not a part of this package; it is looked
 * for beside it and beside the program that runs, and loaded in a process of its own: a thread of ONNX Runtime that is ended in
 * the middle of a run takes its process with it. Nothing is fetched, by whatever name.
 */
export interface LocalRecogniserOptions {
  readonly model: string;
  /** For the network; as many as ONNX Runtime likes where absent. */
  readonly threads?: number | undefined;
  readonly env?: ModelEnvironment;
  /** The environment of the model's process; this process's own where absent. */
  readonly processEnv?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** For one stretch; after it the process is ended. */
  readonly timeoutMs?: number;
}

export interface LocalRecogniser extends Recogniser {
  /** Lets the model and its process go. */
  close(): Promise<void>;
}

const LIBRARY = '@huggingface/transformers';
export const LIBRARY_VERSION = '4.3.1';
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './recogniserProcess.ts' : './recogniserProcess.js',
  import.meta.url,
);
/** What Whisper hears at once; other models are cut alike. */
const MAX_STRETCH = 30;

export async function localRecogniser(options: LocalRecogniserOptions): Promise<LocalRecogniser> {
  const { model, threads, env = modelEnvironment(), processEnv = process.env, signal, timeoutMs = 600_000 } = options;
  const folder = await folderOf(model, env);
  const settings: LocalSettings = { folder, library: libraryUrl(), dtype: await dtypeOf(folder), threads };
  const child = fork(fileURLToPath(entry), [JSON.stringify(settings)], {
    serialization: 'advanced',
    execArgv: [],
    env: { ...processEnv, ORT_DISABLE_TELEMETRY: process.env['ORT_DISABLE_TELEMETRY'] ?? '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-1000);
  });
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  let failure: unknown;
  const waiting = new Map<number, { resolve: (heard: Heard) => void; reject: (error: unknown) => void }>();
  let jobs = 0;
  const fail = (error: unknown): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const broken = (cause: unknown) =>
    new RecogniserError('recogniser_failed', `${model} failed: ${textOf(cause)}`, { cause });
  const ended = (): RecogniserError => {
    const last = said.trim().split('\n').at(-1);
    return new RecogniserError('recogniser_failed', `The process of ${model} has ended${last ? `: ${last}` : '.'}`);
  };
  child.on('error', (error) => fail(broken(error)));
  child.on('exit', () => fail(ended()));

  await new Promise<void>((done, refuse) => {
    const stopped = (): void => {
      child.kill('SIGKILL');
      refuse(signal?.reason);
    };
    signal?.addEventListener('abort', stopped, { once: true });
    child.once('error', (error) => refuse(broken(error)));
    child.once('exit', () => refuse(failure));
    child.once('message', (message: FromRecogniser) => {
      signal?.removeEventListener('abort', stopped);
      if (message.type === 'ready') return done();
      child.kill('SIGKILL');
      refuse(
        new ModelError(
          'model_invalid',
          `${model} could not be loaded: ${message.type === 'unable' ? message.message : message.type}`,
        ),
      );
    });
    if (signal?.aborted) stopped();
  });
  child.on('message', (message: FromRecogniser) => {
    if (message.type !== 'heard' && message.type !== 'failed') return;
    const job = waiting.get(message.job);
    waiting.delete(message.job);
    if (message.type === 'heard') job?.resolve(message.heard);
    else job?.reject(broken(message.message));
  });
  const tell = (message: ToRecogniser) => void (child.connected && child.send(message));

  async function recognise(speech: Speech, { language, signal: own }: RecogniseOptions = {}): Promise<Transcript> {
    own?.throwIfAborted();
    if (failure !== undefined) throw failure;
    const job = jobs++;
    const samples = samplesOf(speech);
    let stop: (() => void) | undefined;
    const timer = setTimeout(() => {
      fail(new RecogniserError('recogniser_timeout', `${model} did not answer within ${timeoutMs / 1000} s.`));
      child.kill('SIGKILL');
    }, timeoutMs);
    try {
      const heard = await new Promise<Heard>((done, refuse) => {
        waiting.set(job, { resolve: done, reject: refuse });
        stop = () => {
          waiting.delete(job);
          tell({ type: 'stop', job });
          refuse(own?.reason);
        };
        own?.addEventListener('abort', stop, { once: true });
        tell({ type: 'recognise', job, samples, ...(language === undefined ? {} : { language }) });
      });
      return transcriptOf(heard, speech.duration);
    } finally {
      clearTimeout(timer);
      if (stop) own?.removeEventListener('abort', stop);
    }
  }

  return {
    name: model,
    concurrency: 1,
    maxStretch: MAX_STRETCH,
    recognise,
    close: async () => {
      fail(new RecogniserError('recogniser_failed', `${model} was closed.`));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Words that belong together as segments: up to the end of a sentence or a pause. */
export function transcriptOf({ text, words = [], language }: Heard, duration: number): Transcript {
  const segments: { text: string; start?: number; end?: number; words: object[] }[] = [];
  const within = (time: number) => Math.min(Math.max(0, time), duration);
  let last: HeardWord | undefined;
  for (const word of words) {
    const ended = last === undefined || /[.?!。？！]$/u.test(last.text) || (word.start ?? 0) - (last.end ?? 0) > 1;
    if (ended) segments.push({ text: '', words: [] });
    const segment = segments[segments.length - 1];
    segment.text += word.text;
    const { start, end, confidence } = word;
    if (start !== undefined) segment.start ??= within(start);
    if (end !== undefined) segment.end = Math.max(segment.start ?? 0, within(end));
    segment.words.push({
      word: word.text.trim(),
      ...(start === undefined ? {} : { start: within(start) }),
      ...(end === undefined ? {} : { end: within(end) }),
      ...(confidence === undefined ? {} : { probability: confidence }),
    });
    last = word;
  }
  const source =
    segments.length > 0 ? segments : text.trim() === '' ? [] : [{ text, start: 0, end: duration, words: [] }];
  return readTranscript(
    { segments: source, ...(language === undefined ? {} : { language }) },
    { duration, unit: 's', format: 'whisperx' },
  );
}

/** 16-bit samples of a WAV file as `transcribe` makes them. */
function samplesOf({ wav }: Speech): Float32Array<ArrayBuffer> {
  const pcm = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + (wav.length & ~1)));
  return Float32Array.from(pcm, (value) => value / 32768);
}

async function folderOf(model: string, env: ModelEnvironment): Promise<string> {
  const own = resolve(model);
  if (await isFile(join(own, 'config.json'))) return own;
  const found = await findModel(model, env);
  const { name, task, files } = found.manifest;
  if (task !== 'recognition')
    throw new ModelError('model_invalid', `The model ${name} is for ${task}: it does not recognise speech.`);
  const here = await presentFiles(found, env);
  const missing = Object.keys(files).some((role) => !(role in here));
  if (missing || here['asr-config'] === undefined)
    throw new ModelError(
      'model_missing',
      `The model '${name}' is not on this machine: run diarist models pull ${name}.`,
    );
  return dirname(here['asr-config']);
}

/** How the numbers of a model are stored, by the names of its files: the first of these that is there. */
const DTYPES = { fp32: '', fp16: '_fp16', q8: '_quantized', int8: '_int8', uint8: '_uint8', q4: '_q4' } as const;

async function dtypeOf(folder: string): Promise<string> {
  for (const [dtype, suffix] of Object.entries(DTYPES))
    for (const network of ['encoder_model', 'model'])
      if (await isFile(join(folder, 'onnx', `${network}${suffix}.onnx`))) return dtype;
  const { architectures = [] } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as {
    architectures?: string[];
  };
  throw new ModelError(
    'model_invalid',
    `${folder} has no network onnx/encoder_model.onnx or onnx/model.onnx${architectures.length > 0 ? ` of its ${architectures.join(', ')}` : ''}.`,
  );
}

/** Where the library is: beside this package, or in the folder where the program was started. */
function libraryUrl(): string {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    try {
      return pathToFileURL(createRequire(from).resolve(LIBRARY)).href;
    } catch {
      // not there: try the next
    }
  }
  throw new RecogniserError(
    'recogniser_missing',
    `Recognition on this machine needs the package ${LIBRARY} (about 470 MB), which is not installed: npm install ${LIBRARY}@${LIBRARY_VERSION}, or use a server or a program (--asr-url, --asr-command).`,
  );
}

function textOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
