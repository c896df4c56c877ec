import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Recogniser, Transcript } from 'diarist';
import type { JobErrorCode } from '../contract/jobs.ts';
import type { LoadedModel } from '../loadedModel.ts';
import type { EngineDiarizer, EngineModule } from './engine.ts';
import { Failure, hear } from './hear.ts';
import type { FromInference, RunOptions, RunResult, ToInference } from './messages.ts';

/**
 * The inference process: `node inference.js ENGINE MODEL DEVICE THREADS`, started by a worker, one job at a time.
 *
 *   run ─► hear.ts ─► done | failed          recognise ─► the worker's recogniser ─► recognised
 */
const [engineName, model, device, threads] = process.argv.slice(2);
const send = (message: FromInference) => process.send?.(message);

let running: Running | undefined;

interface Running {
  readonly run: number;
  readonly controller: AbortController;
  readonly away: ReturnType<typeof awayRecogniser>;
}

async function start(): Promise<void> {
  const engine = (await import(engineName)) as EngineModule;
  const diarizer = await engine.createDiarizer({ model, device, threads: Number(threads) || undefined });
  process.on('message', (message: ToInference) => {
    if (message.type === 'run') {
      const controller = new AbortController();
      const away = awayRecogniser(message.run, message.options);
      running = { run: message.run, controller, away };
      runOne(engine, diarizer, message.file, message.options, running)
        .then((result) => send({ type: 'done', run: message.run, result }))
        .catch((error: unknown) => send({ type: 'failed', run: message.run, ...explain(error, message.file) }))
        .finally(() => {
          running = undefined;
        });
    } else if (running?.run !== message.run) return;
    else if (message.type === 'cancel') running.controller.abort(new Error('canceled'));
    else running.away.answered(message);
  });
  send({ type: 'ready', model: describe(diarizer) });
}

// The worker went away: there is nobody left to work for. A signal to all of our group (Ctrl-C in a terminal, a service
// manager) is the worker's to answer: it may let the job end first.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

start().catch((error: unknown) => {
  send({ type: 'unable', message: error instanceof Error ? error.message : String(error) });
  setTimeout(() => process.exit(1), 50);
});

async function runOne(
  engine: EngineModule,
  diarizer: EngineDiarizer,
  file: string,
  options: RunOptions,
  { run, controller: { signal }, away }: Running,
): Promise<RunResult> {
  const { unspoken, ...result } = await hear(engine, diarizer, file, options, {
    signal,
    report: (stage, progress) => send({ type: 'progress', run, stage, progress }),
    recogniser: away.recogniser,
  });
  // Where the worker's recogniser failed, the worker knows why; anything else is a fault of ours.
  if (unspoken !== undefined && !(unspoken instanceof Unrecognised)) throw unspoken;
  return result;
}

class Unrecognised extends Error {
  override readonly name = 'Unrecognised';
}

/** The worker's recogniser, as the engine sees it here. */
function awayRecogniser(run: number, { transcription }: RunOptions) {
  const waiting = new Map<number, { done: (transcript: Transcript) => void; fail: (error: unknown) => void }>();
  let sent = 0;
  const recogniser: Recogniser = {
    name: 'recogniser',
    concurrency: transcription?.concurrency ?? 1,
    maxStretch: transcription?.maxStretch ?? Number.POSITIVE_INFINITY,
    recognise: (sound, { language, signal } = {}) =>
      new Promise<Transcript>((done, fail) => {
        const speech = ++sent;
        waiting.set(speech, { done, fail });
        signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
        send({ type: 'recognise', run, speech, sound, ...(language === undefined ? {} : { language }) });
      }),
  };
  return {
    recogniser,
    answered(message: Extract<ToInference, { type: 'recognised' | 'unrecognised' }>): void {
      if (message.type === 'unrecognised') {
        for (const { fail } of waiting.values()) fail(new Unrecognised('The recogniser failed.'));
        waiting.clear();
        return;
      }
      waiting.get(message.speech)?.done(message.transcript);
      waiting.delete(message.speech);
    },
  };
}

function describe({ model: { manifest } }: EngineDiarizer): LoadedModel {
  const roles = Object.keys(manifest.files).sort();
  const hash = (chosen: readonly string[]) => {
    const digest = createHash('sha256');
    for (const role of chosen) digest.update(`${role} ${manifest.files[role]?.sha256 ?? ''}\n`);
    return digest.digest('hex');
  };
  const id = `${manifest.name}-${manifest.version}`;
  const { verification } = manifest;
  return {
    id,
    license: manifest.licences.map((licence) => licence.id).join(' AND '),
    sha256: hash(roles),
    embedding: { id: `${id}-embedding`, sha256: hash(roles.filter((role) => role.startsWith('embedding'))) },
    ...(verification ? { verification: { slope: verification.slope, intercept: verification.intercept } } : {}),
  };
}

const CODES: Readonly<Record<string, JobErrorCode>> = {
  audio_not_found: 'media_not_found',
  audio_empty: 'too_short',
  audio_no_sound_track: 'no_audio_stream',
  audio_unreadable: 'decode_failed',
  audio_not_audio: 'decode_failed',
  audio_truncated: 'decode_failed',
  audio_decoder_missing: 'decode_failed',
  audio_invalid: 'decode_failed',
  out_of_memory: 'out_of_memory',
};

/** What the client reads: a code and a sentence without a path of this machine. */
function explain(error: unknown, file: string): { code: JobErrorCode; message: string } {
  if (error instanceof Failure) return { code: error.code, message: error.message };
  const { code, message = '' } = error as { code?: string; message?: string };
  const known = code === undefined ? undefined : CODES[code];
  if (!known) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { code: 'internal', message: 'Something went wrong while the recording was processed' };
  }
  const clean = message.replaceAll(file, 'the file').replaceAll(basename(file), 'the file');
  return { code: known, message: known === 'decode_failed' ? `Could not decode the audio: ${clean}` : clean };
}
