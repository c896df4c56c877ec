import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';
import viteOfFile from '../../examples/browser-file/vite.config.ts';
import viteOfMic from '../../examples/browser-mic/vite.config.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What `npm publish` would send. */
async function packed(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(ROOT, folder),
    maxBuffer: 1 << 26,
  });
  const [{ files }] = Object.values(JSON.parse(stdout)) as { files: { path: string }[] }[];
  return files.map(({ path }) => path);
}

test.each(['engine', 'server'])('the package of %s holds what it needs, and its licence', async (folder) => {
  const files = await packed(folder);
  const { bin, exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const named = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? target : Object.values(target as object),
  );
  const needed = [...named, ...Object.values(bin)].map((path) => String(path).replace(/^\.\//, ''));
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', ...needed]));
  expect(files.filter((path) => /tsbuildinfo|\.test\.|^(src|test|bench)\/|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  expect(readFileSync(join(ROOT, folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
});

test('source maps hold their sources, which are not in the package', async () => {
  const maps = (await packed('engine')).filter((path) => path.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(100);
  for (const path of maps) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(ROOT, 'engine', path), 'utf8'));
    expect(sourcesContent, path).toHaveLength(sources.length);
  }
});

test("what the examples' Vite prepares of diarist's dependencies are its dependencies", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'engine/package.json'), 'utf8'));
  for (const { optimizeDeps } of [viteOfFile, viteOfMic])
    for (const name of optimizeDeps!.include!)
      expect(Object.keys(dependencies)).toContain(name.replace('diarist > ', ''));
});

test('code that a bundler for Node has moved away from its models says what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'diarist-bundle-'));
  try {
    await build({
      configFile: false,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: {
        ssr: join(ROOT, 'engine/src/node/models/resolve.ts'),
        outDir: join(folder, 'a/b/c'),
        rolldownOptions: { output: { entryFileNames: 'bundle.mjs' } },
      },
    });
    const { resolveModels } = await import(pathToFileURL(join(folder, 'a/b/c/bundle.mjs')).href);
    await expect(resolveModels()).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringMatching(/^The models of the package are not in .*: .*leave diarist out of the bundle/),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The files whose code is in a bundle of what an app writes. */
async function bundled(code: string): Promise<string[]> {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.diarist-app-'));
  try {
    writeFileSync(join(folder, 'app.js'), code);
    const { output } = (await build({
      configFile: false,
      logLevel: 'silent',
      plugins: [
        { name: 'no-worker', transform: (text) => text.replace("new URL('./worker.js', import.meta.url)", "''") },
      ],
      build: { write: false, rolldownOptions: { input: join(folder, 'app.js'), output: { codeSplitting: false } } },
    })) as Rolldown.RolldownOutput;
    return Object.entries(output[0].modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : []));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a page bundles no more of the package than it uses, and a worker all that it does when it is imported', async () => {
  const page = await bundled("import { createDiarizer } from 'diarist/browser'; createDiarizer({});");
  expect(page.filter((id) => id.includes('/dist/browser/client.js'))).toHaveLength(1);
  expect(page.filter((id) => /saxes|\/dist\/(formats|metrics|diarize)\//.test(id))).toEqual([]);
  const worker = await bundled("import 'diarist/browser/worker';");
  expect(worker.filter((id) => /\/dist\/(browser\/worker|diarize\/diarize)\.js$/.test(id))).toHaveLength(2);
});

test('whatever runs as a worker or a process keeps what it does when it is imported', () => {
  const { sideEffects } = JSON.parse(readFileSync(join(ROOT, 'engine/package.json'), 'utf8'));
  const sources = globSync('**/*{orker,Process}.ts', { cwd: join(ROOT, 'engine/src') });
  const built = sources.map((path) => `./dist/${path.replace(/\.ts$/, '.js')}`);
  expect(sideEffects).toEqual(['./bin/diarist.js', ...built.sort()]);
});
