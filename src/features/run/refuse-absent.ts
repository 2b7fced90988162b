import { Failure, throwAll } from '../../base/errors.ts';
import { findSharedWith, listBound } from '../../container/spec/needs.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import type { Engine } from '../../engine/engine.ts';

/**
 * Networks and containers that a one-off would be joined with are made by events.
 * @throws Failure(s) for those that are not there, and for containers that would have to run
 */
export async function refuseAbsent(engine: Engine, what: string, spec: RunSpec): Promise<void> {
  const bound = listBound(spec);
  const [networks, containers] = await Promise.all([
    spec.networks.length === 0 ? [] : engine.listNetworks(),
    bound.length === 0 ? [] : engine.listContainers(),
  ]);
  const update = (name: string): string => `signal-event docker-container-update ${name}`;
  const { network_mode: network, pid, ipc } = spec.values;
  const shared = [network, pid, ipc].flatMap((mode) => findSharedWith(mode) ?? []);
  throwAll([
    ...spec.networks
      .filter(({ name }) => !networks.some((one) => one.name === name))
      .map(
        ({ name, external }) =>
          new Failure(what, {
            why: `it is on network "${name}", and the engine has no such network`,
            hint: external ? `docker network create ${name}` : update(spec.name),
          }),
      ),
    ...bound.flatMap((name) => {
      const container = containers.find((one) => one.name === name);
      if (container === undefined)
        return [new Failure(what, { why: `it needs container "${name}", which is not there`, hint: update(name) })];
      if (!shared.includes(name) || container.status === 'running') return [];
      return [
        new Failure(what, {
          why: `it has the network or processes of container "${name}", which is ${container.status}`,
          hint: `docksmith start ${name}`,
        }),
      ];
    }),
  ]);
}
