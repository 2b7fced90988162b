import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

export interface DockerdProcess {
  readonly pid: number;
  /** the program's name first */
  readonly args: readonly string[];
  /** systemd started it as its unit `docker.service` */
  readonly isOfUnit: boolean;
  /** the file that it writes its messages to, and its length now; undefined where that is no file */
  readonly log: LogEnd | undefined;
}

export interface LogEnd {
  readonly file: string;
  readonly length: number;
}

/**
 * The engine that listens on a socket, found over the socket itself: several engines may run on
 * one machine. Looks at processes and sockets of this network namespace.
 * @returns undefined where no such process is seen
 */
export function findDockerd(socket: string, proc = '/proc'): DockerdProcess | undefined {
  const inodes = new Set(
    readLines(path.join(proc, 'net/unix')).flatMap((line) => {
      // Num RefCount Protocol Flags Type St Inode Path
      const [, , , , , , inode, file] = line.trim().split(/\s+/);
      return inode !== undefined && file !== undefined && isSameSocket(file, socket) ? [`socket:[${inode}]`] : [];
    }),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const folder = path.join(proc, pid);
    if (!isDockerd(folder)) continue;
    if (!list(path.join(folder, 'fd')).some((fd) => inodes.has(readLink(path.join(folder, 'fd', fd))))) continue;
    return {
      pid: Number(pid),
      args: readLines(path.join(folder, 'cmdline'))
        .join('\n')
        .split('\0')
        .filter((word) => word !== ''),
      isOfUnit: readLines(path.join(folder, 'cgroup')).some((line) => line.endsWith('/docker.service')),
      log: findLog(path.join(folder, 'fd/2')),
    };
  }
  return undefined;
}

/** Whether an engine is there at all in this network namespace, also one that does not listen yet. */
export function hasDockerd(proc = '/proc'): boolean {
  const ours = readLink(path.join(proc, 'self/ns/net'));
  return list(proc).some(
    (pid) =>
      /^\d+$/.test(pid) &&
      isDockerd(path.join(proc, pid)) &&
      readLink(path.join(proc, pid, 'ns/net')) === ours &&
      !isZombie(path.join(proc, pid)),
  );
}

/** `dockerd`, CentOS' `dockerd-current`, `docker daemon` of old. */
function isDockerd(folder: string): boolean {
  return /^docker(d|d-\S+|-current)?$/.test(readLines(path.join(folder, 'comm'))[0] ?? '');
}

function isZombie(folder: string): boolean {
  return /\) Z /.test(readLines(path.join(folder, 'stat'))[0] ?? '');
}

function findLog(fd: string): LogEnd | undefined {
  const stat = orElse(() => statSync(fd), undefined);
  return stat?.isFile() === true ? { file: readLink(fd), length: stat.size } : undefined;
}

/** The last lines that came to a file since, but for what an engine tells of itself when all is well. */
export function readEnd({ file, length }: LogEnd, most = 5): readonly string[] {
  const text = orElse(() => readFileSync(file).subarray(length).toString(), '');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/\blevel=("?)(info|debug)\1\b/.test(line))
    .slice(-most);
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
