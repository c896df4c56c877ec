import type { Container } from '../../../audio/sniff.ts';
import type { AudioErrorCode } from '../../../core/errors.ts';
import type { Track, TrackBlock } from './track.ts';

/** What crosses between the caller's thread and the decoding one. The caller's only message is an empty pull. */
export interface Job {
  readonly name: string;
  readonly container: Container;
  readonly path?: string;
  readonly bytes?: Uint8Array;
}

export type FromWorker =
  | ({ readonly type: 'track' } & Omit<Track, 'blocks'>)
  | ({ readonly type: 'block' } & TrackBlock)
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly code?: AudioErrorCode; readonly message: string };
