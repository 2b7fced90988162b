import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type CountingProxy, type ProxyOptions, startCountingProxy } from './counting-proxy.ts';
import { type Dockerd, type DockerdOptions, startDockerd } from './dockerd.ts';
import { type Host, type HostOptions, makeHost } from './host.ts';
import { makeNamespace, type Namespace } from './namespace.ts';
import { runOrFail } from './run.ts';

export interface MachineOptions extends Pick<DockerdOptions, 'args'> {
  /** addresses of its own: `192.168.1.2/24` */
  readonly addresses?: readonly string[];
  /** what else its network needs before the engine starts: hosts that are connected */
  readonly network?: (namespace: Namespace) => Promise<unknown>;
  readonly proxy?: ProxyOptions;
  /** each test has it for itself: its containers and hosts go after the test, and not after the last one */
  readonly clears?: boolean;
}

/** What the tests of a suite share. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #hosts: Host[] = [];
  namespace!: Namespace;
  engine!: Dockerd;
  /** counts what hosts ask of the engine */
  proxy!: CountingProxy;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { args = [], addresses = [], network, proxy } = this.#options;
    this.namespace = await makeNamespace();
    // nodad: without waiting for others who might have the same address of IPv6
    for (const address of addresses)
      await this.inside('ip', 'addr', 'add', address, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
    await network?.(this.namespace);
    this.engine = await startDockerd({ namespace: this.namespace, args });
    this.proxy = await startCountingProxy(this.engine.socket, proxy);
  }

  async stop(): Promise<void> {
    this.removeHosts();
    await this.proxy.stop();
    await this.engine.stop();
    this.namespace.remove();
  }

  /** Runs a program in its network. */
  inside(program: string, ...args: readonly string[]): Promise<string> {
    return runOrFail(...this.namespace.command(program, args));
  }

  /** An event that ends well and changes nothing on the engine. */
  async expectNothingToDo(host: Host, event = 'docker-update'): Promise<void> {
    this.proxy.reset();
    const { exitCode, stdout, stderr } = await host.run('signal-event', [event]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\S+: nothing to do$/m);
    expect(this.proxy.listMutating()).toEqual([]);
  }

  /** An empty host in its network, which reaches the engine through the proxy unless `env` is given. */
  makeHost(options: Omit<HostOptions, 'namespace'> = {}): Host {
    const host = makeHost({
      env: { DOCKER_HOST: `unix://${this.proxy.socket}` },
      ...options,
      namespace: this.namespace,
    });
    this.#hosts.push(host);
    return host;
  }

  /** The same with a name, and what further lines put into its dbs. */
  async makeServer(lines: readonly string[], options?: Omit<HostOptions, 'namespace'>): Promise<Host> {
    const host = this.makeHost(options);
    await host.db('configuration set DomainName example.test', 'configuration set SystemName host', ...lines);
    return host;
  }

  /** The same, with an engine that is its admin's own, where events wait until containers are healthy. */
  makeHealthServer(lines: readonly string[]): Promise<Host> {
    return this.makeServer(
      [
        'configuration set LocalIP 192.168.1.2',
        'configuration set docker service status enabled Daemon foreign',
        'configuration set docksmith service status enabled HealthUptime 300ms',
        ...lines,
      ],
      { waitsForHealth: true },
    );
  }

  /** name -> `id state start`: equal if and only if no container was touched */
  async listContainers(): Promise<Readonly<Record<string, string>>> {
    const ids = await this.#listIds();
    if (ids.length === 0) return {};
    const format = '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}}';
    return Object.fromEntries(
      (await this.engine.docker('inspect', '--format', format, ...ids))
        .split('\n')
        .map((line) => [line.slice(1, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  async removeContainers(): Promise<void> {
    const ids = await this.#listIds();
    if (ids.length > 0) await this.engine.docker('rm', '--force', '--volumes', ...ids);
  }

  /** Removes all containers, networks that nothing is on any more, and the records of the host's containers. */
  async forgetContainers(host: Host): Promise<void> {
    await this.removeContainers();
    await this.engine.docker('network', 'prune', '-f');
    const keys = (await host.run('db', ['docker_containers', 'keys'])).stdout.split('\n').filter(Boolean);
    await host.db(...keys.map((key) => `docker_containers delete ${key}`));
    await host.run('signal-event', ['docker-update']);
  }

  async #listIds(): Promise<readonly string[]> {
    return (await this.engine.docker('ps', '--all', '--quiet', '--no-trunc')).split('\n').filter((id) => id !== '');
  }

  removeHosts(): void {
    for (const host of this.#hosts.splice(0)) host.stop();
  }
}

/** A machine that is started before the suite's first test and removed after its last. Needs `needs('dockerd')`. */
export function useMachine(options: MachineOptions = {}): Machine {
  const machine = new Machine(options);
  beforeAll(() => machine.start());
  afterAll(() => machine.stop());
  if (options.clears === true)
    afterEach(async () => {
      await machine.removeContainers();
      machine.removeHosts();
    });
  return machine;
}
