import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

/** A page with its scripts, bundled as an app would be and served from this machine only. */
export interface Site {
  /** Without and with the headers that let a page use threads. */
  readonly plainUrl: string;
  readonly isolatedUrl: string;
  /** Puts a file of the tests' own at /made/NAME. */
  put(name: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface SiteOptions {
  /** Folder of the page; the tests' own where absent. With a vite.config.ts in it, that one is heeded. */
  readonly root?: string;
  readonly html?: string;
}

/** The worker as one script, as bundlers make it that don't split code (esbuild by default). */
export async function workerInOneScript(): Promise<Uint8Array> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      rolldownOptions: {
        input: here('../../src/browser/worker.ts'),
        output: { codeSplitting: false },
      },
    },
  })) as Rolldown.RolldownOutput;
  const scripts = output.filter(({ type }) => type === 'chunk');
  if (scripts.length !== 1) throw new Error(`Got ${scripts.length} scripts when one was expected.`);
  return new TextEncoder().encode(output[0].code);
}

export async function openSite({ root = here('.'), html = 'page.html' }: SiteOptions = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'diarist-page-'));
  const config = join(root, 'vite.config.ts');
  await build({
    root,
    ...(existsSync(config) ? { configFile: config } : { configFile: false, worker: { format: 'es' } }),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, minify: false, rolldownOptions: { input: join(root, html) } },
  });
  const made = new Map<string, Uint8Array>();

  async function find(path: string): Promise<Uint8Array> {
    const own = path.startsWith('/made/') ? made.get(path.slice('/made/'.length)) : undefined;
    if (own) return own;
    if (path.startsWith('/models/') || path.startsWith('/fixtures/'))
      return readFile(join(here('../../'), path.startsWith('/fixtures/') ? '..' : '.', normalize(path)));
    return readFile(join(folder, normalize(path)));
  }

  async function serve(headers: Readonly<Record<string, string>>): Promise<{ url: string; close(): Promise<void> }> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      find(pathname).then(
        (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? '', ...headers }).end(bytes),
        () => response.writeHead(pathname === '/favicon.ico' ? 204 : 404, headers).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://localhost:${port}/${html}`,
      close: () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(() => resolve()));
      },
    };
  }

  const plain = await serve({});
  const isolated = await serve({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
  });
  return {
    plainUrl: plain.url,
    isolatedUrl: isolated.url,
    put: (name, bytes) => void made.set(name, bytes),
    close: async () => {
      await Promise.all([plain.close(), isolated.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
