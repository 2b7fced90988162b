import type { Snapshot } from '../../db/snapshot.ts';
import { HOSTS } from '../../db/hosts/host-records.ts';
import type { Facts } from '../../host/facts.ts';
import { DockerRecord } from '../../model/docker-record.ts';
import { listNodeRecords } from '../../model/swarm/node-record.ts';
import { readWantedSwarm, tokenKey } from '../../model/swarm/wanted-swarm.ts';
import type { LintFinding } from './finding.ts';

/** What the records of a swarm say that cannot come true. */
export function findSwarmMistakes(snapshot: Snapshot, { addresses }: Pick<Facts, 'addresses'>): readonly LintFinding[] {
  const docker = new DockerRecord(snapshot);
  const { role, advertise, remotes, own, tokens } = readWantedSwarm(snapshot);
  const findings: LintFinding[] = [];
  const find = (db: string, what: string, why: string, advice: string, level: LintFinding['level'] = 'fault'): void =>
    void findings.push({ rule: 'swarm-not-possible', level, at: { file: `db ${db}` }, what, why, advice });

  if (role === 'none' && docker.joinAddresses.length > 0)
    find(
      'configuration',
      'docker has JoinAddress, and no Swarm',
      'nothing is joined',
      'config setprop docker Swarm worker',
      'note',
    );
  if (role !== 'none') {
    if (remotes.length > 0 && tokens[role] === undefined)
      find(
        'configuration',
        `docker has JoinAddress, and db secrets has no ${tokenKey(role)}`,
        `a ${role} joins with that token`,
        'copy the record from a manager',
      );
    if (role === 'worker' && remotes.length === 0)
      find(
        'configuration',
        'docker Swarm is worker, and JoinAddress names no manager',
        'a worker makes no swarm',
        'config setprop docker JoinAddress HOST',
      );
    // where the network is not up nothing is known of it
    if (advertise !== undefined && addresses.length > 0 && !addresses.some((one) => one.address === advertise.address))
      find(
        advertise.prop.startsWith('docker') ? 'configuration' : HOSTS,
        `${advertise.prop} "${advertise.address}" is no address of this host`,
        'the engine cannot listen there, and other nodes would look for this one there',
        `its addresses: ${addresses.map(({ address }) => address).join(', ')}`,
      );
    if (
      docker.advertiseAddress !== '' &&
      own !== undefined &&
      own.address !== '' &&
      own.address !== docker.advertiseAddress
    )
      find(
        'configuration',
        `docker AdvertiseAddress "${docker.advertiseAddress}" differs from hosts ${own.key} NodeAddress "${own.address}"`,
        'the packet filters of the other nodes let in the second one',
        'config delprop docker AdvertiseAddress',
      );
    if (own !== undefined && own.role !== '' && own.role !== role)
      find(
        HOSTS,
        `${own.key} SwarmRole is ${own.role}, and docker Swarm is ${role}`,
        'nothing is done while they contradict each other',
        `db hosts setprop ${own.key} SwarmRole ${role}`,
      );
  }

  const nodes = listNodeRecords(snapshot);
  for (const { key, role: wanted, address } of nodes)
    if (wanted !== '' && address === '')
      find(
        HOSTS,
        `${key} has SwarmRole, and no NodeAddress`,
        'the packet filters of the other nodes do not let it in',
        `db hosts setprop ${key} NodeAddress ADDRESS`,
      );
  for (const { key, address } of nodes) {
    const same = nodes.find((other) => address !== '' && other.address === address);
    if (same !== undefined && same.key !== key)
      find(
        HOSTS,
        `${same.key} and ${key} have the same NodeAddress "${address}"`,
        'one address belongs to one node',
        `db hosts setprop ${key} NodeAddress ADDRESS`,
      );
  }
  return findings;
}
