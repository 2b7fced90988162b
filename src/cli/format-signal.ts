import type { SignalResult } from '../flow/signal.ts';
import type { ChangeSet } from '../output/change-set.ts';
import { formatDiff } from '../output/diff.ts';
import { jsonFailures } from './format-failure.ts';
import { formatTable, type painter, showable } from './terminal.ts';

/** What an event did to files and services; what its actions did, they have said themselves. */
export function formatSignal({ run, changes, kept, edited, adjusted, pending, failures }: SignalResult, paint: ReturnType<typeof painter>): string {
  const state = failures.length === 0 ? paint('green', 'done') : paint('red', 'failed');
  const adjustedNames = new Set(adjusted.map(({ service }) => service));
  const waiting = pending.filter(({ name }) => !adjustedNames.has(name) || failures.length > 0);
  return [
    formatChanges(changes, paint),
    ...edited.map((file) => `${file} was changed by hand; that is kept in ${kept.get(file) ?? 'history'}\n`),
    ...[...kept].filter(([file]) => !edited.includes(file)).map(([file, copy]) => `${file} is taken over; the original is kept in ${copy}\n`),
    ...adjusted.map(({ note }) => `${showable(note)}\n`),
    ...waiting.map(({ name, causes }) => `pending: ${name} (${causes.join(', ')})\n`),
    `${run.event}: ${state}, ${countChanges(changes)}\n`,
  ].join('');
}

/** One line per file that is installed or removed, aligned. */
export function formatChanges({ install, remove, obstacles }: ChangeSet, paint: ReturnType<typeof painter>): string {
  return formatTable([
    ...install.map(({ output, reasons, takesOver }) => [paint('green', reasons.includes('new') ? 'new' : takesOver ? 'taken' : 'changed').padEnd(7), output.path]),
    ...remove.map(({ owned, left }) => [paint('red', left === undefined ? 'removed' : 'left'), left === undefined ? owned.path : `${owned.path} (${left})`]),
    ...obstacles.map(({ output, what }) => [paint('red', 'refused'), `${output.path} (${what})`]),
  ]);
}

export function countChanges({ install, remove, unchanged }: ChangeSet): string {
  if (install.length + remove.length + unchanged.length === 0) return 'no files';
  const counts = [[install.length, 'installed'], [remove.length, 'removed'], [unchanged.length, 'unchanged']] as const;
  return `files: ${counts.filter(([count], n) => count > 0 || n === 2).map(([count, what]) => `${count} ${what}`).join(', ')}`;
}

export function jsonSignal({ run, changes, kept, edited, adjusted, pending, failures }: SignalResult, diff: boolean): unknown {
  return { ...run, ...jsonChanges(changes, diff), kept: Object.fromEntries(kept), edited, adjusted, pending, failures: jsonFailures(failures) };
}

export function jsonChanges(changes: ChangeSet, diff: boolean): Readonly<Record<string, unknown>> {
  const { install, remove, unchanged, obstacles } = changes;
  return {
    installed: install.map(({ output, reasons }) => ({ path: output.path, reasons })),
    removed: remove.map(({ owned }) => owned.path),
    unchanged: unchanged.map(({ path }) => path),
    obstacles: obstacles.map(({ output, what }) => ({ path: output.path, what })),
    ...(diff ? { diff: formatDiff(changes) } : {}),
  };
}
