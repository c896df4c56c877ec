import type { Recogniser } from 'diarist';
import type { DiarizeOutput, Stage } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import type { LoadedModel } from '../loadedModel.ts';
import type { JobRow } from '../store/jobs.ts';
import { loadCandidates, type Named } from '../voiceprint/candidates.ts';
import { writePortable } from '../voiceprint/portable.ts';
import { assignGiven } from './assign.ts';
import { fetchInput } from './fetch.ts';
import { type Inference, JobFailure } from './inferenceClient.ts';
import { type KnownSpeaker, knownVoices, namesOf } from './knownSpeakers.ts';
import type { ChannelChoice, RunResult, SpokenWords } from './messages.ts';
import { diarizeOutput, exclusiveSegments, identifyOutput, type OutputOptions, voiceOf } from './output.ts';
import { readRequest } from './request.ts';
import type { Stored } from './stored.ts';
import { textLists, transcriptOf } from './transcript.ts';

/** What a job does, from its url to its output: fetch, infer, shape. How it was taken and what its end writes is the worker's. */
export interface JobEnd {
  readonly output: Stored;
  readonly speakers: { model: string; vectors: Record<string, readonly number[]> } | undefined;
  readonly audio: RunResult['audio'];
  readonly model: LoadedModel;
  readonly matched: readonly string[];
}

/** From the job's url to its output. */
export async function runJob(
  deps: Deps,
  inference: Inference,
  job: JobRow,
  model: LoadedModel,
  {
    signal,
    onProgress,
    recogniser,
  }: {
    signal: AbortSignal;
    onProgress: (stage: Stage, progress: number) => void;
    recogniser: Recogniser | undefined;
  },
): Promise<JobEnd> {
  const { limits, worker } = deps.config;
  const clip = job.kind === 'voiceprint';
  const options = readRequest(deps.vault, job) as OutputOptions & Record<string, unknown>;
  const transcription = options['transcription'] as { language?: string } | undefined;
  if (transcription && !recogniser)
    throw new JobFailure('transcription_unavailable', 'The worker that took this job has no speech-to-text backend');
  const timed = AbortSignal.any([signal, AbortSignal.timeout(worker.jobTimeoutSeconds * 1000)]);
  onProgress('fetching', 0);
  const maxBytes = clip ? limits.voiceprintBytes : limits.mediaBytes;
  const input = await fetchInput(deps, { tenant: job.tenant, url: job.url, maxBytes }, { signal: timed });
  let result: RunResult;
  let names: Record<string, string> | undefined;
  try {
    const known = options['knownSpeakers'] as readonly KnownSpeaker[] | undefined;
    const voices = known && (await knownVoices(deps, inference, job.tenant, known, { signal: timed }));
    result = await inference.run(
      input.path,
      {
        channel: options['channel'] as ChannelChoice | undefined,
        numSpeakers: options.numSpeakers,
        minSpeakers: options.minSpeakers,
        maxSpeakers: options['maxSpeakers'] as number | undefined,
        frameConfidence: options.confidence ?? false,
        turnConfidence: options.turnLevelConfidence ?? false,
        maxSeconds: clip ? limits.voiceprintSeconds : limits.audioSeconds,
        ...(transcription
          ? {
              transcription: {
                ...transcription,
                concurrency: recogniser?.concurrency ?? 1,
                maxStretch: recogniser?.maxStretch,
              },
            }
          : {}),
      },
      { signal: timed, onProgress, recogniser },
    );
    if (voices) names = namesOf(result, voices, model.verification);
  } finally {
    await input.release();
  }
  const common = { audio: result.audio, model };
  const embeddingModel = `${model.embedding.id}@sha256:${model.embedding.sha256.slice(0, 16)}`;
  const vectors = Object.fromEntries(result.speakers.flatMap(({ label, vector }) => (vector ? [[label, vector]] : [])));
  const speakers = { model: embeddingModel, vectors };
  if (clip) {
    const vector = voiceOf(result);
    const voiceprint = writePortable({ digest: model.embedding.sha256.slice(0, 16), vectors: [vector] });
    return { ...common, output: { answer: { voiceprint } }, speakers: undefined, matched: [] };
  }
  const exclusive = exclusiveSegments(result);
  if (job.kind === 'diarize') {
    const spoken = result.transcript ?? assignGiven(result, options);
    const answer = withText(diarizeOutput(result, options), spoken);
    const output = { answer, exclusive, ...(spoken ? { spoken } : {}), ...(names ? { names } : {}) };
    return { ...common, output, speakers, matched: [] };
  }
  onProgress('identification', 0.98);
  const { candidates, ids, warnings } = await loadCandidates(
    deps.db,
    deps.vault,
    job.tenant,
    {
      digest: model.embedding.sha256.slice(0, 16),
      dimensions: result.speakers.find(({ vector }) => vector !== undefined)?.vector?.length,
    },
    {
      voiceprints: options['voiceprints'] as readonly Named[],
      voiceprintSet: options['voiceprintSet'] as string | undefined,
    },
  );
  const matching = options['matching'] as { exclusive: boolean; threshold: number };
  const warned = { ...result, warnings: [...result.warnings, ...warnings] };
  const output = identifyOutput(warned, candidates, { ...options, matching, line: model.verification });
  const matched = output.voiceprints.flatMap(({ match }) =>
    match !== null && ids.has(match) ? [ids.get(match)!] : [],
  );
  return { ...common, output: { answer: output, exclusive }, speakers, matched };
}

/** An output with the words of a transcript. */
function withText(output: DiarizeOutput, spoken: SpokenWords | undefined): DiarizeOutput {
  if (!spoken) return output;
  const warning = [output.warning, ...spoken.warnings].filter(Boolean).join('; ');
  return { ...output, ...textLists(transcriptOf(spoken)), ...(warning ? { warning } : {}) };
}
