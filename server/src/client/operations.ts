// Made by bench/generateClient.ts from the OpenAPI document. Not edited by hand.

export type ApiError = { requestId: string; message: string; code?: string; request_id?: string };

export type ApiKey = { id: string; name: string; prefix: string; scopes: readonly (Scope)[]; tenant?: string; createdAt: string; lastUsedAt?: string | null; expiresAt?: string | null };

export type AssignRequest = { jobId?: string | null; diarization?: readonly ({ speaker: string; start: number; end: number })[] | null; transcript?: Readonly<Record<string, unknown>>; format?: TranscriptFormat; options?: { useExclusive?: boolean | null; fillNearest?: boolean | null; maxGap?: number | null; keepUnknown?: boolean | null; splitSegments?: boolean | null; output?: 'native' | 'same' | null } | null };

export type AssignResponse = { detectedFormat: string; words: readonly ({ start: number; end: number; text: string; speaker: string })[]; turns: readonly ({ start: number; end: number; text: string; speaker: string })[]; speakers: readonly ({ speaker: string; seconds: number; words: number })[]; stats: { words: number; unassigned: number; filledNearest: number; interpolatedTimes?: number }; transcript?: Readonly<Record<string, unknown>>; warning?: string };

export type AuditEvent = { seq: number; at: string; tenant?: string; actor: string; action: string; target: string; requestId?: string; ip?: string | null; detail?: Readonly<Record<string, unknown>>; prevHash: string; hash: string };

export type Consent = { basis?: string | null; reference?: string | null; at?: string | null } | null;

export type Delivery = { id: string; jobId: string; attempt: number; at: string; outcome: 'delivered' | 'http_timeout' | 'too_many_redirects' | 'connection_failed' | 'ssl_error' | 'http_error' | 'unknown_error'; httpStatus?: number | null };

export type DiarizeOutput = { diarization: readonly (Segment)[]; exclusiveDiarization?: readonly (Segment)[]; confidence?: FrameConfidence; speakerConfidence?: Readonly<Record<string, Score>>; wordLevelTranscription?: readonly (TextSegment)[]; turnLevelTranscription?: readonly (TextSegment)[]; warning?: string };

export type DiarizeRequest = { url: string; webhook?: string | null; webhookStatusOnly?: boolean | null; model?: string | null; channel?: 'mix' | 'separate' | 'auto' | number | null; metadata?: Metadata; retentionHours?: number | null; priority?: number | null; numSpeakers?: SpeakerCount; minSpeakers?: SpeakerCount; maxSpeakers?: SpeakerCount; turnLevelConfidence?: boolean | null; exclusive?: boolean | null; confidence?: boolean | null; transcription?: boolean | null; transcriptionConfig?: { model?: string | null; language?: string | null } | null; transcript?: Readonly<Record<string, unknown>>; transcriptFormat?: TranscriptFormat };

export type EnrollRequest = { label: Label; voiceprint?: VoiceprintString & string | null; fromJob?: { jobId: string; speaker: string } | null; sets?: Sets & readonly (unknown)[] | null; consent?: Consent; metadata?: Metadata; expiresAt?: string | null };

export type ErrorOutput = { error: string };

export type FrameConfidence = { score: readonly (Score)[]; resolution: number };

export type GladiaJob = { id: string; request_id: string; version: 2; status: 'queued' | 'processing' | 'done' | 'error'; created_at: string; completed_at?: string | null; kind: 'pre-recorded'; custom_metadata?: Readonly<Record<string, unknown>> | null; error_code?: number | null; post_session_metadata?: Readonly<Record<string, unknown>>; file?: Readonly<Record<string, unknown>> | null; request_params?: Readonly<Record<string, unknown>> | null; result?: GladiaResult };

export type GladiaRequest = { audio_url: string; diarization?: boolean | null; diarization_config?: { number_of_speakers?: number | null; min_speakers?: number | null; max_speakers?: number | null } | null; language_config?: { languages?: readonly (string)[] | null } | null; subtitles_config?: { formats?: readonly ('srt' | 'vtt')[] | null } | null; callback?: boolean | null; callback_config?: { url: string; method?: 'POST' | 'PUT' | null } | null; callback_url?: string | null; custom_metadata?: Readonly<Record<string, unknown>> | null; model?: string | null; translation?: boolean | null; summarization?: boolean | null; moderation?: boolean | null; named_entity_recognition?: boolean | null; chapterization?: boolean | null; name_consistency?: boolean | null; custom_spelling?: boolean | null; structured_data_extraction?: boolean | null; sentiment_analysis?: boolean | null; audio_to_llm?: boolean | null; sentences?: boolean | null; display_mode?: boolean | null; punctuation_enhanced?: boolean | null; custom_vocabulary?: boolean | null; subtitles?: boolean | null };

export type GladiaResult = { metadata: { audio_duration: number; number_of_distinct_channels: number; billing_time: number; transcription_time: number }; transcription?: { full_transcript: string; languages: readonly (string)[]; utterances: readonly (GladiaUtterance)[]; subtitles?: readonly ({ format?: string; subtitles?: string })[] }; diarization?: { success: boolean; is_empty: boolean; exec_time: number; error: Readonly<Record<string, unknown>> | null; results: readonly (GladiaUtterance)[] } } | null;

export type GladiaUtterance = { start: number; end: number; confidence: number; channel: number; speaker?: number; words: readonly (GladiaWord)[]; text: string; language: string };

export type GladiaWord = { word: string; start: number; end: number; confidence: number };

export type IdentifyOutput = DiarizeOutput & { identification: readonly (Segment & { diarizationSpeaker: string; match: string | null })[]; voiceprints: readonly ({ speaker: string; match: string | null; confidence: Readonly<Record<string, Score>> })[] };

export type IdentifyRequest = { url: string; webhook?: string | null; webhookStatusOnly?: boolean | null; model?: string | null; channel?: 'mix' | 'separate' | 'auto' | number | null; metadata?: Metadata; retentionHours?: number | null; priority?: number | null; numSpeakers?: SpeakerCount; minSpeakers?: SpeakerCount; maxSpeakers?: SpeakerCount; turnLevelConfidence?: boolean | null; exclusive?: boolean | null; confidence?: boolean | null; voiceprints: readonly ({ label: Label; voiceprint: VoiceprintString })[]; voiceprintSet?: string | null; matching?: { exclusive?: boolean | null; threshold?: number | null } | null };

export type Job = { jobId: string; status: JobStatus; createdAt: string; updatedAt: string; output?: IdentifyOutput | DiarizeOutput | VoiceprintOutput | ErrorOutput; kind?: 'diarize' | 'voiceprint' | 'identify'; progress?: number; stage?: 'queued' | 'fetching' | 'decoding' | 'segmentation' | 'embedding' | 'clustering' | 'transcription' | 'identification' | 'writing'; queuePosition?: number; attempts?: number; errorCode?: JobErrorCode; audio?: { duration?: number; sampleRate?: number; channels?: number; distinctChannels?: number; codec?: string }; model?: { id: string; sha256?: string }; metadata?: Metadata; outputErasedAt?: string | null };

export type JobCreated = { jobId: string; status: JobStatus; warning?: string };

export type JobErrorCode = 'media_not_found' | 'fetch_failed' | 'fetch_forbidden' | 'too_large' | 'too_long' | 'too_short' | 'decode_failed' | 'no_audio_stream' | 'no_speech' | 'voiceprint_multiple_speakers' | 'voiceprint_incompatible' | 'transcription_unavailable' | 'canceled_by_user' | 'timed_out' | 'worker_lost' | 'out_of_memory' | 'internal';

export type JobListItem = { id: string; status: JobStatus; createdAt: string; kind?: string };

export type JobStatus = 'created' | 'pending' | 'running' | 'succeeded' | 'failed' | 'canceled';

export type Label = string;

export type MediaRequest = { url: MediaUrl };

export type MediaResponse = { url: string };

export type MediaUrl = string;

export type Metadata = Readonly<Record<string, string>> | null;

export type Model = { id: string; kind: 'diarization' | 'embedding' | 'transcription'; aliases?: readonly (string)[]; license?: string; sha256?: string; ready: boolean };

export type NewKey = { name: string; scopes: readonly (Scope)[]; tenant?: string | null; expiresAt?: string | null; rateLimitPerMinute?: number | null };

export type OpenAIDiarized = { task: 'transcribe'; duration: number; text: string; segments: readonly ({ type: 'transcript.text.segment'; id: string; start: number; end: number; speaker: string; text: string })[]; usage?: Readonly<Record<string, unknown>> };

export type OpenAIError = { error: { message: string; type: string; param?: string | null; code?: string | null } };

export type Readiness = { status: 'ready' | 'not_ready'; checks: Readonly<Record<string, string>> };

export type Scope = 'jobs:read' | 'jobs:write' | 'media:read' | 'media:write' | 'stream:read' | 'stream:write' | 'voiceprints:read' | 'voiceprints:write' | 'admin';

export type Score = number;

export type Segment = { speaker: string; start: number; end: number; confidence?: Readonly<Record<string, Score>> };

export type Sets = readonly (string)[];

export type SpeakerCount = number | null;

export type StoredVoiceprint = { id: string; label: Label; sets: Sets; samples: number; model: string; consent?: Consent; metadata?: Metadata; createdAt: string; updatedAt: string; lastMatchedAt?: string | null; expiresAt?: string | null; voiceprint?: VoiceprintString };

export type Stream = { id: string; status?: 'created' | 'running' | 'done' | 'error'; startedAt: string | null; completedAt: string | null; input: Readonly<Record<string, unknown>> };

export type TestResponse = { status: string; message: string };

export type TextSegment = { start: number; end: number; text: string; speaker: string };

export type TranscriptFormat = 'auto' | 'words' | 'segments' | 'pyannoteai' | 'whisperx' | 'openai' | 'whisper_cpp' | 'assemblyai' | 'deepgram' | 'speechmatics' | 'rev' | 'gladia' | 'srt' | 'vtt' | null;

export type ValidationErrorResponse = { requestId?: string; message: string; errors: readonly ({ field: string; message: string })[] };

export type VoiceprintChange = { label?: Label & string | null; sets?: Sets & readonly (unknown)[] | null; metadata?: Metadata; expiresAt?: string | null; addVoiceprint?: VoiceprintString & string | null };

export type VoiceprintOutput = { voiceprint: VoiceprintString; warning?: string };

export type VoiceprintRequest = { url: string; webhook?: string | null; webhookStatusOnly?: boolean | null; model?: string | null; channel?: 'mix' | 'separate' | 'auto' | number | null; metadata?: Metadata; retentionHours?: number | null; priority?: number | null };

export type VoiceprintString = string;

/** What each operation takes and answers. */
export interface Operations {
  /** Is this key good? */
  testKey: { answer: TestResponse };
  /** Name a media:// object and get a URL to PUT its bytes to */
  createUploadUrl: { body: MediaRequest; answer: MediaResponse };
  /** Get a URL to GET the bytes of a media:// object */
  createDownloadUrl: { body: MediaRequest; answer: MediaResponse };
  /** Target of the signed upload URL */
  putBlob: { params: { token: string }; answer: undefined };
  /** Target of the signed download URL (Range is honoured) */
  getBlob: { params: { token: string }; answer: string };
  /** Who spoke when */
  diarize: { body: DiarizeRequest; answer: JobCreated };
  /** Turn a short clip of one speaker into a portable voiceprint */
  voiceprint: { body: VoiceprintRequest; answer: JobCreated };
  /** Diarize, then name the speakers that match a voiceprint */
  identify: { body: IdentifyRequest; answer: JobCreated };
  /** State of a job and, at the end, its output */
  getJob: { params: { jobId: string }; answer: Job };
  /** Cancel a job that has not ended; erase the output of one that has */
  cancelOrEraseJob: { params: { jobId: string }; answer: Job };
  /** Older list, offset based */
  listJobsV1: { query?: { take?: number; skip?: number | null; status?: JobStatus }; answer: { items: readonly (JobListItem)[]; total: number } };
  /** List jobs, cursor based, without outputs */
  listJobs: { query?: { limit?: number; cursor?: string; status?: JobStatus }; answer: { items: readonly (JobListItem)[]; nextCursor: string | null } };
  /** The same result in a file format */
  exportJob: { params: { jobId: string }; query?: { format: 'json' | 'pyannote' | 'rttm' | 'uem' | 'csv' | 'tsv' | 'txt' | 'md' | 'srt' | 'vtt' | 'whisperx' | 'verbose_json' | 'diarized_json' | 'gladia' | 'textgrid' | 'eaf' | 'audacity'; exclusive?: boolean; names?: boolean }; answer: string };
  /** Put speakers onto a transcript that somebody else made (synchronous, no audio needed) */
  assignSpeakers: { body: AssignRequest; answer: AssignResponse };
  /** Get a single-use WebSocket URL (the body may be empty) */
  createStream: { answer: { id: string; url: string } };
  /** State of a stream */
  getStream: { params: { id: string }; answer: Stream };
  /** Enrolled speakers (never the vectors) */
  listVoiceprints: { query?: { limit?: number; cursor?: string; set?: string; label?: string }; answer: { items: readonly (StoredVoiceprint)[]; nextCursor: string | null } };
  /** Enrol a speaker from a voiceprint string or from a speaker of a finished job */
  enrollVoiceprint: { body: EnrollRequest; answer: StoredVoiceprint };
  /** One enrolled speaker */
  getVoiceprint: { params: { id: string }; query?: { include?: 'voiceprint' }; answer: StoredVoiceprint };
  /** Rename, move to other sets, add a sample, change metadata or expiry */
  updateVoiceprint: { params: { id: string }; body: VoiceprintChange; answer: StoredVoiceprint };
  /** Erase a speaker and all samples for good */
  deleteVoiceprint: { params: { id: string }; answer: undefined };
  /** Upload a file (field `audio`), or name one by URL */
  gladiaUpload: { body: { audio_url: string }; answer: { audio_url: string; audio_metadata: { id: string; filename: string; source?: string; extension: string; size: number; audio_duration: number; number_of_channels: number } } };
  /** Start a pre-recorded job */
  gladiaCreate: { body: GladiaRequest; answer: { id: string; result_url: string } };
  /** List pre-recorded jobs; `custom_metadata[KEY]=VALUE` for those that were sent with it */
  gladiaList: { query?: { offset?: number | null; limit?: number; status?: readonly ('queued' | 'processing' | 'done' | 'error')[]; date?: string; before_date?: string; after_date?: string }; answer: { first: string; current: string; next: string | null; items: readonly (GladiaJob)[] } };
  /** State and result */
  gladiaGet: { params: { id: string }; answer: GladiaJob };
  /** Delete a job and its file */
  gladiaDelete: { params: { id: string }; answer: undefined };
  /** The audio of the job (never with a JSON content type) */
  gladiaFile: { params: { id: string }; answer: string };
  /** Transcribe with speakers; needs a configured speech-to-text backend */
  openaiTranscribe: { answer: OpenAIDiarized | { text: string } };
  /** Keys (prefix and scopes; never the secret) */
  listKeys: { answer: { items: readonly (ApiKey)[] } };
  /** Make a key; the secret is shown once */
  createKey: { body: NewKey; answer: ApiKey & { secret: string } };
  /** Revoke at once */
  revokeKey: { params: { id: string }; answer: undefined };
  /** New signing secret; the old one signs X-Signature-Previous for 24 h */
  rotateWebhookSecret: { answer: { secret: string; previousValidUntil?: string | null } };
  /** Attempts and their outcome, newest first */
  listDeliveries: { query?: { jobId?: string; limit?: number }; answer: { items: readonly (Delivery)[] } };
  /** Send the same payload again, with a fresh timestamp */
  redeliver: { params: { id: string }; answer: undefined };
  /** Hash-chained audit trail */
  listAudit: { query?: { limit?: number; cursor?: string; action?: string; since?: string }; answer: { items: readonly (AuditEvent)[]; nextCursor: string | null } };
  /** Walk the chain */
  verifyAudit: { answer: { ok: boolean; events: number; firstBadSeq?: number | null } };
  /** The process answers */
  live: { answer: { status: 'ok' } };
  /** Models are loaded, the queue and the store are reachable, the disk has room */
  ready: { answer: Readiness };
  /** Prometheus text (own listener by default, no key needed there) */
  metrics: { answer: string };
  /** Build */
  version: { answer: { version: string; commit?: string; dialects?: Readonly<Record<string, string>> } };
  /** What can be named in `model`, with aliases and the digests of the weights */
  listModels: { answer: { data: readonly (Model)[] } };
}

/** Where each operation is. */
export const OPERATIONS: { readonly [Name in keyof Operations]: { readonly method: string; readonly path: string } } = {
  testKey: { method: 'GET', path: '/v1/test' },
  createUploadUrl: { method: 'POST', path: '/v1/media/input' },
  createDownloadUrl: { method: 'POST', path: '/v1/media/output' },
  putBlob: { method: 'PUT', path: '/v1/media/blob/{token}' },
  getBlob: { method: 'GET', path: '/v1/media/blob/{token}' },
  diarize: { method: 'POST', path: '/v1/diarize' },
  voiceprint: { method: 'POST', path: '/v1/voiceprint' },
  identify: { method: 'POST', path: '/v1/identify' },
  getJob: { method: 'GET', path: '/v1/jobs/{jobId}' },
  cancelOrEraseJob: { method: 'DELETE', path: '/v1/jobs/{jobId}' },
  listJobsV1: { method: 'GET', path: '/v1/jobs' },
  listJobs: { method: 'GET', path: '/v2/jobs' },
  exportJob: { method: 'GET', path: '/v1/jobs/{jobId}/export' },
  assignSpeakers: { method: 'POST', path: '/v1/assign' },
  createStream: { method: 'POST', path: '/v1/live' },
  getStream: { method: 'GET', path: '/v1/live/{id}' },
  listVoiceprints: { method: 'GET', path: '/v1/voiceprints' },
  enrollVoiceprint: { method: 'POST', path: '/v1/voiceprints' },
  getVoiceprint: { method: 'GET', path: '/v1/voiceprints/{id}' },
  updateVoiceprint: { method: 'PATCH', path: '/v1/voiceprints/{id}' },
  deleteVoiceprint: { method: 'DELETE', path: '/v1/voiceprints/{id}' },
  gladiaUpload: { method: 'POST', path: '/v2/upload' },
  gladiaCreate: { method: 'POST', path: '/v2/pre-recorded' },
  gladiaList: { method: 'GET', path: '/v2/pre-recorded' },
  gladiaGet: { method: 'GET', path: '/v2/pre-recorded/{id}' },
  gladiaDelete: { method: 'DELETE', path: '/v2/pre-recorded/{id}' },
  gladiaFile: { method: 'GET', path: '/v2/pre-recorded/{id}/file' },
  openaiTranscribe: { method: 'POST', path: '/v1/audio/transcriptions' },
  listKeys: { method: 'GET', path: '/v1/keys' },
  createKey: { method: 'POST', path: '/v1/keys' },
  revokeKey: { method: 'DELETE', path: '/v1/keys/{id}' },
  rotateWebhookSecret: { method: 'POST', path: '/v1/webhook-secret/rotate' },
  listDeliveries: { method: 'GET', path: '/v1/webhooks/deliveries' },
  redeliver: { method: 'POST', path: '/v1/webhooks/deliveries/{id}/redeliver' },
  listAudit: { method: 'GET', path: '/v1/audit' },
  verifyAudit: { method: 'GET', path: '/v1/audit/verify' },
  live: { method: 'GET', path: '/healthz' },
  ready: { method: 'GET', path: '/readyz' },
  metrics: { method: 'GET', path: '/metrics' },
  version: { method: 'GET', path: '/version' },
  listModels: { method: 'GET', path: '/v1/models' },
};
