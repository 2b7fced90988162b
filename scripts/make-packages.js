// Plain JavaScript: makes a deb, an rpm, the npm package and a tar archive of the program that was built, all with
// the same content, and the same bytes each time.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './packages.js';
import { call, npmPack } from './packaging/call.js';
import { CONTENTS } from './packaging/content.js';
import { makeDeb } from './packaging/deb.js';
import { makeRpm } from './packaging/rpm.js';
import { makeTar } from './packaging/tar.js';
import { readTree } from './packaging/tree.js';

const MAKERS = { deb: makeDeb, rpm: makeRpm, tar: makeTar };

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'packages' },
    // where the definitions of packages are, a folder each
    from: { type: 'string', default: path.join(ROOT, 'packaging') },
    // names of packages; all of them if none is named
    only: { type: 'string', multiple: true },
    // of the packages, where the program has the same version
    revision: { type: 'string', default: '1' },
    cpu: { type: 'string', default: process.arch },
  },
});

/** @returns the names of the files that were made */
function makePackages() {
  const out = path.resolve(values.out);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(path.join(os.tmpdir(), 'docksmith-packages-'));
  try {
    const { version, author } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? call('git', ['log', '-1', '--format=%ct']).stdout);
    const npm = npmPack(out);
    call('tar', ['-xzf', path.join(out, npm), '-C', work]);
    const npmPackage = readTree(path.join(work, 'package'));
    const files = [npm];
    for (const definition of readDefinitions()) {
      const { name, content, folders = [], formats = Object.keys(MAKERS) } = definition;
      const made = {
        definition,
        version,
        revision: values.revision,
        cpu: values.cpu,
        seconds,
        maintainer: author,
        tree: new Map([
          ...(content === undefined ? [] : CONTENTS[content]({ definition, cpu: values.cpu, npmPackage })),
          ...(existsSync(path.join(definition.folder, 'root')) ? readTree(path.join(definition.folder, 'root')) : []),
          ...folders.map((folder) => [folder.slice(1), { mode: 0o755 }]),
        ]),
      };
      for (const format of formats) {
        const folder = path.join(work, `${name}-${format}`);
        mkdirSync(folder);
        files.push(MAKERS[format](made, out, folder));
        // that of node is large
        rmSync(folder, { recursive: true });
      }
    }
    const sums = files.sort().map((file) => `${sha256(path.join(out, file))}  ${file}\n`);
    writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''));
    return files;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** NAME/package.json, whose form packaging/README.md tells. */
function readDefinitions() {
  const folders = readdirSync(values.from, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(values.from, name))
    .filter((folder) => readdirSync(folder).includes('package.json'));
  const all = folders.map((folder) => ({
    ...JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')),
    name: path.basename(folder),
    folder,
  }));
  const names = all.map(({ name }) => name);
  const unknown = (values.only ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no package "${unknown.join('", "')}": there are ${names.join(', ')}`);
  return all.filter(({ name }) => values.only === undefined || values.only.includes(name));
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

try {
  for (const file of makePackages()) console.log(path.join(values.out, file));
} catch (error) {
  console.error(`docksmith: cannot make the packages: ${error.message}`);
  process.exit(1);
}
