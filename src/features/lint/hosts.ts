import { findNearest } from '../../base/nearest.ts';
import {
  groupsOf,
  hasHosts,
  HOST_TYPE,
  HOSTS,
  isOfHosts,
  nameOfHost,
  parseHostKey,
  storedOf,
} from '../../db/hosts/host-records.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { checkOneRecord } from '../../model/check-one-record.ts';
import type { LintFinding } from './finding.ts';

/** What db hosts and the records NAME@HOST say of hosts that are not there. */
export function findUnknownHosts(snapshot: Snapshot): readonly LintFinding[] {
  const stored = storedOf(snapshot);
  if (!hasHosts(stored)) return [];
  const hosts = [...(stored.get(HOSTS)?.values() ?? [])].filter(({ type }) => type === HOST_TYPE);
  const places = [...hosts.map(({ key }) => key), ...hosts.flatMap(groupsOf)];
  const finding = (db: string, what: string, why: string, advice: string): LintFinding => ({
    rule: 'host-not-known',
    level: 'fault',
    at: { file: `db ${db}` },
    what,
    why,
    advice,
  });
  const strange = [...stored].flatMap(([db, records]) =>
    isOfHosts(snapshot.schema, db)
      ? [...records.keys()].flatMap((key) => {
          const where = parseHostKey(key)?.where;
          if (where === undefined || places.includes(where)) return [];
          const nearest = findNearest(where, places);
          const advice =
            nearest === undefined
              ? `db ${HOSTS} set ${where} ${HOST_TYPE}, or delete the record`
              : `is ${nearest} meant?`;
          return [
            finding(
              db,
              `${key}: db ${HOSTS} has no host or group "${where}"`,
              'the record changes nothing anywhere',
              advice,
            ),
          ];
        })
      : [],
  );
  const name = nameOfHost(stored);
  const isMissing = name === undefined || !hosts.some(({ key }) => key === name);
  const here = isMissing
    ? [
        finding(
          HOSTS,
          name === undefined ? 'this host has no name' : `this host, ${name}, is none of db ${HOSTS}`,
          'its groups are not known, and other hosts cannot be told from it',
          name === undefined
            ? 'config set SystemName NAME'
            : `db ${HOSTS} set ${name} ${HOST_TYPE} Address ADDRESS, or config setprop docksmith HostName NAME`,
        ),
      ]
    : [];
  const writers = hosts.filter(({ props }) => props.get('Role') === 'writer').map(({ key }) => key);
  const many =
    writers.length > 1
      ? [
          finding(
            HOSTS,
            `there are several writers: ${writers.join(', ')}`,
            'what one of them sends, the other one would take back',
            `db ${HOSTS} setprop ${writers[1] ?? ''} Role follower`,
          ),
        ]
      : [];
  return [...strange, ...here, ...many];
}

/** Records NAME@HOST with values that no host would accept. */
export function findRefusedElsewhere(snapshot: Snapshot): readonly LintFinding[] {
  const stored = storedOf(snapshot);
  if (!hasHosts(stored)) return [];
  return [...stored].flatMap(([db, records]) =>
    [...records.keys()]
      .filter((key) => isOfHosts(snapshot.schema, db) && parseHostKey(key) !== undefined)
      .flatMap((key) => checkOneRecord({ schema: snapshot.schema, dbs: stored }, db, key).mistakes)
      .map(
        ({ message, hint }): LintFinding => ({
          rule: 'host-record-refused',
          level: 'fault',
          at: { file: `db ${db}` },
          what: message,
          why: 'its host refuses it, and goes on as it was',
          advice: hint ?? 'correct the value, or delete the prop',
        }),
      ),
  );
}
