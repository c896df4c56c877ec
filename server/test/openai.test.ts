import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OpenAIDiarized } from '../src/contract/openai.ts';
import { type Answer, callWav, type Harness, speechWav, startHarness } from './harness.ts';
import { type StandIn, startRecogniser } from './recogniser.ts';

// OpenAI's transcription call, with a recogniser's stand-in.

let recogniser: StandIn;
let service: Harness;
beforeAll(async () => {
  recogniser = await startRecogniser();
  service = await startHarness({ env: { STT_URL: recogniser.url, STT_RETRIES: '0' } });
  await service.worker();
});
afterEach(() => recogniser.behave('speak'));
afterAll(async () => {
  await service.close();
  await recogniser.close();
});

const talk = speechWav([
  [2, 1],
  [1, 0],
  [2, 2],
]);
const clip = (speaker: number, seconds = 3) =>
  `data:audio/wav;base64,${Buffer.from(speechWav([[seconds, speaker]])).toString('base64')}`;

type Fields = readonly (readonly [string, string])[];

async function transcribe(
  fields: Fields = [],
  { file = talk, ...more }: { file?: Uint8Array<ArrayBuffer> | null; key?: string; signal?: AbortSignal } = {},
): Promise<{ status: number; body: Answer; headers: Headers }> {
  const form = new FormData();
  // The file first, as some clients send it: what its fields ask for comes after it.
  if (file) form.append('file', new Blob([file]), 'talk.wav');
  if (!fields.some(([name]) => name === 'model')) form.append('model', 'whisper-1');
  for (const [name, value] of fields) form.append(name, value);
  return service.call('/v1/audio/transcriptions', { method: 'POST', body: form, ...more });
}

const SAID = 'one two three four five. one two three four five.';

describe('the six shapes', () => {
  test('json is the default', async () => {
    const { status, body, headers } = await transcribe();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toEqual({ text: SAID, usage: { type: 'duration', seconds: 5 } });
  });

  test('text', async () => {
    const { body, headers } = await transcribe([['response_format', 'text']]);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(body).toBe(`${SAID}\n`);
  });

  test('srt and vtt have no names, as those of OpenAI have none', async () => {
    expect((await transcribe([['response_format', 'srt']])).body).toBe(
      '1\n00:00:00,000 --> 00:00:01,960\none two three four five.\n\n' +
        '2\n00:00:03,000 --> 00:00:04,960\none two three four five.\n\n',
    );
    const { body } = await transcribe([['response_format', 'vtt']]);
    expect(body).toMatch(/^WEBVTT\n/);
    expect(body).not.toContain('<v');
  });

  test('verbose_json has segments, words where they are asked for, and speakers besides', async () => {
    const { body } = await transcribe([['response_format', 'verbose_json']]);
    expect(body).toMatchObject({ task: 'transcribe', language: 'english', duration: 5, text: SAID });
    expect(body.segments).toMatchObject([
      { id: 0, start: 0, end: 1.96, text: 'one two three four five.', speaker: 'A' },
      { id: 1, start: 3, end: 4.96, text: 'one two three four five.', speaker: 'B' },
    ]);
    expect(body).not.toHaveProperty('words');
    const words = await transcribe([
      ['response_format', 'verbose_json'],
      ['timestamp_granularities[]', 'word'],
    ]);
    expect(words.body.words[0]).toEqual({ word: 'one', start: 0, end: 0.36, speaker: 'A' });
    expect(words.body).not.toHaveProperty('segments');
  });

  test('diarized_json', async () => {
    const { body } = await transcribe([
      ['response_format', 'diarized_json'],
      ['model', 'gpt-4o-transcribe-diarize'],
      ['chunking_strategy', 'auto'],
    ]);
    expect(OpenAIDiarized.parse(body)).toEqual(body);
    expect(body.segments).toEqual([
      {
        type: 'transcript.text.segment',
        id: 'seg_0',
        start: 0,
        end: 1.96,
        speaker: 'A',
        text: 'one two three four five.',
      },
      {
        type: 'transcript.text.segment',
        id: 'seg_1',
        start: 3,
        end: 4.96,
        speaker: 'B',
        text: 'one two three four five.',
      },
    ]);
    expect(body.usage).toEqual({ type: 'duration', seconds: 5 });
  });

  test('a recording in which nobody speaks is an empty text', async () => {
    const { status, body } = await transcribe([['response_format', 'diarized_json']], { file: speechWav([[2, 0]]) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ text: '', segments: [], duration: 2 });
  });

  test('a call with a speaker a channel says everything once', async () => {
    const file = callWav([
      [
        [2, 1],
        [3, 0],
      ],
      [
        [3, 0],
        [2, 2],
      ],
    ]);
    const { body } = await transcribe([['response_format', 'diarized_json']], { file });
    expect(body.segments.map(({ speaker }: { speaker: string }) => speaker)).toEqual(['A', 'B']);
    expect(body.text).toBe(SAID);
  });
});

describe('known speakers', () => {
  const known = (...pairs: readonly (readonly [string, string])[]): Fields => [
    ['response_format', 'diarized_json'],
    ...pairs.flatMap(([name, reference]) => [
      ['known_speaker_names[]', name] as const,
      ['known_speaker_references[]', reference] as const,
    ]),
  ];
  const speakers = ({ body }: { body: Answer }) => body.segments.map(({ speaker }: { speaker: string }) => speaker);

  test('they have their names, whoever else talks has letters', async () => {
    expect(speakers(await transcribe(known(['Bo', clip(2)])))).toEqual(['A', 'Bo']);
    expect(speakers(await transcribe(known(['Bo', clip(2)], ['Ada', clip(1)])))).toEqual(['Ada', 'Bo']);
    expect(speakers(await transcribe(known(['A', clip(2)])))).toEqual(['B', 'A']);
  });

  test('a voice that is not in the recording names nobody', async () => {
    expect(speakers(await transcribe(known(['Cy', clip(7)])))).toEqual(['A', 'B']);
  });

  test('a clip of 1.2 s is enough', async () => {
    expect(speakers(await transcribe(known(['Bo', clip(2, 1.2)])))).toEqual(['A', 'Bo']);
  });

  test.each([
    ['one second', clip(1, 1), 'must be 1.2 to 10 s long; that of Bo is 1.0 s'],
    ['eleven seconds', clip(1, 11), 'must be 1.2 to 10 s long; that of Bo is 11.0 s'],
    ['a URL', 'https://example.org/bo.wav', 'must be data: URLs'],
    ['not base64', 'data:audio/wav,RIFF', 'must be data: URLs in base64; that of Bo is none'],
    [
      'no sound',
      `data:audio/wav;base64,${Buffer.from('nothing').toString('base64')}`,
      'must be recordings; that of Bo',
    ],
  ])('%s is refused', async (_, reference, message) => {
    const { status, body } = await transcribe(known(['Bo', reference]));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(message) as string,
    });
    expect(body.error.param).toContain('known_speaker_references');
  });

  test('a silent clip is refused, too', async () => {
    const { status, body } = await transcribe(known(['Bo', clip(0)]));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'no_speech',
      message: 'The reference of Bo cannot be used: No speech was found in the clip',
    });
  });

  test('five are too many, two of a name too, and each needs its clip', async () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => [name, clip(1)] as const);
    expect((await transcribe(known(...five))).status).toBe(400);
    expect((await transcribe(known(['Bo', clip(1)], ['Bo', clip(2)]))).status).toBe(400);
    expect((await transcribe([['known_speaker_names[]', 'Bo']])).body.error.param).toBe('known_speaker_references');
  });
});

describe("errors are in OpenAI's shape", () => {
  test.each<[Fields, string, string]>([
    [[['response_format', 'xml']], 'response_format', 'must be one of json, text'],
    [[['model', 'whisper-99']], 'model', 'is unknown: this server has whisper-1'],
    [[['stream', 'true']], 'stream', 'must be false'],
    [[['language', '../../x']], 'language', 'must be a language such as en'],
    [[['timestamp_granularities[]', 'letter']], 'timestamp_granularities[0]', 'must be one of word, segment'],
  ])('%j', async (fields, param, message) => {
    const { status, body } = await transcribe(fields);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param, code: 'invalid_request' });
    expect(body.error.message).toContain(`${param} ${message}`);
  });

  test('fields that are too long, alone or together, are not held in memory', async () => {
    for (const count of [1, 8]) {
      const text = 'x'.repeat(count === 1 ? 4_200_000 : 3_000_000);
      const { status, body } = await transcribe(Array.from({ length: count }, () => ['prompt', text] as const));
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ param: 'prompt', message: expect.stringContaining('must have at most') });
    }
  });

  test('no file, no form, a bad key, what is no recording', async () => {
    expect((await transcribe([], { file: null })).body.error).toMatchObject({ param: 'file' });
    const json = await service.call('/v1/audio/transcriptions', { json: { model: 'whisper-1' } });
    expect(json).toMatchObject({ status: 400, body: { error: { param: 'file' } } });
    const refused = await transcribe([], { key: 'sk-nobody' });
    expect(refused).toMatchObject({
      status: 401,
      body: { error: { type: 'invalid_request_error', code: 'invalid_api_key', param: null } },
    });
    const file = new Uint8Array(1000).fill(7) as Uint8Array<ArrayBuffer>;
    const broken = await transcribe([], { file });
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 'decode_failed' } } });
  });

  test('a recogniser that fails is 503: the client may try again', async () => {
    recogniser.behave('break');
    const { status, body } = await transcribe();
    expect(status).toBe(503);
    expect(body.error).toEqual({
      message: 'The recording could not be transcribed: the speech-to-text backend failed',
      type: 'server_error',
      param: null,
      code: 'transcription_unavailable',
    });
  });
});

test('nothing stays of a request: no job, no file, no reference', async () => {
  await transcribe([
    ['known_speaker_names[]', 'Bo'],
    ['known_speaker_references[]', clip(2)],
  ]);
  expect((await service.call('/v2/jobs')).body.items).toEqual([]);
  expect(await service.deps.db.selectFrom('media').select('key').execute()).toEqual([]);
});

test('a client that goes away takes its job with it', async () => {
  recogniser.behave('hang');
  const gone = new AbortController();
  const form = new FormData();
  form.append('file', new Blob([talk]), 'talk.wav');
  form.append('model', 'whisper-1');
  const asking = service.app.request('/v1/audio/transcriptions', {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${service.key}` },
    signal: gone.signal,
  });
  const items = async () => (await service.call('/v2/jobs')).body.items as { status: string }[];
  while ((await items())[0]?.status !== 'running') await new Promise((resume) => setTimeout(resume, 50));
  gone.abort();
  await Promise.resolve(asking).catch(() => {});
  expect(await items()).toEqual([]);
  recogniser.behave('speak');
  expect((await transcribe()).status).toBe(200);
});
