import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, speechWav, startHarness } from './harness.ts';

let service: Harness;
let jobId: string;
beforeAll(async () => {
  service = await startHarness();
  await service.worker();
  const url = await service.upload(
    'talk.wav',
    speechWav([
      [3, 1],
      [1, 0],
      [3, 2],
    ]),
  );
  jobId = (await service.call('/v1/diarize', { json: { url, webhook: null } })).body.jobId;
  await service.ended(jobId);
});
afterAll(() => service.close());

// One segment whose words change speaker at 3 s: it is cut there.
const transcript = {
  segments: [
    {
      start: 1,
      end: 5,
      text: ' Hello, how are you?',
      words: [
        { word: ' Hello,', start: 1, end: 1.5 },
        { word: ' how', start: 2, end: 2.5 },
        { word: ' are', start: 4.2, end: 4.6 },
        { word: ' you?', start: 4.6, end: 5 },
      ],
    },
  ],
};

test('the words of a transcript get the speakers of a job', async () => {
  const { status, body } = await service.call('/v1/assign', { json: { jobId, transcript } });
  expect(status).toBe(200);
  expect(body.detectedFormat).toBe('whisperx');
  expect(body.words.map((word: { speaker: string }) => word.speaker)).toEqual([
    'SPEAKER_00',
    'SPEAKER_00',
    'SPEAKER_01',
    'SPEAKER_01',
  ]);
  expect(body.turns.map(({ speaker, text }: { speaker: string; text: string }) => [speaker, text])).toEqual([
    ['SPEAKER_00', 'Hello, how'],
    ['SPEAKER_01', 'are you?'],
  ]);
  expect(body.stats).toMatchObject({ words: 4, unassigned: 0, filledNearest: 0 });
});

test('a large transcript is assigned in a process of its own, and meanwhile others are answered', async () => {
  // 9 people who talk all the time, 20,000 turns each begun while the others go on; 3 words a second
  const diarization = Array.from({ length: 20_000 }, (_, i) => ({ speaker: `S${i % 9}`, start: i / 10, end: 9000 }));
  const words = Array.from({ length: 20_000 }, (_, i) => ({ word: 'a', start: i / 3, end: i / 3 + 0.2 }));
  let ended = false;
  const large = service
    .call('/v1/assign', {
      json: { diarization, transcript: { words }, format: 'words', options: { useExclusive: false } },
    })
    .finally(() => {
      ended = true;
    });
  let answered = 0;
  while (!ended) {
    expect((await service.call('/healthz')).status).toBe(200);
    answered++;
    await sleep(20);
  }
  const { status, body } = await large;
  expect(status).toBe(200);
  expect(body.words.length).toBe(20_000);
  expect(body.words[0].speaker).toBe('S0');
  expect(answered).toBeGreaterThan(10);

  const nothing = { padding: 'x'.repeat(600_000) };
  const refused = await service.call('/v1/assign', { json: { diarization: [], transcript: nothing } });
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].field).toBe('transcript');
}, 60_000);

test('a given diarization needs no job; the source comes back filled where that was asked for', async () => {
  const diarization = [{ speaker: 'Ann', start: 0, end: 10 }];
  const { body } = await service.call('/v1/assign', { json: { diarization, transcript, options: { output: 'same' } } });
  expect(body.transcript.segments[0].words[0]).toEqual({ word: ' Hello,', start: 1, end: 1.5, speaker: 'Ann' });
});

test.each([
  [{ transcript }, 'jobId', 'or diarization is required, and not both'],
  [{ diarization: [] }, 'transcript', 'is required'],
  [
    { diarization: [{ speaker: 'a', start: 2, end: 1 }], transcript },
    'diarization[0].end',
    'must be larger than start',
  ],
  [{ diarization: [], transcript, format: 'docx' }, 'format', expect.stringContaining('must be one of auto, words')],
])('%j is refused', async (json, field, message) => {
  const { status, body } = await service.call('/v1/assign', { json });
  expect(status).toBe(400);
  expect(body.errors[0]).toEqual({ field, message });
});

test.each([42, 'no subtitles here', { nothing: true }, [1, 2]])('the transcript %j is not one', async (bad) => {
  const { status, body } = await service.call('/v1/assign', { json: { diarization: [], transcript: bad } });
  expect(status).toBe(400);
  expect(body.errors[0].field).toBe('transcript');
});

test('a job that has not ended is 409, an unknown one 404', async () => {
  const { body } = await service.call('/v1/diarize', { json: { url: 'media://never', priority: -10 } });
  await service.call(`/v1/jobs/${body.jobId}`, { method: 'DELETE' });
  expect((await service.call('/v1/assign', { json: { jobId: body.jobId, transcript } })).status).toBe(409);
  const other = await service.keyFor('rival');
  expect((await service.call('/v1/assign', { json: { jobId, transcript }, key: other })).status).toBe(404);
});

test('a diarize job with a transcript answers with both lists, without any speech-to-text', async () => {
  const { body } = await service.call('/v1/diarize', {
    json: { url: 'media://talk.wav', transcript, transcription: true },
  });
  const { output } = await service.ended(body.jobId);
  expect(output.wordLevelTranscription[2]).toEqual({ start: 4.2, end: 4.6, text: 'are', speaker: 'SPEAKER_01' });
  expect(output.turnLevelTranscription).toHaveLength(2);
  const refused = await service.call('/v1/diarize', { json: { url: 'media://talk.wav', transcript: 7 } });
  expect(refused.status).toBe(400);
});

test.each([
  ['rttm', /^SPEAKER talk 1 0\.000 3\.000 <NA> <NA> SPEAKER_00 <NA> <NA>\n/],
  ['json', /"turns"/],
  ['pyannote', /"diarization"/],
  ['uem', /^talk 1 0\.000 7\.000/],
  ['csv', /SPEAKER_01/],
  ['tsv', /SPEAKER_01/],
  ['txt', /SPEAKER_01/],
  ['md', /SPEAKER_01/],
  ['srt', /00:00:00,000 --> 00:00:03,000/],
  ['vtt', /^WEBVTT/],
  ['whisperx', /"word_segments"/],
  ['verbose_json', /"task": "transcribe"/],
  ['diarized_json', /"speaker": "B"/],
  ['gladia', /"number_of_distinct_channels"/],
  ['textgrid', /ooTextFile/],
  ['eaf', /ANNOTATION_DOCUMENT/],
  ['audacity', /^0\.000000\t3\.000000\tSPEAKER_00/],
])('an export as %s', async (format, wanted) => {
  const answer = await service.app.request(`/v1/jobs/${jobId}/export?format=${format}&exclusive=true`, {
    headers: { authorization: `Bearer ${service.key}` },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-disposition')).toContain(jobId);
  expect(await answer.text()).toMatch(wanted);
});
