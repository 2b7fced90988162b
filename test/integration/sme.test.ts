import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Booted } from '../support/booted.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { needs } from '../support/needs.ts';
import { bootSmeServer, givePackages, INSIDE, makeSmeServer, OUTSIDE } from '../support/sme.ts';

const LINKS = path.resolve(import.meta.dirname, '../../packaging/smeserver-docksmith/root/etc/e-smith/events');
/** What an admin has in the path. */
const AS_ADMIN = 'export PATH=/sbin/e-smith:$PATH HOME=/root; set -e; ';
/** Debian's rpm wants to be told that it is no mistake; what it requires is there, and unknown to its database. */
const RPM = 'rpm --nodeps --force-debian';
const OWN_FILES = `find /etc/e-smith /etc/httpd/conf /etc/rc.d /etc/backup-data.d /sbin/e-smith | LC_ALL=C sort |
while read -r name; do [ -d "$name" ] && echo "$name" || echo "$(readlink "$name") $(stat -c %a "$name") $(cksum < "$name") $name"; done`;
/** A web server, which answers a redirect to the name by which it was asked. */
const IMAGE = `mkdir -p /web/bin /web/www/cgi-bin; cp /bin/busybox /web/bin; ln -sf busybox /web/bin/sh
echo hello > /web/www/index.html
printf '#!/bin/sh\\necho "Status: 302 Found"; echo "Location: http://$HTTP_HOST/index.html"; echo\\n' > /web/www/cgi-bin/go
chmod +x /web/www/cgi-bin/go
tar -C /web -c . | docker import --change 'CMD ["/bin/busybox","httpd","-f","-p","80","-h","/www"]' --change 'EXPOSE 80/tcp' - web:1`;

/** @returns why this kernel cannot boot such a server, or one that has booted */
async function tryToBoot(): Promise<Booted | string> {
  let machine: Booted | undefined;
  try {
    machine = makeSmeServer();
    machine.preset('docker.service', 'containerd.service');
    await bootSmeServer(machine);
    return machine;
  } catch (error) {
    machine?.close();
    return String(error).split('\n')[0] ?? '';
  }
}

needs(
  'booted',
  'packages',
  'perl',
  'apache',
)('an SME Server', async () => {
  const booted = await tryToBoot();
  if (typeof booted === 'string') {
    describe.skip(`with docksmith (skipped: kernel cannot run it here: ${booted})`, () =>
      it('is not run', () => undefined));
    return;
  }
  const machine = booted;
  const work = makeTemporaryFolder('sme');
  const admin = (words: string): Promise<string> => machine.runOrFail(AS_ADMIN + words);
  /** What a host in the local network (`lan`) or outside (`out`) gets; empty where nothing answers. */
  const ask = async (from: 'lan' | 'out', url: string, ...options: readonly string[]): Promise<string> => {
    const to = from === 'lan' ? INSIDE : OUTSIDE;
    const named = /^https?:\/\/[a-z]/.test(url) ? `--connect-to ::${to}:` : '';
    const curl = `curl --silent --insecure --noproxy '*' --max-time 2 ${named} ${options.join(' ')} '${url}'`;
    return (await machine.run(`ip netns exec ${from} ${curl}`)).stdout.trim();
  };
  const [OWN, HELLO] = ["the server's own site", 'hello'];
  let before: string;
  let records: string;

  beforeAll(async () => {
    await givePackages(machine, work);
    before = await admin(OWN_FILES);
    records = await admin('cat /home/e-smith/db/configuration');
    await admin(IMAGE);
  }, 200_000);
  afterAll(() => {
    machine.close();
    removeFolder(work);
  });

  it('gets all of it by installing two packages: files, modules, records of its own spelling, and no command of its names', async () => {
    const said = await admin(`${RPM} -i /root/packages/*.rpm 2>&1`);
    expect(said).toMatch(/post-install: done[^]*post-upgrade: done/);
    expect(said).not.toMatch(/warning|failed/);
    expect(await admin('for name in db config signal-event expand-template; do command -v $name; done')).toBe(
      '/sbin/e-smith/db\n/sbin/e-smith/config\n/sbin/e-smith/signal-event\n/sbin/e-smith/expand-template\n',
    );
    expect((await machine.run('ls /usr/bin/db /usr/bin/config')).exitCode).not.toBe(0);
    // npm links all of its commands, and its last step takes these away
    expect(
      await admin(`mkdir -p /opt/npm/bin
for name in docksmith db config; do ln -s /usr/lib/docksmith/bin/$name.js /opt/npm/bin/$name; done
ln -s /bin/true /opt/npm/bin/signal-event
npm_config_global=true npm_config_prefix=/opt/npm node /usr/lib/docksmith/scripts/without-names.cjs
ls /opt/npm/bin`),
    ).toBe('docksmith\nsignal-event\n');
    // of the contrib's spelling, and no second record of Apache
    expect(await admin('config show docker')).toMatch(/Mask=24\n *Network=172\.31\.0\.0\n/);
    expect(await admin('cat /home/e-smith/db/configuration')).not.toMatch(/^httpd=/m);
    expect(readFileSync(machine.file('/etc/docker/daemon.json'), 'utf8')).toContain('172.31.0.1/24');
    // props of other programs are none of ours
    expect(await admin('docksmith lint')).toMatch(/^nothing found/);
    expect(await admin('docksmith props hosts')).toContain('InternalIP');
  }, 100_000);

  it('passes its sites on under each name of the primary one, and leaves them as they were elsewhere', async () => {
    await admin(`config setprop docksmith HealthWait 0
docksmith db docker_images set web service Repository web Tag 1 Source local
docksmith db docker_containers set wiki service status enabled Image web WebPort 80 access public \\
  SubDomain enabled WebAlias wiki DataMountPath /data
docksmith db docker_containers set shop service status enabled Image web access public \\
  PortMapping custom PortMappingPorts 8081:80
docksmith db docker_containers set desk service status enabled Image web access private \\
  PortMapping custom PortMappingPorts 8080:80
docksmith signal-event docker-update`);
    for (const name of ['example.test', 'www.example.test', 'server.example.test', 'unknown.test'])
      for (const scheme of ['http', 'https']) {
        expect([name, await ask('out', `${scheme}://${name}/`)]).toEqual([name, OWN]);
        expect([name, await ask('out', `${scheme}://${name}/wiki/`)]).toEqual([name, HELLO]);
        const wanted = `${scheme}://${name}/wiki/index.html`;
        if (name !== 'unknown.test')
          expect(await ask('lan', `${scheme}://${name}/wiki/cgi-bin/go`, '--head', '-X', 'GET')).toContain(wanted);
      }
    expect(await ask('out', 'http://wiki.example.test/')).toBe(HELLO);
    // what the paths of containers refuse, the rest of the site does not
    const status = ['--path-as-is', '--output', '/dev/null', '--write-out', '%\\{http_code\\}'];
    expect(await ask('out', 'http://example.test/x/../wiki/', ...status)).toBe('400');
    expect(await ask('out', 'http://example.test/x/../index.html', ...status)).toBe('200');
    // all of it is loaded, and known
    expect(await admin('docksmith status')).not.toContain('another site');
    expect(await admin('docksmith why http://www.example.test/wiki/')).toContain('/etc/httpd/docksmith.d/site/http');
  }, 100_000);

  it('has its events bring names, networks and addresses along', async () => {
    await admin('db domains set second.test domain Content Primary; signal-event domain-create second.test');
    expect(await ask('lan', 'https://second.test/wiki/cgi-bin/go', '--head', '-X', 'GET')).toContain(
      'https://second.test/wiki/index.html',
    );
    await admin('db domains setprop second.test Content other; signal-event domain-modify second.test');
    expect(await ask('lan', 'http://second.test/wiki/')).not.toBe(HELLO);
    await admin('db domains delete second.test; signal-event domain-delete second.test');

    await admin('db hosts set files.example.test host HostType Self; signal-event host-create files.example.test');
    expect(await ask('lan', 'http://files.example.test/wiki/cgi-bin/go', '--head', '-X', 'GET')).toContain(
      'http://files.example.test/wiki/index.html',
    );
    await admin('db hosts delete files.example.test; signal-event host-delete files.example.test');
    // a name of its own that a container has is refused where it is made
    const taken = 'db hosts set wiki.example.test host HostType Self; signal-event host-create wiki.example.test';
    const refused = await machine.run(AS_ADMIN + taken);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringContaining(
        `SME Server's own site answers to it (db hosts wiki.example.test)\nhint: db hosts setprop wiki.example.test HostType Local InternalIP ${INSIDE}; signal-event host-modify`,
      ),
    ]);
    await admin(`db hosts setprop wiki.example.test HostType Local InternalIP ${INSIDE}
signal-event host-modify wiki.example.test`);
    expect(await ask('lan', 'http://wiki.example.test/')).toBe(HELLO);
    await admin('db hosts delete wiki.example.test; signal-event host-delete wiki.example.test');

    const desk = `http://${INSIDE}:8080/`;
    expect([await ask('lan', desk), await ask('out', desk)]).toEqual([HELLO, '']);
    await admin('db networks set 203.0.113.0 network Mask 255.255.255.0; signal-event network-create 203.0.113.0');
    expect(await ask('out', desk)).toBe(HELLO);
    await admin('db networks delete 203.0.113.0; signal-event network-delete 203.0.113.0');
    expect(await ask('out', desk)).toBe('');

    await admin('config set LocalIP 192.168.1.3; config set DomainName other.test; signal-event console-save');
    expect(await ask('lan', 'http://wiki.other.test/')).toBe(HELLO);
    expect(await admin('docker port desk')).toContain('192.168.1.3:8080');
    await admin(`config set LocalIP ${INSIDE}; config set DomainName example.test; signal-event console-save`);
    expect(await ask('lan', desk)).toBe(HELLO);
  }, 200_000);

  it('has every event that is linked bring along what changed', async () => {
    const linked = readdirSync(LINKS).filter(
      (event) => event !== 'actions' && readdirSync(path.join(LINKS, event)).some((name) => /docksmith-up/.test(name)),
    );
    expect(linked.length).toBeGreaterThan(15);
    const tried =
      'smeserver-docksmith-update domain-create domain-modify domain-delete host-create host-modify host-delete network-create network-delete console-save';
    let memory = 32;
    for (const event of linked.filter((one) => !tried.split(' ').includes(one))) {
      memory++;
      await admin(`docksmith db docker_containers setprop wiki MaxMemory ${memory}; signal-event ${event}`);
      expect([event, (await admin("docker inspect --format '{{.HostConfig.Memory}}' wiki")).trim()]).toEqual([
        event,
        String(memory * 2 ** 20),
      ]);
    }
  }, 200_000);

  it('loses the rules of containers by masq, which says so, and gets them back by its own fragment', async () => {
    const [pub, priv] = [`http://${OUTSIDE}:8081/`, `http://${INSIDE}:8080/`];
    const listStarts = (): Promise<string> =>
      admin("docker inspect --format '{{.Name}} {{.Id}} {{.State.StartedAt}}' wiki shop desk");
    expect([await ask('out', pub), await ask('out', priv)]).toEqual([HELLO, '']);
    const starts = await listStarts();
    // as if the package were not there
    await admin('mv /usr/bin/docksmith /root/; /etc/rc.d/init.d/masq start; mv /root/docksmith /usr/bin/');
    expect([await ask('out', pub), await ask('lan', priv)]).toEqual(['', HELLO]);
    const missing = "PREROUTING of nat does not lead to the engine's rules";
    for (const command of ['exposure shop', 'doctor', 'status'])
      expect((await machine.run(`docksmith ${command}`)).stdout.replace(/\s+/g, ' '), command).toContain(missing);

    expect(await admin('/etc/rc.d/init.d/masq restart')).toContain('engine restarted, no container stopped');
    expect([await ask('out', pub), await ask('out', priv), await ask('lan', priv)]).toEqual([HELLO, '', HELLO]);
    expect(await listStarts()).toBe(starts);
    // nothing is lost by it, and nothing is done
    expect(await admin('/etc/rc.d/init.d/masq adjust')).toBe('');
    // at boot masq comes before the engine, whose socket is systemd's until then: nobody waits there, nor starts it
    await admin('systemctl stop docker 2>&1; /etc/rc.d/init.d/masq start; ! systemctl is-active docker');
    await admin('systemctl start docker');
    expect([await ask('out', pub), await ask('out', priv)]).toEqual([HELLO, '']);
    expect(await listStarts()).toBe(starts);
  }, 100_000);

  it('opens ports on the network of the host for public containers, as for services', async () => {
    const command = (port: number): string => `Command '/bin/busybox httpd -f -p ${port} -h /www'`;
    await admin(`docksmith db docker_containers set open service status enabled Image web network host \\
  TCPPort 8090 access public ${command(8090)}
docksmith db docker_containers set shut service status enabled Image web network host \\
  TCPPort 8091 access private ${command(8091)}
docksmith signal-event docker-container-update open shut`);
    expect([await ask('out', `http://${OUTSIDE}:8090/`), await ask('out', `http://${OUTSIDE}:8091/`)]).toEqual([
      HELLO,
      '',
    ]);
    await admin('docksmith db docker_containers setprop open access private; docksmith signal-event docker-update');
    expect(await ask('out', `http://${OUTSIDE}:8090/`)).toBe('');
    await admin('docksmith db docker_containers delete open; docksmith db docker_containers delete shut');
    await admin('docksmith signal-event docker-update');
    expect(await admin('grep -c "# container " /etc/rc.d/init.d/masq || :')).toBe('0\n');
  }, 100_000);

  it('tells by lint which of its events a template of the admin would need', async () => {
    await admin(`mkdir -p /etc/docksmith/templates/etc/people /etc/docksmith/events/docker-update/templates2expand/etc
echo '{{#each (records "accounts" type="user")}}{{key}} {{FirstName}}{{/each}}' > /etc/docksmith/templates/etc/people/10all
touch /etc/docksmith/events/docker-update/templates2expand/etc/people
mkdir /etc/e-smith/events/user-create`);
    const { stdout } = await machine.run('docksmith lint');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      "SME Server's event user-create does not signal docksmith /etc/people reads what it changes (db accounts), and stays as it was -> ln -s ../actions/docksmith-update /etc/e-smith/events/user-create/S95docksmith-update",
    );
    await admin('ln -s ../actions/docksmith-update /etc/e-smith/events/user-create/S95docksmith-update');
    expect((await machine.run('docksmith lint')).stdout).not.toContain('event-not-linked');
    await admin('signal-event user-create; cat /etc/people');
    await admin(
      'rm -r /etc/e-smith/events/user-create /etc/docksmith/templates /etc/docksmith/events/docker-update/templates2expand',
    );
    await admin('docksmith signal-event docker-update');
  }, 100_000);

  it('is as it was when both packages are removed, and gets all of it back from its own backup', async () => {
    await admin(`config setprop docksmith BackupVolumes all
docksmith db secrets set wiki.key secret Value hidden
mkdir -p /etc/docksmith/templates-custom/etc/docksmith/containers
echo '{{! mine }}' > /etc/docksmith/templates-custom/etc/docksmith/containers/99mine
docker exec wiki /bin/busybox sh -c 'echo kept > /data/note'
signal-event pre-backup`);
    // as SME Server's backup takes it: /home/e-smith and the lists of packages
    await admin(`cat /etc/backup-data.d/*.exclude > /root/exclude
tar -C / --exclude-from=/root/exclude -czf /root/smeserver.tgz home/e-smith $(cat /etc/backup-data.d/*.include | sed 's,^/,,')`);
    expect(await admin('tar -tzf /root/smeserver.tgz')).not.toMatch(/overlay2|volumes\//);

    await admin(`docker rm -f $(docker ps -aq); docker volume rm wiki-data; touch /etc/docksmith/remove-all
${RPM} -e smeserver-docksmith 2>&1; ${RPM} -e docksmith 2>&1`);
    expect(await admin(OWN_FILES)).toBe(before);
    expect(await ask('out', 'http://www.example.test/')).toBe(OWN);
    expect((await machine.run('ls -d /etc/docksmith /var/lib/docksmith /usr/lib/docksmith')).stdout).toBe('');
    const foreign = (text: string): readonly string[] => text.split('\n').filter((line) => !/^(#|dock)/.test(line));
    expect(foreign(await admin('cat /home/e-smith/db/configuration'))).toEqual(foreign(records));

    await admin(`rm -r /home/e-smith/db/docker_* /home/e-smith/db/secrets /home/e-smith/files/docksmith-backup
${RPM} -i /root/packages/*.rpm 2>&1
tar -C / -xzf /root/smeserver.tgz
signal-event post-upgrade
docksmith restore --passphrase-file /etc/docksmith/backup-passphrase --yes /home/e-smith/files/docksmith-backup/server.backup 2>&1`);
    expect(await admin('docker exec wiki /bin/busybox cat /data/note')).toBe('kept\n');
    expect(
      await admin(
        'docksmith db secrets getprop wiki.key Value; cat /etc/docksmith/templates-custom/etc/docksmith/containers/99mine',
      ),
    ).toBe('hidden\n{{! mine }}\n');
    expect(await ask('out', 'https://www.example.test/wiki/')).toBe(HELLO);
    expect(await ask('out', `http://${OUTSIDE}:8081/`)).toBe(HELLO);
  }, 200_000);
});
