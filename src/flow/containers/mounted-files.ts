import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { Actual } from '../../container/actual/actual.ts';
import type { Applied } from '../../container/apply/apply.ts';
import type { ChangedFiles } from '../../container/actual/changed-files.ts';
import type { Engine } from '../../engine/engine.ts';
import { listMountedSources } from '../../container/spec/mounted.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { errorCode } from '../../base/errors.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { getDigest, type Ledger } from '../../output/plan/ledger.ts';
import { type Paths, STATE_DIR } from '../../base/paths.ts';
import { readContentLinks } from '../content/content-folder.ts';
import { readState, writeState } from '../../files/state-file.ts';

/** The outputs of docksmith, as they are or are about to be, and the contents that it fetched. */
export interface Outputs {
  readonly paths: Paths;
  /** path -> digest */
  readonly digests: ReadonlyMap<string, string>;
  /** those that are still to be installed with other content */
  readonly coming: ReadonlySet<string>;
}

/** As the ledger has them. @param changes what an event is about to install and remove */
export function outputsOf(paths: Paths, { outputs }: Ledger, changes?: Pick<ChangeSet, 'install' | 'remove'>): Outputs {
  const digests = new Map([...outputs.values()].map((owned) => [owned.path, owned.digest]));
  for (const { owned } of changes?.remove ?? []) digests.delete(owned.path);
  const coming = (changes?.install ?? [])
    .map(({ output }) => [output.path, getDigest(output)] as const)
    .filter(([name, digest]) => digests.get(name) !== digest);
  return {
    paths,
    digests: new Map([...digests, ...coming, ...readContentLinks(paths)]),
    coming: new Set(coming.map(([name]) => name)),
  };
}

/** What a container had read when it was last started or told. */
interface Seen {
  /** of the container, and of its start: another start has read what was there then */
  readonly id: string;
  readonly startedAt: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The generated files that changed since the containers which mount them read them: by the
 * digests that were written down then, else by the time of the file and of the container's start.
 */
export function findChangedFiles(
  outputs: Outputs,
  specs: Iterable<RunSpec>,
  { containers }: Pick<Actual, 'containers'>,
): ReadonlyMap<string, ChangedFiles> {
  const seen = readSeen(outputs.paths);
  return new Map(
    [...specs].flatMap((spec): (readonly [string, ChangedFiles])[] => {
      const mounted = listMountedOutputs(outputs, spec);
      const container = containers.get(spec.name);
      if (container === undefined || (mounted.size === 0 && !seen.has(spec.name))) return [];
      const { State } = container.inspect;
      const before = seen.get(spec.name);
      const known = before?.id === container.id && before.startedAt === State.StartedAt ? before.files : undefined;
      const changed = [...mounted.keys()].filter((name) =>
        known?.has(name) === true
          ? known.get(name) !== outputs.digests.get(name)
          : outputs.coming.has(name) || isLater(outputs.paths, name, State.StartedAt),
      );
      const gone = [...(known?.keys() ?? [])].filter((name) => !mounted.has(name));
      const names = [...changed, ...gone].sort();
      return names.length === 0
        ? []
        : [[spec.name, { paths: names, needsRestart: names.some((name) => mounted.get(name) === 'alone') }]];
    }),
  );
}

/** Writes down what the containers have read, those left out that could not be taken so far. */
export async function recordSeenFiles(
  outputs: Outputs,
  specs: Iterable<RunSpec>,
  engine: Engine,
  { failed, skipped }: Pick<Applied, 'failed' | 'skipped'>,
): Promise<void> {
  const before = readSeen(outputs.paths);
  const seen = new Map(before);
  const behind = new Set([...failed.map(({ operation }) => operation.name), ...skipped.map(({ name }) => name)]);
  for (const spec of specs) {
    const mounted = listMountedOutputs(outputs, spec);
    if (behind.has(spec.name)) continue;
    const container = mounted.size === 0 ? undefined : await engine.findContainer(spec.name);
    if (container?.State.Running !== true) seen.delete(spec.name);
    else
      seen.set(spec.name, {
        id: container.Id,
        startedAt: container.State.StartedAt,
        files: new Map([...mounted.keys()].map((name) => [name, outputs.digests.get(name) ?? ''])),
      });
  }
  if (formatSeen(seen) !== formatSeen(before))
    writeState(seenFile(outputs.paths), 'what containers have read', { containers: toJson(seen) });
}

/** path -> whether it is mounted by itself or in a folder */
function listMountedOutputs({ paths, digests }: Outputs, spec: RunSpec): ReadonlyMap<string, 'alone' | 'in a folder'> {
  const sources = listMountedSources(spec.values['volumes']);
  if (sources.length === 0) return new Map();
  return new Map(
    [...digests.keys()].flatMap((name): (readonly [string, 'alone' | 'in a folder'])[] => {
      const file = paths.file(name);
      if (sources.includes(file)) return [[name, 'alone']];
      return sources.some((source) => file.startsWith(`${source}/`) && !isBroad(paths, source))
        ? [[name, 'in a folder']]
        : [];
    }),
  );
}

/** `/`, `/etc`: who mounts that looks at the host, and has no configuration of its own there. */
function isBroad(paths: Paths, source: string): boolean {
  const below = path.relative(paths.file('/'), source);
  return below.split('/').length < 2;
}

function isLater(paths: Paths, name: string, startedAt: string): boolean {
  try {
    return lstatSync(paths.file(name)).mtimeMs > Date.parse(startedAt);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

const seenFile = (paths: Paths): string => paths.file(path.posix.join(STATE_DIR, 'mounted-files.json'));

function readSeen(paths: Paths): ReadonlyMap<string, Seen> {
  return (
    readState(seenFile(paths), 'what containers have read', (state) =>
      state.get('containers').map((field) => ({
        id: field.get('id').text(),
        startedAt: field.get('startedAt').text(),
        files: field.get('files').map((digest) => digest.text()),
      })),
    ) ?? new Map<string, Seen>()
  );
}

function toJson(seen: ReadonlyMap<string, Seen>): unknown {
  return Object.fromEntries(
    [...seen].map(([name, { id, startedAt, files }]) => [name, { id, startedAt, files: Object.fromEntries(files) }]),
  );
}

function formatSeen(seen: ReadonlyMap<string, Seen>): string {
  return JSON.stringify(toJson(new Map([...seen].sort(([a], [b]) => (a < b ? -1 : 1)))));
}
