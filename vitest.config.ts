import { defineConfig } from 'vitest/config';

// One run for the whole workspace: unit tests beside the code, what crosses files under engine/test.
export default defineConfig({
  test: {
    include: ['engine/src/**/*.test.ts', 'engine/test/**/*.test.ts', 'server/**/*.test.ts'],
    reporters: ['default', './test/closingLine.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
