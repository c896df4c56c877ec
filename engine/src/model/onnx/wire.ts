/**
 * The protobuf wire format, as far as a file editor needs it: a message is a list of fields, and a field is
 * its number, its wire type and its payload as a view into the file. Nothing is interpreted until asked for,
 * so what we don't know is kept byte for byte, and 30 MB of weights are never copied while reading.
 *
 *   key = number << 3 | wire      0 varint · 1 eight bytes · 2 length + bytes · 5 four bytes
 *
 * Source: the encoding chapter of the Protocol Buffers documentation.
 */
import { ModelError } from '../../core/errors.ts';

export interface Field {
  readonly number: number;
  readonly wire: number;
  /** The payload: of a wire type 2 field what follows the length, else the value as it is written. */
  readonly bytes: Uint8Array;
}

/** The fields of a message, in the order of the file. */
export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const keyEnd = varintEnd(message, at);
    const key = varintToNumber(message.subarray(at, keyEnd));
    const wire = key & 7;
    let from = keyEnd;
    let to: number;
    if (wire === 0) to = varintEnd(message, from);
    else if (wire === 1) to = from + 8;
    else if (wire === 5) to = from + 4;
    else if (wire === 2) {
      from = varintEnd(message, keyEnd);
      to = from + varintToNumber(message.subarray(keyEnd, from));
    } else throw broken(`field of wire type ${wire} at byte ${at}, where only 0, 1, 2 and 5 exist`);
    if (key < 8) throw broken(`field number 0 at byte ${at}`);
    if (to > message.length) throw broken(`a field runs ${to - message.length} bytes past the end`);
    fields.push({ number: Math.floor(key / 8), wire, bytes: message.subarray(from, to) });
    at = to;
  }
  return fields;
}

/** The message these fields make, in the order given. */
export function writeFields(fields: readonly Field[]): Uint8Array {
  const heads = fields.map(({ number, wire, bytes }) => {
    const key = varint(number * 8 + wire);
    return wire === 2 ? join([key, varint(bytes.length)]) : key;
  });
  let size = 0;
  for (let i = 0; i < fields.length; i++) size += heads[i].length + fields[i].bytes.length;
  const message = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < fields.length; i++) {
    message.set(heads[i], at);
    message.set(fields[i].bytes, (at += heads[i].length));
    at += fields[i].bytes.length;
  }
  return message;
}

/** A field holding a message or bytes. */
export function bytesField(number: number, bytes: Uint8Array): Field {
  return { number, wire: 2, bytes };
}

/** A field holding a text. */
export function textField(number: number, text: string): Field {
  return { number, wire: 2, bytes: encodeUtf8(text) };
}

/** A field holding an integer. */
export function integerField(number: number, value: number): Field {
  return { number, wire: 0, bytes: varint(value) };
}

/** The text of a field. */
export function textOf({ bytes }: Field): string {
  return decodeUtf8(bytes);
}

/** The integers of a field: one, or many where they are packed into bytes. */
export function integersOf({ wire, bytes }: Field): number[] {
  if (wire === 0) return [varintToNumber(bytes)];
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = varintEnd(bytes, at);
    values.push(varintToNumber(bytes.subarray(at, end)));
    at = end;
  }
  return values;
}

/** A signed integer as a varint: negative ones take ten bytes. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** Any typed array's bytes; model files are little-endian, as is every machine this runs on. */
export function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varintEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length && at < from + 10; at++) if (bytes[at] < 128) return at + 1;
  throw broken(`an integer at byte ${from} doesn't end`);
}

/** Exact up to 2^53, which no length, dimension or enumeration of a model file passes. */
function varintToNumber(bytes: Uint8Array): number {
  if (bytes.length <= 4) {
    let value = 0;
    for (let i = 0; i < bytes.length; i++) value |= (bytes[i] & 127) << (7 * i);
    return value;
  }
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) value |= BigInt(bytes[i] & 127) << BigInt(7 * i);
  return Number(BigInt.asIntN(64, value));
}

function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++];
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    for (let k = 0; k < more; k++) point = (point << 6) | (bytes[i++] & 0x3f);
    text += String.fromCodePoint(point <= 0x10ffff ? point : 0xfffd);
  }
  return text;
}

function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(bytes);
}

function broken(what: string): ModelError {
  return new ModelError(
    'model_invalid',
    `Not a whole ONNX file: ${what}. Download the model again, or check that it is an .onnx file.`,
  );
}
