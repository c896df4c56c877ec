import type { Deps } from '../deps.ts';
import type { VoiceLine } from '../loadedModel.ts';
import { type Candidate, matchSpeakers } from '../voiceprint/match.ts';
import { normalised } from '../voiceprint/portable.ts';
import { fetchInput } from './fetch.ts';
import { type Inference, JobFailure } from './inferenceClient.ts';
import type { RunResult } from './messages.ts';
import { voiceOf } from './output.ts';

/**
 * Speakers whose voice came with the request, as a short clip each (OpenAI's `known_speaker_references`). They are enrolled
 * for this one job and forgotten with it.
 */
export interface KnownSpeaker {
  readonly name: string;
  /** The clip, as a `media://` url of this job's own. */
  readonly url: string;
}

export const REFERENCE_SECONDS = { least: 1.2, most: 10 } as const;
/** A clip may be as short as 1.2 s: this much of it must be speech. */
const LEAST_SPEECH = 0.5;
/** The networks hear at least this much of a clip. */
const REPEAT_TO = 6;
/**
 * Who sends a clip expects that person in the recording: with odds of 19 to 1 for it, a score of 5 (50 is where both are
 * as likely by the sound alone) is where the name is more likely right than wrong.
 */
const THRESHOLD = 5;

/** The voice in each clip. */
export async function knownVoices(
  deps: Deps,
  inference: Inference,
  tenant: string,
  known: readonly KnownSpeaker[],
  { signal }: { signal: AbortSignal },
): Promise<Candidate[]> {
  const voices: Candidate[] = [];
  for (const { name, url } of known) {
    const maxBytes = deps.config.limits.voiceprintBytes;
    const clip = await fetchInput(deps, { tenant, url, maxBytes }, { signal });
    try {
      const options = {
        numSpeakers: 1,
        frameConfidence: false,
        maxSeconds: REFERENCE_SECONDS.most,
        repeatTo: REPEAT_TO,
      };
      const result = await inference.run(clip.path, options, { signal, onProgress: () => {} });
      voices.push({ label: name, vectors: [normalised(voiceOf(result, LEAST_SPEECH))] });
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
      throw new JobFailure(error.code, `The reference of ${name} cannot be used: ${error.message}`);
    } finally {
      await clip.release();
    }
  }
  return voices;
}

/** Whose voice each speaker's is; speakers that are none of them are not named. */
export function namesOf(
  { speakers }: Pick<RunResult, 'speakers'>,
  voices: readonly Candidate[],
  line?: VoiceLine,
): Record<string, string> {
  const heard = speakers.map(({ label, vector }) => ({
    speaker: label,
    vector: vector && Float32Array.from(vector),
  }));
  const matches = matchSpeakers(heard, voices, { exclusive: true, threshold: THRESHOLD, line });
  return Object.fromEntries(matches.flatMap(({ speaker, match }) => (match === null ? [] : [[speaker, match]])));
}
