import type { ContainerCommand } from '../../../engine/engine.ts';
import type { Input } from '../input.ts';
import { readFields, readFlag, readItems, readText, readTextMap, readTexts } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { isList, LIST, type Value } from '../value.ts';
import { splitWords } from '../../../base/split-words.ts';

/** A hook is canonical as JSON with its fields in this order. */
function readHook(input: Input): string {
  const fields = readFields(input, ['command', 'user', 'privileged', 'working_dir', 'environment']);
  const { command, user, privileged, working_dir: folder, environment } = fields;
  if (command === undefined) return input.refuse('needs a command');
  const words = command.items === undefined ? splitWords(readText(command)) : readTexts(command);
  if (words === undefined || words.length === 0) return command.refuse('is no command: a quote is left open');
  const hook: ContainerCommand = {
    command: words,
    ...(user === undefined ? {} : { user: readText(user) }),
    ...(privileged !== undefined && readFlag(privileged) ? { privileged: true } : {}),
    ...(folder === undefined ? {} : { working_dir: readText(folder) }),
    ...(environment === undefined ? {} : { environment: readTextMap(environment, '=', '') }),
  };
  return JSON.stringify(hook);
}

function defineHooks(name: string): SpecKey {
  return defineKey(LIST, {
    name,
    // Compose makes a new container, too; the engine knows nothing of it
    answer: 'recreate',
    parse: (input) => readItems(input, readHook),
    send: () => undefined,
    read: () => undefined,
  });
}

/** What is run in a container when it has been started, and before it is stopped. */
export const HOOK_KEYS: readonly SpecKey[] = [defineHooks('post_start'), defineHooks('pre_stop')];

/** The hooks that a canonical value says. */
export function listHooks(value: Value | undefined): readonly ContainerCommand[] {
  return value !== undefined && isList(value) ? value.map((text) => JSON.parse(text) as ContainerCommand) : [];
}
