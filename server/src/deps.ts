import type { Config } from './config.ts';
import type { Backlog } from './jobs/backlog.ts';
import type { Queue } from './jobs/queue.ts';
import type { LiveEngine } from './live/liveEngine.ts';
import type { Log } from './log.ts';
import type { BlobStore } from './media/blobs.ts';
import type { Signer } from './media/signer.ts';
import type { Metrics } from './metrics.ts';
import type { Db } from './store/db.ts';
import type { Vault } from './vault.ts';

/** All that the app works with; nothing else reaches it. service.ts makes the real ones, tests make their own. */
export interface Deps {
  readonly config: Config;
  readonly db: Db;
  readonly queue: Queue;
  readonly backlog: Backlog;
  readonly blobs: BlobStore;
  readonly vault: Vault;
  readonly signer: Signer;
  readonly metrics: Metrics;
  readonly log: Log;
  /** What decodes and infers: `diarist`, or a module of its shape; only ever imported in another process. */
  readonly engine: string;
  /** The models a job may name, as the workers have loaded them; the default diarization model first. */
  readonly models: () => readonly ServedModel[];
  /** Hears live streams; undefined where they are off. */
  readonly live?: LiveEngine | undefined;
  /** Folder for what is only passing through; gone with the process, however that ends. */
  readonly scratch: string;
  /** Free bytes of the data folder: media stay there, or go through it to object storage. */
  readonly freeBytes: () => Promise<number>;
}

export interface ServedModel {
  readonly id: string;
  readonly kind: 'diarization' | 'embedding' | 'transcription';
  readonly aliases: readonly string[];
  readonly license?: string;
  readonly sha256?: string;
}
