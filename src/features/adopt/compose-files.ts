import path from 'node:path';
import type { Input } from '../../container/spec/input.ts';
import type { KeptReference } from '../../container/spec/kept/kept-references.ts';
import { formatMounted } from '../../container/spec/mounted.ts';
import { readText } from '../../files/read-file.ts';
import type { SecretFile } from './candidate.ts';
import { findEntry, isNothing, showInput, tryTo } from './compose-input.ts';
import type { LeaveOut } from './compose-network.ts';
import type { Project } from './compose-project.ts';
import { readMode } from './compose-tmpfs.ts';

/** What `secrets` and `configs` of a service become. */
export interface ServiceFiles {
  /** files of this host, mounted as Compose does it, in the form of `volumes` */
  readonly mounts: readonly string[];
  /** files whose content db secrets has */
  readonly secrets: readonly SecretFile[];
  /** of a stack: what its swarm keeps already */
  readonly kept: readonly KeptReference[];
}

const KINDS = [
  { key: 'secrets', folder: '/run/secrets', mode: undefined },
  { key: 'configs', folder: '/', mode: '0444' },
] as const;

/** Files that Compose puts into the container of a service. */
export function readFiles(project: Project, service: Input, leaveOut: LeaveOut, isStack = false): ServiceFiles {
  const mounts: string[] = [];
  const secrets: SecretFile[] = [];
  const kept: KeptReference[] = [];
  for (const { key, folder, mode: usual } of KINDS) {
    for (const item of findEntry(service, key)?.items ?? []) {
      const field = (name: string): Input | undefined => {
        const held = findEntry(item, name);
        return held === undefined || isNothing(held) ? undefined : held;
      };
      const name = showInput(field('source') ?? item);
      const declared =
        findEntry(project[key] ?? item, name) ?? item.refuse(`"${name}" is not in the map "${key}" of the file`);
      const target = field('target');
      const inside = path.posix.resolve(folder, target === undefined ? name : showInput(target));
      const file = findEntry(declared, 'file');
      // a task may run where the file is not: the swarm gets what is in it
      if (file !== undefined && !isStack) {
        mounts.push(
          formatMounted({ source: path.resolve(project.folder, showInput(file)), target: inside, options: ['ro'] }),
        );
        for (const one of ['uid', 'gid', 'mode'])
          if (field(one) !== undefined)
            leaveOut(
              key,
              `${name} ${one}=${showInput(field(one) ?? item)}`,
              'a file of this server is mounted as it is',
            );
        continue;
      }
      const value = file === undefined ? readContent(project, declared) : readFileOf(project, file);
      const [mode, uid, gid] = [field('mode'), field('uid'), field('gid')];
      if (value === undefined && isStack) {
        const own = findEntry(declared, 'name');
        kept.push({
          kind: key === 'secrets' ? 'secret' : 'config',
          name: own === undefined ? name : showInput(own),
          target: inside,
          mode: mode === undefined ? 0o444 : Number.parseInt(readMode(mode), 8),
          uid: uid === undefined ? '0' : showInput(uid),
          gid: gid === undefined ? '0' : showInput(gid),
        });
        continue;
      }
      if (value === undefined) {
        leaveOut(key, name, 'it has neither a file nor a content, and no swarm keeps it');
        continue;
      }
      const owner = uid === undefined ? undefined : `${showInput(uid)}:${gid === undefined ? '0' : showInput(gid)}`;
      secrets.push({
        name,
        value,
        target: inside,
        mode: mode === undefined ? (usual ?? (owner === undefined ? undefined : '0400')) : readMode(mode),
        owner,
      });
    }
  }
  return { mounts, secrets, kept };
}

function readFileOf({ folder }: Project, file: Input): string {
  const { result, failures } = tryTo(() => readText(path.resolve(folder, showInput(file))));
  return result ?? file.refuse(failures?.[0]?.why ?? 'it cannot be read');
}

/** Undefined for one that is elsewhere. @throws Failure for a variable that is not set */
function readContent(project: Project, declared: Input): string | undefined {
  const [content, variable] = [findEntry(declared, 'content'), findEntry(declared, 'environment')];
  if (content !== undefined) return tryTo(() => showInput(content)).result ?? showInput(content);
  if (variable === undefined) return undefined;
  const name = showInput(variable);
  return project.variables.get(name) ?? variable.refuse(`the variable "${name}" is not set`);
}
