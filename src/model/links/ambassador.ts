import { isIPv6 } from 'node:net';
import { Failure } from '../../base/errors.ts';
import { type Container, CONTAINERS } from '../container.ts';
import type { Target } from './targets.ts';

/** What the mounted files of TLS are called in an ambassador. */
const TLS_FILES = { certificate: '/run/tls/cert.pem', certificateKey: '/run/tls/key.pem', targetCA: '/run/tls/ca.pem' };

/** The files of the host that an ambassador has for TLS, as Compose writes mounts. */
export function listTlsMounts(container: Container): readonly string[] {
  if (!container.isAmbassador) return [];
  const { targetTls, certificate, certificateKey, targetCA } = container;
  const files =
    targetTls === 'listen'
      ? [
          [certificate, TLS_FILES.certificate],
          [certificateKey, TLS_FILES.certificateKey],
        ]
      : targetTls === 'connect'
        ? [[targetCA, TLS_FILES.targetCA]]
        : [];
  return files.flatMap(([file = '', inside = '']) => (file === '' ? [] : [`${file}:${inside}:ro`]));
}

/**
 * What an ambassador runs: one socat, or a shell that ends when one of several socats ends, so that the engine
 * starts all of them again. Each connection looks the target's name up anew.
 */
export function ambassadorCommand(container: Container): readonly string[] {
  const commands = container.targets.map((target) => [
    'socat',
    // of a sender that is silent for so long no answer is expected any more
    ...(target.protocol === 'udp' ? ['-T60'] : []),
    listenAddress(target, container.targetTls),
    targetAddress(target, container.targetTls),
  ]);
  const [only, another] = commands;
  if (only === undefined || another === undefined) return only ?? [];
  const lines = commands.map((words) => `(${words.map((word) => `'${word}'`).join(' ')}; kill $$) &`);
  return ['/bin/sh', '-c', ["trap 'exit 143' TERM", ...lines, 'wait'].join('\n')];
}

function listenAddress({ listen, protocol }: Target, tls: string): string {
  if (tls === 'listen')
    return `OPENSSL-LISTEN:${listen},fork,reuseaddr,verify=0,cert=${TLS_FILES.certificate},key=${TLS_FILES.certificateKey}`;
  return `${protocol.toUpperCase()}-LISTEN:${listen},fork,reuseaddr`;
}

function targetAddress({ host, port, protocol }: Target, tls: string): string {
  if (tls === 'connect') return `OPENSSL:${host}:${port},cafile=${TLS_FILES.targetCA}`;
  return `${protocol.toUpperCase()}${isIPv6(host.slice(1, -1)) ? '6' : ''}:${host}:${port}`;
}

/** What Role, Target and its like mean together. */
export function* checkAmbassador(container: Container): Generator<Failure> {
  const { key, role, target, targets, targetTls: tls } = container;
  const refuse = (what: string, why: string, hint?: string): Failure =>
    new Failure(`cannot accept ${CONTAINERS} ${key} ${what}`, { why, ...(hint === undefined ? {} : { hint }) });
  if (role !== 'ambassador') {
    if (target !== '')
      yield refuse(
        `Target ${JSON.stringify(target)}`,
        'only an ambassador has a target',
        `db ${CONTAINERS} setprop ${key} Role ambassador`,
      );
    return;
  }
  if (target === '')
    yield refuse(
      'Role "ambassador"',
      'it needs Target, where it leads to',
      `db ${CONTAINERS} setprop ${key} Target CONTAINER:PORT, or tcp://HOST:PORT`,
    );
  const ports = targets.map(({ listen, protocol }) => `${listen}/${protocol}`);
  const twice = ports.find((port, n) => ports.indexOf(port) < n);
  if (twice !== undefined)
    yield refuse(
      `Target ${JSON.stringify(target)}`,
      `two of its items are for port ${twice}; another port of its own is written in front, as 6380=redis:6379`,
    );
  if (container.command !== '' || container.entrypoint !== '')
    yield refuse(
      container.command === '' ? 'Entrypoint' : 'Command',
      'an ambassador runs socat, as its Target says',
      `db ${CONTAINERS} delprop ${key} ${container.command === '' ? 'Entrypoint' : 'Command'}`,
    );
  if (tls === 'none') return;
  if (targets.some(({ protocol }) => protocol === 'udp'))
    yield refuse(`TargetTLS ${JSON.stringify(tls)}`, 'TLS is for TCP, and its Target has a UDP port');
  const lacks =
    tls === 'connect'
      ? container.targetCA === '' && 'TargetCA, the certificates that it believes'
      : (container.certificate === '' || container.certificateKey === '') && 'Certificate and CertificateKey';
  if (lacks !== false) yield refuse(`TargetTLS ${JSON.stringify(tls)}`, `it needs ${lacks}`);
}
