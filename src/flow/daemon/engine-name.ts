import { type EngineLimits, readLimits } from '../../engine/engine-limits.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { Failure } from '../../base/errors.ts';

/** The engine to talk to: a real one behind a socket, or the one that tests and the demonstration keep in a file. */
export type EngineName =
  | { readonly kind: 'socket'; readonly socket: string; readonly limits: EngineLimits }
  | { readonly kind: 'memory'; readonly file: string };

/**
 * As the record `docker` says (`Socket`), else as `DOCKER_HOST` does, else the usual socket;
 * `DOCKSMITH_ENGINE=memory:///FILE` beats them all.
 * @throws Failure for a DOCKSMITH_ENGINE that is anything else: a slip must not reach a real engine
 */
export function nameEngine(snapshot: Snapshot, env: NodeJS.ProcessEnv = process.env): EngineName {
  const chosen = env['DOCKSMITH_ENGINE'] ?? '';
  const [, file] = /^memory:\/\/(\/.+)$/.exec(chosen) ?? [];
  if (file !== undefined) return { kind: 'memory', file };
  if (chosen !== '')
    throw new Failure(`cannot use DOCKSMITH_ENGINE "${chosen}"`, {
      why: 'it is memory:///FILE, for the engine that is kept in a file, or not set',
    });
  const socket = getDb(snapshot, 'configuration').get('docker')?.props.get('Socket') || (env['DOCKER_HOST'] ?? '');
  if (/^\w+:\/\//.test(socket) && !/^(unix|tcp):\/\//.test(socket))
    throw new Failure(`cannot use the engine at "${socket}"`, {
      why: 'docksmith talks to unix:///PATH and tcp://HOST:PORT',
      hint: 'unset DOCKER_HOST, or: config setprop docker Socket PATH',
    });
  return { kind: 'socket', socket: socket === '' ? '/var/run/docker.sock' : socket, limits: readLimits(snapshot) };
}
