import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { type HostFile, MOST_BYTES, type MountedSource } from '../../container/service/host-files.ts';
import { listMountedSources } from '../../container/spec/mounted.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { getSecretSalt } from '../../host/secret-salt.ts';
import type { Container } from '../../model/container.ts';
import { listSecrets, type Secret } from '../../model/secrets.ts';
import type { Rendered } from '../../template/rendered.ts';

/** What is about to be installed, and may not be there yet. */
export type Coming = Pick<Rendered, 'path' | 'content' | 'mode'>;

/** What the paths of this host are that a run spec mounts. */
export function readSources(
  paths: Paths,
  container: Container,
  { values: { volumes } }: RunSpec,
  coming: readonly Coming[],
): ReadonlyMap<string, MountedSource> {
  const sources = listMountedSources(volumes);
  if (sources.length === 0) return new Map();
  const secrets = new Map(
    container.secrets.length === 0
      ? []
      : listSecrets(container, { secretSalt: getSecretSalt(paths) }).map((one) => [paths.file(one.file), one]),
  );
  return new Map(
    sources.map((source) => {
      const secret = secrets.get(source);
      if (secret !== undefined) return [source, ofSecret(secret)];
      const output = coming.find(({ path: name }) => paths.file(name) === source);
      return [source, output === undefined ? readSource(source) : makeFile(source, output.content, output.mode)];
    }),
  );
}

function ofSecret({ name, value, mode, uid, gid }: Secret): HostFile {
  return {
    kind: 'secret',
    base: name,
    bytes: Buffer.from(value),
    access: {
      ...(mode === undefined ? {} : { Mode: mode }),
      ...(uid === undefined ? {} : { UID: String(uid) }),
      ...(gid === undefined ? {} : { GID: String(gid) }),
    },
  };
}

/** A larger one is not read: it is refused by its size alone. */
function readSource(source: string): MountedSource {
  try {
    const stats = statSync(source);
    if (!stats.isFile()) return 'folder';
    const bytes =
      stats.size > MOST_BYTES.config ? Buffer.alloc(stats.size > 2 ** 30 ? 2 ** 30 : stats.size) : readFileSync(source);
    return makeFile(source, bytes, stats.mode);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return 'missing';
    throw error;
  }
}

function makeFile(source: string, bytes: Buffer, mode: number): HostFile {
  return { kind: (mode & 0o007) === 0 ? 'secret' : 'config', base: path.basename(source), bytes };
}
