import type { Diarization, Speaker } from '../core/diarization.ts';
import type { TextAnnotation } from '../formats/index.ts';
import type { Licence } from '../model/licence.ts';
import type { ResolvedModel } from '../model/manifest.ts';
import { parameterNames } from '../model/parameters.ts';
import type { ChannelDiarization, ChannelsReport } from '../node/channels/diarizeChannels.ts';
import type { DiarizeFlags } from './diarizeFlags.ts';
import { VERSION } from './version.ts';

/** A result as it is written: what every format needs, and for JSON all that is known of how it came about. */
export interface ResultDocument extends TextAnnotation {
  readonly uri: string;
  readonly speakers: readonly Speaker[];
  readonly model: {
    readonly name: string;
    readonly version: string;
    readonly pipeline: string;
    readonly device: string;
    readonly licences: readonly Licence[];
  };
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** How the channels were heard, and why; only where that was asked for. */
  readonly channels?: ChannelsReport;
  readonly warnings: readonly string[];
  /** The version of this program. */
  readonly diarist: string;
}

export function isByChannels(result: Diarization): result is ChannelDiarization {
  return 'channels' in result;
}

/** The method that was taken and why, for a person. */
export function choiceOf({ method, reason, used }: ChannelsReport): string {
  const one = method === 'channel' ? ` ${used[0]}` : '';
  return `${method}${one}, because ${reason}.`;
}

export function resultDocument(
  uri: string,
  result: Diarization,
  { model, device }: { readonly model: ResolvedModel; readonly device: string },
  flags: DiarizeFlags,
): ResultDocument {
  const { duration, turns, exclusiveTurns, speakers, warnings } = result;
  const { name, version, licences } = model.manifest;
  const { exclusive = false, embeddings = false } = flags;
  return {
    uri,
    duration,
    turns: (exclusive ? exclusiveTurns : turns).map(readable),
    exclusiveTurns: exclusiveTurns.map(readable),
    speakers: embeddings ? speakers : speakers.map(({ embedding: _, ...speaker }) => readable(speaker)),
    model: { name, version, pipeline: model.pipeline, device, licences },
    parameters: parametersOf(model, flags),
    ...(isByChannels(result) ? { channels: result.channels } : {}),
    warnings,
    diarist: VERSION,
  };
}

/** Confidence to three decimals: more is not known. */
function readable<T extends { readonly confidence?: number }>(one: T): T {
  return one.confidence === undefined ? one : { ...one, confidence: Math.round(one.confidence * 1000) / 1000 };
}

/** Those that have an effect in this pipeline, then what was said on the command line. */
function parametersOf({ pipeline, parameters }: ResolvedModel, flags: DiarizeFlags): ResultDocument['parameters'] {
  const { numSpeakers, minSpeakers, maxSpeakers, smoothing, resampler, channel, channels, exclusive } = flags;
  const speed = flags.fast ? 'turbo' : (flags.speed ?? 'exact');
  const said = {
    speed,
    numSpeakers,
    minSpeakers,
    maxSpeakers,
    smoothing: smoothing === true ? 0.1 : smoothing,
    resampler,
    channel,
    channels,
    exclusive,
  };
  const values: Record<string, string | number | boolean> = {};
  for (const name of parameterNames(pipeline)) values[name] = parameters[name];
  for (const [name, value] of Object.entries(said)) if (value !== undefined) values[name] = value;
  return values;
}
