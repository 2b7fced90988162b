import { defineConfig } from 'vitest/config';
import { findFastFolder } from './test/support/fast-folder.ts';

export default defineConfig({
  test: {
    projects: [
      // on a machine that is busy with something else, none may fail for that
      {
        test: {
          name: 'unit',
          testTimeout: 60_000,
          isolate: false,
          // they wait as much as they compute, so that no core is left for Vitest
          maxWorkers: '100%',
          env: { TMPDIR: findFastFolder() },
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          setupFiles: ['test/support/unit-setup.ts'],
        },
      },
      // no test: what `npm run release-fixture` runs
      { test: { name: 'release', include: ['test/release/*.ts'], testTimeout: 300_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // each engine has a network namespace of its own, so that files do not disturb each other; more of
          // them only wait for each other's disks
          maxWorkers: 2,
        },
      },
    ],
  },
});
