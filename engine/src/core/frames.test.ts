import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSpeakers } from './frames.ts';

test('each speaker of a frame is a bit of its byte, the first the lowest', () => {
  expect([...packSpeakers(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1), 3)]).toEqual([0, 1, 2, 5]);
});

test('the bits are the columns again, up to eight of them', () => {
  const columns = fc
    .integer({ min: 1, max: 8 })
    .chain((width) =>
      fc.tuple(
        fc.constant(width),
        fc.array(fc.array(fc.nat(1), { minLength: width, maxLength: width }), { maxLength: 20 }),
      ),
    );
  fc.assert(
    fc.property(columns, ([width, rows]) => {
      const talking = packSpeakers(Uint8Array.from(rows.flat()), width);
      expect(Array.from(talking, (set) => rows[0].map((_, s) => (set >> s) & 1))).toEqual(rows);
    }),
  );
});
