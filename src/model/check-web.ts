import { Failure } from '../base/errors.ts';
import type { Facts } from '../host/facts.ts';
import { type Container, CONTAINERS } from './container.ts';
import { HttpdRecord } from './httpd-record.ts';
import { findSmeSite } from './names/sme-sites.ts';
import { checkNodesKnown } from './swarm/nodes.ts';
import { listOwnersOfName, listOwnersOfPath, primaryHost, singleValue, subDomainName, webPort } from './web.ts';

/** Whether another container is the one to keep what two of them want. */
export type IsOther = (key: string) => boolean;

/**
 * What keeps a container from being reached over Apache as its record says; each tells its mistakes by itself.
 * They throw NotAccepted for a value that cannot be read.
 */
export const WEB_CHECKS: readonly ((container: Container, facts: Facts, isOther: IsOther) => Iterable<Failure>)[] = [
  checkBackEnd,
  (container, _, isOther) => checkHostName(container, isOther),
  checkCertificate,
  checkNodesKnown,
  (container, _, isOther) => checkPaths(container, isOther),
];

/** A network in which Apache can reach it. */
export function* checkReachable({ key, network, role, whyNotUp }: Container): Generator<Failure> {
  if (whyNotUp !== undefined)
    yield new Failure(`cannot give container "${key}" a web address`, { why: `its Role is ${role}, and ${whyNotUp}` });
  if (network === 'none' || network.startsWith('container:'))
    yield new Failure(`cannot give container "${key}" a web address`, {
      why: `with network ${network} it has no port that Apache could reach`,
    });
}

/** Something that Apache can reach: a web port, which is not Apache's own. */
function* checkBackEnd(container: Container, facts: Facts): Generator<Failure> {
  const { snapshot, key, network } = container;
  const unreachable = [...checkReachable(container)];
  if (unreachable.length > 0) return yield* unreachable;
  const port = webPort(container, facts);
  const { tcpPort, sslPort } = new HttpdRecord(snapshot);
  const ofApache = tcpPort === String(port) ? 'TCPPort' : sslPort === String(port) ? 'SSLPort' : undefined;
  if (network === 'host' && ofApache !== undefined) {
    yield new Failure(`cannot give container "${key}" a web address`, {
      why: `on the host's network its web port ${port} is Apache's own (${ofApache} of httpd)`,
      hint: `db ${CONTAINERS} setprop ${key} WebPort PORT`,
    });
  }
}

/** A name that nobody else has. */
function* checkHostName(container: Container, isOther: IsOther): Generator<Failure> {
  if (!container.hasSubDomain) return;
  const { snapshot, key } = container;
  const name = subDomainName(container);
  const same = listOwnersOfName(snapshot, name).find(isOther);
  const owner =
    same === undefined ? (name === primaryHost(snapshot) ? 'the primary host' : undefined) : `container "${same}"`;
  const db = owner === undefined ? findSmeSite(snapshot, name) : undefined;
  if (db !== undefined)
    yield new Failure(`cannot give container "${key}" the name ${name}`, {
      why: `SME Server's own site answers to it (db ${db} ${name})`,
      hint:
        db === 'hosts'
          ? `db hosts setprop ${name} HostType Local InternalIP ${singleValue(snapshot, 'LocalIP') ?? 'ADDRESS'}; signal-event host-modify ${name}`
          : `db ${CONTAINERS} setprop ${key} SubDomainName NAME`,
    });
  if (owner !== undefined)
    yield new Failure(`cannot give container "${key}" the name ${name}`, {
      why: `${owner} has it`,
      hint: `db ${CONTAINERS} setprop ${key} SubDomainName NAME`,
    });
}

/** A certificate is nothing without its key. */
export function* checkCertificate({ key, certificate, certificateKey }: Container): Generator<Failure> {
  const missing = [
    ['Certificate', certificate],
    ['CertificateKey', certificateKey],
  ].flatMap(([prop, value]) => (value === '' ? [prop] : []));
  const [only] = missing;
  if (missing.length === 1 && only !== undefined)
    yield new Failure(`cannot serve container "${key}" by TLS`, {
      why: `${only} is not set`,
      hint: `db ${CONTAINERS} setprop ${key} ${only} PATH`,
    });
}

/** Paths that nobody else has. */
function* checkPaths({ snapshot, key, webAliases }: Container, isOther: IsOther): Generator<Failure> {
  for (const alias of webAliases) {
    // proofs of ownership for certificates are served there, and have to be open to all
    if (/^\.well-known(\/|$)/i.test(alias))
      yield new Failure(`cannot give container "${key}" the path /${alias}/`, { why: 'it belongs to the host itself' });
    const same = listOwnersOfPath(snapshot, alias).find(isOther);
    if (same !== undefined)
      yield new Failure(`cannot give container "${key}" the path /${alias}/`, { why: `container "${same}" has it` });
  }
}
