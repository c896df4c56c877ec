import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { FormatError } from '../core/errors.ts';

/**
 * NumPy's array files, read and written: .npy is one array (magic, a Python dict as header, then the numbers), .npz a
 * zip of them. Format: numpy.lib.format, versions 1 to 3. Numbers are little-endian; arrays in Fortran order are turned
 * into C order when read, so that `data[row * columns + column]` always holds.
 */

/** The kinds of numbers understood, by NumPy's own code. */
export type NpyKind = '<f4' | '<f8' | '<i8' | '<i4' | '<i2' | '|i1' | '<u4' | '<u2' | '|u1' | '|b1';

export type NpyData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

interface NumbersOf {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): NpyData;
}

const KINDS: Readonly<Record<NpyKind, NumbersOf>> = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i8': BigInt64Array,
  '<i4': Int32Array,
  '<i2': Int16Array,
  '|i1': Int8Array,
  '<u4': Uint32Array,
  '<u2': Uint16Array,
  '|u1': Uint8Array,
  '|b1': Uint8Array,
};

/** An array in C order: the last axis runs fastest. `kind` tells '|b1' (booleans, 0 or 1) from '|u1'. */
export interface NpyArray {
  readonly kind: NpyKind;
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const MAGIC = '\x93NUMPY';
const HEADER = /'descr':\s*'([^']+)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\sL]*)\)/;

/** One .npy file. `name` is only for messages. */
export function readNpy(bytes: Uint8Array, name = 'array'): NpyArray {
  if (bytes.length < 10 || strFromU8(bytes.subarray(0, 6), true) !== MAGIC) {
    throw new FormatError(`Expected a NumPy array (.npy), which starts with \\x93NUMPY.`, { file: name });
  }
  const major = bytes[6];
  const wide = major >= 2;
  const headerStart = wide ? 12 : 10;
  const headerLength = bytes[8] | (bytes[9] << 8) | (wide ? (bytes[10] << 16) | (bytes[11] << 24) : 0);
  const start = headerStart + headerLength;
  const header = HEADER.exec(strFromU8(bytes.subarray(headerStart, start), major < 3));
  if (header === null) throw new FormatError('The header of this NumPy array cannot be read.', { file: name });

  const [, kind, fortran, axes] = header;
  if (!isKind(kind)) {
    throw new FormatError(`Got an array of '${kind}' when one of ${Object.keys(KINDS).join(' ')} is expected.`, {
      file: name,
    });
  }
  const shape = axes
    .split(',')
    .filter((axis) => axis.trim() !== '')
    .map(Number.parseFloat);
  const Numbers = KINDS[kind];
  const count = shape.reduce((product, axis) => product * axis, 1);
  const end = start + count * Numbers.BYTES_PER_ELEMENT;
  if (bytes.length < end) {
    throw new FormatError(`The array is cut off: ${end} bytes expected, ${bytes.length} found.`, { file: name });
  }
  // A copy, because the numbers of a file inside a zip rarely lie where typed arrays may start.
  // (Node's Buffer.slice does not copy, Uint8Array's does.)
  const copy = Uint8Array.prototype.slice.call(bytes, start, end);
  const data = new Numbers(copy.buffer);
  return { kind, shape, data: fortran === 'True' && shape.length > 1 ? toRowMajor(data, shape) : data };
}

function isKind(kind: string): kind is NpyKind {
  return Object.hasOwn(KINDS, kind);
}

/** The same array with its last axis running fastest instead of its first. */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  const step = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const out = data.slice();
  for (let to = 0; to < out.length; to++) {
    let from = 0;
    for (let axis = 0; axis < rank; axis++) from += index[axis] * step[axis];
    out[to] = data[from];
    for (let axis = rank - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/** One .npy file of version 1, laid out as NumPy does it: header padded so that the numbers start at 64 bytes. */
export function writeNpy({ kind, shape, data }: NpyArray): Uint8Array {
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (count !== data.length) {
    throw new RangeError(`Got ${data.length} numbers when the shape (${shape.join(', ')}) holds ${count}.`);
  }
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const header = strToU8(MAGIC + '\x01\x00' + String.fromCharCode(length & 255, length >> 8), true);
  const text = strToU8(dict.padEnd(length - 1) + '\n', true);

  const numbers = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(header.length + text.length + numbers.length);
  bytes.set(header);
  bytes.set(text, header.length);
  bytes.set(numbers, header.length + text.length);
  return bytes;
}

/** The arrays of an .npz file by name; with `only`, just those, so that kinds not understood elsewhere don't matter. */
export function readNpz(
  bytes: Uint8Array,
  { name = 'arrays', only }: { name?: string; only?: readonly string[] } = {},
): Record<string, NpyArray> {
  const key = (file: string): string => file.replace(/\.npy$/, '');
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: (file) => only === undefined || only.includes(key(file.name)) });
  } catch (cause) {
    throw new FormatError('Expected a zip of NumPy arrays (.npz).', { file: name }, { cause });
  }
  return Object.fromEntries(
    Object.entries(files).map(([file, content]) => [key(file), readNpy(content, `${name}/${file}`)]),
  );
}

/** An .npz file, uncompressed as `numpy.savez` writes it. */
export function writeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)] as const);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date('1980-01-01T00:00:00') });
}
