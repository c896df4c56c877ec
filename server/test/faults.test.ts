import { expect, test } from 'vitest';
import { runFaults } from '../bench/faults.ts';
import { fakeEngine } from './harness.ts';

test('workers killed at random and Postgres killed once: every job ends once, every webhook arrives, the chain holds', async () => {
  const report = await runFaults({
    jobs: 30,
    workers: 2,
    killMs: 1500,
    restarts: 1,
    engine: fakeEngine,
    limitMs: 100_000,
  });
  expect(report).toMatchObject({
    jobs: 30,
    postgresRestarts: 1,
    endedTwice: 0,
    unended: 0,
    webhooks: { distinct: 30, badSignatures: 0 },
    audit: { ok: true },
  });
}, 150_000);
