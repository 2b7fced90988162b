import { isWithoutAction } from '../../flow/services/named-services.ts';
import type { SignalResult } from '../../flow/signal-request.ts';
import type { Intent } from '../../output/commit/intents.ts';
import { isInterruption } from '../../base/interrupt.ts';
import { showable } from '../../base/showable.ts';
import { type ChangeSet, listEdited } from '../../output/plan/change-set.ts';
import { type DiffOptions, formatDiff } from '../../output/plan/diff.ts';
import { jsonFailures } from './format-failure.ts';
import { formatTable, type painter } from './terminal.ts';

/** The files that an event wrote and removed, and what it kept of those that others had written. */
export function formatInstalled(
  changes: ChangeSet,
  kept: SignalResult['kept'],
  paint: ReturnType<typeof painter>,
): string {
  const edited = new Set(listEdited(changes));
  return [
    formatChanges(changes, paint),
    ...[...kept].map(
      ([file, copy]) =>
        `${file} ${edited.has(file) ? 'was changed by hand; the edited file' : 'is taken over; the original'} is kept in ${copy}\n`,
    ),
  ].join('');
}

/**
 * The end of an event: what was adjusted, what was not, how it went. What its actions did, they have
 * said themselves.
 */
export function formatSignal(
  { run, changes, adjusted, untouched, pending, failures }: SignalResult,
  paint: ReturnType<typeof painter>,
): string {
  const state =
    failures.length === 0
      ? paint('green', 'done')
      : isInterruption(run.exitCode)
        ? paint('yellow', 'interrupted')
        : paint('red', 'failed');
  return [
    ...adjusted.map(({ note }) => `${showable(note)}\n`),
    ...(untouched.length === 0 || changes.install.length + changes.remove.length === 0
      ? []
      : [`not adjusted: ${untouched.join(', ')} (no file changed)\n`]),
    ...pending.map((intent) => `pending: ${intent.name} (${formatCauses(intent.causes)}); ${formatNext(intent)}\n`),
    `${run.event}: ${state}, ${countChanges(changes)}\n`,
  ].join('');
}

/** What becomes of what is pending: a service is adjusted by an event that says how. */
export function formatNext(intent: Intent): string {
  return isWithoutAction(intent)
    ? `the next event with services2adjust/${intent.name} does it`
    : 'the next event tries again';
}

/** A few causes in words, many as a count. */
export function formatCauses(causes: readonly string[]): string {
  return causes.length <= 2 ? causes.join(', ') : `${causes.length} files changed`;
}

/** More are not for a person to read. */
const MOST_LINES = 60;

/** One line per file that is installed or removed, aligned; of very many the first, and how many there are. */
export function formatChanges({ install, remove, obstacles }: ChangeSet, paint: ReturnType<typeof painter>): string {
  const rows = [
    ...install.map(({ output, reasons, takesOver }) => [
      paint('green', reasons.includes('new') ? 'new' : takesOver ? 'taken' : 'changed').padEnd(7),
      output.path,
    ]),
    ...remove.map(({ owned, left }) => [
      paint('red', left === undefined ? 'removed' : 'left'),
      left === undefined ? owned.path : `${owned.path} (${left})`,
    ]),
    ...obstacles.map(({ output, what }) => [paint('red', 'refused'), `${output.path} (${what})`]),
  ];
  if (rows.length <= MOST_LINES) return formatTable(rows);
  const shown = rows.slice(0, MOST_LINES - 1);
  return `${formatTable(shown)}and ${rows.length - shown.length} more files: --json and docksmith history list all\n`;
}

/** @param isPlanned nothing of it is done yet */
export function countChanges({ install, remove, unchanged }: ChangeSet, isPlanned = false): string {
  if (install.length + remove.length + unchanged.length === 0) return isPlanned ? 'no files' : 'no file was changed';
  const [installed, removed] = isPlanned ? ['to install', 'to remove'] : ['installed', 'removed'];
  const left = remove.filter((removal) => removal.left !== undefined).length;
  const counts = [
    [install.length, installed],
    [remove.length - left, removed],
    [left, 'left'],
    [unchanged.length, 'unchanged'],
  ] as const;
  return `files: ${counts
    .filter(([count], n) => count > 0 || n === 3)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ')}`;
}

export function jsonSignal(
  { run, changes, kept, edited, adjusted, pending, failures }: SignalResult,
  diff: DiffOptions | undefined,
): unknown {
  return {
    ...run,
    ...jsonChanges(changes, diff),
    kept: Object.fromEntries(kept),
    edited,
    adjusted,
    pending,
    failures: jsonFailures(failures),
  };
}

/** @param diff how it is to be shown; undefined: not asked for */
export function jsonChanges(changes: ChangeSet, diff: DiffOptions | undefined): Readonly<Record<string, unknown>> {
  const { install, remove, unchanged, obstacles } = changes;
  return {
    installed: install.map(({ output, reasons }) => ({ path: output.path, reasons })),
    removed: remove.filter(({ left }) => left === undefined).map(({ owned }) => owned.path),
    left: remove.flatMap(({ owned, left }) => (left === undefined ? [] : [{ path: owned.path, why: left }])),
    unchanged: unchanged.map(({ path }) => path),
    obstacles: obstacles.map(({ output, what }) => ({ path: output.path, what })),
    ...(diff === undefined ? {} : { diff: formatDiff(changes, diff) }),
  };
}
