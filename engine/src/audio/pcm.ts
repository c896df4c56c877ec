import { type ByteSource, viewOf } from './byteSource.ts';

/**
 * Uncompressed samples to floats in [-1, 1): integers are divided by 2^(bits-1), so 16-bit x becomes x / 32768 exactly
 * (ALGORITHM section 1.2); no dither, no clipping. Interleaved frames come out as one array per channel.
 */
export type PcmEncoding = 'u8' | 's8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'alaw' | 'mulaw';

export const PCM_BYTES: Readonly<Record<PcmEncoding, number>> = {
  u8: 1,
  s8: 1,
  s16: 2,
  s24: 3,
  s32: 4,
  f32: 4,
  f64: 8,
  alaw: 1,
  mulaw: 1,
};

/** Where the samples of a file are and how they are written. */
export interface PcmLayout {
  readonly container: string;
  readonly encoding: PcmEncoding;
  readonly littleEndian: boolean;
  readonly sampleRate: number;
  readonly numChannels: number;
  /** First byte of the samples. */
  readonly dataStart: number;
  /** Whole frames (one sample of each channel) that the file really holds. */
  readonly numFrames: number;
  /** How many the header announces, when that is more: the file was cut. */
  readonly announcedFrames?: number;
}

/** `pcm_s16le` and so on: FFmpeg's names, which people know. */
export function pcmCodecName({ encoding, littleEndian }: Pick<PcmLayout, 'encoding' | 'littleEndian'>): string {
  const endless = PCM_BYTES[encoding] === 1;
  return `pcm_${encoding}${endless ? '' : littleEndian ? 'le' : 'be'}`;
}

/** Frames of `bytes` as one array per channel; a broken last frame is left out. */
export function decodePcm(
  bytes: Uint8Array,
  { encoding, littleEndian, numChannels }: Pick<PcmLayout, 'encoding' | 'littleEndian' | 'numChannels'>,
): Float32Array[] {
  const width = PCM_BYTES[encoding];
  const stride = width * numChannels;
  const numFrames = Math.floor(bytes.length / stride);
  const view = viewOf(bytes);
  const channels: Float32Array[] = [];
  for (let c = 0; c < numChannels; c++) {
    const out = new Float32Array(numFrames);
    let at = c * width;
    switch (encoding) {
      case 'u8':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = (bytes[at] - 128) / 128;
        break;
      case 's8':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = view.getInt8(at) / 128;
        break;
      case 's16':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = view.getInt16(at, littleEndian) / 32768;
        break;
      case 's24': {
        const high = littleEndian ? 2 : 0;
        const low = littleEndian ? 0 : 2;
        for (let i = 0; i < numFrames; i++, at += stride)
          out[i] = ((view.getInt8(at + high) << 16) | (bytes[at + 1] << 8) | bytes[at + low]) / 8388608;
        break;
      }
      case 's32':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = view.getInt32(at, littleEndian) / 2147483648;
        break;
      case 'f32':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = view.getFloat32(at, littleEndian);
        break;
      case 'f64':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = view.getFloat64(at, littleEndian);
        break;
      case 'alaw':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = alaw(bytes[at]) / 32768;
        break;
      case 'mulaw':
        for (let i = 0; i < numFrames; i++, at += stride) out[i] = mulaw(bytes[at]) / 32768;
        break;
    }
    channels.push(out);
  }
  return channels;
}

/** The samples of a file in blocks, in order, a fixed amount of memory at a time. */
export async function* readPcm(
  source: ByteSource,
  layout: PcmLayout,
  { framesPerBlock = 32768 }: { framesPerBlock?: number } = {},
): AsyncGenerator<Float32Array[]> {
  const stride = PCM_BYTES[layout.encoding] * layout.numChannels;
  for (let frame = 0; frame < layout.numFrames; frame += framesPerBlock) {
    const count = Math.min(framesPerBlock, layout.numFrames - frame);
    yield decodePcm(await source.read(layout.dataStart + frame * stride, count * stride), layout);
  }
}

/** ITU-T G.711 A-law byte to a 16-bit sample: sign, 3-bit segment, 4-bit mantissa; even bits inverted. */
function alaw(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const mantissa = (code & 15) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** ITU-T G.711 µ-law byte to a 16-bit sample: all bits inverted, bias 132. */
function mulaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
  return code & 0x80 ? 0 - magnitude : magnitude; // and never -0
}
