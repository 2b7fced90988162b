import { throwAll } from '../../base/errors.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { withChanges } from '../../db/snapshot.ts';
import { listSteps } from '../../event/steps.ts';
import { CONTAINERS } from '../../model/container.ts';
import type { Rendered } from '../../template/rendered.ts';
import { type Expanded, expandTemplates, isRunSpec, parseRenderedSpec, requestsOf } from '../expand.ts';
import type { HostState } from '../host-state.ts';
import { RUN_SPECS } from '../involved.ts';

const EVENT = 'docker-container-update';

/**
 * Renders run specs as the event for these containers does, also those that stand as they would be. Installs nothing.
 */
export function renderSpecs(hostState: HostState, names: readonly string[]): Expanded {
  const templates = listSteps(hostState.paths, EVENT)
    .steps.flatMap((step) => (step.kind === 'templates' ? step.templates : []))
    .filter(({ template }) => template === RUN_SPECS);
  return expandTemplates(hostState, requestsOf(templates, names), { takeOver: false, isForced: true });
}

/** The same host with these records enabled: a disabled one has no run spec. */
export function withEnabled(hostState: HostState, names: readonly string[]): HostState {
  const changes = names.map((name) => ({ db: CONTAINERS, key: name, prop: 'status', value: 'enabled' }));
  return { ...hostState, snapshot: withChanges(hostState.snapshot, changes) };
}

export interface RenderedSpec {
  readonly spec: RunSpec;
  readonly output: Rendered;
}

/** The run specs among what was rendered, by container. @throws Failure(s) for those that cannot be used */
export function readSpecs(
  { paths }: Pick<HostState, 'paths'>,
  { outputs }: Expanded,
): ReadonlyMap<string, RenderedSpec> {
  return new Map(
    outputs.filter(isRunSpec).map((output) => {
      const spec = parseRenderedSpec(paths, output);
      throwAll(spec.unusable ?? []);
      return [spec.name, { spec, output }];
    }),
  );
}
