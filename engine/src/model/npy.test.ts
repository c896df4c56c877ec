import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from './npy.ts';

// Files written by NumPy 2.4.6 (np.save, np.savez_compressed), in base64.
const NUMPY = {
  fortran:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADAPwAAAD8AAABAAACAPwAAIEA=',
  fortran3:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMiwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoABAIGAQUDBw==',
  doubles:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAADAnHUAiDzkN34=',
  longs:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAEP//////////',
  booleans:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAE=',
  scalar:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAA',
  text: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPFUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAp4AAAA',
  npz: 'UEsDBC0AAAAIAAAAIQCp9psY//////////8FABQAYS5ucHkBABAAjAAAAAAAAABHAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GJAAAUEsDBC0AAAAIAAAAIQDDw9rR//////////8FABQAYi5ucHkBABAAoAAAAAAAAABPAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GiY6mjoKtQoUAC4GKGCE0kxQmhlKAwBQSwECLQMtAAAACAAAACEAqfabGEcAAACMAAAABQAAAAAAAAAAAAAAgAEAAAAAYS5ucHlQSwECLQMtAAAACAAAACEAw8Pa0U8AAACgAAAABQAAAAAAAAAAAAAAgAF+AAAAYi5ucHlQSwUGAAAAAAIAAgBmAAAABAEAAAAA',
};
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

test('a Fortran-ordered array comes out in C order', () => {
  const { kind, shape, data } = readNpy(bytes(NUMPY.fortran));
  expect(kind).toBe('<f4');
  expect(shape).toEqual([2, 3]);
  expect([...(data as Float32Array)]).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  expect([...(readNpy(bytes(NUMPY.fortran3)).data as Uint8Array)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('doubles, longs, booleans and a lone number are read as they are', () => {
  expect(readNpy(bytes(NUMPY.doubles)).data).toEqual(new Float64Array([1.5, -2, 1e300]));
  expect(readNpy(bytes(NUMPY.longs))).toEqual({
    kind: '<i8',
    shape: [1, 2],
    data: new BigInt64Array([2n ** 60n, -1n]),
  });
  expect(readNpy(bytes(NUMPY.booleans))).toEqual({ kind: '|b1', shape: [3], data: new Uint8Array([1, 0, 1]) });
  expect(readNpy(bytes(NUMPY.scalar))).toEqual({ kind: '<i4', shape: [], data: new Int32Array([7]) });
});

test('a compressed .npz of NumPy is read whole or in part', () => {
  const arrays = readNpz(bytes(NUMPY.npz));
  expect(Object.keys(arrays)).toEqual(['a', 'b']);
  expect(arrays.a.data).toEqual(new Float32Array(3));
  expect(arrays.b.data).toEqual(new BigInt64Array([0n, 1n, 2n, 3n]));
  expect(Object.keys(readNpz(bytes(NUMPY.npz), { only: ['b'] }))).toEqual(['b']);
});

test('what is written is byte for byte what NumPy writes', () => {
  for (const file of [NUMPY.doubles, NUMPY.longs, NUMPY.booleans, NUMPY.scalar]) {
    expect(writeNpy(readNpy(bytes(file)))).toEqual(bytes(file));
  }
});

test('other files, other kinds and cut files are refused with what was found', () => {
  expect(() => readNpy(new Uint8Array(20), 'x.npy')).toThrow('x.npy: Expected a NumPy array');
  expect(() => readNpy(bytes(NUMPY.text), 'x.npy')).toThrow("x.npy: Got an array of '<U1'");
  expect(() => readNpy(bytes(NUMPY.doubles).subarray(0, 140))).toThrow('152 bytes expected, 140 found');
  expect(() => readNpz(new Uint8Array(50), { name: 'x.npz' })).toThrow('x.npz: Expected a zip');
  expect(() => writeNpy({ kind: '<f4', shape: [2, 2], data: new Float32Array(3) })).toThrow('3 numbers');
});

test('any arrays survive being written and read', () => {
  const array: fc.Arbitrary<NpyArray> = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc
        .array(fc.double(), { minLength: rows * columns, maxLength: rows * columns })
        .map((values) => ({ kind: '<f8' as const, shape: [rows, columns], data: Float64Array.from(values) })),
    );
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), array), (arrays) => {
      expect(readNpz(writeNpz(arrays))).toEqual(arrays);
    }),
  );
});

test('bytes that share their memory with others are read from where they lie', () => {
  const bytes = writeNpy({ kind: '<f4', shape: [2], data: Float32Array.of(1, 2) });
  const shared = Buffer.alloc(bytes.length + 3);
  shared.set(bytes, 3);
  expect([...readNpy(shared.subarray(3)).data]).toEqual([1, 2]);
});
