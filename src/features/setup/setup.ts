import { listOperations } from '../../container/plan/told.ts';
import { existsSync } from 'node:fs';
import { Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { findPropSchema } from '../../db/check-value.ts';
import { storedOf } from '../../db/hosts/host-records.ts';
import { type RecordOverlay, withRecords } from '../../db/overlay.ts';
import type { DbRecord } from '../../db/record.ts';
import { findProp, type Snapshot } from '../../db/snapshot.ts';
import { readDb } from '../../db/store.ts';
import { readText } from '../../files/read-file.ts';
import type { Dbs } from '../../flow/commit/generation-dbs.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import type { Found } from '../../flow/set-up/found-in-engine.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { listAddresses } from '../../host/addresses.ts';
import { readCertificates } from '../../host/certificates.ts';
import { detectHost, readTraces } from '../../host/detect.ts';
import { readHostFacts } from '../../host/host.ts';
import { checkOneRecord } from '../../model/check-one-record.ts';
import { isEmptyChangeSet } from '../../output/plan/change-set.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { type DbChange, previewDbChange } from '../dry-run/db-change.ts';
import { maskOf } from '../history/history.ts';
import { type Known, READERS } from './questions.ts';

const EVENT = 'post-install';
const CONFIGURATION = 'configuration';
export const ENGINE_OPTIONS = '/etc/docker/daemon.json';

/** Looks at the host, as far as answers depend on it. */
export function lookAtHost(paths: Paths): Known {
  const read = (file: string): string => {
    try {
      return readText(paths.file(file), 'latin1');
    } catch {
      return '';
    }
  };
  return {
    snapshot: readHostSnapshot(paths),
    detected: detectHost(readTraces(paths)),
    addresses: listAddresses(),
    hasApache: readHostFacts(paths).apacheLayout !== undefined,
    hasOwnOptions: existsSync(paths.file(ENGINE_OPTIONS)) && !readLedger(paths).outputs.has(ENGINE_OPTIONS),
    files: {
      hasCertificate: (file) => readCertificates(paths, file) !== undefined,
      hasKey: (file) => /^-----BEGIN [A-Z ]*PRIVATE KEY-----$/m.test(read(file)),
    },
  };
}

/**
 * `KEY=VALUE` and `KEY.PROP=VALUE` of db `configuration`, as they were typed.
 * @returns what they stand for, by what stands before `=`
 * @throws Failure(s) for all that are not known, empty or refused
 */
export function readGiven(known: Known, given: ReadonlyMap<string, string>): readonly Found[] {
  const schema = known.snapshot.schema[CONFIGURATION] ?? {};
  const mistakes: Failure[] = [];
  const refuse = (name: string, why: string, hint: { readonly hint?: string } = {}): readonly Found[] => {
    mistakes.push(new Failure(`cannot set "${name}"`, { why, ...hint }));
    return [];
  };
  /** @returns nothing where it throws */
  const collect = <T>(attempt: () => T): T | undefined => {
    try {
      return attempt();
    } catch (error) {
      mistakes.push(...failuresOf(error));
      return undefined;
    }
  };
  const found = [...given].flatMap(([name, value]): readonly Found[] => {
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read !== undefined && value !== '') return collect(() => read(known, value)) ?? [];
    const [key = '', ...props] = name.split('.');
    const prop = props.length === 0 ? undefined : props.join('.');
    const kind = Object.hasOwn(schema, key) ? (schema[key] ?? {}) : {};
    // a record with props has no value of its own
    const isSingle = Object.keys(kind).every((one) => one === 'type');
    if (Object.hasOwn(schema, key) && (prop === undefined ? isSingle : findPropSchema(kind, prop) !== undefined))
      return value === ''
        ? refuse(name, 'the value is empty', { hint: `without ${name}= it is found out, or asked` })
        : [{ db: CONFIGURATION, key, ...(prop === undefined ? {} : { prop }), value }];
    const names = Object.entries(schema).flatMap(([one, each]) => {
      const others = Object.keys(each).filter((name) => name !== 'type');
      return others.length === 0 ? [one] : others.map((name) => `${one}.${name}`);
    });
    return refuse(
      name,
      'db configuration has no such value',
      didYouMean(name, names, 'docksmith props lists those of configuration, as KEY.PROP'),
    );
  });
  collect(() => withValues(known, found));
  throwAll(mistakes);
  return found;
}

/** What is known with these values as well. @throws Failure(s) for all that the schemas refuse */
export function withValues(known: Known, found: readonly Found[]): Known {
  const records = overlayOf(known.snapshot, found);
  const snapshot = withRecords(known.snapshot, records);
  throwAll(records.flatMap(({ db, key }) => checkOneRecord(snapshot, db, key).mistakes));
  return { ...known, snapshot };
}

/** Each record with those of its values that change what holds. */
function overlayOf(snapshot: Snapshot, found: readonly Found[]): readonly RecordOverlay[] {
  const changed = new Map<string, DbRecord & { readonly db: string }>();
  for (const { db, key, prop, value } of found) {
    const name = `${db} ${key}`;
    const record = changed.get(name) ?? storedOf(snapshot).get(db)?.get(key);
    const holds = prop === undefined ? record?.type : (record?.props.get(prop) ?? findProp(snapshot, db, key, prop));
    if (holds === value || (prop !== undefined && value === '' && (holds ?? '') === '')) continue;
    const { type = 'service', props = new Map<string, string>() } = record ?? {};
    changed.set(
      name,
      prop === undefined
        ? { db, key, type: value, props }
        : { db, key, type, props: new Map([...props, [prop, value]]) },
    );
  }
  return [...changed.values()].map(({ db, key, type, props }) => ({ db, key, record: { key, type, props } }));
}

/** What was answered, and what the event would make of it. */
export interface PlannedSetup {
  readonly before: Dbs;
  readonly after: Dbs;
  readonly change: DbChange;
  /** the dbs are as they should be, and so is all that follows from them */
  readonly isDone: boolean;
}

/** Changes nothing. @throws Failure(s) as the event would */
export async function planSetup(
  paths: Paths,
  found: readonly Found[],
  commands: StepCommands,
  { takeOver }: { readonly takeOver: boolean },
): Promise<PlannedSetup> {
  const snapshot = readHostSnapshot(paths);
  const overlay = overlayOf(snapshot, found);
  const dbs = [...new Set(overlay.map(({ db }) => db))];
  const before = new Map(dbs.map((db) => [db, readDb(paths, db)]));
  const { dbs: changed } = withRecords({ dbs: before }, overlay);
  const change = await previewDbChange(paths, { before, after: changed }, commands, {
    event: EVENT,
    args: [],
    takeOver,
  });
  return { before, after: changed, change, isDone: change.records.length === 0 && isIdle(change) };
}

function isIdle({ preview: { changes, allocated, plan, restartsDaemon, filtered, services } }: DbChange): boolean {
  return (
    isEmptyChangeSet(changes) &&
    allocated.length === 0 &&
    (plan === undefined || listOperations(plan).length === 0) &&
    restartsDaemon === undefined &&
    !filtered.some(({ outcome }) => outcome === 'set' || outcome === 'removed') &&
    services.every(({ causes }) => causes.length === 0)
  );
}

/** Writes the answers and does what the first event does: where that is refused, the dbs stay as they are. */
export function applySetup(
  paths: Paths,
  { before, after }: PlannedSetup,
  { args, takeOver, commands, signal }: Pick<SignalRequest, 'args' | 'takeOver' | 'commands' | 'signal'>,
  reporter: Reporter,
): Promise<SignalResult> {
  return signalEvent(
    paths,
    {
      event: EVENT,
      args: [],
      calledAs: { command: 'docksmith setup', args },
      commands,
      signal,
      ...(takeOver === undefined ? {} : { takeOver }),
      mask: maskOf(paths, [before, after]),
      changeDbs: (staged) => writeDifference(staged, before, after),
    },
    reporter,
  );
}
