import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embeddedPostgres.ts';
import { migrate, openDb } from '../src/store/db.ts';
import { createVault } from '../src/vault.ts';
import { loadCandidates } from '../src/voiceprint/candidates.ts';
import { matchSpeakers } from '../src/voiceprint/match.ts';
import { toBytes, vectorContext } from '../src/voiceprint/store.ts';

/**
 * How long it takes to compare the four speakers of a recording with a set of so many enrolled ones: read, unsealed and
 * scored in process (ADR 5).
 *
 *   npm run bench:voiceprints -w server -- [100 1000 10000 100000]
 */
const DIMENSION = 192;
const sizes = process.argv.slice(2).map(Number);
const dir = await mkdtemp(join(tmpdir(), 'diarist-voices-'));
const postgres = await startEmbeddedPostgres(dir);
const db = openDb(postgres.url);
const vault = createVault([randomBytes(32)]);
try {
  await migrate(db);
  const voice = (): Float32Array => {
    const vector = Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
    const length = Math.hypot(...vector);
    return vector.map((x) => x / length);
  };
  const heard = Array.from({ length: 4 }, (_, i) => ({ speaker: `SPEAKER_0${i}`, vector: voice() }));
  for (const size of sizes.length > 0 ? sizes : [100, 1000, 10_000]) {
    const tenant = `of-${size}`;
    for (let from = 0; from < size; from += 1000) {
      const ids = Array.from({ length: Math.min(1000, size - from) }, () => `vp_${randomBytes(10).toString('hex')}`);
      await db
        .insertInto('voiceprint')
        .values(
          ids.map((id, i) => ({
            id,
            tenant,
            label: `voice ${from + i}`,
            model: 'm@sha256:00',
            consent: null,
            metadata: '{}',
          })),
        )
        .execute();
      await db
        .insertInto('voiceprint_set')
        .values(ids.map((id, i) => ({ tenant, name: 'all', label: `voice ${from + i}`, voiceprint_id: id })))
        .execute();
      await db
        .insertInto('voiceprint_sample')
        .values(
          ids.map((id) => ({
            voiceprint_id: id,
            vector: vault.seal(toBytes(voice()), vectorContext(id)),
            job_id: null,
          })),
        )
        .execute();
    }
    const started = performance.now();
    const { candidates } = await loadCandidates(
      db,
      vault,
      tenant,
      { digest: '00', dimensions: undefined },
      { voiceprints: [], voiceprintSet: 'all' },
    );
    const loaded = performance.now();
    matchSpeakers(heard, candidates);
    const done = performance.now();
    const ms = (from: number, to: number): number => Math.round(10 * (to - from)) / 10;
    process.stdout.write(
      `${JSON.stringify({ enrolled: candidates.length, readAndUnsealMs: ms(started, loaded), scoreAndAssignMs: ms(loaded, done) })}\n`,
    );
  }
} finally {
  await db.destroy();
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
}
