import { checkRecord } from '../db/check-value.ts';
import type { DbRecord } from '../db/record.ts';
import { findRecordSchema, getDb, listRecords, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import { compareBytes } from '../base/layers.ts';
import type { Facts } from '../host/facts.ts';
import { boundAddresses } from './network/access.ts';
import { checkCycle, checkNeeds, listUnknownPorts, overlapsFinder } from './links/check-links.ts';
import { type Container, containerOf, CONTAINERS } from './container.ts';
import { checkDataMount } from './data-mount.ts';
import { checkImageRecord } from './image-source.ts';
import { listOverlooked } from './overlooked.ts';
import { foreignUser, portFinder } from './network/port-users.ts';
import { publishedPorts } from './network/ports.ts';
import { NotAccepted } from './network/parse-ports.ts';
import { checkSecrets } from './secrets.ts';
import { type IsOther, WEB_CHECKS } from './check-web.ts';

export interface Findings {
  readonly mistakes: readonly Failure[];
  readonly warnings: readonly string[];
}

/** The dbs that are looked at, whatever the records say. */
export const CHECKED_DBS: readonly string[] = [
  CONTAINERS,
  'configuration',
  'docker_images',
  'docker_networks',
  'networks',
  'secrets',
];

/**
 * Checks the records that the run specs and vhosts are made of, all mistakes at once: each
 * value by the schema, then what they mean together (ports, host names, networks).
 * @param only keys of `docker_containers`; what is in conflict with them is named, others are left alone
 */
export function checkRecords(snapshot: Snapshot, facts: Facts, only?: readonly string[]): Findings {
  const db = getDb(snapshot, CONTAINERS);
  const records =
    only === undefined ? [...db.values()] : [...new Set(only)].sort(compareBytes).flatMap((key) => db.get(key) ?? []);
  const containers = records.map((record) => containerOf(snapshot, record)).filter(({ isContainer }) => isContainer);
  const images = new Set(containers.map(({ image }) => image));
  const imageRecords = listRecords(snapshot, 'docker_images')
    .filter(({ key }) => images.has(key))
    .map(({ key }) => key);
  const bySchema = [
    ...['docker', 'httpd', 'docksmith', 'LocalIP'].map((key) => ({ db: 'configuration', key })),
    ...['networks', 'docker_networks'].flatMap((name) =>
      listRecords(snapshot, name).map(({ key }) => ({ db: name, key })),
    ),
    ...imageRecords.map((key) => ({ db: 'docker_images', key })),
  ].map(({ db: name, key }) => checkBySchema(snapshot, name, getDb(snapshot, name).get(key)));
  const ofContainers = new Map(
    containers.map((container) => [container, checkBySchema(snapshot, CONTAINERS, db.get(container.key))]),
  );
  const unknown = (only ?? [])
    .filter((key) => !db.has(key))
    .map(
      (key) =>
        new Failure(`cannot find "${key}" in db ${CONTAINERS}`, {
          why: 'there is no such record',
          hint: `db ${CONTAINERS} keys`,
        }),
    );
  const all: AllRecords = {
    snapshot,
    facts,
    findUser: portFinder(snapshot, facts),
    listOverlaps: overlapsFinder(snapshot),
    places: new Map(containers.map(({ key }, place) => [key, place])),
  };
  const findings = [...bySchema, ...ofContainers.values()];
  return {
    mistakes: [
      ...unknown,
      ...findings.flatMap(({ mistakes }) => mistakes),
      ...imageRecords.flatMap((key) => checkImageRecord(snapshot, key)),
      ...[...ofContainers].flatMap(([container, { refused }]) => checkContainer(all, container, refused)),
      ...checkCycle(
        snapshot,
        containers.map(({ key }) => key),
      ),
    ],
    warnings: [
      ...listOverlooked(snapshot, records),
      ...findings.flatMap(({ warnings }) => warnings),
      ...containers.flatMap((container) => listUnknownPorts(container, facts)),
    ],
  };
}

/** What the checks of each record need to know of all of them: found out once. */
interface AllRecords {
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly findUser: ReturnType<typeof portFinder>;
  readonly listOverlaps: ReturnType<typeof overlapsFinder>;
  /** key -> its place among those that are checked */
  readonly places: ReadonlyMap<string, number>;
}

interface SchemaFindings extends Findings {
  /** props that are refused: what cannot be made of them is no second mistake */
  readonly refused: ReadonlySet<string>;
}

const NOTHING: SchemaFindings = { mistakes: [], warnings: [], refused: new Set() };

function checkBySchema(snapshot: Snapshot, db: string, record: DbRecord | undefined): SchemaFindings {
  const kind = record === undefined ? undefined : findRecordSchema(snapshot, db, record);
  if (record === undefined || kind === undefined) return NOTHING;
  const { key } = record;
  const { mistakes, unknown } = checkRecord(kind, record);
  if (mistakes.length + unknown.length === 0) return NOTHING;
  return {
    mistakes: mistakes.map(({ why }) => new Failure(`cannot accept ${db} ${key}`, { why })),
    warnings: unknown.map(
      ({ prop, nearest }) =>
        `${db} ${key}: prop "${prop}" is not known${nearest === undefined ? '' : `; is it ${nearest} that is meant?`}`,
    ),
    refused: new Set(mistakes.map(({ prop }) => prop)),
  };
}

function checkContainer(all: AllRecords, container: Container, refused: ReadonlySet<string>): readonly Failure[] {
  const { facts, listOverlaps, places } = all;
  const { key } = container;
  // the engine's rule for container names; it also keeps a key from leaving its folder as a file name
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(key)) {
    return [
      new Failure(`cannot accept "${key}" as a key of db ${CONTAINERS}`, {
        why: "a container's name has two or more letters, digits and . _ -, and begins with a letter or digit",
      }),
    ];
  }
  if (!container.isEnabled) return [];
  const mistakes: Failure[] = container.variableProps
    .filter((prop) => !/^Env\.[A-Za-z_][\w.-]*$/.test(prop))
    .map(
      (prop) =>
        new Failure(`cannot accept ${CONTAINERS} ${key} "${prop}"`, {
          why: 'the name of an environment variable has letters, digits and _ . -',
        }),
    );
  const collect = (check: () => Iterable<Failure>): void => {
    try {
      // one by one, so that what was found before a value that can't be read is kept
      for (const mistake of check()) mistakes.push(mistake);
    } catch (error) {
      if (!(error instanceof NotAccepted)) throw error;
      if (!refused.has(error.prop))
        mistakes.push(
          new Failure(`cannot accept ${CONTAINERS} ${key} ${error.prop} ${JSON.stringify(error.value)}`, {
            why: error.message,
          }),
        );
    }
  };
  collect(() => checkPorts(all, container));
  collect(() => checkNeeds(container, facts, listOverlaps));
  collect(() => checkDataMount(container));
  collect(() => checkSecrets(container));
  if (container.hasWeb) {
    // of two that want the same thing the later one is told, unless only the earlier one is looked at
    const isOther: IsOther = (other) => other !== key && (places.get(other) ?? -1) < (places.get(key) ?? -1);
    for (const check of WEB_CHECKS) collect(() => check(container, facts, isOther));
  }
  return mistakes;
}

/** Each port of the host once, and by no one else: another record, a service, a container of others, a process. */
function* checkPorts({ snapshot, facts, findUser }: AllRecords, container: Container): Generator<Failure> {
  const { key, claimedWebPort: web } = container;
  const wanted = [
    ...publishedPorts(container, facts).map(({ host, protocol }) => ({
      port: host,
      protocol,
      addresses: boundAddresses(container),
    })),
    ...(web !== undefined && container.hasWeb && container.hasOwnPorts
      ? [{ port: web, protocol: 'tcp' as const, addresses: ['127.0.0.1'] }]
      : []),
  ];
  for (const [n, { port, protocol, addresses }] of wanted.entries()) {
    const other =
      findUser({ port, protocol }, key)?.who ??
      (wanted.findIndex((earlier) => earlier.port === port && earlier.protocol === protocol) < n
        ? 'another port of the same record'
        : undefined) ??
      foreignUser(snapshot, facts, { port, protocol }, addresses);
    if (other !== undefined)
      yield new Failure(`cannot publish ${protocol} port ${port} for container "${key}"`, {
        why: `it is taken by ${other}`,
      });
  }
}
