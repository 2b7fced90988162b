import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AdminEngine,
  DiskShare,
  EngineDescription,
  ExecRequest,
  ExecSession,
  LogLine,
  LogRequest,
  TaskLine,
} from '../admin-engine.ts';
import { callEngine, type DockerClient, isObject, openDocker, orUndefined, toNumber, toPath } from './docker-client.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { openStreams, readStreams, resizeWhenBegun } from './attached.ts';
import { readFrames, readLogLines, readTerminalFrames } from './log-lines.ts';
import { openLog, readTaskLines } from './swarm/service-logs.ts';

/** Opens the interface for logs, exec and reports of a Docker engine; `socket` and errors as for `connectEngine`. */
export async function connectAdminEngine(socket: string, limits?: EngineLimits): Promise<AdminEngine> {
  return new DockerAdminEngine(await openDocker(socket, limits));
}

class DockerAdminEngine implements AdminEngine {
  readonly socket: string;
  readonly #client: DockerClient;

  constructor(client: DockerClient) {
    this.#client = client;
    this.socket = client.socket;
  }

  async describe(): Promise<EngineDescription> {
    const answer = await callEngine('cannot read what the engine is like', this.socket, () =>
      this.#client.get('/info'),
    );
    const info = isObject(answer) ? answer : {};
    const text = (name: string): string => (typeof info[name] === 'string' ? info[name] : '');
    return {
      version: text('ServerVersion'),
      api: this.#client.api,
      dataRoot: text('DockerRootDir'),
      storageDriver: text('Driver'),
      storage: Object.fromEntries(
        listOf(info['DriverStatus']).flatMap((pair) =>
          Array.isArray(pair) ? [[String(pair[0]), String(pair[1])]] : [],
        ),
      ),
      liveRestore: info['LiveRestoreEnabled'] === true,
      runningContainers: toNumber(info['ContainersRunning']),
      warnings: listOf(info['Warnings']).map(String),
    };
  }

  measureDisk(): Promise<readonly DiskShare[]> {
    return callEngine('cannot measure the disk use', this.socket, async () => {
      const all = await this.#client.get('/system/df', 'idle');
      return isObject(all) ? listShares(all) : [];
    });
  }

  async *readLogs(id: string, { since, tail, follow = false, signal }: LogRequest): AsyncGenerator<LogLine> {
    const what = `cannot read the log of container "${id.slice(0, 12)}"`;
    try {
      const inspect = (await callEngine(what, this.socket, () =>
        orUndefined(this.#client.get(`/containers/${toPath(id)}/json`)),
      )) as { readonly Config: { readonly Tty: boolean } } | undefined;
      if (inspect === undefined) return;
      const chunks = await callEngine(what, this.socket, () =>
        openLog(this.#client, `/containers/${toPath(id)}/logs`, { since, tail, follow, signal }),
      );
      yield* readLogLines(inspect.Config.Tty ? readTerminalFrames(chunks) : readFrames(chunks));
    } catch (error) {
      // whatever breaks when it is broken off on purpose
      if (signal?.aborted !== true)
        await callEngine(what, this.socket, () =>
          Promise.reject(error instanceof Error ? error : new Error(String(error))),
        );
    }
  }

  async *readServiceLogs(id: string, request: LogRequest): AsyncGenerator<TaskLine> {
    const what = `cannot read the logs of the tasks of service "${id.slice(0, 12)}"`;
    try {
      yield* readTaskLines(
        await callEngine(what, this.socket, () =>
          openLog(this.#client, `/services/${toPath(id)}/logs`, request, { details: true }),
        ),
      );
    } catch (error) {
      if (request.signal?.aborted !== true)
        await callEngine(what, this.socket, () =>
          Promise.reject(error instanceof Error ? error : new Error(String(error))),
        );
    }
  }

  async exec(id: string, { command, tty, stdin, user, workdir, env = [] }: ExecRequest): Promise<ExecSession> {
    const what = `cannot run "${command[0] ?? ''}"`;
    const run = <T>(request: () => Promise<T>): Promise<T> => callEngine(what, this.socket, request);
    const made = await run(async () =>
      (await this.#client.load()).getContainer(id).exec({
        Cmd: [...command],
        Tty: tty,
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
        Env: [...env],
        ...(user === undefined ? {} : { User: user }),
        ...(workdir === undefined ? {} : { WorkingDir: workdir }),
      }),
    );
    const socket = await run(() => made.start({ hijack: true, stdin: true, Tty: tty }));
    if (!stdin) socket.end();
    return {
      output: this.#named(what, readStreams(socket, tty)),
      input: socket,
      resize: (size) => run(() => resizeWhenBegun(made, size)),
      getExitCode: () =>
        run(async () => {
          for (;;) {
            // its output may end a moment before the engine knows that it ended, or long before where it closed it
            const { Running, ExitCode } = await made.inspect();
            if (!Running) return ExitCode ?? 0;
            await sleep(20);
          }
        }),
    };
  }

  async attach(id: string, { tty, stdin }: Pick<ExecRequest, 'tty' | 'stdin'>): Promise<ExecSession> {
    const what = `cannot run container "${id.slice(0, 12)}"`;
    const run = <T>(request: () => Promise<T>): Promise<T> => callEngine(what, this.socket, request);
    const socket = await run(() => openStreams(this.#client, id, stdin));
    return {
      output: this.#named(what, readStreams(socket, tty)),
      input: socket,
      resize: (size) => run(async () => resizeWhenBegun((await this.#client.load()).getContainer(id), size)),
      getExitCode: () =>
        run(async () => {
          const answer = await this.#client.call(`/containers/${toPath(id)}/wait`, { method: 'POST', seconds: -1 });
          return isObject(answer) ? toNumber(answer['StatusCode']) : 0;
        }),
    };
  }

  /** What goes wrong while something is read says what it was. */
  async *#named<T>(what: string, parts: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* parts;
    } catch (error) {
      await callEngine(what, this.socket, () =>
        Promise.reject(error instanceof Error ? error : new Error(String(error))),
      );
    }
  }
}

/**
 * The engine's own `docker system df` adds up like this: https://github.com/docker/cli,
 * cli/command/formatter/disk_usage.go
 */
function listShares(all: Readonly<Record<string, unknown>>): readonly DiskShare[] {
  const entries = (name: string): readonly Readonly<Record<string, unknown>>[] => listOf(all[name]).filter(isObject);
  const sum = (
    list: readonly Readonly<Record<string, unknown>>[],
    size: (entry: Readonly<Record<string, unknown>>) => number,
  ): number => list.reduce((total, entry) => total + size(entry), 0);
  const own = (image: Readonly<Record<string, unknown>>): number =>
    toNumber(image['Size']) - Math.max(0, toNumber(image['SharedSize']));
  const usage = (volume: Readonly<Record<string, unknown>>, name: string): number =>
    Math.max(0, toNumber(isObject(volume['UsageData']) ? volume['UsageData'][name] : 0));
  const size = (entry: Readonly<Record<string, unknown>>): number => toNumber(entry['SizeRw'] ?? entry['Size']);
  const [images, containers, volumes, cache] = ['Images', 'Containers', 'Volumes', 'BuildCache'].map(entries);
  return [
    {
      what: 'images',
      count: images?.length ?? 0,
      bytes: toNumber(all['LayersSize']),
      unused: sum(images?.filter((image) => toNumber(image['Containers']) <= 0) ?? [], own),
    },
    {
      what: 'containers',
      count: containers?.length ?? 0,
      bytes: sum(containers ?? [], size),
      unused: sum(containers?.filter((container) => container['State'] !== 'running') ?? [], size),
    },
    {
      what: 'volumes',
      count: volumes?.length ?? 0,
      bytes: sum(volumes ?? [], (volume) => usage(volume, 'Size')),
      unused: sum(volumes?.filter((volume) => usage(volume, 'RefCount') === 0) ?? [], (volume) =>
        usage(volume, 'Size'),
      ),
    },
    {
      what: 'build cache',
      count: cache?.length ?? 0,
      bytes: sum(cache ?? [], size),
      unused: sum(cache?.filter((entry) => entry['InUse'] !== true) ?? [], size),
    },
  ];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
