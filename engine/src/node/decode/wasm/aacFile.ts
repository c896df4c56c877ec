import type { ByteSource } from '../../../audio/byteSource.ts';
import { adtsFrameLength, id3Length } from '../../../audio/sniff.ts';
import { createAacDecoder, PREROLL_FRAMES } from './aac.ts';
import { AAC_RATES } from './adts.ts';
import { CHUNK_BYTES, type Track, type TrackBlock } from './track.ts';

/** A bare AAC file: ADTS frames one after the other. Bytes between frames that are none are passed over. */
export async function aacFileTrack(source: ByteSource): Promise<Track> {
  const start = id3Length(await source.read(0, 10));
  return { codec: 'aac', duration: await estimate(source, start), blocks: decodeAac(framesOf(source, start)) };
}

/** How many frames a piece keeps; the preroll comes on top. */
const FRAMES_PER_PIECE = 448;

/** Frames with their headers to samples, a piece at a time. */
export async function* decodeAac(frames: AsyncIterable<Uint8Array>): AsyncGenerator<TrackBlock> {
  const decoder = createAacDecoder();
  let piece: Uint8Array[] = [];
  let keepFrom = 0;
  for await (const frame of frames) {
    piece.push(frame);
    if (piece.length < keepFrom + FRAMES_PER_PIECE) continue;
    yield await decoder.decode(piece, keepFrom);
    piece = piece.slice(-PREROLL_FRAMES);
    keepFrom = piece.length;
  }
  if (piece.length > keepFrom) yield await decoder.decode(piece, keepFrom);
}

async function* framesOf(source: ByteSource, start: number): AsyncGenerator<Uint8Array> {
  let at = start;
  while (at < source.size) {
    const bytes = await source.read(at, CHUNK_BYTES);
    let within = 0;
    while (within < bytes.length) {
      const length = adtsFrameLength(bytes, within);
      if (length === 0) within++;
      else if (within + length > bytes.length) break;
      else {
        yield bytes.slice(within, within + length);
        within += length;
      }
    }
    if (within === 0) return; // what is left is less than a frame
    at += within;
  }
}

/** From the mean length of the first frames: ADTS has no header that knows. */
async function estimate(source: ByteSource, start: number): Promise<number | undefined> {
  const head = await source.read(start, CHUNK_BYTES);
  let at = 0;
  let count = 0;
  for (let length = adtsFrameLength(head, 0); length > 0; length = adtsFrameLength(head, at)) {
    at += length;
    count++;
  }
  if (count === 0) return undefined;
  return (((source.size - start) / at) * count * 1024) / AAC_RATES[(head[2] >> 2) & 15];
}
