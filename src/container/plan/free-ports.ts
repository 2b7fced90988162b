import type { Actual, ActualContainer } from '../actual/actual.ts';
import type { DesiredContainer } from './desired.ts';
import type { Operation } from './operation.ts';
import { parsePublished, type Published } from '../spec/published-port.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { SPEC_KEYS } from '../spec/spec-keys.ts';
import { getStopRequest } from './stop-request.ts';
import { isList, type Value } from '../spec/value.ts';

/**
 * Stops for containers that run and give up a port which another one wants before it is
 * their own turn: two that swap their ports would otherwise refuse each other for ever.
 */
export function freePorts(
  operations: readonly Operation[],
  wanted: readonly DesiredContainer[],
  actual: Actual,
): readonly Operation[] {
  const stops: Operation[] = [];
  for (const [turn, operation] of operations.entries()) {
    if (operation.verb !== 'create' && operation.verb !== 'recreate') continue;
    const ports = listPublished(operation.spec.values['ports']);
    for (const later of operations.slice(turn + 1)) {
      if (later.verb !== 'recreate') continue;
      const holder = actual.containers.get(later.nameNow);
      const held = holder?.inspect.State.Running === true ? readPublished(holder) : [];
      const port = ports.find((port) => held.some((other) => isClash(port, other)));
      if (holder === undefined || port === undefined || stops.some(({ name }) => name === later.name)) continue;
      const { id, name, nameNow } = later;
      stops.push({
        verb: 'stop',
        id,
        name,
        nameNow,
        cause: `gives port ${port.host} to ${operation.name}`,
        stop: getStopRequest(findSpec(wanted, name), holder),
      });
    }
  }
  return stops;
}

function listPublished(ports: Value | undefined): readonly Published[] {
  return ports !== undefined && isList(ports) ? ports.flatMap((text) => parsePublished(text) ?? []) : [];
}

function readPublished({ inspect }: ActualContainer): readonly Published[] {
  return listPublished(SPEC_KEYS.find(({ name }) => name === 'ports')?.read(inspect));
}

/** Same port and protocol on an address that both have; no address is every address. */
function isClash(a: Published, b: Published): boolean {
  const protocol = ({ port }: Published): string => port.slice(port.indexOf('/'));
  const isAny = ({ address }: Published): boolean => ['', '0.0.0.0', '::'].includes(address);
  return (
    a.host !== '' &&
    a.host === b.host &&
    protocol(a) === protocol(b) &&
    (a.address === b.address || isAny(a) || isAny(b))
  );
}

function findSpec(wanted: readonly DesiredContainer[], name: string): RunSpec | undefined {
  const container = wanted.find((container) => container.name === name);
  return container?.state === 'running' ? container.spec : undefined;
}
