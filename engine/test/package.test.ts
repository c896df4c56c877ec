import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
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
