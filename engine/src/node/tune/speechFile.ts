import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { LocalSpeech } from '../../diarize/localSpeech.ts';

/**
 * What the networks heard, as bytes: a line that says what the file is, a line of JSON with shapes and a checksum, and
 * the arrays one after the other, little-endian. Activity, nearly all of it runs of equal bytes, is deflated: an hour is
 * about 6 MB, most of it vectors.
 *
 *     diarist local speech 1\n {"duration":…,"sections":{…}}\n activity chunk speaker numSolo vectors
 */
const TITLE = 'diarist local speech 1\n';

interface Header {
  readonly duration: number;
  readonly activity: Omit<LocalSpeech['activity'], 'data'>;
  readonly dimension: number;
  readonly numRows: number;
  readonly activityBytes: number;
  readonly sha256: string;
}

export function encodeSpeech({ duration, activity, embeddings }: LocalSpeech): Buffer {
  const { data, ...shape } = activity;
  const { dimension, numRows, chunk, speaker, numSolo, vectors } = embeddings;
  const packed = deflateRawSync(data);
  const body = Buffer.concat([packed, ...[chunk, speaker, numSolo, vectors].map(bytesOf)]);
  const header: Header = {
    duration,
    activity: shape,
    dimension,
    numRows,
    activityBytes: packed.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  };
  return Buffer.concat([Buffer.from(`${TITLE}${JSON.stringify(header)}\n`), body]);
}

/** Undefined where the bytes are not whole, or of another version: it is then made anew. */
export function decodeSpeech(bytes: Buffer): LocalSpeech | undefined {
  if (!bytes.subarray(0, TITLE.length).equals(Buffer.from(TITLE))) return undefined;
  const end = bytes.indexOf('\n', TITLE.length);
  if (end < 0) return undefined;
  const header = parse(bytes.toString('utf8', TITLE.length, end));
  if (header === undefined) return undefined;
  const body = bytes.subarray(end + 1);
  if (createHash('sha256').update(body).digest('hex') !== header.sha256) return undefined;
  const { duration, activity, dimension, numRows, activityBytes } = header;
  let at = activityBytes;
  const next = (count: number): ArrayBuffer => {
    const copy = new Uint8Array(body.subarray(at, (at += 4 * count)));
    return copy.buffer;
  };
  return {
    duration,
    activity: { ...activity, data: new Uint8Array(inflateRawSync(body.subarray(0, activityBytes))) },
    embeddings: {
      dimension,
      numRows,
      chunk: new Int32Array(next(numRows)),
      speaker: new Int32Array(next(numRows)),
      numSolo: new Int32Array(next(numRows)),
      vectors: new Float32Array(next(numRows * dimension)),
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function parse(text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}
