import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type Dockerd, startDockerd } from '../test/support/dockerd.ts';
import { type Host, makeHost } from '../test/support/host.ts';
import { makeSleepImage } from '../test/support/image.ts';
import { alternate, bin, timeNode, timeProgram } from './measure.ts';
import type { Figure, Row } from './row.ts';

const IMAGE = 'bench:1';

/** A host in the network namespace of an engine of its own, with containers of the shipped templates. */
interface EventHost {
  readonly engine: Dockerd;
  readonly host: Host;
  /** a program of ours in there; milliseconds */
  readonly time: (program: string, ...args: readonly string[]) => Promise<number>;
  readonly startNode: () => Promise<number>;
  stop(): Promise<void>;
}

async function startEventHost(count: number): Promise<EventHost> {
  const engine = await startDockerd();
  const env = { DOCKER_HOST: `unix://${engine.socket}` };
  const host = makeHost({ namespace: engine.namespace, env });
  await makeSleepImage(engine, IMAGE);
  host.write('/etc/httpd/conf.d/README', '');
  await host.db(
    'configuration set DomainName example.test',
    'configuration set SystemName host',
    'configuration set LocalIP 127.0.0.1',
    'networks set 127.0.0.0 network Mask 255.0.0.0',
    'configuration set docker service status enabled Daemon foreign',
    'configuration set httpd service status enabled Layout redhat ConfDir /etc/httpd/conf.d',
    ...Array.from(
      { length: count },
      (_, n) =>
        `docker_containers set c${n} service status enabled Image ${IMAGE} MaxMemory ${32 + n} Env.NUMBER ${n} SubDomain enabled WebPort ${8000 + n}`,
    ),
  );
  await host.runOrFail('signal-event', ['docker-update']);
  // files of a moment ago are not trusted until the clock of the file system has moved on: a second event knows them
  await host.runOrFail('signal-event', ['docker-update']);
  const inside = { namespace: engine.namespace, env: { ...env, DOCKSMITH_ROOT: host.root } };
  return {
    engine,
    host,
    time: (program, ...args) => timeNode([bin(program), ...args], inside),
    startNode: () => timeNode(['-e', '0'], inside),
    async stop() {
      host.stop();
      await engine.stop();
    },
  };
}

async function withHost(count: number, measure: (host: EventHost) => Promise<Figure>): Promise<Figure> {
  const host = await startEventHost(count);
  try {
    return await measure(host);
  } finally {
    await host.stop();
  }
}

function measureEvent(rounds: number, count: number, limit: number, ...options: readonly string[]): Promise<Figure> {
  return withHost(count, async ({ time, startNode }) => {
    const parts = await alternate(rounds, {
      'node -e 0': startNode,
      event: () => time('signal-event', ...options, 'docker-update'),
    });
    return { value: parts.event / parts['node -e 0'], limit, parts };
  });
}

/** What a user types all day, and the event that is in it. */
export const EVENT_ROWS: readonly Row[] = [
  {
    name: 'user-line',
    title: 'db setprop of one MaxMemory && signal-event docker-update, 5 containers',
    limit: '8 node -e 0',
    rounds: 15,
    measure: (rounds) =>
      withHost(5, async ({ time, startNode }) => {
        const parts = await alternate(rounds, {
          'node -e 0': startNode,
          line: async (round) =>
            (await time('db', 'docker_containers', 'setprop', 'c3', 'MaxMemory', String(100 + round))) +
            (await time('signal-event', 'docker-update')),
        });
        return { value: parts.line / parts['node -e 0'], limit: 8, parts };
      }),
  },
  {
    name: 'event-unchanged',
    title: 'signal-event docker-update, nothing changed, 5 containers behind Apache',
    limit: '4 node -e 0',
    rounds: 21,
    measure: (rounds) => measureEvent(rounds, 5, 4),
  },
  {
    name: 'event-unchanged-50',
    title: 'the same with 50 containers',
    limit: '6 node -e 0',
    rounds: 11,
    measure: (rounds) => measureEvent(rounds, 50, 6),
  },
  {
    name: 'event-dry-run',
    title: 'signal-event --dry-run docker-update, nothing changed, 5 containers',
    limit: '4 node -e 0',
    rounds: 21,
    measure: (rounds) => measureEvent(rounds, 5, 4, '--dry-run'),
  },
  {
    name: 'compose-unchanged',
    title: 'docker-update against docker-compose up -d, 20 containers, nothing changed',
    limit: '1/3',
    rounds: 5,
    measure: (rounds) => measureCompose(rounds, 1 / 3, () => Promise.resolve()),
  },
  {
    name: 'compose-one',
    title: 'the same, one changed',
    limit: '1',
    rounds: 3,
    measure: (rounds) =>
      measureCompose(rounds, 1, async ({ host }, file, round) => {
        await host.db(`docker_containers setprop c3 Env.NUMBER ${1000 + round}`);
        const compose = parse(readFileSync(file, 'utf8')) as ComposeFile;
        writeFileSync(
          file,
          stringify({
            ...compose,
            services: {
              ...compose.services,
              c3: { ...compose.services['c3'], environment: { NUMBER: String(1000 + round) } },
            },
          }),
        );
      }),
  },
  {
    name: 'compose-first',
    title: 'the same, first',
    limit: '1',
    rounds: 2,
    measure: (rounds) =>
      measureCompose(rounds, 1, async ({ engine }, _file, _round, other) => {
        for (const one of [engine, other]) {
          const ids = (await one.docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '');
          if (ids.length > 0) await one.docker('rm', '--force', ...ids);
        }
      }),
  },
];

interface ComposeFile {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * The event and Debian's docker-compose with the same run specs in one file, each with an engine of its own.
 * @param prepare before both of a round: what is other than in the last one
 */
async function measureCompose(
  rounds: number,
  limit: number,
  prepare: (host: EventHost, file: string, round: number, other: Dockerd) => Promise<void>,
): Promise<Figure> {
  if (spawnSync('docker-compose', ['version']).status !== 0)
    throw new Error('there is no docker-compose here: apt-get install docker-compose');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-bench-'));
  const file = path.join(folder, 'docker-compose.yml');
  const other = await startDockerd();
  try {
    await makeSleepImage(other, IMAGE);
    return await withHost(20, async (own) => {
      writeFileSync(file, stringify({ version: '2.4', ...readRunSpecs(own.host) }));
      const [program, args] = other.namespace.command('docker-compose', [
        '--project-name',
        'bench',
        '--file',
        file,
        'up',
        '--detach',
      ]);
      const compose = (): Promise<number> =>
        timeProgram(program, args, { env: { DOCKER_HOST: `unix://${other.socket}` } });
      await compose();
      const parts = await alternate(rounds, {
        event: async (round) => {
          await prepare(own, file, round, other);
          return own.time('signal-event', 'docker-update');
        },
        'docker-compose': compose,
      });
      return { value: parts.event / parts['docker-compose'], limit, parts };
    });
  } finally {
    await other.stop();
    rmSync(folder, { recursive: true });
  }
}

/** All run specs of a host in one Compose file, without what only docksmith reads. */
function readRunSpecs(host: Host): ComposeFile {
  const folder = host.file('/etc/docksmith/containers');
  const specs = readdirSync(folder).map((name) => parse(readFileSync(path.join(folder, name), 'utf8')) as ComposeFile);
  return { services: Object.assign({}, ...specs.map(({ services }) => services)) as ComposeFile['services'] };
}
