import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Worker } from '../src/jobs/worker.ts';
import { type Answer, type Harness, speechWav, startHarness } from './harness.ts';
import { type Behaviour, type StandIn, startRecogniser } from './recogniser.ts';

// Words in jobs, with a recogniser's stand-in behind HTTP and behind a command.

let recogniser: StandIn;
let service: Harness;
let worker: Worker;
beforeAll(async () => {
  recogniser = await startRecogniser();
  service = await startHarness({
    env: {
      STT_URL: recogniser.url,
      STT_API_KEY: 'key-of-the-backend',
      STT_MODEL: 'small',
      STT_TIMEOUT_SECONDS: '1',
      STT_RETRIES: '1',
    },
  });
  worker = await service.worker();
  url = await service.upload('talk.wav', talk);
});
afterEach(() => recogniser.behave('speak'));
afterAll(async () => {
  await service.close();
  await recogniser.close();
});

let url: string;
const talk = speechWav([
  [2, 1],
  [1, 0],
  [2, 2],
  [1, 0],
  [1, 1],
]);

async function transcribed(json: Record<string, unknown>): Promise<Answer> {
  const { status, body } = await service.call('/v1/diarize', { json: { url, transcription: true, ...json } });
  expect(status, JSON.stringify(body)).toBe(200);
  return service.ended(body.jobId);
}

test('words and turns of talk have their speakers, in order, within the recording', async () => {
  const { status, output } = await transcribed({
    transcriptionConfig: { model: 'parakeet-tdt-0.6b-v3', language: 'en' },
  });
  expect(status).toBe('succeeded');
  const { wordLevelTranscription: words, turnLevelTranscription: turns } = output;
  expect(turns).toEqual([
    { start: 0, end: 1.96, text: 'one two three four five.', speaker: 'SPEAKER_00' },
    { start: 3, end: 4.96, text: 'one two three four five.', speaker: 'SPEAKER_01' },
    { start: 6, end: 6.95, text: 'one two.', speaker: 'SPEAKER_00' },
  ]);
  expect(words[0]).toEqual({ start: 0, end: 0.36, text: 'one', speaker: 'SPEAKER_00' });
  expect(words).toHaveLength(12);
  for (const [i, word] of words.entries()) {
    expect(word.start).toBeLessThan(word.end);
    expect(word.start).toBeGreaterThanOrEqual(words[i - 1]?.start ?? 0);
  }
  expect(recogniser.asked.at(-1)).toMatchObject({
    model: 'small',
    language: 'en',
    response_format: 'verbose_json',
    authorization: 'Bearer key-of-the-backend',
  });
});

test("pyannoteAI's model names stand for the backend, and the answer says so; others are refused", async () => {
  const ask = (model: string | null) =>
    service.call('/v1/diarize', {
      json: { url: 'media://none', transcription: true, transcriptionConfig: { model } },
    });
  expect((await ask('faster-whisper-large-v3-turbo')).body.warning).toBe(
    'model faster-whisper-large-v3-turbo is served by small',
  );
  expect((await ask('small')).body).not.toHaveProperty('warning');
  expect((await ask(null)).body).not.toHaveProperty('warning');
  const { status, body } = await ask('whisper-99');
  expect(status).toBe(400);
  expect(body.errors[0]).toMatchObject({
    field: 'transcriptionConfig.model',
    message: expect.stringContaining('is unknown: this server has small'),
  });
  const { body: models } = await service.call('/v1/models');
  expect(models.data.at(-1)).toMatchObject({ id: 'small', kind: 'transcription', ready: true });
});

test('a language that is none is refused: it is passed on to programs', async () => {
  const { status, body } = await service.call('/v1/diarize', {
    json: { url, transcription: true, transcriptionConfig: { language: '--output=/etc/passwd' } },
  });
  expect(status).toBe(400);
  expect(body.errors[0].field).toBe('transcriptionConfig.language');
});

test('without transcription there are no words, and the backend is not asked', async () => {
  const before = recogniser.asked.length;
  expect((await transcribed({ transcription: false })).output).toEqual({ diarization: expect.any(Array) });
  expect((await transcribed({ transcript: '1\n00:00:00,500 --> 00:00:01,500\nHi there' })).output).toMatchObject({
    turnLevelTranscription: [{ start: 0.5, end: 1.5, text: 'Hi there', speaker: 'SPEAKER_00' }],
  });
  // What came with the request is sealed in the database, too.
  const { rows } = await sql<{ text: string }>`select (job.*)::text as text from job`.execute(service.deps.db);
  for (const { text } of rows) expect(text).not.toContain('Hi there');
  expect(recogniser.asked.length).toBe(before);
});

test('the transcript leaves in every format that has words', async () => {
  const { jobId } = await transcribed({});
  const as = async (format: string) => (await service.call(`/v1/jobs/${jobId}/export?format=${format}`)).body;
  expect(await as('srt')).toContain('00:00:03,000 --> 00:00:04,960\nSPEAKER_01: one two three four five.');
  expect(await as('vtt')).toContain('<v SPEAKER_01>one two three four five.</v>');
  expect(await as('txt')).toBe(
    '[00:00:00] SPEAKER_00: one two three four five.\n[00:00:03] SPEAKER_01: one two three four five.\n' +
      '[00:00:06] SPEAKER_00: one two.\n',
  );
  const whisperx = await as('whisperx');
  expect(whisperx.language).toBe('english');
  expect(whisperx.segments[0]).toMatchObject({ text: 'one two three four five.', speaker: 'SPEAKER_00' });
  expect(whisperx.segments[0].words).toHaveLength(5);
  expect((await as('verbose_json')).words).toHaveLength(12);
  expect((await as('diarized_json')).segments[1]).toMatchObject({ id: 'seg_1', speaker: 'B' });
  expect((await as('gladia')).result.transcription.utterances[1]).toMatchObject({ speaker: 1, language: 'en' });
});

test('formats without text are who spoke when, also where there are words', async () => {
  const { jobId, output } = await transcribed({});
  const as = async (format: string) => (await service.call(`/v1/jobs/${jobId}/export?format=${format}`)).body;
  const { start, end, speaker } = output.diarization[0];
  // The last word of "one two three four five." ends at 1.96, the turn does not.
  expect(output.turnLevelTranscription[0].end).toBe(1.96);
  expect(end).not.toBe(1.96);
  const times = `${start.toFixed(3)} ${(end - start).toFixed(3)}`;
  expect((await as('rttm')).split('\n')[0]).toMatch(new RegExp(`^SPEAKER \\S+ 1 ${times} <NA> <NA> ${speaker} `));
  expect((await as('pyannote')).diarization).toEqual(output.diarization);
});

test.each<[Behaviour, string, number]>([
  ['html', 'answered something that is no transcript', 1],
  ['half', 'answered something that is no transcript', 1],
  ['refuse', 'failed', 1],
  ['break', 'failed', 2],
  ['die', 'could not be reached', 2],
  ['hang', 'did not answer in time', 2],
])(
  'a backend that shows the fault "%s" gives a failed job that says so and keeps who spoke',
  async (fault, why, tries) => {
    const before = recogniser.asked.length;
    recogniser.behave(fault);
    const job = await transcribed({ retentionHours: 1 });
    expect(job).toMatchObject({ status: 'failed', errorCode: 'transcription_unavailable', attempts: 1 });
    expect(job.output.error).toBe(`The recording could not be transcribed: the speech-to-text backend ${why}`);
    expect(job.output.diarization).toHaveLength(3);
    expect(recogniser.asked.length - before).toBe(tries);
    // The recording is still there: the same job runs once the backend is back.
    recogniser.behave('speak');
    expect((await transcribed({})).status).toBe('succeeded');
  },
);

test('a busy backend is asked again', async () => {
  recogniser.behave('busy once');
  expect((await transcribed({})).status).toBe('succeeded');
});

test('a job that waits for the backend says so, stops within two seconds of a cancel, and the worker goes on', async () => {
  recogniser.behave('hang');
  const jobId = await waitingForWords();
  const started = Date.now();
  await service.call(`/v1/jobs/${jobId}`, { method: 'DELETE' });
  recogniser.behave('speak');
  expect((await transcribed({})).status).toBe('succeeded');
  // Both the end of the one and all of the other, which takes about a second.
  expect(Date.now() - started).toBeLessThan(3500);
  expect((await service.call(`/v1/jobs/${jobId}`)).body.status).toBe('canceled');
});

/** A job that has come to the recogniser, which hangs. */
async function waitingForWords(): Promise<string> {
  const { body } = await service.call('/v1/diarize', { json: { url, transcription: true } });
  for (;;) {
    const { body: job } = await service.call(`/v1/jobs/${body.jobId}`);
    expect(['created', 'pending', 'running']).toContain(job.status);
    if (job.stage === 'transcription') return body.jobId as string;
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

test('a process that dies while the backend is asked loses nothing: the job is tried again', async () => {
  recogniser.behave('hang');
  const jobId = await waitingForWords();
  recogniser.behave('speak');
  process.kill(worker.inferencePid!, 'SIGKILL');
  const job = await service.ended(jobId);
  expect(job).toMatchObject({ status: 'succeeded', attempts: 2 });
  expect(job.output.turnLevelTranscription).toHaveLength(3);
});

test('a worker without a backend fails the job that needs one, and says so', async () => {
  await using bare = await startHarness({ env: { STT_URL: recogniser.url } });
  const media = await bare.upload('talk.wav', talk);
  const { body } = await bare.call('/v1/diarize', { json: { url: media, transcription: true } });
  (bare.deps.config as { stt: unknown }).stt = undefined;
  await bare.worker();
  const job = await bare.ended(body.jobId);
  expect(job).toMatchObject({ status: 'failed', errorCode: 'transcription_unavailable' });
  expect(job.output.error).toBe('The worker that took this job has no speech-to-text backend');
});

test('a program is a backend, too, and is given none of our secrets', async () => {
  const script = join(service.dir, 'recognise.mjs');
  await writeFile(
    script,
    `#!${process.execPath}
import { readFileSync } from 'node:fs';
const riff = readFileSync(process.argv[2]).toString('latin1', 0, 4);
const word = riff === 'RIFF' && !process.env.DIARY_SECRET && !process.env.DATABASE_URL ? 'good' : 'bad';
const words = [{ word, start: 0.5, end: 1 }, { word: 'beyond', start: 6.8, end: 30 }];
console.log(JSON.stringify({ segments: [{ start: 0.5, end: 30, text: word + ' beyond', words }] }));`,
  );
  await chmod(script, 0o755);
  process.env['DIARY_SECRET'] = 'x';
  await using other = await startHarness({ env: { STT_COMMAND: `${process.execPath} ${script} {input}` } });
  const media = await other.upload('talk.wav', talk);
  const { body } = await other.call('/v1/diarize', { json: { url: media, transcription: true } });
  await other.worker();
  delete process.env['DIARY_SECRET'];
  const { output } = await other.ended(body.jobId);
  expect(output.wordLevelTranscription).toEqual([
    { start: 0.5, end: 1, text: 'good', speaker: 'SPEAKER_00' },
    { start: 6.8, end: 7, text: 'beyond', speaker: 'SPEAKER_00' },
  ]);
});

test('a model on this machine is a backend, loaded when words are first wanted', async () => {
  const model = fileURLToPath(import.meta.resolve('../../fixtures/recogniser/whisper'));
  await using other = await startHarness({ env: { STT_LOCAL: model } });
  const media = await other.upload('talk.wav', talk);
  await other.worker();
  const { body } = await other.call('/v1/diarize', {
    json: { url: media, transcription: true, transcriptionConfig: { model: 'whisper', language: 'en' } },
  });
  // Its weights are random, so what it says is nonsense; that it says it within the recording is not.
  const { status, output } = await other.ended(body.jobId);
  expect(status, JSON.stringify(output)).toBe('succeeded');
  expect(output.wordLevelTranscription.length).toBeGreaterThan(1);
  for (const { start, end } of output.wordLevelTranscription) expect(0 <= start && end <= 7.001).toBe(true);
});

test('a model that is not there fails the job, and says so', async () => {
  await using other = await startHarness({ env: { STT_LOCAL: 'no-such-model' } });
  const media = await other.upload('talk.wav', talk);
  await other.worker();
  const { body } = await other.call('/v1/diarize', { json: { url: media, transcription: true } });
  const { output, errorCode } = await other.ended(body.jobId);
  expect(errorCode).toBe('transcription_unavailable');
  expect(output.error).toMatch(/^The recording could not be transcribed: the speech-to-text backend /);
});
