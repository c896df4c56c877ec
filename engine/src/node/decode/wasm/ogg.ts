import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { ascii, type ByteSource } from '../../../audio/byteSource.ts';
import { AudioError } from '../../../core/errors.ts';
import { flacDecoder } from './flac.ts';
import { CHUNK_BYTES, type Track, type TrackBlock } from './track.ts';

/**
 * Ogg with Vorbis (libvorbis), Opus (libopus) or FLAC (libFLAC) inside; the first page's packet says which. The
 * decoders cut what Opus' pre-skip and the last page's granule position tell them to.
 */
export interface OggDecoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Promise<TrackBlock>;
  flush(): Promise<TrackBlock>;
  free(): void;
}

type OggCodec = 'vorbis' | 'opus' | 'flac';

export async function oggTrack(source: ByteSource, name: string): Promise<Track> {
  const page = await source.read(0, 512);
  const packet = 27 + (page[26] ?? 0);
  const codec = oggCodec(page.subarray(packet));
  if (codec === undefined)
    throw new AudioError(
      'audio_decoder_missing',
      `${name} is an Ogg file with neither Vorbis, Opus nor FLAC inside; install ffmpeg to read it.`,
    );
  const duration = await oggDuration(source, codec, page.subarray(packet));
  return { codec, duration, blocks: withoutPadding(decode(source, codec), duration) };
}

function oggCodec(packet: Uint8Array): OggCodec | undefined {
  if (ascii(packet, 0, 7) === '\x01vorbis') return 'vorbis';
  if (ascii(packet, 0, 8) === 'OpusHead') return 'opus';
  if (ascii(packet, 0, 5) === '\x7fFLAC') return 'flac';
  return undefined;
}

export function oggDecoder(codec: OggCodec): OggDecoder {
  if (codec === 'flac') return flacDecoder();
  const decoder = codec === 'vorbis' ? new OggVorbisDecoder() : new OggOpusDecoder();
  return {
    ready: decoder.ready,
    decode: async (bytes) => blockOf(await decoder.decode(bytes)),
    flush: async () => blockOf(await decoder.flush()),
    free: () => decoder.free(),
  };
}

async function* decode(source: ByteSource, codec: OggCodec): AsyncGenerator<TrackBlock> {
  const decoder = oggDecoder(codec);
  await decoder.ready;
  try {
    for await (const pages of wholePages(source)) yield decoder.decode(pages);
    yield decoder.flush();
  } finally {
    decoder.free();
  }
}

function blockOf(samples: { channelData: Float32Array[]; sampleRate: number; errors: readonly unknown[] }): TrackBlock {
  return { sampleRate: samples.sampleRate, channels: samples.channelData, numErrors: samples.errors.length };
}

/**
 * Whole pages only: given the first half of a page the decoders make up the rest, seconds of it. A page is 27 bytes, a
 * table of segment lengths, and that many bytes; what is between pages is passed over.
 */
async function* wholePages(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; ) {
    const bytes = Buffer.from(await source.read(at, 2 * CHUNK_BYTES)); // the largest page has 65307
    let end = 0;
    for (let page = bytes.indexOf('OggS'); page >= 0; page = bytes.indexOf('OggS', end)) {
      let next = page + 27 + (bytes[page + 26] ?? 0);
      for (let i = page + 27; i < Math.min(page + 27 + bytes[page + 26], bytes.length); i++) next += bytes[i];
      if (next > bytes.length) break;
      end = next;
    }
    if (end === 0) return;
    yield bytes.subarray(0, end);
    at += end;
  }
}

/** The longest Opus packet, 120 ms, is the most that padding can be. */
const MAX_PADDING = 0.12;

/**
 * The last packet is filled up to its full length; the file's last granule position says where the sound ends. Samples
 * beyond it by more than one packet are another thing (files strung together restart their count) and stay.
 */
async function* withoutPadding(blocks: AsyncGenerator<TrackBlock>, duration = 0): AsyncGenerator<TrackBlock> {
  let held: TrackBlock | undefined;
  let numSamples = 0;
  for await (const block of blocks) {
    if (block.channels.length === 0 || block.channels[0].length === 0) continue;
    if (held !== undefined) yield held;
    numSamples += block.channels[0].length;
    held = block;
  }
  if (held === undefined) return;
  const padding = numSamples - Math.round(duration * held.sampleRate);
  const length = held.channels[0].length;
  const cut = padding > 0 && padding <= MAX_PADDING * held.sampleRate ? Math.min(padding, length) : 0;
  yield { ...held, channels: held.channels.map((samples) => samples.subarray(0, length - cut)) };
}

/** The granule position of the last page counts the samples (for Opus at 48 kHz, with the pre-skip). */
async function oggDuration(source: ByteSource, codec: string, packet: Uint8Array): Promise<number | undefined> {
  const tail = Buffer.from(await source.read(Math.max(0, source.size - CHUNK_BYTES), CHUNK_BYTES));
  const at = tail.lastIndexOf('OggS');
  if (at < 0 || at + 14 > tail.length) return undefined;
  const granule = Number(tail.readBigInt64LE(at + 6));
  if (granule <= 0) return undefined;
  if (codec === 'opus') return (granule - (packet[10] | (packet[11] << 8))) / 48000;
  const rate =
    codec === 'vorbis'
      ? packet[12] | (packet[13] << 8) | (packet[14] << 16)
      : ((packet[27] << 16) | (packet[28] << 8) | packet[29]) >> 4;
  return rate > 0 ? granule / rate : undefined;
}
