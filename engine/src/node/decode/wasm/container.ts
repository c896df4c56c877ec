import {
  CustomSource,
  type EncodedPacket,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from 'mediabunny';
import { MPEGDecoder } from 'mpg123-decoder';
import type { ByteSource } from '../../../audio/byteSource.ts';
import { decodePcm, type PcmEncoding } from '../../../audio/pcm.ts';
import { adtsFrameLength } from '../../../audio/sniff.ts';
import { firstSoundTrack, sharesDuration } from '../../../audio/soundTrack.ts';
import { AudioError } from '../../../core/errors.ts';
import { decodeAac } from './aacFile.ts';
import { parseAacConfig, withAdtsHeader } from './adts.ts';
import { flacDecoder } from './flac.ts';
import { throughOgg } from './throughOgg.ts';
import type { Track, TrackBlock } from './track.ts';

/**
 * The sound track of an MP4, MOV, Matroska, WebM or MPEG transport stream: mediabunny takes the container apart, the
 * codec's own decoder gets the packets. The first sound track is taken, as FFmpeg's `0:a:0`.
 */
export async function containerTrack(source: ByteSource, name: string): Promise<Track> {
  const input = new Input({
    formats: [MP4, QTFF, MATROSKA, WEBM, MPEG_TS],
    source: new CustomSource({
      getSize: () => source.size,
      read: (start, end) => source.read(start, end - start),
      prefetchProfile: 'fileSystem',
    }),
  });
  const track = await firstSoundTrack(input, name);
  const codec = await track.getCodec();
  const container = (await input.getFormat()).name;
  const duration = (await input.getDurationFromMetadata([track])) ?? undefined;
  const packets = new PacketRow(track);
  const blocks = await decoded(track, packets);
  if (blocks === undefined) {
    const coding = codec ?? String(await track.getInternalCodecId());
    throw new AudioError(
      'audio_decoder_missing',
      `${name} holds sound coded as ${coding}, which needs ffmpeg; install it or name it in FFMPEG_PATH.`,
    );
  }
  const edited = codec === 'aac' && (container === 'MP4' || container === 'QuickTime File Format');
  const withPictures = await sharesDuration(input);
  return {
    codec: codec ?? '',
    duration,
    exact: true,
    withPictures,
    blocks: edited ? withinEdit(blocks, packets) : blocks,
  };
}

/** The packets in order, with the times of the first and the last to trim by. */
class PacketRow {
  first: EncodedPacket | undefined;
  last: EncodedPacket | undefined;
  readonly #track: InputAudioTrack;

  constructor(track: InputAudioTrack) {
    this.#track = track;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EncodedPacket> {
    try {
      for await (const packet of new EncodedPacketSink(this.#track).packets()) {
        this.first ??= packet;
        this.last = packet;
        yield packet;
      }
    } catch (cause) {
      if (this.last === undefined) throw cause; // what is there is used; the missing end shows in the duration
    }
  }
}

/** Undefined for a codec that no decoder here knows. */
async function decoded(track: InputAudioTrack, packets: PacketRow): Promise<AsyncGenerator<TrackBlock> | undefined> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  switch (codec) {
    case null:
    case 'ac3':
    case 'eac3':
    case 'dts':
      return undefined;
    case 'aac': {
      const description = config?.description;
      if (description === undefined) return decodeAac(adtsFrames(packets));
      const aac = parseAacConfig(bytesOf(description));
      return aac && decodeAac(mapPackets(packets, (data) => withAdtsHeader(data, aac)));
    }
    case 'opus':
    case 'vorbis':
      return config ? throughOgg(codec, config, packets) : undefined;
    case 'mp3':
      return decodeMp3(packets, await track.getNumberOfChannels());
    case 'flac':
      return decodeFlac(packets);
    default:
      return decodePackedPcm(packets, codec, await track.getSampleRate(), await track.getNumberOfChannels());
  }
}

function bytesOf(data: NonNullable<AudioDecoderConfig['description']>): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer);
}

async function* mapPackets(packets: PacketRow, map: (data: Uint8Array) => Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const { data } of packets) yield map(data);
}

/** A transport stream's packets carry their ADTS headers already, sometimes several frames in one. */
async function* adtsFrames(packets: PacketRow): AsyncGenerator<Uint8Array> {
  for await (const { data } of packets) {
    for (let at = 0; at < data.length; ) {
      const length = adtsFrameLength(data, at);
      if (length === 0 || at + length > data.length) break;
      yield data.subarray(at, at + length);
      at += length;
    }
  }
}

async function* decodeMp3(packets: PacketRow, numChannels: number): AsyncGenerator<TrackBlock> {
  const decoder = new MPEGDecoder({ enableGapless: true });
  await decoder.ready;
  try {
    for await (const batch of batches(packets, 64)) {
      const { channelData, sampleRate, errors } = decoder.decodeFrames(batch);
      yield { sampleRate, channels: channelData.slice(0, numChannels), numErrors: errors.length };
    }
  } finally {
    decoder.free();
  }
}

async function* decodeFlac(packets: PacketRow): AsyncGenerator<TrackBlock> {
  const decoder = flacDecoder();
  await decoder.ready;
  try {
    for await (const batch of batches(packets, 16)) yield decoder.decodeFrames(batch);
  } finally {
    decoder.free();
  }
}

async function* decodePackedPcm(
  packets: PacketRow,
  codec: string,
  sampleRate: number,
  numChannels: number,
): AsyncGenerator<TrackBlock> {
  const layout = { ...pcmEncoding(codec), numChannels };
  for await (const { data } of packets) yield { sampleRate, channels: decodePcm(data, layout), numErrors: 0 };
}

/** mediabunny's names: `pcm-s16be`, `ulaw`. */
function pcmEncoding(codec: string): { encoding: PcmEncoding; littleEndian: boolean } {
  if (codec === 'ulaw') return { encoding: 'mulaw', littleEndian: true };
  if (codec === 'alaw') return { encoding: 'alaw', littleEndian: true };
  const littleEndian = !codec.endsWith('be');
  return { encoding: codec.replace(/^pcm-|be$/g, '') as PcmEncoding, littleEndian };
}

async function* batches(packets: PacketRow, size: number): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  for await (const { data } of packets) {
    batch.push(data);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * An MP4's edit list cuts the encoder's priming at the start and its padding at the end. mediabunny shows it as
 * times: packets before 0 are priming, and the last packet lasts only as long as it is to be heard.
 */
async function* withinEdit(blocks: AsyncGenerator<TrackBlock>, packets: PacketRow): AsyncGenerator<TrackBlock> {
  let skip: number | undefined;
  let numSeen = 0; // counted from the first packet, priming included
  let held: TrackBlock | undefined;
  for await (const block of blocks) {
    const start = packets.first?.timestamp ?? 0;
    skip ??= Math.max(0, Math.round(-start * block.sampleRate));
    if (held !== undefined) {
      yield cut(held, Math.max(0, skip - numSeen), held.channels[0]?.length ?? 0);
      numSeen += held.channels[0]?.length ?? 0;
    }
    held = block;
  }
  if (held === undefined || skip === undefined || packets.first === undefined || packets.last === undefined) return;
  const { first, last } = packets;
  const heard = Math.round((last.timestamp + last.duration - first.timestamp) * held.sampleRate);
  yield cut(held, Math.max(0, skip - numSeen), heard - numSeen);
}

function cut(block: TrackBlock, from: number, to: number): TrackBlock {
  return { ...block, channels: block.channels.map((samples) => samples.subarray(from, Math.max(from, to))) };
}
