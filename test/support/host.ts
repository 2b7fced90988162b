import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';
import type { Namespace } from './namespace.ts';
import { type Result, run, type RunOptions } from './run.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');

export type Bin = 'docksmith' | 'signal-event' | 'expand-template' | 'db' | 'config';

/** A host laid out in a folder, as `DOCKSMITH_ROOT` has it. Paths are the admin's: `/etc/docksmith/…`. */
export interface Host {
  readonly root: string;
  /** runs the built program under one of its names, as a process of its own, and waits for its end */
  run(bin: Bin, args: readonly string[], options?: RunOptions): Promise<Result>;
  /** the same, and anything but exit code 0 is an error that shows what was said; @returns standard output */
  runOrFail(bin: Bin, args: readonly string[], options?: RunOptions): Promise<string>;
  /**
   * db commands as one types them, quoted as for a shell: `docker_containers set wiki service Image wiki`.
   * One process per db.
   */
  db(...lines: readonly string[]): Promise<void>;
  /** where a path of the admin's really is */
  file(pathUnderRoot: string): string;
  read(pathUnderRoot: string): string;
  /** makes the folders that are missing; a content that starts with `#!` is made executable unless a mode is given */
  write(pathUnderRoot: string, content: string, mode?: number): void;
  /** writes one of the admin's own fragments: `/etc/docksmith/templates-custom/TEMPLATE/NAME` */
  writeFragment(template: string, name: string, content: string): void;
  remove(pathUnderRoot: string): void;
  /** every file and link below the root or a folder in it, as the admin's paths, sorted */
  files(below?: string): readonly string[];
  /**
   * path -> type and mode, owner, time of change, inode and digest, folders too: equal if and only if
   * nothing was touched
   */
  snapshot(below?: string): Readonly<Record<string, string>>;
  /** removes the folder */
  stop(): void;
}

export interface HostOptions {
  /** where its commands run, so that they see its addresses and listeners and reach its published ports */
  readonly namespace?: Namespace;
  /** for every command, under what a single call gives: `DOCKER_HOST` */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * its containers have to become healthy, as on any server; otherwise nobody waits, as images of tests
   * rarely serve the ports that they publish
   */
  readonly waitsForHealth?: boolean;
  /** an existing folder instead of a temporary one; `stop` removes it, too */
  readonly root?: string;
  /** the folder of another program than that of this checkout */
  readonly program?: string;
}

/** What a package would bring that lays down how long containers may take; `files` does not show it. */
const NOBODY_WAITS = '/etc/docksmith/db/configuration/schema.d/test.json';

/** An empty host. Its commands see nothing of the environment that would lead them elsewhere. */
export function makeHost({
  namespace,
  env = {},
  waitsForHealth = false,
  root = makeTemporaryFolder('host'),
  program,
}: HostOptions = {}): Host {
  const bins = program === undefined ? BIN : path.join(program, 'bin');
  const file = (pathUnderRoot: string): string => path.join(root, path.posix.resolve('/', pathUnderRoot));
  const runBin: Host['run'] = (bin, args, options = {}) => {
    const command = [process.execPath, [path.join(bins, `${bin}.js`), ...args]] as const;
    const ownEnv = { DBPATH: undefined, DOCKER_HOST: undefined, ...env, DOCKSMITH_ROOT: root, ...options.env };
    return run(...(namespace === undefined ? command : namespace.command(...command)), { ...options, env: ownEnv });
  };
  const runBinOrFail: Host['runOrFail'] = async (bin, args, options) => {
    const { exitCode, stdout, stderr } = await runBin(bin, args, options);
    if (exitCode !== 0) throw new Error(`${bin} ${args.join(' ')}: exit code ${exitCode}\n${stderr}${stdout}`);
    return stdout;
  };
  const write: Host['write'] = (pathUnderRoot, content, mode = content.startsWith('#!') ? 0o755 : 0o644) => {
    mkdirSync(path.dirname(file(pathUnderRoot)), { recursive: true });
    writeFileSync(file(pathUnderRoot), content);
    chmodSync(file(pathUnderRoot), mode);
  };
  if (!waitsForHealth) write(NOBODY_WAITS, JSON.stringify({ docksmith: { HealthWait: { default: '0' } } }));
  return {
    root,
    run: runBin,
    runOrFail: runBinOrFail,
    async db(...lines) {
      const batches = new Map<string, string>();
      for (const line of lines) {
        const [, name = '', command = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
        batches.set(name, `${batches.get(name) ?? ''}${command}\n`);
      }
      for (const [name, stdin] of batches) await runBinOrFail('db', [name, 'batch'], { stdin });
    },
    file,
    read: (pathUnderRoot) => readFileSync(file(pathUnderRoot), 'utf8'),
    write,
    writeFragment: (template, name, content) =>
      write(path.posix.join('/etc/docksmith/templates-custom', template, name), content),
    remove: (pathUnderRoot) => rmSync(file(pathUnderRoot), { recursive: true }),
    files: (below = '/') =>
      listTree(root, file(below)).filter(
        (name) => name !== NOBODY_WAITS && !lstatSync(path.join(root, name)).isDirectory(),
      ),
    snapshot: (below = '/') =>
      Object.fromEntries(listTree(root, file(below)).map((name) => [name, describeFile(path.join(root, name))])),
    stop: () => removeFolder(root),
  };
}

function listTree(root: string, folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `/${path.relative(root, path.join(folder, name))}`)
    .sort();
}

function describeFile(file: string): string {
  const stat = lstatSync(file);
  const common = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeMs} ${stat.ino}`;
  if (stat.isSymbolicLink()) return `${common} -> ${readlinkSync(file)}`;
  return stat.isFile() ? `${common} ${createHash('sha256').update(readFileSync(file)).digest('hex')}` : common;
}
