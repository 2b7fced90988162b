import { checkRecord, isShared } from '../db/check-value.ts';
import { parseHostKey } from '../db/hosts/host-records.ts';
import type { DbRecord } from '../db/record.ts';
import { findRecordSchema, getDb, type Snapshot } from '../db/snapshot.ts';
import { Failure } from '../base/errors.ts';
import { type Facts, NO_FACTS } from '../host/facts.ts';
import { checkCertificate, checkReachable } from './check-web.ts';
import { checkClock } from './container-parts/clock.ts';
import { type Container, containerOf, CONTAINERS } from './container.ts';
import { checkContent } from './content.ts';
import { checkDataMount } from './data-mount.ts';
import { IMAGES } from './image-record.ts';
import { checkImageRecord } from './image-source.ts';
import { checkAmbassador } from './links/ambassador.ts';
import { NotAccepted } from './network/parse-ports.ts';
import { shareAddress } from './network/port-users.ts';
import { addressesOf, webAddresses } from './network/access.ts';
import { publishedPorts } from './network/ports.ts';

export interface Findings {
  readonly mistakes: readonly Failure[];
  readonly warnings: readonly string[];
}

export interface SchemaFindings extends Findings {
  /** props that are refused: what cannot be made of them is no second mistake */
  readonly refused: ReadonlySet<string>;
}

const NOTHING: SchemaFindings = { mistakes: [], warnings: [], refused: new Set() };

/**
 * What a record says that an event refuses or warns of, as far as it can be told without the host and without
 * other records, which may be about to be changed too.
 */
export function checkOneRecord(snapshot: Snapshot, db: string, key: string): Findings {
  const record = getDb(snapshot, db).get(key);
  if (record === undefined) return NOTHING;
  const { mistakes, warnings, refused } = checkBySchema(snapshot, db, record);
  // what it overrides says the rest
  if (parseHostKey(key) !== undefined) return { mistakes, warnings };
  const container = db === CONTAINERS ? containerOf(snapshot, record) : undefined;
  return {
    mistakes: [
      ...mistakes,
      ...(db === IMAGES ? checkImageRecord(snapshot, key) : []),
      ...(container?.isContainer === true ? checkAlone(container, refused) : []),
    ],
    warnings,
  };
}

/** Each value by the schema. */
export function checkBySchema(snapshot: Snapshot, db: string, record: DbRecord | undefined): SchemaFindings {
  const kind = record === undefined ? undefined : findRecordSchema(snapshot, db, record);
  if (record === undefined || kind === undefined) return NOTHING;
  const { key } = record;
  const { mistakes, unknown } = checkRecord(kind, record);
  if (mistakes.length + unknown.length === 0) return NOTHING;
  return {
    mistakes: mistakes.map(({ why }) => new Failure(`cannot accept ${db} ${key}`, { why })),
    warnings: unknown
      .filter(({ nearest }) => nearest !== undefined || !isShared(db))
      .map(
        ({ prop, nearest }) =>
          `${db} ${key}: prop "${prop}" is not known${nearest === undefined ? '' : `; is it ${nearest} that is meant?`}`,
      ),
    refused: new Set(mistakes.map(({ prop }) => prop)),
  };
}

/** The engine's rule for container names; it also keeps a key from leaving its folder as a file name. */
export function checkName({ key }: Container): readonly Failure[] {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(key)
    ? []
    : [
        new Failure(`cannot accept "${key}" as a key of db ${CONTAINERS}`, {
          why: "a container's name has two or more letters, digits and . _ -, and begins with a letter or digit",
          ...(parseHostKey(key) === undefined ? {} : { hint: 'NAME@HOST is for a host of db hosts, which has none' }),
        }),
      ];
}

/** Its name, and what the props of an enabled one mean together. */
function checkAlone(container: Container, refused: ReadonlySet<string>): readonly Failure[] {
  const ofName = checkName(container);
  if (ofName.length > 0 || !container.isEnabled) return ofName;
  return [
    ...checkVariableNames(container),
    ...collect(container, refused, [
      () => checkDoublePorts(container),
      () => checkDataMount(container),
      () => checkAmbassador(container),
      () => checkContent(container),
      () => checkClock(container),
      ...(container.hasWeb ? [() => checkReachable(container), () => checkCertificate(container)] : []),
    ]),
  ];
}

export function checkVariableNames({ key, variableProps }: Container): readonly Failure[] {
  return variableProps
    .filter((prop) => !/^Env\.[A-Za-z_][\w.-]*$/.test(prop))
    .map(
      (prop) =>
        new Failure(`cannot accept ${CONTAINERS} ${key} "${prop}"`, {
          why: 'the name of an environment variable has letters, digits and _ . -',
        }),
    );
}

/** The mistakes of all checks; what they say of a value that the schema has refused is none of its own. */
export function collect(
  { key }: Container,
  refused: ReadonlySet<string>,
  checks: readonly (() => Iterable<Failure>)[],
): readonly Failure[] {
  const mistakes: Failure[] = [];
  for (const check of checks) {
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
  }
  return mistakes;
}

/** Ports of the host that the record itself wants twice. */
function* checkDoublePorts(container: Container): Generator<Failure> {
  if (container.leavesPortsToImage) return;
  const wanted = wantedPorts(container, NO_FACTS);
  for (const [n, port] of wanted.entries()) if (isDouble(wanted, n)) yield portTaken(container, port, SAME_RECORD);
}

export const SAME_RECORD = 'another port of the same record';

export interface WantedPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** undefined: all */
  readonly addresses: readonly string[] | undefined;
}

/** The ports of the host that a record wants. @throws NotAccepted */
export function wantedPorts(container: Container, facts: Facts): readonly WantedPort[] {
  const { claimedWebPort: web } = container;
  return [
    ...publishedPorts(container, facts).map(({ host, protocol, address }) => ({
      port: host,
      protocol,
      addresses: addressesOf(container, { address }),
    })),
    ...(web !== undefined && container.hasWeb && container.hasOwnPorts
      ? [{ port: web, protocol: 'tcp' as const, addresses: webAddresses(container) }]
      : []),
  ];
}

export function isDouble(wanted: readonly WantedPort[], n: number): boolean {
  const one = wanted[n];
  return wanted
    .slice(0, n)
    .some(
      ({ port, protocol, addresses }) =>
        port === one?.port && protocol === one.protocol && shareAddress(addresses, one.addresses),
    );
}

export function portTaken({ key }: Container, { protocol, port }: WantedPort, who: string): Failure {
  return new Failure(`cannot publish ${protocol} port ${port} for container "${key}"`, {
    why: `it is taken by ${who}`,
  });
}
