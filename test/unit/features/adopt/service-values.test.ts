import { describe, expect, it } from 'vitest';
import { listDifferences } from '../../../../src/container/service/differences.ts';
import { withImage } from '../../../../src/container/service/plan-services.ts';
import { makeServiceBody } from '../../../../src/container/service/service-body.ts';
import { withUnchangedFields } from '../../../../src/container/service/unchanged-fields.ts';
import { parseRunSpec } from '../../../../src/container/spec/run-spec.ts';
import type { NetworkSummary } from '../../../../src/engine/engine.ts';
import type { ServiceBody } from '../../../../src/engine/swarm-api.ts';
import { makeRecords } from '../../../../src/features/adopt/records.ts';
import { makeCandidate } from '../../../../src/features/adopt/stack/stack-candidates.ts';
import type { DbRecord } from '../../../../src/db/record.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { render } from '../../../support/render.ts';
import { snapshotOf } from '../../../support/sample.ts';

const FILE = { Name: 'token', UID: '0', GID: '0', Mode: 0o444 };

/** A service as `docker stack deploy` of Debian makes it, with all that a record can say. */
const FULL = {
  Name: 'shop_web',
  Labels: {
    'com.docker.stack.image': 'app:1',
    'com.docker.stack.namespace': 'shop',
    'traefik.rule': 'Host(`a.b`), x',
  },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'reg.example.test/app:1@sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
      Labels: { 'com.docker.stack.namespace': 'shop', team: 'web' },
      Command: ['/bin/app', 'two words'],
      Args: ['-v'],
      Hostname: 'webby',
      Env: ['B=two, words', 'A=$1'],
      Dir: '/srv',
      User: '1000:1000',
      Privileges: { CredentialSpec: null, SELinuxContext: null, NoNewPrivileges: false },
      TTY: true,
      OpenStdin: true,
      ReadOnly: true,
      Init: false,
      StopSignal: 'SIGINT',
      StopGracePeriod: 3e9,
      Mounts: [
        { Type: 'volume', Source: 'shop_data', Target: '/data', VolumeOptions: { Labels: { x: 'y' } } },
        { Type: 'bind', Source: '/srv/all', Target: '/all', ReadOnly: true },
        { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o1777 } },
        { Type: 'tmpfs', Target: '/plain' },
      ],
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 2e9, Retries: 2 },
      Hosts: ['10.5.0.2 db'],
      DNSConfig: { Nameservers: ['10.0.0.53'], Search: ['example.test'], Options: ['ndots:1'] },
      Sysctls: { 'net.core.somaxconn': '1024' },
      CapabilityAdd: ['CAP_NET_ADMIN'],
      CapabilityDrop: ['ALL'],
      Ulimits: [{ Name: 'nofile', Soft: 512, Hard: 1024 }],
      Isolation: 'default',
      Secrets: [
        { SecretID: 's1', SecretName: 'shop_token', File: FILE },
        { SecretID: 's1', SecretName: 'shop_token', File: { Name: '/t', UID: '7', GID: '8', Mode: 0o400 } },
      ],
      Configs: [{ ConfigID: 'c1', ConfigName: 'shop_conf', File: { ...FILE, Name: '/etc/app.conf' } }],
    },
    Resources: {
      Limits: { NanoCPUs: 5e8, MemoryBytes: 64 << 20, Pids: 100 },
      Reservations: { NanoCPUs: 1e8, MemoryBytes: 8 << 20 },
    },
    RestartPolicy: { Condition: 'any', Delay: 2e9, MaxAttempts: 3, Window: 30e9 },
    Placement: {
      Constraints: ['node.role == manager'],
      Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.zone' } }],
      MaxReplicas: 2,
      Platforms: [{ Architecture: 'amd64', OS: 'linux' }],
    },
    Networks: [
      { Target: 'shop_default', Aliases: ['web'] },
      { Target: 'front', Aliases: ['www', 'web'] },
    ],
    ForceUpdate: 4,
    Runtime: 'container',
  },
  Mode: { Replicated: { Replicas: 2 } },
  UpdateConfig: {
    ...{ Parallelism: 2, Delay: 1e9, FailureAction: 'continue', Monitor: 7e9, MaxFailureRatio: 0.25 },
    Order: 'start-first',
  },
  RollbackConfig: { Parallelism: 3, Delay: 2e9, FailureAction: 'continue', Monitor: 8e9, MaxFailureRatio: 0.5 },
  EndpointSpec: {
    Mode: 'dnsrr',
    Ports: [
      { Protocol: 'udp', TargetPort: 53, PublishedPort: 5353, PublishMode: 'host' },
      { Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' },
    ],
  },
} as unknown as ServiceBody;

/** The least that a client makes. */
const PLAIN = {
  Name: 'shop_agent',
  Labels: { 'com.docker.stack.image': 'app', 'com.docker.stack.namespace': 'shop' },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'app',
      Labels: { 'com.docker.stack.namespace': 'shop' },
      StopGracePeriod: 10e9,
      DNSConfig: {},
      Isolation: 'default',
    },
    Resources: {},
    RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 },
    Placement: {},
    Networks: [{ Target: 'shop_default', Aliases: ['agent'] }],
    ForceUpdate: 0,
    Runtime: 'container',
  },
  Mode: { Global: {} },
  EndpointSpec: { Mode: 'vip' },
} as unknown as ServiceBody;

const network = (name: string): NetworkSummary => ({
  ...{ id: `id-${name}`, name, driver: 'overlay', internal: false, attachable: false, ipv6: false, addresses: [] },
  options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' },
  labels: { 'com.docker.stack.namespace': 'shop' },
});

interface Adopted {
  readonly records: readonly (DbRecord & { readonly db: string })[];
  readonly left: readonly string[];
  /** what the next update would change it to */
  readonly next: ServiceBody;
}

/** All the way: the service, its records, the run spec that the shipped fragments make of them, the service of that. */
function adopt(body: ServiceBody): Adopted {
  const empty = serverWith({}, { docker: { Swarm: 'manager', NodeFolders: '/srv/all' } });
  const candidate = makeCandidate(body, {
    ...{ salt: 'cluster', stack: 'shop', networks: ['shop_default', 'front'].map(network), isLocal: false },
  });
  const { records, leftOut, failures } = makeRecords(empty, [candidate]);
  expect(failures).toEqual([]);
  const dbs = new Map(empty.dbs);
  for (const one of records) dbs.set(one.db, new Map([...(dbs.get(one.db) ?? []), [one.key, one]]));
  const { outputs } = render(
    { template: '/etc/docksmith/containers' },
    { snapshot: snapshotOf(dbs), facts: factsWith() },
  );
  const text = outputs.map(({ content }) => content.toString()).join('');
  const spec = parseRunSpec(`/etc/docksmith/containers/${body.Name}.yaml`, text);
  const made = makeServiceBody(spec, { sources: new Map(), nodeFolders: ['/srv/all'], salt: 'cluster' });
  return {
    records,
    left: [...candidate.leftOut, ...leftOut].map(({ key, value, why }) => `${key} ${value}: ${why}`),
    next: withImage({ made }, { body }),
  };
}

const propsOf = ({ records }: Adopted, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(records.find(({ db, key }) => db === 'docker_containers' && key === name)?.props ?? []);

describe('a service of a stack that is adopted', () => {
  it('is said by the props of its record, whole, and the next update changes the labels of the service alone', () => {
    const adopted = adopt(FULL);
    expect(adopted.left).toEqual([]);
    expect(propsOf(adopted, 'shop_web')).toMatchObject({
      Replicas: '2',
      'PublishMode.53/udp': 'host',
      'Deploy.restart_policy.max_attempts': '3',
      'Deploy.labels.traefik.rule': 'Host(`a.b`), x',
      SwarmSecrets: 'shop_token:/run/secrets/token,shop_token:/t:0400:7:8',
      SwarmConfigs: 'shop_conf:/etc/app.conf',
      'Labels.com.docker.stack.namespace': 'shop',
    });
    expect(listDifferences(adopted.next, FULL).map(({ key }) => key.title)).toEqual(['service labels']);
  });

  it('needs little of a record where little was said', () => {
    const adopted = adopt(PLAIN);
    expect(adopted.left).toEqual([]);
    expect(propsOf(adopted, 'shop_agent')).toEqual({
      ...{ status: 'enabled', Application: 'shop', Replicas: 'global', RollbackOn: 'none' },
      ...{ network: 'custom:shop_default', NetworkAlias: 'agent', Restart: 'always', LogMaxSize: 'unlimited' },
      'Labels.com.docker.stack.namespace': 'shop',
    });
    expect(listDifferences(adopted.next, PLAIN).map(({ key }) => key.title)).toEqual(['service labels']);
  });

  it.each([FULL, PLAIN])('keeps every field as the engine has it that no difference is in: %#', (body) => {
    const { next } = adopt(body);
    const sent = withUnchangedFields(next, body);
    expect({ ...sent, Labels: body.Labels }).toEqual(body);
    expect(sent.Labels).toMatchObject({ 'docksmith.managed': 'true' });
    expect(sent.Labels).not.toHaveProperty(['com.docker.stack.namespace']);
  });

  it('says what no prop can say, and that it stays', () => {
    const { ContainerSpec, ...task } = PLAIN.TaskTemplate;
    const odd = {
      ...PLAIN,
      TaskTemplate: {
        ...task,
        Resources: { Reservations: { GenericResources: [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 1 } }] } },
        ContainerSpec: { ...ContainerSpec, Privileges: { NoNewPrivileges: true }, OomScoreAdj: 7 },
      },
    } as unknown as ServiceBody;
    const stays = 'no prop says it: it stays as it is';
    expect(adopt(odd).left.filter((one, n, all) => all.indexOf(one) === n)).toEqual([
      `TaskTemplate.Resources.Reservations.GenericResources [{"DiscreteResourceSpec":{"Kind":"gpu","Value":1}}]: ${stays}`,
      `TaskTemplate.ContainerSpec.Privileges {"NoNewPrivileges":true}: ${stays}`,
      `TaskTemplate.ContainerSpec.OomScoreAdj 7: ${stays}`,
    ]);
    expect(withUnchangedFields(adopt(odd).next, odd).TaskTemplate).toEqual(odd.TaskTemplate);
  });
});
