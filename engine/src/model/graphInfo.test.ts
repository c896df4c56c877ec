import { expect, test } from 'vitest';
import { ModelError } from '../core/errors.ts';
import { readOnnxInfo } from './graphInfo.ts';

// Made by onnx 1.23.2: inputs x float32 (N, 1, 4), w float32 (1) which is an initializer too, n int64 (); output
// y float16 (N, ?, 4); metadata_props sample_rate = 16000.
const MODEL = Buffer.from(
  'CA46dAoQCgF4EgF5IghJZGVudGl0eRIBZyoNCAEQASIEAAAAQEIBd1oYCgF4EhMKEQgBEg0KAxIBTgoCCAEKAggEWg8KAXcSCgoICAESBAoCCAFaCwoBbhIGCgQIBxIAYhYKAXkSEQoPCAoSCwoDEgFOCgAKAggEQgIQHHIUCgtzYW1wbGVfcmF0ZRIFMTYwMDA=',
  'base64',
);

test('inputs, outputs and metadata are read, weights listed as inputs are not', () => {
  expect(readOnnxInfo(MODEL)).toEqual({
    inputs: [
      { name: 'x', type: 'float32', dims: ['N', 1, 4] },
      { name: 'n', type: 'int64', dims: [] },
    ],
    outputs: [{ name: 'y', type: 'float16', dims: ['N', 'axis1', 4] }],
    metadata: { sample_rate: '16000' },
  });
});

test('a file that is not ONNX, or not all of it, is refused by name', () => {
  expect(() => readOnnxInfo(new Uint8Array([0x50, 0x4b, 3, 4]), 'x.zip')).toThrow(ModelError);
  expect(() => readOnnxInfo(new Uint8Array(), 'empty.onnx')).toThrow('empty.onnx is not an ONNX file, or is cut off.');
  expect(() => readOnnxInfo(MODEL.subarray(0, 60), 'cut.onnx')).toThrow('cut.onnx is not an ONNX file');
});
