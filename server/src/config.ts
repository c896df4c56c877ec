import { basename } from 'node:path';
import { z } from 'zod';

/**
 * Everything the service can be told, from the environment only. All mistakes are reported at once, each with the
 * name of the variable, what was got and what was expected, so that a wrong deployment is corrected in one round.
 */

const flag = (fallback: boolean) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined || text === '') return fallback;
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      context.addIssue({ code: 'custom', message: `got "${text}", expected true or false` });
      return z.NEVER;
    });

const whole = (fallback: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined || text === '') return fallback;
      const value = Number(text);
      if (Number.isInteger(value) && value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: `got "${text}", expected a whole number from ${min} to ${max}` });
      return z.NEVER;
    });

/** The most that a timer takes: one that is longer goes off at once. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);
/** A hundred years, and some. */
const MOST_HOURS = 1_000_000;

const list = z
  .string()
  .optional()
  .transform((text) =>
    (text ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

const text = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const httpUrl = text.refine((value) => value === undefined || /^https?:\/\/[^\s/]+/.test(value), {
  error: (issue) => `got "${String(issue.input)}", expected an http:// or https:// URL`,
});

const environment = z.object({
  HOST: text,
  PORT: whole(8080, { max: 65_535 }),
  METRICS_HOST: text,
  METRICS_PORT: whole(9090, { max: 65_535 }),
  PUBLIC_URL: httpUrl,
  TRUST_PROXY: flag(false),
  CORS_ORIGINS: list,
  DATA_DIR: text,
  DATABASE_URL: text.refine((value) => value === undefined || /^postgres(ql)?:\/\//.test(value), {
    error: 'expected postgres://user:password@host:port/database',
  }),
  S3_BUCKET: text,
  S3_ENDPOINT: httpUrl,
  S3_REGION: text,
  S3_ACCESS_KEY_ID: text,
  S3_SECRET_ACCESS_KEY: text,
  S3_PREFIX: text,
  // Any other could not be sent in a header as it is.
  BOOTSTRAP_API_KEY: text.refine((value) => value === undefined || /^[\x21-\x7e]{16,}$/.test(value), {
    error: 'expected at least 16 characters of ASCII, without blanks',
  }),
  ENCRYPTION_KEY: text.refine((value) => value === undefined || Buffer.from(value, 'base64').length === 32, {
    error: 'expected 32 bytes in base64 (openssl rand -base64 32)',
  }),
  ENCRYPTION_KEY_PREVIOUS: text.refine((value) => value === undefined || Buffer.from(value, 'base64').length === 32, {
    error: 'expected 32 bytes in base64',
  }),
  WEBHOOK_ALLOW_HTTP: flag(false),
  WEBHOOK_ALLOWED_HOSTS: list,
  WEBHOOK_SIGNATURE_ENCODING: z
    .enum(['hex', 'base64'], { error: (issue) => `got "${String(issue.input)}", expected hex or base64` })
    .default('hex'),
  FETCH_ALLOWED_HOSTS: list,
  ALLOWED_FILE_ROOTS: list,
  MAX_MEDIA_BYTES: whole(2 ** 30, { min: 1 }),
  MAX_VOICEPRINT_BYTES: whole(100 * 2 ** 20, { min: 1 }),
  MAX_AUDIO_SECONDS: whole(24 * 3600, { min: 1 }),
  MAX_VOICEPRINT_SECONDS: whole(30, { min: 1 }),
  MAX_JSON_BYTES: whole(10 * 2 ** 20, { min: 1024 }),
  MAX_ASSIGN_BYTES: whole(20 * 2 ** 20, { min: 1024 }),
  QUEUE_LIMIT: whole(10_000, { min: 1 }),
  RATE_SUBMIT_PER_MINUTE: whole(100),
  RATE_READ_PER_MINUTE: whole(300),
  RETENTION_OUTPUT_HOURS: whole(24, { min: -1, max: MOST_HOURS }),
  RETENTION_MEDIA_HOURS: whole(48, { min: -1, max: MOST_HOURS }),
  WORKERS: whole(1, { min: 1, max: 64 }),
  THREADS: whole(0, { max: 256 }),
  MODEL: text,
  DEVICE: text,
  STT_URL: httpUrl,
  STT_COMMAND: text.refine((value) => value === undefined || value.includes('{input}'), {
    error: 'expected a command with {input} in it, where the name of the sound file goes',
  }),
  STT_LOCAL: text,
  STT_API_KEY: text,
  STT_MODEL: text,
  STT_TIMEOUT_SECONDS: whole(300, { min: 1, max: MOST_SECONDS }),
  STT_RETRIES: whole(3, { max: 20 }),
  STT_CONCURRENCY: whole(2, { min: 1, max: 32 }),
  LIVE: flag(false),
  LIVE_STREAMS: whole(2, { min: 1, max: 1000 }),
  WORKER_MEMORY_MIB: whole(0),
  LEASE_SECONDS: whole(60, { min: 2, max: MOST_SECONDS }),
  JOB_TIMEOUT_SECONDS: whole(6 * 3600, { min: 1, max: MOST_SECONDS }),
  FETCH_TIMEOUT_SECONDS: whole(1800, { min: 1, max: MOST_SECONDS }),
  SHUTDOWN_SECONDS: whole(20, { max: MOST_SECONDS }),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: (issue) => `got "${String(issue.input)}", expected debug, info, warn, error or silent`,
    })
    .default('info'),
});

const hours = (value: number) => (value < 0 ? undefined : value);

/** The settings of one process. Hours that are undefined mean: keep. */
export type Config = ReturnType<typeof shape>;

function shape(env: z.output<typeof environment>) {
  return {
    host: env.HOST ?? '127.0.0.1',
    port: env.PORT,
    metricsHost: env.METRICS_HOST ?? '127.0.0.1',
    metricsPort: env.METRICS_PORT,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    trustProxy: env.TRUST_PROXY,
    corsOrigins: env.CORS_ORIGINS as readonly string[],
    dataDir: env.DATA_DIR ?? './diarist-data',
    databaseUrl: env.DATABASE_URL,
    s3: env.S3_BUCKET
      ? {
          bucket: env.S3_BUCKET,
          endpoint: env.S3_ENDPOINT,
          region: env.S3_REGION ?? 'us-east-1',
          accessKeyId: env.S3_ACCESS_KEY_ID,
          secretAccessKey: env.S3_SECRET_ACCESS_KEY,
          prefix: env.S3_PREFIX ?? '',
        }
      : undefined,
    bootstrapApiKey: env.BOOTSTRAP_API_KEY,
    encryptionKey: env.ENCRYPTION_KEY,
    encryptionKeyPrevious: env.ENCRYPTION_KEY_PREVIOUS,
    webhook: {
      allowHttp: env.WEBHOOK_ALLOW_HTTP,
      allowedHosts: env.WEBHOOK_ALLOWED_HOSTS as readonly string[],
      encoding: env.WEBHOOK_SIGNATURE_ENCODING,
    },
    fetchAllowedHosts: env.FETCH_ALLOWED_HOSTS as readonly string[],
    allowedFileRoots: env.ALLOWED_FILE_ROOTS as readonly string[],
    limits: {
      mediaBytes: env.MAX_MEDIA_BYTES,
      voiceprintBytes: env.MAX_VOICEPRINT_BYTES,
      audioSeconds: env.MAX_AUDIO_SECONDS,
      voiceprintSeconds: env.MAX_VOICEPRINT_SECONDS,
      jsonBytes: env.MAX_JSON_BYTES,
      assignBytes: env.MAX_ASSIGN_BYTES,
      queue: env.QUEUE_LIMIT,
      submitPerMinute: env.RATE_SUBMIT_PER_MINUTE,
      readPerMinute: env.RATE_READ_PER_MINUTE,
    },
    retention: { outputHours: hours(env.RETENTION_OUTPUT_HOURS), mediaHours: hours(env.RETENTION_MEDIA_HOURS) },
    worker: {
      count: env.WORKERS,
      threads: env.THREADS,
      model: env.MODEL ?? 'embedded',
      device: env.DEVICE ?? 'cpu',
      /** The most that the inference process of one job may take; 0 stands for a share of the machine's. */
      memoryBytes: env.WORKER_MEMORY_MIB * 2 ** 20,
      leaseSeconds: env.LEASE_SECONDS,
      jobTimeoutSeconds: env.JOB_TIMEOUT_SECONDS,
      fetchTimeoutSeconds: env.FETCH_TIMEOUT_SECONDS,
    },
    /** The operator's speech-to-text backend: a server, a program, or a model on this machine. */
    stt:
      env.STT_URL || env.STT_COMMAND || env.STT_LOCAL
        ? {
            url: env.STT_URL ?? '',
            command: env.STT_COMMAND,
            local: env.STT_LOCAL,
            apiKey: env.STT_API_KEY,
            model:
              env.STT_MODEL ??
              (env.STT_LOCAL ? basename(env.STT_LOCAL) : env.STT_COMMAND ? 'speech-to-text' : 'whisper-1'),
            timeoutSeconds: env.STT_TIMEOUT_SECONDS,
            retries: env.STT_RETRIES,
            concurrency: env.STT_CONCURRENCY,
          }
        : undefined,
    /** Live streams, and the most of them that one process hears at a time. */
    live: { enabled: env.LIVE, streams: env.LIVE_STREAMS },
    shutdownSeconds: env.SHUTDOWN_SECONDS,
    logLevel: env.LOG_LEVEL,
  };
}

/** Wrong settings: one line a mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment. Throws one ConfigError that lists every mistake. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(env);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  for (const origin of (env['CORS_ORIGINS'] ?? '').split(',').map((part) => part.trim())) {
    if (origin && origin !== '*' && !/^https?:\/\/[^/]+$/.test(origin))
      problems.push(`CORS_ORIGINS: got "${origin}", expected an origin such as https://app.example.org`);
  }
  if ([env['STT_URL'], env['STT_COMMAND'], env['STT_LOCAL']].filter(Boolean).length > 1)
    problems.push('STT_URL, STT_COMMAND and STT_LOCAL: give one of them');
  if (env['S3_BUCKET'] && Boolean(env['S3_ACCESS_KEY_ID']) !== Boolean(env['S3_SECRET_ACCESS_KEY']))
    problems.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: give both or neither');
  if (env['DATABASE_URL'] && !env['ENCRYPTION_KEY'])
    problems.push('ENCRYPTION_KEY: needed with DATABASE_URL, as all processes must share it (openssl rand -base64 32)');
  if (!parsed.success || problems.length > 0) throw new ConfigError(`Wrong settings:\n  ${problems.join('\n  ')}`);
  return shape(parsed.data);
}
