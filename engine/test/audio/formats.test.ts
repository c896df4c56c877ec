import { describe, expect, test } from 'vitest';
import { openAudio, openChannels } from '../../src/node/decode/openAudio.ts';
import { collect, collectChannels, correlation, delay, fixture, fixtureBytes, signal } from './signal.ts';

// Every format with nothing but what npm installs: `ffmpeg: false`. The expected samples are the formula the files
// were made from (fixtures/audio/make_encoded.py), never a decoder's output. Bare AAC and MP3 without a LAME tag,
// Matroska and fragmented MP4 as FFmpeg writes them do not say how much of the encoder's silence to cut: it stays, here
// and in FFmpeg (`late`, 1024 samples for its AAC and 1105 for LAME); nor do we read Matroska's padding at the end. Opus at 32 kbit/s is in its speech mode, whose resampler in libopus is 63 µs ahead.

interface Case {
  readonly file: string;
  readonly container: string;
  readonly codec: string;
  readonly sampleRate: number;
  readonly numChannels: number;
  /** Samples that come out more than went in: what containers do not say how to trim. */
  readonly extra?: number;
  /** By how many samples the sound comes late, where a container does not say how much priming there is. */
  readonly late?: number;
}

const lossy: readonly Case[] = [
  { file: 'stereo.mp3', container: 'mp3', codec: 'mp3', sampleRate: 44100, numChannels: 2 },
  { file: 'mono.mp3', container: 'mp3', codec: 'mp3', sampleRate: 22050, numChannels: 1 },
  { file: 'bare.mp3', container: 'mp3', codec: 'mp3', sampleRate: 22050, numChannels: 1, extra: 1368, late: 1105 },
  { file: 'layer2.mp2', container: 'mp3', codec: 'mp3', sampleRate: 44100, numChannels: 2, extra: 432, late: 481 },
  { file: 'stereo.m4a', container: 'mp4', codec: 'aac', sampleRate: 44100, numChannels: 2 },
  { file: 'faststart.m4a', container: 'mp4', codec: 'aac', sampleRate: 44100, numChannels: 2 },
  {
    file: 'fragmented.mp4',
    container: 'mp4',
    codec: 'aac',
    sampleRate: 44100,
    numChannels: 2,
    extra: 1024,
    late: 1024,
  },
  { file: 'video.mp4', container: 'mp4', codec: 'aac', sampleRate: 44100, numChannels: 2 },
  { file: 'aac.mov', container: 'mp4', codec: 'aac', sampleRate: 44100, numChannels: 2 },
  { file: 'stereo.aac', container: 'adts', codec: 'aac', sampleRate: 44100, numChannels: 2, extra: 1584, late: 1024 },
  { file: 'mono.aac', container: 'adts', codec: 'aac', sampleRate: 22050, numChannels: 1, extra: 1816, late: 1024 },
  { file: 'stereo.ts', container: 'mpegts', codec: 'aac', sampleRate: 44100, numChannels: 2, extra: 1584, late: 1024 },
  {
    file: 'video.mkv',
    container: 'matroska',
    codec: 'aac',
    sampleRate: 44100,
    numChannels: 2,
    extra: 1584,
    late: 1024,
  },
  { file: 'mp3.mkv', container: 'matroska', codec: 'mp3', sampleRate: 44100, numChannels: 2, extra: 1584, late: 1105 },
  { file: 'vorbis.ogg', container: 'ogg', codec: 'vorbis', sampleRate: 44100, numChannels: 2 },
  { file: 'vorbis.webm', container: 'matroska', codec: 'vorbis', sampleRate: 44100, numChannels: 2, extra: 112 },
  { file: 'opus.ogg', container: 'ogg', codec: 'opus', sampleRate: 48000, numChannels: 2 },
  { file: 'mono.opus', container: 'ogg', codec: 'opus', sampleRate: 48000, numChannels: 1, late: -3 },
  { file: 'opus.webm', container: 'matroska', codec: 'opus', sampleRate: 48000, numChannels: 2, extra: 648 },
  { file: 'opus.mp4', container: 'mp4', codec: 'opus', sampleRate: 48000, numChannels: 2 },
];

describe('lossy formats, without ffmpeg', () => {
  for (const { file, container, codec, sampleRate, numChannels, extra = 0, late = 0 } of lossy) {
    test(`${file} is the signal it was made from`, async () => {
      const audio = await openChannels(fixture(file), { ffmpeg: false, sampleRate });
      expect(audio.source).toEqual({ container, codec, sampleRate, numChannels, decoder: 'wasm' });
      const channels = await collectChannels(audio.blocks);
      expect(audio.warnings).toEqual([]);
      expect(channels.length).toBe(numChannels);
      const report = channels.map((got, c) => {
        const expected = signal(sampleRate, 0.8, c);
        const lag = delay(got, expected);
        return [
          got.length - expected.length,
          lag,
          correlation(got.subarray(Math.max(0, late)), expected.subarray(Math.max(0, -late))) > 0.99,
        ];
      });
      expect(report).toEqual(channels.map(() => [extra, late, true]));
    });
  }
});

const lossless = [
  { file: 'mono.flac', container: 'flac', codec: 'flac', sampleRate: 22050, duration: 0.8 },
  { file: 'mono24.flac', container: 'flac', codec: 'flac', sampleRate: 22050, duration: 0.8 },
  { file: 'flac.ogg', container: 'ogg', codec: 'flac', sampleRate: 22050, duration: 0.8 },
  { file: 'flac.mkv', container: 'matroska', codec: 'flac', sampleRate: 22050, duration: 0.8 },
  { file: 'video.mov', container: 'mp4', codec: 'pcm-s16be', sampleRate: 22050, duration: 0.8 },
  { file: '192khz.flac', container: 'flac', codec: 'flac', sampleRate: 192000, duration: 0.02 },
  { file: '4khz.flac', container: 'flac', codec: 'flac', sampleRate: 4000, duration: 0.1 },
];

describe('lossless formats, without ffmpeg', () => {
  for (const { file, container, codec, sampleRate, duration } of lossless) {
    test(`${file} is the signal it was made from, bit for bit`, async () => {
      const audio = await openAudio(fixture(file), { ffmpeg: false, sampleRate });
      expect(audio.source).toEqual({ container, codec, sampleRate, numChannels: 1, decoder: 'wasm' });
      expect([...(await collect(audio.blocks))]).toEqual([...signal(sampleRate, duration, 0)]);
      expect(audio.warnings).toEqual([]);
    });
  }
});

describe('what is known before decoding', () => {
  for (const file of ['stereo.mp3', 'mono.flac', 'vorbis.ogg', 'mono.opus', 'stereo.m4a', 'video.mp4', 'flac.ogg']) {
    test(`the duration of ${file} is exact`, async () => {
      const audio = await openAudio(fixture(file), { ffmpeg: false });
      await audio.close();
      expect(audio.duration).toBeCloseTo(0.8, 3);
    });
  }
  for (const file of ['bare.mp3', 'stereo.aac', 'video.mkv', 'opus.webm']) {
    test(`the duration of ${file} is near`, async () => {
      const audio = await openAudio(fixture(file), { ffmpeg: false });
      await audio.close();
      expect(Math.abs((audio.duration ?? 0) - 0.8)).toBeLessThan(0.15);
    });
  }
});

test('a file is what its bytes are, whatever it is called', async () => {
  const audio = await openAudio(fixtureBytes('vorbis.ogg'), { ffmpeg: false });
  expect(audio.source.codec).toBe('vorbis');
  await audio.close();
});

test('a cover picture larger than what is looked at does not hide an MP3', async () => {
  const tag = Buffer.alloc(200_010);
  tag.write('ID3\x03', 'latin1');
  for (const [i, shift] of [21, 14, 7, 0].entries()) tag[6 + i] = (200_000 >> shift) & 127;
  const tagged = (file: string) => Buffer.concat([tag, fixtureBytes(file)]);
  const audio = await openAudio(tagged('stereo.mp3'), { ffmpeg: false, sampleRate: 44100 });
  expect((await collect(audio.blocks)).length).toBe(35280);
  const mono = await openChannels(tagged('mono.mp3'), { ffmpeg: false, sampleRate: 22050 });
  expect(mono.source.numChannels).toBe(1);
  await mono.close();
});

test('one channel can be chosen', async () => {
  const audio = await openAudio(fixture('stereo.m4a'), { ffmpeg: false, sampleRate: 44100, channel: 1 });
  expect(correlation(await collect(audio.blocks), signal(44100, 0.8, 1))).toBeGreaterThan(0.99);
});

test('a channel that is not there is refused', async () => {
  await expect(openAudio(fixture('stereo.m4a'), { ffmpeg: false, channel: 2 })).rejects.toThrow(
    new RangeError('Got channel 2 when the recording has 2, counted from 0.'),
  );
});
