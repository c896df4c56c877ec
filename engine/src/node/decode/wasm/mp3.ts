import { MPEGDecoder } from 'mpg123-decoder';
import { ascii, type ByteSource, viewOf } from '../../../audio/byteSource.ts';
import { id3Length, mpegFrameLength } from '../../../audio/sniff.ts';
import { CHUNK_BYTES, type Track, type TrackBlock } from './track.ts';

/**
 * MPEG-1 and -2 audio, layers I to III, by mpg123. It cuts the encoder's silence at both ends where the file says how
 * much there is (the LAME tag), as FFmpeg does.
 */
export async function mp3Track(source: ByteSource): Promise<Track> {
  const tag = id3Length(await source.read(0, 10));
  const head = await source.read(tag, CHUNK_BYTES);
  let first = 0;
  while (first < head.length && mpegFrameLength(head, first) === 0) first++;
  return { codec: 'mp3', ...lengthOf(head.subarray(first), source.size - tag - first), blocks: decode(source) };
}

async function* decode(source: ByteSource): AsyncGenerator<TrackBlock> {
  const decoder = new MPEGDecoder({ enableGapless: true });
  await decoder.ready;
  try {
    const mono = isMono(await source.read(0, CHUNK_BYTES));
    for (let at = 0; at < source.size; at += CHUNK_BYTES) {
      const { channelData, sampleRate, errors } = decoder.decode(await source.read(at, CHUNK_BYTES));
      // mpg123 is built to give two channels always, equal ones for mono.
      yield { sampleRate, channels: mono ? channelData.slice(0, 1) : channelData, numErrors: errors.length };
    }
  } finally {
    decoder.free();
  }
}

function isMono(head: Uint8Array): boolean {
  for (let at = Math.min(id3Length(head), head.length); at + 4 <= head.length; at++)
    if (mpegFrameLength(head, at) > 0) return head[at + 3] >> 6 === 3;
  return false;
}

/** From the Xing or Info header if there is one, otherwise from the first frame's bit rate. */
function lengthOf(frame: Uint8Array, numBytes: number): { duration?: number; exact?: boolean } {
  const frameBytes = mpegFrameLength(frame, 0);
  if (frameBytes === 0 || frame.length < 48) return {};
  const version = (frame[1] >> 3) & 3;
  const layer = 4 - ((frame[1] >> 1) & 3);
  const sampleRate = [44100, 48000, 32000][(frame[2] >> 2) & 3] >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const samplesPerFrame = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const mono = frame[3] >> 6 === 3;
  const xing = 4 + (version === 3 ? (mono ? 17 : 32) : mono ? 9 : 17);
  const word = ascii(frame, xing, 4);
  if ((word === 'Xing' || word === 'Info') && frame[xing + 7] & 1) {
    const numFrames = viewOf(frame).getUint32(xing + 8);
    const tag = xing + 120; // the LAME tag: encoder's name, …, delay and padding in 12 bits each at 21
    const hasLame = /^(LAME|Lavf|Lavc)/.test(ascii(frame, tag, 4));
    const delay = hasLame ? (frame[tag + 21] << 4) | (frame[tag + 22] >> 4) : 0;
    const padding = hasLame ? ((frame[tag + 22] & 15) << 8) | frame[tag + 23] : 0;
    return { duration: (numFrames * samplesPerFrame - delay - padding) / sampleRate, exact: true };
  }
  return { duration: ((numBytes / frameBytes) * samplesPerFrame) / sampleRate };
}
