import { type AppliedValue, applyDefaults, planDefaults } from '../../db/defaults.ts';
import { Draft } from '../../db/draft.ts';
import { FlatDb } from '../../db/flat-db.ts';
import type { RecordOverlay } from '../../db/overlay.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { toByteString } from '../../db/byte-text.ts';
import { onHost, storedOf } from '../../db/hosts/host-records.ts';
import { type Db, isSameRecord } from '../../db/record.ts';
import { findProp, getDb, type Snapshot } from '../../db/snapshot.ts';
import { changeDb, readLines } from '../../db/store.ts';
import { findBuildMachine } from '../../host/build-machine.ts';
import { type Detected, detectHost, readTraces } from '../../host/detect.ts';
import type { HostFacts } from '../../host/facts.ts';
import { readHostFacts } from '../../host/host.ts';
import { formatBackup, layersOf, listBackups } from '../../base/layers.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import { findInEngine, type Found } from './found-in-engine.ts';
import { deferSetUp } from './pending-set-up.ts';
import type { Reporter } from '../reporter.ts';

export interface SetUp {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * What post-install and post-upgrade do to the dbs: migrations, defaults and forced values,
 * then, for values that are not set, those detected on the host. Never overwrites a value.
 * @throws Failures of migrations and values; what could be written is written
 */
export function setUpDbs(paths: Paths): SetUp {
  const lines = applyShipped(paths);
  const elsewhere = findBuildMachine(paths);
  if (elsewhere !== undefined) deferSetUp(paths, elsewhere);
  const found = findOut(paths);
  return { lines: [...lines, ...found.lines], warnings: [...listIgnored(paths), ...found.warnings] };
}

/** Migrations, defaults and forced values. @returns what they did, in words @throws Failures as `setUpDbs` */
export function applyShipped(paths: Paths): readonly string[] {
  const lines: string[] = [];
  const applied = applyDefaults(paths, (line) => lines.push(line));
  return [
    ...lines,
    ...applied.map(
      ({ db, key, prop, from, to }) => `${db} ${key} ${prop}: ${from ?? '(not set)'} -> ${to ?? '(not set)'}`,
    ),
  ];
}

/** Backups among defaults, forced values, migrations and schemas, in words. */
function listIgnored(paths: Paths): readonly string[] {
  return listBackups(layersOf(paths, 'db')).map((file) => formatBackup(withoutRoot(paths, file)));
}

/** Values detected on the host, for props that are not set. */
export function findOut(paths: Paths): SetUp {
  const { found, warnings } = lookAround(paths, readSnapshot(paths));
  for (const value of found) writeFound(paths, value);
  return {
    lines: found.map(
      ({ db, key, prop, value }) => `${db} ${key}${prop === undefined ? '' : ` ${prop}`}: ${value} (found)`,
    ),
    warnings,
  };
}

/** On a machine that is not the host itself only what its files tell. */
function lookAround(
  paths: Paths,
  snapshot: Snapshot,
): { readonly found: readonly Found[]; readonly warnings: readonly string[] } {
  const elsewhere = findBuildMachine(paths);
  const detected = elsewhere === undefined ? detectHost(readTraces(paths)) : NOTHING_DETECTED;
  const found = listFound(snapshot, detected, readHostFacts(paths));
  const undecided =
    elsewhere === undefined
      ? listUndecided(detected, snapshot)
      : [`${elsewhere}: names, addresses and the engine are detected by the first event on the host itself`];
  return { found, warnings: undecided };
}

const NOTHING_DETECTED: Detected = {
  systemName: undefined,
  domainName: undefined,
  localIP: undefined,
  localNetworks: [],
  undecided: [],
  engineSocket: undefined,
};

/** What was found and is set nowhere. Pure. */
export function listFound(snapshot: Snapshot, detected: Detected, host: HostFacts): readonly Found[] {
  const single = (key: string, value: string | undefined): readonly Found[] =>
    value === undefined || getDb(snapshot, 'configuration').has(key) ? [] : [{ db: 'configuration', key, value }];
  const prop = (key: string, name: string, value: string | undefined): readonly Found[] =>
    value === undefined || (findProp(snapshot, 'configuration', key, name) ?? '') !== ''
      ? []
      : [{ db: 'configuration', key, prop: name, value }];
  const networks = getDb(snapshot, 'networks').size > 0 ? [] : detected.localNetworks;
  return [
    ...single('SystemName', detected.systemName),
    ...single('DomainName', detected.domainName),
    ...single('LocalIP', detected.localIP),
    ...networks.flatMap(({ address, mask }): Found[] => [
      { db: 'networks', key: address, value: 'network' },
      { db: 'networks', key: address, prop: 'Mask', value: mask },
    ]),
    ...prop('docker', 'Socket', detected.engineSocket === '/var/run/docker.sock' ? undefined : detected.engineSocket),
    // SME Server has records of its own for what others keep in this one
    ...prop('httpd', 'Layout', host.apacheLayout === 'sme' ? undefined : host.apacheLayout),
    ...prop('docksmith', 'ServiceManager', host.serviceManager),
  ];
}

/** What the engine tells, for what is not set. @returns what was written, in words */
export async function askEngineForValues(paths: Paths): Promise<readonly string[]> {
  const found = await findInEngine(paths, readSnapshot(paths));
  for (const value of found) writeFound(paths, value);
  return found.map(
    ({ db, key, prop, value }) => `${db} ${key}${prop === undefined ? '' : ` ${prop}`}: ${value} (found)`,
  );
}

function writeFound(paths: Paths, found: Found): void {
  changeDb(paths, found.db, (draft) => setFound(draft, found));
}

function setFound(draft: Draft, { key, prop, value }: Found): void {
  if (prop === undefined) draft.setType(toByteString(key), toByteString(value));
  else draft.setProp(toByteString(key), toByteString(prop), toByteString(value));
}

/** What setting up would do to the dbs, as far as no executable has to be run for it. */
export interface SetUpPlan {
  /** the records that would be others */
  readonly overlay: readonly RecordOverlay[];
  /** `DB KEY PROP VALUE`, each value that would change */
  readonly values: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Says what `setUpDbs` and `askEngineForValues` would do, over drafts of the dbs that are never written.
 * @throws Failures of values that a db cannot hold
 */
export async function planSetUp(paths: Paths): Promise<SetUpPlan> {
  const dbs = readSnapshot(paths);
  const { drafts: planned, applied, migrations } = planDefaults(paths);
  const drafts = new Map(planned);
  const isSet: Found[] = [];
  const set = (found: Found): void => {
    const draft = drafts.get(found.db) ?? new Draft(readLines(paths, found.db));
    drafts.set(found.db, draft);
    setFound(draft, found);
    isSet.push(found);
  };
  const asPlanned = (): Snapshot => withDrafts(dbs, drafts);
  const looked = lookAround(paths, asPlanned());
  for (const found of looked.found) set(found);
  for (const found of await findInEngine(paths, asPlanned())) set(found);
  return {
    overlay: overlayOf(dbs, asPlanned()),
    values: [
      ...applied.map(formatApplied),
      ...isSet.map(({ db, key, prop, value }) => [db, key, ...(prop === undefined ? [] : [prop]), value].join(' ')),
    ],
    warnings: [...listIgnored(paths), ...looked.warnings, ...migrations.map(formatUnknown)],
  };
}

/** Says what `applyShipped` would do. @throws Failures of values that a db cannot hold */
export function planShipped(paths: Paths): SetUpPlan {
  const { drafts, applied, migrations } = planDefaults(paths);
  const dbs = readSnapshot(paths);
  return {
    overlay: overlayOf(dbs, withDrafts(dbs, drafts)),
    values: applied.map(formatApplied),
    warnings: migrations.map(formatUnknown),
  };
}

/** As if the drafts were written. */
function withDrafts(snapshot: Snapshot, drafts: ReadonlyMap<string, Draft>): Snapshot {
  const written = [...drafts].map(([db, draft]) => [db, new FlatDb(() => draft.lines)] as const);
  return onHost(snapshot, new Map<string, Db>([...storedOf(snapshot), ...written]));
}

function overlayOf({ dbs: before }: Snapshot, { dbs: after }: Snapshot): readonly RecordOverlay[] {
  return [...after].flatMap(([db, records]) =>
    [...records.keys()]
      .filter((key) => !isSameRecord(before.get(db)?.get(key), records.get(key)))
      .map((key) => ({ db, key, record: records.get(key) })),
  );
}

function formatApplied({ db, key, prop, to }: AppliedValue): string {
  return [db, key, ...(prop === 'type' ? [] : [prop]), to ?? ''].join(' ');
}

function formatUnknown(migration: string): string {
  return `what the migration ${migration} does to the db is not known before it is run`;
}

/** What was found, and is neither set nor clear: a warning. Pure. */
export function listUndecided({ undecided }: Detected, snapshot: Snapshot): readonly string[] {
  const commands = [
    ...(getDb(snapshot, 'configuration').has('LocalIP') ? [] : ['config set LocalIP ADDRESS']),
    ...(getDb(snapshot, 'networks').size > 0 ? [] : ['db networks set NETWORK network Mask MASK']),
  ];
  if (undecided.length === 0 || commands.length === 0) return [];
  return [
    `the local network cannot be detected: ${undecided.map(({ address, interface: name }) => `${address} on ${name}`).join(', ')}; set it: ${commands.join(', ')}`,
  ];
}

/** What set-up would have found. @param paths with the dbs that are staged */
export async function findOutNow(paths: Paths, reporter: Reporter): Promise<void> {
  const { lines, warnings } = findOut(paths);
  for (const warning of warnings) reporter.warning(warning);
  for (const line of [...lines, ...(await askEngineForValues(paths))]) reporter.line('set-up', line, 'stdout');
}
