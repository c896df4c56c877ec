import { mostShared } from 'diarist';
import type { DiarizeOutput, IdentifyOutput } from '../contract/jobs.ts';
import type { VoiceLine } from '../loadedModel.ts';
import { type Candidate, matchSpeakers } from '../voiceprint/match.ts';
import { JobFailure } from './inferenceClient.ts';
import type { RunResult, RunTurn } from './messages.ts';

/**
 * What a job answers with, made from what the engine found. Pure: seconds to three decimals, scores to whole
 * percents, nothing there that was not asked for.
 */
export interface OutputOptions {
  readonly numSpeakers?: number | undefined;
  readonly minSpeakers?: number | undefined;
  readonly exclusive?: boolean | undefined;
  readonly confidence?: boolean | undefined;
  readonly turnLevelConfidence?: boolean | undefined;
}

type Segment = DiarizeOutput['diarization'][number] & { channel?: number };

export function diarizeOutput(result: RunResult, options: OutputOptions): DiarizeOutput {
  const labels = result.speakers.map(({ label }) => label);
  const warning = warningOf(result, labels.length, options);
  const segments = (turns: readonly RunTurn[]) => toSegments(turns, labels, options.turnLevelConfidence ?? false);
  return {
    diarization: segments(result.turns),
    ...(options.exclusive ? { exclusiveDiarization: segments(withShares(result)) } : {}),
    ...(options.confidence ? { confidence: frameConfidence(result) } : {}),
    ...(options.turnLevelConfidence ? speakerConfidence(result) : {}),
    ...(warning ? { warning } : {}),
  };
}

/** The turns without overlap, kept for exports. */
export function exclusiveSegments(result: RunResult): Segment[] {
  return toSegments(result.exclusiveTurns, [], false);
}

export function identifyOutput(
  result: RunResult,
  candidates: readonly Candidate[],
  {
    matching,
    line,
    ...options
  }: OutputOptions & { matching: { exclusive: boolean; threshold: number }; line?: VoiceLine | undefined },
): IdentifyOutput {
  const output = diarizeOutput(result, options);
  const heard = result.speakers.map(({ label, vector }) => ({
    speaker: label,
    vector: vector && Float32Array.from(vector),
  }));
  const voiceprints = matchSpeakers(heard, candidates, { ...matching, line });
  const matchOf = new Map(voiceprints.map(({ speaker, match }) => [speaker, match]));
  const identification = output.diarization.map((segment) => {
    const match = matchOf.get(segment.speaker) ?? null;
    return { ...segment, speaker: match ?? segment.speaker, diarizationSpeaker: segment.speaker, match };
  });
  return {
    ...output,
    identification,
    voiceprints: voiceprints.map((one) => ({ ...one, confidence: { ...one.confidence } })),
  };
}

/** The one voice of a clip. Others that talk for long make it a clip of several people. */
export function voiceOf(result: RunResult, leastSpeech = 2): Float32Array {
  const [main, ...others] = [...result.speakers].sort((a, b) => b.speechDuration - a.speechDuration);
  if (!main) throw new JobFailure('no_speech', 'No speech was found in the clip');
  const rest = others.reduce((sum, { speechDuration }) => sum + speechDuration, 0);
  if (rest > 1 && rest > 0.1 * main.speechDuration)
    throw new JobFailure(
      'voiceprint_multiple_speakers',
      `The clip has ${result.speakers.length} speakers when a voiceprint takes one`,
    );
  if (main.speechDuration < leastSpeech)
    throw new JobFailure(
      'too_short',
      `The clip has ${main.speechDuration.toFixed(1)} s of speech when a voiceprint takes at least ${leastSpeech} s`,
    );
  if (!main.vector)
    throw new JobFailure('too_short', 'Nobody talks alone in the clip for long enough to tell the voice');
  return Float32Array.from(main.vector);
}

function toSegments(turns: readonly RunTurn[], labels: readonly string[], withConfidence: boolean): Segment[] {
  return turns
    .map((turn) => ({
      speaker: turn.speaker,
      start: milliseconds(turn.start),
      end: milliseconds(turn.end),
      ...(withConfidence
        ? { confidence: Object.fromEntries(labels.map((label) => [label, percent(turn.shares?.[label] ?? 0)])) }
        : {}),
      ...(turn.channel === undefined ? {} : { channel: turn.channel }),
    }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Exclusive turns have the shares of the turn of the same speaker that they are cut from. */
function withShares({ turns, exclusiveTurns, speakers }: RunResult): RunTurn[] {
  const own = new Map(
    speakers.map(({ label }) => {
      const mine = turns.filter(({ speaker }) => speaker === label);
      return [label, { mine, wholeOf: mostShared(mine) }] as const;
    }),
  );
  return exclusiveTurns.map((cut) => {
    const { mine = [], wholeOf = () => -1 } = own.get(cut.speaker) ?? {};
    return { ...cut, shares: mine[wholeOf(cut)]?.shares };
  });
}

function frameConfidence({ frames, audio }: RunResult): NonNullable<DiarizeOutput['confidence']> {
  if (frames) return { score: [...frames.score], resolution: frames.resolution };
  return { score: new Array(Math.round(audio.duration / 0.02)).fill(0), resolution: 0.02 };
}

/** Of each speaker as a whole; nothing where channels were heard apart, which have none. */
function speakerConfidence({ speakers }: RunResult): Pick<DiarizeOutput, 'speakerConfidence'> {
  const known = speakers.flatMap(({ label, confidence }) => (confidence === undefined ? [] : [[label, confidence]]));
  if (known.length === 0) return {};
  return {
    speakerConfidence: Object.fromEntries(known.map(([label, value]) => [label, percent(Number(value))])),
  };
}

function warningOf(result: RunResult, found: number, { numSpeakers, minSpeakers }: OutputOptions): string | undefined {
  const wanted = numSpeakers ?? minSpeakers;
  const count =
    (numSpeakers !== undefined && found !== numSpeakers) || (minSpeakers !== undefined && found < minSpeakers)
      ? `asked for ${wanted} speakers, found ${found}`
      : undefined;
  const none = result.turns.length === 0 && result.warnings.length === 0 ? 'no speech was found' : undefined;
  return [count, none, ...result.warnings].filter(Boolean).join('; ') || undefined;
}

const milliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000;
const percent = (share: number) => Math.round(100 * Math.min(1, Math.max(0, share)));
