import { describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../../../src/engine/engine.ts';
import type { ContainerInspect, HostConfig } from '../../../../src/engine/engine-api.ts';
import { judgeStillReached } from '../../../../src/features/firewall/still-reached.ts';
import { serverWith } from '../../../support/containers.ts';

const BINDINGS: HostConfig = { PortBindings: { '80/tcp': [{ HostIp: '192.168.1.2', HostPort: '8080' }] } };

function running(
  owner: string,
  hostConfig: HostConfig = BINDINGS,
  status = 'running',
): Parameters<typeof judgeStillReached>[1][number] {
  const summary = { id: owner, name: owner, labels: {}, status, ports: [] } satisfies ContainerSummary;
  return {
    owner,
    summary,
    inspect: { HostConfig: hostConfig, NetworkSettings: { Networks: { bridge: {} } } } as unknown as ContainerInspect,
  };
}
const BRIDGES = new Map([['bridge', 'docker0']]);
const judge = (
  containers: Parameters<typeof serverWith>[0],
  ...there: Parameters<typeof judgeStillReached>[1]
): ReturnType<typeof judgeStillReached> => judgeStillReached(serverWith(containers), there, BRIDGES);
const PORT = { address: '192.168.1.2', port: 8080, protocol: 'tcp' };

describe('what is still to be kept from foreign hosts', () => {
  it.each<[string, Parameters<typeof serverWith>[0]]>([
    ['is private', { wiki: {} }],
    ['is disabled', { wiki: { status: 'disabled', access: 'public' } }],
    ['has no record', {}],
  ])('is the port of a container that runs and %s', (_, containers) => {
    expect(judge(containers, running('wiki'))).toEqual({ ports: [PORT], names: [], bridges: ['docker0'] });
  });

  it('is not that of a public one, but its bridge', () => {
    expect(judge({ wiki: { access: 'public' } }, running('wiki'))).toEqual({
      ports: [],
      names: [],
      bridges: ['docker0'],
    });
  });

  it('is the port that each node answers at for a service which is not wanted any more', () => {
    const services = [{ owner: 'shop', ports: [PORT] }];
    const judgeServices = (containers: Parameters<typeof serverWith>[0]): unknown =>
      judgeStillReached(serverWith(containers), [], BRIDGES, services).ports;
    expect(judgeServices({})).toEqual([PORT]);
    expect(judgeServices({ shop: { status: 'disabled', access: 'public' } })).toEqual([PORT]);
    expect(judgeServices({ shop: { access: 'public' } })).toEqual([]);
  });

  it('is nothing of a stopped one, unless the engine starts it again when it starts itself', () => {
    expect(judge({}, running('wiki', BINDINGS, 'exited'))).toEqual({ ports: [], names: [], bridges: [] });
    expect(judge({}, running('wiki', { ...BINDINGS, RestartPolicy: { Name: 'always' } }, 'exited')).ports).toEqual([
      PORT,
    ]);
    expect(judge({}, running('wiki', BINDINGS, 'restarting')).ports).toEqual([PORT]);
  });

  it('is not a port that a public one has taken over', () => {
    expect(
      judge(
        { shop: { access: 'public' } },
        running('wiki', { ...BINDINGS, RestartPolicy: { Name: 'always' } }, 'exited'),
        running('shop'),
      ).ports,
    ).toEqual([]);
  });

  it("is what a container on the host's network listens to while no record says so", () => {
    expect(
      judge({ mail: { status: 'disabled', network: 'host' } }, running('mail', { NetworkMode: 'host' })).names,
    ).toEqual(['mail']);
    expect(judge({ mail: { network: 'bridge' } }, running('mail', { NetworkMode: 'host' })).names).toEqual(['mail']);
    expect(judge({ mail: { network: 'host' } }, running('mail', { NetworkMode: 'host' })).names).toEqual([]);
  });
});
