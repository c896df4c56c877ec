import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHalf, fromHalves, toHalf } from './half.ts';

/** Node's own rounding to half precision (ECMAScript 2025), newer than the types we compile with. */
const f16round: (value: number) => number = Reflect.get(Math, 'f16round');

test('the halves of Wikipedia’s examples', () => {
  const examples = [
    [0x0001, 2 ** -24],
    [0x03ff, 2 ** -14 * (1023 / 1024)],
    [0x0400, 2 ** -14],
    [0x3555, 0.33325195],
    [0x3bff, 0.99951172],
    [0x3c00, 1],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xc000, -2],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ];
  for (const [bits, value] of examples) {
    expect(toHalf(value)).toBe(bits);
    expect(fromHalf(bits)).toBeCloseTo(value, 8);
  }
  expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
  expect(toHalf(-0)).toBe(0x8000);
});

test('every half comes back', () => {
  const all = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => !Number.isNaN(fromHalf(bits)));
  expect(all.filter((bits) => toHalf(fromHalf(bits)) !== bits)).toEqual([]);
});

test('any float is rounded as the language rounds it', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      expect(fromHalf(toHalf(value))).toBe(f16round(value));
    }),
  );
  fc.assert(
    fc.property(fc.float({ min: -4, max: 4, noNaN: true }), (value) => {
      expect(fromHalf(toHalf(value))).toBe(f16round(value));
    }),
  );
});

test('many halves at once are what they are one by one, all 65,536 of them', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  expect(fromHalves(halves)).toEqual(Float32Array.from(halves, fromHalf));
});
