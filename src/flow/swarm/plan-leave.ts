import { Failure } from '../../base/errors.ts';
import type { WantedSwarm } from '../../model/swarm/wanted-swarm.ts';
import { type ActualSwarm, planOf, type SwarmPlan } from './swarm-operation.ts';

/** This host leaves; the nodes that stay are to be able to go on. Pure. */
export function planLeave(wanted: WantedSwarm, actual: ActualSwarm, force: boolean): SwarmPlan {
  const { membership, nodes = [], lack } = actual;
  const name = wanted.own?.key ?? 'this host';
  if (wanted.role !== 'none')
    return planOf({
      mistakes: [
        new Failure('cannot leave the swarm', {
          why: `docker Swarm is ${wanted.role}, so that it would join again`,
          hint: 'config setprop docker Swarm none',
        }),
      ],
    });
  if (membership.state === 'inactive') return planOf({});
  if (lack !== undefined && !force) return planOf({ mistakes: [lack] });
  const others = nodes.filter(({ id, manager }) => id !== membership.node && manager?.reachability === 'reachable');
  const managers = nodes.filter(({ manager }) => manager !== undefined).length;
  const demoted = nodes.find(({ id }) => id === membership.node && membership.isManager);
  const isEnough = others.length >= Math.floor((managers - 1) / 2) + 1;
  if (membership.isManager && !isEnough && !force)
    return planOf({
      mistakes: [
        new Failure('cannot leave the swarm', {
          why:
            managers <= 1
              ? 'this is its last manager, and the swarm with its services, secrets and networks would be lost'
              : `of the ${managers - 1} managers that would be left only ${others.length} answer`,
          hint: 'docksmith swarm update --leave --force',
        }),
      ],
    });
  return planOf({
    operations: [
      {
        kind: 'leave',
        verb: 'leave',
        name,
        force,
        isLast: membership.isManager && lack === undefined && managers <= 1,
        cause: 'docker Swarm is none, and --leave was given',
        ...(demoted === undefined || !isEnough ? {} : { demoted }),
      },
    ],
  });
}
