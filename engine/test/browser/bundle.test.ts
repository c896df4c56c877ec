import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

/**
 * `diarist/browser` bundles for a browser without a polyfill: nothing that is reached from its page or its worker asks
 * for Node. onnxruntime-web alone may: its loader imports from Node after it has found itself there.
 */
const source = (name: string): string => fileURLToPath(new URL(`../../src/browser/${name}`, import.meta.url));

test.each(['index.ts', 'worker.ts'])('%s bundles without anything of Node', async (entry) => {
  const asked: string[] = [];
  const seen: string[] = [];
  const watch: Plugin = {
    name: 'watch',
    enforce: 'pre',
    resolveId(specifier, importer) {
      if (!specifier.startsWith('node:') && !builtinModules.includes(specifier)) return null;
      asked.push(`${importer?.split('/node_modules/').at(-1)} asks for ${specifier}`);
      return { id: specifier, external: true };
    },
    load(id) {
      seen.push(id);
      return null;
    },
  };
  const { output } = (await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [watch],
    worker: { format: 'es' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: source(entry), preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput;
  expect(asked.filter((line) => !line.startsWith('onnxruntime-web/'))).toEqual([]);
  const own = seen.filter((id) => id.includes('/engine/src/'));
  expect(own.some((id) => id.endsWith(entry === 'index.ts' ? 'browser/client.ts' : 'diarize/diarize.ts'))).toBe(true);
  expect(own.filter((id) => /\/src\/(node|cli)\//.test(id))).toEqual([]);
  expect(output[0].code.length).toBeGreaterThan(10_000); // it holds the code, not only names of it
});
