import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as diarist from 'diarist';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DiarizeOutput } from '../src/contract/jobs.ts';
import type { EngineModule } from '../src/jobs/engine.ts';
import { liveWorkers } from '../src/store/workers.ts';
import { type Answer, type Harness, startHarness } from './harness.ts';
import { type StandIn, startRecogniser } from './recogniser.ts';

// The service with the engine itself and the model that comes with it, on real talk; only the recogniser is a stand-in.

const SECONDS = 20;
let recogniser: StandIn;
let service: Harness;
let meeting: Float32Array;
beforeAll(async () => {
  recogniser = await startRecogniser();
  service = await startHarness({ engine: 'diarist', env: { STT_URL: recogniser.url } });
  await service.worker({ model: 'embedded' });
  meeting = await firstSeconds();
});
afterAll(async () => {
  await service.close();
  await recogniser.close();
});

/** The beginning of the package's sample, an AMI meeting (CC BY 4.0), at 16 kHz. */
async function firstSeconds(): Promise<Float32Array> {
  const audio = await diarist.openAudio(fileURLToPath(import.meta.resolve('../../engine/samples/meeting.flac')));
  const samples = new Float32Array(SECONDS * 16000);
  let at = 0;
  for await (const block of audio.blocks) {
    samples.set(block.subarray(0, samples.length - at), at);
    at = Math.min(samples.length, at + block.length);
    if (at === samples.length) break;
  }
  await audio.close();
  return samples;
}

function wav(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const count = channels.length;
  const bytes = Buffer.alloc(44 + channels[0].length * count * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(count, 22);
  bytes.writeUInt32LE(16000, 24);
  bytes.writeUInt32LE(16000 * count * 2, 28);
  bytes.writeUInt16LE(count * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (const [c, samples] of channels.entries())
    for (const [i, x] of samples.entries()) bytes.writeInt16LE(Math.round(x * 32767), 44 + (i * count + c) * 2);
  return new Uint8Array(bytes);
}

async function job(channels: readonly Float32Array[], json: object): Promise<Answer> {
  const url = await service.upload('meeting.wav', wav(channels));
  const { status, body } = await service.call('/v1/diarize', { json: { url, transcription: true, ...json } });
  expect(status, JSON.stringify(body)).toBe(200);
  const ended = await service.ended(body.jobId);
  expect(ended.status, JSON.stringify(ended.output)).toBe('succeeded');
  return ended;
}

test('the engine has what the service asks of it', () => {
  const engine = diarist as unknown as Record<keyof EngineModule, unknown>;
  for (const name of ['createDiarizer', 'openChannels', 'diarizeChannels', 'transcribe'] as const)
    expect(engine[name], name).toBeTypeOf('function');
});

test('voices are scored by the line that stands in the manifest of the model', async () => {
  const path = fileURLToPath(import.meta.resolve('../../engine/models/embedded-v1/manifest.json'));
  const { slope, intercept } = JSON.parse(await readFile(path, 'utf8')).verification;
  const [worker] = await liveWorkers(service.deps.db);
  expect(worker.model.verification).toEqual({ slope, intercept });
});

test('a number of speakers wins over bounds that contradict it, as in pyannote', async () => {
  const { output } = await job([meeting], { transcription: false, numSpeakers: 1, minSpeakers: 2 });
  const { diarization } = DiarizeOutput.parse(output);
  expect(new Set(diarization.map(({ speaker }) => speaker)).size).toBe(1);
});

test('everything that can be asked of a meeting, and its words', async () => {
  const { output } = await job([meeting], { exclusive: true, confidence: true, turnLevelConfidence: true });
  expect(DiarizeOutput.parse(output)).toBeTruthy();
  expect(output.diarization.length).toBeGreaterThan(2);
  expect(output.confidence.score.length).toBe(SECONDS * 50);
  const speakers = new Set(output.diarization.map(({ speaker }: { speaker: string }) => speaker));
  expect(output.wordLevelTranscription.length).toBeGreaterThan(10);
  for (const { start, end, text, speaker } of output.wordLevelTranscription) {
    expect(text).not.toBe('');
    expect(start).toBeLessThan(end);
    expect(end).toBeLessThanOrEqual(SECONDS);
    expect([...speakers, 'UNKNOWN']).toContain(speaker);
  }
});

test('the same talk on two channels is one channel, and its words are said once', async () => {
  const mono = await job([meeting], {});
  const twice = await job([meeting, meeting.map((x) => -0.5 * x)], { channel: 'auto' });
  expect(twice.audio).toMatchObject({ channels: 2, distinctChannels: 1 });
  // Sound is found by its level in another rounding, so a word may come or go.
  const [a, b] = [mono, twice].map(({ output }) => output.wordLevelTranscription.length);
  expect(Math.abs(a - b)).toBeLessThanOrEqual(2);
});

test('two voices on two channels are two distinct channels, each with its turns', async () => {
  const silence = new Float32Array(8 * 16000);
  const left = Float32Array.from([...meeting.subarray(0, 8 * 16000), ...silence]);
  const right = Float32Array.from([...silence, ...meeting.subarray(8 * 16000, 16 * 16000)]);
  const { audio, output } = await job([left, right], { channel: 'auto' });
  expect(audio).toMatchObject({ channels: 2, distinctChannels: 2 });
  for (const { channel, start, end } of output.diarization) {
    if (channel === 0) expect(end).toBeLessThan(8.5);
    else expect(start).toBeGreaterThan(7.5);
  }
  expect(new Set(output.diarization.map(({ channel }: { channel: number }) => channel))).toEqual(new Set([0, 1]));
});
