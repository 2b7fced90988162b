import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';
import { type Result, run } from './run.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATHS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const LONGEST = 60_000;
/** Where a package has its program. */
const LIB = '/usr/lib/docksmith';

/**
 * A Debian with systemd as process 1 and an engine of its own: this machine's files with a layer of their own above
 * them, which is thrown away, in a network of its own. Nothing of this machine is enabled in it.
 */
export interface Booted {
  /** its files; what is written here is its own */
  file(name: string): string;
  write(name: string, text: string, mode?: number): void;
  /** @returns when systemd has started all that is enabled, and whether something failed: `running`, `degraded` */
  boot(): Promise<string>;
  powerOff(): Promise<void>;
  /** a script for its shell */
  run(script: string): Promise<Result>;
  /** the same, and anything but exit code 0 is an error */
  runOrFail(script: string): Promise<string>;
  /** enables what its presets enable */
  preset(...units: readonly string[]): void;
  close(): void;
}

/** @throws Error where no layer can be laid over this machine's files. Needs root */
export function makeBooted(): Booted {
  const temporary = makeTemporaryFolder('booted');
  // in memory, since a layer of its own cannot be kept on every file system
  const folder = path.join(temporary, 'memory');
  const root = path.join(folder, 'root');
  const file = (name: string): string => path.join(root, name);
  const call = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  mkdirSync(folder);
  call('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', folder);
  for (const name of ['root', 'own', 'work', 'docker']) mkdirSync(path.join(folder, name));
  const layers = `lowerdir=/,upperdir=${path.join(folder, 'own')},workdir=${path.join(folder, 'work')}`;
  try {
    call('mount', '-t', 'overlay', 'overlay', '-o', layers, root);
  } catch (error) {
    removeFolder(temporary);
    throw error;
  }
  // what this machine has switched on, and its state
  execFileSync('sh', ['-c', 'rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires'], { cwd: root });
  for (const name of ['etc/docker', 'etc/docksmith', 'var/lib/docksmith', 'var/cache/docksmith', 'etc/machine-id'])
    rmSync(file(name), { recursive: true, force: true });
  const write = (name: string, text: string, mode = 0o644): void => {
    mkdirSync(path.dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text, { mode });
  };
  write('/etc/machine-id', '');
  // the engine shares the kernel's groups of version 1 with this machine, where systemd-nspawn mounts them to be read
  write(
    '/etc/systemd/system/docker.service.d/groups.conf',
    `[Service]\nExecStartPre=-/bin/sh -c 'for each in /sys/fs/cgroup/*; do mount -o remount,rw,bind $each; done'\n`,
  );
  let machine: ChildProcess | undefined;
  /** process 1 of it, by its number here */
  const leader = (): string =>
    readFileSync(`/proc/${machine?.pid ?? 0}/task/${machine?.pid ?? 0}/children`, 'utf8')
      .trim()
      .split(' ')[0] ?? '';
  const hasEnded = (): boolean => machine === undefined || machine.exitCode !== null || machine.signalCode !== null;
  const booted: Booted = {
    file,
    write,
    async boot() {
      const node = existsSync(file(process.execPath)) ? [] : [`--bind-ro=${process.execPath}`];
      machine = spawn(
        'setpriv',
        [
          ...['--pdeathsig', 'KILL', 'systemd-nspawn', '--quiet', '--boot', '-D', root],
          ...[`--machine=docksmith-test-${process.pid}`, '--register=no', '--keep-unit', '--private-network'],
          ...['--console=read-only', '--capability=all', '--system-call-filter=keyctl add_key request_key bpf'],
          ...[`--bind=${path.join(folder, 'docker')}:/var/lib/docker`, ...node],
        ],
        { stdio: 'ignore' },
      );
      const until = Date.now() + LONGEST;
      while (Date.now() < until && !hasEnded()) {
        const { stdout } = await booted.run('systemctl is-system-running');
        const state = stdout.trim();
        if (state === 'running' || state === 'degraded') return state;
        await setTimeout(50);
      }
      if (hasEnded()) throw new Error('it ended while it booted');
      const { stdout } = await booted.run('systemctl list-jobs; systemctl --failed; journalctl -b -n 40 --no-pager');
      throw new Error(`it has not booted:\n${stdout}`);
    },
    async powerOff() {
      // SIGRTMIN+4, which means power off to systemd
      process.kill(Number(leader()), 38);
      const until = Date.now() + LONGEST;
      while (!hasEnded() && Date.now() < until) await setTimeout(20);
    },
    run: (script) =>
      run('timeout', [
        ...['100', 'nsenter', '-t', leader(), '-m', '-u', '-i', '-n', '-p', '-C', 'env', '-i', `PATH=${PATHS}`],
        ...['sh', '-c', script],
      ]),
    async runOrFail(script) {
      const { exitCode, stdout, stderr } = await booted.run(script);
      if (exitCode !== 0) throw new Error(`${script}: exit code ${exitCode}\n${stderr}${stdout}`);
      return stdout;
    },
    preset: (...units) => call('systemctl', `--root=${root}`, 'preset', ...units),
    close() {
      if (!hasEnded()) {
        const first = leader();
        if (first !== '') process.kill(Number(first), 'SIGKILL');
        machine?.kill('SIGKILL');
      }
      removeFolder(temporary);
    },
  };
  return booted;
}

/** Puts the built program where a package has it, with its units and their presets. */
export function installDocksmith(machine: Booted): void {
  const { files } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly files: string[] };
  for (const name of ['package.json', ...files.filter((each) => !each.startsWith('!'))])
    cpSync(path.join(ROOT, name), machine.file(path.join(LIB, name)), { recursive: true });
  for (const program of ['docksmith', 'db', 'config', 'signal-event', 'expand-template'])
    machine.write(`/usr/bin/${program}`, `#!/bin/sh\nexec ${process.execPath} ${LIB}/bin/${program}.js "$@"\n`, 0o755);
  for (const [from, to] of [
    ['systemd', '/usr/lib/systemd/system'],
    ['system-preset', '/usr/lib/systemd/system-preset'],
  ] as const)
    cpSync(path.join(ROOT, 'packaging', from), machine.file(to), { recursive: true, verbatimSymlinks: true });
}
