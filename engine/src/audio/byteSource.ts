/** Bytes that can be read anywhere, as of a file: what the readers of containers need of a platform. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `position` on: `length` of them, fewer only where the source ends. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (position, length) => bytes.subarray(position, Math.min(position + length, bytes.length)),
  };
}

/** Four (or more) bytes as text, each byte a character: `RIFF`, `ftyp`. */
export function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** Big- and little-endian numbers at places in the bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
