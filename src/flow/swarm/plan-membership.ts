import { Failure } from '../../base/errors.ts';
import { SECRETS } from '../../db/secret-values.ts';
import type { Membership } from '../../engine/swarm-engine.ts';
import { type Advertised, tokenKey, type WantedSwarm, withPort } from '../../model/swarm/wanted-swarm.ts';
import { planLeave } from './plan-leave.ts';
import { planNodes } from './plan-nodes.ts';
import { type ActualSwarm, planOf, type SwarmPlan } from './swarm-operation.ts';

export interface LeaveRequest {
  readonly leave?: boolean;
  /** also as the last manager, and without a quorum */
  readonly force?: boolean;
}

/** What has to be done so that this host, and as a manager the other nodes, are what records say. Pure. */
export function planMembership(wanted: WantedSwarm, actual: ActualSwarm, request: LeaveRequest = {}): SwarmPlan {
  const { membership } = actual;
  if (wanted.refused.length > 0) return planOf({ mistakes: wanted.refused });
  if (request.leave === true) return planLeave(wanted, actual, request.force ?? false);
  if (wanted.role === 'none')
    return membership.state === 'inactive'
      ? planOf({})
      : planOf({ notes: ['it is in a swarm, and docker Swarm is none: docksmith swarm update --leave takes it out'] });
  const contradiction = findContradiction(wanted);
  if (contradiction !== undefined) return planOf({ mistakes: [contradiction] });
  if (membership.state === 'inactive') return planEntry(wanted, actual);
  if (membership.state !== 'active') return planOf({ mistakes: [explainState(membership)] });
  return membership.isManager ? planNodes(wanted, actual) : planWorker(wanted);
}

function findContradiction({ role, own }: WantedSwarm): Failure | undefined {
  if (own === undefined || own.role === '' || own.role === role) return undefined;
  return new Failure("cannot update this host's part in the swarm", {
    why: `docker Swarm is ${role}, and hosts ${own.key} SwarmRole is ${own.role}`,
    hint: `config setprop docker Swarm ${own.role}; or: db hosts setprop ${own.key} SwarmRole ${role}`,
  });
}

function planEntry({ role, advertise, remotes, own, tokens }: WantedSwarm, { ownAddresses }: ActualSwarm): SwarmPlan {
  const name = own?.key ?? 'this host';
  const addresses =
    advertise === undefined ? {} : { advertise: advertise.address, listen: withPort(advertise.address) };
  if (role === 'none') return planOf({});
  if (advertise !== undefined && ownAddresses?.includes(advertise.address) === false)
    return planOf({ mistakes: [refuseAddress(advertise, ownAddresses)] });
  if (remotes.length > 0) {
    const token = tokens[role];
    return token === undefined
      ? planOf({ mistakes: [refuseWithoutToken(role, remotes)] })
      : planOf({
          operations: [
            {
              kind: 'join',
              verb: 'join',
              name,
              role,
              remotes,
              addresses,
              cause: `as ${role} of ${remotes.join(', ')}`,
            },
          ],
        });
  }
  if (role === 'worker')
    return planOf({
      mistakes: [
        new Failure('cannot join a swarm', {
          why: 'docker Swarm is worker, and JoinAddress names no manager',
          hint: 'config setprop docker JoinAddress HOST',
        }),
      ],
    });
  if (tokens.manager !== undefined)
    return planOf({
      mistakes: [
        new Failure('cannot make a swarm', {
          why: `db ${SECRETS} has "${tokenKey('manager')}", so there is one already, and JoinAddress names none of its managers`,
          hint: `config setprop docker JoinAddress HOST; or, where it is lost: db ${SECRETS} delete ${tokenKey('manager')}`,
        }),
      ],
    });
  const cause = 'docker Swarm is manager, and JoinAddress names nobody else';
  return planOf({ operations: [{ kind: 'init', verb: 'init', name, addresses, cause }] });
}

function refuseAddress({ address, prop }: Advertised, ownAddresses: readonly string[]): Failure {
  return new Failure(`cannot take part in a swarm with the address "${address}"`, {
    why: `it is the value of ${prop}, and no address of this host, on which its engine could listen`,
    hint: `its addresses: ${ownAddresses.join(', ')}`,
  });
}

function refuseWithoutToken(role: 'manager' | 'worker', remotes: readonly string[]): Failure {
  return new Failure(`cannot join the swarm of "${remotes.join(', ')}" as ${role}`, {
    why: `db ${SECRETS} has no "${tokenKey(role)}"`,
    hint: `a manager has it in the same record: copy that to this host, or read it there: docker swarm join-token -q ${role}`,
  });
}

function explainState({ state, error }: Membership): Failure {
  const why = {
    pending: 'it has not joined yet: its engine tries to reach the managers',
    locked: 'its engine was restarted and is locked',
    error: 'its engine cannot take part',
  }[state as 'pending' | 'locked' | 'error'];
  return new Failure("cannot update this host's part in the swarm", {
    why: `${why}${error === '' ? '' : ` (${error})`}`,
    hint:
      state === 'locked'
        ? 'docker swarm unlock'
        : 'check JoinAddress, and that port 2377 of the managers can be reached; then let it join again: ' +
          'docker swarm leave --force; docksmith swarm update',
  });
}

function planWorker({ role, own }: WantedSwarm): SwarmPlan {
  if (role === 'worker') return planOf({});
  return planOf({
    mistakes: [
      new Failure('cannot make this host a manager of the swarm', {
        why: 'it is a worker, and only a manager can promote it',
        hint: `on a manager: db hosts setprop ${own?.key ?? 'HOST'} SwarmRole manager; docksmith swarm update`,
      }),
    ],
  });
}
