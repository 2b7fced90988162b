import { expect, it } from 'vitest';
import type { ContainerSummary } from '../../../../src/engine/engine.ts';
import type { Operation } from '../../../../src/container/plan/operation.ts';
import { listAffectedDependants, listInterruptions } from '../../../../src/flow/containers/interruptions.ts';
import { Container } from '../../../../src/model/container.ts';
import { listDependants } from '../../../../src/model/links/dependants.ts';
import { listUrls } from '../../../../src/model/urls.ts';
import { serverWith } from '../../../support/containers.ts';

const SNAPSHOT = serverWith(
  {
    wikidb: { Image: 'mariadb:11' },
    wiki: { Image: 'wiki', Interlinked: 'wikidb:db', SubDomain: 'enabled', WebPort: '80' },
    sync: { Image: 'sync', network: 'container:wiki' },
    backup: { Image: 'backup', VolumesFrom: 'wikidb:ro', status: 'disabled' },
    shop: {
      Image: 'shop',
      SubDomain: 'enabled',
      SubDomainName: 'Shop.example.com',
      Certificate: '/etc/shop.pem',
      WebAlias: 'shop,/store/',
    },
  },
  { httpd: { status: 'enabled', TCPPort: '8080' } },
);

function container(
  name: string,
  status = 'running',
  ...ports: readonly (readonly [address: string, port: number, protocol?: string])[]
): ContainerSummary {
  return {
    id: `id-${name}`,
    name,
    status,
    labels: {},
    ports: ports.map(([address, hostPort, protocol = 'tcp']) => ({ address, hostPort, protocol })),
  };
}

const refer = (
  name: string,
): { readonly id: string; readonly name: string; readonly nameNow: string; readonly cause: string } => ({
  id: `id-${name}`,
  name,
  nameNow: name,
  cause: 'asked for',
});
const stop = (name: string): Operation => ({ verb: 'stop', ...refer(name), stop: {} });
const restart = (name: string): Operation => ({ verb: 'restart', ...refer(name), stop: {} });
const startAgain = (name: string): Operation => ({ verb: 'start', ...refer(name), paused: false });

it('knows who needs a container, over others too', () => {
  expect(listDependants(SNAPSHOT, 'wikidb')).toEqual(['wiki', 'sync']);
  expect(listDependants(SNAPSHOT, 'shop')).toEqual([]);
});

it('knows where a container is found in the web', () => {
  expect(listUrls(new Container(SNAPSHOT, 'wiki'))).toEqual(['http://wiki.example.test:8080/']);
  expect(listUrls(new Container(SNAPSHOT, 'shop'))).toEqual([
    'https://shop.example.com/',
    'http://host.example.test:8080/shop/',
    'http://host.example.test:8080/store/',
  ]);
  expect(listUrls(new Container(SNAPSHOT, 'wikidb'))).toEqual([]);
});

it('tells what a plan ends, how long, and how it was reached', () => {
  const containers = [
    container('wikidb', 'running', ['0.0.0.0', 3306], ['::', 3306]),
    container('wiki', 'running', ['127.0.0.1', 47_000], ['192.168.1.2', 53, 'udp'], ['192.168.1.2', 8080]),
    container('shop', 'exited'),
  ];
  const plan = { operations: [stop('wiki'), stop('wikidb'), stop('shop'), startAgain('wiki')], notes: [] };
  expect(listInterruptions(SNAPSHOT, plan, containers)).toEqual([
    {
      name: 'wiki',
      until: 'replaced',
      ports: ['53/udp', '8080'],
      urls: ['http://wiki.example.test:8080/'],
      needed: ['sync'],
    },
    { name: 'wikidb', until: undefined, ports: ['3306'], urls: [], needed: ['wiki', 'sync'] },
  ]);
});

it('counts what stops with the engine', () => {
  const containers = [container('wiki'), container('foreign')];
  const restarted = listInterruptions(SNAPSHOT, { operations: [restart('wiki')], notes: [] }, containers, {
    causes: [],
    stops: ['wiki', 'foreign'],
  });
  expect(restarted.map(({ name, until }) => `${name} ${until ?? ''}`)).toEqual(['wiki restarted', 'foreign restarted']);
});

it('names those who lose what they need, but not those who go too', () => {
  expect(listAffectedDependants(SNAPSHOT, { operations: [stop('wikidb')], notes: [] })).toEqual([
    'wiki needs wikidb, and goes on without it',
    'sync needs wikidb, and goes on without it',
  ]);
  expect(listAffectedDependants(SNAPSHOT, { operations: [restart('wikidb'), restart('wiki')], notes: [] })).toEqual([
    'sync needs wikidb, which is down for a moment',
    'sync needs wiki, which is down for a moment',
  ]);
});
