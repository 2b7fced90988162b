import type { Failure } from '../base/errors.ts';
import type { ServiceToAdjust, TemplateToExpand } from '../event/steps.ts';
import { NO_CHANGES } from '../output/plan/change-set.ts';
import { listIntents } from '../output/commit/intents.ts';
import { intentsOf } from './services/adjust.ts';
import { formatUntold, listUntold } from './services/named-services.ts';
import { holdBackFailed } from './daemon/engine-fallback.ts';
import { type Expanded, expandTemplates, requestsOf } from './expand.ts';
import type { CommandStep, PlannedEvent } from './step-part.ts';
import type { HostState } from './host-state.ts';

/** What an event is to do, as it was asked for. */
export interface EventAsked {
  readonly event: string;
  readonly args: readonly string[];
  readonly takeOver?: boolean;
  /** adjusts every service of the event, whether or not a file of it changed */
  readonly force?: boolean;
  /** tries again what has failed */
  readonly retry?: boolean;
  /** the engine may get another storage driver, with which its containers and images are not seen */
  readonly move?: boolean;
}

export interface PlannedFiles extends PlannedEvent {
  /** why some of its files are left as they are */
  readonly held: Failure | undefined;
  /** services of the event that none of its files can adjust */
  readonly untold: readonly ServiceToAdjust[];
}

const NOTHING: Expanded = { changes: NO_CHANGES, outputs: [], warnings: [], done: [], toRemember: undefined };

/**
 * Events of package hooks: where there is no engine or service manager (a chroot, an image build) things stay
 * pending, and that is no failure.
 */
export const isHook = (event: string): boolean => event === 'post-install' || event === 'post-upgrade';

/**
 * The files of an event over the world as the steps before its templates left it, or would
 * leave it: what a dry run shows, and what an event commits.
 * @param templates those that the event expands
 * @param services those that it adjusts
 * @throws Failure(s) with every mistake of one kind
 */
export function planFiles(
  hostState: HostState,
  templates: readonly TemplateToExpand[],
  known: readonly CommandStep[],
  { event, args, takeOver = false, force = false, retry = false, move = false }: EventAsked,
  services: readonly ServiceToAdjust[] = [],
): PlannedFiles {
  const { paths } = hostState;
  const rendered =
    templates.length === 0
      ? NOTHING
      : expandTemplates(hostState, requestsOf(templates, args), { takeOver, isForced: force });
  const { expanded, failure: held } = holdBackFailed(paths, rendered, retry);
  const { install, remove } = expanded.changes;
  const intents = [...listIntents(paths), ...intentsOf(install, remove, new Date())];
  // where no file changes nobody expects it of a service, and metadata need not be read
  const untold = force || install.length + remove.length === 0 ? [] : listUntold(paths, services, templates, intents);
  return {
    event,
    args,
    isHook: isHook(event),
    retry,
    move,
    hostState,
    expanded: { ...expanded, warnings: [...expanded.warnings, ...untold.map(formatUntold)] },
    held,
    untold,
    intents,
    parts: known.map(({ part }) => part),
  };
}

/** What the steps have to say against the files, or of them. @returns warnings @throws Failure(s) */
export async function checkFiles(planned: PlannedEvent, known: readonly CommandStep[]): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { part } of known) warnings.push(...((await part.check?.(planned)) ?? []));
  return warnings;
}
