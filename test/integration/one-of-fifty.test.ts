import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const NAMES = Array.from({ length: 50 }, (_, n) => `c${String(n + 1).padStart(2, '0')}`);

/**
 * What is seen of a container from outside: nothing; another start; another container; that it stopped,
 * or runs again.
 */
type Seen = 'nothing' | 'started' | 'new' | 'stopped' | 'running again';

interface Change {
  readonly name: string;
  /** what is done to its record */
  readonly command: string;
  /** what CONTAINERS.md calls the answer, in its column `change` */
  readonly column: 'none' | 'vhost' | 'update' | 'restart' | 'recreate' | 'start/stop';
  readonly seen: Seen;
  /** lines of the plan; `NAME` is the container's */
  readonly plan: readonly string[];
  /** the files that the event changes beside the run spec */
  readonly files?: RegExp;
}

const CHANGES: readonly Change[] = [
  { name: 'c11', command: 'setprop c11 InterLinkPriority 7', column: 'none', seen: 'nothing', plan: [] },
  { name: 'c12', command: 'setprop c12 StopTimeout 30', column: 'none', seen: 'nothing', plan: [] },
  { name: 'c13', command: 'setprop c13 HealthPort 81', column: 'none', seen: 'nothing', plan: [] },
  {
    name: 'c01',
    command: 'setprop c01 SubDomainName other',
    column: 'vhost',
    seen: 'nothing',
    plan: [],
    files: /changed +\/etc\/httpd\/conf.d\/zz-docksmith-2-c01.conf/,
  },
  {
    name: 'c02',
    command: 'setprop c02 WebAlias two,zwei',
    column: 'vhost',
    seen: 'nothing',
    plan: [],
    files: /changed +\/etc\/httpd\/conf.d\/zz-docksmith-1-primary.conf/,
  },
  {
    name: 'c01',
    command: 'setprop c01 access public',
    column: 'vhost',
    seen: 'nothing',
    plan: [],
    files: /changed +\/etc\/httpd\/conf.d\/zz-docksmith-2-c01.conf/,
  },
  {
    name: 'c21',
    command: 'setprop c21 MaxMemory 128',
    column: 'update',
    seen: 'nothing',
    plan: ['update c21: memory 64m -> 128m'],
  },
  {
    name: 'c22',
    command: 'setprop c22 Restart always',
    column: 'update',
    seen: 'nothing',
    plan: ['update c22: restart unless-stopped -> always'],
  },
  {
    name: 'c23',
    command: 'setprop c23 PidsLimit 100',
    column: 'update',
    seen: 'nothing',
    plan: ['update c23: pids limit unlimited -> 100'],
  },
  {
    name: 'c31',
    command: 'setprop c31 Greeting goodbye',
    column: 'restart',
    seen: 'started',
    plan: ['restart c31: /etc/greetings/c31/greeting changed'],
  },
  {
    name: 'c32',
    command: 'setprop c32 Env A=2',
    column: 'recreate',
    seen: 'new',
    plan: ['recreate c32: environment A changed'],
  },
  {
    name: 'c33',
    command: 'setprop c33 Hostname other',
    column: 'recreate',
    seen: 'new',
    plan: ['recreate c33: hostname none -> other'],
  },
  {
    name: 'c03',
    command: 'setprop c03 PortMappingPorts 8034:80',
    column: 'recreate',
    seen: 'new',
    plan: ['recreate c03: ports 127.0.0.1:8033:80 192.168.1.2:8033:80 -> 127.0.0.1:8034:80 192.168.1.2:8034:80'],
  },
  // the bound address changes with it
  {
    name: 'c03',
    command: 'setprop c03 access public',
    column: 'recreate',
    seen: 'new',
    plan: ['recreate c03: ports 127.0.0.1:8034:80 192.168.1.2:8034:80 -> 8034:80'],
  },
  // c04 reaches it by name: it need not know
  {
    name: 'c05',
    command: 'setprop c05 User 1000',
    column: 'recreate',
    seen: 'new',
    plan: ['recreate c05: user none -> 1000'],
  },
  {
    name: 'c41',
    command: 'setprop c41 status disabled',
    column: 'start/stop',
    seen: 'stopped',
    plan: ['stop c41: disabled'],
  },
  {
    name: 'c41',
    command: 'setprop c41 status enabled',
    column: 'start/stop',
    seen: 'running again',
    plan: ['start c41: stopped'],
  },
];

needs('dockerd')('one of fifty containers', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });
  let host: Host;
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'app:1');
    host = machine.makeHost();
    // a generated file of each container's own, which c31 mounts
    host.write('/etc/docksmith/templates/etc/greetings/conf/10all', '{{default record.Greeting "hello"}}\n');
    host.write('/etc/docksmith/templates/etc/greetings/conf/template-begin', '');
    host.write(
      '/etc/docksmith/templates.metadata/etc/greetings/conf',
      'FOREACH = docker_containers type=service\nOUTPUT_FILENAME = /etc/greetings/{{record.key}}/greeting\n',
    );
    host.write('/etc/docksmith/events/docker-update/templates2expand/etc/greetings/conf', '');
    const more: Readonly<Record<string, string>> = {
      c01: 'SubDomain enabled WebPort 80',
      c02: 'WebAlias two WebPort 80',
      c03: 'PortMapping custom PortMappingPorts 8033:80 WebPort 80',
      c04: 'Interlinked c05:db',
      c06: 'network container:c07',
      c08: 'TCPPort 8088',
      c21: 'MaxMemory 64',
      c31: `MountPath ${host.file('/etc/greetings/c31')}:/greetings`,
      c32: 'Env A=1',
    };
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled ServiceManager command',
      'configuration set httpd service status enabled Layout redhat ReloadCommand true',
      ...NAMES.map((name) => `docker_containers set ${name} service status enabled Image app:1 ${more[name] ?? ''}`),
    );
    await host.runOrFail('signal-event', ['docker-update']);
  });

  /** name -> [id, state, start] */
  async function listContainers(): Promise<ReadonlyMap<string, readonly string[]>> {
    const lines = await machine.engine.docker(
      'inspect',
      '--format',
      '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}}',
      ...NAMES,
    );
    return new Map(
      lines
        .split('\n')
        .map((line) => line.slice(1).split(' '))
        .map(([name = '', ...rest]) => [name, rest]),
    );
  }
  function see([id, state, start]: readonly string[], [idNow, stateNow, startNow]: readonly string[]): Seen {
    if (idNow !== id) return 'new';
    if (stateNow !== state) return stateNow === 'running' ? 'running again' : 'stopped';
    return startNow === start ? 'nothing' : 'started';
  }

  it('has a change of every kind of answer in its table', () => {
    expect([...new Set(CHANGES.map(({ column }) => column))]).toEqual([
      'none',
      'vhost',
      'update',
      'restart',
      'recreate',
      'start/stop',
    ]);
  });

  // each begins with what the one before has left
  it.each(CHANGES.map((change) => [change.command, change] as const))(
    'is all that %s touches',
    async (_, { name, command, column, seen, plan, files }) => {
      const before = await listContainers();
      expect([before.size, await host.runOrFail('docksmith', ['reconcile', '--dry-run'])]).toEqual([
        50,
        'nothing to do\n',
      ]);
      machine.proxy.reset();
      await host.db(`docker_containers ${command}`);
      const said = await host.runOrFail('signal-event', ['docker-update']);
      expect(
        said
          .split('\n')
          .filter((line) => /^S50docker-reconcile: (?!not restarted)/.test(line))
          .map((line) => line.replace('S50docker-reconcile: ', '')),
      ).toEqual(plan.length === 0 ? ['nothing to do'] : plan);
      const after = await listContainers();
      const touched = NAMES.map((one) => [one, see(before.get(one) ?? [], after.get(one) ?? [])] as const).filter(
        ([, what]) => what !== 'nothing',
      );
      expect(touched).toEqual(seen === 'nothing' ? [] : [[name, seen]]);
      // an update is a call to the engine, but for these nothing is asked of it at all
      if (column === 'none' || column === 'vhost') expect(machine.proxy.listMutating()).toEqual([]);
      else expect(machine.proxy.listMutating()).not.toEqual([]);
      if (files !== undefined) expect(said).toMatch(files);
    },
  );
});
