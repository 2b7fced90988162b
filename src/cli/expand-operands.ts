import type { Paths } from '../base/paths.ts';
import type { Command, Given } from './command.ts';

/** Puts the containers of an application in the place of `shop/`, where the operands of a command are containers. */
export async function expandOperands(command: Command, given: Given, paths: Paths): Promise<Given> {
  return command.operands.ofContainers === true
    ? { ...given, words: await expandContainers(paths, given.words) }
    : given;
}

/** @throws Failure(s) for applications that are not there */
export async function expandContainers(paths: Paths, names: readonly string[]): Promise<readonly string[]> {
  // most commands are called without, and read no db for it
  if (!names.some((name) => name.endsWith('/'))) return names;
  const { expandNames } = await import('../model/names/applications.ts');
  const { readHostSnapshot } = await import('../flow/host-state.ts');
  return expandNames(readHostSnapshot(paths), names);
}
