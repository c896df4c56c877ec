import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { stereoWav } from '../../bench/callRecording.ts';
import { channelCases, muLaw, RATE } from '../../bench/channelCases.ts';
import { readTranscript, textOfWords } from '../../src/transcript/index.ts';
import { put, run, SAMPLE } from './runCli.ts';

// `diarist transcribe` with a stand-in for the recogniser's server.

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

type Answer = (response: ServerResponse, duration: number, request: IncomingMessage) => void;

/** Answers each request the same way; counts them and tells how long the sound was. */
async function standIn(answer: Answer): Promise<{ url: string; durations: number[] }> {
  const durations: number[] = [];
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const wav = body.indexOf('RIFF');
    const duration = body.readUInt32LE(wav + 40) / 32000;
    durations.push(duration);
    answer(response, duration, request);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, durations };
}

/** A word in the middle of every 2.5 seconds: the length of a turn in the calls of bench/channelCases.ts. */
const counting: Answer = (response, duration) => {
  const words = Array.from({ length: Math.floor(duration / 2.5) }, (_, k) => ({
    word: `turn${k}`,
    start: 2.5 * k + 0.9,
    end: 2.5 * k + 1.6,
  }));
  const text = words.map(({ word }) => word).join(' ');
  response.end(JSON.stringify({ task: 'transcribe', language: 'english', duration, text, words }));
};

function recording(kind: string): string {
  const [{ channels }] = channelCases({ none: undefined }, { kinds: [kind], noises: ['none'], coder: muLaw });
  return put(folder, `${kind.replaceAll(/[^a-z0-9]+/g, '-')}.wav`, stereoWav(channels, RATE));
}

/** 20 s, for what does not depend on the sound. */
const short = recording('one voice, mono');

interface Told {
  readonly words: { text: string; speaker: string; channel?: number }[];
  readonly channels: { method: string; channels: number; distinctChannels: number };
}

test('words of a server get their speakers; progress and the choice of channels are told', async () => {
  const { url, durations } = await standIn((response, duration, request) => {
    expect(request.headers.authorization).toBe('Bearer secret');
    counting(response, duration, request);
  });
  const { code, stdout, stderr, leftovers } = await run(['transcribe', SAMPLE, '--asr-url', url, '-f', 'txt'], {
    env: { DIARIST_ASR_KEY: 'secret' },
  });
  expect([code, leftovers, durations]).toEqual([0, [], [60]]);
  expect(stdout).toMatch(/^\[00:00:\d\d\] SPEAKER_0\d: turn/);
  expect(stdout.match(/turn\d+/g)).toEqual(Array.from({ length: 24 }, (_, k) => `turn${k}`));
  expect(stderr).toContain('Channels: channel 0, because there is one channel.\n');
  expect(stderr).toContain('Recognised 100 %\n');
});

test('of a call each channel is recognised by itself, and nothing is said twice', async () => {
  const { url, durations } = await standIn(counting);
  const call = recording('call, bleed −20 dB');
  const { code, stdout, stderr } = await run(['transcribe', call, '--asr-url', url, '--json', '-q']);
  expect([code, stderr, durations.length]).toEqual([0, '', 2]);
  const { words, channels } = JSON.parse(stdout) as Told;
  expect(channels).toMatchObject({ method: 'split', channels: 2, distinctChannels: 2 });
  const spoken = words.map(({ text }) => text);
  expect(new Set(spoken).size).toBe(spoken.length);
  expect(spoken.length).toBeGreaterThanOrEqual(6); // a turn may be a pause in the excerpt it is made of
  for (const { text, channel } of words) expect(channel).toBe(Number(text.slice(4)) % 2);
  expect(new Set(words.map(({ channel, speaker }) => `${channel} ${speaker}`)).size).toBe(2);
});

test('of two channels with the same sound one is recognised', async () => {
  const { url, durations } = await standIn(counting);
  const { stdout } = await run(['transcribe', recording('equal'), '--asr-url', url, '--json', '-q']);
  const { words, channels } = JSON.parse(stdout) as Told;
  expect(durations).toHaveLength(1);
  expect(channels).toMatchObject({ method: 'channel', channels: 2, distinctChannels: 1 });
  expect(words.map(({ text }) => text)).toEqual(Array.from({ length: 8 }, (_, k) => `turn${k}`));
});

test('a person may decide how channels are heard', async () => {
  const { url, durations } = await standIn(counting);
  const call = recording('call, bleed −20 dB');
  const mix = await run(['transcribe', call, '--asr-url', url, '--json', '-q', '--channels', 'mix']);
  expect((JSON.parse(mix.stdout) as Told).channels.method).toBe('mix');
  const one = await run(['transcribe', call, '--asr-url', url, '--json', '-q', '--channels', '1']);
  expect((JSON.parse(one.stdout) as Told).channels.method).toBe('channel');
  expect(durations).toHaveLength(2);
});

test('turn by turn, each turn is sent by itself, and belongs to its speaker', async () => {
  const { url, durations } = await standIn((response, duration) =>
    response.end(JSON.stringify({ text: `sound of ${duration.toFixed(1)}` })),
  );
  const { code, stdout } = await run([
    'transcribe',
    SAMPLE,
    '--asr-url',
    url,
    '-q',
    '-f',
    'txt',
    '--attribution',
    'turns',
  ]);
  expect(code).toBe(0);
  expect(durations.length).toBeGreaterThan(3);
  expect(Math.max(...durations)).toBeLessThan(31);
  expect(stdout).not.toContain('UNKNOWN');
  expect(stdout.match(/sound of/g)!.length).toBe(durations.length);
});

test.each<[string, Answer, string]>([
  ['dies', (response) => response.socket?.destroy(), 'could not be reached'],
  ['hangs', () => {}, 'did not answer within 1 s'],
  ['answers HTML', (response) => void response.end('<!DOCTYPE html><title>Welcome</title>'), 'is an HTML page'],
  ['answers half a JSON', (response) => void response.end('{"text": "hel'), 'is not whole JSON'],
  ['breaks', (response) => void response.writeHead(500).end('{"error":{"message":"no memory"}}'), '500: no memory'],
  ['refuses', (response) => void response.writeHead(401).end('{"error":{"message":"no key"}}'), '401: no key'],
])('a recogniser that %s ends the run with a sentence and nothing written', async (_, answer, sentence) => {
  const { url } = await standIn(answer);
  const output = join(folder, 'never.srt');
  const args = ['transcribe', short, '--asr-url', url, '--asr-retries', '1', '--asr-timeout', '1', '-o', output, '-q'];
  const { code, stdout, stderr, leftovers } = await run(args);
  expect([code, stdout, leftovers]).toEqual([8, '', []]);
  expect(stderr).toMatch(/^diarist: .*\n$/);
  expect(stderr).toContain(sentence);
  expect(existsSync(output)).toBe(false);
});

test('Ctrl-C while a server or a model works ends at once and leaves nothing', async () => {
  let arrived: (() => void) | undefined;
  const { url } = await standIn(() => arrived?.());
  for (const recogniser of [
    ['--asr-url', url],
    ['--asr', fixture('recogniser/whisper'), '--language', 'en'],
  ]) {
    let stopped = Number.POSITIVE_INFINITY;
    const { code, stdout, stderr, leftovers } = await run(['transcribe', short, ...recogniser], {
      during: (child) => {
        const stop = () => {
          stopped = performance.now();
          child.kill('SIGINT');
        };
        arrived = stop;
        if (recogniser[0] === '--asr') child.stderr?.on('data', (text: string) => text.includes('Channels') && stop());
      },
    });
    expect([recogniser[0], code, stdout, leftovers]).toEqual([recogniser[0], 130, '', []]);
    expect(stderr).toContain('diarist: stopped.\n');
    expect(performance.now() - stopped).toBeLessThan(5000);
  }
});

test('a model on this machine is a recogniser by its name or folder; one that is not here is told', async () => {
  const { code, stdout } = await run([
    ...['transcribe', short, '--asr', fixture('recogniser/whisper'), '--language', 'en', '-q', '-f', 'whisperx'],
  ]);
  expect(code).toBe(0);
  const { words } = readTranscript(stdout);
  expect(words.length).toBeGreaterThan(5);
  expect(words.every(({ start, end }) => start >= 0 && end <= 20)).toBe(true);

  const env = { HF_HOME: join(folder, 'empty'), XDG_CACHE_HOME: join(folder, 'empty') };
  const absent = await run(['transcribe', short, '--asr', 'whisper-base'], { env });
  expect([absent.code, absent.stderr]).toEqual([
    5,
    "diarist: The model 'whisper-base' is not on this machine: run diarist models pull whisper-base.\n",
  ]);
});

test('a transcript that is there already is written in other formats, with other names', async () => {
  const openai = fixture('transcripts/openai.json');
  const outputs = [
    'json',
    'txt',
    'md',
    'srt',
    'vtt',
    'pyannoteai',
    'whisperx',
    'verbose_json',
    'diarized_json',
    'gladia',
  ];
  const source = textOfWords(readTranscript(readFileSync(openai, 'utf8')).words);
  for (const format of outputs) {
    const args = ['transcribe', short, '--transcript', openai, '-f', format, '-q', '--names', 'SPEAKER_00=Ada'];
    const { code, stdout, stderr } = await run(args);
    expect([format, code, stderr]).toEqual([format, 0, '']);
    const plain = stdout.replaceAll(/\s+/g, ' ');
    for (const word of source.trim().split(/\s+/).slice(0, 2))
      expect([format, plain]).toEqual([format, expect.stringContaining(word)]);
  }
  const wrong = await run(['transcribe', short, '--transcript', openai, '--names', 'SPEAKER_0=Ada']);
  expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringContaining('SPEAKER_00')]);
  expect(wrong.stderr).toContain("Got a name for 'SPEAKER_0' when the speakers are SPEAKER_00");
});

test('a program is a recogniser, and sound may come from a pipe', async () => {
  const script = put(
    folder,
    'asr.mjs',
    `import { statSync } from 'node:fs';
     const seconds = (statSync(process.argv[2]).size - 44) / 32000;
     console.log(JSON.stringify({ segments: [{ start: 1, end: seconds, text: ' ' + process.argv[3], words: [] }] }));`,
  );
  const command = `"${process.execPath}" "${script}" {input} {language}`;
  const args = ['transcribe', '-', '--asr-command', command, '-f', 'txt', '-q', '--language', 'de'];
  const { code, stdout, stderr, leftovers } = await run(args, { input: readFileSync(short) });
  expect([code, stderr, leftovers]).toEqual([0, '', []]);
  expect(stdout).toMatch(/: de\n$/);
});

test('voices that are known give their names, in transcripts and in diarizations', async () => {
  const found = await run([SAMPLE, '--json', '-q']);
  const { exclusiveTurns } = JSON.parse(found.stdout) as {
    exclusiveTurns: { start: number; end: number; speaker: string }[];
  };
  const longest = exclusiveTurns.toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
  const { openAudio } = await import('../../src/node/decode/openAudio.ts');
  const blocks: number[] = [];
  for await (const block of (await openAudio(SAMPLE)).blocks) for (const sample of block) blocks.push(sample);
  const voice = Float32Array.from(blocks.slice(longest.start * RATE, longest.end * RATE));
  const voices = join(folder, 'voices');
  mkdirSync(voices);
  put(voices, 'Ada.wav', stereoWav([voice], RATE));

  const named = await run([SAMPLE, '--json', '-q', '--voiceprints', voices]);
  expect([named.code, named.stderr]).toEqual([0, '']);
  const { turns, speakers } = JSON.parse(named.stdout) as {
    turns: { start: number; end: number; speaker: string }[];
    speakers: { label: string }[];
  };
  const at = turns.find(({ start, end }) => start <= longest.start + 0.1 && end >= longest.end - 0.1);
  expect(at?.speaker).toBe('Ada');
  expect(speakers.filter(({ label }) => label === 'Ada')).toHaveLength(1);

  const vectors = join(folder, 'voices.json');
  expect((await run(['embed', join(voices, 'Ada.wav'), '-o', vectors, '-q'])).code).toBe(0);
  const openai = fixture('transcripts/openai.json');
  const args = ['transcribe', SAMPLE, '--transcript', openai, '--json', '-q', '--voiceprints', vectors];
  const { stdout } = await run(args);
  expect((JSON.parse(stdout) as { speakers: { speaker: string }[] }).speakers.map(({ speaker }) => speaker)).toContain(
    'Ada',
  );
  // A threshold that nobody reaches.
  expect((await run([...args, '--voice-threshold', '0.999'])).stdout).not.toContain('Ada');
});

test.each([
  [[], 'Got no recogniser: name one with --asr, --asr-url, --asr-command or --transcript.'],
  [['--asr-url', 'http://x/v1', '--asr', 'whisper-base'], 'Got --asr and --asr-url: choose one.'],
  [['--asr-url', 'nowhere'], "Got 'nowhere' for the recogniser when an address"],
  [['--asr-command', 'whisper'], 'when one with {input} in it was expected'],
  [['--asr-url', 'http://x/v1', '--asr-timeout', '-1'], 'when a number of seconds above 0 was expected'],
  [['--asr-url', 'http://x/v1', '--channels', 'both'], 'Expected auto, mix, split, hybrid or a number from 0.'],
  [
    ['--transcript', fixture('transcripts/openai.json'), '--voiceprints', 'no-such'],
    'Got --voiceprints no-such, which',
  ],
  [['--asr-url', 'http://x/v1', '-f', 'docx'], "Got the format 'docx' when one of json, txt, md, srt, vtt"],
  [['--asr-url', 'http://x/v1', '-o', 'a.srt', '--line-length', '0'], 'Got maxLineLength 0 when a number above 0'],
  [['--asr-url', 'http://x/v1', '-o', short], 'which is a recording and would be lost: name another file.'],
])('%j is refused in a sentence, before anything long', async (args, sentence) => {
  const { code, stdout, stderr } = await run(['transcribe', short, ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(sentence);
  expect(readdirSync(folder)).not.toContain('never.srt');
});

test.each<[string[], number, string]>([
  [['--asr-url', 'http://x/v1', '-o', 'no-such/a.srt'], 10, "Can't write no-such/a.srt: its folder does not exist."],
  [['--transcript', 'no-such.json'], 9, 'no-such.json: there is no such file.'],
])('%j ends with %i before anything long', async (args, exit, sentence) => {
  const { code, stdout, stderr } = await run(['transcribe', short, ...args]);
  expect([code, stdout, stderr]).toEqual([exit, '', `diarist: ${sentence}\n`]);
});
