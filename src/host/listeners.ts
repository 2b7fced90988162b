import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { errorCode } from '../base/errors.ts';
import { formatIPv6 } from './address.ts';
import type { Listener } from './facts.ts';

interface Socket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/**
 * States of /proc/net that mean waiting for connections: LISTEN for TCP; UDP has none, so unconnected
 * (include/net/tcp_states.h).
 */
const WAITING = { tcp: '0A', udp: '07' } as const;

/**
 * Reads the text of /proc/net/tcp, tcp6, udp or udp6 (Linux, Documentation/networking/proc_net_tcp.rst):
 * the sockets that wait for connections.
 */
export function parseSocketTable(text: string, protocol: 'tcp' | 'udp'): readonly Socket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      return state === WAITING[protocol]
        ? [{ address: parseAddress(address), port: Number.parseInt(port, 16), inode }]
        : [];
    });
}

/** Waiting until a closed connection is surely over, which keeps nobody from the port. */
const TIME_WAIT = '06';

/** The local ports of a table of TCP whose sockets have a connection, or are about to have one or to lose it. */
export function parseLocalPorts(text: string): readonly number[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state = ''] = line.trim().split(/\s+/);
      const port = local.split(':')[1];
      return port === undefined || state === WAITING.tcp || state === TIME_WAIT ? [] : [Number.parseInt(port, 16)];
    });
}

/** Words of 32 bits, each as this machine keeps it in memory: 127.0.0.1 is 0100007F on most. */
function parseAddress(hex: string): string {
  const words = Buffer.from(hex, 'hex');
  const bytes = os.endianness() === 'LE' ? words.swap32() : words;
  if (bytes.length === 4) return bytes.join('.');
  return formatIPv6(Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2)));
}

/**
 * Who listens in this network namespace. The names of processes are looked up when one of them is
 * first asked for; a process of somebody else has none unless we are root.
 */
export function listListeners(proc = '/proc'): readonly Listener[] {
  const sockets = (['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap((table) => {
    const protocol = table.startsWith('tcp') ? 'tcp' : 'udp';
    return parseSocketTable(readIfThere(path.join(proc, 'net', table)), protocol).map(
      (socket) => ({ protocol, ...socket }) as const,
    );
  });
  let names: ReadonlyMap<string, string> | undefined;
  return sockets.map(({ protocol, address, port, inode }) => ({
    protocol,
    address,
    port,
    get process() {
      names ??= findProcesses(proc, new Set(sockets.map((socket) => socket.inode)));
      return names.get(inode);
    },
  }));
}

/**
 * inode of a socket -> `nginx (pid 812)`; of several processes that have it the first, which is the one
 * that opened it.
 */
function findProcesses(proc: string, inodes: ReadonlySet<string>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const pids = listIfThere(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  for (const pid of pids) {
    const folder = path.join(proc, String(pid), 'fd');
    for (const fd of listIfThere(folder)) {
      const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(readLinkIfThere(path.join(folder, fd))) ?? [];
      if (inodes.has(inode) && !names.has(inode))
        names.set(inode, `${readIfThere(path.join(proc, String(pid), 'comm')).trim()} (pid ${pid})`);
    }
  }
  return names;
}

const readIfThere = (file: string): string => orElse(() => readFileSync(file, 'utf8'), '');
const listIfThere = (folder: string): readonly string[] => orElse(() => readdirSync(folder), []);
const readLinkIfThere = (file: string): string => orElse(() => readlinkSync(file), '');

/**
 * A process may end while we look (ESRCH, ENOENT), and others' are not ours to look at; a kernel without IPv6
 * has no tcp6.
 */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(errorCode(error) ?? '')) return otherwise;
    throw error;
  }
}
