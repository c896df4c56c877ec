import { AppendOnlyStreamTarget, EncodedAudioPacketSource, EncodedPacket, OggOutputFormat, Output } from 'mediabunny';
import { oggDecoder } from './ogg.ts';
import type { TrackBlock } from './track.ts';

/**
 * Opus and Vorbis packets from another container: mediabunny writes them into Ogg pages, piece by piece, and the Ogg
 * decoders read those. They take care of headers, channel mapping and pre-skip; we need no second way to do so.
 */
export async function* throughOgg(
  codec: 'opus' | 'vorbis',
  decoderConfig: AudioDecoderConfig,
  packets: AsyncIterable<EncodedPacket>,
): AsyncGenerator<TrackBlock> {
  let pages: Uint8Array[] = [];
  const target = new AppendOnlyStreamTarget(new WritableStream({ write: (bytes) => void pages.push(bytes.slice()) }));
  const output = new Output({ format: new OggOutputFormat(), target });
  const writer = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(writer);
  await output.start();
  const decoder = oggDecoder(codec);
  await decoder.ready;
  try {
    let origin: number | undefined;
    for await (const packet of packets) {
      origin ??= packet.timestamp;
      const { data, type, timestamp, duration } = packet;
      await writer.add(new EncodedPacket(data, type, timestamp - origin, duration), { decoderConfig });
      if (pages.length < 16) continue;
      yield decoder.decode(Buffer.concat(pages));
      pages = [];
    }
    await output.finalize();
    yield decoder.decode(Buffer.concat(pages));
    yield decoder.flush();
  } finally {
    decoder.free();
  }
}
