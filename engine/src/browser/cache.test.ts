import { afterEach, expect, test, vi } from 'vitest';
import { clearModelCache, fetchModelFile } from './cache.ts';

// FIPS 180-2, appendix B.1
const ABC = { size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };
const URL_OF_ABC = 'https://example.org/abc';

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, 'caches');
});

function served(): void {
  vi.stubGlobal('fetch', async () => new Response('abc'));
}

test('in a sandboxed frame, where even the look at the cache is refused, files are fetched', async () => {
  served();
  const get = (): never => {
    throw new DOMException("Failed to read the 'caches' property from 'Window'", 'SecurityError'); // as Chromium
  };
  Object.defineProperty(globalThis, 'caches', { configurable: true, get });
  expect(await fetchModelFile(URL_OF_ABC, ABC)).toEqual(Uint8Array.of(97, 98, 99));
  await clearModelCache();
});

const failing = async (): Promise<never> => {
  throw new DOMException('Unexpected internal error.', 'UnknownError');
};

test.each([
  ['cannot be opened', { open: failing }],
  ['cannot be searched', { open: async () => ({ match: failing, put: failing }) }],
  [
    'has a file that cannot be read, nor deleted',
    { open: async () => ({ match: async () => ({ arrayBuffer: failing }), delete: failing, put: failing }) },
  ],
  [
    'has another file there, which cannot be deleted',
    { open: async () => ({ match: async () => new Response('abd'), delete: failing, put: failing }) },
  ],
])('a cache that %s is done without', async (_, caches) => {
  served();
  vi.stubGlobal('caches', caches);
  expect(await fetchModelFile(URL_OF_ABC, ABC)).toEqual(Uint8Array.of(97, 98, 99));
});
