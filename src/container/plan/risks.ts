import path from 'node:path';
import { parseMounted } from '../spec/mounted.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { isList } from '../spec/value.ts';

/**
 * What makes a container as mighty as root of this server, a sentence each: said in every plan, as long as
 * it is so.
 */
export function listRisks({ name, values: { privileged, volumes = [] } }: RunSpec): readonly string[] {
  const sockets = (isList(volumes) ? volumes.map(parseMounted) : [])
    .filter(({ source, target }) => [source, target].some((file) => path.posix.basename(file) === 'docker.sock'))
    .map(({ source }) => source);
  return [
    ...(privileged === true ? [`warning ${name}: it is privileged, and can do all that root of this server can`] : []),
    ...sockets.map(
      (source) =>
        `warning ${name}: it has the engine's socket (${source}), and can do all that root of this server can`,
    ),
  ];
}
