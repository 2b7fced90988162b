import { randomBytes } from 'node:crypto';
import { readComposeProject } from '../../compose/read-project.ts';
import { findPropSchema } from '../../db/check-value.ts';
import { Draft } from '../../db/draft.ts';
import { FlatDb } from '../../db/flat-db.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure, throwAll } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import { isSecretName } from '../../base/secret-names.ts';
import { isContainerName } from '../../container/spec/names.ts';
import { readDb } from '../../db/store.ts';
import type { Dbs } from '../../flow/commit/generation-dbs.ts';
import { writeDifference } from '../../flow/commit/staged-dbs.ts';
import { getEngine, readHostSnapshot } from '../../flow/host-state.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { signalEvent } from '../../flow/signal.ts';
import type { SignalRequest, SignalResult } from '../../flow/signal-request.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { CONTAINERS } from '../../model/container.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { singleValue } from '../../model/web.ts';
import type { Candidate, LeftOut } from '../adopt/candidate.ts';
import { listRefused } from '../adopt/candidates.ts';
import { findComposeCandidates } from '../adopt/compose-candidates.ts';
import { listDbsOf, makeRecords, type NewRecord, storeRecords } from '../adopt/records.ts';
import { readEngineView } from '../adopt/running.ts';
import { type DbChange, previewDbChange } from '../dry-run/db-change.ts';
import { maskOf } from '../history/history.ts';
import { type Choices, choose, findFront, type Front } from './choices.ts';
import { describeImage } from './image-candidate.ts';
import type { AddSource } from './source.ts';

const EVENT = 'docker-container-update';

export interface AddRequest {
  readonly name: string;
  readonly source: AddSource;
  /** `PROP=VALUE` and `VARIABLE=VALUE` as they were typed */
  readonly given: ReadonlyMap<string, string>;
}

/** An application as its image or file describes it, and what is still to be chosen. */
export interface Described {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly front: Front;
  /** variables that nothing sets, and that are no secrets */
  readonly unset: readonly string[];
  /** variables that were made up */
  readonly madeUp: readonly string[];
  /** props of the front's record among what was typed */
  readonly props: ReadonlyMap<string, string>;
  /** whether Apache can serve it: it is enabled, and the domain is known */
  readonly hasWeb: boolean;
  readonly domain: string;
  readonly warnings: readonly string[];
}

/** Whether the engine has the image that the ports and volumes are read from. */
export async function hasImage(paths: Paths, reference: string): Promise<boolean> {
  const engine = await getEngine(paths, readHostSnapshot(paths));
  return (await engine.findImage(reference)) !== undefined;
}

/** @throws Failure(s) for names that are taken, files that cannot be read, and props that are not known */
export async function describeAddition(paths: Paths, { name, source, given }: AddRequest): Promise<Described> {
  const snapshot = readHostSnapshot(paths);
  if (!isContainerName(name)) throw new Failure(`cannot add "${name}"`, { why: 'that is no name of a container' });
  const view = await readEngineView(await getEngine(paths, snapshot));
  const read = async (): Promise<Pick<Described, 'candidates' | 'unset' | 'madeUp' | 'warnings'>> => {
    if (source.kind === 'image') {
      const image = await view.engine.findImage(source.reference);
      const candidates = [describeImage(name, source.reference, image)];
      return { candidates, unset: [], madeUp: [], warnings: [] };
    }
    const project = { files: source.files, project: name, env: { ...process.env, ...Object.fromEntries(given) } };
    const { unset } = readComposeProject(project).notes;
    const secrets = unset.filter(isSecretName);
    const env = { ...project.env, ...Object.fromEntries(secrets.map((secret) => [secret, makeUp()])) };
    const found = await findComposeCandidates(paths, view, { ...project, env, kind: 'compose', services: [] });
    return { ...found, unset: unset.filter((variable) => !isSecretName(variable)), madeUp: secrets };
  };
  const { candidates, ...rest } = await read();
  throwAll(listRefused(snapshot, candidates));
  const domain = singleValue(snapshot, 'DomainName') ?? '';
  return {
    ...rest,
    name,
    candidates,
    front: findFront(candidates),
    props: new Map([...given].filter(([prop]) => isProp(snapshot, source, prop))),
    hasWeb: domain !== '' && new HttpdRecord(snapshot).isEnabled,
    domain,
  };
}

/** Long enough for any of them, and of letters that no file has to quote. */
function makeUp(): string {
  return randomBytes(32).toString('hex');
}

/** @throws Failure for what neither a schema nor a file can know */
function isProp(snapshot: Snapshot, { kind }: AddSource, name: string): boolean {
  const schema = snapshot.schema[CONTAINERS]?.['service'] ?? {};
  if (findPropSchema(schema, name) !== undefined) return true;
  if (kind === 'compose' && /^[A-Z_][A-Z0-9_]*$/.test(name)) return false;
  throw new Failure(`cannot set "${name}"`, {
    why: `no container has a prop of that name`,
    ...didYouMean(name, Object.keys(schema)),
  });
}

/** What would be added, and what the event would do. */
export interface PlannedAddition {
  readonly names: readonly string[];
  readonly records: readonly NewRecord[];
  readonly leftOut: readonly LeftOut[];
  readonly change: DbChange;
}

/** Changes nothing. @throws Failure(s) as the event would */
export async function planAddition(
  paths: Paths,
  { candidates, front }: Described,
  choices: Choices,
  commands: StepCommands,
): Promise<PlannedAddition> {
  const snapshot = readHostSnapshot(paths);
  const made = makeRecords(snapshot, choose(candidates, front, choices), { isMoving: true });
  throwAll(made.failures);
  const { records, leftOut } = made;
  const names = candidates.map(({ name }) => name);
  const dbs = dbsOf(records);
  const change = await previewDbChange(paths, dbs, commands, { event: EVENT, args: names });
  return { names, records, leftOut, change };
}

/** Adds the records and does what they say, in one transaction: where that fails the dbs stay as they are. */
export function applyAddition(
  paths: Paths,
  { names, records }: PlannedAddition,
  args: readonly string[],
  { commands, signal }: Pick<SignalRequest, 'commands' | 'signal'>,
  reporter: Reporter,
): Promise<SignalResult> {
  const { before, after } = dbsOf(records);
  return signalEvent(
    paths,
    {
      event: EVENT,
      args: names,
      calledAs: { command: 'docksmith add', args },
      commands,
      signal,
      mask: maskOf(paths, [before, after]),
      changeDbs: (staged) => {
        throwAll(
          records
            .filter(({ db, key }) => readDb(staged, db).has(key))
            .map(({ db, key }) => new Failure(`cannot add ${db} ${key}`, { why: 'somebody else added it meanwhile' })),
        );
        writeDifference(staged, before, after);
      },
    },
    reporter,
  );
}

/** Only the records that are added: what else is in the dbs is left alone. */
function dbsOf(records: readonly NewRecord[]): { readonly before: Dbs; readonly after: Dbs } {
  const dbs = listDbsOf(records).map((db) => {
    const draft = new Draft(new Map());
    storeRecords(
      draft,
      records.filter((record) => record.db === db),
    );
    return [db, new FlatDb(() => draft.lines)] as const;
  });
  return { before: new Map(dbs.map(([db]) => [db, new Map()])), after: new Map(dbs) };
}
