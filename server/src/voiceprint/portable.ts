import { crc32 } from 'node:zlib';
import { LONGEST_VOICEPRINT } from '../contract/common.ts';

/**
 * The portable voiceprint string, little-endian:
 *
 *   "vpr1." + base64url( model digest 8 bytes | dim u16 | count u16 | count × dim float16, L2-normalised | CRC-32 )
 *
 * The CRC is over everything before it. float16 keeps three decimals, which moves a cosine by less than 0.001.
 */
export interface Portable {
  /** The first 8 bytes of the SHA-256 of the model that made it, in hex. */
  readonly digest: string;
  readonly vectors: readonly Float32Array[];
}

const PREFIX = 'vpr1.';
const HEAD = 12;

/** The string of a voice: of more vectors than the longest string has room for, the last. */
export function writePortable({ digest, vectors: all }: Portable): string {
  const dim = all[0].length;
  const mostBytes = Math.floor(((LONGEST_VOICEPRINT - PREFIX.length) * 3) / 4);
  const vectors = all.slice(-Math.max(1, Math.floor((mostBytes - HEAD - 4) / (2 * dim))));
  const bytes = Buffer.alloc(HEAD + vectors.length * dim * 2 + 4);
  Buffer.from(digest, 'hex').copy(bytes, 0, 0, 8);
  bytes.writeUInt16LE(dim, 8);
  bytes.writeUInt16LE(vectors.length, 10);
  let at = HEAD;
  for (const vector of vectors) for (const value of normalised(vector)) at = bytes.writeUInt16LE(toHalf(value), at);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  return PREFIX + bytes.toString('base64url');
}

/** Reads a string back. Undefined for anything that is not whole. */
export function parsePortable(text: string): Portable | undefined {
  if (!text.startsWith(PREFIX) || !/^[A-Za-z0-9_-]+$/.test(text.slice(PREFIX.length))) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  if (bytes.length < HEAD + 4) return undefined;
  const dim = bytes.readUInt16LE(8);
  const count = bytes.readUInt16LE(10);
  const end = HEAD + dim * count * 2;
  if (dim === 0 || count === 0 || bytes.length !== end + 4) return undefined;
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) return undefined;
  const vectors = Array.from({ length: count }, (_, v) =>
    normalised(Float32Array.from({ length: dim }, (_, i) => fromHalf(bytes.readUInt16LE(HEAD + (v * dim + i) * 2)))),
  );
  if (vectors.some((vector) => vector.some((value) => !Number.isFinite(value)))) return undefined;
  return { digest: bytes.toString('hex', 0, 8), vectors };
}

/** A vector of length 1 in the same direction. */
export function normalised(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  return norm === 0 ? vector.slice() : vector.map((value) => value / norm);
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** IEEE 754 binary16, ties to even; subnormals included. (Float16Array needs Node 24; we run on 22.) */
export function toHalf(value: number): number {
  float[0] = value;
  const [word] = bits;
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 127;
  const mantissa = word & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  if (exponent > 15) return sign | 0x7c00;
  if (exponent < -25) return sign;
  const shift = exponent < -14 ? 13 - 14 - exponent : 13;
  const full = exponent < -14 ? mantissa | 0x800000 : mantissa;
  const base = exponent < -14 ? 0 : (exponent + 15) << 10;
  const kept = full >>> shift;
  const rest = full & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  return sign | (base + kept + up);
}

export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
