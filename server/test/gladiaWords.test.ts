import { afterAll, beforeAll, expect, test } from 'vitest';
import { GladiaJob } from '../src/contract/gladia.ts';
import { type Answer, callWav, type Harness, speechWav, startHarness } from './harness.ts';
import { type StandIn, startRecogniser } from './recogniser.ts';

// Gladia's dialect with a recogniser: what was said on which channel, and nothing twice.

let recogniser: StandIn;
let service: Harness;
beforeAll(async () => {
  recogniser = await startRecogniser();
  service = await startHarness({ env: { STT_URL: recogniser.url, STT_RETRIES: '0' } });
  await service.worker();
});
afterAll(async () => {
  await service.close();
  await recogniser.close();
});

async function job(bytes: Uint8Array<ArrayBuffer>, more: object = { diarization: true }): Promise<Answer> {
  const form = new FormData();
  form.append('audio', new Blob([bytes]), 'call.wav');
  const { body: uploaded } = await service.call('/v2/upload', { method: 'POST', body: form });
  const { status, body } = await service.call('/v2/pre-recorded', { json: { audio_url: uploaded.audio_url, ...more } });
  expect(status, JSON.stringify(body)).toBe(201);
  for (;;) {
    const { body: now } = await service.call(`/v2/pre-recorded/${body.id}`);
    if (now.status === 'done' || now.status === 'error') return GladiaJob.parse(now);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

const talk = [
  [2, 1],
  [1, 0],
  [2, 2],
] as const;
const call = callWav([
  [
    [2, 1],
    [3, 0],
  ],
  [
    [2.5, 0],
    [2, 2],
    [0.5, 0],
  ],
]);

test('an utterance has text, words with a leading blank, channel, speaker, language and confidence', async () => {
  const { result } = await job(speechWav(talk));
  const { full_transcript, languages, utterances } = result.transcription;
  expect(full_transcript).toBe('one two three four five. one two three four five.');
  expect(languages).toEqual(['en']);
  expect(utterances).toMatchObject([
    { start: 0, end: 1.96, channel: 0, speaker: 0, text: 'one two three four five.', language: 'en' },
    { start: 3, end: 4.96, channel: 0, speaker: 1, text: 'one two three four five.', language: 'en' },
  ]);
  const [{ words }] = utterances;
  expect(words.map(({ word }: { word: string }) => word).join('')).toBe(utterances[0].text);
  expect(words[1]).toEqual({ word: ' two', start: 0.4, end: 0.76, confidence: 0.9 });
  expect(utterances[0].confidence).toBe(0.9);
  expect(result.diarization.results).toEqual(utterances);
  expect(result.metadata).toMatchObject({ audio_duration: 5, number_of_distinct_channels: 1, billing_time: 5 });
  expect(result.metadata.transcription_time).toBeGreaterThan(0);
});

test('a speaker a channel: both are heard, each on its own, numbered over all', async () => {
  const { file, result } = await job(call);
  expect(file.number_of_channels).toBe(2);
  expect(result.metadata).toMatchObject({ number_of_distinct_channels: 2, billing_time: 10 });
  expect(result.transcription.utterances).toMatchObject([
    { start: 0, channel: 0, speaker: 0, text: 'one two three four five.' },
    { start: 2.5, channel: 1, speaker: 1, text: 'one two three four five.' },
  ]);
});

test('a channel that is a copy counts once, and nothing is said twice', async () => {
  const { file, result } = await job(speechWav(talk, { channels: 2 }));
  expect(file.number_of_channels).toBe(2);
  expect(result.metadata).toMatchObject({ number_of_distinct_channels: 1, billing_time: 5 });
  expect(result.transcription.utterances).toHaveLength(2);
});

test('without diarization there are words, and nobody who says them', async () => {
  const { result } = await job(speechWav(talk), { diarization: false });
  expect(result).not.toHaveProperty('diarization');
  expect(result.transcription.utterances).toHaveLength(2);
  for (const utterance of result.transcription.utterances) expect(utterance).not.toHaveProperty('speaker');
});

test('subtitles come where they were asked for, with names where speakers were', async () => {
  const wanted = { subtitles: true, subtitles_config: { formats: ['srt', 'vtt'] } };
  const { result } = await job(speechWav(talk), wanted);
  const [srt, vtt] = result.transcription.subtitles;
  expect(srt.format).toBe('srt');
  expect(srt.subtitles).toContain('00:00:03,000 --> 00:00:04,960\none two three four five.');
  expect(vtt.subtitles).toMatch(/^WEBVTT\n/);
  const named = await job(speechWav(talk), { ...wanted, diarization: true });
  expect(named.result.transcription.subtitles[0].subtitles).toContain('SPEAKER_01: one two');
});

test('one language is passed on; several are left to the recogniser', async () => {
  await job(speechWav(talk), { language_config: { languages: ['fr'] } });
  expect(recogniser.asked.at(-1)).toMatchObject({ language: 'fr' });
  await job(speechWav(talk), { language_config: { languages: ['fr', 'en'], code_switching: true } });
  expect(recogniser.asked.at(-1)).not.toHaveProperty('language');
});

test('a recogniser that fails is an error with a number, and no result', async () => {
  recogniser.behave('html');
  const failed = await job(speechWav(talk));
  recogniser.behave('speak');
  expect(failed).toMatchObject({ status: 'error', error_code: expect.any(Number), result: null });
});

test('a job that separates its channels in the other dialect has channels on its turns', async () => {
  const url = await service.upload('call.wav', call);
  for (const channel of ['separate', 'auto']) {
    const { body } = await service.call('/v1/diarize', { json: { url, channel, transcription: true } });
    const { output, audio } = await service.ended(body.jobId);
    expect(audio).toMatchObject({ channels: 2, distinctChannels: 2 });
    expect(output.diarization).toEqual([
      { start: 0, end: 2, speaker: 'SPEAKER_00', channel: 0 },
      { start: 2.5, end: 4.5, speaker: 'SPEAKER_01', channel: 1 },
    ]);
    expect(output.turnLevelTranscription).toMatchObject([{ speaker: 'SPEAKER_00' }, { speaker: 'SPEAKER_01' }]);
  }
  const { body: one } = await service.call('/v1/diarize', { json: { url, channel: 1, transcription: true } });
  const { output } = await service.ended(one.jobId);
  expect(output.turnLevelTranscription).toEqual([
    { start: 2.5, end: 4.46, text: 'one two three four five.', speaker: 'SPEAKER_00' },
  ]);
  const { body: none } = await service.call('/v1/diarize', { json: { url, channel: 2 } });
  expect((await service.ended(none.jobId)).output.error).toBe(
    'The recording has 2 channels, counted from 0; there is no 2',
  );
});
