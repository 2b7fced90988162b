// Plain JavaScript: it makes what all the rest runs from.
import { build, transform } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const OUT = path.join(ROOT, 'dist');

/** What a package would load and this program never calls: dockerode reaches engines over ssh, and builds by grpc. */
const ABSENT = /^(?:ssh2|protobufjs|@grpc\/grpc-js|@grpc\/proto-loader)$/;
/** Of handlebars only its parser is called. */
const HANDLEBARS_PARSER = path.join(ROOT, 'node_modules/handlebars/dist/cjs/handlebars/compiler/base.js');

const OPTIONS = {
  bundle: true, format: 'esm', platform: 'node', target: 'node20.19', mainFields: ['main', 'module'], absWorkingDir: ROOT,
  outdir: OUT, outExtension: { '.js': '.cjs' }, write: false, metafile: true, logLevel: 'warning', legalComments: 'none',
};

const results = await Promise.all([
  // short commands are one file that holds all of them; what they seldom need is the program below
  build({ ...OPTIONS, entryPoints: { db: 'src/cli/main-db.ts' }, plugins: [{ name: 'beside', setup: keepBeside }] }),
  build({ ...OPTIONS, entryPoints: { docksmith: 'src/cli/main.ts' }, splitting: true, chunkNames: '[name]-[hash]', plugins: [{ name: 'spare', setup: spare }] }),
]);
const files = await Promise.all(results.flatMap(({ outputFiles }) => outputFiles).map(async ({ path: file, text }) => [file, await toLazyCommonJs(text)]));

files.push([path.join(OUT, 'LICENSES'), formatLicenses(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)))]);

// what runs meanwhile finds each of its files, old or new
mkdirSync(OUT, { recursive: true });
for (const [file, text] of files) {
  writeFileSync(`${file}~`, text);
  renameSync(`${file}~`, file);
}
const wanted = new Set(files.map(([file]) => path.basename(file)));
for (const name of readdirSync(OUT)) if (!wanted.has(name)) rmSync(path.join(OUT, name), { recursive: true });

/** @param {import('esbuild').PluginBuild} steps */
function keepBeside(steps) {
  steps.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './docksmith.cjs', external: true }));
}

/** @param {import('esbuild').PluginBuild} steps */
function spare(steps) {
  steps.onResolve({ filter: ABSENT }, ({ path: name }) => ({ path: name, namespace: 'absent' }));
  steps.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
  steps.onResolve({ filter: /^handlebars$/ }, () => ({ path: HANDLEBARS_PARSER }));
}

/**
 * A module as CommonJS, which node loads faster (its loader of ES modules alone takes a quarter of
 * `node -e 0`), and which requires other files and node's own modules where it first uses them.
 * It leans on esbuild's naming: `var import_NAME = require("FILE");`, also with an `__toESM(…)` around it.
 * @param {string} text an ES module as esbuild prints it
 */
async function toLazyCommonJs(text) {
  const { code } = await transform(text, {
    format: 'cjs', platform: 'node', target: OPTIONS.target, supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  });
  const names = new Set();
  const lazy = code.replace(/^var (import_\w+) = (.+\));$/gm, (_, name, value) => {
    names.add(name);
    return `function ${name}() { return ${name}.it ??= ${value}; }`;
  });
  return lazy.replace(/\b(import_\w+)\.(?!it\b)/g, (use, name) => (names.has(name) ? `(${name}()).` : use));
}

/** The licences of the packages that are in the bundle: they want to be told with every copy. @param {readonly string[]} inputs */
function formatLicenses(inputs) {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
    const file = readdirSync(path.join(ROOT, folder)).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(path.join(ROOT, folder, file), 'utf8').trim()}\n`;
  }).join(`\n${'-'.repeat(72)}\n\n`);
}
