// Plain JavaScript: it makes what all the rest runs from.
import { build, transform } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '..');
const OUT = path.join(ROOT, 'dist');

/** What a package would load and this program never calls: dockerode reaches engines over ssh, and builds by grpc. */
const ABSENT = /^(?:ssh2|protobufjs|@grpc\/grpc-js|@grpc\/proto-loader)$/;
/** The exit code of scripts/compile.cjs where a command broke. */
const BROKEN = 3;
/** The packages that the program uses while it runs. */
const PACKAGES = ['diff', 'dockerode', 'execa', 'fast-glob', 'handlebars', 'ini', 're2js', 'yaml', 'yocto-spinner'];
const OPTIONS = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['main', 'module'],
  absWorkingDir: ROOT,
  // paths are in what is built: a linked node_modules is called like one that is no link
  preserveSymlinks: true,
  outdir: OUT,
  outExtension: { '.js': '.cjs' },
  write: false,
  metafile: true,
  logLevel: 'warning',
  legalComments: 'none',
};

const results = await Promise.all([
  // short commands are one file that holds all of them, and another one for those that write; what they seldom
  // need is the program below
  build({
    ...OPTIONS,
    entryPoints: { db: 'src/cli/main-db.ts', 'db-checks': 'src/cli/commands/change/check-changed.ts' },
    plugins: [{ name: 'beside', setup: keepBeside }],
  }),
  build({
    ...OPTIONS,
    entryPoints: { docksmith: 'src/cli/main.ts' },
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [{ name: 'apart', setup: keepApart }],
  }),
  // each package a part of its own, or commands that share some code with those that need it would load it too
  build({
    ...OPTIONS,
    format: 'cjs',
    entryPoints: Object.fromEntries(
      PACKAGES.map((name) => [`package-${name}`, name === 'handlebars' ? 'scripts/handlebars-parser.js' : name]),
    ),
    plugins: [{ name: 'spare', setup: spare }],
  }),
]);
const [short, ...parts] = await Promise.all(
  results.map(({ outputFiles }, n) =>
    Promise.all(
      outputFiles.map(async ({ path: file, text }) => [path.basename(file), await toLazyCommonJs(text, n === 0)]),
    ),
  ),
);
const { program, places } = joinParts(parts.flat());
const programName = `docksmith-${createHash('sha256').update(program).digest('hex').slice(0, 12)}.js`;

// the starter last: what it names is there before it
const files = [
  ...(await listReference()),
  [path.join(OUT, 'LICENSES'), formatLicenses(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)))],
  ...short.map(([name, text]) => [path.join(OUT, name), text]),
  [path.join(OUT, programName), program],
  [
    path.join(OUT, 'docksmith.cjs'),
    readFileSync(path.join(ROOT, 'scripts/starter.cjs'), 'utf8')
      .replace('PROGRAM', programName)
      .replace('PLACES = {}', `PLACES = ${JSON.stringify(places)}`),
  ],
];

// what runs meanwhile finds each of its files, old or new
mkdirSync(OUT, { recursive: true });
for (const [file, text] of files) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}~`, text);
  renameSync(`${file}~`, file);
}
const wanted = new Set(files.map(([file]) => file));
for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  if (!entry.isDirectory() && !wanted.has(file)) rmSync(file);
}
compileProgram();

/** Man pages and completions, made by a program that only this build runs. */
async function listReference() {
  const file = path.join(OUT, 'reference.mjs');
  await build({
    ...OPTIONS,
    write: true,
    metafile: false,
    packages: 'external',
    outdir: undefined,
    outExtension: {},
    outfile: file,
    entryPoints: ['scripts/reference/index.ts'],
  });
  const reference = await import(pathToFileURL(file).href);
  return [...(await reference.listReference(ROOT))].map(([name, text]) => [path.join(OUT, name), text]);
}

/**
 * All parts in one file, each a function for the starter to call.
 * @param {readonly (readonly [name: string, text: string])[]} parts CommonJS modules
 */
function joinParts(parts) {
  const places = {};
  let program = '';
  for (const [name, part] of parts) {
    const text = `(function (exports, require, module, __filename, __dirname) {\n${part}\n})`;
    places[`./${name}`] = [program.length, text.length];
    program += `${text}\n`;
  }
  // the starter reads it by byte, which is the fastest
  if (Buffer.byteLength(program) !== program.length)
    throw new Error('the program has characters that are not ASCII: esbuild is told to escape them');
  return { program, places };
}

/**
 * Has the program do something in a folder of its own, and keeps what was compiled for it. Without it the
 * program is the same, but slower.
 */
function compileProgram() {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'scripts/compile.cjs')], {
    encoding: 'utf8',
  });
  if (status === BROKEN) throw new Error(`the program that was built is broken:\n${stderr}`);
  if (status !== 0) console.warn('docksmith: cannot keep what node compiles: commands start slower, and do the same');
}

/** @param {import('esbuild').PluginBuild} steps */
function keepBeside(steps) {
  steps.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './docksmith.cjs', external: true }));
  steps.onResolve({ filter: /^\.\/check-changed\.ts$/ }, () => ({ path: './db-checks.cjs', external: true }));
}

/** @param {import('esbuild').PluginBuild} steps */
function keepApart(steps) {
  steps.onResolve({ filter: /^[a-z]/ }, ({ path: name }) =>
    PACKAGES.includes(name) ? { path: `./package-${name}.cjs`, external: true } : undefined,
  );
}

/** @param {import('esbuild').PluginBuild} steps */
function spare(steps) {
  steps.onResolve({ filter: ABSENT }, ({ path: name }) => ({ path: name, namespace: 'absent' }));
  steps.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
}

/**
 * A module as CommonJS, which node loads faster (its loader of ES modules alone takes a quarter of
 * `node -e 0`), and which requires other files and node's own modules where it first uses them.
 * It leans on esbuild's naming: `var import_NAME = require("FILE");`, also with an `__toESM(…)` around it.
 * @param {string} text an ES module as esbuild prints it
 * @param {boolean} isShort it is a file of its own, which no starter loads
 */
async function toLazyCommonJs(text, isShort) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: OPTIONS.target,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  });
  const names = new Set();
  const lazy = code.replace(/^var (import_\w+) = (.+\));$/gm, (_, name, value) => {
    names.add(name);
    return `function ${name}() { return ${name}.it ??= ${value}; }`;
  });
  return exportValues(
    (isShort ? lazy : withNodesOwn(lazy)).replace(/\b(import_\w+)\.(?!it\b)/g, (use, name) =>
      names.has(name) ? `(${name}()).` : use,
    ),
  );
}

/**
 * Node's own modules without a copy of each for each file that uses one: the starter gives them a `default`, as
 * they have for `import fs from 'node:fs'`.
 */
function withNodesOwn(code) {
  return code.replace(/\b__toESM\(require\(("node:[\w/]+")\)(?:, 1)?\)/g, 'require.withDefault($1)');
}

/**
 * Exports as values, put there when the module has run. Esbuild has two getters for each, so that a
 * variable which changes can be exported; both would be called at every use of a name of another file.
 * @param {string} code CommonJS as esbuild prints it
 */
function exportValues(code) {
  const getters = /^__export\((\w+), \{\n([^]*?)\n\}\);\nmodule\.exports = __toCommonJS\(\1\);\n/m.exec(code);
  // what has a default is a package, which says so by a mark that a getter stands for
  if (getters === null || /^ {2}default: /m.test(getters[2])) return code;
  const values = getters[2].replaceAll(': () => ', ': ');
  for (const [, name] of values.matchAll(/: (\w+),?$/gm)) {
    if (new RegExp(`^(?:let|var) ${name};`, 'm').test(code))
      throw new Error(`"${name}" is exported before it has its value`);
  }
  return `${code.replace(getters[0], '')}\nObject.assign(module.exports, {\n${values}\n});\n`;
}

/**
 * The licences of the packages that are in the bundle: they want to be told with every copy.
 * @param {readonly string[]} inputs
 */
function formatLicenses(inputs) {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
      const file = readdirSync(path.join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
      return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(path.join(ROOT, folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
