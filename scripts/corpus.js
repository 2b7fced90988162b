// Plain JavaScript: it runs what was built, as an admin does.
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import './build.js';
import { ROOT } from './packages.js';

const MAIN = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const IS_COMPOSE = /^(docker-)?compose[\w.-]*\.ya?ml$/;
const IS_OVERRIDE = /^(docker-)?compose\.override\.ya?ml$/;
const AT_ONCE = 2;
const SETTINGS = [
  'set DomainName example.test',
  'set SystemName host',
  'set docker service status enabled Daemon foreign',
  'set docksmith service status enabled HealthWait 0',
  'set httpd service status enabled',
].join('\n');

/** What `docker-compose config` says in one word or map, and run specs as well. */
const COMPARED = ['image', 'environment', 'user', 'working_dir', 'hostname', 'privileged', 'read_only'];

/** Every Compose file below a folder; those of a project that Compose takes together are one. */
function listProjects(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && IS_COMPOSE.test(entry.name) && !IS_OVERRIDE.test(entry.name))
    .map(({ name, parentPath }) => {
      const there = readdirSync(parentPath);
      const main = MAIN.find((one) => there.includes(one));
      const folderName = path.relative(folder, parentPath);
      return name === main
        ? {
            name: path.join(folderName, name),
            files: [parentPath],
            plain: [name, ...there.filter((one) => IS_OVERRIDE.test(one)).slice(0, 1)],
          }
        : { name: path.join(folderName, name), files: [path.join(parentPath, name)], plain: [name], main };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function run(file, args, { env, cwd }) {
  return new Promise((resolve) => {
    execFile(file, args, { env, cwd, timeout: 120_000, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : (error.code ?? 1), stdout, stderr }),
    );
  });
}

async function runProject(project, { template, folder, hasCompose }) {
  const root = mkdtempSync(path.join(folder, 'root-'));
  cpSync(template, root, { recursive: true });
  const env = { ...process.env, DOCKSMITH_ROOT: root, DOCKSMITH_ENGINE: `memory://${root}.json` };
  const bin = (name, ...args) => run(process.execPath, [path.join(ROOT, `bin/${name}.js`), ...args], { env });
  let made = [];
  try {
    const tries = [
      project.files,
      ...(project.main === undefined
        ? []
        : [[path.join(path.dirname(project.files[0]), project.main), ...project.files]]),
    ];
    let adopted;
    for (const files of tries) {
      adopted = await bin('docksmith', 'adopt', '--json', ...files.flatMap((file) => ['-f', file]));
      if (adopted.exitCode === 0) break;
    }
    if (adopted.exitCode !== 0) return { result: 'refused', words: firstLine(adopted.stderr, folder) };
    const { leftOut, folders, records } = JSON.parse(adopted.stdout);
    made = folders;
    const first = await bin('signal-event', 'docker-update');
    if (first.exitCode !== 0) return { result: 'event refused', words: firstLine(first.stderr, folder) };
    const second = await bin('docksmith', 'plan');
    const gaps = [...new Set(leftOut.map(({ key }) => key))].sort();
    const different = hasCompose ? await compare(project, root, records) : [];
    if (!/^nothing to do/.test(second.stdout))
      return { result: 'not settled', words: firstLine(second.stdout, folder), gaps, different };
    return { result: gaps.length === 0 ? 'whole' : 'with gaps', words: gaps.join(' '), gaps, different };
  } finally {
    // those of the machine, which were not there before
    for (const one of [...made].reverse())
      try {
        if (!one.startsWith(`${folder}/`)) rmdirSync(one);
      } catch {
        // somebody has put something into it
      }
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.json`, { force: true });
  }
}

function firstLine(text, folder) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes('warning:'));
  return (lines[0] ?? '').replaceAll(`${folder}/files/`, '').replace(/^docksmith: /, '');
}

/** The keys of services that `docker-compose config` has otherwise; `cannot read` where it refuses the file. */
async function compare({ files: [first], plain }, root, records) {
  const cwd = plain.length > 0 && MAIN.includes(plain[0]) && !/\.ya?ml$/.test(first) ? first : path.dirname(first);
  const { exitCode, stdout } = await run('docker-compose', [...plain.flatMap((file) => ['-f', file]), 'config'], {
    env: process.env,
    cwd,
  });
  if (exitCode !== 0) return ['cannot read'];
  const { services = {} } = parse(stdout, { intAsBigInt: true });
  const specs = records
    .filter(({ db }) => db === 'docker_containers')
    .map(({ key }) => path.join(root, 'etc/docksmith/containers', `${key}.yaml`))
    .filter((file) => existsSync(file))
    .flatMap((file) => Object.entries(parse(readFileSync(file, 'utf8')).services));
  return Object.entries(services).flatMap(([name, wanted]) => {
    if (wanted.profiles !== undefined) return [];
    const [, spec] = specs.find(([one]) => one === (wanted.container_name ?? name) || one.endsWith(`-${name}-1`)) ?? [];
    if (spec === undefined) return [`${name} missing`];
    return COMPARED.filter(
      (key) => wanted[key] !== undefined && canonical(key, wanted[key]) !== canonical(key, spec[key]),
    ).map((key) => `${name}.${key}`);
  });
}

function canonical(key, value) {
  if (key !== 'environment') return String(value ?? '').replaceAll('$$', '$');
  const entries = Array.isArray(value) ? value.map((text) => text.split(/=(.*)/s)) : Object.entries(value ?? {});
  return JSON.stringify(
    entries
      .filter(([, held]) => held !== null && held !== undefined)
      .map(([name, held]) => `${name}=${String(held).replaceAll('$$', '$')}`)
      .sort(),
  );
}

function count(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

function printTable(rows) {
  const widths = [0, 1].map((n) => Math.max(...rows.map((row) => row[n].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, n) => (n < 2 ? cell.padEnd(widths[n]) : cell))
        .join('  ')
        .trimEnd(),
    );
}

async function main([given]) {
  if (given === undefined || !existsSync(given)) {
    console.error(
      `corpus: cannot run: ${given === undefined ? 'no folder is named' : `there is no folder "${given}"`}\nhint: npm run corpus FOLDER`,
    );
    return 2;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-corpus-'));
  try {
    const [files, template] = ['files', 'template'].map((name) => path.join(folder, name));
    // folders are made beside the files
    cpSync(given, files, { recursive: true, filter: (from) => !/\/(\.git|node_modules)$/.test(from) });
    mkdirSync(template);
    const env = { ...process.env, DOCKSMITH_ROOT: template };
    const set = spawnSync(process.execPath, [path.join(ROOT, 'bin/db.js'), 'configuration', 'batch'], {
      env,
      input: SETTINGS,
    });
    if (set.status !== 0) throw new Error(set.stderr.toString());
    const projects = listProjects(files);
    const hasCompose = spawnSync('docker-compose', ['version']).status === 0;
    const rest = projects.entries();
    const results = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const [n, project] of rest)
          results[n] = { ...project, ...(await runProject(project, { template, folder, hasCompose })) };
      }),
    );
    if (results.length === 0) {
      console.error(`corpus: there is no Compose file below "${given}"`);
      return 1;
    }
    printTable([
      ['file', 'result', 'left out, or why'],
      ...results.map(({ name, result, words }) => [name, result, words]),
    ]);
    console.log('');
    const total = count(results.map(({ result }) => result));
    for (const [result, number] of total) console.log(`${String(number).padStart(4)} ${result}`);
    console.log(`${String(results.length).padStart(4)} files`);
    console.log('\nleft out, by key');
    for (const [key, number] of count(results.flatMap(({ gaps = [] }) => gaps)))
      console.log(`${String(number).padStart(4)} ${key}`);
    console.log('\nother than docker-compose config');
    if (!hasCompose) console.log('   skipped: there is no docker-compose on this machine');
    else {
      const read = results.filter(({ different }) => different !== undefined);
      console.log(
        `${String(read.filter(({ different }) => different[0] === 'cannot read').length).padStart(4)} files that it cannot read`,
      );
      const differing = read.filter(({ different }) => different.length > 0 && different[0] !== 'cannot read');
      console.log(`${String(differing.length).padStart(4)} files`);
      for (const { name, different } of differing) console.log(`     ${name}: ${different.join(' ')}`);
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
