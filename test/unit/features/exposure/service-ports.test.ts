import { expect, it } from 'vitest';
import type { ContainerSummary } from '../../../../src/engine/engine.ts';
import { listServicePorts } from '../../../../src/features/exposure/service-ports.ts';
import { parseRules } from '../../../../src/firewall/rules.ts';
import type { ServiceView } from '../../../../src/flow/swarm/service-views.ts';
import type { NodeFacts } from '../../../../src/host/facts.ts';
import { Container } from '../../../../src/model/container.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { render } from '../../../support/render.ts';

const WAYS = '*filter\n-A INPUT -j DOCKSMITH-INPUT\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j DOCKSMITH\n';
const NODES: readonly NodeFacts[] = [1, 2].map((n) => ({
  ...{ name: `node${n}`, address: `10.0.0.${n}`, role: n === 1 ? 'manager' : 'worker', labels: {}, isOwn: n === 1 },
}));

interface Case {
  readonly props: Readonly<Record<string, string>>;
  readonly docker?: Readonly<Record<string, string>>;
  /** `8080/tcp/ingress`; absent: this host is not told */
  readonly published?: readonly string[];
  /** of the nodes that run a task */
  readonly on?: readonly string[];
  readonly hasMesh?: boolean;
  readonly rules?: (rules: string) => string;
}

function judge({ props, docker = {}, published, on = [], hasMesh = true, rules = (text) => text }: Case): unknown {
  const snapshot = serverWith(
    { shop: { Image: 'shop:1', Replicas: '2', ...props } },
    { docker: { status: 'enabled', Swarm: 'manager', ...docker } },
  );
  const facts = factsWith({ nodes: NODES, peers: ['10.0.0.2'] });
  const kernel = (family: 4 | 6): ReturnType<typeof parseRules> =>
    parseRules(
      rules(
        `${WAYS}${render({ template: `/etc/docksmith/filter/docker-user.v${family}` }, { snapshot, facts })
          .outputs.map(({ content }) => content.toString())
          .join('')}`,
      ),
    );
  const ports = (published ?? []).map((text) => {
    const [port, Protocol, PublishMode] = text.split('/');
    return { PublishedPort: Number(port), Protocol, PublishMode, TargetPort: 80 };
  });
  const view = {
    service: { ports },
    tasks: on.map((nodeName) => ({ state: 'running', desired: 'running', nodeName })),
  } as unknown as ServiceView;
  const tasks: readonly ContainerSummary[] = on.includes('node1')
    ? [
        {
          ...{ id: '1', name: 'shop.1.x', labels: {}, status: 'running' },
          ports: ports
            .filter(({ PublishMode }) => PublishMode === 'host')
            .map(({ PublishedPort }) => ({ address: '0.0.0.0', hostPort: PublishedPort, protocol: 'tcp' })),
        },
      ]
    : [];
  const host = {
    ...{ snapshot, facts },
    rules: new Map([
      ['IPv4', kernel(4)],
      ['IPv6', kernel(6)],
    ] as const),
  };
  return listServicePorts(host, new Container(snapshot, 'shop'), {
    view: published === undefined ? undefined : view,
    tasks,
    hasMesh,
  }).map(({ port, addresses, nodes, reached, mismatches }) => [port, addresses.join(), nodes, reached, ...mismatches]);
}

const TCP = { TCPPort: '8080' };
const WEB = { SubDomain: 'enabled', WebPort: '80', WebHostPort: '47000' };

it('a port of the routing mesh answers on every node, where the kernel can do it', () => {
  const published = ['8080/tcp/ingress'];
  expect(judge({ props: TCP, published })).toEqual([[8080, '0.0.0.0', 'all', 'local networks']]);
  expect(judge({ props: { ...TCP, access: 'public' }, published })).toEqual([[8080, '0.0.0.0', 'all', 'everybody']]);
  expect(judge({ props: TCP, published, hasMesh: false })).toEqual([
    [8080, '', 'all', 'nobody', 'this kernel has no IP_VS: it answers nothing here (PublishMode, WebMode host)'],
  ]);
});

it('a port of nodes answers on those that run a task', () => {
  const props = { ...TCP, PublishMode: 'host' };
  const published = ['8080/tcp/host'];
  expect(judge({ props, published, on: ['node2'] })).toEqual([[8080, '', ['node2'], 'nobody']]);
  expect(judge({ props, published, on: ['node2', 'node1'] })).toEqual([
    [8080, '0.0.0.0', ['node1', 'node2'], 'local networks'],
  ]);
  const mapped = { PortMapping: 'custom', PortMappingPorts: '8080:80,8443:443', 'PublishMode.443': 'host' };
  expect(judge({ props: mapped, published: ['8080/tcp/ingress', '8443/tcp/host'], on: ['node2'] })).toEqual([
    [8080, '0.0.0.0', 'all', 'local networks'],
    [8443, '', ['node2'], 'nobody'],
  ]);
  // a worker is not told
  expect(judge({ props })).toEqual([[8080, '', undefined, 'nobody']]);
});

it('the port for Apache is for the nodes that run it', () => {
  const published = ['47000/tcp/host'];
  expect(judge({ props: WEB, published, on: ['node1'] })).toEqual([[47_000, '0.0.0.0', ['node1'], 'web nodes']]);
  const wide = (text: string): string => text.replace('-s 10.0.0.1', '-s 10.9.9.9');
  expect(judge({ props: WEB, published, on: ['node1'], rules: wide })).toEqual([
    [47_000, '0.0.0.0', ['node1'], 'web nodes', 'the IPv4 filter lets 10.9.9.9 in, which runs no Apache for services'],
  ]);
});

it('what is not as declared is said', () => {
  expect(judge({ props: TCP, published: ['9090/tcp/ingress'] })).toEqual([
    [8080, '', 'all', 'nobody', 'the swarm does not publish it now'],
    [9090, '0.0.0.0', 'all', 'everybody', 'published, and no record says so'],
  ]);
  expect(judge({ props: TCP, published: ['8080/tcp/ingress'], docker: { Filter: 'disabled' } })).toEqual([
    [
      ...[8080, '0.0.0.0', 'all', 'everybody'],
      'a swarm publishes on all addresses of a node, and Filter of docker is disabled',
    ],
  ]);
});
