import type { Input } from '../../container/spec/input.ts';
import { collectAll } from '../../container/spec/input.ts';
import type { DbRecord } from '../../db/record.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { CONTAINERS } from '../../model/container.ts';
import { IMAGES } from '../../model/image-record.ts';
import { splitList } from '../../model/network/parse-ports.ts';
import { NETWORKS } from '../../model/network/networks.ts';
import { findEntry } from './compose-input.ts';

/** The key of a Compose file under which `docksmith export` writes what Compose has no key for. */
export const OWN_KEY = 'x-docksmith';

/** Of containers only the props that the rest of the file does not say as the record does; of others all. */
export type OwnDb = ReadonlyMap<string, OwnRecord>;

/** By prop; undefined: the record does not have it, whatever the rest of the file says. */
type OwnProps = ReadonlyMap<string, string | undefined>;

/** `none`: there is no such record. */
type OwnRecord = OwnProps | 'none';

/** By db. */
export type OwnRecords = ReadonlyMap<string, OwnDb>;

export const OWN_DBS: readonly string[] = [CONTAINERS, IMAGES, NETWORKS];

/**
 * Reads `x-docksmith: {docker_containers: {wiki: {SubDomain: enabled, Command: null}}}` of a whole file.
 * @throws Failure(s) with the places of what it cannot be
 */
export function readOwnRecords(file: Input): OwnRecords {
  const own = findEntry(file, OWN_KEY);
  if (own === undefined) return new Map();
  return new Map(
    collectAll(entriesOf(own, 'dbs'), ([db, keys]) => {
      if (!OWN_DBS.includes(db)) keys.refuse(`it can only have ${OWN_DBS.join(', ')}`);
      return [db, new Map(collectAll(entriesOf(keys, 'records'), ([key, record]) => [key, readRecord(record)]))];
    }),
  );
}

function readRecord(record: Input): OwnRecord {
  if (record.entries === undefined && record.items === undefined && record.scalar === null) return 'none';
  return new Map(
    collectAll(entriesOf(record, 'props'), ([prop, value]) => {
      const { scalar } = value;
      if (scalar === undefined) return value.refuse('must be a text, or null for a prop that is not set');
      return [prop, scalar === null ? undefined : String(scalar)];
    }),
  );
}

function entriesOf(input: Input, of: string): NonNullable<Input['entries']> {
  return input.entries ?? input.refuse(`must be a map of ${of}`);
}

interface InDb extends DbRecord {
  readonly db: string;
}

/** The records that an adoption makes, with what the file itself says of them. */
export function withOwnRecords(snapshot: Snapshot, records: readonly InDb[], own: OwnRecords): readonly InDb[] {
  const made = records.flatMap((record) => {
    const said = own.get(record.db)?.get(record.key);
    if (said === undefined) return [record];
    if (said === 'none') return [];
    return [{ ...record, props: overlayProps(record.db === CONTAINERS ? record.props : new Map(), said) }];
  });
  const images = new Set(made.filter(({ db }) => db === CONTAINERS).map(({ key, props }) => props.get('Image') ?? key));
  const used = made.filter(({ db, key }) => db !== IMAGES || images.has(key));
  const further = [...(own.get(IMAGES) ?? [])].flatMap(([key, said]): readonly InDb[] => {
    const isThere =
      getDb(snapshot, IMAGES).has(key) || used.some(({ db, key: other }) => db === IMAGES && other === key);
    if (said === 'none' || isThere || !images.has(key)) return [];
    return [{ db: IMAGES, key, type: 'service', props: overlayProps(new Map(), said) }];
  });
  return [...further, ...used];
}

/** Props with others over them; undefined: without that one. */
export function overlayProps(
  props: ReadonlyMap<string, string>,
  said: OwnProps = new Map(),
): ReadonlyMap<string, string> {
  const all = new Map(props);
  for (const [prop, value] of said) {
    if (value === undefined) all.delete(prop);
    else all.set(prop, value);
  }
  return all;
}

/**
 * The key in db `secrets` that the file itself has for what a container sees at a place; undefined: it says nothing of
 * its secrets; `none`: no secret is there.
 */
export function findOwnSecret(own: OwnRecords | undefined, container: string, target: string): string | undefined {
  const said = own?.get(CONTAINERS)?.get(container);
  if (said === undefined || said === 'none' || !said.has('Secrets')) return undefined;
  const items = splitList(said.get('Secrets') ?? '').map((item) => item.split(':'));
  return items.find(([key = '', place = `/run/secrets/${key}`]) => place === target)?.[0] ?? 'none';
}
