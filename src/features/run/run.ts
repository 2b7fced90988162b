import { planVolumes } from '../../container/plan/made/plan-volumes.ts';
import { randomBytes } from 'node:crypto';
import { Failure, throwAll } from '../../base/errors.ts';
import { refuseInterrupted } from '../../base/interrupt.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Paths } from '../../base/paths.ts';
import type { Progress } from '../../container/apply/apply.ts';
import { getImage, listVolumeNames, type RunSpec } from '../../container/spec/run-spec.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import type { ExecSession } from '../../engine/admin-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ImageInspect } from '../../engine/engine-api.ts';
import { findOurs, openEngineAccess } from '../../flow/engine-access.ts';
import { fetchMissingImages, planMissingImages } from '../../flow/containers/fetch-missing.ts';
import { readImageSources } from '../../flow/containers/images.ts';
import { makeHostFolders, refuseMissing } from '../../flow/containers/missing.ts';
import { removeLeftRuns, removeOneOff } from '../../flow/one-offs.ts';
import { readRunSpecs } from '../../flow/containers/run-specs.ts';
import { writeSecretsOf } from '../../flow/containers/secret-files.ts';
import type { Reporter } from '../../flow/reporter.ts';
import type { StepCommands } from '../../flow/step-part.ts';
import { markProcess } from '../../host/process-mark.ts';
import { Container, CONTAINERS, listContainers } from '../../model/container.ts';
import { previewEvent } from '../dry-run/dry-run.ts';
import { makeOneOffBody, type RunRequest } from './one-off-spec.ts';
import { refuseAbsent } from './refuse-absent.ts';

/** A container for one command, made and not started yet. */
export interface OneOff {
  /** `wiki-run-1f2e3d4c` */
  readonly name: string;
  readonly session: ExecSession;
  start(): Promise<void>;
  /** Ends it as its record says: it is given its time. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Exit codes by which the engine says that the command cannot be run, or is not there. */
const NOT_BEGUN: readonly number[] = [126, 127];

/**
 * Makes a container in the surroundings of that of a record, whether this one runs, is stopped or was never
 * made. Images that are missing are fetched, as events do.
 * @param commands what the steps of events may call, for a record that no event has made a run spec of
 * @param signal ends the fetching of images
 * @throws Failure(s) for what is missing on the way, with nothing left behind
 */
export async function makeOneOff(
  paths: Paths,
  request: RunRequest,
  {
    commands,
    args,
    signal,
  }: { readonly commands: StepCommands; readonly args: readonly string[]; readonly signal: AbortSignal },
  reporter: Reporter,
  onProgress: (progress: Progress) => void,
): Promise<OneOff> {
  const { name } = request;
  const what = `cannot run a one-off of "${name}"`;
  const { snapshot, engine, adminEngine } = await openEngineAccess(paths);
  refuseRecord(snapshot, what, request);
  await removeLeftRuns(engine, reporter);
  const spec = await findSpec(paths, snapshot, name, commands);
  throwAll(spec.unusable ?? []);
  const fetched = await planMissingImages(engine, getImage(spec), readImageSources(paths, snapshot));
  const plan = { operations: [...fetched, { verb: 'create', name, spec, cause: 'asked for' } as const], notes: [] };
  refuseMissing(snapshot, plan);
  await refuseAbsent(engine, what, spec);
  if (fetched.length > 0)
    await fetchMissingImages(paths, engine, fetched, { command: 'docksmith run', args, signal }, reporter, onProgress);
  const image = await engine.findImage(getImage(spec));
  if (image === undefined) throw new Failure(what, { why: `the engine has no image "${getImage(spec)}"` });
  makeHostFolders(snapshot, plan);
  await makeVolumes(engine, spec);
  refuseInterrupted(signal, what);
  const oneOff = { name: nameOneOff(snapshot, name), id: '' };
  const giveSecrets = writeSecretsOf(paths, snapshot, name);
  const existing = await findOurs(engine, name);
  const body = makeOneOffBody(spec, request, {
    image,
    existing: existing && (await engine.findContainer(existing.id)),
    mark: markProcess(),
  });
  oneOff.id = await engine.createContainer(oneOff.name, body);
  try {
    await giveSecrets(engine, oneOff.id, userOf(spec, image));
    const session = await adminEngine.attach(oneOff.id, request);
    refuseInterrupted(signal, what);
    return {
      name: oneOff.name,
      session,
      start: () => startOneOff(engine, oneOff.id),
      stop: () => engine.stopContainer(oneOff.id, {}),
      remove: () => removeOneOff(engine, oneOff),
    };
  } catch (error) {
    await removeOneOff(engine, oneOff);
    throw error;
  }
}

function refuseRecord(snapshot: Snapshot, what: string, { name, command }: RunRequest): void {
  const container = new Container(snapshot, name);
  if (!container.isContainer)
    throw new Failure(what, {
      why: `db ${CONTAINERS} has no record of a container "${name}"`,
      ...didYouMean(
        name,
        listContainers(snapshot).map(({ key }) => key),
      ),
    });
  if (container.isJob && command.length === 0)
    throw new Failure(what, {
      why: 'its Role is job, which never runs twice at once: a one-off of it needs a command of its own',
      hint: `docksmith start ${name}`,
    });
}

/** As an event has installed it, or would. */
async function findSpec(paths: Paths, snapshot: Snapshot, name: string, commands: StepCommands): Promise<RunSpec> {
  const installed = readRunSpecs(paths, [name]).get(name);
  if (installed !== undefined) return installed;
  const record = getDb(snapshot, CONTAINERS).get(name);
  const enabled = record && { ...record, props: new Map([...record.props, ['status', 'enabled'] as const]) };
  const { plan } = await previewEvent(paths, {
    event: 'docker-container-update',
    args: [name],
    overlay: [{ db: CONTAINERS, key: name, record: enabled }],
    commands,
  });
  const spec = plan?.specs?.get(name);
  if (spec !== undefined) return spec;
  throw new Failure(`cannot run a one-off of "${name}"`, {
    why: 'it has no run spec',
    hint: `signal-event docker-container-update ${name}`,
  });
}

/** As the record has it, or else its image. */
function userOf({ values: { user } }: RunSpec, { Config }: ImageInspect): string {
  return typeof user === 'string' ? user : (Config.User ?? '');
}

/** The engine would make them without a label. */
async function makeVolumes(engine: Engine, spec: RunSpec): Promise<void> {
  const names = listVolumeNames(spec);
  const there = names.length === 0 ? [] : await engine.listVolumes();
  for (const operation of planVolumes([spec], { volumes: new Map(there.map((volume) => [volume.name, volume])) }))
    if (operation.verb === 'volume') await engine.createVolume(operation.create);
}

/** None that a record has, or is likely to get. */
function nameOneOff(snapshot: Snapshot, name: string): string {
  for (;;) {
    const free = `${name}-run-${randomBytes(4).toString('hex')}`;
    if (!new Container(snapshot, free).isContainer) return free;
  }
}

async function startOneOff(engine: Engine, id: string): Promise<void> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    const code = (await engine.findContainer(id))?.State.ExitCode ?? 0;
    if (error instanceof Failure && NOT_BEGUN.includes(code)) error.exitCode = code;
    throw error;
  }
}
