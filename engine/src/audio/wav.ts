import { AudioError } from '../core/errors.ts';
import { ascii, type ByteSource, viewOf } from './byteSource.ts';
import { checkClaims } from './claims.ts';
import { PCM_BYTES, type PcmEncoding, type PcmLayout } from './pcm.ts';

/**
 * The header of a WAV file: RIFF (Microsoft's Multimedia Programming Interface, 1991), its 64-bit forms RF64 and BW64
 * (EBU Tech 3306, ITU-R BS.2088), and WAVE_FORMAT_EXTENSIBLE. A RIFF file is a row of chunks, each a four-letter name,
 * a 32-bit length and that many bytes, padded to an even number:
 *
 *   RIFF size WAVE | fmt␠ 16 … | (LIST, bext, …) | data size samples…
 *
 * Programs that write to a pipe can't fill in the sizes and leave 0, 2³²-1, or as arecord does 2³¹ or a little less: then
 * the samples go on to the file's end.
 */
const UNKNOWN_SIZE = 0xffffffff;
const UNKNOWN_SIZES: readonly number[] = [UNKNOWN_SIZE, 0x80000000, 0x7fffff00];

/** SoX leaves this, rounded down to whole frames. */
const UNKNOWN_SIZE_OF_SOX = 0x7ffff000;

/** Some programs forget the byte that pads an odd chunk: then the next one's name is where it should be. */
const CHUNK_NAMES =
  /^(data|fmt |fact|LIST|bext|JUNK|junk|PAD |cue |smpl|inst|iXML|_PMX|axml|chna|id3 |ID3 |PEAK|DISP)$/;

/** Codings that have a number but are not plain samples: some other decoder's work. */
export interface ForeignWav {
  readonly formatTag: number;
}

export async function readWavHeader(source: ByteSource, name: string): Promise<PcmLayout | ForeignWav> {
  const riff = await source.read(0, 12);
  const is64 = ascii(riff, 0, 4) !== 'RIFF';
  let dataSize64: number | undefined;
  let format: Uint8Array | undefined;
  for (let at = 12; at + 8 <= source.size; ) {
    const head = await source.read(at, 8);
    const id = ascii(head, 0, 4);
    const size = viewOf(head).getUint32(4, true);
    if (id === 'ds64' && is64) {
      const sizes = viewOf(await source.read(at + 8, 28));
      if (sizes.byteLength >= 16) dataSize64 = Number(sizes.getBigUint64(8, true));
    } else if (id === 'fmt ') {
      format = await source.read(at + 8, Math.min(size, 40));
    } else if (id === 'data') {
      if (format === undefined)
        throw new AudioError('audio_invalid', `${name} is a WAV file whose samples come before their format.`);
      const unknown =
        neverFilledIn(size, format) || (size === 0 && at + 8 < source.size && (await runsToTheEnd(source)));
      const announced = is64 && size === UNKNOWN_SIZE ? dataSize64 : unknown ? undefined : size;
      return layoutOf(format, at + 8, source.size, announced, name, is64 ? ascii(riff, 0, 4).toLowerCase() : 'wav');
    }
    at += 8 + size;
    if (size % 2 === 1 && !CHUNK_NAMES.test(ascii(await source.read(at, 4), 0, 4))) at++;
  }
  throw new AudioError('audio_truncated', `${name} is a WAV file that ends before its first sample.`);
}

/** Whether it is one of the sizes that are written before the real one is known. */
function neverFilledIn(size: number, format: Uint8Array): boolean {
  const blockAlign = (format.length >= 14 && viewOf(format).getUint16(12, true)) || 1;
  return UNKNOWN_SIZES.includes(size) || size === UNKNOWN_SIZE_OF_SOX - (UNKNOWN_SIZE_OF_SOX % blockAlign);
}

/** Whether the RIFF size was never filled in either: a size of 0 then means "not known". */
async function runsToTheEnd(source: ByteSource): Promise<boolean> {
  const size = viewOf(await source.read(4, 4)).getUint32(0, true);
  return size === 0 || size === UNKNOWN_SIZE || size + 8 >= source.size;
}

function layoutOf(
  format: Uint8Array,
  dataStart: number,
  fileSize: number,
  announced: number | undefined,
  name: string,
  container: string,
): PcmLayout | ForeignWav {
  if (format.length < 16)
    throw new AudioError(
      'audio_invalid',
      `${name} is a WAV file with a format chunk of ${format.length} bytes, not 16.`,
    );
  const view = viewOf(format);
  let formatTag = view.getUint16(0, true);
  const numChannels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const blockAlign = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  if (formatTag === 0xfffe && format.length >= 26) formatTag = view.getUint16(24, true);
  checkClaims(`${name} is a WAV file that`, numChannels, sampleRate);
  const encoding = encodingOf(formatTag, Math.floor(blockAlign / numChannels) || Math.ceil(bits / 8));
  if (encoding === undefined) return { formatTag };
  const stride = PCM_BYTES[encoding] * numChannels;
  const available = Math.max(0, fileSize - dataStart);
  const numFrames = Math.floor(Math.min(available, announced ?? available) / stride);
  const layout = { container, encoding, littleEndian: true, sampleRate, numChannels, dataStart, numFrames };
  if (announced === undefined || announced <= available) return layout;
  return { ...layout, announcedFrames: Math.floor(announced / stride) };
}

function encodingOf(formatTag: number, bytesPerSample: number): PcmEncoding | undefined {
  if (formatTag === 1) return ([undefined, 'u8', 's16', 's24', 's32'] as const)[bytesPerSample];
  if (formatTag === 3) return bytesPerSample === 8 ? 'f64' : bytesPerSample === 4 ? 'f32' : undefined;
  if (formatTag === 6) return 'alaw';
  if (formatTag === 7) return 'mulaw';
  return undefined;
}
