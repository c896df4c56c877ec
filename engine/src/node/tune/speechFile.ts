import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { LocalSpeech } from '../../diarize/localSpeech.ts';
import { SPAN } from '../../diarize/turnVoices.ts';

/**
 * What the networks heard, as bytes: a line that says what the file is and what the rest hashes to, a line of JSON with
 * shapes, and the arrays one after the other, little-endian. Activity, nearly all of it runs of equal bytes, is deflated: an hour is
 * about 6 MB, most of it vectors.
 *
 *     diarist local speech 2 4be0…\n {"duration":…}\n activity chunk speaker numSolo vectors (spans weights vectors of turns)
 */
const TITLE = 'diarist local speech 2 ';

/** What was heard, and what was odd about the recording, so that who finds it here is told too. */
export interface KeptSpeech extends LocalSpeech {
  readonly warnings?: readonly string[];
}

interface Header {
  readonly warnings?: readonly string[];
  readonly duration: number;
  readonly activity: Omit<LocalSpeech['activity'], 'talking'>;
  readonly dimension: number;
  readonly numRows: number;
  readonly activityBytes: number;
  readonly numTurns?: number;
}

export function encodeSpeech({ duration, activity, embeddings, turns, warnings }: KeptSpeech): Buffer {
  const { talking, ...shape } = activity;
  const { dimension, numRows, chunk, speaker, numSolo, vectors } = embeddings;
  const packed = deflateRawSync(talking);
  const header: Header = {
    duration,
    activity: shape,
    dimension,
    numRows,
    activityBytes: packed.length,
    ...(turns && { numTurns: turns.weights.length }),
    ...(warnings?.length ? { warnings } : {}),
  };
  const ofTurns = turns ? [turns.spans, turns.weights, turns.vectors] : [];
  const arrays = [chunk, speaker, numSolo, vectors, ...ofTurns].map(bytesOf);
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), packed, ...arrays]);
  return Buffer.concat([Buffer.from(`${TITLE}${sha256(rest)}\n`), rest]);
}

/** Undefined where the bytes are not whole, or of another version: it is then made anew. */
export function decodeSpeech(bytes: Buffer): KeptSpeech | undefined {
  const begin = bytes.indexOf('\n') + 1;
  const rest = bytes.subarray(begin);
  if (begin === 0 || bytes.toString('latin1', 0, begin) !== `${TITLE}${sha256(rest)}\n`) return undefined;
  const end = rest.indexOf('\n');
  const header = JSON.parse(rest.toString('utf8', 0, end)) as Header;
  const body = rest.subarray(end + 1);
  const { duration, activity, dimension, numRows, activityBytes, numTurns, warnings } = header;
  let at = activityBytes;
  const next = (count: number, bytesEach = 4): ArrayBuffer => {
    const copy = new Uint8Array(body.subarray(at, (at += bytesEach * count)));
    return copy.buffer;
  };
  return {
    ...(warnings ? { warnings } : {}),
    duration,
    activity: { ...activity, talking: new Uint8Array(inflateRawSync(body.subarray(0, activityBytes))) },
    embeddings: {
      dimension,
      numRows,
      chunk: new Int32Array(next(numRows)),
      speaker: new Int32Array(next(numRows)),
      numSolo: new Int32Array(next(numRows)),
      vectors: new Float32Array(next(numRows * dimension)),
    },
    ...(numTurns === undefined
      ? {}
      : {
          turns: {
            spans: new Int32Array(next(numTurns * SPAN)),
            weights: new Float32Array(next(numTurns)),
            vectors: new Int8Array(next(numTurns * dimension, 1)),
          },
        }),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float32Array | Int8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
