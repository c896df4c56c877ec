import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('without any variable the service is one for a laptop: loopback, its own folder, no other party', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, dataDir: './diarist-data', databaseUrl: undefined });
  expect(config.retention).toEqual({ outputHours: 24, mediaHours: 48 });
});

test('all mistakes are reported at once, each with its variable', () => {
  const wrong = {
    PORT: '99999',
    TRUST_PROXY: 'maybe',
    DATABASE_URL: 'mysql://x',
    CORS_ORIGINS: 'example.org',
    S3_BUCKET: 'b',
    S3_ACCESS_KEY_ID: 'k',
  };
  let message = '';
  try {
    readConfig(wrong);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    message = (error as Error).message;
  }
  for (const name of ['PORT', 'TRUST_PROXY', 'DATABASE_URL', 'CORS_ORIGINS', 'S3_ACCESS_KEY_ID', 'ENCRYPTION_KEY'])
    expect(message).toContain(name);
  expect(message).toContain('got "99999", expected a whole number from 0 to 65535');
});

test('a retention of -1 keeps, 0 erases at once', () => {
  expect(readConfig({ RETENTION_OUTPUT_HOURS: '-1', RETENTION_MEDIA_HOURS: '0' }).retention).toEqual({
    outputHours: undefined,
    mediaHours: 0,
  });
});

test('a time that no timer takes is refused: it would be over at once', () => {
  // setTimeout of Node: "When delay is larger than 2147483647 [ms] … the delay will be set to 1".
  expect(readConfig({ JOB_TIMEOUT_SECONDS: '2147483' }).worker.jobTimeoutSeconds).toBe(2_147_483);
  for (const name of ['JOB_TIMEOUT_SECONDS', 'FETCH_TIMEOUT_SECONDS', 'STT_TIMEOUT_SECONDS', 'SHUTDOWN_SECONDS'])
    expect(() => readConfig({ [name]: '31536000' }), name).toThrow(`${name}: got "31536000", expected a whole number`);
});

test('a recogniser is a server or a program, not both, and a program is told where the sound is', () => {
  expect(readConfig({}).stt).toBeUndefined();
  expect(readConfig({ STT_URL: 'http://10.0.0.7:8000/v1', STT_MODEL: 'small' }).stt).toMatchObject({
    url: 'http://10.0.0.7:8000/v1',
    model: 'small',
    timeoutSeconds: 300,
    retries: 3,
    concurrency: 2,
  });
  expect(readConfig({ STT_COMMAND: 'whisper-cli -f {input}' }).stt).toMatchObject({
    command: 'whisper-cli -f {input}',
  });
  const both = { STT_URL: 'http://127.0.0.1/v1', STT_COMMAND: 'whisper-cli -f {input}' };
  expect(() => readConfig(both)).toThrow('STT_URL, STT_COMMAND and STT_LOCAL: give one of them');
  expect(readConfig({ STT_LOCAL: '/models/whisper-base' }).stt).toMatchObject({ model: 'whisper-base' });
  expect(() => readConfig({ STT_COMMAND: 'whisper-cli' })).toThrow('STT_COMMAND: expected a command with {input}');
  expect(() => readConfig({ STT_URL: 'localhost:8000' })).toThrow('STT_URL: got "localhost:8000"');
});

test('an admin key that no Authorization header can carry is refused', () => {
  // RFC 6750, 2.1: `Bearer` is followed by one token without blanks; a header's value is ASCII (RFC 9110, 5.5).
  for (const key of ['correct horse battery', 'tabs\tand-sixteen-more', 'schlüssel-mit-umlauten', 'too-short'])
    expect(() => readConfig({ BOOTSTRAP_API_KEY: key }), key).toThrow('BOOTSTRAP_API_KEY: expected at least 16');
  expect(readConfig({ BOOTSTRAP_API_KEY: 'dk_smoke_key/of+16=' }).bootstrapApiKey).toBe('dk_smoke_key/of+16=');
});
