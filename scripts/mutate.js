// `npm run mutate [-- --count COUNT] [--seed SEED] [NAME…]`: changes the source in small ways, one at a time,
// in a copy of the project, and says which of them no unit test notices. Not part of npm test: it takes an hour.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { MUTATED } from '../test/mutated.js';
import { ROOT } from './packages.js';

const LIMIT_SECONDS = 240;
const {
  values: { count = '20', seed = '1' },
  positionals,
} = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } }, allowPositionals: true });

/**
 * @typedef {{ readonly file: string, readonly what: string, readonly text: string, readonly tests: readonly
 * string[] }} Mutation
 */

const SWAPPED = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.QuestionQuestionToken, '&&'],
  [ts.SyntaxKind.LessThanToken, '>='],
  [ts.SyntaxKind.GreaterThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '>'],
  [ts.SyntaxKind.GreaterThanEqualsToken, '<'],
]);

/** Every small change of a source file. @returns {readonly (readonly [start: number, end: number, text: string])[]} */
function listChanges(source) {
  const changes = [];
  const replace = (node, text) => changes.push([node.getStart(), node.getEnd(), text]);
  const visit = (node) => {
    if (ts.isBinaryExpression(node) && SWAPPED.has(node.operatorToken.kind))
      replace(node.operatorToken, SWAPPED.get(node.operatorToken.kind));
    else if (ts.isConditionalExpression(node)) replace(node.condition, `!(${node.condition.getText()})`);
    else if (ts.isIfStatement(node)) replace(node.expression, `false && (${node.expression.getText()})`);
    else if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) replace(node, ';');
    else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      replace(node, node.operand.getText());
    else if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      ['filter', 'toSorted', 'sort'].includes(node.expression.name.text)
    )
      replace(node, node.expression.expression.getText());
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit);
  };
  visit(source);
  return changes;
}

/** @returns {readonly Mutation[]} */
function listMutations({ files, tests }) {
  return files
    .flatMap((name) =>
      name.endsWith('.ts')
        ? [name]
        : readdirSync(path.join(ROOT, name))
            .filter((file) => file.endsWith('.ts'))
            .map((file) => `${name}/${file}`),
    )
    .flatMap((file) => {
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      return listChanges(source).map(([start, end, replacement]) => ({
        file,
        tests,
        text: text.slice(0, start) + replacement + text.slice(end),
        what: `${file}:${source.getLineAndCharacterOfPosition(start).line + 1}: ${text.slice(start, end).split('\n')[0].slice(0, 60)} -> ${replacement.slice(0, 60)}`,
      }));
    });
}

/** A few of many, the same ones for the same seed. */
function choose(all, most, from) {
  let state = from;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return all
    .map((one) => [random(), one])
    .sort(([a], [b]) => a - b)
    .slice(0, most)
    .map(([, one]) => one);
}

/** @returns {Mutation} one that a review has named; it must still stand in the source */
function readNamed({ what, file, from, to, tests }) {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  if (text.split(from).length !== 2)
    throw new Error(
      `test/mutated.js: "${from}" stands ${text.split(from).length - 1} times in ${file}, and has to be there once`,
    );
  return { file, what: `${file}: ${what}`, text: text.replace(from, () => to), tests };
}

const copy = mkdtempSync(path.join(os.tmpdir(), 'docksmith-mutated-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of readdirSync(ROOT))
  if (!['node_modules', '.git', 'dist'].includes(name))
    cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));

/** @param {readonly string[]} tests */
function isNoticed(tests) {
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--bail=1',
      '--reporter=dot',
      ...tests,
    ],
    { cwd: copy, stdio: 'ignore', timeout: LIMIT_SECONDS * 1000 },
  );
  return status !== 0;
}

const groups = Object.entries(MUTATED).filter(([name]) => positionals.length === 0 || positionals.includes(name));
let survived = 0;
for (const [name, { named = [], ...where }] of groups) {
  if (isNoticed(where.tests)) throw new Error(`the tests of ${name} fail without any change: ${where.tests.join(' ')}`);
  const mutations = [
    ...named.map((one) => readNamed({ tests: where.tests, ...one })),
    ...choose(listMutations(where), Number(count), Number(seed)),
  ];
  const unnoticed = mutations.filter(({ file, text, tests, what }) => {
    const original = readFileSync(path.join(copy, file), 'utf8');
    writeFileSync(path.join(copy, file), text);
    const noticed = isNoticed(tests);
    writeFileSync(path.join(copy, file), original);
    if (!noticed) console.log(`  not noticed: ${what}`);
    return !noticed;
  });
  survived += unnoticed.length;
  console.log(`${name}: ${mutations.length - unnoticed.length} of ${mutations.length} were noticed (seed ${seed})`);
}
process.exitCode = survived === 0 ? 0 : 1;
