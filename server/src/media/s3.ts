import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BlobStore, checkBlobName, TooLarge } from './blobs.ts';

export interface S3Settings {
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly prefix: string;
  /** A folder for copies of blobs on this machine. */
  readonly scratch: string;
}

/**
 * Blobs as objects in a bucket. An upload goes through a file on this machine first: its size is then known, one that
 * breaks leaves nothing in the bucket, and a put of one object is all or nothing. The SDK is loaded only here.
 */
export async function openS3({
  bucket,
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
  prefix,
  scratch,
}: S3Settings): Promise<BlobStore> {
  const { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } = await import(
    '@aws-sdk/client-s3'
  );
  const client = new S3Client({
    region,
    // Checksums in trailers are not understood by every S3-compatible server; TCP and TLS have theirs.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  });
  const keyOf = (name: string) => {
    checkBlobName(name);
    return { Bucket: bucket, Key: prefix + name };
  };
  const get = async (name: string, range?: { start: number; end?: number }): Promise<Readable | undefined> => {
    const Range = range ? `bytes=${range.start}-${range.end ?? ''}` : undefined;
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...keyOf(name), ...(Range ? { Range } : {}) }));
      return Body as Readable;
    } catch (error) {
      if (error instanceof NoSuchKey || (error as { name?: string }).name === 'NoSuchKey') return undefined;
      throw error;
    }
  };
  return {
    async write(name, bytes, maxBytes) {
      const dir = await mkdtemp(join(scratch, 'upload-'));
      try {
        const path = join(dir, 'bytes');
        const file = await open(path, 'wx', 0o600);
        let size = 0;
        try {
          for await (const part of bytes) {
            size += part.byteLength;
            if (size > maxBytes) throw new TooLarge(maxBytes);
            // Not write, which may write a part of it: a disk that is filling up would cut the blob without a word.
            await file.writeFile(part);
          }
        } finally {
          await file.close();
        }
        const body = size === 0 ? undefined : createReadStream(path);
        try {
          const Body = body ?? Buffer.alloc(0);
          await client.send(new PutObjectCommand({ ...keyOf(name), Body, ContentLength: size }));
        } finally {
          body?.destroy(); // one that was not read to its end keeps its file
        }
        return { size };
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    read: get,
    async remove(name) {
      await client.send(new DeleteObjectCommand(keyOf(name)));
    },
    async checkout(name) {
      const bytes = await get(name);
      if (!bytes) return undefined;
      const path = join(scratch, `blob-${randomUUID()}`);
      try {
        await pipeline(bytes, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return { path, release: () => rm(path, { force: true }) };
    },
  };
}
