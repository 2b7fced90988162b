import { findRecordSchema, listRecords } from '../../db/snapshot.ts';
import type { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { type HostState, readHostState } from '../../flow/host-state.ts';
import { listUnusableFiles } from '../../flow/containers/named-files.ts';
import { checkOneRecord } from '../../model/check-one-record.ts';
import { checkRecords } from '../../model/check-records.ts';
import { CONTAINERS, listContainers } from '../../model/container.ts';
import { listOverlooked } from '../../model/overlooked.ts';

import type { LintFinding } from './finding.ts';
import { findRefusedElsewhere, findUnknownHosts } from './hosts.ts';
import { findSwarmMistakes } from './swarm.ts';

/** What the next event would refuse in the records, and what of them has no effect. */
export async function lintRecords(paths: Paths): Promise<readonly LintFinding[]> {
  const hostState = await readHostState(paths);
  const { snapshot } = hostState;
  const refused = listRefused(hostState).map(
    ({ message, hint }): LintFinding => ({
      rule: 'record-refused',
      level: 'fault',
      at: { file: 'records' },
      what: message,
      why: 'the next event refuses it, and may change nothing until then',
      advice: hint ?? 'correct the value, or delete the prop',
    }),
  );
  const unusable = listContainers(snapshot).flatMap((container) =>
    listUnusableFiles(paths, container).map(
      (words): LintFinding => ({
        rule: 'file-not-usable',
        level: 'fault',
        at: { file: `db ${CONTAINERS}` },
        what: `${container.key}: ${words}`,
        why: 'what its record asks for cannot be had from that file',
        advice: 'fix the file, or change the prop',
      }),
    ),
  );
  const overlooked = listOverlooked(snapshot, listRecords(snapshot, CONTAINERS)).map(
    (what): LintFinding => ({
      rule: 'record-without-effect',
      level: 'note',
      at: { file: `db ${CONTAINERS}` },
      what,
      why: 'the record says less, or more, than it seems',
      advice: 'nothing to do if it is meant so',
    }),
  );
  return [
    ...refused,
    ...unusable,
    ...overlooked,
    ...findUnknownHosts(snapshot),
    ...findRefusedElsewhere(snapshot),
    ...findSwarmMistakes(snapshot, hostState.facts),
  ];
}

/** Of all records, also of those that no container uses yet; each mistake once. */
export function listRefused({ snapshot, facts }: Pick<HostState, 'snapshot' | 'facts'>): readonly Failure[] {
  const { mistakes } = checkRecords(snapshot, facts);
  const alone = [...snapshot.dbs].flatMap(([db, records]) =>
    [...records.values()].flatMap((record) =>
      findRecordSchema(snapshot, db, record) === undefined ? [] : checkOneRecord(snapshot, db, record.key).mistakes,
    ),
  );
  return [...new Map([...mistakes, ...alone].map((failure) => [failure.message, failure])).values()];
}
