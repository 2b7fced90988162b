import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export interface DockerdProcess {
  readonly pid: number;
  /** the program's name first */
  readonly args: readonly string[];
  /** systemd started it as its unit `docker.service` */
  readonly isOfUnit: boolean;
}

/**
 * The engine that listens on a socket, found over the socket itself: several engines may run on
 * one machine. Looks at processes and sockets of this network namespace.
 * @returns undefined where no such process is seen
 */
export function findDockerd(socket: string, proc = '/proc'): DockerdProcess | undefined {
  const inodes = new Set(readLines(path.join(proc, 'net/unix')).flatMap((line) => {
    // Num RefCount Protocol Flags Type St Inode Path
    const [, , , , , , inode, file] = line.trim().split(/\s+/);
    return inode !== undefined && file !== undefined && isSameSocket(file, socket) ? [`socket:[${inode}]`] : [];
  }));
  if (inodes.size === 0) return undefined;
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const folder = path.join(proc, pid);
    if (!/^docker(d|d-\S+|-current)?$/.test(readLines(path.join(folder, 'comm'))[0] ?? '')) continue;
    if (!list(path.join(folder, 'fd')).some((fd) => inodes.has(readLink(path.join(folder, 'fd', fd))))) continue;
    return {
      pid: Number(pid), args: readLines(path.join(folder, 'cmdline')).join('\n').split('\0').filter((word) => word !== ''),
      isOfUnit: readLines(path.join(folder, 'cgroup')).some((line) => line.endsWith('/docker.service')),
    };
  }
  return undefined;
}

/** `/var/run` leads to `/run` on most hosts. */
function isSameSocket(a: string, b: string): boolean {
  const plain = (file: string): string => file.replace(/^\/var\/run\//, '/run/');
  return plain(a) === plain(b);
}

const readLines = (file: string): readonly string[] => orElse(() => readFileSync(file, 'utf8').split('\n'), []);
const list = (folder: string): readonly string[] => orElse(() => readdirSync(folder), []);
const readLink = (file: string): string => orElse(() => readlinkSync(file), '');

/** Processes come and go, and those of others may be closed to us. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
