import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { ascii, type ByteSource, viewOf } from '../../../audio/byteSource.ts';
import { id3Length } from '../../../audio/sniff.ts';
import { CHUNK_BYTES, type Track, type TrackBlock } from './track.ts';

/** FLAC, by libFLAC, with samples as everywhere: x / 2^(bits - 1). The STREAMINFO block at the file's start knows the exact length. */
export interface FlacDecoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Promise<TrackBlock>;
  decodeFrames(frames: Uint8Array[]): Promise<TrackBlock>;
  flush(): Promise<TrackBlock>;
  free(): void;
}

type FlacSamples = Awaited<ReturnType<FLACDecoder['decode']>>;

/** The package divides by 2^(bits - 1) - 1; the whole number behind each float is found again and divided rightly. */
export function flacDecoder(): FlacDecoder {
  const decoder = new FLACDecoder();
  function block({ channelData, sampleRate, bitDepth, errors }: FlacSamples): TrackBlock {
    const full = 2 ** (bitDepth - 1);
    for (const samples of channelData)
      for (let i = 0; i < samples.length; i++) samples[i] = Math.round(samples[i] * (full - 1)) / full;
    return { sampleRate, channels: channelData, numErrors: errors.length };
  }
  return {
    ready: decoder.ready,
    decode: async (bytes) => block(await decoder.decode(bytes)),
    decodeFrames: async (frames) => block(await decoder.decodeFrames(frames)),
    flush: async () => block(await decoder.flush()),
    free: () => decoder.free(),
  };
}

export async function flacTrack(source: ByteSource): Promise<Track> {
  const start = id3Length(await source.read(0, 10));
  const head = await source.read(start, 42);
  if (head.length < 42 || ascii(head, 0, 4) !== 'fLaC') return { codec: 'flac', blocks: decode(source, start) };
  const view = viewOf(head);
  const sampleRate = view.getUint32(18) >>> 12;
  const numSamples = (head[21] & 15) * 2 ** 32 + view.getUint32(22);
  const duration = sampleRate > 0 && numSamples > 0 ? numSamples / sampleRate : undefined;
  return { codec: 'flac', duration, exact: true, blocks: decode(source, start) };
}

async function* decode(source: ByteSource, start: number): AsyncGenerator<TrackBlock> {
  const decoder = flacDecoder();
  await decoder.ready;
  try {
    for (let at = start; at < source.size; at += CHUNK_BYTES) yield decoder.decode(await source.read(at, CHUNK_BYTES));
    yield decoder.flush();
  } finally {
    decoder.free();
  }
}
