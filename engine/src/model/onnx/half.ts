/**
 * IEEE 754 half precision: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction; the largest number is 65504,
 * the smallest 2^-24. Rounding is to nearest, ties to even, as NumPy's float16 and ONNX's Cast do it.
 */
import { rint } from '../../math/round.ts';

const LARGEST = 65504;
const scratch = new DataView(new ArrayBuffer(4));

/** The half nearest to a number, as its 16 bits. Beyond 65520 that is infinity. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= LARGEST + 16) return sign | 0x7c00;
  // Below 2^-14 the step is 2^-24 throughout, and a plain integer says how many.
  if (size < 2 ** -14) return sign | rint(size * 2 ** 24);
  const exponent = ((bits >>> 23) & 255) - 127;
  const fraction = rint((size / 2 ** exponent - 1) * 1024); // 1024 carries into the exponent by itself
  return sign | (((exponent + 15) << 10) + fraction);
}

/** The number 16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The numbers of many halves, by moving their bits; a hundred times as quick as one by one. */
export function fromHalves(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = (half >>> 10) & 31;
    if (exponent === 0 || exponent === 31) floats[i] = fromHalf(half);
    else bits[i] = ((half & 0x8000) << 16) | ((exponent + 112) << 23) | ((half & 1023) << 13);
  }
  return floats;
}
