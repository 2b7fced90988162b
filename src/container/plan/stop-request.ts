import type { ActualContainer } from '../actual/actual.ts';
import type { StopRequest } from '../../engine/engine.ts';
import { listHooks } from '../spec/keys/hooks.ts';
import { readRecordedSpec } from '../spec/spec-hash.ts';
import type { RunSpec } from '../spec/run-spec.ts';

/**
 * How the container is stopped by today's run spec: what it was made with may be older, and is no reason to
 * make it anew.
 */
export function getStopRequest(
  spec: RunSpec | undefined,
  { inspect, labels }: Pick<ActualContainer, 'inspect' | 'labels'>,
): StopRequest {
  const { pre_stop: before } = (spec ?? readRecordedSpec(labels)).values;
  const { stop_signal: signal, stop_grace_period: seconds } = spec?.values ?? {};
  const made = inspect.Config.StopSignal;
  return {
    ...(typeof seconds === 'number' ? { seconds } : {}),
    ...(typeof signal === 'string' && signal !== made ? { signal } : {}),
    ...(before === undefined ? {} : { before: listHooks(before) }),
  };
}
