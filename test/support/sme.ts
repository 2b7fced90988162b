import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type Booted, makeBooted } from './booted.ts';
import { runOrFail } from './run.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');
const DATA = path.join(CHECKOUT, 'test/data/sme');

/** Addresses of the server: in the local network, and outside. */
export const [INSIDE, OUTSIDE] = ['192.168.1.2', '203.0.113.1'];

/** Its dbs, those of contribs among them: nobody is told to remove what they have set. */
const DBS: Readonly<Record<string, readonly string[]>> = {
  configuration: [
    'DomainName=example.test',
    `ExternalIP=${OUTSIDE}`,
    `LocalIP=${INSIDE}`,
    'SystemMode=servergateway',
    'SystemName=server',
    // the contrib smeserver-docker's spelling
    'docker=service|DataRoot|/var/lib/docker|Panel|shown|mask|24|network|172.31.0.0|status|enabled',
    'httpd-e-smith=service|TCPPort|80|access|public|status|enabled',
    'masq=service|Logging|most|status|enabled',
    'modSSL=service|TCPPort|443|access|public|status|enabled',
    'sshd=service|PermitRootLogin|no|TCPPort|22|access|private|status|enabled',
  ],
  domains: ['example.test=domain|Content|Primary|Nameservers|internet|SystemPrimaryDomain|yes'],
  hosts: ['server.example.test=host|HostType|Self|Visibility|Local', 'www.example.test=host|HostType|Self|static|yes'],
  networks: ['192.168.1.0=network|Info|the office|Mask|255.255.255.0|Router|default|SystemLocalNetwork|yes'],
  accounts: ['ada=user|FirstName|Ada|PasswordSet|yes', 'shared=ibay|Group|shared|Name|Files'],
};

const UNITS: Readonly<Record<string, string>> = {
  'httpd-e-smith':
    '[Service]\nExecStart=/usr/sbin/httpd -DFOREGROUND\nExecReload=/usr/sbin/httpd -k graceful\nKillMode=mixed\n',
  masq: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/etc/rc.d/init.d/masq start\nExecReload=/etc/rc.d/init.d/masq adjust\n',
};

/**
 * A host laid out as an SME Server, with systemd, an engine and Apache of its own. Its fragments and tools are written
 * for this, in the places and with the names of the original's, on which ours build (`test/data/sme`).
 */
export function makeSmeServer(): Booted {
  const machine = makeBooted();
  for (const name of ['/etc/debian_version', '/etc/apache2', '/etc/httpd'])
    rmSync(machine.file(name), { recursive: true, force: true });
  cpSync(path.join(DATA, 'root'), machine.file('/'), { recursive: true, verbatimSymlinks: true });
  cpSync(path.join(CHECKOUT, 'perl'), machine.file('/usr/local/lib/sme'), { recursive: true });
  for (const [name, lines] of Object.entries(DBS))
    machine.write(`/home/e-smith/db/${name}`, `# a db\n${lines.map((line) => `${line}\n`).join('')}`, 0o660);
  machine.write('/home/e-smith/files/ibays/Primary/html/index.html', "the server's own site\n");
  for (const [name, unit] of Object.entries(UNITS)) machine.write(`/etc/systemd/system/${name}.service`, unit);
  machine.write('/usr/sbin/httpd', '#!/bin/sh\nexec /usr/sbin/apache2 -f /etc/httpd/conf/httpd.conf "$@"\n', 0o755);
  for (const folder of [
    '/etc/httpd/conf',
    '/etc/rc.d/init.d',
    '/sbin/e-smith',
    '/etc/backup-data.d',
    '/home/e-smith/ssl.crt',
    '/home/e-smith/ssl.key',
  ])
    mkdirSync(machine.file(folder), { recursive: true });
  symlinkSync('/usr/lib/apache2/modules', machine.file('/etc/httpd/modules'));
  cpSync(path.join(DATA, 'signal-event'), machine.file('/sbin/e-smith/signal-event'));
  cpSync(path.join(DATA, 'expand-template.pl'), machine.file('/sbin/e-smith/expand-template'));
  for (const name of ['db', 'config'])
    machine.write(`/sbin/e-smith/${name}`, `#!/bin/sh\nexec /usr/bin/docksmith ${name} "$@"\n`, 0o755);
  if (!existsSync(machine.file('/usr/bin/node'))) {
    rmSync(machine.file('/usr/local/bin/node'), { force: true });
    mkdirSync(machine.file('/usr/local/bin'), { recursive: true });
    symlinkSync(process.execPath, machine.file('/usr/local/bin/node'));
  }
  return machine;
}

/** Boots it, with a host in the local network and one outside (`lan`, `out`), and its own files expanded. */
export async function bootSmeServer(machine: Booted): Promise<void> {
  await machine.boot();
  await machine.runOrFail(`set -e
for pair in 'lan 192.168.1.77 ${INSIDE}' 'out 203.0.113.9 ${OUTSIDE}'; do
  set -- $pair
  ip netns add $1
  ip link add $1 type veth peer name eth0 netns $1
  ip address add $3/24 dev $1
  ip link set $1 up
  ip -n $1 address add $2/24 dev eth0
  ip -n $1 link set eth0 up
  ip -n $1 route add default via $3
done
ip address add 192.168.1.3/24 dev lan
/sbin/e-smith/signal-event post-upgrade
systemctl start masq httpd-e-smith`);
}

/** Makes the packages in a folder, and puts them where it finds them: `/root/packages/*.rpm`. */
export async function givePackages(machine: Booted, folder: string): Promise<void> {
  await runOrFail(
    process.execPath,
    [
      ...[path.join(CHECKOUT, 'scripts/make-packages.js'), '--out', folder],
      ...['--only', 'docksmith', '--only', 'smeserver-docksmith'],
    ],
    { cwd: CHECKOUT, env: { SOURCE_DATE_EPOCH: '1790000000' } },
  );
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.rpm')))
    cpSync(path.join(folder, name), machine.file(path.join('/root/packages', name)));
}
