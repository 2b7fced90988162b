import path from 'node:path';
import { collectAll, type Input } from '../input.ts';
import { readFields, readFlag, readItems, readText } from '../read-input.ts';

/** A secret or config that the swarm keeps already, and a service sees as a file. */
export interface KeptReference {
  readonly kind: 'secret' | 'config';
  /** in the swarm */
  readonly name: string;
  /** absolute, in the container */
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

/** Where a file is seen that does not say it. */
export const KEPT_FOLDERS = { secret: '/run/secrets', config: '/' } as const;

/** The top-level maps of a file, where it has them. */
export interface DeclaredKept {
  readonly secrets: Input | undefined;
  readonly configs: Input | undefined;
}

/** What `secrets` and `configs` of a service name that is `external` in the map of the file: others are files. */
export function readKeptReferences(service: Input, declared: DeclaredKept): readonly KeptReference[] {
  const configs = listExternal(declared.configs);
  collectAll(declared.configs?.entries ?? [], ([name, config]) => {
    if (!configs.has(name))
      config.refuse('only configs that the swarm keeps already are supported: external: true', 'mount a file with :ro');
  });
  return (['secret', 'config'] as const).flatMap((kind) => {
    const key = `${kind}s` as const;
    const external = listExternal(declared[key]);
    const input = service.entries?.find(([name]) => name === key)?.[1];
    if (input === undefined) return [];
    return readItems(input, (item) => {
      const { source = item, target, mode, uid, gid } = readLong(item);
      const name = readText(source);
      if (!external.has(name))
        return kind === 'secret'
          ? undefined
          : source.refuse(`config "${name}" is not in the map "configs" of the file`);
      return {
        ...{ kind, name },
        target: path.posix.resolve(KEPT_FOLDERS[kind], target === undefined ? name : readText(target)),
        mode: mode === undefined ? 0o444 : readMode(mode),
        uid: uid === undefined ? '0' : readText(uid),
        gid: gid === undefined ? '0' : readText(gid),
      };
    }).filter((one) => one !== undefined);
  });
}

/** Octal digits, as `"0440"`. */
function readMode(input: Input): number {
  const text = readText(input);
  return /^[0-7]{3,4}$/.test(text) ? Number.parseInt(text, 8) : input.refuse('must be an octal mode, as "0440"');
}

function readLong(item: Input): Partial<Record<'source' | 'target' | 'mode' | 'uid' | 'gid', Input>> {
  return item.entries === undefined ? {} : readFields(item, ['source', 'target', 'mode', 'uid', 'gid']);
}

/** Names of what the file does not bring, as the swarm keeps it. */
export function listExternal(declared: Input | undefined): ReadonlySet<string> {
  return new Set(
    collectAll(declared?.entries ?? [], ([name, one]) => {
      const external = one.entries?.find(([field]) => field === 'external')?.[1];
      return external !== undefined && readFlag(external) ? [name] : [];
    }).flat(),
  );
}
