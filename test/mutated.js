/**
 * What `npm run mutate` changes, and which tests have to notice: `files` are sources or folders of them,
 * `named` are changes that no test noticed once.
 */
export const MUTATED = {
  plan: {
    files: [
      'src/container/plan/plan.ts',
      'src/container/plan/plan-asked.ts',
      'src/container/plan/decide.ts',
      'src/container/plan/order.ts',
      'src/container/plan/bound.ts',
      'src/container/plan/skip-failed-specs.ts',
    ],
    tests: ['test/unit/container'],
    named: [
      {
        what: 'an engine that goes away no longer stops the plan',
        file: 'src/container/apply/apply.ts',
        from: 'isGone ||= error instanceof EngineGone;',
        to: 'isGone ||= false;',
      },
      {
        what: 'restart ignores failed specs',
        file: 'src/container/plan/plan-asked.ts',
        from: "failed: verb === 'restart' ? failed : undefined",
        to: 'failed: undefined',
      },
      {
        what: "containers bound to another's namespace are left out of an update of images",
        file: 'src/features/update-images/image-updater.ts',
        from: 'followBound([], this.#desired.containers,',
        to: 'followBound([], [],',
        tests: ['test/unit/features/update-images/update-images.test.ts'],
      },
    ],
  },
  incremental: {
    files: ['src/incremental'],
    tests: ['test/unit/incremental'],
    named: [
      {
        what: 'facts never count as changed',
        file: 'src/incremental/render-cache.ts',
        from: 'fact.digest !== digestOfFact(context.facts, fact)',
        to: 'false',
      },
      {
        what: "a fragment that was changed within the clock's step is trusted",
        file: 'src/incremental/watched.ts',
        from: 'sign(state, sources.begun)',
        to: 'sign(state)',
        tests: ['test/unit/incremental/watched.test.ts'],
      },
    ],
  },
  commit: {
    files: [
      'src/output/commit/commit.ts',
      'src/output/plan/change-set.ts',
      'src/output/plan/path-conflicts.ts',
      'src/output/commit/transaction.ts',
      'src/output/commit/journal.ts',
    ],
    tests: ['test/unit/output'],
  },
  db: { files: ['src/db'], tests: ['test/unit/db'] },
};
