import { expect, test } from 'vitest';
import { streamOf } from './samples.ts';

test('samples that are not 32-bit floats are refused: as they are, 16-bit ones would pass for silence', () => {
  const given = (samples: unknown) => () => streamOf({ samples: samples as Float32Array, sampleRate: 16000 });
  expect(given(new Int16Array(16))).toThrow(
    'Got samples as Int16Array when a Float32Array of numbers from -1 to 1 was expected: divide 16-bit ones by 32768.',
  );
  expect(given(new Float64Array(16))).toThrow('Got samples as Float64Array');
  expect(given([0, 0.5])).toThrow('Got samples as Array');
  expect(given(undefined)).toThrow(TypeError);
});

test('a rate that is text is told from the number that it looks like', async () => {
  const { blocks } = streamOf({ samples: new Float32Array(16), sampleRate: '16000' as unknown as number });
  await expect(blocks[Symbol.asyncIterator]().next()).rejects.toThrow(
    "Got a source sample rate of '16000' when a whole number of Hz, at least 1, is needed.",
  );
});
