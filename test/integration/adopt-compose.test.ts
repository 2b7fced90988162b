import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

interface Adopted {
  readonly containers: readonly { readonly name: string; readonly id: string | null }[];
  readonly records: readonly {
    readonly db: string;
    readonly key: string;
    readonly props: Readonly<Record<string, string>>;
  }[];
  readonly leftOut: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: string;
    readonly why: string;
  }[];
  readonly plan: {
    readonly operations: readonly { readonly verb: string; readonly name: string }[];
    readonly notes: readonly string[];
  };
}

const COMPOSE = `
x-common: &common
  restart: always
  logging: { driver: json-file, options: { max-size: 5m, max-file: "2" } }
services:
  web:
    image: app:1
    container_name: shopfront
    depends_on: { db: { condition: service_healthy } }
    ports: ["8088:80", "127.0.0.1:8089:81", "8090-8091:90-91"]
    env_file: web.env
    environment: { LIST: "a, b", OVER: record, COST: "$$5" }
    networks: [front, back]
    command: run 'two words'
    entrypoint: ["/run"]
    deploy: { resources: { limits: { memory: 64m } } }
    tty: true
  db:
    <<: *common
    image: app:1
    volumes: ["data:/var/lib/db", "./conf:/etc/db:ro", "shared:/shared"]
    environment:
      - PASSWORD=\${DB_PASSWORD}
      - MODE=\${MODE:-plain}
    ulimits: { nofile: { soft: 512, hard: 1024 }, nproc: 200 }
    networks: { back: { aliases: [database], ipv4_address: 10.67.0.5 } }
  built:
    build: { context: ./built, args: { A: "1" } }
    tmpfs: /scratch:size=1m
  sometimes:
    image: app:1
    profiles: [debug]
volumes:
  data: {}
  shared: { external: true, name: everybody }
networks:
  front: {}
  back: { ipam: { config: [{ subnet: 10.67.0.0/24 }] }, labels: { a: b } }
`;

needs('dockerd')('a Compose file, adopted on a real engine', () => {
  const machine = useMachine();
  let host: Host;
  let file: string;
  beforeAll(async () => {
    host = machine.makeHost({
      env: {
        DOCKER_HOST: `unix://${machine.proxy.socket}`,
        COMPOSE_PROJECT_NAME: undefined,
        MODE: undefined,
        DB_PASSWORD: undefined,
      },
    });
    await makeSleepImage(machine.engine, 'app:1', { expose: ['80/tcp'] });
    await machine.engine.docker('volume', 'create', 'everybody');
    host.write('/opt/shop/docker-compose.yml', COMPOSE);
    host.write('/opt/shop/web.env', '# of the shop\nOVER=file\nFROM_FILE=yes\n');
    host.write('/opt/shop/built/Dockerfile', 'FROM app:1\nENV BUILT=here\n');
    mkdirSync(host.file('/opt/shop/conf'));
    file = host.file('/opt/shop/docker-compose.yml');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
      'configuration set httpd service status enabled',
    );
  });

  const adopt = async (...args: readonly string[]): Promise<Adopted> =>
    JSON.parse(await host.runOrFail('docksmith', ['adopt', '--json', '-f', file, ...args])) as Adopted;
  const props = ({ records }: Adopted, key: string): unknown =>
    records.find((record) => record.db === 'docker_containers' && record.key === key)?.props;
  const listStarts = async (names: readonly string[]): Promise<string> =>
    machine.engine.docker('inspect', '--format', '{{.Name}} {{.Id}} {{.State.StartedAt}}', ...names);

  it('names a variable that is not set, and what is no service', async () => {
    const unset = await host.run('docksmith', ['adopt', '--dry-run', '-f', file, 'db']);
    expect([unset.exitCode, unset.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^docksmith: warning: variable "DB_PASSWORD" is not set, and an empty text stands for it: .*docker-compose\.yml:\d+:\d+; .*\/opt\/shop\/\.env can set it\n/,
      ),
    ]);
    host.write('/opt/shop/.env', "DB_PASSWORD='pa$ss'\n");
    expect(await host.run('docksmith', ['adopt', '-f', file, 'wed'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('did you mean "web"?') as string,
    });
  });

  it('is adopted as it runs: nothing is to do afterwards', async () => {
    const label = (service: string): readonly string[] =>
      ['project=live', `service=${service}`, 'container-number=1', 'oneoff=False'].flatMap((one) => [
        '--label',
        `com.docker.compose.${one}`,
      ]);
    // as Compose does it, with its names
    await machine.engine.docker(
      'network',
      'create',
      '--label',
      'com.docker.compose.project=live',
      '--subnet',
      '10.68.0.0/24',
      'live_back',
    );
    await machine.engine.docker('network', 'create', '--label', 'com.docker.compose.project=live', 'live_front');
    await machine.engine.docker(
      'run',
      '-d',
      '--name',
      'live_db_1',
      ...label('db'),
      '--restart',
      'always',
      '--log-opt',
      'max-size=5m',
      '--log-opt',
      'max-file=2',
      '-v',
      'live_data:/var/lib/db:rw',
      '-v',
      `${path.dirname(file)}/conf:/etc/db:ro`,
      '-e',
      'PASSWORD=pa$ss',
      '-e',
      'MODE=plain',
      '--ulimit',
      'nofile=512:1024',
      '--ulimit',
      'nproc=200:200',
      '--network',
      'live_back',
      '--network-alias',
      'db',
      '--network-alias',
      'database',
      '--ip',
      '10.68.0.5',
      'app:1',
    );
    await machine.engine.docker(
      'run',
      '-d',
      '--name',
      'live_web_1',
      ...label('web'),
      '-e',
      'OVER=record',
      '-e',
      'FROM_FILE=yes',
      '-e',
      'LIST=a, b',
      '--network',
      'live_back',
      '--network-alias',
      'web',
      '-p',
      '8087:80',
      'app:1',
    );
    await machine.engine.docker('network', 'connect', '--alias', 'web', 'live_front', 'live_web_1');
    const names = ['live_db_1', 'live_web_1'];
    const before = await listStarts(names);
    const adopted = await adopt('-p', 'live', 'db', 'web');
    expect(adopted.containers.map(({ name }) => name)).toEqual(['live_web_1', 'live_db_1']);
    expect(props(adopted, 'live_db_1')).toMatchObject({
      network: 'custom:live_back',
      NetworkAlias: 'database,db',
      NetworkAddress: '10.68.0.5',
      Volumes: 'live_data:/var/lib/db',
      'Env.PASSWORD': '********',
      Ulimits: 'nofile=512:1024,nproc=200:200',
    });
    expect(await host.runOrFail('db', ['docker_containers', 'getprop', 'live_db_1', 'Env.PASSWORD'])).toBe('pa$ss\n');
    expect(props(adopted, 'live_web_1')).toMatchObject({
      network: 'custom:live_back',
      Networks: 'live_front',
      'NetworkAlias.live_front': 'web',
      EnvFile: '/opt/shop/web.env',
      'Env.OVER': 'record',
      'Env.LIST': 'a, b',
      Application: 'live',
      DependsOn: 'live_db_1:healthy',
    });
    expect(props(adopted, 'live_web_1')).not.toHaveProperty(['Env.FROM_FILE']);
    expect(adopted.leftOut.map(({ name, key, value }) => `${name} ${key} ${value}`).sort()).toEqual([
      'live_db_1 labels com.docker.*',
      'live_web_1 labels com.docker.*',
    ]);
    expect(adopted.plan).toEqual({ operations: [], notes: [] });
    machine.proxy.reset();
    await host.runOrFail('signal-event', ['docker-update']);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(machine.proxy.listMutating()).toEqual([]);
    expect(await listStarts(names)).toBe(before);
  });

  it('is written down as the file describes it, and the event makes it so', async () => {
    const adopted = await adopt();
    expect(adopted.containers).toEqual([
      { name: 'shopfront', id: null, enabled: true, isOrphan: false, neededBy: null },
      { name: 'shop-db-1', id: null, enabled: true, isOrphan: false, neededBy: null },
      { name: 'shop-built-1', id: null, enabled: true, isOrphan: false, neededBy: null },
    ]);
    expect(adopted.leftOut).toEqual([]);
    expect(adopted.records.filter(({ db }) => db !== 'docker_containers')).toMatchObject([
      // the record of their common image is there already
      { db: 'docker_networks', key: 'shop_back', props: { Subnet: '10.67.0.0/24', 'Labels.a': 'b' } },
      { db: 'docker_networks', key: 'shop_front' },
      { db: 'docker_volumes', key: 'everybody', props: { External: 'yes' } },
      {
        db: 'docker_images',
        key: 'shop-built-1',
        props: { Repository: 'shop-built', Source: 'build', BuildPath: host.file('/opt/shop/built') },
      },
      { db: 'docker_networks', key: 'shop_default', props: {} },
    ]);
    expect(props(adopted, 'shopfront')).toMatchObject({
      Image: 'live_web_1',
      Application: 'shop',
      DependsOn: 'shop-db-1:healthy',
    });
    expect(adopted.plan.operations.map(({ verb, name }) => `${verb} ${name}`)).toEqual([
      'build shop-built:latest',
      'network shop_back',
      'network shop_default',
      'network shop_front',
      'volume shop_data',
      'create shop-built-1',
      'create shop-db-1',
      'create shopfront',
    ]);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await machine.engine.inspect('shop-db-1')).toMatchObject({
      Config: { Env: expect.arrayContaining(['PASSWORD=pa$ss', 'MODE=plain']) as string[] },
      HostConfig: {
        RestartPolicy: { Name: 'always' },
        Ulimits: [
          { Name: 'nofile', Soft: 512, Hard: 1024 },
          { Name: 'nproc', Soft: 200, Hard: 200 },
        ],
        LogConfig: { Config: { 'max-size': '5m', 'max-file': '2' } },
      },
      NetworkSettings: {
        Networks: { shop_back: { IPAddress: '10.67.0.5', Aliases: expect.arrayContaining(['database']) as string[] } },
      },
      Mounts: expect.arrayContaining([
        expect.objectContaining({ Name: 'shop_data' }),
        expect.objectContaining({ Name: 'everybody' }),
        expect.objectContaining({ Source: host.file('/opt/shop/conf'), RW: false }),
      ]) as unknown,
    });
    expect(await machine.engine.inspect('shopfront')).toMatchObject({
      Config: {
        Env: expect.arrayContaining(['OVER=record', 'FROM_FILE=yes', 'LIST=a, b', 'COST=$5']) as string[],
        Entrypoint: ['/run'],
        Cmd: ['run', 'two words'],
      },
      HostConfig: {
        PortBindings: {
          '80/tcp': [{ HostIp: '', HostPort: '8088' }],
          '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '8089' }],
          '90/tcp': [{ HostIp: '', HostPort: '8090' }],
          '91/tcp': [{ HostIp: '', HostPort: '8091' }],
        },
        Memory: 64 * 1024 ** 2,
        RestartPolicy: { Name: 'no' },
      },
    });
    expect(await machine.engine.inspect('shop-built-1')).toMatchObject({
      Config: { Env: expect.arrayContaining(['BUILT=here']) as string[] },
      HostConfig: { Tmpfs: { '/scratch': 'size=1m' } },
    });
    expect(await host.runOrFail('docksmith', ['plan'])).toMatch(/^nothing to do\n/);
  });
});
