import { listChecksOf } from '../../event/steps.ts';
import { listNewState } from '../../host/secret-salt.ts';
import { refuseObstacles } from '../../output/plan/change-set.ts';
import { checkOutputs } from '../../output/plan/check.ts';
import { type Committed, commitChanges } from '../../output/commit/commit.ts';
import type { FilePair } from '../../output/plan/diff.ts';
import type { Paths } from '../../base/paths.ts';
import { listFragments } from '../../template/language/fragment.ts';
import type { RenderRequest } from '../../template/render-request.ts';
import { intentsOf } from '../../flow/services/adjust.ts';
import { readCheckLimit, runChecks } from '../../flow/event-checks.ts';
import { type Expanded, expandTemplates, rememberExpanded } from '../../flow/expand.ts';
import { listEdits } from '../../flow/commit/edits.ts';
import { formerOptions } from '../../flow/daemon/engine-fallback.ts';
import { checkEngineOptions } from '../../flow/daemon/engine-options.ts';
import { generationOf } from '../../flow/commit/generation-dbs.ts';
import { hintOfObstacle } from '../../flow/commit/obstacle-hint.ts';
import { runRecorded } from '../../flow/run-recorded.ts';
import { listReads } from '../../flow/rendering.ts';
import type { Reporter } from '../../flow/reporter.ts';
import { refuseOpenSources } from '../../flow/trusted-files.ts';
import { readHostState, type HostState } from '../../flow/host-state.ts';

export interface ExpandRequest {
  /** path of a template, or of an output of one */
  readonly template: string;
  readonly takeOver: boolean;
  readonly outputFilename?: string;
}

/** Renders one template and compares it with what is installed; touches nothing. */
export async function planExpansion(paths: Paths, request: ExpandRequest): Promise<Expanded> {
  return expand(await readHostState(paths), request);
}

/**
 * Expands one template and installs it, as an event does, with the checks of the events that expand it.
 * Services are not adjusted: that stays pending for the next event.
 */
export async function expandOne(
  paths: Paths,
  request: ExpandRequest,
  reporter: Reporter,
): Promise<Expanded & Pick<Committed, 'kept'> & { readonly edits: readonly FilePair[] }> {
  const { result } = await runRecorded(
    paths,
    { command: 'expand-template', args: [request.template] },
    reporter,
    async ({ run, command }) => {
      const hostState = await readHostState(paths);
      const expanded = expand(hostState, request);
      refuseObstacles(expanded.changes, hintOfObstacle);
      const limitSeconds = readCheckLimit(hostState.snapshot);
      await checkOutputs(paths, expanded.changes, limitSeconds);
      for (const warning of await checkEngineOptions(hostState, expanded.changes)) reporter.warning(warning);
      const checks = {
        event: 'expand-template',
        args: [request.template],
        checks: listChecksOf(paths, findTemplate(hostState, request.template).template),
        limitSeconds,
        onBegin: (name: string) => reporter.progress(name),
      };
      const edits = listEdits(paths, hostState.ledger, expanded.changes);
      const { kept } = await commitChanges(paths, expanded.changes, {
        ledger: hostState.ledger,
        command,
        state: new Map([...listNewState(paths), ...formerOptions(paths, expanded.changes)]),
        intents: intentsOf(expanded.changes.install, expanded.changes.remove, new Date()),
        generation: generationOf(hostState.snapshot, run, listReads(expanded.done)),
        verify: () => runChecks(paths, expanded.changes, checks),
      });
      rememberExpanded(expanded);
      return { ...expanded, kept, edits };
    },
    ({ changes: { install, remove } }) => ({
      installed: install.map(({ output }) => output.path),
      removed: remove.map(({ owned }) => owned.path),
    }),
  );
  return result;
}

function expand(hostState: HostState, { template, takeOver, outputFilename }: ExpandRequest): Expanded {
  refuseOpenSources(hostState.paths);
  return expandTemplates(
    hostState,
    [{ ...findTemplate(hostState, template), ...(outputFilename === undefined ? {} : { outputFilename }) }],
    { takeOver },
  );
}

/** `/etc/docksmith/containers/wiki.yaml` is an output of the template `/etc/docksmith/containers`. */
export function findTemplate({ paths, ledger }: Pick<HostState, 'paths' | 'ledger'>, path: string): RenderRequest {
  if (listFragments(paths, path) !== undefined) return { template: path };
  const owned = ledger.outputs.get(path);
  if (owned === undefined) return { template: path };
  return {
    template: owned.template,
    ...(owned.record === undefined
      ? {}
      : { args: [owned.record.key], metadata: { file: path, text: 'ONLY = arguments' } }),
  };
}
