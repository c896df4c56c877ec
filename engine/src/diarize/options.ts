import type { Diarization } from '../core/diarization.ts';
import type { ChunkedActivity } from '../core/frames.ts';
import type { Seconds } from '../core/segment.ts';
import type { Signal } from '../core/signal.ts';
import type { EmbeddingModel } from '../model/embedding.ts';
import type { ConfidenceMaps, TurnLikeness } from '../model/manifest.ts';
import type { SegmentationModel } from '../model/segmentation.ts';
import type { Clustering, Clusters, SpeakerBounds } from './clustering.ts';
import type { LocalEmbeddings } from './embeddings.ts';
import type { SpeechStore } from './keptSpeech.ts';
import type { DiscreteDiarization, SpeakerVotes } from './reconstruct.ts';
import type { TurnOptions } from './turns.ts';

/** What the pipeline is made of. */
export interface DiarizationModels {
  readonly segmentation: SegmentationModel;
  readonly embedding: EmbeddingModel;
  readonly clustering: Clustering;
  /** Runs of the networks that are worth having in flight at once: the runtime's threads. */
  readonly concurrency?: number;
  /** What makes probabilities of the pipeline's evidence. */
  readonly confidence?: ConfidenceMaps;
  readonly label: Diarization['model'];
}

export interface DiarizeOptions extends SpeakerBounds, TurnOptions {
  /** Seconds from one chunk to the next. pyannote: a tenth of the chunk. */
  readonly step?: Seconds;
  /** Whether embeddings look away from overlapped speech where they can. */
  readonly excludeOverlap?: boolean;
  /** Group the turns of a chunk anew by how they sound, told so; only embeddings that hear a stretch once. See regroup.ts. */
  readonly regroup?: TurnLikeness;
  /** Onset for networks that give probabilities; powerset networks have none. */
  readonly onset?: number;
  /** Near-ties between speakers are kept by the one who had the floor; 0 for pyannote's result. See smooth.ts. */
  readonly smoothing?: number;
  /** Where the networks' results are kept, and found again when a run was interrupted. */
  readonly checkpoint?: SpeechStore;
  /** Say how sure the result is: frame by frame, turn by turn, speaker by speaker. See confidence.ts. */
  readonly confidence?: boolean;
  readonly signal?: Signal;
  /** Told what is going on, and not waited for. What it throws, or its promise is rejected with, ends the run with that error. */
  readonly observe?: (event: DiarizeEvent) => void;
}

/** What is going on, for progress bars, debugging and the pictures of `diarist explain` (pyannote's `hook`). */
export type DiarizeEvent =
  /** Seconds of the recording read, segmented and embedded so far; `total` when the recording's length is known. */
  | { readonly type: 'progress'; readonly stage: Stage; readonly done: Seconds; readonly total?: Seconds }
  /** Scores of consecutive chunks, (chunk, frame, class); only sent while somebody observes. */
  | { readonly type: 'scores'; readonly firstChunk: number; readonly numChunks: number; readonly scores: Float32Array }
  /** This and the embeddings come a second time, before the clusters, where turns were given to other speakers: see reassign.ts. */
  | { readonly type: 'activity'; readonly activity: ChunkedActivity }
  | { readonly type: 'embeddings'; readonly embeddings: LocalEmbeddings }
  | { readonly type: 'count'; readonly count: Uint8Array }
  | { readonly type: 'clusters'; readonly clusters: Clusters }
  /** These two are worked out when somebody looks at them: of a day they are more than all the rest. */
  | { readonly type: 'votes'; readonly votes: SpeakerVotes }
  | { readonly type: 'discrete'; readonly discrete: DiscreteDiarization };

export type Stage = 'segmentation' | 'embedding' | 'clustering' | 'reconstruction';
