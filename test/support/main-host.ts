import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll } from 'vitest';
import type { CountingProxy } from './counting-proxy.ts';
import type { Dockerd } from './dockerd.ts';
import type { Host } from './host.ts';
import { makeSleepImage } from './image.ts';
import { type Machine, type MachineOptions, useMachine } from './machine.ts';
import type { Namespace } from './namespace.ts';
import type { Result, RunOptions } from './run.ts';

/** A small server with a real engine behind a counting proxy, both in a namespace that has the host's addresses. */
export interface MainHost {
  readonly host: Host;
  readonly engine: Dockerd;
  readonly proxy: CountingProxy;
  readonly namespace: Namespace;
  /** folders of the machine to mount, made already */
  readonly wiki: string;
  readonly wiki2: string;
  signal(event: string, args?: readonly string[], options?: RunOptions): Promise<Result>;
  /** name -> id and start time: equal if and only if no container was touched */
  listContainers(): Promise<Readonly<Record<string, string>>>;
  /** one line per command that the host's Apache was given: `reload`, since the last call */
  takeApacheCommands(): readonly string[];
}

/** A machine with the images `wiki:1`, `wiki:2` and `git:1`, where 192.168.1.2 is a local address. */
export function useMainMachine(options: Pick<MachineOptions, 'clears'> = {}): Machine {
  const machine = useMachine({ ...options, addresses: ['192.168.1.2/24'] });
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'wiki:1', { expose: ['80/tcp'] });
    await machine.engine.docker('tag', 'wiki:1', 'wiki:2');
    await machine.engine.docker('tag', 'wiki:1', 'git:1');
  });
  return machine;
}

/**
 * The sample: a private wiki with a host name, its database, and a public git server with a path; its Apache
 * is a command that writes down what it is asked.
 */
export async function makeMainHost(machine: Machine): Promise<MainHost> {
  const { engine, proxy, namespace } = machine;
  const host = machine.makeHost({ env: {} });
  const [wiki, wiki2] = [host.file('/srv/wiki'), host.file('/srv/wiki2')] as const;
  for (const folder of [wiki, wiki2]) mkdirSync(folder, { recursive: true });
  const said = host.file('/run/apache-was-told');
  host.write('/run/apache-was-told', '');
  await host.db(
    'configuration set DomainName example.test',
    'configuration set SystemName host',
    'configuration set LocalIP 192.168.1.2',
    `configuration set docker service status enabled Socket ${proxy.socket}`,
    'configuration set docksmith service status enabled ServiceManager command',
    `configuration set httpd service status enabled Layout redhat ReloadCommand "echo reload >> ${said}"`,
    // the private engine is stopped by the tests alone
    'configuration setprop docker Daemon foreign',
    'networks set 192.168.1.0 network Mask 255.255.255.0',
    'docker_images set wiki service Repository wiki Tag 1 Pull never Source local',
    'docker_containers set wikidb service status enabled Image wiki:2 MaxMemory 64',
    `docker_containers set wiki service status enabled Image wiki SubDomain enabled WebPort 80 access private TCPPort 8080 MountPath ${wiki}:/images MaxMemory 64`,
    'docker_containers set git service status enabled Image git:1 PortMapping custom PortMappingPorts 2222:22 access public WebAlias git WebPort 3000',
  );
  return {
    host,
    engine,
    proxy,
    namespace,
    wiki,
    wiki2,
    signal: (event, args = [], options) => host.run('signal-event', [event, ...args], options),
    listContainers: () => machine.listContainers(),
    takeApacheCommands() {
      const lines = host
        .read('/run/apache-was-told')
        .split('\n')
        .filter((line) => line !== '');
      host.write('/run/apache-was-told', '');
      return lines;
    },
  };
}

/** Where the paths of a tree differ: `/etc/x`, sorted. */
export function listTouched(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .sort();
}

/**
 * A snapshot without what every run of an event leaves: its own record, the time at which it took its locks,
 * and what may be deleted at any time.
 */
export function withoutRuns(snapshot: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const state = '/var/lib/docksmith/state';
  return Object.fromEntries(
    Object.entries(snapshot).filter(
      ([name]) =>
        name !== state &&
        !name.startsWith('/var/cache/docksmith') &&
        !name.startsWith(path.join(state, 'runs')) &&
        ![path.join(state, 'event.lock'), path.join(state, 'commit.lock')].includes(name),
    ),
  );
}
