import { afterAll, beforeAll, describe, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CountingProxy, type ProxyOptions, startCountingProxy } from './counting-proxy.ts';
import { type Dockerd, startDockerd } from './dockerd.ts';
import { type Host, type HostOptions, makeHost } from './host.ts';
import { makeWebImage } from './image.ts';
import { makeNamespace, type Namespace } from './namespace.ts';
import { needs, type Need } from './needs.ts';
import { type Result, run, runOrFail } from './run.ts';

const NET = '10.77.0';

/** What is not asked of any registry: a node pulls whatever it is told, and takes its own where nothing answers. */
export const WEB_IMAGE = '127.0.0.1:5999/web:1';

export interface SwarmOptions {
  readonly nodes?: number;
  /** how many of them, the first ones, are in one swarm, all as managers, before the first test; absent: all */
  readonly joined?: number;
  readonly proxy?: ProxyOptions;
  /** what each engine has; absent: `WEB_IMAGE`, which says `I am nodeN` */
  readonly images?: (engine: Dockerd, n: number) => Promise<unknown>;
}

/** A machine on the bridge. */
export interface SwarmMachine {
  /** `node1` */
  readonly hostName: string;
  /** `10.77.0.1` */
  readonly address: string;
  readonly namespace: Namespace;
  readonly engine: Dockerd;
  /** counts what hosts on it ask of the engine */
  readonly proxy: CountingProxy;
}

/**
 * Engines in network namespaces of their own, on a bridge in one more namespace (the packet filter of the
 * machine itself would drop what goes over a bridge of its own). Numbers of nodes begin with 1.
 */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #hosts: Host[] = [];
  readonly #namespaces: Namespace[] = [];
  #bridge!: Namespace;
  readonly machines: SwarmMachine[] = [];
  /** one more on the bridge, with no engine: `10.77.0.200` */
  client!: Namespace;

  constructor(options: SwarmOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { nodes = 3, joined = nodes, images, proxy } = this.#options;
    this.#bridge = await makeNamespace();
    this.#namespaces.push(this.#bridge);
    const onBridge = (...args: readonly string[]): Promise<string> => runOrFail(...this.#bridge.command('ip', args));
    await onBridge('link', 'add', 'br0', 'type', 'bridge');
    await onBridge('addr', 'add', `${NET}.254/24`, 'dev', 'br0');
    await onBridge('link', 'set', 'br0', 'up');
    this.client = await this.#plugIn(200);
    const namespaces: Namespace[] = [];
    for (let n = 1; n <= nodes; n += 1) namespaces.push(await this.#plugIn(n));
    // all that were started are stopped, also where one of them was not
    const started = await Promise.allSettled(
      namespaces.map(async (namespace, index) => {
        const hostName = `node${index + 1}`;
        const engine = await startDockerd({ namespace, hostName, args: ['--insecure-registry', `${NET}.0/24`] });
        const machine = {
          hostName,
          address: `${NET}.${index + 1}`,
          namespace,
          engine,
          proxy: await startCountingProxy(engine.socket, proxy),
        };
        this.machines[index] = machine;
        await (images ?? ((one, n) => makeWebImage(one, WEB_IMAGE, `node${n}`)))(engine, index + 1);
      }),
    );
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    if (joined > 0) await this.makeSwarm(joined);
  }

  /** A namespace on the bridge. */
  async #plugIn(last: number): Promise<Namespace> {
    const namespace = await makeNamespace();
    this.#namespaces.push(namespace);
    const port = `port${last}`;
    const outside = (...args: readonly string[]): Promise<string> => runOrFail(...this.#bridge.command('ip', args));
    const inside = (...args: readonly string[]): Promise<string> => runOrFail(...namespace.command('ip', args));
    await outside('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace.name);
    await outside('link', 'set', port, 'master', 'br0', 'up');
    await inside('addr', 'add', `${NET}.${last}/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    await inside('route', 'add', 'default', 'via', `${NET}.254`);
    return namespace;
  }

  /** Makes a swarm of the first ones by hand, all as managers. */
  async makeSwarm(count: number): Promise<void> {
    const { engine, address } = this.machine(1);
    await engine.docker('swarm', 'init', '--advertise-addr', address, '--listen-addr', `${address}:2377`);
    for (let n = 2; n <= count; n += 1) await this.join(n);
  }

  /** Joins by hand the swarm that the first one is in. */
  async join(n: number, role: 'manager' | 'worker' = 'manager'): Promise<void> {
    const first = this.machine(1);
    const token = await first.engine.docker('swarm', 'join-token', '--quiet', role);
    const { address, engine } = this.machine(n);
    const own = ['--advertise-addr', address, '--listen-addr', `${address}:2377`];
    await engine.docker('swarm', 'join', '--token', token, ...own, `${first.address}:2377`);
  }

  /** @param n from 1 */
  machine(n: number): SwarmMachine {
    const machine = this.machines[n - 1];
    if (machine === undefined) throw new Error(`there is no node ${n}`);
    return machine;
  }

  /** The machine ends as without power: its engine and all containers, at once. */
  async kill(n: number): Promise<void> {
    await this.machine(n).engine.kill();
  }

  async revive(n: number): Promise<void> {
    await this.machine(n).engine.startAgain();
  }

  /** Runs a program in the network of a node. */
  inNamespace(n: number, program: string, ...args: readonly string[]): Promise<Result> {
    return run(...this.machine(n).namespace.command(program, args));
  }

  /** Runs a program on the machine that has no engine. */
  fromClient(program: string, ...args: readonly string[]): Promise<Result> {
    return run(...this.client.command(program, args));
  }

  /** An empty host on a node, which reaches its engine through the proxy. */
  makeHost(n: number, options: Omit<HostOptions, 'namespace'> = {}): Host {
    const { namespace, proxy } = this.machine(n);
    const env = { DOCKER_HOST: `unix://${proxy.socket}`, ...options.env };
    const host = makeHost({ ...options, env, namespace });
    this.#hosts.push(host);
    return host;
  }

  /** Waits until the engine of the node says so, half a minute at the most by default. */
  async until(what: string, isTrue: () => Promise<boolean>, seconds = 40): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
      await sleep(100);
    }
  }

  /** Leaves the swarm on every node that runs, so that its services do not come again. */
  async leave(): Promise<void> {
    await Promise.all(this.machines.map(({ engine }) => engine.tryDocker('swarm', 'leave', '--force')));
  }

  async stop(): Promise<void> {
    for (const host of this.#hosts.splice(0)) host.stop();
    const machines = Object.values(this.machines.splice(0));
    const ended = await Promise.allSettled(
      machines.map(async ({ engine, proxy }) => {
        await proxy.stop();
        await engine.tryDocker('swarm', 'leave', '--force');
        await engine.stop();
      }),
    );
    for (const namespace of this.#namespaces.splice(0)) namespace.remove();
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}

/** Engines that are started before the suite's first test and stopped after its last, in a suite of `describeSwarm`. */
export function useSwarm(options: SwarmOptions = {}): Swarm {
  const swarm = new Swarm(options);
  beforeAll(() => swarm.start());
  afterAll(() => swarm.stop());
  return swarm;
}

/** A suite with `useSwarm`, where this machine has what it takes. */
export function describeSwarm(title: string, tests: () => void, ...further: readonly Need[]): void {
  const missing = findMissing();
  if (missing === undefined) needs('dockerd', ...further)(title, tests);
  else describe.skip(`${title} (skipped: kernel ${missing})`, () => it('is not run', () => undefined));
}

/** What of the kernel overlay networks need. */
function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  // in a network namespace that ends with the program
  const { status } = spawnSync('unshare', [
    '--net',
    'ip',
    'link',
    'add',
    'vx',
    'type',
    'vxlan',
    'id',
    '9',
    'dstport',
    '4789',
  ]);
  return status === 0 ? undefined : 'without VXLAN';
}

/** Whether published ports of the routing mesh answer on this kernel. */
export function hasIpvs(): boolean {
  return spawnSync('unshare', ['--net', 'cat', '/proc/net/ip_vs']).status === 0;
}
