import type { ChunkedActivity } from '../core/frames.ts';
import type { Clusters } from '../diarize/clustering.ts';
import type { LocalEmbeddings } from '../diarize/embeddings.ts';
import type { DiarizeEvent } from '../diarize/options.ts';
import type { DiscreteDiarization, SpeakerVotes } from '../diarize/reconstruct.ts';
import { type Envelope, envelopeBuilder } from './envelope.ts';
import { windowScores } from './windowScores.ts';

/**
 * Listens to a run of the pipeline and keeps what the pictures of its stages need: the sound's outline, the scores of
 * some windows, and the outcome of each later stage as it is. What is missing was never reached (no speech).
 */
export interface RunRecord {
  readonly envelope: Envelope;
  readonly scores: readonly (readonly [chunk: number, scores: Float32Array])[];
  readonly activity?: ChunkedActivity;
  readonly embeddings?: LocalEmbeddings;
  readonly count?: Uint8Array;
  readonly clusters?: Clusters;
  readonly votes?: SpeakerVotes;
  readonly discrete?: DiscreteDiarization;
}

export interface RunRecorder {
  /** Samples at the rate that the models hear. */
  hear(samples: Float32Array): void;
  readonly observe: (event: DiarizeEvent) => void;
  record(): RunRecord;
}

export function runRecorder(): RunRecorder {
  const outline = envelopeBuilder();
  const windows = windowScores();
  const stages: { -readonly [K in keyof RunRecord]?: RunRecord[K] } = {};

  function observe(event: DiarizeEvent): void {
    if (event.type === 'scores') windows.add(event.firstChunk, event.numChunks, event.scores);
    else if (event.type === 'activity') stages.activity = event.activity;
    else if (event.type === 'embeddings') stages.embeddings = event.embeddings;
    else if (event.type === 'count') stages.count = event.count;
    else if (event.type === 'clusters') stages.clusters = event.clusters;
    else if (event.type === 'votes') stages.votes = event.votes;
    else if (event.type === 'discrete') stages.discrete = event.discrete;
  }

  return {
    hear: (samples) => outline.add(samples),
    observe,
    record: () => ({ ...stages, envelope: outline.finish(), scores: windows.kept() }),
  };
}
