import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, speechWav, startHarness } from './harness.ts';

let service: Harness;
beforeAll(async () => {
  service = await startHarness();
});
afterAll(() => service.close());

const twoSpeakers = speechWav([
  [3, 1],
  [1, 0],
  [2, 2],
  [2, 1],
]);

test('a job goes from created through the queue to an output', async () => {
  const url = await service.upload('a/b.wav', twoSpeakers);
  const { status, body } = await service.call('/v1/diarize', { json: { url, numSpeakers: null } });
  expect(status).toBe(200);
  expect(body.status).toBe('created');
  const waiting = await service.call(`/v1/jobs/${body.jobId}`);
  expect(waiting.body).toMatchObject({
    status: 'pending',
    stage: 'queued',
    queuePosition: 0,
    attempts: 0,
    kind: 'diarize',
  });
  expect(waiting.body).not.toHaveProperty('output');
  await service.worker();
  const done = await service.ended(body.jobId);
  expect(done.status).toBe('succeeded');
  expect(done.output.diarization).toEqual([
    { speaker: 'SPEAKER_00', start: 0, end: 3 },
    { speaker: 'SPEAKER_01', start: 4, end: 6 },
    { speaker: 'SPEAKER_00', start: 6, end: 8 },
  ]);
  expect(Object.keys(done.output)).toEqual(['diarization']);
});
