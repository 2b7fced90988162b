import { listRuns } from '../../event/runs.ts';
import type { Paths } from '../../base/paths.ts';
import { nameOfHost, storedOf } from '../../db/hosts/host-records.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { type Field } from '../../files/state-file.ts';
import { describeRecord } from '../../flow/commit/generation-dbs.ts';
import { compareContents, NO_CONTENT, readContent } from './content.ts';
import { settle } from './go-back.ts';
import { readLast, readPending } from './received-state.ts';
import { AGREED, Repository } from './repository.ts';

/** What a host tells of itself. */
export interface HostReport {
  /** by its own dbs */
  readonly name: string | undefined;
  readonly revision: string | undefined;
  /** of the revision, ISO 8601 */
  readonly when: string | undefined;
  /** records and files that are otherwise than the revision has them, in words */
  readonly drift: readonly string[];
  /** until when it waits for a confirmation; empty: its event is under way */
  readonly pending: string | undefined;
  readonly last: { readonly when: string; readonly outcome: string; readonly why: string | undefined } | undefined;
  readonly event: { readonly when: string; readonly what: string; readonly exitCode: number | undefined } | undefined;
}

/** Changes nothing but for what a killed process left. */
export async function reportHost(paths: Paths): Promise<HostReport> {
  await settle(paths);
  const repository = new Repository(paths);
  const revision = repository.find(AGREED);
  const agreed = revision === undefined ? NO_CONTENT : repository.read(paths, revision);
  const { records, files } = compareContents(agreed, readContent(paths, [agreed]));
  const [pending, last] = [readPending(paths), readLast(paths)];
  const [run] = listRuns(paths, 1).runs;
  return {
    name: nameOfHost(storedOf(readSnapshot(paths))),
    revision,
    when: revision === undefined ? undefined : repository.describe(revision).when,
    drift: [...records.map(describeRecord), ...files],
    pending: pending === undefined ? undefined : (pending.deadline ?? ''),
    last: last === undefined ? undefined : { when: last.when, outcome: last.outcome, why: last.why },
    event:
      run === undefined
        ? undefined
        : { when: run.started, what: [run.event, ...run.args].join(' '), exitCode: run.exitCode },
  };
}

/** Of what another host printed. @throws Error for what is no report */
export function parseReport(report: Field): HostReport {
  const text = (field: Field): string => field.text();
  return {
    name: report.get('name').optional(text),
    revision: report.get('revision').optional(parseRevision),
    when: report.get('when').optional(text),
    drift: report.get('drift').list(text),
    pending: report.get('pending').optional(text),
    last: report.get('last').optional((last) => ({
      when: last.get('when').text(),
      outcome: last.get('outcome').text(),
      why: last.get('why').optional(text),
    })),
    event: report.get('event').optional((event) => ({
      when: event.get('when').text(),
      what: event.get('what').text(),
      exitCode: event.get('exitCode').optional((code) => code.number()),
    })),
  };
}

/** It becomes a word of git's command line. */
export function parseRevision(field: Field): string {
  return /^[0-9a-f]{40}$/.test(field.text()) ? field.text() : field.wrong('a revision');
}
