import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** The tables as kysely types them. What each is for is said where its statements are. */

type Stamp = ColumnType<Date, Date | string | undefined, Date | string>;
type MaybeStamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Json<T> = ColumnType<T, string, string>;
type MaybeJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

export type JobStatus = 'created' | 'pending' | 'running' | 'succeeded' | 'failed' | 'canceled';
export type JobKind = 'diarize' | 'identify' | 'voiceprint';
export type Dialect = 'pyannoteai' | 'gladia' | 'openai';

export interface KeyTable {
  id: string;
  tenant: string;
  name: string;
  prefix: string;
  hash: Buffer;
  scopes: string[];
  rate_per_minute: number | null;
  created_at: Stamp;
  last_used_at: MaybeStamp;
  expires_at: MaybeStamp;
  revoked_at: MaybeStamp;
}

export interface MediaTable {
  tenant: string;
  key: string;
  blob: string;
  size: ColumnType<string, number, number>;
  filename: string | null;
  info: MaybeJson<Record<string, unknown>>;
  created_at: Stamp;
  expires_at: MaybeStamp;
}

/** Blobs that no media row names any more; they go once no running job can be reading them. */
export interface OrphanTable {
  blob: string;
  orphaned_at: Stamp;
}

export interface JobTable {
  id: string;
  tenant: string;
  key_id: string | null;
  kind: JobKind;
  dialect: Dialect;
  status: JobStatus;
  stage: string;
  progress: number;
  attempts: number;
  priority: number;
  url: string;
  options: Json<Record<string, unknown>>;
  /** Encrypted JSON: the options that are voices or words (jobs/request.ts). */
  sealed_options: Buffer | null;
  metadata: MaybeJson<Record<string, string>>;
  /** Encrypted JSON: the answer's output. */
  output: Buffer | null;
  /** Encrypted vectors of the speakers, to enrol from. */
  speakers: Buffer | null;
  error_code: string | null;
  audio: MaybeJson<Record<string, unknown>>;
  model: MaybeJson<{ id: string; sha256?: string }>;
  webhook: string | null;
  webhook_status_only: boolean;
  retention_hours: number | null;
  lease_owner: string | null;
  lease_until: MaybeStamp;
  created_at: Stamp;
  updated_at: Stamp;
  started_at: MaybeStamp;
  ended_at: MaybeStamp;
  erase_at: MaybeStamp;
  erased_at: MaybeStamp;
}

export interface IdempotencyTable {
  tenant: string;
  key: string;
  body_hash: Buffer;
  job_id: string;
  created_at: Stamp;
}

export interface OutboxTable {
  id: string;
  tenant: string;
  job_id: string;
  url: string;
  method: string;
  /** Encrypted: the exact bytes that are signed and sent. Emptied with the job's output. */
  body: Buffer;
  attempt: number;
  reason: string | null;
  /** When to try (again); null when there is nothing left to do. */
  next_at: MaybeStamp;
  created_at: Stamp;
}

export interface DeliveryTable {
  id: string;
  outbox_id: string;
  tenant: string;
  job_id: string;
  attempt: number;
  at: Stamp;
  outcome: string;
  http_status: number | null;
}

export interface WebhookSecretTable {
  tenant: string;
  /** Encrypted. */
  secret: Buffer;
  previous: Buffer | null;
  previous_until: MaybeStamp;
}

export interface VoiceprintTable {
  id: string;
  tenant: string;
  label: string;
  model: string;
  consent: MaybeJson<Record<string, unknown>>;
  metadata: JSONColumnType<Record<string, string>, string, string>;
  created_at: Stamp;
  updated_at: Stamp;
  last_matched_at: MaybeStamp;
  expires_at: MaybeStamp;
}

export interface VoiceprintSetTable {
  tenant: string;
  name: string;
  label: string;
  voiceprint_id: string;
}

export interface VoiceprintSampleTable {
  id: Generated<string>;
  voiceprint_id: string;
  /** Encrypted float32 vector. */
  vector: Buffer;
  job_id: string | null;
  created_at: Stamp;
}

export interface AuditTable {
  tenant: string;
  seq: ColumnType<string, number, never>;
  at: Stamp;
  actor: string;
  action: string;
  target: string;
  request_id: string;
  ip: string | null;
  detail: Json<Record<string, unknown>>;
  prev_hash: string;
  hash: string;
}

export interface RateTable {
  bucket: string;
  window_start: ColumnType<Date, Date | string, Date | string>;
  count: number;
}

export interface StreamTable {
  id: string;
  tenant: string;
  token_hash: Buffer;
  status: Generated<'created' | 'running' | 'done' | 'error'>;
  input: Json<Record<string, unknown>>;
  created_at: Stamp;
  started_at: MaybeStamp;
  /** When the process that has the stream last said so. */
  seen_at: Stamp;
  completed_at: MaybeStamp;
}

export interface WorkerTable {
  id: string;
  host: string;
  model: Json<{ id: string }>;
  ready: boolean;
  seen_at: Stamp;
}

export interface Database {
  api_key: KeyTable;
  media: MediaTable;
  orphan_blob: OrphanTable;
  job: JobTable;
  idempotency: IdempotencyTable;
  outbox: OutboxTable;
  delivery: DeliveryTable;
  webhook_secret: WebhookSecretTable;
  voiceprint: VoiceprintTable;
  voiceprint_set: VoiceprintSetTable;
  voiceprint_sample: VoiceprintSampleTable;
  audit: AuditTable;
  rate: RateTable;
  stream: StreamTable;
  worker: WorkerTable;
}
