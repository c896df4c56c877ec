import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { observed } from '../../core/observed.ts';
import { loadPlda } from '../../diarize/assemble.ts';
import type { LocalSpeech } from '../../diarize/localSpeech.ts';
import type { DiarizeEvent } from '../../diarize/options.ts';
import type { Metric } from '../../metrics/metric.ts';
import { metricById } from '../../metrics/table.ts';
import type { ResolvedModel } from '../../model/manifest.ts';
import { makeFolds } from '../../toolkit/tune/folds.ts';
import { type ObjectiveOptions, type TuningRecording, tuningObjective } from '../../toolkit/tune/objective.ts';
import { searchSpace, startOf } from '../../toolkit/tune/tunable.ts';
import { type TrialEvent, type Tuned, type TuneOptions, tune } from '../../toolkit/tune/tune.ts';
import { filesOf } from '../diarizer.ts';
import { digest } from '../models/hashes.ts';
import { type ResolveOptions, resolveModels } from '../models/resolve.ts';
import { createListener, fileHash, type Listener, type ListenOptions } from './listen.ts';
import type { ProtocolItem } from './protocol.ts';
import { openTrialLog } from './trialLog.ts';

/**
 * Better parameters for a model from a user's own recordings: the networks listen to each once, then a search tries
 * parameters on what they heard. With a folder for a cache, a run that was stopped goes on where it was.
 */
export interface TuneRecordingsOptions
  extends Omit<ListenOptions, 'signal'>,
    Omit<ResolveOptions, 'signal' | 'task'>,
    Pick<TuneOptions, 'trials' | 'seed' | 'folds'>,
    Pick<ObjectiveOptions, 'scoring' | 'options'> {
  /** What is to be small: `der`, `jer`, … */
  readonly metric?: string;
  /** What to tune: pyannote's names, or `name=low:high`. */
  readonly parameters?: readonly string[];
  /** Goes on with a run of the same settings whose trials are in the cache. */
  readonly resume?: boolean;
  readonly observe?: (event: TuneEvent) => void;
  readonly signal?: AbortSignal;
}

export type TuneEvent =
  | { readonly type: 'listening'; readonly uri: string; readonly index: number; readonly event: DiarizeEvent }
  | {
      readonly type: 'heard';
      readonly uri: string;
      readonly index: number;
      readonly cached: boolean;
      readonly warnings: readonly string[];
    }
  | { readonly type: 'resumed'; readonly numTrials: number }
  | (TrialEvent & { readonly type: 'trial' });

export interface TunedModel extends Tuned {
  readonly model: ResolvedModel;
  readonly uris: readonly string[];
  readonly trialsPerSearch: number;
  readonly seed: number;
}

/** Metrics of which less is better. */
export const TUNING_METRICS = ['der', 'greedy-der', 'jer', 'detection', 'speaker-count-error'] as const;

export async function tuneRecordings(
  items: readonly ProtocolItem[],
  options: TuneRecordingsOptions = {},
): Promise<TunedModel> {
  return observed(options.observe, (observe) => tuneOn(items, { ...options, observe }));
}

async function tuneOn(items: readonly ProtocolItem[], options: TuneRecordingsOptions): Promise<TunedModel> {
  const { metric: id = 'der', parameters, cache, resume, observe, signal, trials = 200, seed = 1 } = options;
  const folds = options.folds ?? Math.min(3, items.length > 1 ? items.length : 0);
  if (items.length === 0) throw new RangeError('Got no recordings to tune on.');
  if (resume && cache === undefined)
    throw new RangeError('Got resume without a cache, which is where trials are kept.');
  if (folds !== 0) makeFolds(items.length, folds, seed); // refuses what can't be dealt out, before the networks run
  const metric = tuningMetric(id);
  const model = await resolveModels(options);
  const listener = await createListener(model, options);
  try {
    const powerset = await listener.powerset();
    const space = searchSpace({ ...model, powerset }, parameters);
    const start = startOf(space, model.parameters);
    const recordings = await listenToAll(items, listener, model.parameters['segmentation.threshold'], options);
    const plda = model.pipeline === 'community-1' ? await loadPlda(model, filesOf(model)) : undefined;
    const objective = tuningObjective(
      recordings,
      { ...model, powerset, plda },
      { metric, scoring: options.scoring, options: options.options },
    );

    const settings = {
      heard: listener.key,
      recordings: digest(JSON.stringify(await describe(items))),
      pipeline: model.pipeline,
      parameters: model.parameters,
      metric: id,
      scoring: options.scoring ?? {},
      options: options.options ?? {},
      space,
      seed,
      folds,
    };
    const file =
      cache === undefined ? undefined : join(cache, `${digest(JSON.stringify(settings)).slice(0, 16)}.trials`);
    const log = file === undefined ? undefined : await openTrialLog(file, settings, { resume });
    if (log !== undefined && log.numKnown > 0) observe?.({ type: 'resumed', numTrials: log.numKnown });
    const tuned = await tune(objective, space, start, {
      trials,
      seed,
      folds,
      signal,
      history: log?.history,
      pause: async () => {
        await setImmediate();
        signal?.throwIfAborted();
      },
      onTrial: (event) => {
        log?.append(event.study, event.trial);
        observe?.({ type: 'trial', ...event });
      },
    });
    return { ...tuned, model, uris: items.map(({ uri }) => uri), trialsPerSearch: trials, seed };
  } finally {
    await listener.close();
  }
}

function tuningMetric(id: string): Metric {
  const found = metricById(id); // refuses unknown names with the nearest
  if (found.kind !== 'turns' || !(TUNING_METRICS as readonly string[]).includes(id))
    throw new RangeError(`Got the metric '${id}' when one to make small was expected: ${TUNING_METRICS.join(', ')}.`);
  return found.metric;
}

/** Every recording once, at the model's own onset; at others when they are asked for. */
async function listenToAll(
  items: readonly ProtocolItem[],
  listener: Listener,
  onset: number,
  { observe, signal }: TuneRecordingsOptions,
): Promise<TuningRecording[]> {
  const recordings: TuningRecording[] = [];
  for (const [index, { uri, audio, reference, uem }] of items.entries()) {
    const kept = new Map<number, Promise<LocalSpeech>>();
    const speech = (at: number): Promise<LocalSpeech> => {
      const known = kept.get(at);
      if (known !== undefined) return known;
      const heard = listener
        .hear(audio, at, (event) => observe?.({ type: 'listening', uri, index, event }))
        .then(({ speech: found, cached, warnings }) => {
          observe?.({ type: 'heard', uri, index, cached, warnings });
          return found;
        });
      kept.set(at, heard);
      return heard;
    };
    signal?.throwIfAborted();
    const own = await speech(onset);
    // For a powerset there is nothing but its own: any onset is that one.
    const powerset = await listener.powerset();
    recordings.push({ uri, reference, ...(uem ? { uem } : {}), speech: powerset ? async () => own : speech });
  }
  return recordings;
}

async function describe(items: readonly ProtocolItem[]): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const { audio, reference, uem } of items)
    all.push({ audio: await fileHash(audio), turns: reference.turns, uem });
  return all;
}
