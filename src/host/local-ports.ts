import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { type LocalPorts, NO_FACTS } from './facts.ts';
import { parseLocalPorts } from './listeners.ts';

/** The ports that the kernel of this network namespace gives to outgoing connections. */
export function readLocalPorts(proc = '/proc'): LocalPorts {
  const [first, last] = readIfThere(path.join(proc, 'sys/net/ipv4/ip_local_port_range'))
    .trim()
    .split(/\s+/)
    .map(Number);
  if (first === undefined || last === undefined) return NO_FACTS.localPorts;
  return { first, last, reserved: parseRanges(readIfThere(path.join(proc, 'sys/net/ipv4/ip_local_reserved_ports'))) };
}

/** `8080,9000-9010`, or nothing. */
function parseRanges(text: string): LocalPorts['reserved'] {
  return text
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .map((range) => {
      const [first = '', last = first] = range.split('-');
      return [Number(first), Number(last)];
    });
}

/** The TCP ports that sockets of this network namespace have, but for those that listen: outgoing connections. */
export function listConnectedPorts(proc = '/proc'): ReadonlySet<number> {
  return new Set(['tcp', 'tcp6'].flatMap((table) => parseLocalPorts(readIfThere(path.join(proc, 'net', table)))));
}

/** A kernel without IPv6 has no tcp6. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return '';
    throw error;
  }
}
