/**
 * What `npm run mutate` changes, and which tests have to notice: `files` are sources or folders of them,
 * `named` are changes that no test noticed once.
 */
export const MUTATED = {
  plan: {
    files: ['src/container/plan.ts', 'src/container/decide.ts', 'src/container/order.ts', 'src/container/bound.ts', 'src/container/withhold.ts'],
    tests: ['test/unit/container'],
    named: [
      { what: 'an engine that goes away no longer stops the plan', file: 'src/container/apply.ts', from: 'isGone ||= error instanceof EngineGone;', to: 'isGone ||= false;' },
      { what: 'restart ignores failed specs', file: 'src/container/plan.ts', from: "failed: verb === 'restart' ? failed : undefined", to: 'failed: undefined' },
      { what: 'containers bound to another\'s namespace are left out of an update of images', file: 'src/flow/update-images.ts', from: 'followBound([], this.#desired.containers,', to: 'followBound([], [],', tests: ['test/unit/flow/update-images.test.ts'] },
    ],
  },
  reads: {
    files: ['src/reads'],
    tests: ['test/unit/reads'],
    named: [
      { what: 'facts never count as changed', file: 'src/reads/recall.ts', from: 'fact.digest !== digestOfFact(context.facts, fact)', to: 'false' },
      { what: 'a fragment that was changed within the clock\'s step is trusted', file: 'src/reads/watched.ts', from: 'sign(state, sources.begun)', to: 'sign(state)' },
    ],
  },
  commit: { files: ['src/output/commit.ts', 'src/output/change-set.ts', 'src/output/transaction.ts', 'src/output/journal.ts'], tests: ['test/unit/output'] },
  db: { files: ['src/db'], tests: ['test/unit/db'] },
};
