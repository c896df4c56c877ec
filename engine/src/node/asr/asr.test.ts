import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Diarization } from '../../core/diarization.ts';
import { wavBytes } from '../../draw/wavBytes.ts';
import { textOfWords } from '../../transcript/transcript.ts';
import { commandRecogniser, splitCommand } from './command.ts';
import { httpRecogniser } from './http.ts';
import type { Recogniser } from './recogniser.ts';
import { transcribe, turnCuts, wholeCuts } from './transcribe.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../../fixtures/transcripts/${name}`, import.meta.url), 'utf8');
const SPEECH = { wav: wavBytes([new Float32Array(16000)], 16000), duration: 5.2 };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A recogniser's stand-in: each request gets the next of the answers, the last again and again. */
async function standIn(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const bodies: Buffer[] = [];
  let count = 0;
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    bodies.push(Buffer.concat(parts));
    answers[Math.min(count++, answers.length - 1)](request, response);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, bodies, tries: () => count };
}

const says =
  (body: string, status = 200, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status, headers).end(body);

test('an OpenAI-compatible server gets the sound and gives words', async () => {
  const paths: (string | undefined)[] = [];
  const { url, bodies } = await standIn((request, response) => {
    paths.push(request.url, request.headers.authorization);
    says(fixture('openai.json'))(request, response);
  });
  const { words, language } = await httpRecogniser({ url, model: 'small', apiKey: 'key' }).recognise(SPEECH, {
    language: 'en',
  });
  expect(textOfWords(words).trim()).toBe("Hello, how are you? I'm fine, 42 euros well-known 😀.");
  expect(language).toBe('english');
  expect(paths).toEqual(['/v1/audio/transcriptions', 'Bearer key']);
  const body = bodies[0].toString('latin1');
  for (const part of ['name="model"\r\n\r\nsmall', 'name="language"\r\n\r\nen', 'verbose_json', 'RIFF'])
    expect(body).toContain(part);
});

test('busy servers are tried again, after as long as they say', async () => {
  const { url, tries } = await standIn(
    says('busy', 503, { 'retry-after': '0' }),
    says('{}', 429, { 'retry-after': '0' }),
    says(fixture('openai.json')),
  );
  const { words } = await httpRecogniser({ url, pauseMs: 1 }).recognise(SPEECH);
  expect(words.length).toBe(9);
  expect(tries()).toBe(3);
});

test.each([
  [
    'a refusal',
    says('{"error":{"message":"no such model"}}', 404),
    'recogniser_failed',
    'answered 404: no such model',
    1,
  ],
  ['an HTML page', says('<!DOCTYPE html><title>hi</title>'), 'recogniser_bad_answer', 'is an HTML page', 1],
  ['half a JSON', says('{"text": "hel'), 'recogniser_bad_answer', 'is not whole JSON', 1],
  ['nothing', says(''), 'recogniser_bad_answer', 'answered nothing', 1],
  [
    'a dead connection',
    (request: IncomingMessage) => request.socket.destroy(),
    'recogniser_unreachable',
    'could not be reached',
    3,
  ],
  ['an answer that never comes', () => {}, 'recogniser_timeout', 'did not answer within 0.2 s', 3],
  ['errors without end', says('<h1>oops</h1>', 500), 'recogniser_failed', 'answered 500: oops', 3],
] as const)('%s is told', async (_, answer, code, message, tries) => {
  const stand = await standIn(answer as (request: IncomingMessage, response: ServerResponse) => void);
  const recogniser = httpRecogniser({ url: stand.url, retries: 2, pauseMs: 1, timeoutMs: 200 });
  await expect(recogniser.recognise(SPEECH)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
  expect(stand.tries()).toBe(tries);
});

test('a wait is ended by a signal', async () => {
  const { url } = await standIn(() => {});
  const controller = new AbortController();
  const running = httpRecogniser({ url }).recognise(SPEECH, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 30);
  await expect(running).rejects.toThrow('enough');
});

test('a program is a recogniser, by what it prints or leaves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'diarist-asr-'));
  try {
    const script = join(folder, 'asr.mjs');
    writeFileSync(
      script,
      `import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
const [mode, input, output] = process.argv.slice(2);
if (input && readFileSync(input).subarray(0, 4).toString() !== 'RIFF') process.exit(1);
const answer = ${JSON.stringify(fixture('whisper_cpp.json'))};
if (mode === 'print') process.stdout.write(answer);
if (mode === 'leave') writeFileSync(output + '.json', answer);
if (mode === 'die') { console.error('out of memory'); process.exit(3); }
if (mode === 'hang') setInterval(() => {}, 1000);
if (mode === 'wrap') spawn(process.execPath, [process.argv[1], 'hang'], { stdio: 'inherit' });
if (mode === 'leaveOne') spawn(process.execPath, [process.argv[1], 'hang'], { stdio: 'inherit' }).unref();`,
    );
    const program = (mode: string, timeoutMs = 20_000) =>
      commandRecogniser({
        command: [process.execPath, script, mode, '{input}', ...(mode === 'print' ? [] : ['{output}'])],
        timeoutMs,
      });
    for (const mode of ['print', 'leave'])
      expect(textOfWords((await program(mode).recognise(SPEECH)).words)).toContain('42 euros');
    await expect(program('die').recognise(SPEECH)).rejects.toMatchObject({
      code: 'recogniser_failed',
      message: expect.stringContaining('ended with 3: out of memory') as string,
    });
    await expect(program('nothing').recognise(SPEECH)).rejects.toMatchObject({ code: 'recogniser_bad_answer' });
    // two leave the work to a program that they start, and which has their output, as a shell script does; the last one ends
    for (const mode of ['hang', 'wrap', 'leaveOne'])
      await expect(program(mode, 1000).recognise(SPEECH)).rejects.toMatchObject({ code: 'recogniser_timeout' });
    const given = AbortSignal.abort(new Error('enough'));
    await expect(program('hang').recognise(SPEECH, { signal: given })).rejects.toThrow('enough');
    await expect(commandRecogniser({ command: '/no/such/thing {input}' }).recognise(SPEECH)).rejects.toMatchObject({
      code: 'recogniser_missing',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(() => commandRecogniser({ command: 'whisper' })).toThrow('one with {input} in it');
  expect(splitCommand(`a "b c" 'd e' f`)).toEqual(['a', 'b c', 'd e', 'f']);
});

/** Says a word each second: the loudness of that second, and nothing where it is silent. */
const teller: Recogniser = {
  name: 'teller',
  concurrency: 2,
  recognise: async ({ wav, duration }) => {
    const words = [];
    const samples = new Int16Array(wav.buffer.slice(44));
    for (let second = 0; second < Math.floor(duration + 1e-6); second++) {
      const level = samples[Math.round((second + 0.5) * 16000)];
      if (level !== 0)
        words.push({
          text: `w${Math.round(level / 100)}`,
          before: ' ',
          start: second + 0.1,
          end: second + 0.9,
          segment: 0,
        });
    }
    return { format: 'words', words, segments: [{ start: 0, end: duration }], warnings: [] };
  },
};

function wavOf(channels: readonly (readonly number[])[]): Uint8Array {
  const numSamples = channels[0].length * 16000;
  const interleaved = new Float32Array(numSamples * channels.length);
  for (let i = 0; i < numSamples; i++)
    for (let c = 0; c < channels.length; c++)
      interleaved[i * channels.length + c] = (channels[c][Math.floor(i / 16000)] * 100) / 32767;
  const bytes = wavBytes([interleaved], 16000);
  const view = new DataView(bytes.buffer);
  view.setUint16(22, channels.length, true);
  view.setUint32(28, 32000 * channels.length, true);
  view.setUint16(32, 2 * channels.length, true);
  return bytes;
}

const turn = (speaker: string, start: number, end: number, channel?: number) => ({
  speaker,
  start,
  end,
  ...(channel === undefined ? {} : { channel }),
});
const diarization = (turns: ReturnType<typeof turn>[], duration: number): Diarization => ({
  duration,
  turns,
  exclusiveTurns: turns,
  speakers: [...new Set(turns.map(({ speaker }) => speaker))].map((label) => ({ label, speechDuration: 1 })),
  model: { name: 'm', version: '1', licence: 'x' },
  warnings: [],
});

test('stretches and turns come back on the clock of the recording, with their speakers', async () => {
  const recording = wavOf([[1, 2, 3, 4, 5, 6, 7, 8]]);
  const turns = diarization([turn('A', 0, 3), turn('B', 3, 8)], 8);
  const whole = await transcribe(recording, turns, teller, { maxStretch: 3 });
  expect(whole.words.map(({ text, start, speaker }) => [text, Math.round(start * 10) / 10, speaker])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`w${n}`, Math.round(n * 10 - 9) / 10, n <= 3 ? 'A' : 'B']),
  );
  const byTurn = await transcribe(
    recording,
    diarization([turn('A', 0, 3), turn('B', 3, 8)], 8),
    { ...teller, concurrency: 1 },
    { attribution: 'turns' },
  );
  expect(byTurn.turns.map(({ speaker }) => speaker)).toEqual(['A', 'B']);
  expect(byTurn.speakers.map(({ words }) => words).every((count) => count > 0)).toBe(true);
});

test('in split mode a word that leaked into the other channel is said once', async () => {
  const recording = wavOf([
    [50, 50, 5, 5],
    [4, 4, 40, 40],
  ]);
  const calls = {
    ...diarization([turn('A', 0, 2, 0), turn('B', 2, 4, 1)], 4),
    channels: { method: 'split', used: [0, 1] },
  };
  const { words, turns } = await transcribe(recording, calls, teller, { maxGap: 0 });
  expect(words.map(({ text, speaker, channel }) => [text, speaker, channel])).toEqual([
    ['w50', 'A', 0],
    ['w50', 'A', 0],
    ['w40', 'B', 1],
    ['w40', 'B', 1],
  ]);
  expect(turns.map(({ speaker, channel }) => [speaker, channel])).toEqual([
    ['A', 0],
    ['B', 1],
  ]);
});

test('a recogniser gets stretches as long as it likes, none where nobody speaks, and each may have its language', async () => {
  const recording = wavOf([Array.from({ length: 20 }, () => 5)]);
  const turns = diarization([turn('A', 0, 4), turn('B', 16, 20)], 20);
  const lengths: number[] = [];
  const picky: Recogniser = {
    name: 'picky',
    concurrency: 1,
    maxStretch: 4,
    recognise: async ({ duration }) => {
      lengths.push(duration);
      const [start, end] = [duration / 2, duration / 2 + 0.2];
      return {
        format: 'words',
        language: lengths.length === 1 ? 'en' : 'de',
        words: [{ text: `w${lengths.length}`, before: ' ', start, end, segment: 0 }],
        segments: [{ start: 0, end: duration }],
        warnings: ['1 words are odd.'],
      };
    },
  };
  const { words, turns: said, warnings } = await transcribe(recording, turns, picky);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(4);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(14); // six seconds in the middle are not sent
  expect(new Set(words.map(({ speaker, language }) => `${speaker} ${language}`))).toContain('A en');
  expect(said[0]).toMatchObject({ speaker: 'A', language: 'en' });
  expect(said.at(-1)).toMatchObject({ speaker: 'B', language: 'de' });
  expect(warnings).toEqual([`${lengths.length} words are odd.`]);
});

test('a fault of the recogniser ends the run', async () => {
  const broken: Recogniser = { name: 'broken', concurrency: 2, recognise: () => Promise.reject(new Error('broken')) };
  await expect(transcribe(wavOf([[1, 2, 3]]), diarization([turn('A', 0, 3)], 3), broken)).rejects.toThrow('broken');
});

test('an abort ends the run with its reason, also where the recogniser does not look at the signal', async () => {
  const reason = new Error('the user left');
  const controller = new AbortController();
  const recognise = () => {
    setTimeout(() => controller.abort(reason), 5);
    return new Promise<never>(() => {});
  };
  const deaf: Recogniser = { name: 'deaf', concurrency: 1, recognise };
  const said = diarization([turn('A', 0, 3)], 3);
  await expect(transcribe(wavOf([[1, 2, 3]]), said, deaf, { signal: controller.signal })).rejects.toBe(reason);
});

test.each([0, -1, Number.NaN])(
  'stretches of %d seconds are refused: a recording has no end in those',
  async (maxStretch) => {
    const recogniser: Recogniser = {
      name: 'none',
      concurrency: 1,
      recognise: () => Promise.reject(new Error('asked')),
    };
    const said = diarization([turn('A', 0, 3)], 3);
    const refusal = `Got maxStretch ${maxStretch} when a number of seconds above 0 was expected.`;
    const recording = wavOf([[1, 2, 3]]);
    await expect(transcribe(recording, said, recogniser, { maxStretch })).rejects.toThrow(refusal);
    await expect(transcribe(recording, said, { ...recogniser, maxStretch })).rejects.toThrow(refusal);
  },
);

test('stretches are cut in pauses and cover everything', () => {
  const turns = [turn('A', 0, 85), turn('B', 90, 200)];
  const cuts = wholeCuts(turns, 200, 100);
  expect(cuts.map(({ start, end }) => [start, end])).toEqual([
    [0, 87.5],
    [87.5, 187.5],
    [187.5, 200],
  ]);
  expect(turnCuts([turn('A', 10, 80)], 30).map(({ start, end }) => Math.round(end - start))).toEqual([23, 23, 23]);
});
