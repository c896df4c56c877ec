import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

// npm run test:parity -- DIR: the parity tests on another folder of the same layout as fixtures/parity.
const [folder] = process.argv.slice(2);
if (folder === undefined || !existsSync(join(folder, 'MANIFEST.json'))) {
  console.error(
    `Got ${folder ?? 'nothing'} when a folder with a MANIFEST.json was expected: npm run test:parity -- DIR`,
  );
  process.exit(2);
}
const { status } = spawnSync('npx', ['vitest', 'run', 'engine/test/parity'], {
  stdio: 'inherit',
  env: { ...process.env, PARITY_DIR: resolve(folder) },
});
process.exit(status ?? 1);
