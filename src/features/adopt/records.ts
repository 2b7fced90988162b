import { toByteString } from '../../db/byte-text.ts';
import { Draft } from '../../db/draft.ts';
import { encodeValue } from '../../db/encoded.ts';
import { FlatDb } from '../../db/flat-db.ts';
import { onHost, storedOf } from '../../db/hosts/host-records.ts';
import type { DbRecord } from '../../db/record.ts';
import { SECRETS } from '../../db/secret-values.ts';
import { getDb, type Snapshot } from '../../db/snapshot.ts';
import { readLines } from '../../db/store.ts';
import { Failure } from '../../base/errors.ts';
import { referenceOfImage } from '../../model/image.ts';
import { ImageRecord, IMAGES } from '../../model/image-record.ts';
import { formatDependency } from '../../model/links/parse-links.ts';
import { NETWORKS } from '../../model/network/networks.ts';
import { boundAddresses } from '../../model/network/access.ts';
import { Container, CONTAINERS } from '../../model/container.ts';
import { VOLUMES } from '../../model/container-parts/volumes.ts';
import type { Paths } from '../../base/paths.ts';
import { formatImageReference } from '../../engine/image-reference.ts';
import { findOwnSecret, overlayProps, withOwnRecords } from './own-records.ts';
import { KEY_PROPS } from './props/key-props.ts';
import { makeNetworkRecord, makeVolumeRecord } from './props/host-records.ts';
import { setKept } from './props/kept-props.ts';
import { setPublishMode } from './props/port-props.ts';
import { RecordBuilder } from './props/record-builder.ts';
import { findText, type LeftOut, type Candidate } from './candidate.ts';

/** A record that an adoption writes. */
export interface NewRecord extends DbRecord {
  readonly db: string;
}

export interface NewRecords {
  readonly records: readonly NewRecord[];
  readonly leftOut: readonly LeftOut[];
  /** names that the dbs have already, or cannot hold */
  readonly failures: readonly Failure[];
}

/**
 * The records of containers, their images and their networks. Pure.
 * @param options `isMoving`: variables that are secret get records of db `secrets`
 */
export function makeRecords(
  snapshot: Snapshot,
  candidates: readonly Candidate[],
  { isMoving = false }: { readonly isMoving?: boolean } = {},
): NewRecords {
  const records: NewRecord[] = [];
  const leftOut: LeftOut[] = [];
  const failures: Failure[] = [];
  for (const candidate of candidates) {
    try {
      const image = makeImage(snapshot, records, candidate);
      if (image.record !== undefined) records.push(image.record);
      for (const network of candidate.networks) {
        if (
          !getDb(snapshot, NETWORKS).has(network.name) &&
          !records.some(({ db, key }) => db === NETWORKS && key === network.name)
        )
          records.push(makeNetworkRecord(snapshot, network, leftOut));
      }
      for (const volume of candidate.volumes ?? [])
        if (
          !getDb(snapshot, VOLUMES).has(volume.name) &&
          !records.some(({ db, key }) => db === VOLUMES && key === volume.name)
        )
          records.push(makeVolumeRecord(snapshot, volume, leftOut));
      const secrets = new SecretRecords(snapshot, candidate.name);
      const builder = makeBuilder(snapshot, candidate, secrets, isMoving);
      setDependsOn(builder, candidate, (name) => isThere(snapshot, candidates, name));
      records.push(...secrets.records);
      const props = new Map([
        ['status', candidate.enabled ? 'enabled' : 'disabled'],
        ...(image.name === candidate.name ? [] : [['Image', image.name] as const]),
        ...builder.props,
      ]);
      records.push({ db: CONTAINERS, key: candidate.name, type: 'service', props });
      // what its file says of the record itself is not lost
      if (candidate.own?.get(CONTAINERS)?.has(candidate.name) !== true)
        leftOut.push(...candidate.leftOut, ...builder.leftOut);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const own = candidates.find((candidate) => candidate.own !== undefined)?.own;
  const said = own === undefined ? records : withOwnRecords(snapshot, records, own);
  const chosen = new Map(candidates.map((candidate) => [candidate.name, candidate.chosen]));
  const withChosen = (record: NewRecord): NewRecord =>
    record.db === CONTAINERS ? { ...record, props: overlayProps(record.props, chosen.get(record.key)) } : record;
  return { records: said.map(withChosen), leftOut, failures };
}

function makeBuilder(
  snapshot: Snapshot,
  { name, values, envFiles, secretFiles = [], keptFiles, hostPorts, application, own }: Candidate,
  secrets: SecretRecords,
  isMoving: boolean,
): RecordBuilder {
  const builder = new RecordBuilder(name, snapshot.schema[CONTAINERS]?.['service'] ?? {});
  const context = {
    values,
    privateAddresses: boundAddresses(new Container(snapshot, name)) ?? [],
    inFiles: envFiles?.variables ?? {},
    ...(isMoving && { moveSecret: (variable: string, value: string) => secrets.add(variable, value) }),
  };
  if (application !== undefined) builder.set('labels', 'Application', application);
  for (const [key, make] of Object.entries(KEY_PROPS)) make(builder, values[key], context);
  builder.setList(
    'secrets',
    'Secrets',
    secretFiles.flatMap((file) => {
      const said = findOwnSecret(own, name, file.target);
      if (said === 'none') return [];
      const key = secrets.add(file.name, file.value, said);
      if (key === undefined) builder.leaveOut('secrets', file.name, 'db secrets cannot hold it: it is empty');
      const { target, mode, owner } = file;
      return key === undefined ? [] : [[key, target, mode, owner].filter((part) => part !== undefined).join(':')];
    }),
  );
  setPublishMode(builder, values['ports'], hostPorts);
  setKept(builder, keptFiles);
  builder.setList('env_file', 'EnvFile', envFiles?.files ?? []);
  return builder;
}

/** A container of a service that is not adopted along with it is no record, and no event would start it. */
function setDependsOn(
  builder: RecordBuilder,
  { dependsOn = [] }: Candidate,
  isAdopted: (name: string) => boolean,
): void {
  for (const need of dependsOn)
    if (!isAdopted(need.name) && !need.isOptional)
      builder.leaveOut('depends_on', formatDependency(need, 'started'), 'it is not adopted, and has no record');
  builder.setList(
    'depends_on',
    'DependsOn',
    dependsOn.filter(({ name }) => isAdopted(name)).map((need) => formatDependency(need, 'started')),
  );
}

function isThere(snapshot: Snapshot, candidates: readonly Candidate[], name: string): boolean {
  return candidates.some((candidate) => candidate.name === name) || getDb(snapshot, CONTAINERS).has(name);
}

/** Records of db `secrets` for variables of one container. */
class SecretRecords {
  readonly records: NewRecord[] = [];
  readonly #snapshot: Snapshot;
  readonly #container: string;

  constructor(snapshot: Snapshot, container: string) {
    this.#snapshot = snapshot;
    this.#container = container;
  }

  /**
   * @returns the key of the record, `wiki.DB_PASSWORD`; undefined where the db cannot hold the value
   * @throws Failure where it is there with another value
   */
  add(variable: string, value: string, key = `${this.#container}.${variable}`): string | undefined {
    const builder = new RecordBuilder(key, this.#snapshot.schema[SECRETS]?.['secret'] ?? {});
    builder.set('environment', 'Value', value);
    if (builder.props.size === 0) return undefined;
    const known = getDb(this.#snapshot, SECRETS).get(key);
    if (known !== undefined && known.props.get('Value') !== builder.props.get('Value'))
      throw new Failure(`cannot adopt container "${this.#container}"`, {
        why: `db ${SECRETS} has a record "${key}" already, with another value`,
        hint: `db ${SECRETS} delete ${key}`,
      });
    if (known === undefined) this.records.push({ db: SECRETS, key, type: 'secret', props: builder.props });
    return key;
  }
}

/**
 * The record of the image, under the container's name unless a record means that image already; a reference
 * that no record can mean stands by itself.
 */
function makeImage(
  snapshot: Snapshot,
  earlier: readonly NewRecord[],
  { name, values, source }: Candidate,
): { readonly name: string; readonly record?: NewRecord } {
  const reference = findText(values, 'image') ?? name;
  const [, repository, tag, digest] = /^([^@]+?)(?::([\w.-]+))?(?:@(sha\d+:[0-9a-f]+))?$/.exec(reference) ?? [];
  if (
    repository === undefined ||
    /^(sha256:)?[0-9a-f]{64}$/.test(reference) ||
    (tag !== undefined && digest !== undefined)
  )
    return { name: reference };
  const means = (record: NewRecord | undefined): boolean =>
    record?.db === IMAGES &&
    `${record.props.get('Repository') ?? record.key}${record.props.has('Digest') ? `@${record.props.get('Digest') ?? ''}` : `:${record.props.get('Tag') ?? 'latest'}`}` ===
      reference;
  const known =
    [...getDb(snapshot, IMAGES).keys()].find(
      (key) => formatImageReference(referenceOfImage(new ImageRecord(snapshot, key))) === reference,
    ) ?? earlier.find(means)?.key;
  if (known !== undefined) return { name: known };
  if (getDb(snapshot, IMAGES).has(name) || earlier.some(({ db, key }) => db === IMAGES && key === name)) {
    throw new Failure(`cannot adopt container "${name}"`, {
      why: `db ${IMAGES} has a record of its name, which means another image than ${reference}`,
    });
  }
  const props = new Map([
    ...(repository === name ? [] : [['Repository', repository] as const]),
    ...(digest !== undefined
      ? [['Digest', digest] as const]
      : tag === undefined || tag === 'latest'
        ? []
        : [['Tag', tag] as const]),
    ...(source.kind === 'pull' ? [] : [['Source', source.kind] as const]),
    ...Object.entries(source.props ?? {}).map(([prop, value]) => [prop, encodeValue(value)] as const),
  ]);
  return { name, record: { db: IMAGES, key: name, type: 'service', props } };
}

/** Stores records that are not there yet. @throws Failure for what the format cannot hold */
export function storeRecords(draft: Draft, records: readonly NewRecord[]): void {
  for (const { key, type, props } of records) {
    draft.setType(toByteString(key), toByteString(type));
    for (const [prop, value] of props) draft.setProp(toByteString(key), toByteString(prop), toByteString(value));
  }
}

/** Dbs that records are written to, in the order in which they are. */
export function listDbsOf(records: readonly NewRecord[]): readonly string[] {
  return [...new Set(records.map(({ db }) => db))].sort();
}

/**
 * A snapshot that reads as if the records were written, exactly as the db files would hold them.
 * @throws Failure for what the format cannot hold
 */
export function withRecords(paths: Paths, snapshot: Snapshot, records: readonly NewRecord[]): Snapshot {
  const dbs = new Map(storedOf(snapshot));
  for (const db of listDbsOf(records)) {
    const draft = new Draft(readLines(paths, db));
    storeRecords(
      draft,
      records.filter((record) => record.db === db),
    );
    dbs.set(db, new FlatDb(() => draft.lines));
  }
  return onHost(snapshot, dbs);
}
