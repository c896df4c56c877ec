import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inspectModel } from './inspect.ts';
import {
  attributesOf,
  DATA_TYPE,
  makeModel,
  makeNode,
  makeTensor,
  makeValue,
  rawDataOf,
  readModel,
  withMetadata,
  writeModel,
} from './proto.ts';
import { bytesField, integersOf, readFields, textField, textOf, varint, viewOf, writeFields } from './wire.ts';

const tail = readFileSync(new URL('../../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));

const tiny = {
  nodes: [makeNode('Add', ['x', 'w'], ['y'])],
  initializers: [makeTensor('w', DATA_TYPE.float, [2], viewOf(Float32Array.of(1, -2)))],
  inputs: [makeValue('x', DATA_TYPE.float, ['batch', 2])],
  outputs: [makeValue('y', DATA_TYPE.float, ['batch', 2])],
  values: [],
  rest: [],
};

test('integers are written as the Protocol Buffers documentation shows', () => {
  expect([...varint(150)]).toEqual([0x96, 0x01]);
  expect([...varint(-1)]).toEqual([255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
});

test('any safe integer and any text come back from the wire', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.string({ unit: 'binary', maxLength: 8 }), (value, text) => {
      expect(integersOf({ number: 1, wire: 0, bytes: varint(value) })).toEqual([value]);
      expect(textOf(textField(1, text))).toBe(text);
    }),
  );
});

test('a file PyTorch wrote comes back byte for byte', () => {
  expect(Buffer.compare(writeModel(readModel(tail)), tail)).toBe(0);
});

test('fields nobody knows are carried along', () => {
  const unknown = bytesField(4000, Uint8Array.of(1, 2, 3));
  const file = writeFields([...readFields(writeModel(makeModel(tiny, 17))), unknown]);
  expect(writeModel(readModel(file))).toEqual(file);
});

test('weights are views into the file, not copies', () => {
  const { graph } = readModel(tail);
  for (const tensor of graph.initializers) expect(rawDataOf(tensor).buffer).toBe(tail.buffer);
});

test('a model says what it is', () => {
  expect(inspectModel(tail)).toMatchObject({
    producer: 'pytorch 2.11.0',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [
      { name: 'fbank', type: 'float32', dims: ['batch', 'frames', 80] },
      { name: 'weights', type: 'float32', dims: ['batch', 'weight_frames'] },
    ],
    outputs: [{ name: 'output', type: 'float32', dims: ['batch', 256] }],
    operations: { Conv: 36, Gemm: 1, Resize: 1 },
    numParameters: 661_234, // counted with the onnx package: 661,232 in initializers, 2 in constants
  });
});

test('attributes of every kind we write are read back', () => {
  const node = makeNode('Op', ['a', '', 'b'], ['c'], {
    one: -3,
    many: [1, -1],
    word: 'floor',
    tensor: tiny.initializers[0],
  });
  const attributes = attributesOf(node);
  expect(attributes.get('one')!.integer).toBe(-3);
  expect(attributes.get('many')!.integers).toEqual([1, -1]);
  expect(attributes.get('word')!.text).toBe('floor');
  expect(attributes.get('tensor')!.tensor!.dims).toEqual([2]);
  expect(readModel(writeModel(makeModel({ ...tiny, nodes: [node] }, 17))).graph.nodes[0].inputs).toEqual([
    'a',
    '',
    'b',
  ]);
});

test('metadata is added, and replaced where the key is there', () => {
  const once = withMetadata(makeModel(tiny, 17), { a: '1', b: '2' });
  const twice = withMetadata(readModel(writeModel(once)), { a: '3' });
  expect(readModel(writeModel(twice)).metadata).toEqual({ a: '3', b: '2' });
});

test('weights in another file are refused by that file’s name', () => {
  const entry = bytesField(13, writeFields([textField(1, 'location'), textField(2, 'model.onnx.data')]));
  const outside = { ...tiny.initializers[0], bytes: writeFields([...readFields(tiny.initializers[0].bytes), entry]) };
  const file = writeModel(makeModel({ ...tiny, initializers: [outside] }, 17));
  expect(() => readModel(file)).toThrow('weights in another file (model.onnx.data)');
});

test('a file cut short or of another kind is refused', () => {
  expect(() => readModel(tail.subarray(0, 100_000))).toThrow('bytes past the end');
  expect(() => readModel(Buffer.from('<html>Not found</html>'))).toThrow('Not a whole ONNX file');
  expect(() => readModel(new Uint8Array(0))).toThrow('without a graph');
});
