import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failures, Failure, failuresOf } from '../../../../src/base/errors.ts';
import { parseRunSpec, type RunSpec } from '../../../../src/container/spec/run-spec.ts';
import { isService } from '../../../../src/container/spec/service-spec.ts';
import { SPEC_KEYS } from '../../../../src/container/spec/spec-keys.ts';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { CARRIED, REFUSED_PROPS } from '../../../../src/model/swarm/carried.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';
import { render } from '../../../support/render.ts';

type Props = Readonly<Record<string, string>>;
const FILE = '/etc/docksmith/containers/wiki.yaml';
const MANAGER = { docker: { Swarm: 'manager' } };

/** The run spec that the shipped fragments make of a record. */
function renderSpec(props: Props): string {
  const snapshot = serverWith({ wiki: { Image: 'app:1', ...props } }, MANAGER);
  const { outputs } = render({ template: '/etc/docksmith/containers' }, { snapshot, facts: factsWith() });
  return outputs.map(({ content }) => content.toString()).join('');
}

const parse = (text: string): RunSpec => parseRunSpec(FILE, text);

function listMistakes(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Failures)) throw error;
    return failuresOf(error).map(({ message }) => message);
  }
}

describe('the run spec of a service', () => {
  it('is made of the props of its record', () => {
    const spec = parse(
      renderSpec({
        Replicas: '3',
        Placement: 'node.labels.zone==a,spread:node.labels.rack',
        MaxPerNode: '2',
        UpdateOrder: 'start-first',
        UpdateParallelism: '2',
        UpdateDelay: '10s',
        RollbackOn: 'failure:0.3',
        TCPPort: '8080',
        SubDomain: 'enabled',
        WebPort: '80',
        WebHostPort: '23000',
      }),
    );
    expect(spec.values).toMatchObject({
      image: 'app:1',
      ports: ['23000:80', '8080:8080'],
      deploy: {
        mode: 'replicated',
        replicas: '3',
        'placement.constraints': '["node.labels.zone==a"]',
        'placement.preferences': '["node.labels.rack"]',
        'placement.max_replicas_per_node': '2',
        'update_config.parallelism': '2',
        'update_config.order': 'start-first',
        'update_config.delay': '10000000000',
        'update_config.failure_action': 'rollback',
        'update_config.max_failure_ratio': '0.3',
        'rollback_config.parallelism': '2',
        'rollback_config.order': 'start-first',
      },
    });
    expect([isService(spec), spec.hostPorts]).toEqual([true, ['23000:80']]);
  });

  it('has the ports of the nodes that run it, and its tasks are on each node, where the record says so', () => {
    const { values, hostPorts } = parse(
      renderSpec({ Replicas: 'global', TCPPort: '8080', UDPPort: '53', PublishMode: 'host', RollbackOn: 'none' }),
    );
    expect(hostPorts).toEqual(['8080:8080', '53:53/udp']);
    expect(values['deploy']).toMatchObject({ mode: 'global', 'update_config.failure_action': 'pause' });
    expect(values['deploy']).not.toHaveProperty('replicas');
  });

  it('is no container of this host, which says nothing of a swarm', () => {
    const text = renderSpec({ TCPPort: '8080' });
    expect(text).not.toContain('deploy');
    expect(parse(text).hostPorts).toBeUndefined();
    expect(isService(parse(text))).toBe(false);
  });

  it('may be said by a custom fragment alone, in the words of Compose', () => {
    const { values } = parse(
      'services: {wiki: {image: "app:1", deploy: {replicas: 2, endpoint_mode: dnsrr, labels: [a=b], restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3}, resources: {limits: {cpus: "0.50", memory: 50M}}, placement: {constraints: ["node.role == worker"]}}}}',
    );
    expect(values['deploy']).toEqual({
      endpoint_mode: 'dnsrr',
      labels: '{"a":"b"}',
      'placement.constraints': '["node.role==worker"]',
      replicas: '2',
      'resources.limits.cpus': '0.5',
      'resources.limits.memory': '52428800',
      'restart_policy.condition': 'on-failure',
      'restart_policy.delay': '5000000000',
      'restart_policy.max_attempts': '3',
    });
  });

  it('is refused with all that is wrong with it, each at its place', () => {
    const deploy = 'mode: some, replicas: -1, update_config: {order: both, max_failure_ratio: 2}, more: 1';
    expect(listMistakes(() => parse(`services: {wiki: {image: a, deploy: {${deploy}}}}`))).toEqual([
      expect.stringContaining('cannot use "services.wiki.deploy.more": docksmith does not support this key'),
    ]);
    expect(
      listMistakes(() => parse(`services: {wiki: {image: a, deploy: {${deploy.replace(', more: 1', '')}}}}`)),
    ).toEqual([
      `${FILE}:1:44: cannot use "services.wiki.deploy.mode": "some" is none of replicated, global`,
      `${FILE}:1:60: cannot use "services.wiki.deploy.replicas": must be a whole number, 0 or more`,
      `${FILE}:1:87: cannot use "services.wiki.deploy.update_config.order": "both" is none of stop-first, start-first`,
      `${FILE}:1:112: cannot use "services.wiki.deploy.update_config.max_failure_ratio": must be a number from 0 to 1`,
    ]);
    expect(listMistakes(() => parse('services: {wiki: {image: a, deploy: {endpoint_mode: vip}}}'))).toEqual([
      `${FILE}:1:37: cannot use "services.wiki.deploy": needs mode or replicas`,
    ]);
  });
});

describe('what a swarm can carry', () => {
  it('is said for every key of a run spec', () => {
    const beside = ['container_name', 'env_file', 'secrets', 'configs'];
    expect(Object.keys(CARRIED).sort()).toEqual([...SPEC_KEYS.map(({ name }) => name), ...beside].sort());
  });

  it('is named by props that there are', () => {
    const file = path.resolve(import.meta.dirname, '../../../../db/docker_containers/schema.json');
    const known = Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { service: object }).service);
    for (const prop of Object.values(CARRIED).flatMap(({ props }) => props))
      expect(known.some((name) => name === prop || name.startsWith(`${prop}.`))).toBe(true);
  });

  it('is refused at the lines of a custom fragment, all of them', () => {
    const lines = [
      'services:',
      '  wiki:',
      '    image: a',
      '    deploy: {replicas: 2}',
      '    privileged: true',
      '    init: false',
      '    depends_on: [db]',
      '    ports: ["192.168.1.2:80:80"]',
      '    networks: [lan]',
      '    volumes: [/data]',
      '    oom_kill_disable: false',
      'networks: {lan: {}}',
    ];
    expect(listMistakes(() => parse(lines.join('\n')))).toEqual([
      `${FILE}:5:17: cannot use "services.wiki.privileged": a swarm cannot carry it: the engine has no such setting for a service`,
      `${FILE}:7:17: cannot use "services.wiki.depends_on": a swarm cannot carry it: a swarm starts tasks in any order, also when a node fails: the program has to wait`,
      `${FILE}:8:12: cannot use "services.wiki.ports": a swarm publishes on all addresses of a node, and not on 192.168.1.2 alone`,
      `${FILE}:9:15: cannot use "services.wiki.networks": network "lan" has the driver bridge, and is one of a single host`,
      `${FILE}:10:14: cannot use "services.wiki.volumes": the volume at /data needs a name: a task has nothing that outlives it`,
    ]);
    expect(listMistakes(() => parse(lines.join('\n').replace('    deploy: {replicas: 2}\n', '')))).toEqual([]);
  });

  const listRefused = (props: Props, configuration: Readonly<Record<string, Props>> = MANAGER): readonly string[] =>
    checkRecords(serverWith({ wiki: { Image: 'app:1', ...props } }, configuration), factsWith()).mistakes.map(
      ({ message }) => message,
    );

  it('is refused with record and prop, all of them', () => {
    const cannot = 'cannot accept docker_containers wiki';
    expect(
      listRefused({
        Replicas: '2',
        Role: 'job',
        Privileged: 'yes',
        OomKillDisable: 'no',
        Pid: 'host',
        'ExternalLinks.a': 'other',
        HealthPort: '80',
        network: 'host',
      }),
    ).toEqual([
      `${cannot} Role "job": a service of the swarm runs all the time: it is no job, data, ambassador or dom0`,
      `${cannot} ExternalLinks.a "other": services find each other by name on an overlay network`,
      `${cannot} Pid "host": it shares something of a container of the same host, and a task may run on any node`,
      `${cannot} Privileged "yes": the engine has no such setting for a service`,
      `${cannot} HealthPort "80": a task on another node cannot be asked from here: HealthCmd is asked where it runs`,
      `${cannot} network "host": a service is on overlay networks, or on none of its own`,
    ]);
    expect(listRefused({ Replicas: '2', PortMapping: 'custom', PortMappingPorts: '127.0.0.1:81:80' })).toEqual([
      `${cannot} PortMappingPorts "127.0.0.1:81:80": a swarm publishes on all addresses of a node, and not on 127.0.0.1 alone`,
    ]);
    expect(listRefused({ Replicas: '2' }, {})).toEqual([
      `${cannot} Replicas "2": this host is in no swarm, and a service needs one`,
    ]);
    expect(listRefused({ Replicas: '2', Privileged: 'no', MaxMemory: '64' })).toEqual([]);
  });
});

it('docs/swarm.md has the table of what a swarm can carry as the code has it', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/swarm.md'), 'utf8');
  const [, table = ''] = /<!-- made of src\/model\/swarm\/carried\.ts -->\n([^]*?)<!-- end -->/.exec(page) ?? [];
  const quote = (prop: string): string => `\`${prop}\``;
  const rows = Object.entries(CARRIED).map(
    ([key, { how, words, props }]) =>
      `| ${quote(key)} | ${props.map(quote).join(', ')} | ${how}${words === '' ? '' : `: ${words}`} |`,
  );
  const further = Object.entries(REFUSED_PROPS).map(([prop, why]) => `| | ${quote(prop)} | refused: ${why} |`);
  expect(table.trim().split('\n')).toEqual([
    '| run spec | props | in a swarm |',
    '| --- | --- | --- |',
    ...rows,
    ...further,
  ]);
});
