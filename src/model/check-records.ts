import { HOSTS } from '../db/hosts/host-records.ts';
import { getDb, listRecords, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import { compareBytes } from '../base/layers.ts';
import { didYouMean } from '../base/nearest.ts';
import type { Facts } from '../host/facts.ts';
import {
  checkBySchema,
  checkName,
  checkVariableNames,
  collect,
  type Findings,
  isDouble,
  portTaken,
  SAME_RECORD,
  wantedPorts,
} from './check-one-record.ts';
import { checkAmbassador } from './links/ambassador.ts';
import { checkCycle, checkNeeds, listUnknownPorts } from './links/check-links.ts';
import { checkClock } from './container-parts/clock.ts';
import { type Container, containerOf, CONTAINERS } from './container.ts';
import { checkContent, checkContentKey } from './content.ts';
import { checkDataMount } from './data-mount.ts';
import { ImageRecord, IMAGES } from './image-record.ts';
import { checkBaseImage } from './images/base-images.ts';
import { checkRepositories } from './images/installroot.ts';
import { checkImageRecord } from './image-source.ts';
import { listOverlooked } from './overlooked.ts';
import { checkDnsmasq, checkNames } from './names/check-names.ts';
import {
  checkJoinedNetworks,
  checkNetworkRecords,
  listSharedAliases,
  overlapsFinder,
} from './network/check-networks.ts';
import { foreignUser, portFinder } from './network/port-users.ts';
import { checkRegistry } from './registry/plan-registry.ts';
import { checkService } from './swarm/check-service.ts';
import { checkWatches } from './watch/check-watches.ts';
import { WATCHES } from './watch/watch-record.ts';
import { checkSecrets } from './secrets.ts';
import { checkUsers, USERS } from './users/container-users.ts';
import { type IsOther, WEB_CHECKS } from './check-web.ts';

/** The dbs that are looked at, whatever the records say. */
export const CHECKED_DBS: readonly string[] = [
  CONTAINERS,
  'configuration',
  'docker_images',
  'docker_networks',
  'docker_volumes',
  'domains',
  HOSTS,
  'networks',
  'repositories',
  'secrets',
  USERS,
  'yum_repositories',
  WATCHES,
];

export interface RecordsFindings extends Findings {
  /** the mistakes of each container that was looked at */
  readonly byContainer: ReadonlyMap<string, readonly Failure[]>;
}

/**
 * Checks the records that the run specs and vhosts are made of, all mistakes at once: each
 * value by the schema, then what they mean together (ports, host names, networks).
 * @param only keys of `docker_containers`; what is in conflict with them is named, others are left alone
 */
export function checkRecords(snapshot: Snapshot, facts: Facts, only?: readonly string[]): RecordsFindings {
  const db = getDb(snapshot, CONTAINERS);
  const records =
    only === undefined ? [...db.values()] : [...new Set(only)].sort(compareBytes).flatMap((key) => db.get(key) ?? []);
  const containers = records.map((record) => containerOf(snapshot, record)).filter(({ isContainer }) => isContainer);
  const images = new Set(containers.map(({ image }) => image));
  const imageRecords = listRecords(snapshot, 'docker_images')
    // the file of repositories is written of each that has one
    .filter(({ key }) => images.has(key) || new ImageRecord(snapshot, key).source === 'installroot')
    .map(({ key }) => key);
  const bySchema = [
    ...['docker', 'httpd', 'docksmith', 'docksmith-watch', 'docksmith-clock', 'dnsmasq', 'registry', 'LocalIP'].map(
      (key) => ({
        db: 'configuration',
        key,
      }),
    ),
    ...['networks', 'docker_networks', 'docker_volumes', HOSTS, USERS].flatMap((name) =>
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
          ...didYouMean(key, db.keys(), `db ${CONTAINERS} keys`),
        }),
    );
  const all: AllRecords = {
    snapshot,
    facts,
    findUser: portFinder(snapshot, facts),
    listOverlaps: overlapsFinder(snapshot),
    places: new Map(containers.map(({ key }, place) => [key, place])),
  };
  const findings: readonly Findings[] = [...bySchema, ...ofContainers.values(), checkWatches(snapshot)];
  const together = [...ofContainers].map(([container, ofSchema]) => ({
    key: container.key,
    own: ofSchema.mistakes,
    mistakes: checkContainer(all, container, ofSchema.refused),
  }));
  return {
    byContainer: new Map(together.map(({ key, own, mistakes }) => [key, [...own, ...mistakes]])),
    mistakes: [
      ...unknown,
      ...findings.flatMap(({ mistakes }) => mistakes),
      ...checkNetworkRecords(snapshot, facts),
      ...checkDnsmasq(snapshot),
      ...checkRegistry(snapshot, facts),
      ...imageRecords.flatMap((key) => [
        ...checkImageRecord(snapshot, key),
        ...checkRepositories(IMAGES, new ImageRecord(snapshot, key)),
        ...checkBaseImage(new ImageRecord(snapshot, key)),
      ]),
      ...together.flatMap(({ mistakes }) => mistakes),
      ...checkCycle(
        snapshot,
        containers.map(({ key }) => key),
      ),
    ],
    warnings: [
      ...listOverlooked(snapshot, records),
      ...findings.flatMap(({ warnings }) => warnings),
      ...containers.flatMap((container) => [...listUnknownPorts(container, facts), ...listSharedAliases(container)]),
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

function checkContainer(all: AllRecords, container: Container, refused: ReadonlySet<string>): readonly Failure[] {
  const { facts, listOverlaps, places } = all;
  const { key } = container;
  const ofName = checkName(container);
  if (ofName.length > 0 || !container.isEnabled) return ofName;
  // of two that want the same thing the later one is told, unless only the earlier one is looked at
  const isOther: IsOther = (other) => other !== key && (places.get(other) ?? -1) < (places.get(key) ?? -1);
  return [
    ...checkVariableNames(container),
    ...collect(container, refused, [
      () => checkPorts(all, container),
      () => checkNeeds(container),
      () => checkService(container),
      () => checkJoinedNetworks(container, facts, listOverlaps, isOther),
      () => checkDataMount(container),
      () => checkAmbassador(container),
      () => checkContent(container),
      () => checkClock(container),
      () => checkContentKey(container),
      () => checkSecrets(container),
      () => checkNames(container, facts, isOther),
      () => checkUsers(container),
      ...(container.hasWeb ? WEB_CHECKS.map((check) => () => check(container, facts, isOther)) : []),
    ]),
  ];
}

/** Each port of the host once, and by no one else: another record, a service, a container of others, a process. */
function* checkPorts({ snapshot, facts, findUser }: AllRecords, container: Container): Generator<Failure> {
  const wanted = wantedPorts(container, facts);
  for (const [n, port] of wanted.entries()) {
    const other =
      findUser(port, container.key)?.who ??
      (isDouble(wanted, n) ? SAME_RECORD : undefined) ??
      foreignUser(snapshot, facts, port, port.addresses, container);
    if (other !== undefined) yield portTaken(container, port, other);
  }
}
