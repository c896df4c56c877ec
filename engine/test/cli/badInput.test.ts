import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture, fixtureBytes } from '../audio/signal.ts';
import { TINY } from '../models/tinyOnnx.ts';
import { fixturePath } from '../toolkit/fixtures.ts';
import { buzz, put, type RunOptions, run, wav } from './runCli.ts';

// Bad input: one clear sentence, a documented exit code, no stack trace, no half-written output.

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let numOutputs = 0;

/** Ends with `code`, says `sentence` and nothing else, prints nothing, writes nothing. */
async function refused(
  args: readonly string[],
  code: number,
  sentence: RegExp,
  options: RunOptions = {},
): Promise<void> {
  const output = join(folder, `out-${numOutputs++}`);
  mkdirSync(output);
  const result = await run(args.includes('-o') ? args : [...args, '-o', `${output}/`], { cwd: folder, ...options });
  expect(result.stderr).toMatch(sentence);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).toMatch(/^diarist: .*[.?)]\n$/);
  expect({ ...result, stderr: '' }).toEqual({ code, stdout: '', stderr: '', leftovers: [] });
  expect(readdirSync(output)).toEqual([]);
}

/** Runs through; gives the JSON. */
async function diarized(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { code, stdout, stderr, leftovers } = await run([...args, '--json'], { cwd: folder, ...options });
  expect({ code, stderr: stderr.includes('    at '), leftovers }).toEqual({ code: 0, stderr: false, leftovers: [] });
  return JSON.parse(stdout) as Result;
}

interface Result {
  readonly duration: number;
  readonly turns: readonly unknown[];
  readonly warnings: readonly string[];
}

describe('recordings that are not there or may not be read', () => {
  test('missing file', () => refused(['nowhere.mp3'], 3, /^diarist: There is no file nowhere\.mp3\.$/m));

  test('missing file that is spelled like a command', () =>
    refused(['scroe'], 3, /There is no file scroe\. Did you mean the command 'diarist score'\?/));

  test('glob without a match', () => refused(['*.mp7'], 3, /No file matches \*\.mp7\./));

  test('directory, with recordings of a kind inside', () => {
    mkdirSync(join(folder, 'talks'));
    put(join(folder, 'talks'), 'one.mp3', fixtureBytes('mono.mp3'));
    return refused(['talks'], 3, /talks is a folder; name the recordings in it, as in talks.\*\.mp3\./);
  });

  test('directory without recordings', () => {
    mkdirSync(join(folder, 'empty'));
    return refused(['empty'], 3, /empty is a folder without recordings; name a recording\./);
  });

  test('unreadable file', () => {
    put(folder, 'locked.wav', wav(buzz(1)));
    // root may read anything, so the system's answer to everybody else is given here
    const preload = `import fs from 'node:fs/promises'; import { syncBuiltinESMExports } from 'node:module';
      const { open } = fs;
      fs.open = (path, ...rest) => String(path).endsWith('locked.wav')
        ? Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })) : open(path, ...rest);
      syncBuiltinESMExports();`;
    return refused(['locked.wav'], 3, /locked\.wav may not be read by this user; check its permissions\./, { preload });
  });

  test('standard input that ends at once', () => refused(['-'], 4, /the input stream is empty/, { input: '' }));
});

describe('files without sound that can be decoded', () => {
  test('0 bytes', () => {
    put(folder, 'empty.wav', '');
    return refused(['empty.wav'], 4, /empty\.wav is empty \(0 bytes\)\./);
  });

  test('text renamed .mp3', () => {
    put(folder, 'notes.mp3', 'Dear diary, today I renamed a file.\n');
    return refused(['notes.mp3'], 4, /notes\.mp3 is text, not a recording, whatever its name says\./);
  });

  test('random bytes', () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7 * i + 200) % 251);
    put(folder, 'noise.ogg', bytes);
    return refused(['noise.ogg'], 4, /noise\.ogg is not/);
  });

  test('video without sound', () =>
    refused([fixture('soundless.mp4')], 4, /soundless\.mp4 is a video without sound\./));

  test('a wav file of no samples', () => {
    put(folder, 'nothing.wav', wav(new Float32Array(0)));
    return refused(['nothing.wav'], 4, /nothing\.wav|holds no samples/);
  });

  for (const [name, kept] of [
    ['pcm_s16le.wav', 30],
    ['mono.flac', 60],
    ['stereo.m4a', 40],
    ['vorbis.ogg', 20],
    ['opus.webm', 20],
    ['mono.mp3', 40],
    ['stereo.aac', 12],
    ['mono.opus', 20],
    ['video.mp4', 40],
    ['video.mkv', 20],
    ['video.mov', 40],
  ] as const) {
    test(`${name} cut after ${kept} bytes`, () => {
      put(folder, `cut-${name}`, fixtureBytes(name).subarray(0, kept));
      return refused([`cut-${name}`], 4, new RegExp(`cut-${name.replace('.', '\\.')}`));
    });
  }
});

describe('recordings that are odd and still work', () => {
  test('truncated: what is there is heard, and a warning says that some is missing', async () => {
    const whole = wav(buzz(4));
    put(folder, 'half.wav', whole.subarray(0, whole.length / 2));
    const { duration, warnings } = await diarized(['half.wav']);
    expect(duration).toBeCloseTo(2, 1);
    expect(warnings.join(' ')).toMatch(/half\.wav .*(cut|short|missing)/);
  });

  test('1 sample', async () => {
    put(folder, 'one.wav', wav(Float32Array.of(0.5)));
    expect(await diarized(['one.wav'])).toMatchObject({ turns: [], duration: 1 / 16000 });
  });

  test('0.05 s', async () => {
    put(folder, 'short.wav', wav(buzz(0.05)));
    expect((await diarized(['short.wav'])).duration).toBeCloseTo(0.05, 6);
  });

  test('silence', async () => {
    put(folder, 'silence.wav', wav(new Float32Array(16000 * 12)));
    expect(await diarized(['silence.wav'])).toMatchObject({ turns: [], warnings: ['No speech was found.'] });
  });

  test('NaN and infinity among the samples', async () => {
    const samples = buzz(3);
    samples.fill(Number.NaN, 1000, 1010);
    samples[2000] = Number.POSITIVE_INFINITY;
    put(folder, 'nan.wav', wav(samples));
    expect((await diarized(['nan.wav'])).warnings).toContain(
      '11 samples were not numbers (NaN or infinity) and were set to 0.',
    );
  });

  test('12 channels', async () => {
    put(folder, 'twelve.wav', wav(buzz(12), { numChannels: 12 }));
    expect((await diarized(['twelve.wav', '--channel', '11'])).duration).toBeCloseTo(1, 3);
    await refused(['twelve.wav', '--channel', '12'], 2, /Got channel 12 when the recording has 12, counted from 0\./);
  });

  test('4 kHz and 192 kHz', async () => {
    put(folder, 'low.wav', wav(buzz(2, 4000), { sampleRate: 4000 }));
    put(folder, 'high.wav', wav(buzz(1, 192000), { sampleRate: 192000 }));
    expect((await diarized(['low.wav'])).duration).toBeCloseTo(2, 3);
    expect((await diarized(['high.wav'])).duration).toBeCloseTo(1, 3);
  });

  for (const name of ['pcm_u8.wav', 'pcm_s24le.wav', 'pcm_f32le.wav', 'pcm_alaw.wav', 'pcm_mulaw.wav'])
    test(`${name}`, async () => {
      expect((await diarized([fixture(name)])).duration).toBeCloseTo(0.05, 6);
    });
});

describe('outputs that cannot be written', () => {
  const speech = () => put(folder, 'speech.wav', readFileSync(fixturePath('parity/audio/clip3s.wav')));

  test('full disk, as a file', async () => {
    speech();
    const { code, stderr } = await run(['speech.wav', '-q', '-o', '/dev/full'], { cwd: folder });
    expect([code, stderr]).toEqual([10, "diarist: Can't write /dev/full: the disk is full.\n"]);
  });

  test('full disk, as standard output: diarize and another command', async () => {
    speech();
    for (const args of [['speech.wav', '-q', '--json'], ['models', 'list'], ['--help']]) {
      const { code, stderr } = await run(args, { cwd: folder, stdout: openSync('/dev/full', 'w') });
      expect([code, stderr]).toEqual([10, "diarist: Can't write standard output: the disk is full.\n"]);
    }
  });

  test('disk that fills up while writing: the old file stays, and nothing else does', async () => {
    speech();
    mkdirSync(join(folder, 'results'));
    const old = put(join(folder, 'results'), 'speech.rttm', 'old\n');
    const preload = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      const { writeFileSync } = fs;
      fs.writeFileSync = (path, data, options) => {
        writeFileSync(path, data.slice(0, 3), options);
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      };
      syncBuiltinESMExports();`;
    const { code, stderr } = await run(['speech.wav', '-q', '-o', 'results/'], { cwd: folder, preload });
    expect([code, stderr]).toEqual([10, `diarist: Can't write ${join('results', 'speech.rttm')}: the disk is full.\n`]);
    expect([readdirSync(join(folder, 'results')), readFileSync(old, 'utf8')]).toEqual([['speech.rttm'], 'old\n']);
  });

  test('read-only disk, told before the work is done', async () => {
    speech();
    const preload = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      fs.accessSync = () => { throw Object.assign(new Error('EROFS'), { code: 'EROFS' }); };
      syncBuiltinESMExports();`;
    await refused(['speech.wav', '-o', 'x.rttm'], 10, /Can't write x\.rttm: the disk is read-only\./, { preload });
    expect(readdirSync(folder)).not.toContain('x.rttm');
  });

  test('folder that does not exist, and folder that is a file', async () => {
    speech();
    await refused(['speech.wav', '-o', 'no/where.rttm'], 10, /Can't write .*: its folder does not exist\./);
    await refused(['speech.wav', '-o', 'speech.wav/x.rttm'], 10, /Can't write .*: its folder is a file\./);
    await refused(['speech.wav', '-o', 'speech.wav/'], 10, /Can't write speech\.wav.: its folder is a file\./);
  });
});

describe('wrong use', () => {
  test('contradicting speaker bounds', async () => {
    put(folder, 'any.wav', wav(buzz(1)));
    const bounds = (...flags: string[]) => ['any.wav', ...flags];
    await refused(
      bounds('--min-speakers', '5', '--max-speakers', '3'),
      2,
      /Got --min-speakers 5 when --max-speakers is 3\./,
    );
    await refused(bounds('-n', '2', '--min-speakers', '3'), 2, /Got --num-speakers 2 when --min-speakers is 3\./);
    await refused(bounds('-n', '4', '--max-speakers', '3'), 2, /Got --num-speakers 4 when --max-speakers is 3\./);
    await refused(bounds('-n', '0'), 2, /Expected a whole number from 1\./);
  });

  test('unknown flag, with the nearest', () =>
    refused(['any.wav', '--modle', 'x'], 2, /unknown option '--modle' \(Did you mean --model\?\)/));

  test('unknown model, with the nearest', () =>
    refused([SPEECH, '--model', 'embeded'], 5, /There is no model 'embeded'\. Did you mean 'embedded'\?/));

  test('unknown format, device, speed and parameter', async () => {
    await refused([SPEECH, '--format', 'rtm'], 2, /Got the format 'rtm' .* Did you mean 'rttm'\?/);
    await refused([SPEECH, '--device', 'gpu'], 2, /argument 'gpu' is invalid\. Allowed choices are auto, cpu, cuda/);
    await refused([SPEECH, '--fast', '--speed', 'exact'], 2, /Got --fast and --speed exact: choose one\./);
    await refused(
      [SPEECH, '--set', 'clustering.treshold=1'],
      2,
      /has no parameter 'clustering\.treshold'\. Did you mean 'clustering\.threshold'\?/,
    );
  });

  test('several recordings into a format that holds one', () =>
    refused(
      [SPEECH, fixture('mono.mp3'), '-o', 'all.srt'],
      2,
      /Got 2 recordings, and srt holds one: say --output folder\//,
    ));

  test('two recordings of one name into one folder', () =>
    refused([fixture('mono.flac'), fixture('mono.mp3')], 2, /Both .*mono\.flac and .*mono\.mp3 would be written to/));
});

const SPEECH = fixture('mono.flac');

describe('models of another kind', () => {
  test('an ONNX file with other inputs: what was found, what was expected', () => {
    put(folder, 'whisper.onnx', TINY.whisper());
    return refused(
      [SPEECH, '--segmentation', 'whisper.onnx', '--embedding', 'whisper.onnx'],
      5,
      /whisper\.onnx .*mel.*3000/,
    );
  });

  test('a file that is no ONNX file', () => {
    put(folder, 'text.onnx', 'not a network');
    return refused([SPEECH, '--segmentation', 'text.onnx', '--embedding', 'text.onnx'], 5, /text\.onnx/);
  });
});

describe('several recordings', () => {
  test('one bad file does not stop the others: each failure is named, and the exit code tells', async () => {
    put(folder, 'good.wav', wav(buzz(1)));
    put(folder, 'text.wav', 'hello, hello, is this a recording\n');
    const out = join(folder, 'many');
    const { code, stdout, stderr } = await run(
      ['good.wav', 'missing.wav', 'text.wav', fixture('mono.mp3'), '-q', '-o', 'many/'],
      { cwd: folder },
    );
    expect(stderr.trim().split('\n')).toEqual([
      'diarist: There is no file missing.wav.',
      'diarist: text.wav is text, not a recording, whatever its name says.',
      'diarist: 2 of 4 recordings failed: missing.wav, text.wav.',
    ]);
    expect([code, stdout, readdirSync(out).sort()]).toEqual([11, '', ['good.rttm', 'mono.rttm']]);
  });

  test('a name that fits one recording only loses the result of none', async () => {
    const out = join(folder, 'named');
    put(folder, 'quiet.wav', wav(new Float32Array(16000)));
    const args = ['quiet.wav', fixture('mono.flac'), '--names', 'SPEAKER_00=Ada', '-o', `${out}/`];
    const { code, stderr } = await run(args, { cwd: folder });
    expect(stderr).toContain("quiet.wav: Got a name for 'SPEAKER_00' when the speakers are nobody.");
    expect([code, readdirSync(out)]).toEqual([11, ['mono.rttm', 'quiet.rttm']]);
    expect(readFileSync(join(out, 'mono.rttm'), 'utf8')).toContain(' Ada ');
    const airtime = await run(['airtime', 'quiet.wav', '--names', 'SPEAKER_00=Ada', '--json'], { cwd: folder });
    expect([airtime.code, JSON.parse(airtime.stdout).uri]).toEqual([2, 'quiet']);
    expect(airtime.stderr).toMatch(/Got a name for 'SPEAKER_00' when the speakers are nobody\.\n$/);
  });
});
