import { findProp, type Snapshot } from '../../db/snapshot.ts';
import { Failure, Failures, reasonOf } from '../../base/errors.ts';
import { findBuildMachine } from '../../host/build-machine.ts';
import {
  type Adjusted,
  adjustService,
  type Service,
  SERVICE_MANAGERS,
  type ServiceManager,
} from '../../event/services.ts';
import type { ServiceToAdjust } from '../../event/steps.ts';
import { isVerb } from '../../event/verbs.ts';
import type { Install, Removal } from '../../output/plan/change-set.ts';
import { clearIntents, type Intent, listIntents } from '../../output/commit/intents.ts';
import { NEVER } from '../../base/interrupt.ts';
import type { Paths } from '../../base/paths.ts';
import { DOCKER } from '../daemon/foreign-daemon.ts';
import type { Reporter } from '../reporter.ts';
import { type CommandProp, findServiceCommand } from './service-commands.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';

export interface AdjustResult {
  readonly adjusted: readonly Adjusted[];
  readonly failures: readonly Failure[];
}

/**
 * Adjusts those of the services that something is pending for, or that are to be adjusted
 * always. Adjustments that were done are no longer pending; those that failed, or were not begun after a signal, are.
 */
export async function adjustServices(
  paths: Paths,
  readSnapshot: () => Snapshot,
  services: readonly ServiceToAdjust[],
  step: string,
  reporter: Reporter,
  signal: AbortSignal = NEVER,
): Promise<AdjustResult> {
  const adjusted: Adjusted[] = [];
  const failures: Failure[] = [];
  const pending = listIntents(paths).filter(({ kind }) => kind === 'service');
  let read: Snapshot | undefined;
  for (const { service, verbs, always } of services) {
    const intent = pending.find(({ name }) => name === service);
    if (signal.aborted || (intent === undefined && !always)) continue;
    const snapshot = (read ??= readSnapshot());
    if (isLeftToItsAdmin(snapshot, service)) {
      adjusted.push(
        ...verbs.map((verb) => ({
          service,
          verb,
          outcome: 'left alone' as const,
          note: `${verb} ${service}: left alone, its admin manages it (Daemon foreign)`,
        })),
      );
      clearIntents(paths, [{ kind: 'service', name: service }]);
      continue;
    }
    try {
      const described = describeService(paths, snapshot, service);
      const manager = findManager(paths, snapshot, described);
      for (const verb of verbs) {
        reporter.progress(`${verb} ${service}`);
        adjusted.push(
          manager === undefined
            ? {
                service,
                verb,
                outcome: 'left alone',
                note: `${verb} ${service}: left alone, no service manager is known here (config setprop docksmith ServiceManager …)`,
              }
            : await adjustService(paths, manager, described, verb, {
                onLine: (line, stream) => reporter.line(step, line, stream),
                causes: intent?.causes ?? [],
              }),
        );
      }
      // on a host in a folder nobody will ever do it; on a real one a service manager may be named yet
      if (manager !== undefined || paths.root !== '') clearIntents(paths, [{ kind: 'service', name: service }]);
    } catch (error) {
      if (error instanceof Failures) failures.push(...error.failures);
      else
        failures.push(
          error instanceof Failure
            ? error
            : new Failure(`cannot adjust "${service}"`, { why: reasonOf(error), cause: error }),
        );
    }
  }
  return { adjusted, failures };
}

/**
 * The adjustments that a change of files calls for: of the services whose files they are.
 * @param services what the event does to which; of others a later event has to say it
 */
export function intentsOf(
  install: readonly Install[],
  remove: readonly Removal[],
  now: Date,
  services: readonly ServiceToAdjust[] = [],
): readonly Intent[] {
  const since = now.toISOString();
  const intent = (name: string, cause: string): Intent => ({
    kind: 'service',
    name,
    verbs: services.find(({ service }) => service === name)?.verbs ?? [],
    causes: [cause],
    since,
  });
  return [
    ...install
      .filter(({ reasons }) => reasons.length > 0)
      .flatMap(({ output }) => output.services.map((service) => intent(service, `${output.path} changed`))),
    ...remove
      .filter(({ left }) => left === undefined)
      .flatMap(({ owned }) => owned.services.map((service) => intent(service, `${owned.path} removed`))),
  ];
}

/**
 * What an earlier event was to do and did not: whatever event comes next does it, also one that has nothing
 * to do with those services.
 */
export function listRetries(paths: Paths, services: readonly ServiceToAdjust[]): readonly ServiceToAdjust[] {
  return listIntents(paths)
    .filter(({ kind, name }) => kind === 'service' && !services.some(({ service }) => service === name))
    .map(({ name, verbs }) => ({ service: name, verbs: verbs.filter(isVerb), always: false }))
    .filter(({ verbs }) => verbs.length > 0);
}

/**
 * Whether an adjustment of the service does anything: one without a service manager is left alone, and so is
 * the machine's own under a root.
 */
export function isAdjustable(paths: Paths, snapshot: Snapshot, name: string): boolean {
  if (isLeftToItsAdmin(snapshot, name)) return false;
  const manager = findManager(paths, snapshot, describeService(paths, snapshot, name));
  return manager === 'command' || (manager !== undefined && paths.root === '');
}

/** Whatever is pending from before, or asked for: a foreign engine is not restarted. */
function isLeftToItsAdmin(snapshot: Snapshot, name: string): boolean {
  return name === DOCKER && new DockerRecord(snapshot).isForeign;
}

/** As the db says; where it does not and none was found, the service's own commands if its record has any. */
function findManager(
  paths: Paths,
  snapshot: Snapshot,
  { startCommand, restartCommand, reloadCommand }: Service,
): ServiceManager | undefined {
  const name = new DocksmithRecord(snapshot).serviceManager;
  const known = SERVICE_MANAGERS.find((manager) => manager === name);
  // systemctl in a chroot does nothing, and calls that a success
  if (known !== undefined && known !== 'command' && findBuildMachine(paths) !== undefined) return undefined;
  return known ?? ((startCommand ?? restartCommand ?? reloadCommand) === undefined ? undefined : 'command');
}

function describeService(paths: Paths, snapshot: Snapshot, name: string): Service {
  const get = (prop: string): string | undefined => findProp(snapshot, 'configuration', name, prop) || undefined;
  const command = (prop: CommandProp): string | undefined => findServiceCommand(paths, snapshot, name, prop);
  return {
    name,
    enabled: get('status') !== 'disabled',
    unit: get('ServiceName') ?? name,
    startCommand: command('StartCommand'),
    stopCommand: command('StopCommand'),
    restartCommand: command('RestartCommand'),
    reloadCommand: command('ReloadCommand'),
    checkCommand: command('CheckCommand'),
  };
}
