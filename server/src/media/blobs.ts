import type { Readable } from 'node:stream';

/**
 * Where the bytes of media are: a folder, or a bucket of S3. A blob is written once, whole or not at all, under a name
 * that we choose (a UUID), so nothing that a client sends ever becomes part of a path.
 */
export interface BlobStore {
  /** Stores a stream. Throws TooLarge past `maxBytes`; then, and when the stream breaks, nothing is left. */
  write(name: string, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ size: number }>;
  /** Bytes [start, end] of a blob, both included; to the end when `end` is left out. Undefined: no such blob. */
  read(name: string, range?: { start: number; end?: number }): Promise<Readable | undefined>;
  remove(name: string): Promise<void>;
  /** A file with the blob's bytes, for programs that need one; `release` when done. Undefined: no such blob. */
  checkout(name: string): Promise<{ path: string; release: () => Promise<void> } | undefined>;
}

/** More bytes came than may. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`More than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

const BLOB_NAME = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Refuses any name that is not one of ours. */
export function checkBlobName(name: string): void {
  if (!BLOB_NAME.test(name))
    throw new RangeError(`Got the blob name ${JSON.stringify(name)} when a UUID was expected.`);
}
