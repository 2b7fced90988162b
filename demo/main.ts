import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ContainerTable } from './containers.ts';
import { type DemoEngine, startEngine, useEngine } from './engines.ts';
import { Shell, tell } from './shell.ts';
import { tellStory } from './story.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/path');
const KEYS = ['wikidb', 'wiki', 'git', 'cache', 'notes'] as const;

/**
 * `npm run demo [-- --socket PATH]`
 * @param socket of the engine that one names; absent: a private one, or one in memory
 * @returns the exit code
 */
export async function runDemo(socket?: string): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (!interrupt.signal.aborted) console.error('\nstopping; what the demonstration made is taken away');
    interrupt.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  // on an engine of somebody's own, a name tells where a container is from
  const prefix = socket === undefined ? '' : 'demo-';
  const names = KEYS.map((key) => prefix + key);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-demo-'));
  let engine: DemoEngine | undefined;
  let code = 1;
  try {
    const root = path.join(folder, 'root');
    engine = socket === undefined ? await startEngine(folder) : await useEngine(socket, folder, names);
    interrupt.signal.throwIfAborted();
    for (const part of ['etc/httpd/conf.d', 'srv']) mkdirSync(path.join(root, part), { recursive: true });
    const env = {
      ...process.env,
      DBPATH: undefined,
      DOCKER_HOST: undefined,
      DOCKSMITH_ENGINE: undefined,
      ...engine.env,
      DOCKSMITH_ROOT: root,
      DOCKSMITH_NODE: process.execPath,
      PATH: `${BIN}:${process.env['PATH'] ?? ''}`,
    };
    tell(
      'docksmith: a small server, from its db to its running containers.',
      `The host is the folder ${root}; nothing outside of it is written.`,
      engine.words,
    );
    const shell = new Shell(env, engine.wrap, interrupt.signal);
    const gitPort = await findFreePort(2222);
    await tellStory(shell, new ContainerTable(engine.connect, names), {
      prefix,
      localIP: engine.localIP,
      gitPort,
      access: socket === undefined ? 'public' : 'private',
    });
    code = 0;
  } catch (error) {
    if (!interrupt.signal.aborted)
      console.error(
        `\ndocksmith: cannot go on with the demonstration: ${error instanceof Error ? error.message : String(error)}`,
      );
    else code = 130;
  } finally {
    try {
      await engine?.stop();
    } catch (error) {
      code = 1;
      console.error(
        `docksmith: cannot take the engine of the demonstration away: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
  }
  return code;
}

/** The first port from here on that nothing on this machine listens on: docksmith refuses one that is taken. */
async function findFreePort(from: number): Promise<number> {
  for (let port = from; ; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = net.createServer().once('error', () => resolve(false));
      server.listen(port, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
