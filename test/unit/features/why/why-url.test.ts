import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatUrlWhy } from '../../../../src/cli/format/format-why.ts';
import { MANAGED_LABEL } from '../../../../src/container/spec/names.ts';
import { planExpansion } from '../../../../src/features/expand-template/expand-one.ts';
import { findWhyUrl, type UrlWhy } from '../../../../src/features/why/why-url.ts';
import { EMPTY_LEDGER, OwnedFiles, ownedOf, writeLedger } from '../../../../src/output/plan/ledger.ts';
import { findPaths, type Paths } from '../../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../../support/folder.ts';

const CONFIGURATION =
  'DomainName=Example.test\nSystemName=host\nLocalIP=192.168.1.2\nhttpd=service|Layout|redhat|status|enabled\n';
const WIKI = 'wiki=service|Image|wiki:1|SubDomain|enabled|WebHostPort|47000|WebPort|80|status|enabled\n';
const GIT = 'git=service|Image|gitea:1|WebAlias|git,code|WebHostPort|47001|WebPort|3000|status|enabled\n';

let paths: Paths;
beforeEach(() => {
  paths = findPaths({ DOCKSMITH_ROOT: makeFolder() });
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${paths.file('/engine.json')}`);
});
afterEach(() => void vi.unstubAllEnvs());

function writeDbs(containers: string, configuration = CONFIGURATION): void {
  writeTree(paths.file('/var/lib/docksmith/db'), { configuration, docker_containers: containers });
}

/** Installs what these templates give, as an event does. */
async function install(...templates: readonly string[]): Promise<void> {
  const outputs = [];
  for (const template of templates)
    outputs.push(
      ...(await planExpansion(paths, { template, takeOver: false })).changes.install.map(({ output }) => output),
    );
  writeTree(paths.root, Object.fromEntries(outputs.map(({ path: name, content }) => [name, content.toString()])));
  writeLedger(paths, { ...EMPTY_LEDGER, outputs: OwnedFiles.of(outputs.map(ownedOf)) });
}

const why = async (target: string): Promise<UrlWhy> => {
  const found = await findWhyUrl(paths, target);
  if (found === undefined) throw new Error(`nothing answers at ${target}`);
  return found;
};
const VHOSTS = ['/etc/httpd/docksmith/vhost', '/etc/httpd/docksmith/primary'];

describe('a host name of a container', () => {
  it.each([
    'http://wiki.example.test/',
    'https://wiki.example.test:8443/some/page?x=y',
    'wiki.example.test',
    'WIKI.Example.TEST',
    'wiki.example.test/git/',
  ])('leads %s to it, its vhost, port and image', async (target) => {
    writeDbs(WIKI + GIT);
    await install(...VHOSTS);
    const found = await why(target);
    expect(found).toEqual({
      urls: ['http://wiki.example.test/'],
      container: 'wiki',
      by: 'SubDomain',
      port: 47000,
      image: 'wiki:1',
      state: undefined,
      vhost: {
        path: '/etc/httpd/conf.d/zz-docksmith-2-wiki.conf',
        line: expect.any(Number) as number,
        text: 'ServerName wiki.example.test',
      },
    });
    expect(formatUrlWhy(found)).toMatch(
      /^address +http:\/\/wiki\.example\.test\/\nrecord +docker_containers wiki SubDomain\nvhost +\/etc\/httpd\/conf\.d\/zz-docksmith-2-wiki\.conf:\d+\n +ServerName wiki\.example\.test\nasks +http:\/\/127\.0\.0\.1:47000\/\ncontainer +wiki\nimage +wiki:1\n$/,
    );
  });

  it('may be a full one, in any case', async () => {
    writeDbs(WIKI.replace('|WebHostPort', '|SubDomainName|Docs.Other.TEST|WebHostPort'));
    await install(...VHOSTS);
    expect(await why('docs.other.test')).toMatchObject({
      container: 'wiki',
      vhost: { text: 'ServerName docs.other.test', line: expect.any(Number) as number },
    });
    expect(await findWhyUrl(paths, 'wiki.example.test')).toBeUndefined();
  });
});

describe('a path of the primary host', () => {
  it.each(['http://host.example.test/git/', 'host.example.test/code', '/git', '/code/deep/er?x=y', '/git?x=/wiki/'])(
    'leads %s to its container, and to the line of its place',
    async (target) => {
      writeDbs(WIKI + GIT);
      await install(...VHOSTS);
      const alias = target.includes('code') ? 'code' : 'git';
      expect(await why(target)).toEqual({
        urls: ['http://host.example.test/git/', 'http://host.example.test/code/'],
        container: 'git',
        by: 'WebAlias',
        port: 47001,
        image: 'gitea:1',
        state: undefined,
        vhost: {
          path: '/etc/httpd/conf.d/zz-docksmith-1-primary.conf',
          line: expect.any(Number) as number,
          text: `<Location "/${alias}/">`,
        },
      });
    },
  );

  it('is named by the line of the file where it stands', async () => {
    writeDbs(GIT);
    await install(...VHOSTS);
    const { vhost } = await why('/code/');
    expect(
      readFileSync(paths.file(vhost?.path ?? ''), 'utf8')
        .split('\n')
        [(vhost?.line ?? 0) - 1]?.trim(),
    ).toBe('<Location "/code/">');
  });
});

it('finds no container at other hosts and paths, nor for text that is no URL', async () => {
  writeDbs(
    `${WIKI}${GIT}off=service|Image|off:1|SubDomain|enabled|WebAlias|off|status|disabled\nplain=service|Image|plain:1|status|enabled\n`,
  );
  for (const target of [
    'http://host.example.test/',
    '/',
    'host.example.test',
    'http://other.test/git/',
    'off.example.test',
    '/off/',
    'plain.example.test',
    '/wiki/',
    '/etc/docksmith/containers/wiki.yaml',
    'http://',
    'a b',
    '//git/',
    'example.test',
  ]) {
    expect([target, await findWhyUrl(paths, target)]).toEqual([target, undefined]);
  }
});

it('says what is not there yet: neither vhost nor port', async () => {
  writeDbs(WIKI.replace('|WebHostPort|47000', ''));
  const found = await why('wiki.example.test');
  expect(found).toMatchObject({ vhost: undefined, port: undefined });
  expect(formatUrlWhy(found)).toMatch(/^vhost +none is written yet\nasks +no port was allocated yet$/m);
});

it('says where a vhost that was written has no such line any more', async () => {
  writeDbs(WIKI);
  await install(...VHOSTS);
  writeFileSync(paths.file('/etc/httpd/conf.d/zz-docksmith-2-wiki.conf'), '# edited\n');
  expect((await why('wiki.example.test')).vhost).toEqual({
    path: '/etc/httpd/conf.d/zz-docksmith-2-wiki.conf',
    line: undefined,
    text: '',
  });
});

it("knows the port of a container on the host's network, also where only the image names it", async () => {
  const onHost = 'wiki=service|Image|wiki:1|SubDomain|enabled|network|host|status|enabled\n';
  writeDbs(onHost.replace('|network', '|WebPort|8080|network'));
  expect((await why('wiki.example.test')).port).toBe(8080);
  writeDbs(onHost);
  // no event would accept it
  expect((await why('wiki.example.test')).port).toBeUndefined();
  writeTree(paths.root, {
    'engine.json': JSON.stringify({
      count: 0,
      containers: [],
      volumes: [],
      images: { 'wiki:1': { ExposedPorts: { '9000/tcp': {} } } },
    }),
  });
  expect((await why('wiki.example.test')).port).toBe(9000);
});

it('tells how the container is, of that name and no longer one', async () => {
  writeDbs(WIKI);
  const container = (name: string, status: string): unknown => ({
    name,
    inspect: {
      Id: name,
      Name: `/${name}`,
      State: { Status: status, Running: status === 'running' },
      Config: { Labels: { [MANAGED_LABEL]: 'true' } },
      HostConfig: {},
      Mounts: [],
    },
  });
  writeTree(paths.root, {
    'engine.json': JSON.stringify({
      count: 0,
      containers: [container('wiki2', 'running'), container('wiki', 'paused')],
      volumes: [],
      images: {},
    }),
  });
  const found = await why('wiki.example.test');
  expect(found.state).toBe('paused');
  expect(formatUrlWhy(found)).toMatch(/^container +wiki \(paused\)$/m);
});
