import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Host, makeHost } from './host.ts';
import { makeTemporaryFolder, removeFolder } from './leftovers.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/docksmith.js');

/** What hosts have in common, as text: dbs without comments and what is one host's alone, and files of the admin's. */
export function commonOf(host: Host): Readonly<Record<string, string>> {
  const dbs = host
    .files('/var/lib/docksmith/db')
    .filter((file) => !/\.lock$/.test(file) && !file.endsWith('/networks'))
    .map((file): [string, string] => [path.basename(file), host.read(file)]);
  const shown = dbs.map(([db, text]): [string, string] => [
    db,
    text
      .split('\n')
      .filter((line) => !/^(#|SystemName=|LocalIP=|docksmith=)/.test(line))
      .map((line) => line.replace(/\|(WebHostPort|PortMappingGiven|Socket)\|[^|]*/g, ''))
      .join('\n'),
  ]);
  // an empty db is as good as none
  const filled = shown.filter(([, text]) => text.trim() !== '');
  const files = host
    .files('/etc/docksmith')
    .filter((file) => !file.startsWith('/etc/docksmith/containers/') && !file.startsWith('/etc/docksmith/filter/'))
    .map((file): [string, string] => [file, host.read(file)]);
  return Object.fromEntries([...filled, ...files]);
}

/** The run specs of a host: what is made of the rest. */
export function specsOf(host: Host): Readonly<Record<string, string>> {
  if (!existsSync(host.file('/etc/docksmith/containers'))) return {};
  return Object.fromEntries(host.files('/etc/docksmith/containers').map((file) => [file, host.read(file)]));
}

/** Hosts in folders with engines in memory, and a program instead of ssh that runs the far end in the right folder. */
export class ManyHosts {
  readonly #folder = makeTemporaryFolder('hosts');
  readonly hosts: ReadonlyMap<string, Host>;
  /** to be set as SSHCommand */
  readonly ssh = path.join(this.#folder, 'ssh');

  constructor(names: readonly string[]) {
    this.hosts = new Map(
      names.map((name) => {
        const root = path.join(this.#folder, name);
        mkdirSync(path.join(root, 'etc/httpd/conf.d'), { recursive: true });
        return [name, makeHost({ root, env: { DOCKSMITH_ENGINE: `memory://${root}.json`, DOCKER_HOST: undefined } })];
      }),
    );
    writeFileSync(
      this.ssh,
      [
        '#!/bin/sh',
        'while [ "$1" != -- ]; do shift; done',
        'host=$2; shift 2',
        `cd ${this.#folder}`,
        'if [ -e $host.away ]; then echo "ssh: connect to host $host: No route to host" >&2; exit 255; fi',
        'case "$*" in *--confirm\\ *) if [ -e $host.mute ]; then exit 255; fi ;; esac',
        'case "$*" in *--apply*) echo $$ > $host.pid ;; esac',
        'unset DBPATH DOCKSMITH_RUN DOCKER_HOST',
        `exec env DOCKSMITH_ROOT=${this.#folder}/$host DOCKSMITH_ENGINE=memory://${this.#folder}/$host.json sh -c "exec $*"`,
        '',
      ].join('\n'),
      { mode: 0o755 },
    );
  }

  /** The least that a host has, and records of hosts for the writer. */
  async fill(writer: string): Promise<void> {
    for (const [name, host] of this.hosts)
      host.write(
        '/var/lib/docksmith/db/configuration',
        [
          'DomainName=example.test',
          'LocalIP=192.168.1.2',
          `SystemName=${name}`,
          `docksmith=service|SSHCommand|${this.ssh}`,
          'docker=service|status|enabled',
          'httpd=service|Layout|redhat|status|enabled',
          '',
        ].join('\n'),
      );
    await this.get(writer).db(
      ...[...this.hosts.keys()].map(
        (name) =>
          `hosts set ${name} docksmith Command '${process.execPath} ${PROGRAM}'${name === writer ? ' Role writer' : ''}`,
      ),
    );
  }

  get(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  /** `away`: not reached; `mute`: reached, but for confirmations. */
  set(name: string, how: 'away' | 'mute', is: boolean): void {
    const file = path.join(this.#folder, `${name}.${how}`);
    if (is) writeFileSync(file, '');
    else rmSync(file, { force: true });
  }

  /** The process that receives on a host now, or did so last. */
  async pidOf(name: string): Promise<number> {
    const file = path.join(this.#folder, `${name}.pid`);
    await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    const pid = Number(readFileSync(file, 'utf8'));
    rmSync(file);
    return pid;
  }

  /** Whether something waits to be confirmed on a host. */
  isPending(name: string): boolean {
    return existsSync(this.get(name).file('/var/lib/docksmith/state/hosts/pending.json'));
  }

  remove(): void {
    removeFolder(this.#folder);
  }
}

const LOOK_MILLISECONDS = 20;

/** Looks again and again; vitest's own time limit ends a wait in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(LOOK_MILLISECONDS);
}
