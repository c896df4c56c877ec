import { ascii } from './byteSource.ts';

/**
 * What a file is, from its first bytes; names and extensions lie. Enough to choose a reader: whether the inside is
 * sound is that reader's to find out. MP3 and raw AAC have no signature of their own, only frame headers, so they are
 * asked last, and two frames must follow each other.
 */
export type Container =
  | 'wav'
  | 'aiff'
  | 'flac'
  | 'ogg'
  | 'matroska'
  | 'mp4'
  | 'mpegts'
  | 'mp3'
  | 'adts'
  | 'foreign'
  | 'text'
  | 'unknown';

/** Recordings for which no decoder comes along: Windows Media, AMR, AC-3, CAF, AVI, FLV, WavPack, Monkey's Audio, AU … */
const FOREIGN = [
  '\x30\x26\xb2\x75\x8e\x66',
  '#!AMR',
  '\x0b\x77',
  'caff',
  'RIFF',
  'FLV',
  'wvpk',
  'MAC ',
  '.snd',
  'riff',
  '.RMF',
  'TTA1',
];

/** How many bytes `sniff` wants to see. */
export const SNIFF_BYTES = 65536;

export function sniff(head: Uint8Array): Container {
  const four = ascii(head, 0, 4);
  if ((four === 'RIFF' || four === 'RF64' || four === 'BW64') && ascii(head, 8, 4) === 'WAVE') return 'wav';
  if (four === 'FORM' && (ascii(head, 8, 4) === 'AIFF' || ascii(head, 8, 4) === 'AIFC')) return 'aiff';
  const start = id3Length(head);
  if (ascii(head, start, 4) === 'fLaC') return 'flac';
  if (four === 'OggS') return 'ogg';
  if (four === '\x1a\x45\xdf\xa3') return 'matroska';
  if (/^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(ascii(head, 4, 4))) return 'mp4';
  if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return 'mpegts';
  if (FOREIGN.some((signature) => ascii(head, 0, signature.length) === signature)) return 'foreign';
  if (start > head.length) return 'mp3'; // a cover picture larger than what we look at: FLAC and AAC hardly carry one
  const frames = frameKind(head, start);
  if (frames !== undefined) return frames;
  return start === 0 && isText(head) ? 'text' : 'unknown';
}

/** The length of an ID3v2 tag (its size is written in 7 bits a byte), 0 without one. */
export function id3Length(head: Uint8Array): number {
  if (ascii(head, 0, 3) !== 'ID3' || head.length < 10) return 0;
  const size = ((head[6] & 127) << 21) | ((head[7] & 127) << 14) | ((head[8] & 127) << 7) | (head[9] & 127);
  return 10 + size + (head[5] & 0x10 ? 10 : 0);
}

/** MPEG audio or ADTS frames within the first few thousand bytes, two in a row (or one up to the end of the file). */
function frameKind(head: Uint8Array, start: number): 'mp3' | 'adts' | undefined {
  for (let at = start; at < Math.min(head.length - 7, start + 4096); at++) {
    if (head[at] !== 0xff) continue;
    for (const [kind, length] of [
      ['adts', adtsFrameLength(head, at)],
      ['mp3', mpegFrameLength(head, at)],
    ] as const) {
      if (length === 0) continue;
      const next = at + length;
      const follows = kind === 'adts' ? adtsFrameLength(head, next) > 0 : mpegFrameLength(head, next) > 0;
      if (follows || (at === start && next + 4 > head.length)) return kind;
    }
  }
  return undefined;
}

/** Bytes of the ADTS frame (ISO/IEC 13818-7) that starts here, 0 if none does. */
export function adtsFrameLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xff || (bytes[at + 1] & 0xf6) !== 0xf0) return 0;
  if (((bytes[at + 2] >> 2) & 15) > 12) return 0;
  const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
  return length > 7 ? length : 0;
}

const BITRATES: readonly (readonly number[])[] = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448], // MPEG-1 layer I, kbit/s
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384], // MPEG-1 layer II
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320], // MPEG-1 layer III
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256], // MPEG-2 layer I
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160], // MPEG-2 layers II and III
];
const MPEG_RATES = [44100, 48000, 32000];

/** Bytes of the MPEG audio frame (ISO/IEC 11172-3, 13818-3) that starts here, 0 if none does. */
export function mpegFrameLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) return 0;
  const version = (bytes[at + 1] >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = 4 - ((bytes[at + 1] >> 1) & 3); // 1, 2, 3; 4 is reserved
  const bitrateIndex = bytes[at + 2] >> 4;
  const rateIndex = (bytes[at + 2] >> 2) & 3;
  if (version === 1 || layer === 4 || bitrateIndex === 0 || bitrateIndex === 15 || rateIndex === 3) return 0;
  const row = version === 3 ? layer - 1 : layer === 1 ? 3 : 4;
  const bitrate = BITRATES[row][bitrateIndex - 1] * 1000;
  const sampleRate = MPEG_RATES[rateIndex] >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const padding = (bytes[at + 2] >> 1) & 1;
  if (layer === 1) return (Math.floor((12 * bitrate) / sampleRate) + padding) * 4;
  const samplesPerFrame = layer === 3 && version !== 3 ? 576 : 1152;
  return Math.floor((samplesPerFrame / 8) * (bitrate / sampleRate)) + padding;
}

/** Whether nearly all bytes are those of text; UTF-8 letters count, control characters do not. */
function isText(head: Uint8Array): boolean {
  let controls = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127) controls++;
  return head.length > 0 && controls === 0;
}
