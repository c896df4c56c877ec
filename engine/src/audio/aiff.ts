import { AudioError } from '../core/errors.ts';
import { ascii, type ByteSource, viewOf } from './byteSource.ts';
import { checkClaims } from './claims.ts';
import { PCM_BYTES, type PcmEncoding, type PcmLayout } from './pcm.ts';

/**
 * The header of an AIFF or AIFC file (Apple, 1989 and 1991): chunks as in WAV, but big-endian. COMM says how many
 * channels, frames and bits at which rate (an 80-bit float), and for AIFC which coding; SSND holds the samples.
 */
export async function readAiffHeader(source: ByteSource, name: string): Promise<PcmLayout | { coding: string }> {
  let common: Uint8Array | undefined;
  let sound: { start: number; length: number } | undefined;
  for (let at = 12; at + 8 <= source.size && !(common && sound); ) {
    const head = await source.read(at, 8);
    const id = ascii(head, 0, 4);
    const size = viewOf(head).getUint32(4);
    if (id === 'COMM') common = await source.read(at + 8, Math.min(size, 64));
    if (id === 'SSND') {
      const offset = viewOf(await source.read(at + 8, 4));
      if (offset.byteLength === 4) sound = { start: at + 16 + offset.getUint32(0), length: size - 8 };
    }
    at += 8 + size + (size % 2);
  }
  if (common === undefined || common.length < 18 || sound === undefined)
    throw new AudioError('audio_truncated', `${name} is an AIFF file that ends before its first sample.`);
  const view = viewOf(common);
  const numChannels = view.getUint16(0);
  const announcedFrames = view.getUint32(2);
  const bytesPerSample = Math.ceil(view.getUint16(6) / 8);
  const sampleRate = Math.round(extendedFloat(view, 8));
  checkClaims(`${name} is an AIFF file that`, numChannels, sampleRate);
  const coding = common.length >= 22 ? ascii(common, 18, 4) : 'NONE';
  const encoding = encodingOf(coding, bytesPerSample);
  if (encoding === undefined) return { coding };
  const stride = PCM_BYTES[encoding] * numChannels;
  const available = Math.floor(Math.max(0, Math.min(source.size - sound.start, sound.length)) / stride);
  const layout = {
    container: 'aiff',
    encoding,
    littleEndian: coding === 'sowt',
    sampleRate,
    numChannels,
    dataStart: sound.start,
    numFrames: Math.min(available, announcedFrames),
  };
  return available < announcedFrames ? { ...layout, announcedFrames } : layout;
}

function encodingOf(coding: string, bytesPerSample: number): PcmEncoding | undefined {
  switch (coding) {
    case 'NONE':
    case 'twos':
    case 'sowt':
    case 'in24':
    case 'in32':
      return ([undefined, 's8', 's16', 's24', 's32'] as const)[bytesPerSample];
    case 'fl32':
    case 'FL32':
      return 'f32';
    case 'fl64':
    case 'FL64':
      return 'f64';
    case 'alaw':
    case 'ALAW':
      return 'alaw';
    case 'ulaw':
    case 'ULAW':
      return 'mulaw';
  }
  return undefined;
}

/** IEEE 754 extended: 15 bits of exponent, 64 of mantissa with its leading 1 written out. */
function extendedFloat(view: DataView, at: number): number {
  const exponent = (view.getUint16(at) & 0x7fff) - 16383;
  return view.getUint32(at + 2) * 2 ** (exponent - 31) + view.getUint32(at + 6) * 2 ** (exponent - 63);
}
