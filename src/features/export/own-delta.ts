import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import { IMAGES } from '../../model/image-record.ts';
import { NETWORKS } from '../../model/network/networks.ts';
import type { NewRecord } from '../adopt/records.ts';
import type { PlainMap } from './compose-document.ts';

/**
 * What `x-docksmith` has to say for an adoption of the file to make the same records: the props of containers
 * that Compose has no key for, or that its keys would make others of; images; and networks.
 * @param made the records that the adoption makes of the rest of the file
 */
export function findOwnDelta(
  snapshot: Snapshot,
  names: readonly string[],
  networks: readonly string[],
  made: readonly NewRecord[],
): PlainMap {
  const propsOf = (db: string, key: string): ReadonlyMap<string, string> | undefined =>
    getDb(snapshot, db).get(key)?.props;
  const madeOf = (db: string, key: string): ReadonlyMap<string, string> =>
    made.find((record) => record.db === db && record.key === key)?.props ?? new Map();
  const images = [...new Set(names.map((name) => new Container(snapshot, name).image))].filter(
    (key) => propsOf(IMAGES, key) !== undefined,
  );
  return withoutEmpty({
    [CONTAINERS]: withoutEmpty(
      Object.fromEntries(
        // an adoption calls an image as the container; which record that is has to be said
        names.map((name) => {
          const props = propsOf(CONTAINERS, name) ?? new Map<string, string>();
          const image = props.get('Image') ?? null;
          const delta = {
            // the project is called after the folder that the file happens to be in
            Application: props.get('Application') ?? null,
            ...compare(props, madeOf(CONTAINERS, name)),
          };
          const isNamed = image !== null || images.includes(name);
          return [name, isNamed ? { Image: image, ...delta } : delta];
        }),
      ),
    ),
    [IMAGES]: Object.fromEntries(images.map((key) => [key, Object.fromEntries(propsOf(IMAGES, key) ?? [])])),
    [NETWORKS]: Object.fromEntries(
      networks.flatMap((key): readonly (readonly [string, PlainMap | null])[] => {
        const props = propsOf(NETWORKS, key);
        const isMade = made.some((record) => record.db === NETWORKS && record.key === key);
        if (props !== undefined) return [[key, Object.fromEntries(props)]];
        return isMade ? [[key, null]] : [];
      }),
    ),
  });
}

/** The props that differ; null for those that only the adoption would set. */
function compare(wanted: ReadonlyMap<string, string>, made: ReadonlyMap<string, string>): PlainMap {
  return Object.fromEntries([
    ...[...wanted].filter(([prop, value]) => made.get(prop) !== value),
    ...[...made.keys()].filter((prop) => !wanted.has(prop)).map((prop) => [prop, null] as const),
  ]);
}

function withoutEmpty(map: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(map).filter(([, held]) => typeof held !== 'object' || held === null || Object.keys(held).length > 0),
  );
}
