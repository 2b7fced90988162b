// Plain JavaScript: it runs on a fresh clone, before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetchNodes } from './nodes.js';
import { installDebianPackages, installPackages, ROOT } from './packages.js';

const CI = process.env.CI === 'true';

/** `--full`: what is long by nature at its full size, which takes hours. */
const FULL_SIZE = {
  DOCKSMITH_TEST_FAULTS: 'all',
  DOCKSMITH_TEST_KILLS: '1000',
  DOCKSMITH_TEST_STEPS: '5000',
  DOCKSMITH_TEST_CHANGES: '20000',
  DOCKSMITH_TEST_SINGLE_CALLS: '500',
  DOCKSMITH_TEST_VALUES: '10000',
  DOCKSMITH_TEST_DEBIAN: 'yes',
};
if (process.argv.includes('--full')) Object.assign(process.env, { ...FULL_SIZE, ...process.env });

const reports = mkdtempSync(path.join(os.tmpdir(), 'docksmith-reports-'));
const started = Date.now();

installPackages();
if (CI && process.getuid?.() === 0 && existsSync('/etc/debian_version')) installDebianPackages();
const nodes = fetchNodes();
const others = nodes.filter(({ reason }) => reason === undefined);

const STEPS = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'eslint', '.'],
  ['format', 'biome', 'format', '.'],
  ['unit and architecture tests', ...vitest('unit')],
  ...others.map(({ major, program }) => [
    `unit and architecture tests on Node ${major}`,
    ...vitest('unit', { report: `unit-${major}`, reporter: 'dot', node: program }),
  ]),
  ['build', process.execPath, 'scripts/build.js'],
  ['integration tests', ...vitest('integration')],
];

let code = 0;
for (const [title, program, ...args] of STEPS) {
  console.log(`\n== ${title}`);
  const from = Date.now();
  const { status, error } = spawnSync(path.resolve(ROOT, 'node_modules/.bin', program), args, {
    cwd: ROOT,
    stdio: 'inherit',
    // what the tests call by the name of node is the one that runs them
    env: {
      ...process.env,
      PATH: `${path.dirname(path.isAbsolute(program) ? program : process.execPath)}:${process.env.PATH}`,
    },
  });
  if (error !== undefined) console.error(`docksmith: cannot run ${program}: ${error.message}`);
  code = status ?? 1;
  console.log(`== ${title}: ${code === 0 ? 'passed' : `failed with exit code ${code}`} after ${seconds(from)}`);
  if (code !== 0) break;
}

const results = ['unit', ...others.map(({ major }) => `unit-${major}`), 'integration'].map(readReport);
const skipped = [
  ...nodes
    .filter(({ reason }) => reason !== undefined)
    .map(({ major, reason }) => `unit tests on Node ${major} (skipped: data ${reason})`),
  ...new Set(results.flatMap((result) => result.skipped)),
];
// data that is recorded elsewhere is not in every clone, a kernel is as it is, and what is long by nature is
// asked for by --full; everything else could have been installed
const forbidden = CI ? skipped.filter((suite) => !/\(skipped: (data|kernel|full size)\b/.test(suite)) : [];
const passed = sum(results.map((result) => result.passed));
let failed = sum(results.map(({ failures }) => failures.length)) + forbidden.length;
if (code === 0 && forbidden.length > 0) code = 1;
if (code !== 0 && failed === 0) failed = 1;

console.log('');
for (const title of results.flatMap(({ failures }) => failures)) console.log(`failed: ${title}`);
for (const suite of skipped)
  console.log(`${forbidden.includes(suite) ? 'skipped, which is a failure with CI=true' : 'skipped'}: ${suite}`);
console.log(`npm test: ${code === 0 ? 'done' : 'failed'} in ${seconds(started)}, ${skipped.length} suites skipped`);
console.log(`${passed} passed, ${failed} failed`);
rmSync(reports, { recursive: true });
process.exit(code);

/**
 * @param {string} project
 * @param {string} node the program that runs it: a path
 */
function vitest(project, { report = project, reporter = 'default', node = process.execPath } = {}) {
  return [
    node,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    `--reporter=${reporter}`,
    '--reporter=json',
    `--outputFile.json=${path.join(reports, `${report}.json`)}`,
  ];
}

/**
 * The count of one run's passed tests, the titles of those that failed, and the titles of the skipped
 * suites (of the tests that are skipped alone); nothing where it did not run.
 */
function readReport(report) {
  const file = path.join(reports, `${report}.json`);
  if (!existsSync(file)) return { passed: 0, failures: [], skipped: [] };
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    // a file that cannot even be loaded has no tests, and is a failure all the same
    failures: [
      ...tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
      ...broken.map(({ name }) => path.relative(ROOT, name)),
    ],
    skipped: [...new Set(tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(suiteOf))],
  };
}

function suiteOf({ ancestorTitles, fullName }) {
  return ancestorTitles.find((title) => title.includes('(skipped: ')) ?? fullName;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function seconds(from) {
  return `${((Date.now() - from) / 1000).toFixed(1)} s`;
}
