import { overlaysOnHost, storedOf } from '../../db/hosts/host-records.ts';
import { type RecordOverlay, withRecords } from '../../db/overlay.ts';
import type { DbRecord } from '../../db/record.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { isMaskedRead } from '../../db/secret-values.ts';
import { findProp, getDb, hasOwnProp, type Snapshot, withChanges } from '../../db/snapshot.ts';
import { Failure, Failures } from '../../base/errors.ts';
import { listSteps } from '../../event/steps.ts';
import { Container } from '../../model/container.ts';
import { allocatePorts } from '../../model/network/allocate-ports.ts';
import { MASK } from '../../base/mask.ts';
import type { Paths } from '../../base/paths.ts';
import type { Rendered } from '../../template/rendered.ts';
import { type Preview, previewEvent } from '../dry-run/dry-run.ts';
import { isRunSpec, requestsOf } from '../../flow/expand.ts';
import { makeRenderer } from '../../flow/rendering.ts';
import { type Secrets, secretsOf } from '../../flow/secrets.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { linesOf, listEffects, type Named, textsOf } from '../why/deciding.ts';
import { readHostState, type HostState, withOverlay } from '../../flow/host-state.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** The event that applies all dbs. */
export const WHOLE_EVENT = 'docker-update';

export interface ChangeAsked {
  readonly db: string;
  readonly key: string;
  /** prop -> its value, undefined for one that is deleted; `type` is the record's type */
  readonly props: ReadonlyMap<string, string | undefined>;
  /** the whole record is deleted */
  readonly isDeleted: boolean;
}

export interface Impact {
  readonly change: RecordOverlay;
  /** what the next event would do after the change */
  readonly preview: Preview;
  /** files that it would write or remove without the change too */
  readonly anyway: readonly string[];
  /** what may not be shown, of now and of after the change */
  readonly secrets: Secrets;
}

/**
 * What an event would do after a change of the dbs. Changes nothing.
 * @throws Failure(s) for what would keep the event from being done
 */
export async function previewChange(
  paths: Paths,
  asked: ChangeAsked,
  commands: StepCommands,
  event = WHOLE_EVENT,
): Promise<Impact> {
  const snapshot = readSnapshot(paths);
  refuseUnknown(paths, snapshot, {
    db: asked.db,
    key: asked.key,
    props: [...asked.props.keys()],
    type: asked.props.get('type'),
  });
  const change = overlayOf(snapshot, asked);
  const overlays = overlaysOnHost(snapshot, change);
  const preview = await previewEvent(paths, { event, args: [], overlay: overlays, commands });
  return {
    change,
    preview,
    anyway: await listAnyway(paths, event, commands),
    secrets: secretsOf(paths, snapshot, withRecords(snapshot, overlays)),
  };
}

/** Where the dbs are such that no event is done without the change, nothing would be done. */
async function listAnyway(paths: Paths, event: string, commands: StepCommands): Promise<readonly string[]> {
  try {
    const {
      changes: { install, remove },
    } = await previewEvent(paths, { event, args: [], commands });
    return [...install.map(({ output }) => output.path), ...remove.map(({ owned }) => owned.path)].sort();
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return [];
    throw error;
  }
}

function overlayOf(snapshot: Snapshot, { db, key, props, isDeleted }: ChangeAsked): RecordOverlay {
  const record = storedOf(snapshot).get(db)?.get(key);
  if (isDeleted || [...props.values()].every((value) => value === undefined))
    refuseUnset(snapshot, { db, key, props: [...props.keys()] });
  if (isDeleted) return { db, key, record: undefined };
  const changed = new Map(record?.props);
  for (const [prop, value] of props) {
    if (prop === 'type') continue;
    if (value === undefined) changed.delete(prop);
    else changed.set(prop, value);
  }
  const [only = 'service'] = Object.keys(snapshot.schema[db] ?? {});
  const type = props.get('type') ?? record?.type ?? (db === 'configuration' ? 'service' : only);
  return { db, key, record: { key, type, props: changed } satisfies DbRecord };
}

/** What is to be deleted has to be set. */
function refuseUnset(
  snapshot: Snapshot,
  { db, key, props }: { readonly db: string; readonly key: string; readonly props: readonly string[] },
): void {
  const record = storedOf(snapshot).get(db)?.get(key);
  if (record === undefined) throw new Failure(`cannot delete "${key}" of db ${db}`, { why: 'there is no such record' });
  for (const prop of props)
    if (!record.props.has(prop)) throw new Failure(`cannot delete "${prop}" of ${db} ${key}`, { why: 'it is not set' });
}

/** One output, and what of it a prop decides. */
export interface Reader {
  readonly path: string;
  /** from 1: those that some other value would change or remove; empty where the prop is read and decides none now */
  readonly lines: readonly { readonly number: number; readonly text: string }[];
  readonly lineCount: number;
  /** it is not there, and some other value would bring it */
  readonly comes: boolean;
  /** props of the record that were read, where no prop was named */
  readonly props: readonly string[];
  readonly services: readonly string[];
  /** whose run spec it is */
  readonly container: string | undefined;
  /** the swarm runs that */
  readonly isSwarmService: boolean;
}

export interface Readers {
  readonly readers: readonly Reader[];
  /** of the prop that was named; undefined where it is not set; a secret is masked */
  readonly value: string | undefined;
  readonly isDefault: boolean;
}

/**
 * What reads a prop, or any prop of a record: found by rendering in memory all that the event
 * renders, over other values of the prop.
 * @throws Failure(s) where the templates cannot be rendered
 */
export async function listReaders(
  paths: Paths,
  { db, key, prop }: { readonly db: string; readonly key: string; readonly prop: string | undefined },
  event = WHOLE_EVENT,
): Promise<Readers> {
  const real = await readHostState(paths);
  refuseUnknown(paths, real.snapshot, { db, key, props: prop === undefined ? [] : [prop] });
  const hostState: HostState = {
    ...real,
    snapshot: withChanges(real.snapshot, allocatePorts(real.snapshot, real.facts)),
  };
  const requests = requestsOf(
    listSteps(paths, event).steps.flatMap((step) => (step.kind === 'templates' ? step.templates : [])),
    [],
  );
  const renderer = makeRenderer(hostState);
  const outputs = requests.flatMap((request) => renderer.render(request).outputs);
  const readsOf = (output: Rendered): readonly string[] => [
    ...new Set(
      output.scope
        .noted()
        .flatMap((read) =>
          read.db === db && read.key === key ? [read.prop ?? (read.filter === undefined ? 'type' : [])].flat() : [],
        ),
    ),
  ];
  const describeAt = (output: Rendered | undefined, at: string): ReturnType<typeof describe> =>
    describe(hostState.snapshot, output, at);
  if (prop === undefined) {
    const readers = outputs.flatMap((output) => {
      const props = readsOf(output);
      return props.length === 0 ? [] : [{ ...describeAt(output, output.path), lines: [], comes: false, props }];
    });
    return { readers, value: undefined, isDefault: false };
  }
  const named: Named = { db, key, ...(prop === 'type' ? {} : { prop }) };
  const effects = listEffects(outputs, named, {
    snapshot: hostState.snapshot,
    words: renderer.listLiterals(),
    render: (overlay) => {
      const changed = withOverlay(hostState, [overlay]);
      const over = renderer.over({ ...changed, snapshot: withChanges(changed.snapshot, allocateIfPossible(changed)) });
      try {
        return requests.flatMap((request) => over.render(request).outputs);
      } catch (error) {
        if (error instanceof Failure || error instanceof Failures) return 'refused';
        throw error;
      }
    },
  });
  const readers = outputs.filter((output) => effects.has(output.path) || readsOf(output).includes(prop));
  const there = readers.map((output) => {
    const lost = effects.get(output.path) ?? new Set<number>();
    const lines = linesOf(output).flatMap(({ text }, n) => (lost.has(n) ? [{ number: n + 1, text }] : []));
    return { ...describeAt(output, output.path), lines, comes: false, props: [] };
  });
  const coming = [...effects.keys()].filter((path) => !outputs.some((output) => output.path === path));
  const record = getDb(hostState.snapshot, db).get(key);
  const value = prop === 'type' ? record?.type : findProp(hostState.snapshot, db, key, prop);
  return {
    readers: [
      ...there,
      ...coming.map((path) => ({ ...describeAt(undefined, path), lines: [], comes: true, props: [] })),
    ],
    value: value !== undefined && isMaskedRead(hostState.snapshot, named) ? MASK : value,
    isDefault: prop !== 'type' && !hasOwnProp(record, prop),
  };
}

function allocateIfPossible({ snapshot, facts }: HostState): ReturnType<typeof allocatePorts> {
  try {
    return allocatePorts(snapshot, facts);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

function describe(
  snapshot: Snapshot,
  output: Rendered | undefined,
  path: string,
): Pick<Reader, 'path' | 'lineCount' | 'services' | 'container' | 'isSwarmService'> {
  const container = isRunSpec({ path }) ? path.replace(/^.*\/|\.yaml$/g, '') : undefined;
  return {
    path,
    lineCount: output === undefined ? 0 : textsOf(output.content).length,
    services: output?.services ?? [],
    container,
    isSwarmService: container !== undefined && new Container(snapshot, container).isSwarmService,
  };
}
