import { ascii, type ByteSource, viewOf } from './byteSource.ts';
import { id3Length, mpegFrameLength } from './sniff.ts';

/**
 * How long an MPEG audio file is, told by its first frame: exactly where that is a Xing or Info header (most files
 * written since 2000), otherwise guessed from its bit rate. LAME's part of that header also says how much silence the
 * encoder put at both ends; a decoder adds 529 samples of its own at the start.
 */
export interface Mp3Header {
  readonly duration?: number;
  readonly exact?: boolean;
  /** Samples before the recording begins, in what a decoder gives that does not know of LAME. */
  readonly priming?: number;
}

const DECODER_DELAY = 529;

/** Enough to hold the first frame after a tag. */
const HEAD_BYTES = 65536;

export async function readMp3Header(source: ByteSource): Promise<Mp3Header> {
  const tag = id3Length(await source.read(0, 10));
  const head = await source.read(tag, HEAD_BYTES);
  let first = 0;
  while (first < head.length && mpegFrameLength(head, first) === 0) first++;
  return headerOf(head.subarray(first), source.size - tag - first);
}

function headerOf(frame: Uint8Array, numBytes: number): Mp3Header {
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
    const duration = (numFrames * samplesPerFrame - delay - padding) / sampleRate;
    return hasLame ? { duration, exact: true, priming: delay + DECODER_DELAY } : { duration, exact: true };
  }
  return { duration: ((numBytes / frameBytes) * samplesPerFrame) / sampleRate };
}
