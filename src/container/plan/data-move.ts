import type { ContainerInspect } from '../../engine/engine-api.ts';
import { parseMounted } from '../spec/mounted.ts';
import { DATA_LABEL } from '../spec/names.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { isList, type TextMap } from '../spec/value.ts';

/** A folder of the host, or a volume by its name. */
export type Storage =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'volume'; readonly name: string };

export interface DataMove {
  readonly from: Storage;
  readonly to: Storage;
}

/** `volume wiki-data`, `folder /srv/wiki` */
export function formatStorage(storage: Storage): string {
  return storage.kind === 'volume' ? `volume ${storage.name}` : `folder ${storage.path}`;
}

/**
 * Where the data of a container would be elsewhere with the run spec than it is now; undefined
 * where it stays, where the run spec speaks of no data, or the container mounts nothing there.
 */
export function findDataMove(
  spec: RunSpec,
  { labels, inspect }: { readonly labels: TextMap; readonly inspect: ContainerInspect },
): DataMove | undefined {
  const target = spec.ownLabels[DATA_LABEL];
  const { volumes = [] } = spec.values;
  if (target === undefined || !isList(volumes)) return undefined;
  const wanted = volumes.map(parseMounted).find((mount) => mount.target === target);
  if (wanted === undefined || wanted.source === '') return undefined;
  const to = toStorage(wanted.source);
  // a container that never heard of it (an anonymous volume of its image) has its data at the same path
  const has = inspect.Mounts.find(({ Destination }) => Destination === (labels[DATA_LABEL] ?? target));
  if (has === undefined || (has.Type !== 'volume' && has.Type !== 'bind')) return undefined;
  const from: Storage =
    has.Type === 'volume' ? { kind: 'volume', name: has.Name ?? '' } : { kind: 'folder', path: has.Source ?? '' };
  return formatStorage(from) === formatStorage(to) ? undefined : { from, to };
}

function toStorage(source: string): Storage {
  return source.startsWith('/') ? { kind: 'folder', path: source } : { kind: 'volume', name: source };
}
