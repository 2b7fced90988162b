import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { killProcessesOf, makeTemporaryFolder, removeFolder } from './leftovers.ts';
import { makeNamespace, type Namespace } from './namespace.ts';
import { pingEngine } from './ping-engine.ts';
import { type Result, run } from './run.ts';

const START_SECONDS = 30;
const STOP_SECONDS = 40;

export interface DockerdOptions {
  /** where it stands; absent: in a namespace of its own, which goes when it stops */
  readonly namespace?: Namespace;
  /** further arguments of dockerd */
  readonly args?: readonly string[];
  /** a daemon.json; absent: an empty one, never the machine's */
  readonly configFile?: string;
  /**
   * The socket on which it will listen because `args` or `configFile` say so, as the data root
   * then has to come from them too. Absent: both are in `dir`.
   */
  readonly socket?: string;
  /** as which the engine knows its machine; absent: that of this one */
  readonly hostName?: string;
}

export interface Dockerd {
  readonly socket: string;
  /** since its last start */
  readonly pid: number;
  /** its folder: data, state, `dockerd.log` */
  readonly dir: string;
  readonly namespace: Namespace;
  /** runs the docker command against it, and fails with it; @returns standard output, trimmed */
  docker(...args: readonly string[]): Promise<string>;
  /** the same for a command that may fail */
  tryDocker(...args: readonly string[]): Promise<Result>;
  /** what the engine says of a container, an image or another object of that name */
  inspect(name: string): Promise<unknown>;
  /**
   * ends it as the machine's shutdown would, and waits for its end; containers stay, and with
   * live-restore they run on
   */
  shutDown(): Promise<void>;
  /** kills it and its containers at once, as a machine ends without power */
  kill(): Promise<void>;
  /** starts it again on what it had */
  startAgain(): Promise<void>;
  /** removes its containers, stops it, waits for its real end and takes away all that it made */
  stop(): Promise<void>;
}

/** A private Docker engine. Needs `needs('dockerd')`. Stopped with the test run if that is killed. */
export async function startDockerd({
  namespace,
  args = [],
  configFile,
  socket,
  hostName,
}: DockerdOptions = {}): Promise<Dockerd> {
  const dir = makeTemporaryFolder('dockerd');
  const own = namespace ?? (await makeNamespace());
  const emptyConfig = path.join(dir, 'daemon.json');
  writeFileSync(emptyConfig, '{}');
  const listensOn = socket ?? path.join(dir, 'docker.sock');
  const dockerdArgs = [
    '--config-file',
    configFile ?? emptyConfig,
    '--exec-root',
    path.join(dir, 'exec'),
    '-p',
    path.join(dir, 'docker.pid'),
    '--containerd-namespace',
    path.basename(dir),
    '--containerd-plugins-namespace',
    `plugins-${path.basename(dir)}`,
    ...(socket === undefined
      ? ['--data-root', path.join(dir, 'data'), '-H', `unix://${listensOn}`, '--log-level', 'warn']
      : []),
    ...args,
  ];
  const program: readonly [string, readonly string[]] =
    hostName === undefined
      ? ['dockerd', dockerdArgs]
      : ['unshare', ['--uts', 'sh', '-c', 'hostname "$0"; exec dockerd "$@"', hostName, ...dockerdArgs]];
  const launch = (): ReturnType<typeof spawn> => {
    const log = openSync(path.join(dir, 'dockerd.log'), 'a');
    // a test run that is killed cannot clean up: the kernel then ends the engine, and the next run takes the rest away
    const started = spawn('setpriv', ['--pdeathsig', 'TERM', ...own.command(...program).flat()], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return started;
  };
  let child = launch();
  let ended = once(child, 'exit');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const clearUp = (): void => {
    killProcessesOf(dir);
    removeFolder(dir);
    if (namespace === undefined) own.remove();
  };
  const waitUntilItAnswers = async (): Promise<void> => {
    const until = Date.now() + START_SECONDS * 1000;
    while (!hasEnded() && Date.now() < until && !(await pingEngine(listensOn))) await setTimeout(20);
    if (!hasEnded() && (await pingEngine(listensOn))) return;
    child.kill('SIGKILL');
    if (!hasEnded()) await ended;
    const said = readFileSync(path.join(dir, 'dockerd.log'), 'utf8');
    clearUp();
    throw new Error(`dockerd did not answer on ${listensOn}; it said:\n${said}`);
  };
  await waitUntilItAnswers();

  const shutDown = async (): Promise<void> => {
    child.kill('SIGTERM');
    const kill = new AbortController();
    void setTimeout(STOP_SECONDS * 1000, undefined, { signal: kill.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    if (!hasEnded()) await ended;
    kill.abort();
  };
  const tryDocker: Dockerd['tryDocker'] = (...command) =>
    run('docker', ['-H', `unix://${listensOn}`, ...command], {
      env: { DOCKER_CONFIG: dir, DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined },
    });
  const docker: Dockerd['docker'] = async (...command) => {
    const { exitCode, stdout, stderr } = await tryDocker(...command);
    if (exitCode !== 0) throw new Error(`docker ${command.join(' ')}: ${stderr}${stdout}`);
    return stdout.trim();
  };
  return {
    socket: listensOn,
    get pid() {
      return child.pid ?? 0;
    },
    dir,
    namespace: own,
    docker,
    tryDocker,
    inspect: async (name) => (JSON.parse(await docker('inspect', name)) as unknown[])[0],
    shutDown,
    async kill() {
      // its shims too, which hold the containers
      killProcessesOf(dir);
      if (!hasEnded()) await ended;
      // the next one might find another process of that id
      rmSync(path.join(dir, 'docker.pid'), { force: true });
    },
    async startAgain() {
      child = launch();
      ended = once(child, 'exit');
      await waitUntilItAnswers();
    },
    async stop() {
      try {
        if (!hasEnded()) await removeContainers(docker);
      } finally {
        await shutDown();
        clearUp();
      }
    },
  };
}

async function removeContainers(docker: Dockerd['docker']): Promise<void> {
  const ids = (await docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids);
}
