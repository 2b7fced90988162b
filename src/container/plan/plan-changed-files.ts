import type { Actual } from '../actual/actual.ts';
import { RELOAD_LABEL } from '../spec/names.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import type { Operation } from './operation.ts';
import { getStopRequest } from './stop-request.ts';

/**
 * A container that goes on as it is gets the signal of its run spec, or a restart, when files that it sees
 * have changed.
 */
export function withChangedFiles(
  operations: readonly Operation[],
  spec: RunSpec,
  actual: Actual,
): readonly Operation[] {
  const container = actual.containers.get(spec.name);
  const changed = actual.changedFiles?.get(spec.name);
  if (container === undefined || changed === undefined || !container.inspect.State.Running) return operations;
  // it reads them anyway
  if (operations.some(({ verb }) => verb === 'create' || verb === 'recreate' || verb === 'start' || verb === 'restart'))
    return operations;
  const signal = spec.ownLabels[RELOAD_LABEL];
  if (signal === 'none') return operations;
  const { id, name, nameNow } = container;
  const cause = `${changed.paths.join(', ')} changed`;
  if (signal === undefined || changed.needsRestart)
    return [...operations, { verb: 'restart', id, name, nameNow, cause, stop: getStopRequest(spec, container) }];
  return [...operations, { verb: 'update', id, name, nameNow, cause: `${cause}, send ${signal}`, signal }];
}
