import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { JobErrorCode, Stage } from '../contract/jobs.ts';
import { addBlock, distinctChannels, startSums } from './channels.ts';
import { createFrameConfidence, turnShares, type Votes } from './confidence.ts';
import type { EngineDiarizer, EngineEvent, EngineModule, EngineResult } from './engine.ts';
import type {
  FromInference,
  LoadedModel,
  RunOptions,
  RunResult,
  RunSpeaker,
  RunTurn,
  ToInference,
} from './messages.ts';

/**
 * The inference process: `node inference.js ENGINE MODEL DEVICE THREADS`, started by a worker, one job at a time.
 *
 *   run ─► channels (decoding) ─► engine.diarize, once a channel ─► confidence ─► done | failed
 */
const [engineName, model, device, threads] = process.argv.slice(2);
const send = (message: FromInference) => process.send?.(message);

class Failure extends Error {
  readonly code: JobErrorCode;
  constructor(code: JobErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

let running: { run: number; controller: AbortController } | undefined;

async function start(): Promise<void> {
  const engine = (await import(engineName)) as EngineModule;
  const diarizer = await engine.createDiarizer({ model, device, threads: Number(threads) || undefined });
  process.on('message', (message: ToInference) => {
    if (message.type === 'cancel') {
      if (running?.run === message.run) running.controller.abort(new Error('canceled'));
      return;
    }
    const controller = new AbortController();
    running = { run: message.run, controller };
    run(engine, diarizer, message.file, message.options, message.run, controller.signal)
      .then((result) => send({ type: 'done', run: message.run, result }))
      .catch((error: unknown) => send({ type: 'failed', run: message.run, ...explain(error, message.file) }))
      .finally(() => {
        running = undefined;
      });
  });
  send({ type: 'ready', model: describe(diarizer) });
}

// The worker went away: there is nobody left to work for.
process.on('disconnect', () => process.exit(0));

start().catch((error: unknown) => {
  send({ type: 'unable', message: error instanceof Error ? error.message : String(error) });
  setTimeout(() => process.exit(1), 50);
});

async function run(
  engine: EngineModule,
  diarizer: EngineDiarizer,
  file: string,
  options: RunOptions,
  run: number,
  signal: AbortSignal,
): Promise<RunResult> {
  const report = (stage: Stage, progress: number) => send({ type: 'progress', run, stage, progress });
  report('decoding', 0);
  const sound = await lookAtChannels(engine, file, options, signal);
  const { channel = 'mix' } = options;
  if (typeof channel === 'number' && channel >= sound.channels)
    throw new Failure(
      'decode_failed',
      `The recording has ${sound.channels} channels, counted from 0; there is no ${channel}`,
    );
  const chosen: readonly ('mix' | number)[] =
    channel === 'separate' ? sound.distinct : channel === 'mix' && sound.distinct.length === 1 ? [0] : [channel];
  const parts: Part[] = [];
  for (const [i, one] of chosen.entries()) {
    const share = (done: number) => (i + done) / chosen.length;
    const part = await diarizeChannel(diarizer, file, one, options, signal, (stage, done) =>
      report(stage, share(done)),
    );
    parts.push({ ...part, channel: typeof one === 'number' ? one : 0 });
  }
  const audio = {
    duration: parts[0].result.duration,
    sampleRate: sound.sampleRate,
    channels: sound.channels,
    distinctChannels: sound.distinct.length,
  };
  checkLength(audio.duration, options.maxSeconds);
  return { ...join(parts, channel === 'separate'), audio };
}

interface Part {
  readonly result: EngineResult;
  readonly shares: readonly Readonly<Record<string, number>>[] | undefined;
  readonly frames: RunResult['frames'];
  readonly channel: number;
}

/** More is a damaged header, and the sums over pairs of channels would not fit in memory. */
const MOST_CHANNELS = 64;

/** Duration and which channels differ; one channel alone is not read through. */
async function lookAtChannels(engine: EngineModule, file: string, { maxSeconds }: RunOptions, signal: AbortSignal) {
  const opened = await engine.openChannels(file, { signal });
  try {
    if (opened.duration !== undefined) checkLength(opened.duration, maxSeconds);
    const { numChannels } = opened;
    if (numChannels > MOST_CHANNELS)
      throw new Failure(
        'decode_failed',
        `The recording says it has ${numChannels} channels when at most ${MOST_CHANNELS} are taken`,
      );
    const common = { channels: numChannels, sampleRate: opened.source.sampleRate };
    if (numChannels === 1) return { ...common, distinct: [0] };
    const sums = startSums(numChannels);
    for await (const block of opened.blocks) {
      signal.throwIfAborted();
      addBlock(sums, block);
      checkLength(sums.n / opened.sampleRate, maxSeconds);
    }
    return { ...common, distinct: distinctChannels(sums) };
  } finally {
    await opened.close();
  }
}

function checkLength(seconds: number, most: number): void {
  if (seconds > most + 0.5)
    throw new Failure('too_long', `The recording is ${Math.round(seconds)} s long when at most ${most} s are taken`);
}

async function diarizeChannel(
  diarizer: EngineDiarizer,
  file: string,
  channel: 'mix' | number,
  { numSpeakers, minSpeakers, maxSpeakers, frameConfidence }: RunOptions,
  signal: AbortSignal,
  report: (stage: Stage, done: number) => void,
): Promise<Omit<Part, 'channel'>> {
  const confidence = createFrameConfidence();
  const pending: { firstChunk: number; numChunks: number; scores: Float32Array }[] = [];
  let votes: Votes | undefined;
  let grids: { chunkGrid: Votes['grid']; frameGrid: Votes['grid'] } | undefined;
  let told = 0;
  const observe = (event: EngineEvent) => {
    if (event.type === 'progress') {
      const stage = STAGES[event.stage] ?? 'segmentation';
      const done = event.total ? Math.min(1, event.done / event.total) : 0;
      const { from, share } = WEIGHTS[stage] ?? { from: 0, share: 0 };
      const now = Date.now();
      if (now - told > 200 || done === 1) {
        told = now;
        report(stage, from + share * done);
      }
    } else if (event.type === 'scores') {
      if (frameConfidence) pending.push({ ...event, scores: event.scores.slice() });
    } else if (event.type === 'activity') {
      const { grid, chunks, numFrames } = event.activity;
      grids = { chunkGrid: chunks, frameGrid: grid };
      for (const { firstChunk, numChunks, scores } of pending)
        confidence.addScores(firstChunk, numChunks, scores, scores.length / numChunks / numFrames);
      pending.length = 0;
    } else if (event.type === 'votes') {
      votes = { ...event.votes, data: event.votes.data.slice() };
    }
  };
  const result = await diarizer.diarize(file, { channel, numSpeakers, minSpeakers, maxSpeakers, signal, observe });
  const labels = result.speakers.map(({ label }) => label);
  return {
    result,
    shares: votes ? turnShares(result.turns, labels, votes) : undefined,
    frames: frameConfidence && grids ? confidence.read({ ...grids, duration: result.duration }) : undefined,
  };
}

const STAGES: Readonly<Record<string, Stage>> = {
  segmentation: 'segmentation',
  embedding: 'embedding',
  clustering: 'clustering',
  reconstruction: 'clustering',
};

/** How the bar is shared between the stages. */
const WEIGHTS: Readonly<Partial<Record<Stage, { from: number; share: number }>>> = {
  segmentation: { from: 0.02, share: 0.4 },
  embedding: { from: 0.02, share: 0.9 },
  clustering: { from: 0.92, share: 0.05 },
};

/** One list of turns over all channels; the speakers of a second channel are other speakers. */
function join(parts: readonly Part[], separate: boolean): Omit<RunResult, 'audio'> {
  const speakers: RunSpeaker[] = [];
  const turns: RunTurn[] = [];
  const exclusiveTurns: RunTurn[] = [];
  const warnings: string[] = [];
  for (const { result, shares, channel } of parts) {
    const name = (label: string) => (separate ? `${channel} ${label}` : label);
    const place = separate ? { channel } : {};
    for (const { label, embedding, speechDuration } of result.speakers)
      speakers.push({ label: name(label), vector: embedding && Array.from(embedding), speechDuration });
    turns.push(
      ...result.turns.map(({ start, end, speaker, confidence }, t) => ({
        start,
        end,
        speaker: name(speaker),
        shares: shares
          ? rename(shares[t], name)
          : confidence === undefined
            ? undefined
            : { [name(speaker)]: confidence },
        ...place,
      })),
    );
    exclusiveTurns.push(
      ...result.exclusiveTurns.map(({ start, end, speaker }) => ({ start, end, speaker: name(speaker), ...place })),
    );
    warnings.push(...result.warnings);
  }
  // SPEAKER_00 is who is heard first, over all channels.
  const first = new Map(speakers.map(({ label }) => [label, Number.POSITIVE_INFINITY]));
  for (const { speaker, start } of turns) first.set(speaker, Math.min(first.get(speaker) ?? start, start));
  const order = [...first].sort((a, b) => a[1] - b[1]).map(([label]) => label);
  const numbered = (old: string) => `SPEAKER_${String(order.indexOf(old)).padStart(2, '0')}`;
  const relabel = (turn: RunTurn) => ({
    ...turn,
    speaker: numbered(turn.speaker),
    shares: turn.shares && rename(turn.shares, numbered),
  });
  const byTime = (a: RunTurn, b: RunTurn) => a.start - b.start || a.end - b.end;
  return {
    turns: turns.map(relabel).sort(byTime),
    exclusiveTurns: exclusiveTurns.map(relabel).sort(byTime),
    speakers: speakers
      .map((one) => ({ ...one, label: numbered(one.label) }))
      .sort((a, b) => (a.label < b.label ? -1 : 1)),
    frames: parts[0].frames,
    warnings: [...new Set(warnings)],
  };
}

function rename(shares: Readonly<Record<string, number>>, name: (label: string) => string): Record<string, number> {
  return Object.fromEntries(Object.entries(shares).map(([label, share]) => [name(label), share]));
}

function describe({ model: { manifest } }: EngineDiarizer): LoadedModel {
  const roles = Object.keys(manifest.files).sort();
  const hash = (chosen: readonly string[]) => {
    const digest = createHash('sha256');
    for (const role of chosen) digest.update(`${role} ${manifest.files[role]?.sha256 ?? ''}\n`);
    return digest.digest('hex');
  };
  const id = `${manifest.name}-${manifest.version}`;
  return {
    id,
    license: manifest.licences.map((licence) => licence.id).join(' AND '),
    sha256: hash(roles),
    embedding: { id: `${id}-embedding`, sha256: hash(roles.filter((role) => role.startsWith('embedding'))) },
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
