import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { probe } from './probe.ts';

afterEach(() => vi.unstubAllEnvs());

test('the process that looks at a file of a stranger is given none of our secrets', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'diarist-probe-'));
  const engine = join(dir, 'engine.mjs');
  await writeFile(
    engine,
    "export const openChannels = async () => { throw Object.assign(new Error(Object.keys(process.env).join(' ')), { code: 'audio_invalid' }); };",
  );
  vi.stubEnv('ENCRYPTION_KEY', 'secret');
  vi.stubEnv('DATABASE_URL', 'postgres://secret');
  vi.stubEnv('PATH', process.env['PATH'] ?? '/usr/bin');
  const told = await probe(engine, join(dir, 'file')).catch((error: Error) => error.message);
  await rm(dir, { recursive: true });
  expect(told).toContain('PATH');
  expect(told).not.toMatch(/ENCRYPTION_KEY|DATABASE_URL/);
});
