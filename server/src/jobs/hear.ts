import { MAX_CHANNELS, type Recogniser } from 'diarist';
import type { JobErrorCode, Stage } from '../contract/jobs.ts';
import { type FrameScores, frameScores, turnShares } from './confidence.ts';
import type {
  EngineChannelResult,
  EngineChannels,
  EngineDiarizer,
  EngineEvent,
  EngineModule,
  EngineResult,
} from './engine.ts';
import type { RunOptions, RunResult, RunTurn, SpokenWords } from './messages.ts';
import { byFirstAppearance } from './numbering.ts';
import { repeatClip } from './repeatClip.ts';
import { wordsOf } from './transcript.ts';

/**
 * What a job hears in a recording: the engine's diarization with how sure it is of it, and the words where they were asked for.
 *
 *   open (length, channels) ─► engine.diarizeChannels, or .diarize for one channel ─► shares, frame scores ─► engine.transcribe
 */
export interface Hearing {
  readonly signal: AbortSignal;
  readonly report: (stage: Stage, progress: number) => void;
  readonly recogniser: Recogniser | undefined;
}

/** The recording cannot be taken. */
export class Failure extends Error {
  readonly code: JobErrorCode;
  constructor(code: JobErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Only a diarization, when the recogniser failed: it is not thrown away for that. */
export type Heard = RunResult & { readonly unspoken?: unknown };

type Found = EngineResult & Partial<Pick<EngineChannelResult, 'channels'>>;

export async function hear(
  engine: EngineModule,
  diarizer: EngineDiarizer,
  file: string,
  options: RunOptions,
  { signal, report, recogniser }: Hearing,
): Promise<Heard> {
  const { channel = 'mix', transcription, maxSeconds } = options;
  // Recognising takes about as long as the rest, or longer.
  const bar = transcription ? 0.5 : 1;
  report('decoding', 0);
  const sound = await lookAt(engine, file, options, signal);
  const listener = listenTo(diarizer, options.frameConfidence || options.turnConfidence === true);
  const observe = progressOf((stage, done) => report(stage, bar * done));
  const { numSpeakers, minSpeakers, maxSpeakers } = options;
  const clip = options.repeatTo ? await repeatClip(engine, file, options.repeatTo, signal) : undefined;
  const found: Found =
    clip || sound.channels === 1
      ? await listener.diarizer.diarize(clip?.recording ?? file, {
          // A number wins over bounds, as in pyannote; the engine refuses those that contradict it.
          ...(numSpeakers === undefined ? { minSpeakers, maxSpeakers } : { numSpeakers }),
          signal,
          observe,
        })
      : await engine.diarizeChannels(file, listener.diarizer, {
          channels: channel === 'separate' ? 'hybrid' : channel,
          // Bounds, as with a number of speakers the engine might tell them by their channels alone: no voices, no scores.
          minSpeakers: numSpeakers ?? minSpeakers,
          maxSpeakers: numSpeakers ?? maxSpeakers,
          signal,
          observe,
          onAnalysis: (done) => checkLength(done, maxSeconds),
        });
  if (!clip) checkLength(found.duration, maxSeconds);
  const duration = Math.round(found.duration * 1000) / 1000;
  const distinctChannels = Math.max(1, found.channels?.analysis.distinctChannels ?? 1);
  const result: RunResult = {
    turns: turnsOf(found, listener.heard, channel === 'auto' || channel === 'separate'),
    exclusiveTurns: found.exclusiveTurns.map(({ start, end, speaker }) => ({ start, end, speaker })),
    speakers: found.speakers.map(({ label, embedding, speechDuration, confidence }) => ({
      label,
      vector: embedding && Array.from(embedding),
      speechDuration: speechDuration / (clip?.times ?? 1),
      confidence,
    })),
    frames: options.frameConfidence ? framesOf(listener.heard, found.duration) : undefined,
    warnings: found.warnings,
    audio: { duration, sampleRate: sound.sampleRate, channels: sound.channels, distinctChannels },
  };
  if (!transcription || !recogniser) return result;
  report('transcription', bar);
  try {
    const transcript = await say(engine, file, found, recogniser, {
      language: transcription.language,
      signal,
      onProgress: (done, total) => report('transcription', bar + (0.97 - bar) * (total > 0 ? done / total : 1)),
    });
    return { ...result, transcript };
  } catch (unspoken) {
    signal.throwIfAborted();
    return { ...result, unspoken };
  }
}

/** Length and channels, before any network runs. */
async function lookAt(engine: EngineModule, file: string, { channel, maxSeconds }: RunOptions, signal: AbortSignal) {
  const opened = await engine.openChannels(file, { signal });
  const { numChannels: channels, duration, source } = opened;
  try {
    if (duration !== undefined) checkLength(duration, maxSeconds);
    else await checkBlocks(opened, maxSeconds, signal);
  } finally {
    await opened.close();
  }
  if (channels > MAX_CHANNELS)
    throw new Failure(
      'decode_failed',
      `The recording says it has ${channels} channels when at most ${MAX_CHANNELS} are taken`,
    );
  if (typeof channel === 'number' && channel >= channels)
    throw new Failure(
      'decode_failed',
      `The recording has ${channels} ${channels === 1 ? 'channel' : 'channels'}, counted from 0; there is no ${channel}`,
    );
  return { channels, sampleRate: source.sampleRate };
}

/** A recording that does not say how long it is may be very long in few bytes: it is decoded up to the limit. */
async function checkBlocks({ blocks, sampleRate }: EngineChannels, most: number, signal: AbortSignal): Promise<void> {
  let seconds = 0;
  for await (const [first] of blocks) {
    signal.throwIfAborted();
    seconds += first.length / sampleRate;
    if (seconds > most + 0.5)
      throw new Failure('too_long', `The recording is longer than ${most} s, the most that is taken`);
  }
}

function checkLength(seconds: number, most: number): void {
  if (seconds > most + 0.5)
    throw new Failure('too_long', `The recording is ${Math.round(seconds)} s long when at most ${most} s are taken`);
}

/** The same diarizer, with what its runs found kept in their order: one a channel, where channels are heard apart. */
function listenTo(diarizer: EngineDiarizer, confidence: boolean): { diarizer: EngineDiarizer; heard: EngineResult[] } {
  const heard: EngineResult[] = [];
  const diarize: EngineDiarizer['diarize'] = async (recording, options) => {
    const result = byFirstAppearance(await diarizer.diarize(recording, { ...options, confidence }));
    heard.push(result);
    return result;
  };
  return { diarizer: { ...diarizer, diarize }, heard };
}

/** Turns with each speaker's share in them, and with their channel where channels were asked for. */
function turnsOf({ turns, channels }: Found, heard: readonly EngineResult[], withChannel: boolean): RunTurn[] {
  const used = channels?.used ?? [0];
  const apart = channels?.method === 'split' || channels?.method === 'hybrid';
  const shares = new Map<object, Readonly<Record<string, number>>>();
  for (const [i, channel] of apart ? used.entries() : [[0, undefined] as const]) {
    const own = turns.filter((turn) => channel === undefined || turn.channel === channel);
    // A channel that is one voice is its speaker's, whatever the network heard in it.
    const found = channels?.method === 'split' ? [] : turnShares(own, heard[i]);
    for (const [t, turn] of own.entries()) shares.set(turn, found[t] ?? { [turn.speaker]: turn.confidence ?? 1 });
  }
  return turns.map((turn) => ({
    start: turn.start,
    end: turn.end,
    speaker: turn.speaker,
    shares: shares.get(turn),
    ...(withChannel ? { channel: turn.channel ?? used[0] } : {}),
  }));
}

/** Frame scores; of several channels that of the least sure one. */
function framesOf(heard: readonly EngineResult[], duration: number): FrameScores | undefined {
  const [first, ...others] = heard.flatMap(({ confidence }) => (confidence ? [frameScores(confidence, duration)] : []));
  if (!first || others.length === 0) return first;
  const score = first.score.map((value, i) => Math.min(value, ...others.map((one) => one.score[i] ?? value)));
  return { ...first, score };
}

/** The longest stretch that is sent to the recogniser, as sound of 16 kHz and 16 bits: 9.6 MB. */
const MOST_STRETCH = 300;

async function say(
  engine: EngineModule,
  file: string,
  found: Found,
  recogniser: Recogniser,
  options: {
    language: string | undefined;
    signal: AbortSignal;
    onProgress: (done: number, total: number) => void;
  },
): Promise<SpokenWords> {
  const { language, ...rest } = options;
  const { channels } = found;
  // One channel of several, which are copies of it: their mean might be silence.
  const one = channels?.method === 'mix' && channels.used.length === 1;
  const diarization = one ? { ...found, channels: { ...channels, method: 'channel' as const } } : found;
  const said = await engine.transcribe(file, diarization, recogniser, {
    ...rest,
    ...(language === undefined ? {} : { language }),
    maxStretch: MOST_STRETCH,
  });
  const channel = channels && channels.method !== 'mix' ? { channel: channels.used[0] } : {};
  // Recognisers hear a little beyond the end: of 30 s that were filled up with silence, say.
  const within = (time: number) => Math.min(time, found.duration);
  const spoken = wordsOf(said);
  const words = spoken.words.map((word) => ({ ...channel, ...word, start: within(word.start), end: within(word.end) }));
  return { ...spoken, words };
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

/** The engine's progress as a job's: five times a second at most, and never backward where there are several channels. */
function progressOf(report: (stage: Stage, done: number) => void): (event: EngineEvent) => void {
  let told = Number.NEGATIVE_INFINITY;
  let most = 0;
  return (event) => {
    if (event.type !== 'progress') return;
    const stage = STAGES[event.stage] ?? 'segmentation';
    const done = event.total ? Math.min(1, event.done / event.total) : 0;
    const { from, share } = WEIGHTS[stage] ?? { from: 0, share: 0 };
    const now = performance.now();
    if (now - told <= 200 && done !== 1) return;
    told = now;
    most = Math.max(most, from + share * done);
    report(stage, most);
  };
}
