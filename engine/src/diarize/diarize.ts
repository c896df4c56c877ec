import { streamOf } from '../audio/samples.ts';
import type { Audio, AudioStream } from '../core/audio.ts';
import type { Diarization, Speaker } from '../core/diarization.ts';
import { observed } from '../core/observed.ts';
import type { Turn } from '../core/turn.ts';
import { type Clusters, checkBounds, clusterOfLocal, resolveBounds, wantedClusters } from './clustering.ts';
import { withConfidence } from './confidence.ts';
import { allVotes, decideTurns } from './decide.ts';
import { gatherEvidence } from './evidence.ts';
import { type LocalSpeech, localSpeech } from './localSpeech.ts';
import type { DiarizationModels, DiarizeEvent, DiarizeOptions } from './options.ts';
import { reassignTurns } from './reassign.ts';
import { capCount, mostVoted } from './reconstruct.ts';
import { speakerCount } from './speakerCount.ts';
import { checkDurations, nameTurns, speakerNames } from './turns.ts';

/**
 * Who spoke when. The whole pipeline, in the order of the figure in docs/how-it-works.md:
 *
 *   sound → who talks in each chunk, and how they sound      localSpeech: segmentation, powerset, masks, embeddings
 *         → how many talk in each frame                      speakerCount
 *         → which local speakers are the same person         models.clustering
 *         (→ which turns are somebody else's)                reassign
 *         → who talks in each frame, and when it changes     decide: reconstruct, smooth, turns
 *         → names                                            turns
 *
 * Equals pyannote.audio 4.0.7 `SpeakerDiarization.apply` with the same models. Throws the signal's reason when aborted.
 */
export async function diarize(
  audio: Audio | AudioStream,
  models: DiarizationModels,
  options: DiarizeOptions = {},
): Promise<Diarization> {
  checkOptions(options); // refused before the networks run
  const run = options.confidence ? sureDiarize : plainDiarize;
  return observed(options.observe, async (observe) => {
    const result = await run(audio, models, { ...options, observe });
    options.signal?.throwIfAborted(); // by an observer, of the last steps: who gave up wants no result
    return result;
  });
}

async function plainDiarize(
  audio: Audio | AudioStream,
  models: DiarizationModels,
  options: DiarizeOptions,
): Promise<Diarization> {
  const speech = await localSpeech('blocks' in audio ? audio : streamOf(audio), models, options);
  return diarizeSpeech(speech, models, options);
}

/** Options that can't be meant, NaN above all, would change the result and say nothing. */
export function checkOptions(options: Omit<DiarizeOptions, 'checkpoint'>): void {
  const { onset, smoothing } = options;
  checkBounds(options);
  checkDurations(options);
  if (onset !== undefined && !(onset >= 0 && onset <= 1))
    throw new RangeError(`Got onset ${onset} when a number from 0 to 1 was expected.`);
  if (smoothing !== undefined && !(smoothing >= 0 && smoothing < 1))
    throw new RangeError(`Got smoothing ${smoothing} when a number from 0 to less than 1 was expected.`);
}

/** The same, looked on by one who gathers how sure each step was. */
async function sureDiarize(
  audio: Audio | AudioStream,
  models: DiarizationModels,
  options: DiarizeOptions,
): Promise<Diarization> {
  const evidence = gatherEvidence(models.segmentation);
  const observe = (event: DiarizeEvent): void => {
    evidence.observe(event);
    options.observe?.(event);
  };
  const result = await plainDiarize(audio, models, { ...options, observe });
  return withConfidence(result, evidence.read(options)!, models.confidence);
}

/** The rest of the pipeline, in which no network runs: seconds for an hour. What tuning repeats. */
export function diarizeSpeech(
  heard: LocalSpeech,
  models: Pick<DiarizationModels, 'clustering' | 'label'>,
  options: DiarizeOptions = {},
): Diarization {
  const { minDurationOff, minDurationOn, smoothing = 0, signal, observe } = options;
  const { max } = resolveBounds(options);
  const { duration } = heard;
  observe?.({ type: 'activity', activity: heard.activity });
  observe?.({ type: 'embeddings', embeddings: heard.embeddings });

  const count = speakerCount(heard.activity);
  observe?.({ type: 'count', count });
  if (count.every((n) => n === 0))
    return {
      duration,
      turns: [],
      exclusiveTurns: [],
      speakers: [],
      model: models.label,
      warnings: numberWarnings(options, 0),
    };

  signal?.throwIfAborted();
  observe?.({ type: 'progress', stage: 'clustering', done: 0, total: duration });
  const { activity, embeddings, clusters } = reassignTurns(heard, models.clustering(heard, options));
  if (activity !== heard.activity) {
    observe?.({ type: 'activity', activity });
    observe?.({ type: 'embeddings', embeddings });
  }
  observe?.({ type: 'clusters', clusters });

  signal?.throwIfAborted();
  observe?.({ type: 'progress', stage: 'reconstruction', done: 0, total: duration });
  const capped = capCount(count, max);
  const { numClusters } = clusters;
  const voters = { activity, clusterOf: clusterOfLocal(activity, embeddings, clusters), numClusters };
  const votes = once(() => allVotes(voters, capped, { smoothing }));
  // From votes of its own, which are let go again: those of a day are more than all the rest.
  const discrete = once(() => mostVoted(allVotes(voters, capped, { smoothing }), capped));
  observe?.({
    type: 'votes',
    get votes() {
      return votes();
    },
  });
  observe?.({
    type: 'discrete',
    get discrete() {
      return discrete();
    },
  });

  const { turns, exclusiveTurns } = decideTurns(voters, capped, { smoothing, minDurationOff, minDurationOn });
  const names = speakerNames(turns);
  const named = nameTurns(turns, names);
  observe?.({ type: 'progress', stage: 'reconstruction', done: duration, total: duration });
  return {
    duration,
    turns: named,
    exclusiveTurns: nameTurns(exclusiveTurns, names),
    speakers: describeSpeakers(names, named, clusters, embeddings.dimension),
    model: models.label,
    warnings: numberWarnings(options, names.size),
  };
}

/** What to say where there are not as many speakers as was asked for; pyannote warns, too. */
function numberWarnings(bounds: DiarizeOptions, found: number): string[] {
  if (found === 0) return ['No speech was found.'];
  const wanted = wantedClusters(resolveBounds(bounds), found);
  if (wanted === undefined) return [];
  const speakers = found === 1 ? '1 speaker' : `${found} speakers`;
  return [`Found ${speakers} where ${wanted} were asked for: too little of the others is heard, or they sound alike.`];
}

/** Worked out when somebody first looks: nobody does as a rule, and of a day it is more than all the rest. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function describeSpeakers(
  names: ReadonlyMap<number, string>,
  turns: readonly Turn[],
  { centroids, numClusters }: Clusters,
  dimension: number,
): Speaker[] {
  const seconds = new Map<string, number>();
  for (const { speaker, start, end } of turns) seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start);
  return [...names].map(([cluster, label]) => {
    const speechDuration = seconds.get(label) ?? 0;
    // More people at a time than clusters: a speaker without a voice of its own.
    if (cluster >= numClusters || Number.isNaN(centroids[cluster * dimension])) return { label, speechDuration };
    const embedding = Float32Array.from(centroids.subarray(cluster * dimension, (cluster + 1) * dimension));
    return { label, embedding, speechDuration };
  });
}
