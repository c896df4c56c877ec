import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  Output,
  WebMOutputFormat,
} from 'mediabunny';
import { afterAll, describe, expect, test } from 'vitest';
import type { AudioErrorCode } from '../../src/core/errors.ts';
import { type OpenAudioOptions, openAudio } from '../../src/node/decode/openAudio.ts';
import { collect, fixture, fixtureBytes } from './signal.ts';

// One clear sentence for each recording that cannot be used, and the use of what can be. Without ffmpeg throughout.

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function read(
  input: string | Uint8Array,
  options: OpenAudioOptions = {},
): Promise<{ samples: Float32Array; warnings: readonly string[] }> {
  const audio = await openAudio(input, { ffmpeg: false, ...options });
  return { samples: await collect(audio.blocks), warnings: audio.warnings };
}

async function refused(input: string | Uint8Array, code: AudioErrorCode, message: string | RegExp): Promise<void> {
  const error = await read(input).then(
    () => undefined,
    (reason: Error & { code?: string }) => reason,
  );
  expect({ name: error?.name, code: error?.code }).toEqual({ name: 'AudioError', code });
  expect(error?.message).toMatch(message);
  expect(error?.message).not.toContain('\n');
}

/** The sound of a recording beside a picture every tenth of a second for so long; nobody looks at the pictures. */
async function withPictures(name: string, seconds: number): Promise<Uint8Array> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(fixtureBytes(name)) });
  const track = await input.getPrimaryAudioTrack();
  const output = new Output({
    format: new WebMOutputFormat({ minimumClusterDuration: 0.2 }),
    target: new BufferTarget(),
  });
  const sound = new EncodedAudioPacketSource('opus');
  const pictures = new EncodedVideoPacketSource('vp8');
  output.addAudioTrack(sound);
  output.addVideoTrack(pictures);
  await output.start();
  const decoderConfig = (await track!.getDecoderConfig())!;
  for await (const packet of new EncodedPacketSink(track!).packets()) await sound.add(packet, { decoderConfig });
  sound.close();
  for (let i = 0; i < Math.round(seconds * 10); i++)
    await pictures.add(new EncodedPacket(new Uint8Array(2000), 'key', i / 10, 0.1), {
      decoderConfig: { codec: 'vp8', codedWidth: 16, codedHeight: 16 },
    });
  await output.finalize();
  return new Uint8Array(output.target.buffer!);
}

describe('refused in one sentence', () => {
  test('missing file', () =>
    refused(join(folder, 'nowhere.wav'), 'audio_not_found', /^There is no file .*nowhere.wav\.$/));

  test('directory', () => refused(folder, 'audio_unreadable', /is a folder; name the recordings in it/));

  test('0 bytes', () => refused(file('zero.wav', ''), 'audio_empty', /zero.wav is empty \(0 bytes\)\.$/));

  test('0 bytes in memory', () => refused(new Uint8Array(0), 'audio_empty', 'the input is empty (0 bytes).'));

  test('text renamed .mp3', () =>
    refused(
      file('notes.mp3', 'Minutes of the meeting.\nPresent: all.\n'),
      'audio_not_audio',
      /^notes.mp3 is text, not a recording/,
    ));

  test('bytes that are nothing', () =>
    refused(
      file(
        'noise.mp3',
        Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 7 + i) % 251),
      ),
      'audio_not_audio',
      /^noise.mp3 is not a recording/,
    ));

  test('a picture renamed .wav', () =>
    refused(
      file('picture.wav', Buffer.from('\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR', 'latin1')),
      'audio_not_audio',
      /^picture.wav is not/,
    ));

  test('video without sound (mp4)', () =>
    refused(fixture('soundless.mp4'), 'audio_no_sound_track', 'soundless.mp4 is a video without sound.'));

  test('video without sound (mkv)', () =>
    refused(fixture('soundless.mkv'), 'audio_no_sound_track', 'soundless.mkv is a video without sound.'));

  test('a codec for which no decoder comes along', () =>
    refused(fixture('alac.m4a'), 'audio_decoder_missing', /^alac.m4a holds sound coded as alac, which needs ffmpeg/));

  test('a format for which no decoder comes along', () =>
    refused(fixture('windows.wma'), 'audio_decoder_missing', /^windows.wma holds sound that needs ffmpeg; install it/));

  test('WAV header without samples', () =>
    refused(
      Buffer.concat([fixtureBytes('pcm_s16le.wav').subarray(0, 40), Buffer.alloc(4)]),
      'audio_empty',
      'the input holds no samples.',
    ));

  test('WAV cut within its header', () =>
    refused(
      file('head.wav', fixtureBytes('pcm_s16le.wav').subarray(0, 30)),
      'audio_truncated',
      /ends before its first sample/,
    ));

  test('WAV cut before its first sample', () =>
    refused(file('cut.wav', fixtureBytes('pcm_s16le.wav').subarray(0, 44)), 'audio_truncated', /announces 400\.$/));

  test('unreadable file', async () => {
    const path = file('locked.wav', fixtureBytes('pcm_s16le.wav'));
    chmodSync(path, 0);
    const isRoot = process.geteuid?.() === 0; // root may read everything: be somebody else for a moment
    if (isRoot) process.seteuid?.(65534);
    try {
      await refused(path, 'audio_unreadable', /locked.wav may not be read by this user; check its permissions\.$/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('cut off in the middle', () => {
  for (const [name, part, minimum, warns] of [
    ['pcm_s16le.wav', 0.5, 0.024, true],
    ['s16.aiff', 0.5, 0.023, true],
    ['mono.flac', 0.8, 0.3, true],
    ['stereo.mp3', 0.5, 0.3, true],
    ['bare.mp3', 0.5, 0.3, false],
    ['stereo.aac', 0.5, 0.3, false],
    ['vorbis.ogg', 0.8, 0.1, false],
    ['opus.ogg', 0.9, 0.1, false],
    ['faststart.m4a', 0.5, 0.2, true],
    ['opus.webm', 0.5, 0.2, true],
    ['stereo.ts', 0.5, 0.2, false],
    ['fragmented.mp4', 0.7, 0.2, false],
  ] as const) {
    const said = warns ? 'and the warning says so' : 'and the format cannot say that more was there';
    test(`${name}: what is there is used, ${said}`, async () => {
      const bytes = fixtureBytes(name);
      const { samples, warnings } = await read(file(`cut-${name}`, bytes.subarray(0, Math.floor(bytes.length * part))));
      expect(samples.length / 16000).toBeGreaterThan(minimum);
      expect(samples.length / 16000).toBeLessThan(0.8);
      expect(samples.every(Number.isFinite)).toBe(true);
      expect(warnings.filter((warning) => /was cut off: .* are there and are used\.$/.test(warning)).length).toBe(
        warns ? 1 : 0,
      );
    });
  }

  // Matroska has one Duration for all of its tracks (RFC 9559, 5.1.2.10).
  test('a video whose pictures run on after the sound is whole, and half of it is not', async () => {
    const bytes = await withPictures('opus.webm', 1.4);
    const whole = await read(file('zoom.webm', bytes));
    expect(whole.samples.length / 16000).toBeCloseTo(0.8, 1);
    expect(whole.warnings).toEqual([]);
    const long = await withPictures('opus.webm', 3);
    const { warnings } = await read(file('cut.webm', long.subarray(0, long.length >> 1)));
    expect(warnings).toEqual([expect.stringMatching(/^cut.webm was cut off: 0.* s of the announced 3.00 s are there/)]);
  });

  test('stereo.m4a: with the index at its end nothing can be read', async () => {
    const bytes = fixtureBytes('stereo.m4a');
    await refused(file('cut.m4a', bytes.subarray(0, bytes.length >> 1)), 'audio_truncated', /^cut.m4a was cut off/);
  });

  for (const name of ['mono.flac', 'stereo.mp3', 'vorbis.ogg', 'opus.ogg', 'faststart.m4a', 'opus.webm', 'video.mkv']) {
    test(`${name}: the first 60 bytes alone are refused`, async () => {
      const error = await read(file(`start-${name}`, fixtureBytes(name).subarray(0, 60))).catch((reason) => reason);
      expect(error).toMatchObject({ name: 'AudioError' });
    });
  }
});

describe('damaged in the middle', () => {
  for (const name of ['stereo.mp3', 'stereo.aac', 'faststart.m4a', 'vorbis.ogg', 'opus.ogg', 'opus.webm']) {
    test(`${name}: the rest is used`, async () => {
      const bytes = Buffer.from(fixtureBytes(name));
      const middle = Math.floor(bytes.length * 0.6);
      bytes.fill(0x55, middle, middle + 200);
      const { samples } = await read(file(`damaged-${name}`, bytes));
      expect(samples.length / 16000).toBeGreaterThan(0.3);
      expect(samples.every(Number.isFinite)).toBe(true);
    });
  }
});

describe('odd but usable', () => {
  test('1 sample', async () => {
    const one = floatWav([0.25]);
    expect([...(await read(one, { sampleRate: 8000 })).samples]).toEqual([0.25]);
    expect((await read(one)).samples.length).toBe(2); // 8 kHz to 16 kHz
  });

  test('NaN and infinite samples become 0, with a warning', async () => {
    const { samples, warnings } = await read(
      floatWav([0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5]),
      { sampleRate: 8000 },
    );
    expect([...samples]).toEqual([0.5, 0, 0, 0, -0.5]);
    expect(warnings).toEqual(['3 samples were not numbers (NaN or infinity) and were set to 0.']);
  });

  test('samples beyond 1 are not clipped', async () => {
    expect([...(await read(floatWav([2, -3]), { sampleRate: 8000 })).samples]).toEqual([2, -3]);
  });
});

/** A mono float WAV at 8 kHz. */
function floatWav(samples: number[]): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 4);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples.length * 4, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(3, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(32000, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.length * 4, 40);
  for (const [i, x] of samples.entries()) bytes.writeFloatLE(x, 44 + 4 * i);
  return bytes;
}
