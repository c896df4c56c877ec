import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePcm } from '../../src/audio/pcm.ts';
import { openAudio, openChannels } from '../../src/node/decode/openAudio.ts';
import { collect, collectChannels, fixture, fixtureBytes, signal } from './signal.ts';

// FFmpeg and sox wrote the files (fixtures/audio/make_encoded.py); the expected samples are the formula.

interface Plain {
  readonly file: string;
  readonly codec: string;
  readonly container?: string;
  /** How far 8-bit and companded samples may be from the 16-bit ones they stand for. */
  readonly within?: number;
}

const plain: readonly Plain[] = [
  { file: 'pcm_u8.wav', codec: 'pcm_u8', within: 1 / 128 },
  { file: 'pcm_s16le.wav', codec: 'pcm_s16le' },
  { file: 'pcm_s24le.wav', codec: 'pcm_s24le' },
  { file: 'pcm_s32le.wav', codec: 'pcm_s32le' },
  { file: 'pcm_f32le.wav', codec: 'pcm_f32le' },
  { file: 'pcm_f64le.wav', codec: 'pcm_f64le' },
  { file: 'pcm_alaw.wav', codec: 'pcm_alaw', within: 1 / 60 },
  { file: 'pcm_mulaw.wav', codec: 'pcm_mulaw', within: 1 / 60 },
  { file: 'rf64.wav', codec: 'pcm_s16le', container: 'rf64' },
  { file: 's8.aiff', codec: 'pcm_s8', container: 'aiff', within: 1 / 128 },
  { file: 's16.aiff', codec: 'pcm_s16be', container: 'aiff' },
  { file: 's24.aiff', codec: 'pcm_s24be', container: 'aiff' },
  { file: 'f32.aifc', codec: 'pcm_f32be', container: 'aiff' },
  { file: 'sowt.aifc', codec: 'pcm_s16le', container: 'aiff' },
];

describe('plain samples', () => {
  for (const { file, codec, container = 'wav', within = 0 } of plain) {
    test(`${file} reads as ${codec}`, async () => {
      const audio = await openChannels(fixture(file), { sampleRate: 8000 });
      expect(audio.source).toEqual({ container, codec, sampleRate: 8000, numChannels: 2, decoder: 'pcm' });
      expect(audio.duration).toBe(0.05);
      const channels = await collectChannels(audio.blocks);
      for (const [c, samples] of channels.entries()) {
        const expected = signal(8000, 0.05, c);
        expect(samples.length).toBe(expected.length);
        for (let i = 0; i < samples.length; i++) expect(Math.abs(samples[i] - expected[i])).toBeLessThanOrEqual(within);
      }
    });
  }

  test('12 channels stay apart, and their mix is their mean', async () => {
    const { blocks, numChannels } = await openChannels(fixture('twelve.wav'), { sampleRate: 8000 });
    const channels = await collectChannels(blocks);
    expect(numChannels).toBe(12);
    for (let c = 0; c < 12; c++) expect([...channels[c]]).toEqual([...signal(8000, 0.05, c)]);
    const mix = await collect((await openAudio(fixture('twelve.wav'), { sampleRate: 8000 })).blocks);
    const mean = mix.map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / 12);
    for (let i = 0; i < mix.length; i++) expect(mix[i]).toBeCloseTo(mean[i], 6);
  });

  for (const [file, rate, duration] of [
    ['4khz.wav', 4000, 0.1],
    ['192khz.wav', 192000, 0.02],
  ] as const) {
    test(`${file} comes out at 16 kHz with its duration`, async () => {
      const audio = await openAudio(fixture(file));
      expect([audio.source.sampleRate, audio.sampleRate]).toEqual([rate, 16000]);
      expect((await collect(audio.blocks)).length).toBe(16000 * duration);
    });
  }
});

test('A-law and µ-law are those of G.711', () => {
  const g711 = JSON.parse(readFileSync(new URL('../../../fixtures/audio/g711.json', import.meta.url), 'utf8'));
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const encoding of ['alaw', 'mulaw'] as const) {
    const [samples] = decodePcm(bytes, { encoding, littleEndian: true, numChannels: 1 });
    expect([...samples]).toEqual(g711[encoding].map((x: number) => x / 32768));
  }
});

/** A 16-bit WAV file by hand, with whatever sizes its header shall claim. */
function wav(samples: number[], claims: { riff?: number; data?: number; before?: Buffer } = {}): Buffer {
  const data = Buffer.alloc(samples.length * 2);
  for (const [i, x] of samples.entries()) data.writeInt16LE(x, i * 2);
  const head = Buffer.alloc(36);
  head.write('RIFF', 0);
  head.writeUInt32LE(claims.riff ?? 36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ])
    head.writeUInt16LE(value, at);
  head.writeUInt32LE(16000, 24);
  head.writeUInt32LE(32000, 28);
  const start = Buffer.alloc(8);
  start.write('data', 0);
  start.writeUInt32LE(claims.data ?? data.length, 4);
  return Buffer.concat([head, claims.before ?? Buffer.alloc(0), start, data]);
}

test('16-bit samples are divided by 32768, without dither or clipping', async () => {
  const audio = await openAudio(wav([-32768, -1, 0, 1, 32767]));
  expect([...(await collect(audio.blocks))]).toEqual([-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768]);
});

test('a WAV from a pipe, with sizes never filled in, is read to its end', async () => {
  // FFmpeg and GStreamer, then SoX, then arecord.
  for (const size of [0, 0xffffffff, 0x7ffff000, 0x7fffff00, 0x80000000]) {
    const audio = await openAudio(wav([1, 2, 3], { riff: size, data: size }));
    expect((await collect(audio.blocks)).length).toBe(3);
    expect(audio.warnings).toEqual([]);
  }
  const stereo24 = fixtureBytes('pcm_s24le.wav'); // frames of 6 bytes
  const data = stereo24.indexOf('data');
  stereo24.writeUInt32LE(2147479548, data + 4); // SoX: 0x7ffff000 / 6, rounded down, times 6
  expect((await openAudio(stereo24)).warnings).toEqual([]);
  stereo24.writeUInt32LE(2147479542, data + 4);
  expect((await openAudio(stereo24)).warnings).toEqual([expect.stringContaining('was cut off')]);
});

test('chunks of odd length whose padding was forgotten are stepped over, too', async () => {
  for (const before of [
    'LIST\x03\x00\x00\x00abc',
    'LIST\x03\x00\x00\x00abcbext\x01\x00\x00\x00x',
    'LIST\x01\0\0\0xfact\x04\0\0\0\x02\0\0\0',
  ]) {
    const heard = await collect((await openAudio(wav([7, 8], { before: Buffer.from(before, 'latin1') }))).blocks);
    expect([before, heard.length]).toEqual([before, 2]);
  }
  const filled = Buffer.from('LIST\x03\x00\x00\x00abcd', 'latin1'); // a padding that is not 0
  expect((await collect((await openAudio(wav([7, 8], { before: filled }))).blocks)).length).toBe(2);
});

test('chunks of odd length before the samples are stepped over', async () => {
  const chunk = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1');
  expect((await collect((await openAudio(wav([7, 8], { before: chunk }))).blocks)).length).toBe(2);
});

test('a WAV with ADPCM inside is not misread as samples', async () => {
  await expect(openAudio(fixture('adpcm.wav'), { ffmpeg: false })).rejects.toThrow(
    expect.objectContaining({ code: 'audio_decoder_missing' }),
  );
});

test('a WAV header cut or changed anywhere gives an AudioError or samples, never another error', async () => {
  const good = fixtureBytes('pcm_s24le.wav').subarray(0, 200);
  const change = fc.record({ at: fc.nat(100), value: fc.nat(255), length: fc.integer({ min: 1, max: 200 }) });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, value, length }) => {
      const bytes = Buffer.from(good.subarray(0, length));
      if (at < bytes.length) bytes[at] = value;
      try {
        await collect((await openAudio(bytes, { ffmpeg: false })).blocks);
      } catch (error) {
        expect((error as Error).name).toBe('AudioError');
      }
    }),
    { numRuns: 300 },
  );
});
