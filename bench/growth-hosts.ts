import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeKeyPair, startSshServer, type SshServer } from '../test/support/git-server.ts';
import { type Host, makeHost } from '../test/support/host.ts';
import { makeTemporaryFolder, removeFolder } from '../test/support/leftovers.ts';
import { makeNamespace, type Namespace } from '../test/support/namespace.ts';
import { alternate, bin, type Run, startNode, timeNode } from './measure.ts';
import type { Figure } from './row.ts';

/** Hosts besides the writer. */
export const HOST_COUNTS = [3, 10, 30];

const PORT = 2299;

/**
 * A prop is changed and pushed to so many hosts, each in a network namespace of its own with an sshd and an engine in
 * memory. All of them share the cores of this machine, which hosts of one's own would not.
 */
export async function measureHosts(rounds: number): Promise<Figure> {
  const folder = makeTemporaryFolder('growth');
  const network = await makeNamespace();
  const servers: SshServer[] = [];
  const hosts: Host[] = [];
  try {
    const writer = await makeWriter(folder, network, hosts, servers);
    const inside = {
      namespace: network,
      env: { DOCKSMITH_ROOT: writer.root, DOCKSMITH_ENGINE: `memory://${folder}/engine.json` },
    };
    const names = hosts.map((_, n) => `web${n + 1}`);
    await writer.runOrFail('docksmith', ['push', '--yes']);
    const push =
      (count: number): Run =>
      async (round) => {
        await writer.db(`docker_containers setprop wiki MaxMemory ${100 * count + round}`);
        return timeNode([bin('docksmith'), 'push', '--yes', ...names.slice(0, count)], inside);
      };
    const parts = await alternate(rounds, {
      'node -e 0': startNode,
      ...Object.fromEntries(HOST_COUNTS.map((count) => [`push ${count}`, push(count)])),
    });
    return { value: (Object.values(parts).at(-1) ?? NaN) / parts['node -e 0'], parts };
  } finally {
    for (const server of servers) await server.stop();
    for (const host of hosts) host.stop();
    network.remove();
    removeFolder(folder);
  }
}

/** The host that pushes, and beyond it the others, which it reaches by ssh; `hosts` and `servers` get them. */
async function makeWriter(folder: string, network: Namespace, hosts: Host[], servers: SshServer[]): Promise<Host> {
  const key = makeKeyPair();
  writeFileSync(path.join(folder, 'key'), key.secret, { mode: 0o600 });
  writeFileSync(
    path.join(folder, 'config'),
    `IdentityFile ${folder}/key\nIdentityAgent none\nUserKnownHostsFile /dev/null\nStrictHostKeyChecking no\nLogLevel ERROR\n`,
  );
  for (let n = 1; n <= Math.max(...HOST_COUNTS); n += 1) {
    const address = `10.9.${n}.2`;
    const namespace = await network.connect(`10.9.${n}.1/24`, `${address}/24`);
    const host = makeHost({ namespace });
    hosts.push(host);
    writeConfiguration(host, `web${n}`, address);
    const env = [`DOCKSMITH_ROOT=${host.root}`, `DOCKSMITH_ENGINE=memory://${folder}/engine${n}.json`];
    servers.push(await startSshServer(namespace, key, { port: PORT, address, env }));
  }
  const writer = makeHost({ namespace: network, env: { DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
  writeConfiguration(writer, 'web0', '10.9.1.1', `|SSHCommand|ssh -F ${folder}/config`);
  await writer.db(
    'hosts set web0 docksmith Role writer',
    ...hosts.map(
      (_, n) =>
        `hosts set web${n + 1} docksmith Address root@10.9.${n + 1}.2:${PORT} Command '${process.execPath} ${bin('docksmith')}'`,
    ),
    'docker_containers set wiki service Image wiki:1 status enabled MaxMemory 64',
  );
  return writer;
}

function writeConfiguration(host: Host, name: string, address: string, more = ''): void {
  host.write(
    '/var/lib/docksmith/db/configuration',
    [
      'DomainName=example.test',
      `LocalIP=${address}`,
      `SystemName=${name}`,
      `docksmith=service${more}`,
      'docker=service|Daemon|foreign|Filter|disabled|status|enabled',
      'httpd=service|status|disabled',
      '',
    ].join('\n'),
  );
}
