import { MPEGDecoder } from 'mpg123-decoder';
import type { ByteSource } from '../../../audio/byteSource.ts';
import { readMp3Header } from '../../../audio/mp3Header.ts';
import { id3Length, mpegFrameLength } from '../../../audio/sniff.ts';
import { CHUNK_BYTES, type Track, type TrackBlock } from './track.ts';

/**
 * MPEG-1 and -2 audio, layers I to III, by mpg123. It cuts the encoder's silence at both ends where the file says how
 * much there is (the LAME tag), as FFmpeg does.
 */
export async function mp3Track(source: ByteSource): Promise<Track> {
  const { duration, exact } = await readMp3Header(source);
  return { codec: 'mp3', duration, exact, blocks: decode(source) };
}

async function* decode(source: ByteSource): AsyncGenerator<TrackBlock> {
  const decoder = new MPEGDecoder({ enableGapless: true });
  await decoder.ready;
  try {
    const mono = isMono(await source.read(id3Length(await source.read(0, 10)), CHUNK_BYTES));
    for (let at = 0; at < source.size; at += CHUNK_BYTES) {
      const { channelData, sampleRate, errors } = decoder.decode(await source.read(at, CHUNK_BYTES));
      // mpg123 is built to give two channels always, equal ones for mono.
      yield { sampleRate, channels: mono ? channelData.slice(0, 1) : channelData, numErrors: errors.length };
    }
  } finally {
    decoder.free();
  }
}

/** @param head what follows the tag */
function isMono(head: Uint8Array): boolean {
  for (let at = 0; at + 4 <= head.length; at++) if (mpegFrameLength(head, at) > 0) return head[at + 3] >> 6 === 3;
  return false;
}
