import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { formatDifference } from '../support/corpus/compare.ts';
import { type Corpus, runCorpus } from '../support/corpus/corpus.ts';
import { EXPLAINED } from '../support/corpus/explained.ts';
import type { Ran } from '../support/corpus/run-project.ts';
import { needs, needsData } from '../support/needs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const OWN = path.join(ROOT, 'test/data/compose');
const CASES = '../shared/cases/compose';

/** What docker-compose 1.29 does not read at all. */
const UNREAD: Readonly<Record<string, RegExp>> = {
  // tags of merging came with Compose 2.18
  'reset-tag/compose.yaml': /tag '!reset'/,
  // it reads the profile from a file, and this one stands in the file itself
  'sub-options/compose.yaml': /Error reading seccomp profile/,
};
/** What docksmith refuses, as Compose does. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'alias-bomb/compose.yaml': /its aliases stand for more than/,
};

const run = (request: Parameters<typeof runCorpus>[0]): Promise<Corpus> =>
  runCorpus({
    ...request,
    together: true,
    env: { TOKEN: 'of-the-environment', SMTP_HOST: undefined, DB_PASS: undefined, TITLE: undefined, PORT: undefined },
  });

/** None is silently other than Compose has it: what is, is explained, and what was not compared is known. */
function expectCompared(results: readonly Ran[]): void {
  expect(results.filter(({ outcome }) => !['whole', 'with gaps', 'refused'].includes(outcome))).toEqual([]);
  const refused = results.filter(({ outcome }) => outcome === 'refused');
  expect(refused.filter(({ name, words }) => REFUSED[name]?.test(words) !== true)).toEqual([]);
  const unread = results.flatMap(({ name, config }) => (config?.why === undefined ? [] : [{ name, why: config.why }]));
  expect(unread.filter(({ name, why }) => UNREAD[name]?.test(why) !== true)).toEqual([]);
  const unexplained = results.flatMap(({ name, comparison }) =>
    (comparison?.differences ?? [])
      .filter(({ explanation }) => explanation === undefined)
      .map((difference) => `${name}: ${formatDifference(difference)}`),
  );
  expect(unexplained).toEqual([]);
}

needs('docker-compose')('run specs and docker-compose config', () => {
  let own: Corpus;
  beforeAll(async () => {
    own = await run({ folders: [{ folder: OWN }, { folder: path.join(ROOT, 'recipes'), everyYaml: true }] });
  }, 600_000);

  it('are the same for our own files and recipes, key by key, but for what is explained', () => {
    expectCompared(own.results);
    expect(own.results.length).toBeGreaterThan(45);
    expect(own.results.reduce((sum, { comparison }) => sum + (comparison?.compared ?? 0), 0)).toBeGreaterThan(250);
  });

  it('are different in no way that is explained and does not occur', () => {
    const seen = own.results.flatMap(({ comparison }) => comparison?.differences.map((one) => one.explanation) ?? []);
    expect(EXPLAINED.filter((row) => !seen.includes(row)).map(({ key, why }) => `${key}: ${why}`)).toEqual([]);
    const names = new Set(own.results.map(({ name }) => name));
    expect([...Object.keys(UNREAD), ...Object.keys(REFUSED)].filter((name) => !names.has(name))).toEqual([]);
  });

  it('are compared without the keys that came after it, and only those', () => {
    const stripped = (name: string): readonly string[] | undefined =>
      own.results.find((result) => result.name === `${name}/compose.yaml`)?.config?.stripped;
    expect(stripped('ports-all')).toEqual(['services.app.ports.host_ip']);
    expect(stripped('include')).toEqual(['include']);
    expect(stripped('env-values')).toEqual(['services.app.environment']);
    expect(stripped('anchors')).toEqual([]);
  });

  needsData(CASES)('of files from outside', () => {
    it('are the same too', async () => {
      // the others are among our own
      const isNew = (name: string): boolean => !existsSync(path.join(OWN, name));
      const { results } = await run({ folders: [{ folder: path.join(ROOT, CASES) }], wanted: isNew });
      expectCompared(results);
      expect(results.length).toBeGreaterThan(0);
    }, 600_000);
  });
});
