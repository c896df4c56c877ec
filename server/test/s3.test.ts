import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlobStore, TooLarge } from '../src/media/blobs.ts';
import { openFolder } from '../src/media/folder.ts';
import { openS3 } from '../src/media/s3.ts';

// The same questions to both kinds of storage: a folder, and a local S3 server.

let dir: string;
let server: S3rver;
let port: number;
const stores: Record<string, BlobStore> = {};
const bucket = () => ({
  bucket: 'diarist',
  endpoint: `http://127.0.0.1:${port}`,
  region: 'us-east-1',
  accessKeyId: 'S3RVER',
  secretAccessKey: 'S3RVER',
  prefix: 'media/',
  scratch: dir,
});
/** What opens each in a process of its own. */
const makers: Record<string, readonly [opener: string, settings: () => unknown]> = {
  folder: ['openFolder', () => join(dir, 'limited')],
  s3: ['openS3', bucket],
};
const run = promisify(execFile);
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diarist-blobs-'));
  server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    directory: join(dir, 's3'),
    silent: true,
    configureBuckets: [{ name: 'diarist' }],
  });
  port = ((await server.run()) as { port: number }).port;
  stores['folder'] = await openFolder(join(dir, 'folder'));
  stores['s3'] = await openS3(bucket());
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

const bytes = Buffer.from('0123456789');
const text = async (stream: Readable | undefined) =>
  stream ? Buffer.concat(await stream.toArray()).toString() : undefined;

describe.each(['folder', 's3'])('%s', (name) => {
  test('what is written is read back, whole and in ranges', async () => {
    const blob = randomUUID();
    expect(await stores[name].write(blob, Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]), 100)).toEqual({
      size: 10,
    });
    expect(await text(await stores[name].read(blob))).toBe('0123456789');
    expect(await text(await stores[name].read(blob, { start: 2, end: 5 }))).toBe('2345');
    expect(await text(await stores[name].read(blob, { start: 7 }))).toBe('789');
  });

  test('a blob of no bytes is one', async () => {
    const blob = randomUUID();
    await stores[name].write(blob, Readable.from([]), 100);
    expect(await text(await stores[name].read(blob))).toBe('');
  });

  test('too many bytes, or a stream that breaks, leave nothing', async () => {
    const blob = randomUUID();
    await expect(stores[name].write(blob, Readable.from([bytes, bytes]), 15)).rejects.toBeInstanceOf(TooLarge);
    const broken = (async function* () {
      yield bytes;
      throw new Error('cut');
    })();
    await expect(stores[name].write(blob, broken, 100)).rejects.toThrow('cut');
    expect(await stores[name].read(blob)).toBeUndefined();
  });

  test('a checkout outlives the removal of the blob', async () => {
    const blob = randomUUID();
    await stores[name].write(blob, Readable.from([bytes]), 100);
    const held = await stores[name].checkout(blob);
    await stores[name].remove(blob);
    expect(await stores[name].checkout(blob)).toBeUndefined();
    expect(await readFile(held!.path, 'utf8')).toBe('0123456789');
    await held!.release();
    await expect(readFile(held!.path)).rejects.toThrow('ENOENT');
  });

  // The kernel writes what has room, without an error: only the next write has one. A file size limit does the same.
  test.skipIf(process.platform === 'win32')('a part that is written only in part is no blob', async () => {
    const [opener, settings] = makers[name];
    const script = `import { randomUUID } from 'node:crypto';
      import { Readable } from 'node:stream';
      import { ${opener} } from ${JSON.stringify(new URL(`../src/media/${name}.ts`, import.meta.url).href)};
      const store = await ${opener}(${JSON.stringify(settings())});
      const written = store.write(randomUUID(), Readable.from([Buffer.alloc(100_000)]), 1e6);
      console.log(await written.then(({ size }) => size, ({ code }) => code));`;
    const limited = 'ulimit -f 16; exec "$0" --input-type=module-typescript -e "$1"';
    const { stdout } = await run('sh', ['-c', limited, process.execPath, script], { timeout: 20_000 });
    expect(stdout.trim()).toBe('EFBIG');
    if (name === 'folder') expect(await readdir(join(dir, 'limited', 'tmp'))).toEqual([]);
  });

  test('a name that is not ours is refused', async () => {
    await expect(stores[name].read('../../etc/passwd')).rejects.toThrow('blob name');
  });
});

test.skipIf(process.platform !== 'linux')('an upload that fails keeps no file open', async () => {
  const store = await openS3({ ...bucket(), bucket: 'missing' });
  await expect(store.write(randomUUID(), Readable.from([Buffer.alloc(1_000_000)]), 1e6)).rejects.toThrow();
  const open = async () => {
    const files = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    return (await Promise.all(files)).filter((file) => file.includes('upload-'));
  };
  await expect.poll(open).toEqual([]);
});
