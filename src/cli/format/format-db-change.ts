import { showable } from '../../base/showable.ts';
import type { DbChange } from '../../features/dry-run/db-change.ts';
import { describeRecord, type RecordChange } from '../../flow/commit/generation-dbs.ts';
import { readSecrets } from '../../flow/secrets.ts';
import { formatDiff } from '../../output/plan/diff.ts';
import type { CommandContext } from '../command.ts';
import { formatPreview, jsonPreview } from './format-preview.ts';
import { hasColour, painter } from './terminal.ts';

/** Which files and records change, and what else the event does. @param isDry as for `formatPreview` */
export function formatDbChange(
  { event, records, preview, mask }: DbChange,
  { paths, stdout }: Pick<CommandContext, 'paths' | 'stdout'>,
  isDry: boolean,
): string {
  return [
    // what is installed may hold a secret that is neither of then nor of now
    formatDiff(preview.changes, { colour: hasColour(stdout), mask, isSecret: readSecrets(paths).isSecret }),
    ...records.map((record) => `db       ${showable(describeRecord(record))}\n`),
    formatPreview(event, preview, painter(stdout), isDry),
  ].join('');
}

export function jsonDbChange({ event, records, preview }: DbChange): Readonly<Record<string, unknown>> {
  return { records: records.map(jsonRecord), preview: jsonPreview(event, preview, undefined) };
}

export function jsonRecord({ db, key, before, after, props }: RecordChange): unknown {
  return { db, key, kind: before === undefined ? 'added' : after === undefined ? 'deleted' : 'changed', props };
}
