import type { Paths } from '../base/paths.ts';
import type { OnLine } from './run-process.ts';
import type { StepCommand } from './step-command.ts';

/**
 * Runs a command of docksmith in this process and hands on what it prints line by line.
 * @returns its exit code; undefined where there is no such command
 */
export type RunCommand = (command: StepCommand, paths: Paths, onLine: OnLine) => Promise<number | undefined>;

/**
 * Calls a command as a process of its own would be called: what it reads of its environment, and hands
 * on to the programs that it starts, is for the time of the call that of such a process.
 */
export async function callCommand(
  run: RunCommand,
  command: StepCommand,
  paths: Paths,
  env: NodeJS.ProcessEnv,
  onLine: OnLine,
): Promise<number | undefined> {
  const before = { ...process.env };
  try {
    replaceEnvironment(env);
    return await run(command, paths, onLine);
  } finally {
    replaceEnvironment(before);
  }
}

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (env[name] === undefined) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && process.env[name] !== value) process.env[name] = value;
}
