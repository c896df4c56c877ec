import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { wavBytes } from '../../../draw/wavBytes.ts';
import { textOfWords } from '../../../transcript/transcript.ts';
import { modelEnvironment } from '../../models/environment.ts';
import { ctcWords } from './ctcWords.ts';
import { localRecogniser, transcriptOf } from './localRecogniser.ts';

// The graphs of published models with random weights (fixtures/recogniser/make.py): what they say is nonsense.

const fixture = (name: string) => fileURLToPath(new URL(`../../../../../fixtures/recogniser/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'diarist-local-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DURATION = 8;
const speech = (pitch = 20) => ({
  wav: wavBytes(
    [Float32Array.from({ length: DURATION * 16000 }, (_, i) => 0.3 * Math.sin(i / pitch) * Math.sin(i / 9000))],
    16000,
  ),
  duration: DURATION,
});

test('a Whisper hears words with times within the sound, and the same each time', async () => {
  const whisper = await localRecogniser({ model: fixture('whisper'), threads: 1 });
  try {
    expect([whisper.concurrency, whisper.maxStretch]).toEqual([1, 30]);
    const first = await whisper.recognise(speech(), { language: 'en' });
    expect(first.words.length).toBeGreaterThan(3);
    expect(first.language).toBe('en');
    expect(first.words.some(({ text }) => /^(one|two|three|eight|no|rain|night)/.test(text))).toBe(true);
    for (const { start, end } of first.words) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(DURATION);
    }
    // By the attention of its decoder, not shared out.
    expect(first.words.filter(({ interpolated }) => interpolated)).toEqual([]);
    expect(new Set(first.words.map(({ start }) => start)).size).toBeGreaterThan(2);
    expect(await whisper.recognise(speech(), { language: 'en' })).toEqual(first);
    const other = await whisper.recognise(speech(7), { language: 'en' });
    expect(textOfWords(other.words)).not.toBe(textOfWords(first.words));
    // Without a language the model's own guess is taken: one of the five that it knows.
    expect(['en', 'de', 'fr', 'zh', 'ar']).toContain((await whisper.recognise(speech())).language);
  } finally {
    await whisper.close();
  }
});

test('letters of a CTC model become words with times and confidences', async () => {
  const letters = await localRecogniser({ model: fixture('ctc'), threads: 1 });
  try {
    const { words } = await letters.recognise(speech());
    expect(words.length).toBeGreaterThan(1);
    for (const [i, { start, end, confidence, text }] of words.entries()) {
      expect(text).toMatch(/^[A-Z']+$/);
      expect(end).toBeGreaterThan(start);
      expect(end).toBeLessThanOrEqual(DURATION + 0.02);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
      if (i > 0) expect(start).toBeGreaterThanOrEqual(words[i - 1].end);
    }
  } finally {
    await letters.close();
  }
});

test('text of a Moonshine, which gives no times, is shared out over the stretch', async () => {
  const moonshine = await localRecogniser({ model: fixture('moonshine'), threads: 1 });
  try {
    const { words } = await moonshine.recognise(speech(), { language: 'en' });
    expect(words.length).toBeGreaterThan(5);
    expect(words.length).toBeLessThanOrEqual(6 * DURATION);
    expect(words.every(({ interpolated, start, end }) => interpolated && start >= 0 && end <= DURATION)).toBe(true);
    const half = { wav: speech().wav.slice(0, 44 + 16000), duration: 0.5 };
    expect((await moonshine.recognise(half)).words.length).toBeGreaterThan(0);
  } finally {
    await moonshine.close();
  }
});

test('a recognition is ended by a signal, and the next one is heard', async () => {
  const whisper = await localRecogniser({ model: fixture('whisper'), threads: 1 });
  try {
    const controller = new AbortController();
    const running = whisper.recognise(speech(), { language: 'en', signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(running).rejects.toThrow('enough');
    expect((await whisper.recognise(speech(), { language: 'en' })).words.length).toBeGreaterThan(3);
  } finally {
    await whisper.close();
  }
  await expect(whisper.recognise(speech())).rejects.toMatchObject({ code: 'recogniser_failed' });
});

test('a model that does not answer in time is ended, and says so', async () => {
  const slow = await localRecogniser({ model: fixture('whisper'), threads: 1, timeoutMs: 1 });
  await expect(slow.recognise(speech(), { language: 'en' })).rejects.toMatchObject({
    code: 'recogniser_timeout',
    message: expect.stringContaining('did not answer within 0.001 s') as string,
  });
  await expect(slow.recognise(speech())).rejects.toMatchObject({ code: 'recogniser_timeout' });
  await slow.close();
});

test('the model manager is asked for a name, and nothing is fetched', async () => {
  const modelsDir = join(folder, 'models');
  const cacheDir = join(folder, 'hub');
  const env = { ...modelEnvironment({}), modelsDir, cacheDir };
  await expect(localRecogniser({ model: 'whisper-base', env })).rejects.toMatchObject({
    code: 'model_missing',
    message: "The model 'whisper-base' is not on this machine: run diarist models pull whisper-base.",
  });
  await expect(localRecogniser({ model: 'embedded', env })).rejects.toThrow('it does not recognise speech');
  await expect(localRecogniser({ model: 'whisper-bse', env })).rejects.toThrow("Did you mean 'whisper-base'?");

  // As the hub's cache lays out what was pulled.
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const repo = join(cacheDir, 'models--onnx-community--whisper-base_timestamped');
  mkdirSync(join(repo, 'refs'), { recursive: true });
  writeFileSync(join(repo, 'refs/main'), commit);
  const snapshot = join(repo, 'snapshots', commit);
  cpSync(fixture('whisper'), snapshot, { recursive: true });
  for (const network of ['encoder_model', 'decoder_model_merged'])
    cpSync(join(snapshot, `onnx/${network}.onnx`), join(snapshot, `onnx/${network}_quantized.onnx`));
  rmSync(join(snapshot, 'onnx/encoder_model.onnx'));
  const pulled = await localRecogniser({ model: 'whisper-base', env, threads: 1 });
  expect((await pulled.recognise(speech(), { language: 'de' })).language).toBe('de');
  await pulled.close();
});

test('a folder that holds no model, or a broken one, is told', async () => {
  const broken = join(folder, 'broken');
  cpSync(fixture('whisper'), broken, { recursive: true });
  writeFileSync(join(broken, 'onnx/encoder_model.onnx'), 'no network');
  await expect(localRecogniser({ model: broken })).rejects.toMatchObject({
    code: 'model_invalid',
    message: expect.stringContaining('could not be loaded') as string,
  });
  rmSync(join(broken, 'onnx'), { recursive: true });
  await expect(localRecogniser({ model: broken })).rejects.toThrow('has no network onnx/encoder_model.onnx');
});

test('letters of frames: equal ones are one, blanks part them, words last from their first to their last', () => {
  const names = ['_', '|', 'A', 'B', '<s>'];
  const said = '__AA_ABB_||_B<|';
  const width = names.length;
  const data = new Float32Array(said.length * width);
  [...said].forEach((letter, frame) => {
    const token = letter === '<' ? 4 : names.indexOf(letter);
    data[frame * width + token] = 10;
  });
  const scores = { data, numFrames: said.length, width };
  const words = ctcWords(scores, { names, blank: 0, special: new Set([4]) }, 0.02);
  expect(words.map(({ text, start, end }) => [text, Math.round(start! * 50), Math.round(end! * 50)])).toEqual([
    ['AAB', 2, 8],
    [' B', 12, 13],
  ]);
  expect(words[0].confidence).toBeCloseTo(Math.exp(10) / (Math.exp(10) + 4), 6);
  const pieces = { names: ['▁the', '▁', 'n', '_'], blank: 3, special: new Set<number>() };
  const rows = [0, 0, 2, 3, 0, 2].flatMap((token) => [0, 1, 2, 3].map((i) => (i === token ? 5 : 0)));
  expect(
    ctcWords({ data: Float32Array.from(rows), numFrames: 6, width: 4 }, pieces, 1).map(({ text }) => text),
  ).toEqual(['then', ' then']);
});

test('words keep their blanks and marks; sentences and pauses make segments; text without times is shared out', () => {
  const { words, segments } = transcriptOf(
    {
      text: ' Hello, you. Fine',
      words: [
        { text: ' Hello,', start: 0, end: 0.5 },
        { text: ' you.', start: 0.5, end: 1 },
        { text: ' Fine', start: 1.2, end: 9 },
      ],
      language: 'en',
    },
    2,
  );
  expect(textOfWords(words)).toBe(' Hello, you. Fine');
  expect(segments.map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [1.2, 2],
  ]);
  const shared = transcriptOf({ text: '你好 世界' }, 4);
  expect(textOfWords(shared.words)).toBe('你好 世界');
  expect(shared.words.every(({ interpolated }) => interpolated)).toBe(true);
  expect(transcriptOf({ text: ' ' }, 4).words).toEqual([]);
});

test('the package asks for the library as an optional peer, which an ordinary install leaves out', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  expect(manifest.dependencies).not.toHaveProperty('@huggingface/transformers');
  expect(manifest.peerDependencies).toEqual({ '@huggingface/transformers': '^4.3.1' });
  expect(manifest.peerDependenciesMeta).toEqual({ '@huggingface/transformers': { optional: true } });
});
