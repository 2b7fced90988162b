import { execFileSync } from 'node:child_process';
import { makeNamespaceName } from './leftovers.ts';
import { type Result, run, runOrFail, type RunOptions } from './run.ts';

/**
 * A network of a test's own: a private engine's bridge and packet filter, a private Apache's
 * ports 80 and 443, and the addresses of the host under test all stand in it, and nothing of it
 * is seen on the machine. Whoever talks to what listens in there has to run in there.
 */
export interface Namespace {
  readonly name: string;
  /** the program and arguments that run a command in here */
  command(command: string, args: readonly string[]): readonly [string, readonly string[]];
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Result>;
  /**
   * Gives this namespace an address on a new wire: `192.168.1.2/24`. What is at the other end
   * is another host: a namespace of its own, with the second address, that goes out through this one.
   * @param ipv6 the same of IPv6, of both ends
   */
  connect(ownAddress: string, otherAddress: string, ipv6?: readonly [own: string, other: string]): Promise<Namespace>;
  /** removes it and the hosts that were connected */
  remove(): void;
}

/** Loopback is up and there is nothing else in it. Needs root. */
export async function makeNamespace(): Promise<Namespace> {
  const name = makeNamespaceName();
  const others: Namespace[] = [];
  await runOrFail('ip', ['netns', 'add', name]);
  // not `ip netns exec`: it mounts a new /sys, and an engine in there finds no cgroups
  const command: Namespace['command'] = (program, args) => ['nsenter', [`--net=/run/netns/${name}`, program, ...args]];
  const namespace: Namespace = {
    name,
    command,
    run: (program, args, options) => run(...command(program, args), options),
    async connect(ownAddress, otherAddress, ipv6) {
      const other = await makeNamespace();
      others.push(other);
      const wire = `eth${others.length}`;
      await inside(namespace, ['ip', 'link', 'add', wire, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other.name]);
      await inside(namespace, ['ip', 'addr', 'add', ownAddress, 'dev', wire]);
      await inside(namespace, ['ip', 'link', 'set', wire, 'up']);
      await inside(other, ['ip', 'addr', 'add', otherAddress, 'dev', 'eth0']);
      await inside(other, ['ip', 'link', 'set', 'eth0', 'up']);
      await inside(other, ['ip', 'route', 'add', 'default', 'via', ownAddress.replace(/\/.*/, '')]);
      if (ipv6 !== undefined) {
        const [own6, other6] = ipv6;
        // nodad: without waiting for others who might have the same address
        await inside(namespace, ['ip', '-6', 'addr', 'add', own6, 'dev', wire, 'nodad']);
        await inside(other, ['ip', '-6', 'addr', 'add', other6, 'dev', 'eth0', 'nodad']);
        await inside(other, ['ip', '-6', 'route', 'add', 'default', 'via', own6.replace(/\/.*/, '')]);
      }
      return other;
    },
    remove() {
      for (const other of others.splice(0)) other.remove();
      execFileSync('ip', ['netns', 'del', name]);
    },
  };
  await inside(namespace, ['ip', 'link', 'set', 'lo', 'up']);
  return namespace;
}

async function inside(namespace: Namespace, [program = '', ...args]: readonly string[]): Promise<void> {
  await runOrFail(...namespace.command(program, args));
}
