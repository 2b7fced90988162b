import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // on a machine that is busy with something else, none may fail for that
      { test: { name: 'unit', testTimeout: 60_000, include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], setupFiles: ['test/support/property-seed.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // each file may start a Docker engine of its own, and two engines in one network namespace damage each other
          fileParallelism: false,
        },
      },
    ],
  },
});
