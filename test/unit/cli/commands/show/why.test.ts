import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommand } from '../../../../../src/cli/run-command.ts';
import { whyCommand } from '../../../../../src/cli/commands/show/why.ts';
import { findPaths, type Paths } from '../../../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../../../support/folder.ts';
import { STEPS_THAT_PRINT } from '../../../../support/step-commands.ts';

let paths: Paths;
beforeEach(() => {
  paths = findPaths({ DOCKSMITH_ROOT: makeFolder() });
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
  writeTree(paths.file('/var/lib/docksmith/db'), {
    configuration: 'DomainName=example.test\nSystemName=host\nhttpd=service|Layout|redhat|status|enabled\n',
    docker_containers:
      'git=service|Image|git:1|WebAlias|git|WebHostPort|47001|WebPort|80|status|enabled\nwiki=service|Image|wiki:1|SubDomain|enabled|WebHostPort|47000|WebPort|80|status|enabled\n',
  });
});
afterEach(() => void vi.unstubAllEnvs());

async function why(...args: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  expect(
    await runCommand(whyCommand, args, {
      paths,
      stdin: new PassThrough(),
      stdout,
      stderr: new PassThrough(),
      commands: STEPS_THAT_PRINT,
    }),
  ).toBe(0);
  return String(stdout.read());
}

it('takes what it is given for a file, an address or a container', async () => {
  expect(await why('/etc/docksmith/containers/wiki.yaml:services.wiki.image')).toMatch(
    /^\/etc\/docksmith\/containers\/wiki\.yaml\n[^]*state +is not written yet\n[^]*docker_containers wiki Image=wiki:1\n/,
  );
  for (const target of ['/git/', 'http://host.example.test/git/', 'host.example.test/git'])
    expect(await why(target)).toMatch(/^record +docker_containers git WebAlias$/m);
  expect(await why('wiki.example.test')).toMatch(/^record +docker_containers wiki SubDomain$/m);
  expect(await why('wiki')).toBe('wiki\n  no recorded run created, started or stopped it\n');
});

it('tells who has a port', async () => {
  expect(await why(':47000')).toMatch(
    /^port 47000\/tcp\n  record +container "wiki" \(WebHostPort\)\n  kernel +may give it to an outgoing connection/,
  );
  expect(await why(':443')).toMatch(/record +service "httpd" \(SSLPort\) of db configuration/);
  expect(await why(':53/udp')).toMatch(/^port 53\/udp\n/);
  expect(JSON.parse(await why('--json', ':1'))).toMatchObject({ port: 1, protocol: 'tcp', records: [], namedIn: null });
});

it('prints one document with --json', async () => {
  expect(JSON.parse(await why('--json', 'wiki'))).toEqual({ name: 'wiki', doings: [], startedByOthers: false });
  expect(JSON.parse(await why('--json', '/git/'))).toMatchObject({
    container: 'git',
    by: 'WebAlias',
    port: 47001,
    image: 'git:1',
  });
});

it('tells who answers at a path also while templates cannot be rendered', async () => {
  writeTree(paths.file('/etc/docksmith/templates-custom/etc/docksmith/containers'), {
    '98bad': '{{Nothing}}\n',
    '99bad': '{{Nobody}}\n',
  });
  await expect(why('/etc/docksmith/containers/wiki.yaml')).rejects.toThrow(/Nothing[^]*Nobody/);
  expect(await why('/git/')).toMatch(/^record +docker_containers git WebAlias$/m);
});

it('refuses what is none of them', async () => {
  await expect(why('http://other.test/')).rejects.toThrow(
    'cannot find the container that answers at "http://other.test/": no enabled container has that host or path',
  );
  await expect(why('other.test')).rejects.toThrow(
    'cannot tell why "other.test" is as it is: there is no container, file or host of that name',
  );
  await expect(why('/other')).rejects.toThrow(
    /cannot tell why "\/other" is as it is: there is no such file, and no template makes it/,
  );
  await expect(why()).rejects.toMatchObject({ exitCode: 2 });
  await expect(why('wiki', 'git')).rejects.toMatchObject({ exitCode: 2 });
});
