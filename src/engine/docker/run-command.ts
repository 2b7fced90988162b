import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandEnd, ContainerCommand } from '../engine.ts';
import type { Docker } from './docker-client.ts';
import { readFrames } from './log-lines.ts';

const LINES = 10;

/** Runs a command in a running container to its end. */
export async function runCommand(docker: Docker, id: string, hook: ContainerCommand): Promise<CommandEnd> {
  const { command, user, privileged, working_dir: folder, environment = {} } = hook;
  const made = await docker.getContainer(id).exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(user === undefined ? {} : { User: user }),
    ...(privileged === undefined ? {} : { Privileged: privileged }),
    ...(folder === undefined ? {} : { WorkingDir: folder }),
  });
  const socket = await made.start({ hijack: true, stdin: true });
  socket.end();
  let text = '';
  // a command may print for hours
  for await (const { bytes } of readFrames(socket)) text = (text + bytes.toString()).slice(-10_000);
  for (;;) {
    // its output may end a moment before the engine knows that it ended
    const { Running, ExitCode } = await made.inspect();
    if (!Running) return { exitCode: ExitCode ?? 0, lines: text.split('\n').filter(Boolean).slice(-LINES) };
    await sleep(20);
  }
}
