import { checkValue } from '../../db/check-value.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import type { IsOther } from '../check-web.ts';
import { type Container, CONTAINERS } from '../container.ts';
import { singleValue } from '../web.ts';
import { ContainerDns, listOwnersOfDnsName, namesOf } from './container-names.ts';
import { DNSMASQ, DnsmasqRecord, listNamedAddresses } from './dnsmasq-record.ts';

const HOST_NAME = { doc: 'the name of a container', kind: 'host-name' };

/** What keeps the host from giving its containers names. */
export function checkDnsmasq(snapshot: Snapshot): readonly Failure[] {
  const dnsmasq = new DnsmasqRecord(snapshot);
  if (!dnsmasq.isEnabled) return [];
  const { domain } = dnsmasq;
  const own = singleValue(snapshot, 'DomainName')?.toLowerCase();
  return [
    ...(own === domain || own?.endsWith(`.${domain}`) === true
      ? [
          new Failure(`cannot give containers names below "${domain}"`, {
            why: `this host's own domain ${own} is there, whose other names nobody else would be asked for`,
            hint: `config setprop ${DNSMASQ} Domain docker.${own}`,
          }),
        ]
      : []),
    ...(dnsmasq.address === ''
      ? [
          new Failure('cannot tell containers where they ask for names', {
            why: "the engine's options are its admin's own (Daemon foreign), so the address of its bridge is not known",
            hint: `config setprop ${DNSMASQ} Address 172.17.0.1`,
          }),
        ]
      : []),
    ...(listNamedAddresses(snapshot).length === 0
      ? [
          new Failure('cannot give containers names', {
            why: 'LocalIP, the address that they lead to, is not set',
            hint: 'config set LocalIP ADDRESS',
          }),
        ]
      : []),
  ];
}

/** Names that can be one, and that nobody else has, unless all that have one agree on it. */
export function* checkNames(container: Container, facts: Facts, isOther: IsOther): Generator<Failure> {
  const { snapshot, key } = container;
  const dnsmasq = new DnsmasqRecord(snapshot);
  if (!dnsmasq.isEnabled) return;
  const { name, addresses, services } = namesOf(container, facts);
  if (addresses.length === 0) return;
  for (const wanted of new Set([name, ...services.map((service) => service.name)])) {
    const full = `${wanted}.${dnsmasq.domain}`;
    const cannot = (why: string, hint?: string): Failure =>
      new Failure(`cannot give container "${key}" the name ${full}`, hint === undefined ? { why } : { why, hint });
    const wrong = checkValue(HOST_NAME, full);
    if (wrong !== undefined) {
      yield cannot(`it ${wrong}`);
      continue;
    }
    const same = listOwnersOfDnsName(snapshot, facts, wanted).find(
      (other) => isOther(other) && !(agreesOn(container, wanted) && agreesOn({ snapshot, key: other }, wanted)),
    );
    if (same === undefined) continue;
    // who has it as the name of a service can do without
    const movable = [key, same].find((each) => new ContainerDns({ snapshot, key: each }).name !== wanted);
    yield cannot(
      `container "${same}" has it`,
      movable === undefined ? undefined : `db ${CONTAINERS} setprop ${movable} ServiceName NAME`,
    );
  }
}

/** Whether a container has a name by its `ServiceName` alone, which others may say as well. */
function agreesOn(container: Pick<Container, 'snapshot' | 'key'>, wanted: string): boolean {
  const { name, sharedService } = new ContainerDns(container);
  return (
    name !== wanted && sharedService !== '' && (wanted === sharedService || wanted.startsWith(`${sharedService}-`))
  );
}
