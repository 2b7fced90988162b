import { describe, expect, it } from 'vitest';
import { planServices, type ServicesOptions } from '../../../../src/container/service/plan-services.ts';
import { makeServiceBody } from '../../../../src/container/service/service-body.ts';
import type { HostFile } from '../../../../src/container/service/host-files.ts';
import type { ActualServices, DesiredService, DesiredServices } from '../../../../src/container/service/services.ts';
import { Container } from '../../../../src/model/container.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';
import { parseRunSpec } from '../../../../src/container/spec/run-spec.ts';
import type { Service, ServiceBody } from '../../../../src/engine/swarm-api.ts';

const CONF: HostFile = { kind: 'config', base: 'wiki.conf', bytes: Buffer.from('a = 1') };
const PASSWORD: HostFile = { kind: 'secret', base: 'password', bytes: Buffer.from('one') };

/** A service as a run spec with these lines wants it. */
function wanted(
  lines = '',
  files: Readonly<Record<string, HostFile>> = {},
  name = 'wiki',
  props?: Readonly<Record<string, string>>,
): DesiredService {
  const text = `services:\n  ${name}:\n    image: app:1\n    deploy: {replicas: 3, update_config: {failure_action: rollback}}\n${lines}`;
  const spec = parseRunSpec(`/etc/docksmith/containers/${name}.yaml`, text);
  const snapshot = snapshotOf(new Map([['docker_containers', db(record(name, 'service', props))]]));
  const context = {
    sources: new Map(Object.entries(files)),
    nodeFolders: ['/srv/all'],
    salt: 'cluster',
    ...(props === undefined ? {} : { container: new Container(snapshot, name) }),
  };
  return { state: 'running', name, spec, made: makeServiceBody(spec, context) };
}

const bodyOf = (service: DesiredService): ServiceBody => {
  if (service.state !== 'running') throw new Error('it is not to run');
  return service.made.body;
};

const madeOf = (service: DesiredService, change: (body: ServiceBody) => ServiceBody = (body) => body): Service => ({
  ...{ id: `id-${service.name}`, name: service.name, version: 1, created: '', updated: '', ports: [] },
  body: change(bodyOf(service)),
});

const desire = (...services: readonly DesiredService[]): DesiredServices => ({
  services,
  containers: new Set(['db']),
  containerNetworks: new Set(),
});

const actual = (services: readonly Service[] = [], more: Partial<ActualServices> = {}): ActualServices => ({
  services: new Map(services.map((service) => [service.name, service])),
  foreign: [],
  kept: { secret: [], config: [] },
  keptNames: { secret: new Set(), config: new Set() },
  networks: new Map(),
  networkUsers: new Map(),
  containers: new Map(),
  ...more,
});

function plan(desired: DesiredServices, has: ActualServices, options?: ServicesOptions): string {
  const { first, operations, notes } = planServices(desired, has, options);
  return [...first, ...operations]
    .map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`)
    .concat(notes)
    .join('\n')
    .replaceAll(/\.[0-9a-f]{12}/g, '.DIGEST');
}

const NO_DIGEST = 'wiki: this node knows no digest of app:1: each node runs what it has, or pulls, by that name';

describe('the plan of services', () => {
  it('makes one with what it needs, in order', () => {
    const files =
      '    volumes: ["/etc/wiki.conf:/etc/wiki.conf:ro", "/s/password:/run/secrets/password:ro", "/srv/all/wiki:/data"]\n    networks: [back]\nnetworks: {back: {driver: overlay}}\n';
    const service = wanted(files, { '/etc/wiki.conf': CONF, '/s/password': PASSWORD });
    expect(plan(desire(service), actual())).toBe(
      [
        'network back: wanted by wiki',
        'config wiki.wiki.conf.DIGEST: of wiki',
        'secret wiki.password.DIGEST: of wiki',
        'create wiki: not there',
        NO_DIGEST,
      ].join('\n'),
    );
    const { Mounts: mounts, Secrets: secrets } = bodyOf(service).TaskTemplate.ContainerSpec;
    expect(mounts).toEqual([{ Type: 'bind', Source: '/srv/all/wiki', Target: '/data' }]);
    expect(secrets?.map(({ File }) => File)).toEqual([{ Name: 'password', UID: '0', GID: '0', Mode: 0o444 }]);
  });

  it('says nothing of what is as it is to be, also where the engine leaves out or adds what changes nothing', () => {
    const service = wanted();
    const answered = madeOf(service, ({ UpdateConfig, ...body }) => ({
      ...body,
      UpdateConfig: { ...UpdateConfig },
      TaskTemplate: {
        ...body.TaskTemplate,
        Placement: {},
        ForceUpdate: 7,
        ContainerSpec: { ...body.TaskTemplate.ContainerSpec, StopGracePeriod: 10e9, DNSConfig: {} },
      },
    }));
    expect(plan(desire(service), actual([answered]))).toBe('');
  });

  it.each<[string, string, (body: ServiceBody) => ServiceBody]>([
    ['replicas 5 -> 3', '', (body) => ({ ...body, Mode: { Replicated: { Replicas: 5 } } })],
    [
      'memory 64m -> 128m',
      '    mem_limit: 128m\n',
      (body) => withTask(body, { Resources: { Limits: { MemoryBytes: 64 * 1024 ** 2 } } }),
    ],
    [
      'environment A changed, B added',
      '    environment: {A: "1", B: "2"}\n',
      (body) => withContainer(body, { Env: ['A=0'] }),
    ],
    [
      'ports none -> 8080:80',
      '    ports: ["8080:80"]\n',
      (body) => ({ ...body, EndpointSpec: { Mode: 'vip', Ports: [] } }),
    ],
    [
      'mounts none -> data:/data',
      '    volumes: ["data:/data"]\nvolumes: {data: {}}\n',
      (body) => withContainer(body, { Mounts: [] }),
    ],
    ['init none -> yes', '    init: true\n', (body) => withContainer(body, {})],
  ])('changes what is otherwise: %s', (cause, lines, change) => {
    const service = wanted(lines);
    const has = madeOf(service, (body) => {
      const { Init: init, ...container } = body.TaskTemplate.ContainerSpec;
      return change(
        init === true ? { ...body, TaskTemplate: { ...body.TaskTemplate, ContainerSpec: container } } : body,
      );
    });
    expect(plan(desire(service), actual([has])).split('\n')[0]).toBe(`update wiki: ${cause}`);
  });

  it('gives changed data another name, and removes the old one when the service runs without it', () => {
    const lines = '    volumes: ["/s/password:/run/secrets/password:ro"]\n';
    const before = wanted(lines, { '/s/password': PASSWORD });
    const after = wanted(lines, { '/s/password': { ...PASSWORD, bytes: Buffer.from('two') } });
    const [old] = before.state === 'running' ? before.made.kept : [];
    const kept = {
      id: '1',
      name: old?.name ?? '',
      labels: { 'docksmith.managed': 'true', 'docksmith.name': 'wiki' },
      created: '',
    };
    expect(plan(desire(after), actual([madeOf(before)], { kept: { secret: [kept], config: [] } }))).toBe(
      [
        'secret wiki.password.DIGEST: of wiki',
        'update wiki: secrets wiki.password.DIGEST:password -> wiki.password.DIGEST:password',
        'remove secret wiki.password.DIGEST: no service uses it',
        NO_DIGEST,
      ].join('\n'),
    );
  });

  it('keeps the image that a service was made with, until images are updated', () => {
    const service = { ...wanted(), digest: 'sha256:new' } as DesiredService;
    const has = madeOf(service, (body) => withContainer(body, { Image: 'app:1@sha256:old' }));
    expect(plan(desire(service), actual([has]))).toBe('');
    expect(plan(desire(service), actual([has]), { newImages: true })).toBe(
      'update wiki: image app:1@sha256:old -> app:1@sha256:new',
    );
    expect(
      plan(desire(service), actual([madeOf(service, (body) => withContainer(body, { Image: 'app:0@sha256:old' }))])),
    ).toBe('update wiki: image app:0@sha256:old -> app:1@sha256:new');
  });

  it('stops what is disabled or asked to stop, and restarts', () => {
    const service = wanted();
    const disabled = desire({ state: 'stopped', name: 'wiki' });
    expect(plan(disabled, actual([madeOf(service)]))).toBe('stop wiki: disabled');
    expect(plan(disabled, actual())).toBe('');
    expect(plan(desire(service), actual([madeOf(service)]), { asked: 'stop', names: ['wiki'] })).toBe(
      'stop wiki: asked for',
    );
    expect(plan(desire(service), actual([madeOf(service)]), { asked: 'restart', names: ['wiki'] })).toBe(
      `restart wiki: asked for\n${NO_DIGEST}`,
    );
    const global = madeOf(service, (body) => ({ ...body, Mode: { Global: {} } }));
    expect(plan(disabled, actual([global]))).toBe('remove wiki: disabled: a swarm cannot stop a global service');
    expect(() => plan(desire(service), actual([global]), { asked: 'stop', names: ['wiki'] })).toThrow(
      'cannot stop service "wiki": it is global, and a swarm runs such one on each node as long as it is there',
    );
    expect(() => plan(disabled, actual(), { asked: 'start', names: ['wiki'] })).toThrow(
      'cannot start service "wiki": its record is disabled',
    );
  });

  it('leaves orphans until they are to go, what makes a container now goes at once, and what is of others is theirs', () => {
    const [orphan, turned] = [madeOf(wanted('', {}, 'old')), madeOf(wanted('', {}, 'db'))];
    expect(plan(desire(), actual([orphan, turned]))).toBe(
      'remove db: its record makes a container now\norphan old: no record wants it; docksmith reconcile --remove-orphans removes it',
    );
    expect(plan(desire(), actual([orphan]), { removeOrphans: true })).toBe('remove old: orphan');
    expect(() => plan(desire(wanted()), actual([], { foreign: [madeOf(wanted())] }))).toThrow(
      'cannot create service "wiki": the swarm has a service of that name that docksmith did not make',
    );
  });

  it('does not try again what has failed, until it is otherwise', () => {
    const service = wanted();
    const [operation] = planServices(desire(service), actual()).operations;
    const digest = operation?.verb === 'create' ? operation.digest : '';
    const failed = new Map([['wiki', { digest, when: '2026-01-02T03:04:05Z', why: 'exit code 3' }]]);
    expect(plan(desire(service), actual(), { failed })).toBe(
      'failed wiki: exit code 3 (2026-01-02 03:04); docksmith reconcile --retry tries again',
    );
    expect(plan(desire(wanted('    init: true\n')), actual(), { failed })).toContain('create wiki: not there');
  });

  it('refuses all mounts that no swarm can carry', () => {
    const lines = '    volumes: ["/srv/wiki:/w", "/etc/a:/a", "/etc/b:/b:ro", "/etc/c:/c:ro,z"]\n';
    const files = { '/etc/a': CONF };
    expect(() => wanted(lines, { ...files })).toThrow(
      [
        '/etc/docksmith/containers/wiki.yaml: cannot mount "/etc/a:/a" in service "wiki": a swarm gives tasks a file to read alone',
        '/etc/docksmith/containers/wiki.yaml: cannot mount "/etc/b:/b:ro" in service "wiki": this host has no such file or folder',
        '/etc/docksmith/containers/wiki.yaml: cannot mount "/etc/c:/c:ro,z" in service "wiki": a swarm has no option z for a mount',
        '/etc/docksmith/containers/wiki.yaml: cannot mount "/srv/wiki:/w" in service "wiki": this host has no such file or folder',
      ].join('\n'),
    );
    expect(() =>
      wanted(`${lines}    tmpfs: ["/run/x:noexec"]\n`, { '/etc/a': CONF }, 'wiki', {
        MountPath: '/etc/a:/a,/etc/c:/c/:ro,z',
        'MountPath.w': '/srv/wiki:/w',
        Tmpfs: '/run/x:noexec',
      }),
    ).toThrow(
      [
        'cannot accept docker_containers wiki MountPath "/etc/a:/a": a swarm gives tasks a file to read alone',
        '/etc/docksmith/containers/wiki.yaml: cannot mount "/etc/b:/b:ro" in service "wiki": this host has no such file or folder',
        'cannot accept docker_containers wiki MountPath "/etc/c:/c:ro,z": a swarm has no option z for a mount',
        'cannot accept docker_containers wiki MountPath.w "/srv/wiki:/w": this host has no such file or folder',
        'cannot accept docker_containers wiki Tmpfs "/run/x": a swarm has no option noexec for a tmpfs',
      ].join('\n'),
    );
    const empty = { '/etc/e': { ...CONF, bytes: Buffer.alloc(0) } };
    expect(() => wanted('    volumes: ["/etc/e:/e:ro"]\n', empty, 'wiki', { MountPath: '/etc/e:/e:ro' })).toThrow(
      'cannot accept docker_containers wiki MountPath "/etc/e:/e:ro": it is empty, and a config of a swarm is not',
    );
  });
});

function withTask(body: ServiceBody, change: Partial<ServiceBody['TaskTemplate']>): ServiceBody {
  return { ...body, TaskTemplate: { ...body.TaskTemplate, ...change } };
}

function withContainer(body: ServiceBody, change: Partial<ServiceBody['TaskTemplate']['ContainerSpec']>): ServiceBody {
  return withTask(body, { ContainerSpec: { ...body.TaskTemplate.ContainerSpec, ...change } });
}
