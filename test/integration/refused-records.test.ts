import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import type { Result } from '../support/run.ts';

let host: Host;
beforeEach(async () => {
  host = makeHost();
  host.write('/etc/httpd/conf.d/empty.conf', '');
  host.write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\napache:x:48:48:Apache:/var/www:/bin/false\n');
  await host.db(
    'configuration set DomainName example.test',
    'networks set 192.168.1.0 network Mask 255.255.255.0',
    'docker_containers set shop service status enabled Image s:1',
    'docker_containers set wiki service status enabled Image w:1 SubDomain enabled WebPort 80',
  );
});
afterEach(() => host.stop());

const docksmith = (...args: readonly string[]): Promise<Result> =>
  host.run('docksmith', args, { env: { DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` } });
const signal = (): Promise<Result> => docksmith('signal-event', 'docker-update');
const inOneLine = ({ stdout }: Result): string => stdout.replaceAll(/\s+/g, ' ');

it.each([
  ['shop status enable', 'status "enable" is none of enabled, disabled; did you mean enabled?'],
  ['shop TCPPort 80', 'cannot publish tcp port 80 for container "shop": it is taken by service "httpd" (TCPPort)'],
  ['shop Secrets none', 'cannot give container "shop" the secret "none"'],
  ['wiki Certificate /c', 'cannot serve container "wiki" by TLS: CertificateKey is not set'],
])('status, doctor and lint show what the next event refuses: %s', async (change, words) => {
  expect(await signal()).toMatchObject({ exitCode: 0 });
  await host.db(`docker_containers setprop ${change}`);
  const { exitCode, stderr } = await signal();
  expect([exitCode, stderr.includes(words)]).toEqual([1, true]);
  expect(inOneLine(await docksmith('status'))).toContain(words);
  expect(inOneLine(await docksmith('doctor'))).toContain(words);
  const lint = await docksmith('lint');
  expect([lint.exitCode, inOneLine(lint).includes(words)]).toEqual([1, true]);
  expect(await docksmith('lint', '--templates')).toMatchObject({ exitCode: 0 });
});

it('a file of users that is not there, or that Apache cannot read, is shown, and the event warns', async () => {
  await host.db('docker_containers setprop wiki BasicAuth /srv/users');
  const shows = async (words: string | undefined): Promise<void> => {
    const event = await signal();
    expect(event.exitCode).toBe(0);
    const [said, status, doctor] = [
      event.stderr,
      inOneLine(await docksmith('status')),
      inOneLine(await docksmith('doctor')),
    ];
    for (const text of [said, status, doctor])
      if (words === undefined) expect(text).not.toContain('BasicAuth');
      else expect(text).toContain(`BasicAuth "/srv/users": ${words}`);
  };
  await shows('no such file or folder');
  host.write('/srv/users', 'a:b\n', 0o600);
  await shows('the user apache of Apache cannot read it');
  chmodSync(host.file('/srv/users'), 0o644);
  await shows(undefined);
});

it('impact refuses names that are not there, with the nearest, and knows values that are a type', async () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await docksmith('impact', ...args);
    expect([exitCode, stdout]).toEqual([1, '']);
    return stderr;
  };
  expect(await refused('docker_contaners', 'wiki', 'MaxMemory=5')).toContain('did you mean "docker_containers"?');
  expect(await refused('docker_containers', 'wikki', 'MaxMemory=5')).toContain('did you mean "wiki"?');
  expect(await refused('configuration', 'DomianName=new.test')).toContain('did you mean "DomainName"?');
  for (const prop of ['MaxMemroy', 'MaxMemroy=64'])
    expect(await refused('docker_containers', 'wiki', prop)).toContain('did you mean "MaxMemory"?');
  expect(await refused('--delete', 'docker_containers', 'wiki', 'WebPrt')).toContain('did you mean "WebPort"?');
  host.writeFragment('/etc/httpd/docksmith/site', '45timeout', '    ProxyTimeout {{default record.Timeout "30"}}\n');
  expect((await docksmith('impact', 'docker_containers', 'wiki', 'Timeout=40')).stdout).toContain('ProxyTimeout 40');
  for (const args of [
    ['configuration', 'DomainName=new.test'],
    ['config', 'DomainName=new.test'],
    ['DomainName=new.test'],
  ])
    expect((await docksmith('impact', ...args)).stdout).toContain('+    ServerName wiki.new.test');
});
