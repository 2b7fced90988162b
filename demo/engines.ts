import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { connectEngine } from '../src/engine/docker/docker-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { MemoryEngine } from '../src/engine/memory/memory-engine.ts';
import { startDockerd } from '../test/support/dockerd.ts';
import { makeWebImage } from '../test/support/image.ts';
import { makeNamespace } from '../test/support/namespace.ts';
import { runOrFail } from '../test/support/run.ts';
import type { Wrap } from './shell.ts';

/** Repository and tag of each image of the demonstration, and what it answers. */
export const IMAGES = {
  'demo/mediawiki:1.43': 'the wiki',
  'demo/mariadb:11': 'the database',
  'demo/gitea:1': 'the git server',
  'demo/redis:7': 'the cache',
  'demo/notes:2': 'the notes',
} as const;

/** The engine that a demonstration works on, and where its commands run. */
export interface DemoEngine {
  /** one line: which it is */
  readonly words: string;
  /** what leads the commands of docksmith to it */
  readonly env: NodeJS.ProcessEnv;
  /** of the host's own, on which private ports are published */
  readonly localIP: string;
  readonly connect: () => Promise<Engine>;
  /** what puts a command into the network in which it shall run */
  readonly wrap: Wrap;
  readonly stop: () => Promise<void>;
}

const NEEDED = ['dockerd', 'docker', 'busybox', 'ip', 'nsenter', 'setpriv', 'setsid', 'tar'];
const inPlace: Wrap = (command, args) => [command, args];

/** A private engine where this machine can run one, else the one in memory. */
export async function startEngine(folder: string): Promise<DemoEngine> {
  const missing = [...(process.getuid?.() === 0 ? [] : ['root']), ...NEEDED.filter((program) => !isInstalled(program))];
  if (missing.length > 0) return startMemoryEngine(folder, `a Docker engine of its own needs ${missing.join(', ')}`);
  try {
    return await startPrivateEngine();
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return startMemoryEngine(folder, `a Docker engine of its own did not start: ${why}`);
  }
}

/** Containers that only say that they run. */
async function startMemoryEngine(folder: string, why: string): Promise<DemoEngine> {
  const file = path.join(folder, 'engine.json');
  const engine = new MemoryEngine({ file });
  for (const image of Object.keys(IMAGES)) await engine.pullImage(image);
  return {
    words: `The engine is one in memory, whose containers only say that they run (${why}).`,
    env: { DOCKSMITH_ENGINE: `memory://${file}` },
    localIP: '192.168.1.2',
    connect: () => Promise.resolve(new MemoryEngine({ file })),
    wrap: inPlace,
    stop: () => Promise.resolve(),
  };
}

/**
 * A dockerd with folders, containerd namespaces and a network of its own: it sees nothing of the
 * machine's containers.
 */
async function startPrivateEngine(): Promise<DemoEngine> {
  const namespace = await makeNamespace();
  const remove = (): void => namespace.remove();
  try {
    // Ctrl-C goes to the whole group of processes, and the engine is wanted until its containers are gone
    const inSession: typeof namespace = {
      ...namespace,
      command: (program, args) => namespace.command('setsid', [program, ...args]),
    };
    await runOrFail(...namespace.command('ip', ['addr', 'add', '192.168.1.2/24', 'dev', 'lo']));
    const dockerd = await startDockerd({ namespace: inSession });
    const stop = (): Promise<void> => insist(() => dockerd.stop()).finally(remove);
    try {
      for (const [image, text] of Object.entries(IMAGES)) await makeWebImage(dockerd, image, text);
    } catch (error) {
      await dockerd.stop();
      throw error;
    }
    return {
      words: `The engine is a private dockerd in ${dockerd.dir}, with tiny images made on the spot. It is stopped at the end.`,
      env: { DOCKER_HOST: `unix://${dockerd.socket}` },
      localIP: '192.168.1.2',
      connect: () => connectEngine(dockerd.socket),
      wrap: (command, args) => namespace.command(command, args),
      stop,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * The engine that one names. The demonstration's containers and images are removed at the end.
 * @param names of the containers that will be made
 * @throws Error where it does not answer, or has containers of these names already
 */
export async function useEngine(socket: string, folder: string, names: readonly string[]): Promise<DemoEngine> {
  const missing = ['docker', 'busybox', 'tar'].filter((program) => !isInstalled(program));
  if (missing.length > 0)
    throw new Error(`making the images takes ${missing.join(', ')}: apt-get install docker.io busybox-static`);
  const engine = await connectEngine(socket);
  const inTheWay = (await engine.listContainers()).filter(({ name }) => names.includes(name));
  if (inTheWay.length > 0)
    throw new Error(
      `the engine at ${socket} has containers of these names already: ${inTheWay.map(({ name }) => name).join(', ')}`,
    );
  const docker = async (...args: readonly string[]): Promise<string> =>
    (
      await runOrFail('docker', ['-H', `unix://${socket}`, ...args], {
        env: { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined },
      })
    ).trim();
  const made: string[] = [];
  const stop = (): Promise<void> =>
    insist(async () => {
      const ours = (await engine.listContainers()).filter(
        ({ name, labels }) => names.includes(name) && labels['docksmith.managed'] === 'true',
      );
      if (ours.length > 0) await docker('rm', '--force', '--volumes', ...ours.map(({ id }) => id));
      while (made.length > 0) {
        await docker('rmi', made[0] ?? '');
        made.shift();
      }
    });
  try {
    for (const [image, text] of Object.entries(IMAGES)) {
      if ((await engine.findImage(image)) !== undefined)
        throw new Error(`the engine at ${socket} has an image "${image}" already`);
      await makeWebImage({ dir: folder, docker }, image, text);
      made.push(image);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    words: `The engine is the one at ${socket}. The demonstration's containers and images have names with "demo", and are removed at the end.`,
    env: { DOCKER_HOST: `unix://${socket}` },
    // on loopback: nothing is opened to the machine's network
    localIP: '127.0.0.2',
    connect: () => connectEngine(socket),
    wrap: inPlace,
    stop,
  };
}

/**
 * Once more where it fails: a second Ctrl-C ends the docker command that was just clearing up, and clearing
 * up is what was asked for.
 */
async function insist(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    await work();
  }
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
