import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHalf, parsePortable, toHalf, writePortable } from './portable.ts';

// Half precision by hand (IEEE 754-2019, binary16).
test.each([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65520, 0x7c00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [0.333251953125, 0x3555],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
])('%f as a half is %i', (value, half) => {
  expect(toHalf(value)).toBe(half);
});

test('every finite half survives the way to a number and back', () => {
  const lost: number[] = [];
  for (let half = 0; half < 0x10000; half++)
    if ((half & 0x7c00) !== 0x7c00 && toHalf(fromHalf(half)) !== half) lost.push(half);
  expect(lost).toEqual([]);
});

const portable = { digest: '0123456789abcdef', vectors: [Float32Array.of(3, 4), Float32Array.of(1, 0)] };

test('a string has the bytes of the specification: digest, dim, count, halves, CRC', () => {
  const text = writePortable(portable);
  expect(text.startsWith('vpr1.')).toBe(true);
  const bytes = Buffer.from(text.slice(5), 'base64url');
  // (3, 4) has the length 5: 0.6 and 0.8 as halves are 0x38cd and 0x3a66, little-endian.
  expect(bytes.subarray(0, 20).toString('hex')).toBe('0123456789abcdef' + '0200' + '0200' + 'cd38663a' + '003c0000');
  expect(bytes.length).toBe(24);
});

test('what is written is read back, of length 1', () => {
  const { digest, vectors } = parsePortable(writePortable(portable))!;
  expect(digest).toBe(portable.digest);
  expect(vectors[0][0]).toBeCloseTo(0.6, 3);
  expect(Math.hypot(...vectors[0])).toBeCloseTo(1, 6);
});

test('a voice of more samples than a string may have keeps the last that fit', () => {
  const axis = (i: number) => Float32Array.from({ length: 192 }, (_, d) => (d === i ? 1 : 0));
  const text = writePortable({ ...portable, vectors: Array.from({ length: 50 }, (_, i) => axis(i)) });
  // 14,996 bytes are the most that base64 writes in 20,000 characters less `vpr1.`: a head of 16 and 39 vectors of 384.
  expect(text.length).toBeLessThanOrEqual(20_000);
  const { vectors } = parsePortable(text)!;
  expect(vectors).toHaveLength(39);
  expect([vectors[0][11], vectors[38][49]]).toEqual([1, 1]);
});

test('a damaged string is refused, never misread', () => {
  const text = writePortable(portable);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'ABCxyz019-_'), (at, letter) => {
      const bad = text.slice(0, at) + letter + text.slice(at + 1);
      const read = parsePortable(bad);
      // The last letter carries bits that base64url ignores; any other change is noticed.
      if (bad !== text && at < text.length - 1) expect(read).toBeUndefined();
    }),
    { numRuns: 500 },
  );
  for (const bad of ['', 'vpr1.', 'vpr2.AAAA', 'vpr1.!!!!', text.slice(0, 30), `${text}AAAA`])
    expect(parsePortable(bad)).toBeUndefined();
});
