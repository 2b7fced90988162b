import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Apache, startApache } from '../support/apache.ts';
import type { Host } from '../support/host.ts';
import { makeImage, makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';
import { type Result, run, runOrFail } from '../support/run.ts';

/** No name, since the engine asks the machine for those; of this test alone, since the engine looks below /etc/docker. */
const ADDRESS = '192.168.97.2';
const TRUSTED = `/etc/docker/certs.d/${ADDRESS}`;
const MEGABYTE = 1024 * 1024;

needs(
  'dockerd',
  'apache',
  'registry',
)('a private registry behind Apache with TLS', () => {
  const machine = useMachine({ addresses: [`${ADDRESS}/24`] });
  let host: Host;
  let apache: Apache;

  beforeAll(async () => {
    host = machine.makeHost();
    apache = await startApache({ namespace: machine.namespace, include: [`${host.root}/live/*.conf`] });
    await makeCertificates(host);
    host.write('/etc/group', 'root:x:0:\nnogroup:x:65534:\n');
    await makeImage(machine.engine, 'registry:2', {
      cmd: ['/etc/docker/registry/config.yml'],
      expose: ['5000/tcp'],
      programs: ['/usr/bin/docker-registry'],
      files: {
        '/bin/registry': '#!/bin/sh\nexec docker-registry "$@"\n',
        '/etc/docker/registry/config.yml': JSON.stringify({
          version: 0.1,
          storage: { filesystem: { rootdirectory: '/var/lib/registry' } },
          http: { addr: ':5000' },
        }),
      },
    });
    await makeSleepImage(machine.engine, 'app:1');
    const blob = path.join(machine.engine.dir, 'blob');
    mkdirSync(blob);
    await runOrFail('dd', ['if=/dev/urandom', `of=${blob}/random`, 'bs=1M', 'count=60', 'status=none']);
    await runOrFail('tar', ['-C', blob, '-cf', `${blob}.tar`, '.']);
    await machine.engine.docker('import', `${blob}.tar`, `${ADDRESS}/team/big:1`);
    // what stands in the files are the paths of the host in the folder
    host.write(
      '/reload',
      `#!/bin/sh
cd ${host.root} && rm -rf live && mkdir live
for file in sites/*.conf; do
  sed 's#"/etc/\\(docksmith/users\\|ssl\\)/#"${host.root}/etc/\\1/#' $file > live/\${file##*/}
done
exec ${apache.reloadCommand}
`,
    );
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      `configuration set LocalIP ${ADDRESS}`,
      'networks set 192.168.97.0 network Mask 255.255.255.0',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      `configuration set httpd service status enabled ConfDir /sites DocumentRoot ${apache.dir}/htdocs Group nogroup ReloadCommand ${host.file('/reload')}`,
    );
  });
  afterAll(async () => {
    await apache.stop();
    rmSync(TRUSTED, { recursive: true, force: true });
  });

  const update = (): Promise<string> => host.runOrFail('signal-event', ['docker-update']);
  const login = (user: string, password: string): Promise<string> =>
    machine.engine.docker('login', '--username', user, '--password', password, ADDRESS);
  const http = (user: string | undefined, method: string, url: string, ...more: readonly string[]): Promise<Result> =>
    machine.namespace.run('curl', [
      '--silent',
      ...['--cacert', host.file('/etc/ssl/ca.crt'), '--write-out', '%{http_code}', '--output', '/dev/null'],
      ...(user === undefined ? [] : ['--user', user]),
      ...(method === 'HEAD' ? ['--head'] : ['--request', method]),
      ...more,
      `https://${ADDRESS}${url}`,
    ]);
  const status = async (...asked: Parameters<typeof http>): Promise<string> => (await http(...asked)).stdout;
  const storedMegabytes = (): number => sizeOf(host.file('/srv/registry')) / MEGABYTE;

  it('is refused without users who are there, passwords and a certificate, before anything is touched', async () => {
    await host.db('configuration set registry service status enabled Writers ada Readers bob');
    machine.proxy.reset();
    const before = host.snapshot('/etc');
    const { exitCode, stderr } = await host.run('signal-event', ['docker-update']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'cannot serve the registry: it has no certificate: engines and their users do not send passwords without TLS\nhint: config setprop registry Certificate PATH',
    );
    for (const user of ['ada', 'bob'])
      expect(stderr).toContain(
        `cannot let user "${user}" in to container "registry": db users has no such record of the type user\nhint: db users set ${user} user`,
      );
    await host.db('users set ada user', 'users set bob user Secret bobs');
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'cannot let user "bob" in to container "registry": db secrets has no record "bobs" with a Value, the password',
    );
    expect(host.snapshot('/etc')).toEqual(before);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect((await host.run('db', ['docker_containers', 'keys'])).stdout, 'its record would be of no use').toBe('');
  });

  it('is a container behind a vhost with TLS and passwords, none of which is shown', async () => {
    await host.db(
      'secrets set ada secret Value "open: sesame"',
      'secrets set bobs secret Value "only-looking"',
      `configuration setprop registry SubDomainName ${ADDRESS} Storage ${host.file('/srv/registry')} Certificate /etc/ssl/registry.crt CertificateKey /etc/ssl/registry.key CACertificate /etc/ssl/ca.crt`,
    );
    const said = await host.runOrFail('signal-event', ['--dry-run', '--diff', 'docker-update']);
    expect(said).toContain('create registry: not there');
    expect(said + (await update())).not.toMatch(/sesame|only-looking/);
    const { mode, gid } = statSync(host.file('/etc/docksmith/users/registry'));
    expect(mode & 0o777).toBe(0o640);
    expect(gid).not.toBe(0);
    expect(host.read(`/etc/docker/certs.d/${ADDRESS}/ca.crt`)).toContain(
      readFileSync(host.file('/etc/ssl/ca.crt'), 'utf8').trim(),
    );
    mkdirSync(TRUSTED, { recursive: true });
    copyFileSync(host.file(`/etc/docker/certs.d/${ADDRESS}/ca.crt`), `${TRUSTED}/ca.crt`);
    for (let tries = 0; tries < 100 && (await status(undefined, 'GET', '/v2/')) !== '401'; tries++)
      await setTimeout(50);
    expect(await status(undefined, 'GET', '/v2/')).toBe('401');
    expect(await status('ada:wrong', 'GET', '/v2/')).toBe('401');
    expect(await status('ada:open: sesame', 'GET', '/v2/')).toBe('200');
    expect(await status('bob:only-looking', 'GET', '/v2/')).toBe('200');
    expect(await status('bob:only-looking', 'POST', '/v2/team/big/blobs/uploads/', '--data', '')).toBe('401');
    expect(await status('ada:open: sesame', 'POST', '/v2/team/big/blobs/uploads/', '--data', '')).toBe('202');
  });

  it('takes 60 MB from a writer, also after a push that was killed, and refuses a reader', async () => {
    const name = `${ADDRESS}/team/big:1`;
    await login('bob', 'only-looking');
    const refused = await machine.engine.tryDocker('push', name);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('unauthorized: authentication required');
    expect(storedMegabytes()).toBeLessThan(1);
    await login('ada', 'open: sesame');
    const killed = await run(
      'timeout',
      ['-s', 'KILL', '0.3', 'docker', '-H', `unix://${machine.engine.socket}`, 'push', name],
      {
        env: { DOCKER_CONFIG: machine.engine.dir },
      },
    );
    expect(killed.exitCode).not.toBe(0);
    await machine.engine.docker('push', name);
    expect(storedMegabytes()).toBeGreaterThan(59);
    await machine.engine.docker('rmi', name);
    await login('bob', 'only-looking');
    await machine.engine.docker('pull', name);
    await machine.engine.docker('logout', ADDRESS);
    expect((await machine.engine.tryDocker('pull', name)).exitCode, 'without a login').not.toBe(0);
  });

  it('is where this host pulls from, as one of its readers', async () => {
    await login('ada', 'open: sesame');
    await machine.engine.docker('tag', 'app:1', `${ADDRESS}/team/app:7`);
    await machine.engine.docker('push', `${ADDRESS}/team/app:7`);
    await machine.engine.docker('rmi', `${ADDRESS}/team/app:7`, 'app:1');
    await machine.engine.docker('logout', ADDRESS);
    await host.db(
      `docker_images set app service Registry ${ADDRESS} Repository team/app Tag 7`,
      'docker_containers set app service status enabled Image app',
    );
    expect(await update()).toContain(`pull ${ADDRESS}/team/app:7: not there`);
    expect(await machine.engine.docker('inspect', '--format', '{{.State.Running}}', 'app')).toBe('true');
  });

  it('does nothing again where nothing changed', async () => {
    machine.proxy.reset();
    const before = await machine.listContainers();
    expect(await update()).toContain('nothing to do');
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await machine.listContainers()).toEqual(before);
  });

  it('follows the file of its CA, of which it takes certificates alone', async () => {
    const [ca, key] = [host.read('/etc/ssl/ca.crt'), host.read('/etc/ssl/ca.key')];
    host.write('/etc/ssl/ca.crt', `${ca}${key}${ca}`);
    expect(await update()).toContain(`changed  /etc/docker/certs.d/${ADDRESS}/ca.crt`);
    const made = host.read(`/etc/docker/certs.d/${ADDRESS}/ca.crt`);
    expect(made.split(ca.trim())).toHaveLength(3);
    expect(made).not.toContain('PRIVATE');
    host.write('/etc/ssl/ca.crt', key);
    expect((await host.run('signal-event', ['docker-update'])).stderr).toContain(
      'cannot trust the registry by CACertificate "/etc/ssl/ca.crt" of configuration registry: the file is not there, cannot be read, or has no certificate in PEM',
    );
    host.write('/etc/ssl/ca.crt', ca);
    await update();
  });

  it('keeps out a user who is disabled, without a restart of anything', async () => {
    const before = await machine.listContainers();
    await host.db('users setprop bob status disabled');
    const said = await update();
    expect(said).toContain('changed  /etc/docksmith/users/registry');
    expect(said).not.toContain('reload httpd:');
    expect(await status('bob:only-looking', 'GET', '/v2/')).toBe('401');
    expect(await machine.listContainers()).toEqual(before);
    await host.db('users delprop bob status');
    await update();
  });

  it('lets go of what no image needs when it is told to', async () => {
    const digest = /docker-content-digest: (\S+)/i.exec(
      (
        await machine.namespace.run('curl', [
          ...['--silent', '--head', '--cacert', host.file('/etc/ssl/ca.crt'), '--user', 'bob:only-looking'],
          ...['--header', 'Accept: application/vnd.docker.distribution.manifest.v2+json'],
          `https://${ADDRESS}/v2/team/big/manifests/1`,
        ])
      ).stdout,
    )?.[1];
    expect(await status('bob:only-looking', 'DELETE', `/v2/team/big/manifests/${digest ?? ''}`)).toBe('401');
    expect(await status('ada:open: sesame', 'DELETE', `/v2/team/big/manifests/${digest ?? ''}`)).toBe('202');
    expect(storedMegabytes()).toBeGreaterThan(59);
    await host.runOrFail('signal-event', ['docker-registry-collect']);
    expect(storedMegabytes()).toBeLessThan(30);
    await machine.engine.docker('rmi', `${ADDRESS}/team/app:7`, '--force');
    await login('bob', 'only-looking');
    await machine.engine.docker('pull', `${ADDRESS}/team/app:7`);
    // once: the next start collects nothing
    await host.runOrFail('docksmith', ['restart', 'registry']);
    expect(await machine.engine.docker('exec', 'registry', 'ls', '-A', '/var/lib/registry')).not.toContain('.collect');
  });

  it('stops with its record, and keeps its images', async () => {
    await host.db('configuration setprop registry status disabled', 'docker_containers setprop app status disabled');
    const said = await update();
    expect(said).toMatch(/stop registry/);
    expect(said).toContain(`removed  /etc/docker/certs.d/${ADDRESS}/ca.crt`);
    expect(said).toContain('removed  /etc/docksmith/users/registry');
    expect(readdirSync(host.file('/srv/registry'))).not.toEqual([]);
  });
});

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
}

/** A CA, and a certificate of it for the address. */
async function makeCertificates(host: Host): Promise<void> {
  mkdirSync(host.file('/etc/ssl'), { recursive: true });
  const file = (name: string): string => host.file(`/etc/ssl/${name}`);
  const openssl = (...args: readonly string[]): Promise<string> => runOrFail('openssl', args);
  const KEY = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl('req', '-x509', ...KEY, '-keyout', file('ca.key'), '-out', file('ca.crt'), '-subj', '/CN=test CA');
  await openssl(
    'req',
    ...KEY,
    '-keyout',
    file('registry.key'),
    '-out',
    file('registry.csr'),
    '-subj',
    `/CN=${ADDRESS}`,
  );
  writeFileSync(file('names'), `subjectAltName=IP:${ADDRESS}\n`);
  const signed = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names')];
  await openssl('x509', '-req', '-in', file('registry.csr'), '-out', file('registry.crt'), ...signed);
}
